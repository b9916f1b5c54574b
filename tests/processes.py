"""The emulator as a process of its own, for tests that start and end it."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
READY = re.compile(r"martech-emulator ready on (http://127\.0\.0\.1:\d+)\n")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "emulator", *arguments]


def prepared(code: str, *arguments: str) -> list[str]:
    """The command line after some code of a test's, for what users meet rarely."""
    return [sys.executable, "-c", f"{code}\nfrom emulator.cli import main\nmain()", *arguments]


def clean_environment(**more: str) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("EMULATOR_")}, **more}


@contextmanager
def starting(
    *arguments: str, after: str = "", around: Sequence[str] = (), stderr: int = subprocess.PIPE, **environment: str
) -> Iterator["subprocess.Popen[str]"]:
    """`around` is a command that runs the command line, and `after` some code that it runs after."""
    process = subprocess.Popen(
        [*around, *(prepared(after, *arguments) if after else command(*arguments))],
        cwd=ROOT,
        env=clean_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate(timeout=10)


@contextmanager
def serving(*options: str, after: str = "", **environment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """One that is ready, and where. With some code it is run after that."""
    with starting("serve", "--port", "0", *options, after=after, **environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = READY.fullmatch(line)
        try:
            assert found, line or process.communicate(timeout=10)[1]
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
