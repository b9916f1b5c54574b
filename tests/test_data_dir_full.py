"""A disk with no room left: what cannot be written is refused and has not happened, and goes on once there is room."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.lives import Process, as_killed, call, everything, living, process
from tests.vendors.good_calls import GOOD_CALLS

resource = pytest.importorskip("resource", reason="Windows has no limits of this kind")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="changes another process's limits, as on Linux")

CONTROL = "/_emulator"
_READS = ("state", "clock", "faults", "limits", "settings", "scenarios", "snapshots", "requests", "namespaces")
_CHANGES: list[tuple[str, str, Any]] = [
    ("POST", "reset", {}),
    ("POST", "reset", {"vendor": "talonone"}),
    ("PUT", "clock", {"mode": "frozen", "now": "2027-01-01T00:00:00Z"}),
    ("POST", "clock/advance", {"seconds": 60}),
    ("POST", "faults", {"vendor": "algonomy", "fault": "drop"}),
    ("DELETE", "faults", None),
    ("POST", "drills/retry-storm", {}),
    ("PATCH", "limits", {"vendor": "primedata", "name": "requests", "scale": 2}),
    ("PATCH", "settings", {"vendor": "algonomy", "settings": {"require_https": True}}),
    ("PATCH", "provenance", {"fail_on": "assumed"}),
    ("POST", "snapshots", {"name": "late"}),
    ("POST", "snapshots/early/restore", {}),
    ("DELETE", "snapshots/early", None),
    ("POST", "scenarios", {"name": "late", "clock": "2026-07-07"}),
]


@dataclass(frozen=True)
class Disk:
    """A process on a disk that can be filled up and emptied; `kept` is where its files can be found."""

    process: Process
    kept: Path
    reason: str
    fill: Callable[[], None]
    make_room: Callable[[], None]

    @property
    def url(self) -> str:
        return self.process.url


@contextmanager
def limited(directory: Path) -> Iterator[Disk]:
    """The system lets the process write no file from some moment on."""
    with process(directory / "kept") as one:
        pid = one.child.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)

        def limit(size: int) -> None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))

        reason = "the disk cannot be read or written"
        yield Disk(one, directory / "kept", reason, lambda: limit(1), lambda: limit(before[0]))


def may_mount() -> bool:
    if os.geteuid() or not shutil.which("unshare"):
        return False
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


@contextmanager
def small(directory: Path) -> Iterator[Disk]:
    """A disk of its own, in memory, that only the process sees."""
    if not may_mount():
        pytest.skip("needs root, and leave to mount a disk in a mount namespace of its own")
    mount = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=16m none "$0" && exec "$@"', str(directory)]
    with process(directory / "kept", before=mount) as one:
        assert one.url
        inside = Path(f"/proc/{one.child.pid}/root{directory}")
        ballast = inside / "ballast"

        def fill() -> None:
            with pytest.raises(OSError, match="No space left on device"):
                ballast.write_bytes(bytes(64 * 1024 * 1024))

        yield Disk(one, inside / "kept", "the disk is full", fill, lambda: ballast.unlink(missing_ok=True))


@pytest.fixture(scope="module", params=[limited, small], ids=["no larger file", "no room"])
def disk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    with request.param(tmp_path_factory.mktemp("disk")) as one:
        yield one


@pytest.fixture
def client(disk: Disk, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """In a namespace with something in it, and a disk that is full by the end of it."""
    name = f"n{abs(hash(request.node.name))}"
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=f"{disk.url}/ns/{name}", timeout=60))
        for slug in GOOD_CALLS:
            assert call(client, slug).is_success
        fault = {"vendor": "talonone", "fault": "delay=0", "operation": "updateCustomerSessionV2"}
        client.post(f"{CONTROL}/faults", json=fault).raise_for_status()
        client.post(f"{CONTROL}/snapshots", json={"name": "early"}).raise_for_status()
        client.put(f"{CONTROL}/clock", json={"mode": "frozen", "now": "2026-06-01"}).raise_for_status()
        disk.fill()
        stack.callback(client.delete, f"{CONTROL}/namespaces/{name}")
        stack.callback(disk.make_room)
        yield client


def last(client: httpx.Client) -> dict[str, Any]:
    entries: list[dict[str, Any]] = client.get(f"{CONTROL}/requests", params={"limit": 1}).json()["requests"]
    return entries[-1]


def test_a_vendors_call_gets_that_vendors_own_server_error_and_has_changed_nothing(
    client: httpx.Client, disk: Disk
) -> None:
    before = everything(client)
    for slug in ("treasuredata", "algonomy", "talonone"):
        answer = call(client, slug)
        assert answer.status_code // 100 == 5, (slug, answer.text)
        assert answer.headers["content-type"] != "application/problem+json"
        assert everything(client) == before
        entry = client.get(f"{CONTROL}/requests/{answer.headers['x-emulator-request-id']}").json()
        assert disk.reason in entry["crash"]
        explained = client.get(answer.headers["x-emulator-explain"])
        assert disk.reason in explained.text


def test_calls_that_only_read_are_answered_as_ever(client: httpx.Client) -> None:
    assert call(client, "primedata").status_code == 200
    for path in _READS:
        assert client.get(f"{CONTROL}/{path}").status_code == 200
    assert client.get(f"{CONTROL}/snapshots/early").status_code == 200


def test_a_control_call_is_refused_with_the_reason_and_nothing_has_changed(
    client: httpx.Client, disk: Disk, tmp_path: Path
) -> None:
    before, exported = everything(client), client.get(f"{CONTROL}/requests/export").text
    name = str(client.base_url).rstrip("/").rsplit("/", 1)[1]
    brought = client.get(f"{CONTROL}/snapshots/early").content
    refused = [
        (f"{method} {path}", client.request(method, f"{CONTROL}/{path}", json=body)) for method, path, body in _CHANGES
    ]
    refused.append(("PUT snapshots", client.put(f"{CONTROL}/snapshots/brought", content=brought)))
    for what, answer in refused:
        assert answer.status_code == 507, (what, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"] == "Cannot be kept"
        assert answer.json()["detail"] == f"namespace {name!r} cannot be kept: {disk.reason}; nothing has changed"
    assert everything(client) == before
    assert client.get(f"{CONTROL}/requests/export").text == exported
    with living(as_killed(disk.kept, tmp_path / "killed")) as again:
        assert everything(again, f"/ns/{name}") == before


def test_a_new_namespace_is_refused_in_the_words_of_whoever_was_called(client: httpx.Client, disk: Disk) -> None:
    answer = httpx.get(f"{disk.url}/ns/new{CONTROL}/clock")
    assert (answer.status_code, answer.json()["title"]) == (507, "Cannot be kept")
    assert answer.json()["detail"].startswith("namespace 'new' cannot be kept in ")
    with httpx.Client(base_url=disk.url) as root:
        for slug in GOOD_CALLS:
            answer = call(root, slug, "/ns/new")
            assert answer.status_code // 100 == 5, (slug, answer.text)
            assert answer.headers["content-type"] != "application/problem+json"
        assert "new" not in root.get(f"{CONTROL}/namespaces").json()["namespaces"]
    assert [one.name for one in (disk.kept / "namespaces").iterdir() if one.name.startswith("new")] == []


def test_once_there_is_room_everything_goes_on_without_a_restart(
    client: httpx.Client, disk: Disk, tmp_path: Path
) -> None:
    name = str(client.base_url).rstrip("/").rsplit("/", 1)[1]
    for _ in range(2):
        assert call(client, "talonone").status_code // 100 == 5
        assert client.post(f"{CONTROL}/reset").status_code == 507
    disk.make_room()
    for method, path, body in _CHANGES:
        answer = client.request(method, f"{CONTROL}/{path}", json=body)
        assert answer.is_success, (path, answer.text)
    client.post(f"{CONTROL}/reset", json={"scenario": "demo"}).raise_for_status()
    for slug in GOOD_CALLS:
        assert call(client, slug).is_success
    with living(as_killed(disk.kept, tmp_path / "killed")) as again:
        assert everything(again, f"/ns/{name}") == everything(client)


def test_a_failure_that_keeps_what_it_has_stored_is_undone_and_never_a_part_of_the_next_call(
    client: httpx.Client, disk: Disk, tmp_path: Path
) -> None:
    name = str(client.base_url).rstrip("/").rsplit("/", 1)[1]
    disk.make_room()
    client.post(f"{CONTROL}/faults", json={"vendor": "treasuredata", "fault": "2015", "times": 1}).raise_for_status()
    before = everything(client)["state"]
    disk.fill()
    assert call(client, "treasuredata").status_code // 100 == 5
    assert everything(client)["state"] == before
    disk.make_room()
    for slug in GOOD_CALLS:
        assert call(client, slug).is_success
    with living(as_killed(disk.kept, tmp_path / "killed")) as again:
        assert everything(again, f"/ns/{name}")["state"] == everything(client)["state"]


def test_an_end_on_a_full_disk_loses_nothing_and_says_what_only_counts(tmp_path: Path) -> None:
    with limited(tmp_path) as disk:
        with httpx.Client(base_url=disk.url) as client:
            assert call(client, "talonone").is_success
            before = everything(client)
        disk.fill()
        said = disk.process.end()
    assert said == ("martech-emulator: what only counts in namespace default could not be kept: disk I/O error\n")
    with living(tmp_path / "kept") as client:
        assert everything(client) == before
        assert call(client, "talonone").headers["x-emulator-request-id"] == "1000000001"


def test_a_start_on_a_full_disk_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with process(tmp_path / "kept") as one, httpx.Client(base_url=one.url) as client:
        assert call(client, "talonone").is_success
        before = everything(client)
    kept = as_killed(tmp_path / "kept", tmp_path / "copy")
    shell = ["sh", "-c", 'ulimit -f 0 && exec "$@"', "sh"]
    with process(kept, before=shell) as one:
        _, said = one.child.communicate(timeout=60)
        assert one.child.returncode == 2
        assert re.search(r"cannot be used: (File too large|the disk cannot be read or written)", said), said
    with living(kept) as client:
        assert everything(client) == before
