"""The vendors, in the order in which users read of them."""

from emulator.vendors import algonomy, primedata, talonone, treasuredata

VENDORS = (treasuredata.VENDOR, primedata.VENDOR, algonomy.VENDOR, talonone.VENDOR)
