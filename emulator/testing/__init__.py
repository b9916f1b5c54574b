"""The emulator in tests: what the pytest plugin's fixtures are, for annotations and for other test frameworks.

def test_checkout(emulator: Emulator, talonone: TalonOne) -> None: ...
"""

from emulator.interception.policy import HostRefused
from emulator.interception.real_vendors import WriteRefused
from emulator.testing.attachments import Attachment
from emulator.testing.calls import Call
from emulator.testing.clock import Clock
from emulator.testing.emulator import Emulator
from emulator.testing.explanations import Explanation
from emulator.testing.faults import StandingDrill, StandingFault
from emulator.testing.leftovers import EmulatorWarning
from emulator.testing.server import EmulatorServer, SecureServer
from emulator.testing.vendors.algonomy import Algonomy
from emulator.testing.vendors.primedata import PrimeData
from emulator.testing.vendors.refusals import NotFound, VendorRefused
from emulator.testing.vendors.talonone import TalonOne
from emulator.testing.vendors.treasuredata import TreasureData
from emulator.testing.venues import NotHere, Unusable

__all__ = [
    "Algonomy",
    "Attachment",
    "Call",
    "Clock",
    "Emulator",
    "EmulatorServer",
    "EmulatorWarning",
    "Explanation",
    "HostRefused",
    "NotFound",
    "NotHere",
    "PrimeData",
    "SecureServer",
    "StandingDrill",
    "StandingFault",
    "TalonOne",
    "TreasureData",
    "Unusable",
    "VendorRefused",
    "WriteRefused",
]
