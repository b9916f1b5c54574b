"""What the `emulator` fixture is: the world of one test, and all that can be done with it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httpx

from emulator.client import Client, Json
from emulator.interception.policy import Policy
from emulator.testing.clock import Clock
from emulator.testing.faults import Faults, StandingFault
from emulator.testing.journal import Call, Journal
from emulator.testing.vendors.algonomy import Algonomy
from emulator.testing.vendors.primedata import PrimeData
from emulator.testing.vendors.talonone import TalonOne
from emulator.testing.vendors.treasuredata import TreasureData
from emulator.testing.venues import Venue


class Emulator:
    """One world, fresh for each test. `control` has every call of the control plane."""

    def __init__(self, venue: Venue, policy: Policy) -> None:
        self.venue = venue
        self.policy = policy
        self.amiss: list[str] = []

    @property
    def control(self) -> Client:
        return self.venue.control

    # The vendors

    @cached_property
    def treasuredata(self) -> TreasureData:
        return TreasureData(self.venue)

    @cached_property
    def primedata(self) -> PrimeData:
        return PrimeData(self.venue)

    @cached_property
    def algonomy(self) -> Algonomy:
        return Algonomy(self.venue)

    @cached_property
    def talonone(self) -> TalonOne:
        return TalonOne(self.venue)

    def transport(self) -> httpx.BaseTransport | None:
        """For a client of your own: ``httpx.Client(transport=emulator.transport())``."""
        return self.venue.transport()

    def async_transport(self) -> httpx.AsyncBaseTransport | None:
        return self.venue.async_transport()

    # Arrangements

    @cached_property
    def clock(self) -> Clock:
        return Clock(self.control)

    def reset(self, vendor: str | None = None, scenario: str | None = None) -> None:
        """Back to what the test began with, or to another scenario."""
        self.control.reset(vendor, scenario)

    def load(self, scenario: Mapping[str, Json] | bytes) -> None:
        """Go on in another world: a scenario as YAML, JSON or a mapping."""
        self.control.seed(scenario)

    @cached_property
    def faults(self) -> Faults:
        return Faults(self.control)

    def fail(self, vendor: str, operation: str | None = None, fault: str | None = None, **more: Any) -> StandingFault:
        """Let calls fail."""
        return self.faults.arrange(vendor, fault or "", operation=operation, **more)

    # What happened

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.control)

    def requests(self, vendor: str | None = None, operation: str | None = None, **fields: Any) -> list[Call]:
        """The calls of this test, oldest first."""
        return self.journal.calls(vendor, operation, **fields)

    def unsettled(self) -> list[str]:
        """Why a test that would pass must not, a sentence each: faults that were arranged and never fired."""
        return self.faults.never_fired()

    def close(self) -> None:
        """The test is over."""
