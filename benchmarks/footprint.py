"""What a process takes before it does anything: time to start, memory, and the image that it comes in."""

import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.load import requests_per_second, shot
from benchmarks.measures import LOOK_UP, PRIME, READY, Result, called
from benchmarks.processes import (
    ROOT,
    compiled,
    emulator_command,
    free_port,
    peak_memory,
    resident_memory,
    running,
    seconds_until_ready,
)

_CHECK = ROOT.parent / "shared" / "tools" / "container-check"
_PORT = 4680
"""The image's own."""
_LOOK_UP = shot("POST", "/primedata/pub/profiles/advanced-search", LOOK_UP, PRIME)
_UNLIMITED = ("--set", "primedata.requests_per_second=0")


def cold_start(rounds: int, seconds: float) -> Iterator[Result]:
    """Process start to ready, ours against a FastAPI application of one route, in turns."""
    compiled()
    pairs = [(_start(emulator_command, READY), _start(_one_route, "/ready")) for _ in range(max(5, rounds))]
    ratio = statistics.median(a / b for a, b in pairs)
    a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
    yield Result("cold start to ready against one-route FastAPI", ratio, 1.25, False, f"{a:.2f} s against {b:.2f} s")


def _one_route(port: int) -> list[str]:
    return [sys.executable, "-m", "uvicorn", "benchmarks.one_route:app", "--port", str(port), "--log-level", "error"]


def _start(command: Callable[[int], list[str]], path: str) -> float:
    port = free_port()
    elapsed, process = seconds_until_ready(command(port), port, path)
    process.terminate()
    process.wait(10)
    return elapsed


def memory(rounds: int, seconds: float) -> Iterator[Result]:
    """Resident memory at rest, and peak memory after 100,000 requests against that after 1,000."""
    compiled()
    with tempfile.TemporaryDirectory() as directory:
        yield _at_rest("resident memory at rest, MB")
        yield _at_rest("resident memory at rest with --data-dir, MB", "--data-dir", f"{directory}/data")
    port = free_port()
    with running(emulator_command(port, *_UNLIMITED), port, READY) as process:
        called(port, "GET", "/_emulator/vendors")
        requests_per_second(port, _LOOK_UP, 600, most=1_000)
        early = peak_memory(process)
        requests_per_second(port, _LOOK_UP, 600, most=99_000)
        late = peak_memory(process)
    detail = f"{late / 1e6:.0f} MB against {early / 1e6:.0f} MB"
    yield Result("peak memory after 100,000 requests against 1,000", late / early, 1.2, False, detail)


def _at_rest(name: str, *options: str) -> Result:
    """Of a server that has answered a vendor's call."""
    port = free_port()
    with running(emulator_command(port, *options), port, READY) as process:
        requests_per_second(port, _LOOK_UP, 60, most=1)
        resident, proportional = resident_memory(process)
        called(port, "GET", "/_emulator/vendors")
        used, _ = resident_memory(process)
    detail = f"{proportional / 1e6:.0f} MB without its share of shared pages; {used / 1e6:.0f} MB after a control call"
    return Result(name, resident / 1e6, 80, False, detail)


def image(rounds: int, seconds: float) -> Iterator[Result]:
    """What the image adds to its base, and how long its container takes to be healthy, each against that of a
    container that has the base and Python's own server of files; by the same tool, where there is one."""
    if not _CHECK.is_file():
        print(f"image: left out, as there is no {_CHECK.name} to build it with")
        return
    base = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1]
    ours = _container(ROOT, f"http://127.0.0.1:{_PORT}{READY}")
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        serving = f'CMD ["python3", "-m", "http.server", "--directory", "/srv", "{port}"]'
        (Path(directory) / "Dockerfile").write_text(f"FROM {base}\n{serving}\n")
        theirs = _container(Path(directory), f"http://127.0.0.1:{port}/")
    yield Result("image over its base, MB", ours[0] - theirs[0], 160, False, f"{ours[0]:.0f} over {theirs[0]:.0f} MB")
    detail = f"{theirs[1]:.1f} s for a container of the base alone"
    yield Result("container's start to healthy, s", ours[1], 1.5, False, detail)


def _container(repository: Path, url: str) -> tuple[float, float]:
    """Megabytes of its image, and seconds until it was healthy."""
    check = subprocess.run([str(_CHECK), str(repository), url], stdout=subprocess.PIPE, text=True, check=False)
    found = re.search(r"image=(\d+)MB ready=([\d.]+)s", check.stdout)
    if check.returncode or found is None:
        raise SystemExit(f"{_CHECK.name} {repository}: {check.stdout.strip()}")
    return float(found[1]), float(found[2])


MEASURES = {"cold-start": cold_start, "memory": memory, "image": image}
