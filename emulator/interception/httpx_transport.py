"""httpx, synchronous and asynchronous: transports that call a target, and the points where httpx's own are held.

What a target has no part in is as httpx and the libraries beneath it have it: a header that cannot be sent, an address
of an unknown scheme, a wait that outlasts the client's patience, in their words.
"""

import os
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import anyio
import anyio.to_thread
import h11
import httpx
import httpx._transports.default as httpx_transports

from emulator.core.faults import NO_DAMAGE
from emulator.direct import Call, Reply
from emulator.interception.course import Course, course, waits
from emulator.interception.points import Detour, Held, Point, is_foreign, target_of
from emulator.interception.policy import Head, at_the_call
from emulator.interception.targets import Target
from emulator.interception.wire import phrase_of

__tracebackhide__ = at_the_call
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_FIELDS = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:(?:[!-~](?:[ -~\t]*[!-~])?)?\n)*")
_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
_BODILESS = (204, 304)
_Headers = list[tuple[bytes, bytes]]


class Transport(httpx.BaseTransport):
    """``httpx.Client(transport=Transport(target))``"""

    def __init__(self, target: Target) -> None:
        self._target = target

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return _answered(self._target, request)


class AsyncTransport(httpx.AsyncBaseTransport):
    """``httpx.AsyncClient(transport=AsyncTransport(target))``, on asyncio and on trio."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await _answered_async(self._target, request)


# Where httpx is held


def points() -> Iterator[Held]:
    """Where clients without a transport of their own end up, and where others step in before that."""
    yield Point(httpx.HTTPTransport, "handle_request", _held)
    yield Point(httpx.AsyncHTTPTransport, "handle_async_request", _held_async)
    yield Point(httpx_transports, "create_ssl_context", _thrifty, leads=False)
    yield Detour(httpx.Client, "_transport_for_url", lead=_chosen)
    yield Detour(httpx.AsyncClient, "_transport_for_url", lead=_chosen)


def _held(original: Callable[..., Any]) -> Callable[..., Any]:
    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        target = _target_of(request, original)
        return original(self, request) if target is None else _answered(target, request)

    return handle_request


def _held_async(original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_async_request(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        target = _target_of(request, original)
        return await original(self, request) if target is None else await _answered_async(target, request)

    return handle_async_request


def _thrifty(original: Callable[..., Any]) -> Callable[..., Any]:
    """Every client of httpx's gets ready for TLS, most of them for nothing, and that takes as long as a hundred calls
    in process: what is asked for without any wish of its own is made once."""
    made = _contexts.setdefault(original, {})

    def create_ssl_context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> Any:
        if verify is not True or cert or is_foreign(original):
            return original(verify=verify, cert=cert, trust_env=trust_env)
        trusted = _trusted(os.environ if trust_env else {})
        if trusted not in made:
            made[trusted] = original(trust_env=trust_env)
        return made[trusted]

    return create_ssl_context


_contexts: "WeakKeyDictionary[Callable[..., Any], dict[Any, Any]]" = WeakKeyDictionary()


def _trusted(environment: Mapping[str, str]) -> tuple[object, ...]:
    """What it says of certificates, and which state of a file that is."""
    file, directory = map(environment.get, ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    state = os.stat(file) if file and os.path.isfile(file) else None
    return file, directory, state and (state.st_mtime_ns, state.st_size)


def _chosen(own: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
    """The way of a vendor's URL is httpx's own, unless it leads to a transport that was given to the client."""

    def _transport_for_url(self: Any, url: httpx.URL) -> Any:
        if target_of(_head_of(url), theirs) is not None:
            transport = own(self, url)
            if isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport):
                return transport
        return theirs(self, url)

    return _transport_for_url


def _target_of(request: httpx.Request, beneath: Callable[..., Any]) -> Target | None:
    return target_of(head_of(request), beneath) if request.url.scheme in _SCHEMES else None


def head_of(request: httpx.Request) -> Head:
    path, _, query = _path(request).decode("latin-1").partition("?")
    return _head_of(request.url, request.method, path, query)


def _head_of(url: httpx.URL, method: str = "", path: str = "", query: str = "") -> Head:
    scheme = _SCHEMES.get(url.scheme, url.scheme)
    return Head(scheme, url.raw_host.decode("ascii"), url.port, method, path, query)


def _path(request: httpx.Request) -> bytes:
    """With its query, as it goes out: the caller may have given it raw."""
    path: bytes = request.extensions.get("target", request.url.raw_path)
    return path


# One call


def _answered(target: Target, request: httpx.Request) -> httpx.Response:
    assert isinstance(request.stream, httpx.SyncByteStream)
    call = _call(request, b"".join(request.stream))
    reply = _asked(target, call, request)
    if reply.damage is NO_DAMAGE:
        return _response(reply, request, httpx.ByteStream(reply.body))
    way, patience = course(reply), _patience(request)
    _pause(way.wait, patience, request)
    if not way.arrives:
        raise _hung_up(request)
    return _response(reply, request, _Stream(way, reply, patience, request))


async def _answered_async(target: Target, request: httpx.Request) -> httpx.Response:
    assert isinstance(request.stream, httpx.AsyncByteStream)
    call = _call(request, b"".join([part async for part in request.stream]))
    if target.waits:
        reply = await anyio.to_thread.run_sync(_asked, target, call, request, abandon_on_cancel=True)
    else:
        reply = _asked(target, call, request)
    if reply.damage is NO_DAMAGE:
        return _response(reply, request, httpx.ByteStream(reply.body))
    way, patience = course(reply), _patience(request)
    await _pause_async(way.wait, patience, request)
    if not way.arrives:
        raise _hung_up(request)
    return _response(reply, request, _AsyncStream(way, reply, patience, request))


def _asked(target: Target, call: Call, request: httpx.Request) -> Reply:
    """Raises httpx's own errors."""
    try:
        return target.answer(call, _patience(request))
    except TimeoutError as error:
        raise httpx.ReadTimeout(str(error) or "timed out", request=request) from None
    except ConnectionError as error:
        raise httpx.ConnectError(str(error), request=request) from None


