"""The `treasuredata` fixture."""

from emulator.testing.vendors.view import VendorView


class TreasureData(VendorView):
    slug = "treasuredata"
