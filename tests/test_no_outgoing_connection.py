"""The network cable is out: whatever the emulator does, it calls nobody but itself, and asks for nobody's address."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, clean_environment

WATCH = """
import os, sys

NOTES = {notes!r}
HERE = ("127.0.0.1", "::1", "0.0.0.0", "::", None, "", b"127.0.0.1")

def note(*words):
    handle = os.open(NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, (" ".join(map(str, words)) + "\\n").encode())
    os.close(handle)

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in HERE:
            note("outgoing", event, address)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
        name = arguments[0][0] if isinstance(arguments[0], tuple) else arguments[0]
        if name not in HERE and not str(name).endswith("localhost"):
            note("outgoing", event, name)

sys.addaudithook(watch)
note("watching", os.getpid())
"""
ROOMS_THAT_CALL = {
    "client.py": "a running emulator",
    "readiness.py": "a running emulator",
    "interception": "whom the code under test calls",
    "testing": "a running emulator, or the vendors where a test run is told to",
}
CALLERS = {
    "http.client",
    "urllib.request",
    "requests",
    "httpx",
    "aiohttp",
    "urllib3",
    "ftplib",
    "smtplib",
    "xmlrpc.client",
}


def watched(room: Path) -> dict[str, str]:
    """An environment in which every Python notes what it connects to."""
    (room / "watch").mkdir()
    (room / "watch" / "sitecustomize.py").write_text(WATCH.format(notes=str(room / "notes")))
    return clean_environment(PYTHONPATH=os.pathsep.join([str(room / "watch"), str(ROOT)]))


def notes(room: Path, kind: str) -> list[str]:
    return [line for line in (room / "notes").read_text().splitlines() if line.startswith(kind)]


def without_network() -> list[str]:
    """A network of its own, with nothing in it but the machine itself; nothing where that cannot be had."""
    empty = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if not all(map(shutil.which, ("unshare", "ip"))):
        return []
    return empty if subprocess.run([*empty, "true"], capture_output=True, check=False).returncode == 0 else []


def test_a_run_of_everything_makes_no_outgoing_connection(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    done = subprocess.run(
        [*without_network(), sys.executable, "-m", "tests.alone", str(tmp_path / "room")],
        cwd=ROOT,
        env=watched(tmp_path),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("done: ")] == [
        "done: life 1: http",
        "done: life 1: https",
        "done: verbs",
        "done: life 2: http",
        "done: life 2: https",
        "done: exec",
        "done: pytest",
    ]
    assert notes(tmp_path, "outgoing") == []
    assert len(notes(tmp_path, "watching")) >= 6  # this program, two lives, exec and its command, pytest


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("socket.socket().connect_ex(('192.0.2.1', 9))", "socket.connect ('192.0.2.1', 9)"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))", "socket.sendto ('192.0.2.1', 9)"),
        ("socket.getaddrinfo('vendor.invalid', 80)", "socket.getaddrinfo vendor.invalid"),
    ],
)
def test_one_would_be_noticed(tmp_path: Path, code: str, event: str) -> None:
    attempt = f"import socket\nsocket.setdefaulttimeout(0.01)\ntry:\n    {code}\nexcept OSError:\n    pass"
    subprocess.run([*without_network(), sys.executable, "-c", attempt], env=watched(tmp_path), timeout=30, check=True)
    assert notes(tmp_path, "outgoing") == [f"outgoing {event}"]


def test_only_rooms_that_are_there_to_call_somebody_import_what_could() -> None:
    product = ROOT / "emulator"
    found = {
        f"{file.relative_to(product)}: {name}"
        for file in product.rglob("*.py")
        if file.relative_to(product).parts[0] not in ROOMS_THAT_CALL
        for name in _imported(file)
        if name in CALLERS or name.partition(".")[0] in CALLERS
    }
    assert found == {"cli/checks.py: urllib.request"}  # which asks it for the proxies that the environment names


def _imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name in CALLERS or name.partition(".")[0] in CALLERS}
