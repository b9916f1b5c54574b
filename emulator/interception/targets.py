"""Who answers a call that was led away: the emulator in this process, or one elsewhere."""

from collections.abc import Iterator, Sequence
from http.client import HTTPException
from typing import Protocol
from urllib.parse import urlsplit

from emulator import direct
from emulator.app import Emulator
from emulator.core.addressing import NAMESPACE_HEADER
from emulator.core.faults import Damage
from emulator.direct import Call, Reply
from emulator.interception.connections import Came, Connections, Hangup


class Target(Protocol):
    """`waits` says that an answer comes over a socket, so that an event loop asks for it from a thread."""

    waits: bool

    def answer(self, call: Call, timeout: float | None) -> Reply:
        """`timeout` in seconds, as the client has it for reading; `None` is for ever. Raises `TimeoutError` where
        another process takes longer, and `ConnectionError` where none is there."""
        ...


class InProcess:
    """The emulator in this process. Never waits: delays are in the reply's damage."""

    waits = False

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def answer(self, call: Call, timeout: float | None) -> Reply:
        return direct.answer(self.emulator, call)


class Container:
    """An emulator elsewhere: what is called stays in the Host header, the namespace is said in another."""

    waits = True

    def __init__(self, url: str, namespace: str, connections: Connections) -> None:
        self._url = url
        self._root = urlsplit(url).path.rstrip("/")
        self._namespace = namespace.encode("ascii")
        self._connections = connections

    def answer(self, call: Call, timeout: float | None) -> Reply:
        """What goes wrong on the way back is told as the damage that it is."""
        query = f"?{call.query.decode('latin-1')}" if call.query else ""
        host = call.host.encode("ascii")
        root = "" if host == self._connections.authority else self._root
        headers = [(b"host", host), *_forwarded(call), *self._additions(call)]
        try:
            came = self._connections.exchange(call.method, f"{root}{call.path}{query}", headers, call.body, timeout)
        except TimeoutError:
            raise
        except Hangup:
            return Reply(_NOTHING, (), b"", Damage(drop=True))
        except (OSError, HTTPException) as error:
            raise ConnectionError(f"the emulator at {self._url} is gone: {_reason(error)}") from None
        kept = [(name, value) for name, value in came.headers if name not in _HOP_BY_HOP]
        return Reply(came.status, kept, came.body) if came.promised is None else _cut_short(came, kept)

    def _additions(self, call: Call) -> Iterator[tuple[bytes, bytes]]:
        """What the caller says itself is left to the caller."""
        said = {name for name, _ in call.headers}
        if NAMESPACE_HEADER not in said and not _names_namespace(call):
            yield NAMESPACE_HEADER, self._namespace
        if call.scheme == "https" and b"x-forwarded-proto" not in said:
            yield b"x-forwarded-proto", b"https"


_NOTHING = 0
_HOP_BY_HOP = (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade")
_BODILESS = ("GET", "HEAD", "OPTIONS", "DELETE")


def _forwarded(call: Call) -> Iterator[tuple[bytes, bytes]]:
    for name, value in call.headers:
        if name not in (b"host", b"content-length", b"expect", *_HOP_BY_HOP):
            yield name, value
    if call.body or call.method not in _BODILESS:
        yield b"content-length", b"%d" % len(call.body)


def _names_namespace(call: Call) -> bool:
    """In its host or its path, ``{namespace}.{vendor}.localhost`` or ``/ns/{namespace}/_emulator/…``."""
    host = call.host.rpartition(":")[0] or call.host
    return (host.endswith(".localhost") and host.count(".") > 1) or (
        call.path.startswith("/ns/") and "/_emulator" in call.path
    )


def _cut_short(came: Came, headers: Sequence[tuple[bytes, bytes]]) -> Reply:
    """`Damage` lets half of a body through: what never came makes up the other half, and nobody reads it."""
    length, promised = len(came.body), came.promised or 0
    whole = promised if promised // 2 == length else 2 * length
    return Reply(came.status, headers, came.body.ljust(whole, b"\0"), Damage(truncate=True))


def _reason(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return (reason or str(error) or type(error).__name__).lower()
