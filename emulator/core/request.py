"""A call as it arrived: raw, decoded only where somebody looks."""

import re
from collections.abc import Sequence
from functools import cached_property
from urllib.parse import parse_qsl, unquote_to_bytes

from emulator.core.errors import BodyTooLarge, MalformedPath

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")


class Request:
    """One HTTP request to one vendor.

    `path` is the vendor's own path, still percent-encoded; `realm` is the part of the vendor that the host or path
    prefix named (an environment, a region), or ``""``. Header names are lower-case bytes. `target` is the path as it
    was typed, mount and all, and `server` the address that took the call.
    """

    def __init__(
        self,
        method: str,
        path: str,
        *,
        query_string: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        body: bytes = b"",
        oversize: int | None = None,
        realm: str = "",
        client_ip: str | None = None,
        scheme: str = "http",
        target: str = "",
        server: tuple[str, int | None] | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string
        self.headers = headers
        self.realm = realm
        self.client_ip = client_ip
        self.scheme = scheme
        self.target = target
        self.server = server
        self.raw_body = body
        self._oversize = oversize

    @property
    def origin(self) -> str:
        """Scheme and host as the caller addressed them; without a Host header, the address that took the call."""
        host = self.header("host")
        if not host:
            name, port = self.server or ("127.0.0.1", None)
            host = f"[{name}]" if ":" in name else name
            host += f":{port}" if port else ""
        return f"{self.scheme}://{host}"

    @property
    def body(self) -> bytes:
        """Raises `BodyTooLarge` where more arrived than the emulator takes."""
        if self._oversize is not None:
            raise BodyTooLarge(self._oversize)
        return self.raw_body

    def header(self, name: str) -> str | None:
        """The first header of that name (lower-case), its octets as Latin-1; `None` where there is none."""
        wanted = name.encode("latin-1")
        for key, value in self.headers:
            if key == wanted:
                return value.decode("latin-1")
        return None

    def all_headers(self, name: str) -> list[str]:
        wanted = name.encode("latin-1")
        return [value.decode("latin-1") for key, value in self.headers if key == wanted]

    @cached_property
    def media_type(self) -> str:
        """Content-Type without parameters, lower-case; ``""`` where there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Path segments, split first and percent-decoded once afterwards, so that ``%2F`` stays inside its segment.

        Raises `MalformedPath`.
        """
        pieces = self.path[1:].split("/")
        return tuple([decoded_segment(piece) if "%" in piece else piece for piece in pieces])

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """Query parameters in order, repeated ones repeated, blank ones kept; undecodable octets become U+FFFD."""
        text = self.query_string.decode("latin-1")
        return parse_qsl(text, keep_blank_values=True, errors="replace") if text else []


def decoded_segment(piece: str) -> str:
    """Raises `MalformedPath` for a broken escape, a NUL, or octets that are not UTF-8."""
    if _BAD_ESCAPE.search(piece):
        raise MalformedPath
    try:
        return unquote_to_bytes(piece).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedPath from None


NO_REQUEST = Request("NONE", "/")
"""What `Work.request` is while a scenario is planted."""
