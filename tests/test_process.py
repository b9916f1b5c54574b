"""The emulator as a process: starting, refusing to start, and ending."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent
READY = re.compile(r"martech-emulator ready on (http://127\.0\.0\.1:\d+)\n")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "emulator", *arguments]


def clean_environment(**more: str) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("EMULATOR_")}, **more}


@contextmanager
def serving(*options: str, **environment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    process = subprocess.Popen(
        command("serve", "--port", "0", *options),
        cwd=ROOT,
        env=clean_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = READY.fullmatch(line)
        try:
            assert found, line + (process.stderr.read() if process.stderr and process.poll() else "")
            yield process, found[1]
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=10)


def connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=10)


def refused(*arguments: str, **environment: str) -> str:
    """What a process says on stderr that ends with exit code 2 and nothing on stdout."""
    done = subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_it_says_in_one_line_that_it_is_ready_and_then_it_is() -> None:
    with serving() as (_, url):
        ready = httpx.get(f"{url}/_emulator/ready")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0(number: signal.Signals) -> None:
    with serving() as (process, url):
        assert httpx.get(f"{url}/_emulator/health").status_code == 200
        process.send_signal(number)
        _, complaints = process.communicate(timeout=10)
        assert process.returncode == 0
        assert complaints == ""


@pytest.mark.parametrize(
    "unfinished",
    [
        b"Content-Length: 100\r\n\r\n{",
        b"X-Emulator-Fault: delay=60000\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["half a body", "a delayed answer"],
)
def test_a_call_that_is_not_done_holds_up_no_signal_and_gets_no_strange_answer(unfinished: bytes) -> None:
    with serving() as (process, url), connected(url) as connection:
        connection.sendall(b"POST /treasuredata/some_db/views HTTP/1.1\r\nHost: x\r\n" + unfinished)
        assert httpx.get(f"{url}/_emulator/health").status_code == 200
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=10)
        assert (process.returncode, complaints) == (0, "")
        assert connection.recv(4_096) == b""


def test_an_option_beats_the_environment_which_beats_the_default() -> None:
    with serving(EMULATOR_SCENARIO="empty") as (_, url):
        assert httpx.get(f"{url}/_emulator/scenarios").json()["current"] == "empty"
    with serving("--scenario", "demo", EMULATOR_SCENARIO="empty") as (_, url):
        assert httpx.get(f"{url}/_emulator/scenarios").json()["current"] == "demo"


def test_bare_leaves_out_the_emulators_own_headers() -> None:
    with serving("--bare") as (_, url):
        answer = httpx.post(f"{url}/primedata/pub/profiles/advanced-search")
        assert answer.status_code == 401
        assert not [name for name in answer.headers if name.startswith("x-emulator")]


def test_with_a_tls_port_it_tells_where_that_is_and_whom_to_trust(tmp_path: Path) -> None:
    with serving("--tls-port", "0", "--ca-dir", str(tmp_path / "ca")) as (process, url):
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.fullmatch(r"martech-emulator: TLS on (https://127\.0\.0\.1:\d+), clients trust (.+)\n", said)
        assert found, said
        assert Path(found[2]) == tmp_path / "ca" / "ca.pem"
        context = ssl.create_default_context(cafile=found[2])
        secure, plain = (httpx.get(f"{one}/_emulator/health", verify=context).json() for one in (found[1], url))
        assert secure == plain
        process.terminate()
        assert (process.wait(10), process.stderr.read()) == (0, "")


def test_what_waits_on_a_tls_connection_holds_up_no_signal_either(tmp_path: Path) -> None:
    with serving("--tls-port", "0", "--ca-dir", str(tmp_path)) as (process, url):
        assert process.stderr is not None
        port = int(process.stderr.readline().split(",")[0].rsplit(":", 1)[1])
        trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        with trusting.wrap_socket(connected(f"x:{port}"), server_hostname="localhost") as waiting:
            waiting.sendall(
                b"POST /treasuredata/some_db/views HTTP/1.1\r\nHost: x\r\nX-Emulator-Fault: delay=60000\r\n"
                b"Content-Length: 0\r\n\r\n"
            )
            assert httpx.get(f"{url}/_emulator/health").status_code == 200
            process.send_signal(signal.SIGTERM)
            _, complaints = process.communicate(timeout=10)
        assert (process.returncode, complaints) == (0, "")


def test_a_dropped_call_ends_even_with_another_one_behind_it() -> None:
    with serving() as (process, url), connected(url) as connection:
        call = b"POST /treasuredata/some_db/views HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
        connection.sendall(call + b"X-Emulator-Fault: drop\r\n\r\n" + call + b"\r\n")
        assert connection.recv(4_096) == b""
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=10)
        assert (process.returncode, complaints) == (0, "")


def test_a_directory_that_cannot_keep_the_authority_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refused("serve", "--port", "0", "--tls-port", "0", "--ca-dir", str(tmp_path / "file" / "ca"))
    assert "the local authority cannot be kept in" in said
    assert "--ca-dir names another directory" in said


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("serve", "--port", str(port))
    assert f"port {port} on 127.0.0.1 is taken" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("serve", "--port", "70000"), "70000 is not in the range"),
        (("serve", "--port", "http"), "'http' is not a valid integer"),
        (("serve", "--prot", "1"), "Did you mean one of: '--host', '--port'"),
        (("serve", "--unimplemented", "maybe"), "'maybe' is not one of 'emulator', 'vendor'"),
        (("serve", "--fixtures", "no-such-folder"), "'no-such-folder' does not exist"),
        (("serve", "--set", "primedata.time_format"), "write VENDOR.NAME=VALUE"),
        (("serve", "--port", "0", "--set", "primdata.time_format=iso"), "did you mean primedata?"),
        (("serve", "--port", "0", "--set", "primedata.time_fromat=iso"), "did you mean time_format?"),
        (("serve", "--port", "0", "--set", "primedata.time_format=roman"), "primedata.time_format"),
        (("serve", "--port", "0", "--scenario", "dmeo"), "did you mean demo?"),
        (("serve", "--max-namespaces", "0"), "0 is not in the range"),
        (("serve", "--host", ""), "the host is empty"),
        (("serve", "--host", "[::1]"), "'[::1]' is no host: write an address such as 127.0.0.1 or ::1"),
        (("serve", "--host", "ä" * 70), "is no host"),
        (("sevre",), "No such command 'sevre'. Did you mean 'serve'?"),
    ],
)
def test_a_bad_option_refuses_to_start_and_says_what_would_be_right(arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in refused(*arguments)


def test_a_bad_environment_variable_refuses_to_start() -> None:
    assert "'often' is not a valid integer" in refused("serve", EMULATOR_PORT="often")


def test_a_scenario_with_an_unknown_key_refuses_to_start_and_names_it(tmp_path: Path) -> None:
    (tmp_path / "typo.yaml").write_text("name: typo\nprimedata:\n  api_kyes: [k]\n")
    said = refused("serve", "--port", "0", "--fixtures", str(tmp_path), "--scenario", "typo")
    assert "primedata.api_kyes: unknown key, did you mean api_keys?" in said


def test_an_unreadable_scenario_refuses_to_start_and_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "torn.yaml").write_text("name: torn\nprimedata: [\n")
    assert "torn.yaml: line" in refused("serve", "--port", "0", "--fixtures", str(tmp_path), "--scenario", "torn")
    (tmp_path / "bytes.yaml").write_bytes(b"name: bytes\xff\n")
    assert "not UTF-8" in refused("serve", "--port", "0", "--fixtures", str(tmp_path), "--scenario", "bytes")


def test_the_version_is_printed() -> None:
    done = subprocess.run(command("version"), cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", done.stdout)


def test_raw_octets_in_a_path_are_taken_for_their_percent_encoded_form() -> None:
    with serving() as (_, url), connected(url) as connection:
        connection.sendall("PUT /algonomy/qa/profile-command/v1/k/optOut/Zoë HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert connection.recv(4_096).startswith(b"HTTP/1.1 401 ")


def test_what_is_not_http_is_refused_as_a_problem() -> None:
    with serving() as (_, url), connected(url) as connection:
        connection.sendall(b"HELLO\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\ncontent-type: application/problem+json\r\n" in head
    assert json.loads(body)["title"] == "Not HTTP"


def test_an_offer_to_upgrade_is_passed_over_and_the_body_kept() -> None:
    """Java's HTTP client offers HTTP/2 with its first call, whatever the method."""
    call = (
        b"POST /treasuredata/personalization__database/pageviews HTTP/1.1\r\n"
        b"Connection: Upgrade, HTTP2-Settings\r\nContent-Length: 2\r\nHost: x\r\n"
        b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n"
        b"Content-Type: application/vnd.treasuredata.v1+json\r\n"
        b"Authorization: TD1 1/abcdef0123456789012345678901230123456789\r\n"
        b"WP13n-Token: 1/8/12345789abcdef012345678901234567\r\n\r\n{}"
    )
    with serving() as (_, url), connected(url) as connection:
        for _ in range(2):
            connection.sendall(call)
            assert connection.recv(4_096).startswith(b"HTTP/1.1 204 ")
