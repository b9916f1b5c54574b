"""An emulator called in its own process: no socket, no thread, no event loop. The caller's thread takes the turn.

`answer` is what a server would say to one call, to the byte. Waiting, cutting short and hanging up are left to whoever
called, as `Reply.damage`: each HTTP library has its own words for them.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from emulator.app import Emulator, addressed
from emulator.client import Client, Said
from emulator.core.addressing import Address
from emulator.core.answers import Answer
from emulator.core.aside import at_once
from emulator.core.clock import SECOND, machine_now
from emulator.core.delivery import Scope
from emulator.core.errors import Misuse
from emulator.core.faults import NO_DAMAGE, Damage
from emulator.core.request import Request

CALLER = ("127.0.0.1", 0)
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request. `host` is the one that was addressed, with its port where it has one, and stands in for a Host
    header; `path` is as it is on the wire, still percent-encoded; names of headers are lower-case."""

    method: str
    scheme: str
    host: str
    path: str
    query: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back: the headers are complete, and the whole `body` is there, whatever the `damage` says is to be
    made of it."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes = b""
    damage: Damage = NO_DAMAGE


def answer(emulator: Emulator, call: Call) -> Reply:
    """`emulator` must be prepared. May be called from any thread."""
    host, named = addressed(call.headers)
    try:
        address = emulator.addressing.resolve(call.path, host or call.host, named)
    except Misuse as misuse:
        return _reply(call, misuse.answer())
    if address.vendor is None:
        return _controlled(emulator, call, address)
    exchange, most = emulator.exchange, emulator.exchange.most_body(address.vendor)
    request = Request(
        call.method,
        address.path,
        query_string=call.query,
        headers=call.headers,
        body=call.body[:most],
        oversize=most if len(call.body) > most else None,
        realm=address.realm,
        client_ip=CALLER[0],
        scheme=call.scheme,
        target=call.path,
        server=(call.host, None),
    )
    try:
        world = emulator.worlds[address.namespace]
    except Misuse as misuse:
        return _reply(call, exchange.misused(address.vendor, request, misuse))
    return _reply(call, *exchange.turn(world, address.vendor, request))


def _reply(call: Call, said: Answer, damage: Damage = NO_DAMAGE) -> Reply:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in said.headers]
    if said.status != _NO_CONTENT:
        headers.append((b"content-length", b"%d" % len(said.body)))
    if call.method != "HEAD":
        return Reply(said.status, _served(call, headers), said.body, damage)
    if damage.truncate and said.body:
        damage = replace(damage, truncate=False)  # what is cut is not sent anyway
    return Reply(said.status, _served(call, headers), b"", damage)


def _served(call: Call, headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """As our server sends them: after the date, their names in lower case, and saying that the connection ends where
    the caller does."""
    sent = [(b"date", _date(machine_now() // SECOND)), *[(name.lower(), value) for name, value in headers]]
    if any(name == b"connection" and b"close" in _tokens(value) for name, value in call.headers):
        sent.append((b"connection", b"close"))
    return sent


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip() for token in value.lower().split(b",")]


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode("ascii")


def _controlled(emulator: Emulator, call: Call, address: Address) -> Reply:
    """A control call. Nothing in it waits, so its coroutine comes to its end in one go."""
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": call.scheme,
        "path": call.path,
        "raw_path": call.path.encode("latin-1"),
        "query_string": call.query,
        "root_path": "",
        "headers": call.headers,
        "client": CALLER,
        "server": (call.host, None),
    }
    received: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": call.body, "more_body": False}]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return received.pop() if received else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    with at_once():
        coroutine = emulator.controlled(address.path, address.namespace, scope, receive, send)
        try:
            coroutine.send(None)
        except StopIteration:
            pass
        else:
            coroutine.close()
            raise RuntimeError(f"{call.method} {call.path} waits for something that only a server has")
    start, *rest = sent
    body = b"" if call.method == "HEAD" else b"".join(message.get("body", b"") for message in rest)
    return Reply(start["status"], _served(call, start["headers"]), body)


class DirectClient(Client):
    """The control plane of an emulator in this process, whose token it therefore has, if there is one."""

    def __init__(self, emulator: Emulator, namespace: str | None = None) -> None:
        super().__init__("http://localhost", namespace, token=emulator.options.control_token)
        self._emulator = emulator

    def send(self, method: str, path: str, body: bytes, media_type: str | None, timeout: float) -> Said:
        headers = [(b"host", b"localhost")]
        if media_type is not None:
            headers.append((b"content-type", media_type.encode("latin-1")))
        if self._token is not None:
            headers.append((b"authorization", b"Bearer " + self._token.encode("ascii")))
        target, _, query = f"{self.root}/_emulator/{path}".partition("?")
        reply = answer(
            self._emulator, Call(method, "http", "localhost", target, query.encode("latin-1"), headers, body)
        )
        kind = next((value for name, value in reply.headers if name == b"content-type"), b"")
        return Said(reply.status, "", kind.decode("latin-1"), reply.body)
