"""While the scenario is being planted the process lives, and says that it is not ready."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.processes import READY, starting

SLOW_SEEDING = """
import os, time
from emulator.control.scenario import Scenarios
plant = Scenarios.plant
def slow(self, *arguments, **more):
    while not os.path.exists({file!r}):
        time.sleep(0.01)
    return plant(self, *arguments, **more)
Scenarios.plant = slow
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@contextmanager
def seeding(file: Path, *options: str) -> Iterator[tuple[httpx.Client, str]]:
    """Until the file is there; and what the process then says."""
    port = free_port()
    with starting("serve", "--port", str(port), *options, after=SLOW_SEEDING.format(file=str(file))) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            while not _answers(client):
                assert process.poll() is None
            yield client, f"http://127.0.0.1:{port}"
        assert process.stdout is not None
        assert READY.fullmatch(process.stdout.readline())


def _answers(client: httpx.Client) -> bool:
    try:
        client.get("/_emulator/health")
    except httpx.ConnectError:
        return False
    return True


def test_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    with seeding(tmp_path / "go") as (client, _):
        alive, ready = client.get("/_emulator/health"), client.get("/_emulator/ready")
        assert (alive.status_code, alive.json()["status"], alive.json()["ready"]) == (200, "ok", False)
        assert (ready.status_code, ready.json()["status"], ready.json()["ready"]) == (503, "starting", False)
        assert ready.headers["retry-after"] == "1"
        (tmp_path / "go").touch()
        while (ready := client.get("/_emulator/ready")).status_code == 503:
            pass
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        assert "retry-after" not in ready.headers


CALLS = {
    "a vendor's": ("POST", "/primedata/pub/profiles/advanced-search"),
    "another namespace's": ("PUT", "/ns/mine/talonone/v2/customer_sessions/s-1"),
    "of the control plane": ("GET", "/_emulator/state"),
    "of the control plane, that changes something": ("POST", "/_emulator/reset"),
}


def test_every_other_call_is_told_to_come_again_soon(tmp_path: Path) -> None:
    with seeding(tmp_path / "go") as (client, _):
        for method, path in CALLS.values():
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["title"] == "Not ready"
            assert "GET /_emulator/ready says when it is" in answer.json()["detail"]
        (tmp_path / "go").touch()
        while client.get("/_emulator/ready").status_code == 503:
            pass
        assert [client.request(*call).status_code for call in CALLS.values()] == [401, 401, 200, 204]


def test_what_was_told_to_come_again_is_not_in_the_journal(tmp_path: Path) -> None:
    with seeding(tmp_path / "go") as (client, _):
        client.post("/primedata/pub/profiles/advanced-search")
        (tmp_path / "go").touch()
        while client.get("/_emulator/ready").status_code == 503:
            pass
        assert client.get("/_emulator/requests").json()["total"] == 0


@pytest.mark.parametrize("content", ["name: big\nprimedata: {api_kyes: [k]}\n", "name: big\nprimedata: [\n"])
def test_a_scenario_that_fails_ends_it_with_exit_code_2_and_sentences(tmp_path: Path, content: str) -> None:
    (tmp_path / "big.yaml").write_text(content)
    options = ["--port", str(free_port()), "--fixtures", str(tmp_path), "--scenario", "big"]
    with starting("serve", *options) as process:
        said, complaints = process.communicate(timeout=30)
    assert (process.returncode, said) == (2, "")
    assert complaints.startswith("martech-emulator: the scenario cannot be used\n")
