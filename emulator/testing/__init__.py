"""The emulator in tests: what the pytest plugin's fixtures are, for annotations and for other test frameworks.

def test_checkout(emulator: Emulator, talonone: TalonOne) -> None: ...
"""

from emulator.testing.clock import Clock
from emulator.testing.emulator import Emulator
from emulator.testing.faults import StandingFault
from emulator.testing.journal import Call
from emulator.testing.vendors.algonomy import Algonomy
from emulator.testing.vendors.primedata import PrimeData
from emulator.testing.vendors.talonone import TalonOne
from emulator.testing.vendors.treasuredata import TreasureData
from emulator.testing.venues import NotHere, Unusable

__all__ = [
    "Algonomy",
    "Call",
    "Clock",
    "Emulator",
    "NotHere",
    "PrimeData",
    "StandingFault",
    "TalonOne",
    "TreasureData",
    "Unusable",
]
