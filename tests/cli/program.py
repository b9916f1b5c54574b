"""The command line as a user has it: a process, with streams, signals and an exit code."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

COMMAND = [sys.executable, "-P", "-m", "emulator"]
ROOT = Path(__file__).parent.parent.parent


def environment(**more: str) -> dict[str, str]:
    """The machine's, without what would change what the program does."""
    ours = ("EMULATOR_", "_MARTECH_EMULATOR", "NO_COLOR", "TERM", "PYTHONPATH")
    return {**{k: v for k, v in os.environ.items() if not k.startswith(ours)}, "PYTHONPATH": str(ROOT), **more}


def run(*arguments: str, cwd: Path = ROOT, stdin: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
    """Anything but a traceback is a fair outcome."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(**more),
        input=stdin,
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def start(*arguments: str, cwd: Path = ROOT, before: Sequence[str] = (), **more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*before, *COMMAND, *arguments],
        cwd=cwd,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
