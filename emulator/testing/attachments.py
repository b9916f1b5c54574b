"""Clients with a transport of their own, which keeps them out of the emulator's reach: attached, they are led.

What is led is what goes to the vendors' hosts, and it takes the library's own way, which leads on to wherever the
suite plays. All else goes on to the client's own transport.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar

import httpx

from emulator.core.vendor import Vendor
from emulator.interception.policy import is_emulated, plain
from emulator.testing.errors import Unusable
from emulator.testing.venues import Venue

ClientT = TypeVar("ClientT")
_Lead: TypeAlias = Callable[[Any, Venue], Callable[[], None]]
"""Leads a client's calls, and gives back what undoes it."""
_ABSENT = object()
_KNOWN = "an httpx.Client, an httpx.AsyncClient, a requests.Session or an aiohttp.ClientSession"
_NONE_IDLE = httpx.Limits(max_keepalive_connections=0)
_lock = threading.Lock()
_attached: dict[int, "Attachment[Any]"] = {}


class Attachment(Generic[ClientT]):
    """One client, led to the emulator: until `detach`, to the end of a ``with`` block, or to the end of the test."""

    def __init__(self, client: ClientT, venue: Venue, by: str) -> None:
        """Raises `Unusable`."""
        lead = _lead_of(client)
        self.client = client
        self._by = by
        with _lock:
            holder = _attached.get(id(client))
            if holder is not None:
                raise Unusable(
                    f"this {_kind(client)} is attached already, by {holder._by}: detach it there first, or attach it "
                    "in one fixture that all who need it ask for"
                )
            self._undo = lead(client, venue)
            _attached[id(client)] = self

    @property
    def left(self) -> str | None:
        """What is left if it is left now; `None` where it has been detached."""
        attached = _attached.get(id(self.client)) is self
        return f"a client attached ({_kind(self.client)}), by {self._by}" if attached else None

    def detach(self) -> None:
        """Let it go its own way again. Nothing happens where it does."""
        with _lock:
            if _attached.get(id(self.client)) is self:
                del _attached[id(self.client)]
                self._undo()

    def __enter__(self) -> ClientT:
        return self.client

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.detach()


def _lead_of(client: Any) -> _Lead:
    for kind, lead in _leads():
        if isinstance(client, kind):
            closed = getattr(client, "is_closed", None) or getattr(client, "closed", None)
            if closed is True:
                raise Unusable(f"this {_kind(client)} is closed already, so it cannot be attached")
            return lead
    if isinstance(client, type):
        raise Unusable(f"{client.__qualname__} is a class and no client: attach one that is made of it")
    inside = [name for name, value in _parts(client) if isinstance(value, tuple(kind for kind, _ in _leads()))]
    hint = f"attach its {inside[0]} instead" if inside else f"give {_KNOWN}"
    raise Unusable(f"{_kind(client)} is no client that can be attached: {hint}")


def _leads() -> Iterator[tuple[type, _Lead]]:
    """Of the libraries that are here: a client of another cannot have been made."""
    yield httpx.Client, _lead_httpx
    yield httpx.AsyncClient, _lead_httpx_async
    for name, kind, lead in (("requests", "Session", _lead_requests), ("aiohttp", "ClientSession", _lead_aiohttp)):
        if (library := sys.modules.get(name)) is not None:
            yield getattr(library, kind), lead


def _parts(thing: object) -> Sequence[tuple[str, Any]]:
    return list(getattr(thing, "__dict__", {}).items())


def _kind(client: object) -> str:
    kind = type(client)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


# The libraries


def _lead_httpx(client: httpx.Client, venue: Venue) -> Callable[[], None]:
    stock = venue.transport() or httpx.HTTPTransport(limits=_NONE_IDLE)
    return _lead_by(client, "_transport_for_url", lambda url: _is_vendors(venue.vendors, url.host), stock)


def _lead_httpx_async(client: httpx.AsyncClient, venue: Venue) -> Callable[[], None]:
    stock = venue.async_transport() or httpx.AsyncHTTPTransport(limits=_NONE_IDLE)
    return _lead_by(client, "_transport_for_url", lambda url: _is_vendors(venue.vendors, url.host), stock)


def _lead_requests(session: Any, venue: Venue) -> Callable[[], None]:
    requests = sys.modules["requests"]
    stock = requests.adapters.HTTPAdapter()

    def is_vendors(url: str) -> bool:
        return _is_vendors(venue.vendors, requests.compat.urlparse(url).hostname or "")

    return _lead_by(session, "get_adapter", is_vendors, stock)


def _lead_by(client: Any, name: str, leads: Callable[[Any], bool], stock: object) -> Callable[[], None]:
    """By the method that chooses a way for each URL, which the instance is given a better one of."""
    before = vars(client).get(name, _ABSENT)

    def chosen(url: Any) -> Any:
        if leads(url):
            return stock
        return getattr(type(client), name)(client, url) if before is _ABSENT else before(url)

    def undo() -> None:
        if vars(client).get(name) is not chosen:
            return
        if before is _ABSENT:
            delattr(client, name)
        else:
            setattr(client, name, before)

    setattr(client, name, chosen)
    return undo


def _lead_aiohttp(session: Any, venue: Venue) -> Callable[[], None]:
    own = session._connector
    led = session._connector = _Connector(own, venue.vendors)

    def undo() -> None:
        if session._connector is led:
            session._connector = own

    return undo


class _Connector:
    """A session's connector, and aiohttp's own for the vendors' hosts."""

    def __init__(self, own: Any, vendors: Sequence[Vendor]) -> None:
        self._own = own
        self._vendors = vendors

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    @cached_property
    def _stock(self) -> Any:
        return sys.modules["aiohttp"].TCPConnector(force_close=True)

    async def connect(self, req: Any, *args: Any, **options: Any) -> Any:
        connector = self._stock if _is_vendors(self._vendors, req.url.raw_host or "") else self._own
        return await connector.connect(req, *args, **options)


def _is_vendors(vendors: Sequence[Vendor], host: str) -> bool:
    return is_emulated(vendors, plain(host))
