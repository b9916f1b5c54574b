"""Servers under measurement, each in a process of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bare_command(port: int) -> list[str]:
    return [sys.executable, "-m", "uvicorn", "benchmarks.bare:app", "--port", str(port), "--log-level", "error",
            "--no-access-log"]  # fmt: skip


def emulator_command(port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "emulator", "serve", "--port", str(port), *options]


def seconds_until_ready(command: list[str], port: int, path: str) -> tuple[float, "subprocess.Popen[bytes]"]:
    """Start the command; the time until `path` answers 200."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    if not is_ready(lambda: process.poll() is None, port, path):
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - started, process


def is_ready(lives: Callable[[], bool], port: int, path: str) -> bool:
    """Wait until `path` answers 200; `False` where the process ends before."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    while lives():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(request)
            if connection.recv(64).startswith(b"HTTP/1.1 200"):
                return True
        time.sleep(0.002)
    return False


@contextlib.contextmanager
def running(command: list[str], port: int, path: str) -> Iterator["subprocess.Popen[bytes]"]:
    _, process = seconds_until_ready(command, port, path)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def processor_seconds(process: "subprocess.Popen[bytes]") -> float:
    """What it has used of the processors so far (Linux), exact to the nanosecond."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def peak_memory(process: "subprocess.Popen[bytes]") -> int:
    """Peak resident memory so far, in bytes (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def resident_memory(process: "subprocess.Popen[bytes]") -> tuple[int, int]:
    """Now, in bytes, and the same with pages that it shares with others counted in part (Linux)."""
    told = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    whole, part = (int(told.split(f"{name}:")[1].split()[0]) * 1024 for name in ("Rss", "Pss"))
    return whole, part


def compiled() -> None:
    """Give every module its bytecode, as an installation has it: who edits files, or tells Python to write none, would
    measure the compiler."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "compileall", "-q", "emulator", "benchmarks"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
