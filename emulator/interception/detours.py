"""Where mocking libraries step in above the points of requests and aiohttp, and would answer before those are reached:
responses, requests-mock, aioresponses. What goes to a vendor takes the library's own way past them."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from emulator.interception.points import Detour, target_of
from emulator.interception.policy import Head, plain


def requests_adapters(adapters: ModuleType) -> Iterator[Detour]:
    """Of ``requests.adapters``."""
    yield Detour(adapters.HTTPAdapter, "send", lead=_sent)


def requests_sessions(sessions: ModuleType) -> Iterator[Detour]:
    """Of ``requests.sessions``."""
    yield Detour(sessions.Session, "send", lead=_sent)


def aiohttp_client(client: ModuleType) -> Iterator[Detour]:
    """Of ``aiohttp.client``."""
    yield Detour(client.ClientSession, "_request", lead=_requested)


def _sent(own: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        way = own if _leads(request.url, theirs) else theirs
        return way(self, request, *args, **options)

    return send


def _requested(own: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
    async def _request(self: Any, method: Any, str_or_url: Any, **options: Any) -> Any:
        way = own if _leads(str(self._build_url(str_or_url)), theirs) else theirs
        return await way(self, method, str_or_url, **options)

    return _request


def _leads(url: str | None, theirs: Callable[..., Any]) -> bool:
    try:
        parts = urlsplit(url or "")
    except ValueError:  # which whoever is asked says in words of its own
        return False
    host = plain(parts.hostname or "")
    return host != "" and target_of(Head(parts.scheme, host, None), theirs) is not None
