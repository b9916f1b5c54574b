"""What a connection may do, seen from outside: heads, connections, and callers who take their time."""

import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import orjson
import pytest

from emulator import protocol, server
from emulator.server import Background
from emulator.settings import Options

HEAD = b"GET /_emulator/health HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST /_emulator/reset HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
Say = Callable[[bytes], tuple[int, dict[str, Any]]]


@pytest.fixture
def one() -> Iterator[Background]:
    """A server of the test's own, which nobody else calls."""
    with Background(Options(port=0, scenario="empty")) as running:
        yield running


def connect(running: Background) -> socket.socket:
    address = httpx.URL(running.url)
    connection = socket.create_connection((address.host, address.port or 0))
    connection.settimeout(30)
    return connection


def heard(connection: socket.socket) -> bytes:
    """All that comes until the other side ends."""
    with connection:
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def read(answer: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), orjson.loads(body)


@pytest.fixture
def say(server: Background) -> Say:
    def sayer(sent: bytes) -> tuple[int, dict[str, Any]]:
        connection = connect(server)
        connection.sendall(sent)
        return read(heard(connection))

    return sayer


def headers(count: int, size: int = 1) -> bytes:
    return b"".join(b"X-%d: %s\r\n" % (number, b"y" * size) for number in range(count))


TOO_LARGE = "a call may carry 200 headers of 65536 bytes in all, and this has more"


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + headers(protocol.MOST_HEADERS) + b"\r\n",
        HEAD + headers(100_000) + b"\r\n",
        HEAD + headers(1, protocol.MOST_HEADER_BYTES) + b"\r\n",
        HEAD + headers(1, 5_000_000) + b"\r\n",
        HEAD + b"a" * 5_000_000 + b": x\r\n\r\n",
        CHUNKED + b"0\r\n" + headers(300) + b"\r\n",
        CHUNKED + b"2;" + b"a" * 5_000_000,
        b"PUT /talonone/v2/customer_sessions/s HTTP/1.1\r\nHost: x\r\n" + headers(300) + b"\r\n",
    ],
    ids=["one too many", "many", "a long one", "without an end", "a name", "trailers", "between chunks", "to a vendor"],
)
def test_a_head_that_is_too_large_is_refused_before_all_of_it_is_read(say: Say, sent: bytes) -> None:
    status, problem = say(sent)
    assert (status, problem["title"], problem["detail"]) == (431, "Headers too large", TOO_LARGE)


def test_as_many_headers_as_allowed_are_taken(server: Background) -> None:
    connection = connect(server)
    connection.sendall(HEAD + b"Connection: close\r\n" + headers(protocol.MOST_HEADERS - 2) + b"\r\n")
    assert read(heard(connection))[0] == 200


@pytest.mark.parametrize("length", [2**16, 5_000_000])
def test_a_path_without_end_is_refused(say: Say, length: int) -> None:
    status, problem = say(b"GET /" + b"a" * length + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (status, problem["title"]) == (400, "Not HTTP")
    assert "its path is longer than 64 KiB" in problem["detail"]


def test_the_longest_path_is_taken(say: Say) -> None:
    status, problem = say(b"GET /" + b"a" * (2**16 - 2) + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (status, problem["title"]) == (501, "Not emulated")


def test_a_large_head_leaves_nothing_behind_for_the_next_call(server: Background, say: Say) -> None:
    say(HEAD + headers(300) + b"\r\n")
    assert httpx.get(f"{server.url}/_emulator/health").status_code == 200


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, one: Background) -> Background:
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)
    monkeypatch.setattr(server, "_TICKS_A_LOOK", 1)
    return one


@pytest.mark.parametrize(
    "sent",
    [
        HEAD,
        b"POST /_emulator/reset HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
        b"PUT /talonone/v2/customer_sessions/s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
    ],
    ids=["half a head", "half a body", "half a body to a vendor"],
)
def test_who_begins_a_call_and_does_not_end_it_is_not_waited_for(impatient: Background, sent: bytes) -> None:
    connection = connect(impatient)
    connection.sendall(sent)
    status, problem = read(heard(connection))
    assert (status, problem["title"]) == (408, "Too slow")
    assert problem["detail"].startswith("the call has not been complete for ")


def test_who_connects_and_says_nothing_is_let_go_without_a_word(impatient: Background) -> None:
    assert heard(connect(impatient)) == b""


def test_a_head_by_the_drop_does_not_last_for_ever(impatient: Background) -> None:
    connection = connect(impatient)
    connection.settimeout(0.02)
    answer = b""
    while not answer:
        connection.sendall(b"G" if not answer else b"")
        try:
            answer = connection.recv(65_536)
        except TimeoutError:
            continue
    connection.close()
    assert int(answer.split()[1]) in (400, 408)  # no method is that long, should the machine be that slow


def test_an_answer_that_a_fault_makes_late_is_waited_for(impatient: Background) -> None:
    late = {"X-Emulator-Fault": "delay=900"}
    answer = httpx.put(f"{impatient.url}/talonone/v2/customer_sessions/s", json={}, headers=late)
    assert answer.status_code == 401


def opened(running: Background, count: int) -> Sequence[socket.socket]:
    connections = [connect(running) for _ in range(count)]
    for connection in connections:
        connection.sendall(HEAD + b"\r\n")
        connection.recv(65_536)
    return connections


def test_one_connection_too_many_is_told_so_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, one: Background
) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 3)
    open_ones = opened(one, 3)
    status, problem = read(heard(connect(one)))
    assert (status, problem["title"]) == (503, "Too many connections")
    assert problem["detail"] == "3 connections are open, as many as are taken at once; close some or reuse them"
    for connection in open_ones:
        connection.sendall(HEAD + b"Connection: close\r\n\r\n")
        assert read(heard(connection))[0] == 200
