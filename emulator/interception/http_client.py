"""http.client, and with it urllib, urllib3, requests and whatever else is built on these: a connection of theirs is
given a wire to the target where it would open a socket, and everything above it is the library's own.

A wire carries one call. It is put in when the request is begun, whatever was there, and taken out when the answer has
begun: so no pool keeps one, and none is used after its policy, nor a socket to the real host before.
"""

import errno
import http.client
import io
import socket
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from emulator.direct import Reply
from emulator.interception.course import course, waits
from emulator.interception.points import Point, policy, target_of
from emulator.interception.policy import Head, at_the_call, plain
from emulator.interception.targets import Target
from emulator.interception.wire import CONTINUE, Incoming, head_of

__tracebackhide__ = at_the_call
_HTTPS = http.client.HTTPS_PORT


def points() -> Iterator[Point]:
    """Of the standard library."""
    yield Point(http.client.HTTPConnection, "connect", _connecting)
    yield Point(http.client.HTTPSConnection, "connect", _connecting)
    yield Point(http.client.HTTPConnection, "putrequest", _beginning)
    yield Point(http.client.HTTPConnection, "getresponse", _answered)


def urllib3_points(connection: ModuleType) -> Iterator[Point]:
    """Of ``urllib3.connection``, which connects in its own ways, and before a request where TLS is spoken."""
    yield Point(connection.HTTPConnection, "connect", _connecting)
    yield Point(connection.HTTPSConnection, "connect", _connecting)


def pool_points(connectionpool: ModuleType) -> Iterator[Point]:
    """Of ``urllib3.connectionpool``, which reaches a proxy over TLS before it says what it wants of it."""
    yield Point(connectionpool.HTTPSConnectionPool, "_validate_conn", _validating)


def _connecting(original: Callable[..., None]) -> Callable[..., None]:
    def connect(self: Any) -> None:
        head = _destination(self)
        target = target_of(head, original)
        if target is None:
            original(self)
        else:
            _plug(self, target, head)

    return connect


def _validating(original: Callable[..., None]) -> Callable[..., None]:
    def _validate_conn(self: Any, conn: Any) -> None:
        forwards = getattr(conn, "proxy", None) and not conn._tunnel_host
        if policy() is None or not forwards:
            original(self, conn)

    return _validate_conn


def _beginning(original: Callable[..., None]) -> Callable[..., None]:
    def putrequest(self: Any, method: str, url: str, *args: Any, **options: Any) -> None:
        led = _led(_destination(self, method, url or "/"), url or "/", original)
        original(self, method, url, *args, **options)
        if led is not None:
            _plug(self, *led)
        elif isinstance(self.sock, Wire):
            self.sock = None

    return putrequest


def _answered(original: Callable[..., Any]) -> Callable[..., Any]:
    def getresponse(self: Any, *args: Any, **options: Any) -> Any:
        wire = self.sock
        response = original(self, *args, **options)
        if isinstance(wire, Wire) and self.sock is wire:
            self.sock = None  # the response reads on, as after "Connection: close"
        return response

    return getresponse


def _destination(connection: Any, method: str = "", url: str = "") -> Head:
    """Where the connection leads, if need be through a tunnel."""
    if connection._tunnel_host:
        host, port = connection._tunnel_host, connection._tunnel_port
    else:
        host, port = connection.host, connection.port
    scheme = "https" if connection.default_port == _HTTPS else "http"
    path, _, query = url.partition("?")
    return Head(scheme, plain(host or ""), port, method, path, query)


def _led(head: Head, url: str, beneath: Callable[..., None]) -> tuple[Target, Head] | None:
    """Who answers, and for which destination. Raises `HostRefused`.

    What is asked of a proxy names its destination itself.
    """
    heads = [head]
    if not url.startswith("/") and (parts := urlsplit(url)).hostname:
        heads.insert(0, Head(parts.scheme, plain(parts.hostname), parts.port, head.method, parts.path, parts.query))
    for one in heads:
        if (target := target_of(one, beneath)) is not None:
            return target, one
    return None


def _plug(connection: Any, target: Target, head: Head) -> None:
    if connection.sock is not None:
        connection.sock.close()
    timeout = connection.timeout
    limit = timeout if timeout is None or isinstance(timeout, int | float) else socket.getdefaulttimeout()
    connection.sock = Wire(target, head, limit)
    if hasattr(connection, "is_verified"):  # urllib3, which would warn of what it takes for unsafe
        connection.is_verified = True
        connection._has_connected_to_proxy = bool(connection.proxy)


class Wire:
    """In place of a socket: takes one request, and gives the answer. When its policy has ended, it is a connection that
    the other side has closed."""

    def __init__(self, target: Target, head: Head, timeout: float | None) -> None:
        self._target = target
        self._request = Incoming(head)
        self._timeout = timeout
        self._policy = policy()
        self._reply: Reply | None = None
        self._answer: Iterator[bytes] = self._pieces()
        self._piece = memoryview(b"")
        self._closed = False

    def sendall(self, data: Any, flags: int = 0) -> None:
        octets = memoryview(data)
        if self._closed or policy() is not self._policy:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        self._request.feed(octets)
        if self._request.complete and self._reply is None and not self._target.waits:
            self._reply = self._request.answer(self._target, None)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        if not self._piece:
            self._piece = memoryview(next(self._answer, b""))
        room = memoryview(buffer)[: nbytes or None]
        count = min(len(room), len(self._piece))
        room[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def _pieces(self) -> Iterator[bytes]:
        """The answer, as it comes. One that takes another process its time is asked for here: only now has the client
        said how long it reads."""
        if not self._request.complete:
            return
        reply = self._reply or self._request.answer(self._target, self._timeout)
        way = course(reply)
        self._pause(way.wait)
        if not way.arrives:
            return
        yield (CONTINUE if self._request.hesitant else b"") + head_of(reply)
        for piece in way.pieces:
            self._pause(way.gap)
            yield piece

    def _pause(self, seconds: float) -> None:
        """Raises `TimeoutError`, after that time, where the client would not wait so long."""
        try:
            for wait in waits(seconds, self._timeout):
                time.sleep(wait)
        except TimeoutError:
            raise TimeoutError("timed out") from None

    def makefile(self, *_: Any) -> io.BufferedReader:
        """To read from."""
        return io.BufferedReader(socket.SocketIO(self, "rb"))  # type: ignore[arg-type] # as good as a socket for that

    def _decref_socketios(self) -> None:
        """Called when a file made of it is closed."""

    def settimeout(self, timeout: float | None) -> None:
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        return self._timeout

    def close(self) -> None:
        """Files made of it are read on."""
        self._closed = True

    def shutdown(self, how: int) -> None:
        self.close()
        self._answer, self._piece = iter(()), memoryview(b"")

    def fileno(self) -> int:
        """There is nothing to wait for, as with a socket that is closed."""
        return -1

    def setsockopt(self, *_: Any) -> None:
        """What a client wants of TCP, there is none of."""
