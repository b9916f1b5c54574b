"""The `primedata` fixture."""

from emulator.testing.vendors.view import VendorView


class PrimeData(VendorView):
    slug = "primedata"
