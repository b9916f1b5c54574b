"""HTTP/1.1 as bytes, for libraries that insist on writing and reading it themselves: the emulator's end of a
connection. One connection carries one call."""

from functools import lru_cache
from http import HTTPStatus

import httptools

from emulator.core.errors import Misuse
from emulator.direct import Call, Reply
from emulator.interception.policy import Head
from emulator.interception.targets import Target

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""What a client that asks whether to send its body waits for."""


class Incoming:
    """One request, as it is received: `complete` says that all of it is here, `hesitant` that the client waits for
    `CONTINUE`."""

    def __init__(self, head: Head) -> None:
        self.complete = False
        self.hesitant = False
        self._head = head
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._call: Call | None = None

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        if self.complete:
            return  # a server would take it for the next request, which no library sends before its answer
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # the emulator stays with HTTP/1.1, which answers the call
        except httptools.HttpParserError:
            self.complete = True

    def answer(self, target: Target, timeout: float | None) -> Reply:
        """Raises what the target does."""
        return target.answer(self._call, timeout) if self._call is not None else _not_http()

    # What the parser calls

    def on_url(self, part: bytes) -> None:
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self.hesitant = self.hesitant or (name == b"expect" and value.lower() == b"100-continue")
        self._headers.append((name, value))

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        url, head = httptools.parse_url(self._url), self._head
        self._call = Call(
            self._parser.get_method().decode("ascii"),
            head.scheme,
            head.authority,
            (url.path or b"/").decode("latin-1"),
            url.query or b"",
            self._headers,
            b"".join(self._body),
        )
        self.complete = True


def head_of(reply: Reply) -> bytes:
    """Status line and headers."""
    fields = b"".join(b"%s: %s\r\n" % field for field in reply.headers)
    return b"HTTP/1.1 %d %s\r\n%s\r\n" % (reply.status, phrase_of(reply.status), fields)


@lru_cache
def phrase_of(status: int) -> bytes:
    """As our server says it."""
    try:
        return HTTPStatus(status).phrase.encode("ascii")
    except ValueError:
        return b""


def _not_http() -> Reply:
    said = Misuse(400, "Not HTTP", "the call cannot be read as HTTP/1.1, or its path is longer than 64 KiB").answer()
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in said.headers]
    headers += [(b"content-length", b"%d" % len(said.body)), (b"connection", b"close")]
    return Reply(said.status, headers, said.body)
