"""The end of the process: soon, in good order, and without a word."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.processes import READY, ROOT, clean_environment, connected, serving, starting

PROMISED = 2.0
CALL = b"POST /treasuredata/some_db/views HTTP/1.1\r\nHost: x\r\n"
WHOLE = b"Content-Length: 0\r\n\r\n"
BUSY = """
import sys
from emulator.{module} import {name}
usual = {name}.{method}
def busy(self, *arguments, **more):
    if {when}:
        print("busy", file=sys.stdout, flush=True)
        while True:
            pass
    return usual(self, *arguments, **more)
{name}.{method} = busy
"""
ENDLESS_SEEDING = BUSY.format(module="control.scenario", name="Scenarios", method="plant", when="True")
ENDLESS_SCENARIO = BUSY.format(
    module="control.scenario", name="Scenarios", method="plant", when='arguments[0]["name"] == "endless"'
)
ENDLESS_CALL = BUSY.format(module="core.exchange", name="Exchange", method="turn", when="True")
TOLD_WHILE_IT_IMPORTS = """
import os, signal, sys
class Told:
    def find_spec(self, name, *_):
        if name == "emulator.server":
            os.kill(os.getpid(), signal.SIGTERM)
sys.meta_path.insert(0, Told())
"""


def end(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> None:
    told = time.monotonic()
    process.send_signal(number)
    _, complaints = process.communicate(timeout=10)
    took = time.monotonic() - told
    assert (process.returncode, complaints) == (0, "")
    assert took <= PROMISED


def begun(connection: socket.socket, url: str, call: bytes) -> None:
    """It has arrived, since another one behind it has been answered."""
    connection.sendall(call)
    assert httpx.get(f"{url}/_emulator/health").status_code == 200


def everything(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        return stream.read()


def is_open(url: str) -> bool:
    try:
        connected(url).close()
    except ConnectionError:
        return False
    return True


def until_closed(url: str) -> None:
    while is_open(url):
        time.sleep(0.01)


def is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 401 ") and f"content-length: {len(body)}" in head.decode().split("\r\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0(number: signal.Signals) -> None:
    with serving() as (process, url), httpx.Client() as client:
        assert client.get(f"{url}/_emulator/health").status_code == 200
        end(process, number)
        with pytest.raises(httpx.TransportError):
            client.get(f"{url}/_emulator/health")


def test_a_call_that_has_not_arrived_whole_is_dropped() -> None:
    unfinished = [b"", CALL, CALL + b"X-Half: ", CALL + b"Content-Length: 100\r\n\r\n{"]
    with serving() as (process, url), ExitStack() as stack:
        connections = [stack.enter_context(connected(url)) for _ in unfinished]
        for connection, call in zip(connections, unfinished, strict=True):
            begun(connection, url, call)
        end(process)
        assert [everything(connection) for connection in connections] == [b""] * len(unfinished)


def test_a_call_that_arrives_whole_in_time_is_answered() -> None:
    with serving() as (process, url), connected(url) as connection:
        begun(connection, url, CALL + b"Content-Length: 2\r\n\r\n{")
        process.send_signal(signal.SIGTERM)
        until_closed(url)
        connection.sendall(b"}")
        answer = everything(connection)
        assert is_whole(answer)
        assert b"\r\nconnection: close" in answer
        assert process.wait(10) == 0


def test_a_call_that_was_taken_is_answered_whole_however_long_it_was_to_wait() -> None:
    faults = ["delay=300", "slow=300", "delay=60000", "slow=60000", "delay=60000,slow=60000"]
    with serving() as (process, url), ExitStack() as stack:
        connections = [stack.enter_context(connected(url)) for _ in faults]
        for connection, fault in zip(connections, faults, strict=True):
            begun(connection, url, CALL + f"X-Emulator-Fault: {fault}\r\n".encode() + WHOLE)
        end(process)
        assert [is_whole(everything(connection)) for connection in connections] == [True] * len(faults)


@pytest.mark.parametrize("fault", ["delay=60000,drop", "delay=60000,truncate"])
def test_a_call_that_was_to_be_damaged_still_is(fault: str) -> None:
    with serving() as (process, url), connected(url) as connection:
        begun(connection, url, CALL + f"X-Emulator-Fault: {fault}\r\n".encode() + WHOLE)
        end(process)
        assert not is_whole(everything(connection))


def test_over_tls_too(tmp_path: Path) -> None:
    """Where a client that never says goodbye, and one that never greets, hold nothing up."""
    with serving("--tls-port", "0", "--ca-dir", str(tmp_path)) as (process, url), ExitStack() as stack:
        assert process.stderr is not None
        secure = process.stderr.readline().split(",")[0]
        trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        delayed, slow, idle, half = (
            stack.enter_context(trusting.wrap_socket(connected(secure), server_hostname="localhost")) for _ in range(4)
        )
        begun(delayed, url, CALL + b"X-Emulator-Fault: delay=60000\r\n" + WHOLE)
        begun(slow, url, CALL + b"X-Emulator-Fault: slow=60000\r\n" + WHOLE)
        begun(idle, url, CALL + WHOLE)
        begun(half, url, CALL + b"Content-Length: 100\r\n\r\n{")
        begun(stack.enter_context(connected(secure)), url, b"\x16\x03")
        end(process)
        assert is_whole(everything(delayed))
        assert is_whole(everything(slow))


def test_a_large_answer_that_has_begun_arrives_whole_though_its_reader_is_slow() -> None:
    with serving() as (process, url), socket.socket() as connection:
        with httpx.Client(base_url=url) as client:
            for _ in range(80):
                client.post("/talonone/v2/events", content=b"x" * 60_000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", int(url.rsplit(":", 1)[1])))
        connection.sendall(b"GET /_emulator/requests/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = connection.recv(1)
        process.send_signal(signal.SIGTERM)
        until_closed(url)
        answer += everything(connection)
        assert process.wait(10) == 0
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(answer) > 80 * 60_000
    assert answer.endswith(b"\r\n0\r\n\r\n")


def test_a_dropped_call_ends_even_with_another_one_behind_it() -> None:
    with serving() as (process, url), connected(url) as connection:
        call = CALL + b"Content-Length: 0\r\n"
        connection.sendall(call + b"X-Emulator-Fault: drop\r\n\r\n" + call + b"\r\n")
        assert connection.recv(4_096) == b""
        end(process)


def test_a_second_signal_ends_it_at_once() -> None:
    with serving() as (process, url), connected(url) as connection:
        begun(connection, url, CALL + b"X-Emulator-Fault: delay=60000\r\n" + WHOLE)
        process.send_signal(signal.SIGTERM)
        until_closed(url)
        end(process)
        assert everything(connection) == b""


def test_seeding_holds_up_no_signal() -> None:
    with starting("serve", "--port", "0", after=ENDLESS_SEEDING) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        end(process)


def test_a_control_call_that_takes_long_holds_up_no_signal() -> None:
    with serving(after=ENDLESS_SCENARIO) as (process, url), connected(url) as connection:
        connection.sendall(
            b'POST /_emulator/scenarios HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18\r\n\r\n{"name":"endless"}'
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        end(process)
        assert connection.recv(4_096) == b""


def test_a_call_that_keeps_the_processor_busy_holds_up_no_signal() -> None:
    with serving(after=ENDLESS_CALL) as (process, url), connected(url) as connection:
        connection.sendall(CALL + WHOLE)
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        end(process)


def test_a_signal_that_comes_before_there_is_a_server_ends_it_with_exit_code_0_too() -> None:
    with starting("serve", "--port", "0", after=TOLD_WHILE_IT_IMPORTS) as process:
        assert process.communicate(timeout=10) == ("", "")
        assert process.returncode == 0


def test_nobody_needs_to_read_that_it_is_ready() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "serve", "--port", str(port)],
        cwd=ROOT,
        env=clean_environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    with process:
        while not is_open(f"x:{port}") or httpx.get(f"http://127.0.0.1:{port}/_emulator/ready").status_code != 200:
            assert process.poll() is None
        end(process)


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid() != 0, reason="needs root and unshare")
def test_as_the_first_process_of_a_container_it_hears_signals_too() -> None:
    """Such a process is not ended by a signal that it has no handler for."""
    process = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-m", "emulator", "serve", "--port", "0"],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert READY.fullmatch(process.stdout.readline())
        first = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
        told = time.monotonic()
        os.kill(first, signal.SIGTERM)
        assert process.communicate(timeout=10) == ("", "")
        assert time.monotonic() - told <= PROMISED
        assert process.returncode == 0
