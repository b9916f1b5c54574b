"""Many at once in a data directory: threads, namespaces, large worlds, and a process that splits in two."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.app import Emulator
from emulator.direct import DirectClient
from emulator.settings import Options
from tests.cli.program import environment
from tests.lives import as_killed, everything, living
from tests.toy_server import KEY, TOYS
from tests.toy_vendor import VENDOR

CONTROL = "/_emulator"
MANY = 50_000
LARGE = f"""
name: large
extends: demo
talonone:
  campaigns:
    - id: 9000
      applicationId: 7
      name: many
      newCoupons: [{{numberOfCoupons: {MANY}, couponPattern: "MANY-####-####", usageLimit: 1}}]
"""


@pytest.fixture
def fixtures(tmp_path: Path) -> Path:
    (tmp_path / "toys.yaml").write_text(TOYS, encoding="utf-8")
    (tmp_path / "large.yaml").write_text(LARGE, encoding="utf-8")
    return tmp_path


def together(works: list[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result(60)


@pytest.mark.parametrize("at", [("/ns/a",), ("/ns/a", "/ns/b", "/ns/c")], ids=["one namespace", "three namespaces"])
def test_calls_of_many_at_once_are_all_kept(tmp_path: Path, fixtures: Path, at: tuple[str, ...]) -> None:
    with living(tmp_path / "kept", (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        client.headers.update(KEY)
        for one in at:
            order = {"vendor": "toybox", "name": "calls", "enabled": False}
            client.patch(f"{one}{CONTROL}/limits", json=order).raise_for_status()

        def puts(one: str, who: int) -> None:
            for number in range(15):
                client.put(f"{one}/toybox/shelf/toy-{who}-{number}", json={"price": number}).raise_for_status()

        def moves(one: str) -> None:
            for _ in range(15):
                client.post(f"{one}{CONTROL}/clock/advance", json={"seconds": 1}).raise_for_status()

        def saves(one: str) -> None:
            for number in range(5):
                client.post(f"{one}{CONTROL}/snapshots", json={"name": f"s{number}"}).raise_for_status()

        works: list[Callable[[], object]] = []
        for one in at:
            works += [lambda one=one: puts(one, 1), lambda one=one: puts(one, 2)]
            works += [lambda one=one: moves(one), lambda one=one: moves(one), lambda one=one: saves(one)]
        together(works)
        before = [everything(client, one) for one in at]
        killed = as_killed(tmp_path / "kept", tmp_path / "killed")
    with living(killed, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        assert [everything(client, one) for one in at] == before
    for seen in before:
        assert len(seen["state"]["vendors"]["toybox"]["toys"]) == 1 + 2 * 15
        assert seen["clock"]["now"] == "2026-01-05T09:00:30Z"


def test_a_large_world_keeps_no_other_waiting(tmp_path: Path, fixtures: Path) -> None:
    """While it is copied, put back and written, calls to other namespaces are answered in between."""
    with living(tmp_path / "kept", scenario="large", fixtures=fixtures) as client:
        client.get(f"{CONTROL}/clock").raise_for_status()
        client.get(f"/ns/other{CONTROL}/clock").raise_for_status()
        over = threading.Event()
        answered = {"while busy": 0}

        def ask() -> None:
            with httpx.Client(base_url=client.base_url, timeout=60) as other:
                while not over.is_set():
                    assert other.get(f"/ns/other{CONTROL}/clock").status_code == 200
                    answered["while busy"] += 1

        asker = threading.Thread(target=ask)
        asker.start()
        for path, body in (("snapshots", {"name": "one"}), ("reset", {}), ("snapshots/one/restore", {})):
            before = answered["while busy"]
            client.post(f"{CONTROL}/{path}", json=body).raise_for_status()
            assert answered["while busy"] > before, path
        over.set()
        asker.join(60)
        rows = client.get(f"{CONTROL}/snapshots").json()["snapshots"][0]["rows"]["talonone"]
        assert rows > MANY
        killed = as_killed(tmp_path / "kept", tmp_path / "killed")
    with living(killed) as client:
        client.post(f"{CONTROL}/snapshots", json={"name": "two"}).raise_for_status()
        assert [one["rows"]["talonone"] for one in client.get(f"{CONTROL}/snapshots").json()["snapshots"]] == [
            rows,
            rows,
        ]


def test_files_do_not_grow_without_end(tmp_path: Path, fixtures: Path) -> None:
    with living(tmp_path / "kept", scenario="demo") as client:
        sizes = []
        for _ in range(4):
            for number in range(12):
                client.post(f"{CONTROL}/reset").raise_for_status()
                client.post(f"{CONTROL}/snapshots", json={"name": f"s{number % 3}"}).raise_for_status()
            for number in range(3):
                client.delete(f"{CONTROL}/snapshots/s{number}").raise_for_status()
            sizes.append(sum(file.stat().st_size for file in (tmp_path / "kept" / "namespaces").iterdir()))
        assert sizes[3] <= sizes[1] * 1.1


def test_worlds_of_one_scenario_share_its_image_again(tmp_path: Path, fixtures: Path) -> None:
    options: dict[str, Any] = {"data_dir": tmp_path / "kept", "scenario": "toys", "fixtures": fixtures}
    for life in range(2):
        emulator = Emulator(Options(**options), vendors=(VENDOR,))
        emulator.prepare()
        worlds = [emulator.worlds[name] for name in ("a", "b")]
        if life == 0:
            for world in worlds:
                posted = {"name": "posted", "toybox": {"keys": {"k-1": "maker"}}, "clock": "2026-01-01"}
                DirectClient(emulator, world.name).seed(posted)
        images = {id(world.scenarios["posted"].image) for world in worlds}
        assert len(images) == 2 - life
        emulator.finish()


_SPLITS = """
import os, signal, sys
from pathlib import Path
from emulator.app import Emulator
from emulator.settings import Options
emulator = Emulator(Options(data_dir=Path(sys.argv[1])))
emulator.prepare()
emulator.worlds["default"]
if os.fork():
    os.kill(os.getpid(), signal.SIGKILL)
print("split", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes split in two on POSIX only")
def test_a_child_that_outlives_its_parent_does_not_hold_the_directory(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SPLITS, str(tmp_path)]
    child = subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "split\n"
        with living(tmp_path) as client:
            assert client.get(f"{CONTROL}/namespaces").json()["namespaces"] == ["default"]
