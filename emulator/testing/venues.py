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
from emulator.testing.errors import NotHere, Unusable
from emulator.testing.server import EmulatorServer

__all__ = ["NotHere", "Unusable", "Venue", "scenario_trouble"]


class Venue(ABC):
    """One for each process of a suite. `name` is how ``--emulator-target`` calls it."""

    name: str
    vendors: Sequence[Vendor]
    between: Policy | None = None
    """In force while no test is, too."""

    def vendor(self, slug: str) -> Vendor:
        return next(vendor for vendor in self.vendors if vendor.slug == slug)

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
    def server(self) -> EmulatorServer:
        """The address of the world that the tests play in. Raises `Unusable`, or `NotHere`."""

    @abstractmethod
    def faults(self) -> list[Any]:
        """The standing faults, as the control plane tells them."""

    def expect(self, slug: str) -> None:  # noqa: B027 - most venues have every vendor
        """A test is about to use that vendor. Raises `NotHere`."""

    def excuse(self, error: BaseException) -> NotHere | None:
        """Why a test that ended with this error is none for this venue."""
        return None

    def calls_made(self) -> bool:
        """Whether the journal may have something to tell."""
        return True

    @abstractmethod
    def close(self) -> None:
        """The suite is over."""


def scenario_trouble(error: ScenarioError, what: str = "the scenario") -> Unusable:
    if len(error.problems) == 1:
        return Unusable(f"{what} cannot be used: {error.problems[0]}")
    return Unusable(f"{what} cannot be used:\n" + "\n".join(f"  {problem}" for problem in error.problems))
