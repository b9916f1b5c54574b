"""aiohttp: its connectors are given a transport to the target in place of one over a socket, and everything above it,
parser, timeouts and errors, is aiohttp's own.

Such a connection carries one call and is never kept, so that none is used after its policy; what a pool has of the
time before is closed.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

from emulator.direct import Reply
from emulator.interception.course import course
from emulator.interception.points import Point, target_of
from emulator.interception.policy import Head, at_the_call, plain
from emulator.interception.resolver import let_through
from emulator.interception.targets import Target
from emulator.interception.wire import CONTINUE, Incoming, head_of

__tracebackhide__ = at_the_call


def points(connector: ModuleType) -> Iterator[Point]:
    """Of ``aiohttp.connector``."""
    yield Point(connector.BaseConnector, "connect", partial(_connecting, connector.TCPConnector))
    yield Point(connector.TCPConnector, "_create_connection", _creating)


def _connecting(kind: Any, original: Callable[..., Any]) -> Callable[..., Any]:
    async def connect(self: Any, req: Any, *args: Any, **options: Any) -> Any:
        if isinstance(self, kind):
            head = _head(req)
            if target_of(head, original) is None:
                let_through(head.host)
            else:
                for protocol, _ in self._conns.pop(req.connection_key, ()):
                    protocol.close()
        return await original(self, req, *args, **options)

    return connect


def _creating(original: Callable[..., Any]) -> Callable[..., Any]:
    async def _create_connection(self: Any, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109 - aiohttp's
        head = _head(req)
        target = target_of(head, original)
        if target is None:
            return await original(self, req, traces, timeout)
        protocol = self._factory()
        protocol.force_close()
        limits = [limit for limit in (timeout.total, timeout.sock_read) if limit]
        protocol.connection_made(Wire(protocol, target, head, min(limits, default=None)))
        return protocol

    return _create_connection


def _head(request: Any) -> Head:
    url = request.url
    scheme = "https" if request.is_ssl() else "http"
    return Head(scheme, plain(url.raw_host), url.port, request.method, url.raw_path, url.raw_query_string)


class Wire(asyncio.Transport):
    """In place of a socket's transport: takes one request, and gives the answer."""

    def __init__(self, protocol: Any, target: Target, head: Head, timeout: float | None) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._target = target
        self._timeout = timeout
        self._request = Incoming(head)
        self._hesitated = False
        self._answering: asyncio.Task[None] | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._closing = False

    # What it is told

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closing or self._answering is not None:
            return
        request = self._request
        request.feed(data)
        if request.hesitant and not self._hesitated:
            self._hesitated = True
            self._loop.call_soon(self._protocol.data_received, CONTINUE)
        if request.complete:
            reply = None if self._target.waits else request.answer(self._target, None)
            self._answering = self._loop.create_task(self._answer(reply))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def pause_reading(self) -> None:
        self._flowing.clear()

    def resume_reading(self) -> None:
        self._flowing.set()

    def is_reading(self) -> bool:
        return self._flowing.is_set()

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._end(None)

    def abort(self) -> None:
        self._end(None)

    def get_write_buffer_size(self) -> int:
        return 0

    # What it tells

    async def _answer(self, reply: Reply | None) -> None:
        """An answer that takes another process its time is asked for here. Where that is too long, aiohttp's own
        timeout says so."""
        try:
            if reply is None:
                reply = await asyncio.to_thread(self._request.answer, self._target, self._timeout)
            await self._deliver(reply)
        except TimeoutError:
            return
        except ConnectionError as error:
            self._end(error)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever made the call, and not to a task of ours
            self._protocol.set_exception(error)

    async def _deliver(self, reply: Reply) -> None:
        way = course(reply)
        await asyncio.sleep(way.wait)
        if way.arrives:
            self._protocol.data_received(head_of(reply))
            for piece in way.pieces:
                await asyncio.sleep(way.gap)
                await self._flowing.wait()
                self._protocol.data_received(piece)
        if way.ends_early:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._closing:
            return
        self._closing = True
        if self._answering is not None and self._answering is not asyncio.current_task(self._loop):
            self._answering.cancel()
        self._loop.call_soon(self._protocol.connection_lost, error)
