"""martech-emulator: four marketing vendors' HTTP APIs on one machine, with the network cable out."""

__version__ = "0.1.0"
