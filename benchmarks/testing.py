"""What the pytest plugin costs: a test that uses it, a call in it, and a run that does not use it."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.measures import LOOK_UP, PRIME, READY, SESSION, TALON, Result
from benchmarks.processes import ROOT, emulator_command, free_port, running
from emulator.app import Emulator
from emulator.interception.points import in_force
from emulator.interception.policy import Redirect
from emulator.interception.targets import InProcess
from emulator.settings import Options
from emulator.testing.suite import points

_TESTS = 200
_CALLS = 100
_UNLIMITED = {"primedata": {"requests_per_second": 0}}
_CONFTEST = """
import json, time
import pytest

took = {}

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    started = time.perf_counter()
    result = yield
    took.setdefault(item.originalname, []).append((time.perf_counter() - started) * 1_000)
    return result

def pytest_sessionfinish(session):
    (session.config.rootpath / "took.json").write_text(json.dumps(took))
"""
_SUITE = f"""
import httpx, pytest

client = httpx.Client(headers={TALON!r})
url = "https://demo.talon.one/v2/customer_sessions/s-1"

@pytest.mark.parametrize("number", range({_TESTS}))
class TestInTurns:
    def test_empty(self, number):
        pass

    def test_reading(self, number, emulator):
        assert client.get(url).status_code == 404

    def test_writing(self, number, emulator):
        assert client.put(url, json={{"customerSession": {{"profileId": "ana@example.com"}}}}).status_code == 200
"""
_EMPTY = "def test_nothing(): pass\n"


def fixture(rounds: int, seconds: float) -> Iterator[Result]:
    """A test that uses the fixture and makes a call, over an empty one, in turns in one run: reset, policy and report
    included. The cheapest quarter of each side counts, because whatever else the machine does only adds to it."""
    took: dict[str, list[float]] = {}
    for _ in range(rounds):
        with _suite(_SUITE, _CONFTEST) as home:
            _run(home, "-p", "emulator.pytest_plugin")
            for name, times in json.loads((home / "took.json").read_text()).items():
                took.setdefault(name, []).extend(times)
    empty = _cheapest(took["test_empty"])
    for name in ("reading", "writing"):
        used = _cheapest(took[f"test_{name}"])
        detail = f"{used:.2f} ms against {empty:.2f} ms"
        yield Result(f"a test with one {name} call over an empty test, ms", used - empty, 2.0, False, detail)


def _cheapest(times: list[float]) -> float:
    return statistics.mean(sorted(times)[: -(-len(times) // 4)])


def in_process(rounds: int, seconds: float) -> Iterator[Result]:
    """One call through httpx in process, against the same over a socket that is kept open, in turns, counted as
    above."""
    emulator = Emulator(Options(overrides=_UNLIMITED))
    emulator.prepare()
    port = free_port()
    policy = Redirect(InProcess(emulator), emulator.vendors)
    with (
        running(emulator_command(port, "--set", "primedata.requests_per_second=0"), port, READY),
        in_force(policy, points),
    ):
        for name, slug, host, method, path, headers, body in _CALLED:
            urls = (f"https://{host}{path}", f"http://127.0.0.1:{port}/{slug}{path}")
            for kind, timed in (("", _sync), (", async", _async)):
                costs = [timed(method, urls, headers, body) for _ in range(rounds * 4)]
                near, far = (_cheapest(list(side)) for side in zip(*costs, strict=True))
                detail = f"{near:.0f} µs against {far:.0f} µs"
                yield Result(f"{name} in process against a socket{kind}", near / far, 0.5, False, detail)


_CALLED = (
    (
        "PrimeData look-up", "primedata", "live.primedata.ai", "POST", "/pub/profiles/advanced-search", PRIME, LOOK_UP,
    ),
    ("Talon.One session", "talonone", "demo.talon.one", "PUT", "/v2/customer_sessions/s-1", TALON, SESSION),
)  # fmt: skip


def _sync(method: str, urls: tuple[str, str], headers: dict[str, str], body: bytes) -> list[float]:
    """Microseconds a call, for each URL."""
    found = []
    with httpx.Client(headers=headers) as client:
        for url in urls:
            client.request(method, url, content=body).raise_for_status()
            started = time.perf_counter()
            for _ in range(_CALLS):
                client.request(method, url, content=body)
            found.append((time.perf_counter() - started) * 1e6 / _CALLS)
    return found


def _async(method: str, urls: tuple[str, str], headers: dict[str, str], body: bytes) -> list[float]:
    async def timed() -> list[float]:
        found = []
        async with httpx.AsyncClient(headers=headers) as client:
            for url in urls:
                (await client.request(method, url, content=body)).raise_for_status()
                started = time.perf_counter()
                for _ in range(_CALLS):
                    await client.request(method, url, content=body)
                found.append((time.perf_counter() - started) * 1e6 / _CALLS)
        return found

    return asyncio.run(timed())


def unused(rounds: int, seconds: float) -> Iterator[Result]:
    """A run that does not use the plugin, with it over without, in turns, counted as above."""
    there, absent = [], []
    with _suite(_EMPTY) as home:
        for _ in range(max(12, 4 * rounds)):
            there.append(_seconds(lambda: _run(home, "-p", "emulator.pytest_plugin")))
            absent.append(_seconds(lambda: _run(home)))
    a, b = _cheapest(there), _cheapest(absent)
    detail = f"{a:.3f} s against {b:.3f} s"
    yield Result("a run that does not use the plugin, with it over without, ms", (a - b) * 1_000, 50.0, False, detail)


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def _suite(tests: str, conftest: str = "") -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        (home / "test_it.py").write_text(tests)
        (home / "conftest.py").write_text(conftest)
        (home / "pytest.ini").write_text("[pytest]\n")
        yield home


def _run(home: Path, *options: str) -> None:
    """With no other plugin than those that are named, whatever is installed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(home)]
    subprocess.run(command, cwd=home, env=environment, stdout=subprocess.PIPE, check=True)


MEASURES = {"fixture": fixture, "in-process": in_process, "unused-plugin": unused}
