"""The emulator as a process: starting, refusing to start, and ending."""

import errno
import json
import re
import socket
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from emulator.server import StartError, bind
from tests.processes import ROOT, command, connected, refused, serving


def test_it_says_in_one_line_that_it_is_ready_and_then_it_is() -> None:
    with serving() as (_, url):
        ready = httpx.get(f"{url}/_emulator/ready")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)


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


def test_a_directory_that_cannot_keep_the_authority_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refused("serve", "--port", "0", "--tls-port", "0", "--ca-dir", str(tmp_path / "file" / "ca"))
    assert "the local authority cannot be kept in" in said
    assert "--ca-dir names another directory" in said


@pytest.mark.parametrize("verb", [["serve"], ["exec"]])
@pytest.mark.parametrize("option", ["--port", "--also-port", "--tls-port"])
def test_a_taken_port_is_one_sentence(option: str, verb: list[str], tmp_path: Path) -> None:
    command = ["--", "true"] if verb == ["exec"] else []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = {"--port": "0", option: str(port), "--ca-dir": str(tmp_path)}
        said = refused(*verb, *(word for pair in options.items() for word in pair), *command)
    sentence = "stop what listens there, or choose another"
    assert said == f"martech-emulator: port {port} on 127.0.0.1 is taken; {sentence}: {option} 0 picks a free one\n"


def test_a_second_emulator_on_the_same_port_does_not_start_and_the_first_goes_on() -> None:
    with serving() as (_, url):
        port = url.rsplit(":", 1)[1]
        assert f"port {port} on 127.0.0.1 is taken" in refused("serve", "--port", port)
        assert f"port {port} on 0.0.0.0 is taken" in refused("serve", "--host", "0.0.0.0", "--port", port)
        assert httpx.get(f"{url}/_emulator/ready").status_code == 200


def test_the_port_is_free_again_as_soon_as_the_first_has_ended() -> None:
    with serving() as (process, url), httpx.Client() as client:
        assert client.get(f"{url}/_emulator/health").status_code == 200
        process.terminate()
        assert process.wait(10) == 0
        with serving("--port", url.rsplit(":", 1)[1]) as (_, again):
            assert again == url


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_host_of_another_machine_is_one_sentence(host: str) -> None:
    said = refused("serve", "--host", host, "--port", "0")
    assert said.startswith(f"martech-emulator: {host} is no address of this machine; --host 127.0.0.1 is for this ")
    assert said.count("\n") == 1


def test_a_second_port_leads_to_the_same(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving("--also-port", str(port)) as (process, url):
        httpx.put(f"{url}/_emulator/clock", json={"mode": "frozen", "now": "2026-01-05T09:00:00Z"}).raise_for_status()
        there = httpx.get(f"http://127.0.0.1:{port}/_emulator/clock").json()
        assert there == {"mode": "frozen", "now": "2026-01-05T09:00:00Z"}
        process.terminate()
        _, said = process.communicate(timeout=10)
    assert said == f"martech-emulator: also on http://127.0.0.1:{port}\n"


def test_one_port_cannot_speak_both_plain_http_and_tls(tmp_path: Path) -> None:
    said = refused("serve", "--port", "4699", "--tls-port", "4699", "--ca-dir", str(tmp_path))
    assert said == "martech-emulator: --port and --tls-port are both 4699; choose another: --tls-port 0 picks one\n"


def test_a_port_that_only_the_administrator_may_open_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", denied)
    with pytest.raises(StartError) as refusal:
        bind("127.0.0.1", 80)
    choice = "choose one above 1023: --port 0 picks one"
    assert str(refusal.value) == f"port 80 on 127.0.0.1 may not be opened by this user; {choice}"


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
