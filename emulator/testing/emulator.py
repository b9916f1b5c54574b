"""What the `emulator` fixture is: the world of one test, and all that can be done with it."""

import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from emulator.client import Client, Json, at_the_call
from emulator.interception.points import Hold
from emulator.interception.policy import HostRefused, Policy
from emulator.testing.assertions import Assertions
from emulator.testing.attachments import Attachment, ClientT
from emulator.testing.clock import Clock
from emulator.testing.swallowed import swallowed
from emulator.testing.transports import LentAsyncTransport, LentTransport, Loan
from emulator.testing.troubles import Troubles
from emulator.testing.vendors.algonomy import Algonomy
from emulator.testing.vendors.primedata import PrimeData
from emulator.testing.vendors.talonone import TalonOne
from emulator.testing.vendors.treasuredata import TreasureData
from emulator.testing.venues import Venue

__tracebackhide__ = at_the_call


class Emulator(Troubles, Assertions):
    """One world, fresh for each test. `control` has every call of the control plane."""

    def __init__(self, venue: Venue, policy: Policy, hold: Hold) -> None:
        self.venue = venue
        self.policy = policy
        self._hold = hold
        self._loan = Loan(hold.holder, policy)
        self._attachments: list[Attachment[Any]] = []
        self._left: list[str] = []
        self.treasuredata = TreasureData(venue, self)
        self.primedata = PrimeData(venue, self)
        self.algonomy = Algonomy(venue, self)
        self.talonone = TalonOne(venue, self)
        self._views = (self.treasuredata, self.primedata, self.algonomy, self.talonone)

    def __repr__(self) -> str:
        return f"<Emulator, {self.venue.name}, for {self._hold.holder}>"

    @property
    def control(self) -> Client:
        return self.faults.control

    # Clients of your own

    def transport(self) -> httpx.BaseTransport | None:
        """For a client of your own: ``httpx.Client(transport=emulator.transport())``. It is lent for this test."""
        transport = self.venue.transport()
        return None if transport is None else LentTransport(transport, self._loan)

    def async_transport(self) -> httpx.AsyncBaseTransport | None:
        transport = self.venue.async_transport()
        return None if transport is None else LentAsyncTransport(transport, self._loan)

    def attach(self, client: ClientT) -> Attachment[ClientT]:
        """Lead a client that has a transport of its own: an `httpx.Client` or `AsyncClient`, a `requests.Session`, an
        `aiohttp.ClientSession`. Its calls to the vendors' hosts reach the emulator until the end of a ``with`` block or
        `Attachment.detach`; all others go where they did. Raises `Unusable` where somebody has attached it already."""
        caller = sys._getframe(1)
        by = f"{caller.f_code.co_qualname} ({Path(caller.f_code.co_filename).name}:{caller.f_lineno})"
        attachment = Attachment(client, self.venue, by)
        self._attachments.append(attachment)
        return attachment

    @property
    def amiss(self) -> list[str]:
        """Who else stands between the HTTP libraries and the emulator now, and what to do about it: a sentence each."""
        return self._hold.in_the_way()

    def take_lead(self) -> None:
        """Above whatever the test's fixtures have put in place of the libraries' functions."""
        self._hold.come_to_top()

    # Arrangements

    @cached_property
    def clock(self) -> Clock:
        return Clock(self.control)

    def settings(self, vendor: str, **changes: Json) -> Mapping[str, Json]:
        """A vendor's switches, after changing those that are named. A reset takes the changes back."""
        told: Mapping[str, Json] = (
            self.control.change_settings(vendor, **changes) if changes else self.control.settings(vendor)[vendor]
        )
        return told

    def reset(self, vendor: str | None = None, scenario: str | None = None) -> None:
        """Back to what the test began with, or loaded last, or to another scenario: all of it, or one vendor."""
        self.control.reset(vendor, scenario)
        self._renew()

    def load(self, scenario: str | Path | Mapping[str, Json] | bytes) -> None:
        """Go on in another world: a scenario by its name, in a file, as a mapping, or its text, YAML or JSON. Raises
        `emulator.client.Refused`, whose sentences name the path of each bad key, and nothing has changed."""
        if isinstance(scenario, str):
            self.control.reset(scenario=scenario)
        elif isinstance(scenario, Mapping):
            self.control.seed({"name": "test", **scenario})
        elif isinstance(scenario, Path | bytes):
            self.control.seed(scenario.read_bytes() if isinstance(scenario, Path) else scenario)
        else:
            raise TypeError(f"{scenario!r} is no scenario: give a name, a Path, a mapping, or text in bytes")
        self._renew()

    def _renew(self) -> None:
        for view in self._views:
            view.renew()

    def unsettled(self) -> list[str]:
        """Why a test that would pass must not, a sentence each: faults that were arranged and never fired."""
        return self.faults.never_fired()

    def swallowed(self, file: Path) -> list[str]:
        """A sentence for each call that was refused while nobody looked, neither the test in `file` nor who reads its
        report: it has passed."""
        return [f"{self._hold.holder} passed, although {one}" for one in swallowed(HostRefused.raised, file)]

    def close(self) -> None:
        """The test is over."""
        HostRefused.raised.clear()
        self._loan.end()
        for attachment in self._attachments:
            if (left := attachment.left) is not None:
                self._left.append(f"{left}: attach it in a with statement, or detach it when it has served")
                attachment.detach()
        for view in self._views:
            view.close()

    def left_behind(self) -> list[str]:
        """A sentence for each thing that this test has left behind; it is taken off now, if not before."""
        patches = [f"{left}: undo it where it is done, as monkeypatch does" for left in self._hold.settle()]
        left, self._left = [*self._left, *patches], []
        return [f"{self._hold.holder} left {one}. It has been taken off" for one in left]
