"""``serve``: what it says to programs, and to a person who waits."""

import json
import os
import pty
import signal
from pathlib import Path
from typing import Any

import pytest

from emulator import __version__, server
from emulator.control.scenario import Scenarios
from emulator.vendors import VENDORS
from tests.cli.program import COMMAND, environment, start


def test_programs_are_told_in_json_that_it_is_ready(tmp_path: Path) -> None:
    with start("serve", "--json", "--port", "0", "--tls-port", "0", "--ca-dir", str(tmp_path)) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        process.terminate()
        rest, _ = process.communicate(timeout=10)
    assert rest == ""
    assert told["url"].startswith("http://127.0.0.1:")
    assert told["tls_url"].startswith("https://127.0.0.1:")
    assert (told["version"], told["ca_file"]) == (__version__, str(tmp_path / "ca.pem"))


def test_planting_tells_what_it_is_busy_with() -> None:
    steps: list[str] = []
    scenarios = Scenarios(VENDORS, [], tell=steps.append)
    scenarios.plant({"name": "mine", "talonone": {}, "treasuredata": {}})
    assert steps == ["planting Treasure Data", "planting Talon.One"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_LONG", 0)


@pytest.mark.usefixtures("impatient")
def test_nobody_is_told_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    scenarios = Scenarios(VENDORS, [])
    with server.progress(scenarios):
        scenarios.tell("planting")
    assert capsys.readouterr() == ("", "")


class _Terminal:
    """Takes down what is written to it."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Everything is written already."""


def test_a_person_is_told_of_what_takes_long_and_of_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal: Any = _Terminal()
    monkeypatch.setattr(server.sys, "stderr", terminal)
    scenarios = Scenarios(VENDORS, [])
    monkeypatch.setattr(server, "_LONG", 600)
    with server.progress(scenarios):
        scenarios.tell("planting A")
    monkeypatch.setattr(server, "_LONG", 0)
    with server.progress(scenarios):
        scenarios.tell("planting B")
        while not terminal.text.endswith("\n"):
            pass
    scenarios.tell("planting C")
    assert terminal.text == "martech-emulator: planting B …\n"


def test_on_a_terminal_too_it_says_in_one_line_that_it_is_ready() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], [*COMMAND, "serve", "--port", "0"], environment())
    seen = b""
    while not seen.endswith(b"\n"):
        seen += os.read(terminal, 1_000)
    os.kill(pid, signal.SIGTERM)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert seen.startswith(b"martech-emulator ready on http://127.0.0.1:")
