"""The venue of the vendors themselves: nothing is emulated or led away, and calls only read unless a run may write."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from emulator.client import Client, Said, base_url_variable
from emulator.core.vendor import Vendor
from emulator.interception.policy import Policy
from emulator.interception.real_vendors import Place, RealVendors, WriteRefused
from emulator.testing.arrangement import Arrangement
from emulator.testing.errors import NotHere, Unusable
from emulator.testing.server import EmulatorServer
from emulator.testing.venues import Venue
from emulator.vendors import VENDORS

_HERE = "--emulator-target=real calls the vendors themselves"
_NEEDS = {
    "clock": "a clock that can be set",
    "faults": "failures on request",
    "drills": "failures on request",
    "limits": "limits that can be looked at and changed",
    "settings": "vendors with switches",
    "requests": "a journal of the calls",
    "reset": "a world that can be put back",
    "scenarios": "scenarios",
    "snapshots": "snapshots",
    "state": "to see what is stored",
}
"""What a control call is for, by the first segment of its path."""


class RealVenue(Venue):
    name = "real"

    def __init__(self, environment: Mapping[str, str], *, may_write: bool) -> None:
        """`environment` names the vendors' base URLs and holds credentials. Raises `Unusable`."""
        self.vendors = VENDORS
        self._environment = {name: value for name, value in environment.items() if value}
        self._may_write = may_write
        self._places = {vendor.slug: place for vendor in VENDORS if (place := self._place(vendor)) is not None}
        self._control = _NoControl()
        self.between = RealVendors(self.vendors, self._places.values(), may_write)

    def _place(self, vendor: Vendor) -> Place | None:
        variable = base_url_variable(vendor.slug)
        url = self._environment.get(variable)
        try:
            return None if url is None else Place.of(vendor, url)
        except ValueError as error:
            raise Unusable(f"{variable}: {error}") from None

    def excuse(self, error: BaseException) -> NotHere | None:
        """A write that was refused: such a test is for another run, or for another venue."""
        met: BaseException | None = error
        while met is not None and not isinstance(met, WriteRefused):
            met = met.__cause__ or met.__context__
        return None if met is None else NotHere(str(met))

    def begin(self, arrangement: Arrangement) -> Policy:
        for key in ("scenario", "clock", "fail_on"):
            if getattr(arrangement, key) is not None:
                raise NotHere(f"@pytest.mark.emulator({key}=…) needs an emulator; {_HERE}")
        return RealVendors(
            self.vendors, self._places.values(), self._may_write, arrangement.network, absent=self._absent
        )

    def expect(self, slug: str) -> None:
        vendor = self.vendor(slug)
        if self._lacking(vendor):
            raise self._absent(vendor)

    def _absent(self, vendor: Vendor) -> NotHere:
        names = _listed(self._lacking(vendor))
        return NotHere(f"{_HERE}: for tests of {vendor.title}, set {names} in the environment")

    def _lacking(self, vendor: Vendor) -> list[str]:
        return [name for name in _variables(vendor) if name not in self._environment]

    @property
    def control(self) -> Client:
        return self._control

    def base_url(self, slug: str) -> str:
        self.expect(slug)
        return self._places[slug].url

    def credentials(self, slug: str) -> Sequence[Mapping[str, str]]:
        """What else a vendor takes is there where the environment has it."""
        self.expect(slug)
        complete = [one for one in self.vendor(slug).own_credentials if self._environment.keys() >= set(one.variables)]
        return [one.filled(self._environment) for one in complete]

    def transport(self) -> httpx.BaseTransport | None:
        return None

    def async_transport(self) -> httpx.AsyncBaseTransport | None:
        return None

    def server(self) -> EmulatorServer:
        raise NotHere(f"emulator_server needs an emulator; {_HERE}")

    def faults(self) -> list[Any]:
        return []

    def calls_made(self) -> bool:
        return False

    def close(self) -> None:
        """There is nothing to end."""


def _variables(vendor: Vendor) -> Iterator[str]:
    yield base_url_variable(vendor.slug)
    yield from dict.fromkeys(name for one in vendor.own_credentials if one.needed for name in one.variables)


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


class _NoControl(Client):
    """What only an emulator can do, told when it is asked for."""

    def send(self, method: str, path: str, body: bytes, media_type: str | None, timeout: float) -> Said:
        """Raises `NotHere`."""
        noun = path.partition("?")[0].partition("/")[0]
        needs = _NEEDS.get(noun, f"an emulator's {method} /_emulator/{noun}")
        raise NotHere(f"this test needs {needs}, which only an emulator has; {_HERE}")
