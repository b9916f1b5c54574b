"""Talon.One's section of a scenario: its models, and how it is planted."""

from emulator.vendors.talonone.seed.models import TalonOneSection, TalonOneSettings
from emulator.vendors.talonone.seed.planting import plant

__all__ = ["TalonOneSection", "TalonOneSettings", "plant"]
