"""How an answer travels: whole, cut short, not at all, or in a trickle."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.core.answers import Answer
from emulator.core.delivery import CLOSE, deliver
from emulator.core.faults import Damage
from emulator.core.world import World
from emulator.server import Background
from tests.toy_server import toy_server

ANSWER = Answer(200, bytes(range(100)), [("x-one", "1")])


class Line:
    """A caller's end of a connection: keeps what comes, and goes away after so many pieces."""

    def __init__(self, stays_for: int = 1_000_000) -> None:
        self.messages: list[dict[str, Any]] = []
        self.closed = False
        self._stays_for = stays_for

    async def send(self, message: Any) -> None:
        self.messages.append(message)

    async def receive(self) -> Any:
        if self.closed or len(self.bodies) >= self._stays_for:
            return {"type": "http.disconnect"}
        return await asyncio.Event().wait()

    def close(self) -> None:
        self.closed = True

    def take(self, answer: Answer, damage: Damage) -> None:
        asyncio.run(deliver(answer, damage, {"extensions": {CLOSE: self.close}}, self.receive, self.send))

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.messages if message["type"] == "http.response.body"]

    @property
    def complete(self) -> bool:
        return bool(self.messages) and self.messages[-1].get("more_body") is False


def test_a_slow_body_comes_in_pieces_after_its_headers_and_is_whole_in_the_end() -> None:
    line = Line()
    line.take(ANSWER, Damage(slow_ms=20))
    start, *_ = line.messages
    assert (start["type"], start["headers"]) == ("http.response.start", [(b"x-one", b"1"), (b"content-length", b"100")])
    assert [len(piece) for piece in line.bodies] == [10] * 10 + [0]
    assert b"".join(line.bodies) == ANSWER.body
    assert line.complete


def test_a_slow_body_has_no_more_pieces_than_octets() -> None:
    line = Line()
    line.take(Answer(200, b"abc"), Damage(slow_ms=5))
    assert line.bodies == [b"a", b"b", b"c", b""]


def test_a_very_slow_body_has_a_piece_for_every_tenth_of_a_second() -> None:
    line = Line(stays_for=1)
    line.take(Answer(200, b"x" * 1_000_000), Damage(slow_ms=20_000))
    assert [len(piece) for piece in line.bodies] == [5_000]


@pytest.mark.parametrize("damage", [Damage(slow_ms=5), Damage(delay_ms=1)])
def test_an_answer_without_a_body_is_complete_however_slow(damage: Damage) -> None:
    line = Line()
    line.take(Answer(204, b""), damage)
    assert (line.messages[0]["headers"], line.bodies, line.complete) == ([], [b""], True)


def test_a_caller_that_goes_away_ends_the_trickle() -> None:
    line = Line(stays_for=3)
    line.take(ANSWER, Damage(slow_ms=20))
    assert len(line.bodies) == 3
    assert not line.complete


def test_a_caller_that_goes_away_during_the_delay_gets_nothing() -> None:
    line = Line(stays_for=0)
    line.take(ANSWER, Damage(delay_ms=600_000))
    assert line.messages == []


def test_a_slow_answer_can_be_cut_short_too() -> None:
    line = Line()
    line.take(ANSWER, Damage(slow_ms=20, truncate=True))
    assert b"".join(line.bodies) == ANSWER.body[:50]
    assert len(line.bodies) == 10
    assert line.closed
    assert not line.complete


@pytest.mark.parametrize("damage", [Damage(drop=True), Damage(drop=True, delay_ms=1)])
def test_of_a_dropped_answer_nothing_is_sent(damage: Damage) -> None:
    line = Line()
    line.take(ANSWER, damage)
    assert (line.messages, line.closed) == ([], True)


def test_where_connections_cannot_be_closed_the_server_is_told_by_an_error() -> None:
    line = Line()
    with pytest.raises(ConnectionResetError):
        asyncio.run(deliver(ANSWER, Damage(drop=True), {}, line.receive, line.send))


# over sockets ---------------------------------------------------------------------------------------------------------


@contextmanager
def asked(server: Background, namespace: str, fault: str) -> Iterator[socket.socket]:
    """A connection on which the bear has been asked for, with a fault."""
    url = httpx.URL(server.url)
    with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
        head = f"GET /ns/{namespace}/toybox/shelf/bear HTTP/1.1\r\nHost: x\r\nAuthorization: Toy k-1\r\n"
        connection.sendall(f"{head}X-Emulator-Fault: {fault}\r\n\r\n".encode())
        yield connection


def head_and_pieces(connection: socket.socket, length: int) -> tuple[bytes, list[bytes]]:
    """The head of an answer, and its body of at most so many octets as it came."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < length and (piece := connection.recv(65_536)):
        pieces.append(piece)
    return head, pieces


BEAR = b'{"name":"bear","details":{"price":5}}'


def test_a_slow_body_arrives_in_several_pieces_under_its_right_length(server: Background, namespace: str) -> None:
    with asked(server, namespace, "slow=400") as connection:
        head, pieces = head_and_pieces(connection, len(BEAR))
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"content-length: 37\r\n" in head
    assert b"".join(pieces) == BEAR
    assert len(pieces) > 1


def test_the_connection_of_a_slow_answer_is_good_for_the_next_call(server: Background, namespace: str) -> None:
    key = {"Authorization": "Toy k-1"}
    with httpx.Client(base_url=f"{server.url}/ns/{namespace}/toybox", headers=key) as client:
        slow = client.get("/shelf/bear", headers={"X-Emulator-Fault": "slow=10"})
        assert (slow.status_code, slow.content) == (200, BEAR)
        assert client.get("/shelf/bear").content == BEAR


def test_a_truncated_body_ends_before_its_length(server: Background, namespace: str) -> None:
    with asked(server, namespace, "truncate") as connection:
        head, pieces = head_and_pieces(connection, len(BEAR))
        assert connection.recv(1) == b""
    assert b"content-length: 37\r\n" in head
    assert b"".join(pieces) == BEAR[:18]


def test_a_dropped_call_gets_not_one_octet(server: Background, namespace: str, world: World) -> None:
    with asked(server, namespace, "drop") as connection:
        assert connection.recv(1) == b""
    assert [entry.fault for entry in world.journal] == ["drop"]


@pytest.mark.parametrize("fault", ["slow=600000", "delay=600000"])
def test_a_server_that_stops_sends_at_once_what_is_still_on_its_way(tmp_path: Path, fault: str) -> None:
    with toy_server(tmp_path) as running:
        worlds = running.emulator.worlds
        with asked(running, "default", fault) as connection:
            if fault.startswith("slow"):
                head_and_pieces(connection, 0)
            while not len(worlds["default"].journal):
                time.sleep(0.01)
            running.__exit__()
            assert connection.recv(65_536).endswith(BEAR)
    assert not running._thread.is_alive()
