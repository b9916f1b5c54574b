"""Where a suite's tests play: in this process, in a container, or at the real vendors."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from emulator.client import Client
from emulator.control.scenario import ScenarioError
from emulator.core.vendor import Vendor
from emulator.interception.policy import Policy
from emulator.testing.arrangement import Arrangement


class Unusable(Exception):
    """A test cannot be set up as it asks; the message is a sentence for its author."""


class NotHere(Exception):
    """What a test asks for cannot be had in this venue; the message is the reason why it is skipped."""


class Venue(ABC):
    """One for each process of a suite. `name` is how ``--emulator-target`` calls it."""

    name: str
    vendors: Sequence[Vendor]

    @abstractmethod
    def begin(self, arrangement: Arrangement) -> Policy:
        """Bring the world into the state that a test begins with, and say what becomes of the test's outgoing calls.
        Raises `Unusable`."""

    @property
    @abstractmethod
    def control(self) -> Client:
        """The control plane of the world that the tests play in. Raises `NotHere`."""

    @abstractmethod
    def base_url(self, slug: str) -> str:
        """Of a vendor, without a slash at its end."""

    @abstractmethod
    def credentials(self, slug: str) -> Sequence[Mapping[str, str]]:
        """That a vendor takes now, as ``GET /_emulator/vendors`` lists them."""

    @abstractmethod
    def transport(self) -> httpx.BaseTransport | None:
        """For a client of the suite's own; `None` is httpx's."""

    @abstractmethod
    def async_transport(self) -> httpx.AsyncBaseTransport | None: ...

    @abstractmethod
    def faults(self) -> list[Any]:
        """The standing faults, as the control plane tells them."""

    def calls_made(self) -> bool:
        """Whether the journal may have something to tell."""
        return True

    @abstractmethod
    def close(self) -> None:
        """The suite is over."""


def scenario_trouble(error: ScenarioError) -> Unusable:
    return Unusable("the scenario cannot be used:\n" + "\n".join(f"  {problem}" for problem in error.problems))
