"""What the `emulator` fixture is: the world of one test, and all that can be done with it."""

from functools import cached_property

from emulator.client import Client
from emulator.interception.policy import Policy
from emulator.testing.clock import Clock
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

    @cached_property
    def clock(self) -> Clock:
        return Clock(self.control)

    def reset(self, vendor: str | None = None, scenario: str | None = None) -> None:
        """Back to what the test began with, or to another scenario."""
        self.control.reset(vendor, scenario)

    def close(self) -> None:
        """The test is over."""
