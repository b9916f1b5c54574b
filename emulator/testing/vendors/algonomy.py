"""The `algonomy` fixture."""

from emulator.testing.vendors.view import VendorView


class Algonomy(VendorView):
    slug = "algonomy"
