"""Connections to an emulator elsewhere, kept alive between calls, from whichever thread.

They are plain sockets: no library that is held stands between, no proxy, and a call is never sent twice, since it may
have been dropped on purpose. So none is used again that the other side has closed, or is about to close.
"""

import contextlib
import os
import selectors
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPResponse, IncompleteRead
from typing import NamedTuple
from urllib.parse import urlsplit

_CONNECTING = 10.0
"""Seconds for an emulator to take a call."""
_IDLE = 2.0
"""Seconds after which a connection is not used again: servers close theirs after five."""
_MOST_KEPT = 32


class Hangup(ConnectionError):
    """The other side has closed the connection instead of answering."""


@dataclass(frozen=True, slots=True)
class Came:
    """An answer as it came: `promised` is how long the headers say its body is, where less has come."""

    status: int
    reason: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    promised: int | None = None


class _Kept(NamedTuple):
    connection: socket.socket
    since: float


class Connections:
    """To the emulator at a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self._secure = parts.scheme == "https"
        self._port = parts.port or (443 if self._secure else 80)
        self.authority = parts.netloc.rpartition("@")[2].encode("ascii")
        """As in a Host header."""
        self._context = ssl.create_default_context() if self._secure else None
        self._kept: list[_Kept] = []
        self._process = os.getpid()
        self._closed = False

    def exchange(
        self, method: str, target: str, headers: Sequence[tuple[bytes, bytes]], body: bytes, timeout: float | None
    ) -> Came:
        """One call. `timeout` counts from one sign of life to the next. Raises `TimeoutError`, `Hangup`, `OSError`
        where no connection can be had, or `HTTPException` for what is no HTTP."""
        connection = self._idle() or self._opened()
        head = b"".join(b"%s: %s\r\n" % header for header in headers)
        try:
            connection.settimeout(timeout)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was read
                connection.sendall(f"{method} {target} HTTP/1.1\r\n".encode("latin-1") + head + b"\r\n" + body)
            came, reusable = _read(connection, method)
        except BaseException:
            connection.close()
            raise
        if reusable and len(self._kept) < _MOST_KEPT and not self._closed:
            self._kept.append(_Kept(connection, time.monotonic()))
        else:
            connection.close()
        return came

    def close(self) -> None:
        """None is kept from now on, not even that of a call which is still on its way."""
        self._closed = True
        while self._kept:
            self._kept.pop().connection.close()

    def _idle(self) -> socket.socket | None:
        if self._process != os.getpid():  # a fork's connections are its parent's
            self._kept, self._process = [], os.getpid()
        while self._kept:
            try:
                kept = self._kept.pop()
            except IndexError:  # another thread was faster
                return None
            if time.monotonic() - kept.since < _IDLE and _is_silent(kept.connection):
                return kept.connection
            kept.connection.close()
        return None

    def _opened(self) -> socket.socket:
        try:
            connection = socket.create_connection((self.host, self._port), _CONNECTING)
        except TimeoutError:  # not the caller's, which is for the answer
            raise ConnectionError(f"it takes no call within {_CONNECTING:g} seconds") from None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is None:
            return connection
        try:
            return self._context.wrap_socket(connection, server_hostname=self.host)
        except BaseException:
            connection.close()
            raise


def _is_silent(connection: socket.socket) -> bool:
    """Nothing is to come on it now: not even its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return not selector.select(0)


def _read(connection: socket.socket, method: str) -> tuple[Came, bool]:
    """The answer, and whether the connection is good for another."""
    answer = HTTPResponse(connection, method=method)
    promised = None
    try:
        answer.begin()
        try:
            body = answer.read()
        except IncompleteRead as cut:
            body = cut.partial
            promised = len(body) + (cut.expected or 0)
    except ConnectionError as error:
        raise Hangup(str(error)) from None
    finally:
        answer.close()
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    return Came(answer.status, answer.reason, headers, body, promised), promised is None and not answer.will_close
