"""Calls of this process, led to an emulator in it."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from emulator.app import Emulator
from emulator.direct import Call, DirectClient, Reply
from emulator.interception.points import in_force
from emulator.interception.policy import Redirect
from emulator.interception.targets import InProcess, Target
from emulator.settings import Options
from emulator.testing.suite import points

KEY = f"ApiKey-v1 {'d1c2b3a4' * 8}"
TALON = "https://demo.talon.one"
SESSION = f"{TALON}/v2/customer_sessions/s-1"
DATE = (b"date", b"Mon, 05 Jan 2026 09:00:00 GMT")


@dataclass
class Answering:
    """A target that says what it is told to, and keeps what it was asked."""

    reply: Reply | Exception = field(default_factory=lambda: Reply(200, [DATE, (b"content-length", b"2")], b"ok"))
    waits: bool = False
    calls: list[Call] = field(default_factory=list)
    timeouts: list[float | None] = field(default_factory=list)

    def answer(self, call: Call, timeout: float | None) -> Reply:
        self.calls.append(call)
        self.timeouts.append(timeout)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.fixture(scope="session")
def prepared() -> Emulator:
    emulator = Emulator(Options(scenario="demo"))
    emulator.prepare()
    return emulator


@pytest.fixture
def control(prepared: Emulator) -> DirectClient:
    """The control plane of a world that is as at its beginning."""
    client = DirectClient(prepared)
    client.reset()
    client.clear_faults()
    client.clear_requests()
    return client


@pytest.fixture
def led(prepared: Emulator, control: DirectClient) -> Iterator[Redirect]:
    """Calls to the vendors lead to the emulator in this process."""
    policy = Redirect(InProcess(prepared), prepared.vendors)
    with in_force(policy, points) as amiss:
        yield policy
    assert amiss == []


@pytest.fixture
def lead_to(prepared: Emulator) -> Callable[..., Any]:
    """``with lead_to(target, network="none"):``"""

    def lead(target: Target, **more: Any) -> Any:
        return in_force(Redirect(target, prepared.vendors, **more), points)

    return lead


@pytest.fixture
def answering() -> Answering:
    return Answering()


@pytest.fixture
def heard(control: DirectClient) -> Callable[[], Sequence[dict[str, Any]]]:
    """What the emulator was asked, oldest first."""

    def listing() -> Sequence[dict[str, Any]]:
        return sorted(control.requests()["requests"], key=lambda entry: int(entry["id"]))

    return listing


class _Real(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"real")

    def do_CONNECT(self) -> None:
        self.send_error(502)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture(scope="session")
def real() -> Iterator[int]:
    """The port of what stands for the internet here, and says "real"."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Real) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def internet(real: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Every name leads to what stands for the internet here, at this port."""
    own = socket.getaddrinfo

    def looked_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        return own("127.0.0.1", port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return real
