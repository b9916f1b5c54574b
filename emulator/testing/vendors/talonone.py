"""The `talonone` fixture."""

from emulator.testing.vendors.view import VendorView


class TalonOne(VendorView):
    slug = "talonone"
