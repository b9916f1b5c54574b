"""What every vendor's fixture has: where the vendor is, what lets a caller in, and clients that know both."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict
from urllib.parse import quote

import httpx
from typing_extensions import Unpack

from emulator.client import EmulatorError, Json
from emulator.core.vendor import Vendor
from emulator.testing.blame import of_the_test
from emulator.testing.calls import Call
from emulator.testing.errors import NotHere, Unusable
from emulator.testing.failures import Wait
from emulator.testing.faults import StandingFault
from emulator.testing.vendors.refusals import VendorRefused, refusal
from emulator.testing.venues import Venue

if TYPE_CHECKING:
    from emulator.testing.emulator import Emulator

__tracebackhide__ = True  # a verb that is refused fails at the test's own line
_NONE_IDLE = httpx.Limits(max_keepalive_connections=0)
"""Of a client that has connections: an event loop may be over before the client is."""


class How(TypedDict, total=False):
    """What else `Emulator.fail` takes."""

    status: int | None
    times: int | None
    probability: float | None
    headers: Mapping[str, str] | None
    delay: Wait | tuple[Wait, Wait] | None
    slow: Wait | None
    optional: bool


class VendorView(ABC):
    """One vendor as a test sees it.

    Credentials are read from the world at first need, and again after `Emulator.load` and `Emulator.reset`. What the
    clients and the verbs call stands in the journal as any call does, counts for limits, and faults strike it.
    """

    slug: ClassVar[str]

    def __init__(self, venue: Venue, emulator: "Emulator") -> None:
        self._venue = venue
        self._emulator = emulator

    def __repr__(self) -> str:
        where, shown = "nowhere", "without a credential"
        with suppress(Unusable, NotHere, EmulatorError):
            where = f"at {self.base_url}"
            shown = f"with {self._shown_credential()}"
        return f"<{type(self).__name__} {where}, {shown}>"

    @property
    def title(self) -> str:
        """The vendor's name, as it writes it."""
        return self._vendor.title

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""
        return self._venue.base_url(self.slug)

    @property
    def production_url(self) -> str:
        """Where the vendor itself is, without a slash at its end. In a test it leads to the emulator, too, and with
        ``--emulator-target=real`` it is the base URL that the environment names."""
        return self.base_url if self._venue.name == "real" else self._usual_url

    @property
    @abstractmethod
    def _usual_url(self) -> str:
        """The vendor's own address, or one that stands for all of them."""

    @property
    def credentials(self) -> Sequence[Mapping[str, str]]:
        """All that the vendor takes now, as ``GET /_emulator/vendors`` lists them."""
        return self._venue.credentials(self.slug)

    # Clients

    @cached_property
    def client(self) -> httpx.Client:
        """Paths are below `base_url` and the credentials come by themselves: ``client.get("/v2/…")``. A header that is
        given is sent as it is given, and with ``auth=None`` no credential is. Threads may share it. Closed when the
        test ends."""
        return httpx.Client(
            base_url=self.base_url,
            headers=self._headers,
            auth=self._auth(),
            transport=self._emulator.transport(),
            limits=_NONE_IDLE,
        )

    @cached_property
    def async_client(self) -> httpx.AsyncClient:
        """The same for ``await``, on asyncio and on trio."""
        return httpx.AsyncClient(
            base_url=self.base_url,
            headers=self._headers,
            auth=self._async_auth(),
            transport=self._emulator.async_transport(),
            limits=_NONE_IDLE,
        )

    _headers: ClassVar[Mapping[str, str]] = {}
    """That every call has, unless it says otherwise."""

    @abstractmethod
    def _auth(self) -> httpx.Auth: ...

    def _async_auth(self) -> httpx.Auth:
        return self._auth()

    @abstractmethod
    def _shown_credential(self) -> str:
        """What the clients call with, its secrets masked. Raises as the credentials do."""

    # What the emulator does for every vendor

    @of_the_test
    def fail(self, operation: str | None = None, fault: str | None = None, **how: Unpack[How]) -> StandingFault:
        """`Emulator.fail` for this vendor: ``talonone.fail("updateCustomerSessionV2", status=429, times=2)``."""
        return self._emulator.fail(self.slug, operation, fault, **how)

    @of_the_test
    def requests(self, operation: str | None = None, **wanted: Any) -> list[Call]:
        """`Emulator.requests` of this vendor."""
        return self._emulator.requests(self.slug, operation, **wanted)

    @of_the_test
    def assert_called(self, operation: str | None = None, *, times: int | None = None, **wanted: Any) -> list[Call]:
        """`Emulator.assert_called` for this vendor: ``algonomy.assert_called("optOut", user_id="u-1", times=1)``."""
        return self._emulator.assert_called(self.slug, operation, times=times, **wanted)

    @of_the_test
    def assert_not_called(self, operation: str | None = None, **wanted: Any) -> None:
        """`Emulator.assert_not_called` for this vendor."""
        self._emulator.assert_not_called(self.slug, operation, **wanted)

    # Verbs

    def _call(self, method: str, path: str, **said: Any) -> httpx.Response:
        """`said` is httpx's: json, params, headers. Raises `VendorRefused`, of a 404 `NotFound`."""
        try:
            response = self.client.request(method, path, **said)
        except (VendorRefused, Unusable, NotHere) as told:
            raise told.with_traceback(None) from None  # of a credential: how httpx came to ask for it says nothing
        if response.is_error:
            raise refusal(self._venue, self.title, response)
        return response

    def _state(self) -> Json:
        """All that the vendor has stored, by its tables. Raises `NotHere` at a real vendor, which has no such call."""
        return self._venue.control.state(self.slug)["vendors"][self.slug]

    # What the world is

    _from_world: ClassVar[Sequence[str]] = ("_taken",)
    """Properties that are cached until it is another one."""

    @cached_property
    def _taken(self) -> Sequence[Mapping[str, str]]:
        return self.credentials

    @property
    def _vendor(self) -> Vendor:
        return self._venue.vendor(self.slug)

    def _lacks(self, what: str, where: str, variable: str | None = None) -> Exception:
        """`where` in a scenario it would be said, and in which environment variable for the real vendor, if in any."""
        if self._venue.name == "real":
            hint = f"set {variable} in the environment" if variable else "only an emulator tells one"
            return NotHere(f"there is no {what} for {self.title}: {hint}")
        scenario = self._venue.control.scenarios()["current"]
        return Unusable(f"the scenario {scenario!r} has no {what} that {self.title} would take: give it one in {where}")

    def renew(self) -> None:
        """The world is another one now."""
        for name in self._from_world:
            self.__dict__.pop(name, None)
        for client in self._clients():
            client.base_url = self.base_url

    def close(self) -> None:
        """The test is over. At a real vendor an asynchronous client has no connections left to close."""
        for client in self._clients():
            if isinstance(client, httpx.Client):
                client.close()
            elif self._venue.async_transport() is not None:
                _finish(client.aclose())

    def _clients(self) -> Iterator[httpx.Client | httpx.AsyncClient]:
        """Those that are in use."""
        for name in ("client", "async_client"):
            if (client := self.__dict__.get(name)) is not None:
                yield client


class Admission(httpx.Auth):
    """Credentials that are headers. `admit` adds those that a call needs and has not."""

    def __init__(self, admit: Callable[[httpx.Request], None]) -> None:
        self._admit = admit

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        self._admit(request)
        yield request


def header_value(credential: Mapping[str, str], prefix: str) -> str | None:
    """``"k-1"`` of ``{"header": "Authorization: Toy k-1"}`` and ``"Authorization: Toy "``."""
    header = credential.get("header", "")
    return header.removeprefix(prefix) if header.startswith(prefix) else None


def segment(text: str) -> str:
    """As one segment of a path, whatever is in it; dots too, which clients would take for directories."""
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is no text, as ids and names are")
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


def _finish(closing: Coroutine[Any, Any, None]) -> None:
    """A transport that has no connections has nothing to wait for, and needs no event loop."""
    try:
        closing.send(None)
    except StopIteration:
        return
    closing.close()