def _patience(request: httpx.Request) -> float | None:
    """Seconds that the client waits for something to come."""
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


# A request as it goes out


def _call(request: httpx.Request, body: bytes) -> Call:
    """Raises httpx's own errors, where the library beneath it could not send this."""
    url = request.url
    scheme = _SCHEMES.get(url.scheme)
    if scheme is None:
        raise httpx.UnsupportedProtocol(
            f"Request URL has an unsupported protocol '{url.scheme}://'."
            if url.scheme
            else "Request URL is missing an 'http://' or 'https://' protocol.",
            request=request,
        )
    path, _, query = _path(request).partition(b"?")
    host = url.netloc.decode("ascii")
    return Call(request.method, scheme, host, path.decode("latin-1"), query, _headers(request, body), body)


def _headers(request: httpx.Request, body: bytes) -> _Headers:
    """In the order in which they go out, host first."""
    sent = request.headers.raw
    if not _beyond_doubt(request.method, sent, body):
        sent = _checked(request, body)
    host: _Headers = []
    others: _Headers = []
    for name, value in sent:
        name = name.lower()
        (host if name == b"host" else others).append((name, value))
    return host + others


def _beyond_doubt(method: str, sent: _Headers, body: bytes) -> bool:
    """Whether it need not be asked if this can be sent, which takes longer than most answers."""
    named = {name.lower(): value for name, value in sent}
    size = named.get(b"content-length")
    framed = size is None and (not body or named.get(b"transfer-encoding") == b"chunked")
    return (
        len(named) == len(sent)
        and b"host" in named
        and (framed or (size == b"%d" % len(body) and b"transfer-encoding" not in named))
        and method in _METHODS
        and _FIELDS.fullmatch(b"".join([b"%s:%s\n" % field for field in sent])) is not None
    )


def _checked(request: httpx.Request, body: bytes) -> _Headers:
    """By the library that httpx sends with, whose errors it passes on as they are once the headers are good. Raises
    `httpx.LocalProtocolError`, `h11.LocalProtocolError`."""
    method = request.method.encode("ascii")
    try:
        event = h11.Request(method=method, target=_path(request), headers=request.headers.raw)
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error), request=request) from error
    connection = h11.Connection(h11.CLIENT)
    connection.send(event)
    if body:
        connection.send(h11.Data(data=body))
    connection.send(h11.EndOfMessage())
    return list(event.headers)


# An answer as it comes


def _response(
    reply: Reply, request: httpx.Request, stream: httpx.SyncByteStream | httpx.AsyncByteStream
) -> httpx.Response:
    headers = list(reply.headers)
    if reply.status not in _BODILESS and request.method != "HEAD" and not _sized(reply):
        headers.append((b"transfer-encoding", b"chunked"))
    extensions = {"http_version": b"HTTP/1.1", "reason_phrase": phrase_of(reply.status)}
    return httpx.Response(reply.status, headers=headers, stream=stream, extensions=extensions)


def _sized(reply: Reply) -> bool:
    return any(name == b"content-length" for name, _ in reply.headers)


class _Stream(httpx.SyncByteStream):
    """A body that comes as its course says."""

    def __init__(self, way: Course, reply: Reply, patience: float | None, request: httpx.Request) -> None:
        self._way, self._reply, self._patience, self._request = way, reply, patience, request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._way.pieces:
            _pause(self._way.gap, self._patience, self._request)
            yield piece
        if self._way.ends_early:
            raise _cut_short(self._way, self._reply, self._request)


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, way: Course, reply: Reply, patience: float | None, request: httpx.Request) -> None:
        self._way, self._reply, self._patience, self._request = way, reply, patience, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._way.pieces:
            await _pause_async(self._way.gap, self._patience, self._request)
            yield piece
        if self._way.ends_early:
            raise _cut_short(self._way, self._reply, self._request)


def _pause(seconds: float, patience: float | None, request: httpx.Request) -> None:
    try:
        for wait in waits(seconds, patience):
            time.sleep(wait)
    except TimeoutError:
        raise httpx.ReadTimeout("timed out", request=request) from None


async def _pause_async(seconds: float, patience: float | None, request: httpx.Request) -> None:
    try:
        for wait in waits(seconds, patience):
            await anyio.sleep(wait)
    except TimeoutError:
        raise httpx.ReadTimeout("", request=request) from None


def _hung_up(request: httpx.Request) -> httpx.RemoteProtocolError:
    """In the words of httpx's own, and so is the next."""
    return httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)


def _cut_short(way: Course, reply: Reply, request: httpx.Request) -> httpx.RemoteProtocolError:
    received = sum(map(len, way.pieces))
    return httpx.RemoteProtocolError(
        "peer closed connection without sending complete message body "
        f"(received {received} bytes, expected {len(reply.body)})",
        request=request,
    )
