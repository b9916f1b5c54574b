"""httpx, synchronous and asynchronous: transports that call a target, and the points where httpx's own are held."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import anyio.to_thread
import httpx

from emulator.core.faults import NO_DAMAGE
from emulator.direct import Call, Reply
from emulator.interception.course import Course, course, waits
from emulator.interception.points import Point, policy
from emulator.interception.policy import Head
from emulator.interception.targets import Target

_PORTS = {"http": 80, "https": 443}


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


def points() -> Iterator[Point]:
    """Where clients without a transport of their own end up."""
    yield Point(httpx.HTTPTransport, "handle_request", _held)
    yield Point(httpx.AsyncHTTPTransport, "handle_async_request", _held_async)


def _held(original: Callable[..., Any]) -> Callable[..., Any]:
    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        target = _target_of(request)
        return original(self, request) if target is None else _answered(target, request)

    return handle_request


def _held_async(original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_async_request(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        target = _target_of(request)
        return await original(self, request) if target is None else await _answered_async(target, request)

    return handle_async_request


def _target_of(request: httpx.Request) -> Target | None:
    chosen, url = policy(), request.url
    if chosen is None:
        return None
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return chosen.decide(Head(url.scheme, url.host, url.port, request.method, path, query))


def _answered(target: Target, request: httpx.Request) -> httpx.Response:
    request.read()
    reply = _asked(target, request)
    if reply.damage is NO_DAMAGE:
        return _response(reply, httpx.ByteStream(reply.body))
    way, timeout = course(reply), _read_timeout(request)
    _pause(way.wait, timeout, request)
    if not way.arrives:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    return _response(reply, _Stream(way, reply, timeout, request))


async def _answered_async(target: Target, request: httpx.Request) -> httpx.Response:
    await request.aread()
    if target.waits:
        reply = await anyio.to_thread.run_sync(_asked, target, request, abandon_on_cancel=True)
    else:
        reply = _asked(target, request)
    if reply.damage is NO_DAMAGE:
        return _response(reply, httpx.ByteStream(reply.body))
    way, timeout = course(reply), _read_timeout(request)
    await _pause_async(way.wait, timeout, request)
    if not way.arrives:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    return _response(reply, _AsyncStream(way, reply, timeout, request))


def _asked(target: Target, request: httpx.Request) -> Reply:
    """Raises httpx's own errors."""
    url = request.url
    path, _, query = url.raw_path.partition(b"?")
    port = "" if url.port in (None, _PORTS.get(url.scheme)) else f":{url.port}"
    call = Call(
        request.method,
        url.scheme,
        url.host + port,
        path.decode("ascii"),
        query,
        [(name.lower(), value) for name, value in request.headers.raw],
        request.content,
    )
    try:
        return target.answer(call, _read_timeout(request))
    except TimeoutError as error:
        raise httpx.ReadTimeout(str(error) or "timed out", request=request) from None
    except ConnectionError as error:
        raise httpx.ConnectError(str(error), request=request) from None


def _read_timeout(request: httpx.Request) -> float | None:
    timeout: float | None = request.extensions.get("timeout", {}).get("read")
    return timeout


def _response(reply: Reply, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> httpx.Response:
    return httpx.Response(
        reply.status, headers=list(reply.headers), stream=stream, extensions={"http_version": b"HTTP/1.1"}
    )


class _Stream(httpx.SyncByteStream):
    """A body that comes as its course says."""

    def __init__(self, way: Course, reply: Reply, timeout: float | None, request: httpx.Request) -> None:
        self._way, self._reply, self._timeout, self._request = way, reply, timeout, request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._way.pieces:
            _pause(self._way.gap, self._timeout, self._request)
            yield piece
        if self._way.ends_early:
            raise _cut_short(self._way, self._reply, self._request)


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, way: Course, reply: Reply, timeout: float | None, request: httpx.Request) -> None:
        self._way, self._reply, self._timeout, self._request = way, reply, timeout, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._way.pieces:
            await _pause_async(self._way.gap, self._timeout, self._request)
            yield piece
        if self._way.ends_early:
            raise _cut_short(self._way, self._reply, self._request)


def _pause(seconds: float, timeout: float | None, request: httpx.Request) -> None:
    try:
        for wait in waits(seconds, timeout):
            time.sleep(wait)
    except TimeoutError:
        raise httpx.ReadTimeout("timed out", request=request) from None


async def _pause_async(seconds: float, timeout: float | None, request: httpx.Request) -> None:
    try:
        for wait in waits(seconds, timeout):
            await anyio.sleep(wait)
    except TimeoutError:
        raise httpx.ReadTimeout("", request=request) from None


def _cut_short(way: Course, reply: Reply, request: httpx.Request) -> httpx.RemoteProtocolError:
    """In the words of httpx's own."""
    received = sum(map(len, way.pieces))
    return httpx.RemoteProtocolError(
        "peer closed connection without sending complete message body "
        f"(received {received} bytes, expected {len(reply.body)})",
        request=request,
    )
