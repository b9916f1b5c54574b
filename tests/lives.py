"""An emulator with a data directory, in this process or in one of its own, for tests that end it in every way."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from emulator.core.vendor import Vendor
from emulator.server import Background
from emulator.settings import Options
from emulator.vendors import VENDORS
from tests.cli.program import start
from tests.vendors.good_calls import GOOD_CALLS

_READY = re.compile(r"martech-emulator ready on (http://127\.0\.0\.1:\d+)\n")


@contextmanager
def living(directory: Path | None, vendors: Sequence[Vendor] = VENDORS, **options: Any) -> Iterator[httpx.Client]:
    """Ends in peace."""
    chosen = Options(port=0, data_dir=directory, **options)
    with Background(chosen, vendors=vendors) as running, httpx.Client(base_url=running.url, timeout=60) as client:
        yield client


def as_killed(directory: Path, to: Path) -> Path:
    """What a process would leave that is killed now: whatever it has written, and no last word."""
    shutil.copytree(directory, to)
    return to


class Process:
    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self.child = child

    @cached_property
    def url(self) -> str:
        """Waits until it is ready."""
        assert self.child.stdout is not None
        assert self.child.stderr is not None
        line = self.child.stdout.readline()
        found = _READY.fullmatch(line)
        assert found, line + self.child.stderr.read()
        return found[1]

    def kill(self) -> None:
        self.child.kill()
        self.child.communicate(timeout=30)

    def end(self) -> str:
        """In peace; what it has said on stderr."""
        self.child.send_signal(signal.SIGTERM)
        _, said = self.child.communicate(timeout=30)
        assert self.child.returncode == 0, said
        return said


@contextmanager
def process(directory: Path, *options: str, before: Sequence[str] = (), **environment: str) -> Iterator[Process]:
    """Killed, unless it has ended. `before` are words before the command that turn into it."""
    arguments = ["serve", "--port", "0", "--data-dir", str(directory), *options]
    one = Process(start(*arguments, before=before, **environment))
    try:
        yield one
    finally:
        if one.child.poll() is None:
            one.kill()


def refused(directory: Path | str, *options: str, **environment: str) -> str:
    """What a process says that does not start."""
    child = start("serve", "--port", "0", "--data-dir", str(directory), *options, **environment)
    try:
        out, said = child.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        child.kill()
        raise
    assert (child.returncode, out) == (2, ""), said
    assert "Traceback" not in said
    return said


def call(client: httpx.Client, slug: str, at: str = "") -> httpx.Response:
    """An accepted call of a vendor's, which writes wherever the vendor has anything to write."""
    good = GOOD_CALLS[slug]
    headers = dict(good.headers)
    if good.token_call is not None:
        granted = client.request(good.token_call.method, f"{at}/{slug}{good.token_call.path}")
        if granted.status_code != httpx.codes.OK:
            return granted
        headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
    return client.request(good.method, f"{at}/{slug}{good.path}", headers=headers, content=good.body)


def everything(client: httpx.Client, at: str = "") -> dict[str, Any]:
    """All that can be seen of a namespace from outside, but for its journal and what only counts."""
    paths = ("state", "faults", "settings", "scenarios", "snapshots", "clock", "limits")
    seen = {path: client.get(f"{at}/_emulator/{path}").json() for path in paths}
    seen["fail_on"] = client.get(f"{at}/_emulator/provenance").json()["fail_on"]
    for clock in (seen["clock"], seen["state"]["clock"]):
        if clock["mode"] != "frozen":
            del clock["now"]
    for fault in seen["faults"]["faults"]:
        del fault["fired"], fault["requests"], fault["skipped"], fault["missed"], fault["spent"]
    for limit in seen["limits"]["limits"]:
        del limit["headroom"]
    return seen
