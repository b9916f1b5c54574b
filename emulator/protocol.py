"""One connection's calls, as they arrive: HTTP, and what was meant to be."""

import asyncio
import logging
import re
from functools import partial
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from emulator.app import Emulator
from emulator.core.clock import machine_now
from emulator.core.delivery import CLOSE, ENDING
from emulator.core.errors import Misuse
from emulator.logs import GONE, Call, Log

_CLIENT_HELLO = b"\x16\x03"
_REQUEST_LINE = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]")
_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)
MOST_HEADERS = 200
MOST_HEADER_BYTES = 64 * 1024
"""Names and values of one call, together."""
MOST_HEAD_BYTES = 192 * 1024
"""That may come without being of any body: path, headers, trailers, and what stands between the chunks of a body."""
MOST_CONNECTIONS = 1_000
PATIENCE = 60.0
"""Seconds for all of a head to arrive, and from one piece of a body to the next."""
_PARTING = 0.5
_log = logging.getLogger("emulator")


class _TooMuch(Exception):
    """Ends the parser's work on a call whose head is too large."""


class State(ServerState):
    """What the connections of a server share."""

    def __init__(self, emulator: Emulator, log: Log | None) -> None:
        super().__init__()
        self.emulator = emulator
        self.log = log
        self.ending = asyncio.Event()


class Protocol(HttpToolsProtocol):
    """Lets a fault close the connection, takes what its parser would not, and refuses the rest as problems."""

    server_state: State
    _unread = 0
    """Bytes that have come since the last of a body."""
    _header_bytes = 0
    _too_much = False
    _parted = False
    """Whether it has been refused, and all that is left is to close it."""
    _head_begun = False
    _since: float | None = None
    """When the last of what it waits for has come; `None` where the next move is not the caller's."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the base
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > MOST_CONNECTIONS:
            says = f"{MOST_CONNECTIONS} connections are open, as many as are taken at once; close some or reuse them"
            self._refuse(Misuse(503, "Too many connections", says))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = 0
        self._head_begun = True
        self._since = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Also of the trailers after a body."""
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if len(self.headers) > MOST_HEADERS or self._header_bytes > MOST_HEADER_BYTES:
            self._too_much = True
            raise _TooMuch

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._unread = 0
        self._since = self.loop.time()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._unread = 0
        self._since = None

    def end_if_idle(self, now: float) -> None:
        """Who sends nothing for too long, or a head by the drop, has to go."""
        if self._since is None or now - self._since < PATIENCE:
            return
        call = self._unanswered()
        if call is not None and not call.more_body:
            return  # what comes too slowly comes after a call that is being answered
        if self._head_begun or (call is not None and not call.response_started):
            says = f"the call has not been complete for {PATIENCE:.0f} seconds, and is not waited for any longer"
            self._refuse(Misuse(408, "Too slow", says))
        else:
            self.transport.close()

    def _unanswered(self) -> RequestResponseCycle | None:
        call: RequestResponseCycle | None = self.cycle
        return None if call is None or call.response_complete else call

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._unread = 0
        self._head_begun = False
        self._since = self.loop.time()
        close = partial(self._close, self.cycle)
        self.scope["extensions"] = {CLOSE: close, ENDING: self.server_state.ending}  # type: ignore[dict-item] # no mappings

    def data_received(self, data: bytes) -> None:
        if self._parted:
            return
        if data.startswith(_CLIENT_HELLO) and not self.headers:
            self._refuse_tls()
            return
        self._unread += len(data)
        super().data_received(data if data.isascii() and b"pgrade:" not in data else self._made_plain(data))
        if self._unread > MOST_HEAD_BYTES and not self._parted:
            self._too_much = bool(self.headers)
            self.send_400_response("")

    def _made_plain(self, data: bytes) -> bytes:
        """The parser refuses a request line with raw octets, which curl sends for ``/optOut/Zoë``, and drops the body
        of a call that offers an upgrade, as Java's HTTP client does with its first one."""
        head, blank, body = data.partition(b"\r\n\r\n")
        line, end, fields = head.partition(b"\r\n")
        idle = self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr] # it begins as None
        if not idle or not _REQUEST_LINE.fullmatch(line):
            return data
        target = b"".join(b"%c" % octet if octet < 0x80 else b"%%%02X" % octet for octet in line)
        return target + _UPGRADE.sub(b"", end + fields) + blank + body

    def _refuse_tls(self) -> None:
        """The client will only say that the version is wrong: whoever runs the emulator is told what that means."""
        host, port = (self.transport.get_extra_info("sockname") or ("", ""))[:2]
        says = (
            f"a client spoke TLS to {host}:{port}, which speaks plain HTTP: call http:// instead of https://, or start "
            "with --tls-port and call that port"
        )
        _log.warning("martech-emulator: %s", says)
        self.server_state.emulator.misdirected(says)
        self._refuse(Misuse(400, "Not TLS", says))

    def send_400_response(self, msg: str) -> None:
        if self._too_much:
            says = f"a call may carry {MOST_HEADERS} headers of {MOST_HEADER_BYTES} bytes in all, and this has more"
            self._refuse(Misuse(431, "Headers too large", says))
            return
        self._refuse(Misuse(400, "Not HTTP", "the call cannot be read as HTTP/1.1, or its path is longer than 64 KiB"))

    def _refuse(self, misuse: Misuse) -> None:
        answer = misuse.answer()
        headers = [
            *self.server_state.default_headers,
            *((name.encode(), value.encode()) for name, value in answer.headers),
            (b"content-length", b"%d" % len(answer.body)),
            (b"connection", b"close"),
        ]
        fields = b"".join(b"%s: %s\r\n" % header for header in headers)
        line = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n".encode()
        self.transport.write(line + fields + b"\r\n" + answer.body)
        self._part()

    def _part(self) -> None:
        """Take in what the caller still sends, and throw it away: to close at once would reset the connection, and the
        answer be lost."""
        self._parted, self._since = True, None
        call = self._unanswered()
        if call is not None:
            call.disconnected = True
            call.message_event.set()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(_PARTING, self.transport.close)

    def _close(self, call: RequestResponseCycle) -> None:
        """A closed connection is only told to the newest call on it, and over TLS only once the peer agrees."""
        self.transport.close()
        call.disconnected = True
        call.message_event.set()


class LoggedProtocol(Protocol):
    """Also lets the log know who is gone before the answer, and what never reached the application."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        call = self.cycle
        self.scope["extensions"][GONE] = lambda: call.disconnected  # type: ignore[assignment] # no mapping

    def _refuse(self, misuse: Misuse) -> None:
        super()._refuse(misuse)
        assert self.server_state.log is not None
        size = len(misuse.answer().body)
        self.server_state.log.put(Call(at=machine_now(), status=misuse.status, sent=size, refusal=misuse.title))
