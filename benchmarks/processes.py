"""Servers under measurement, each in a process of its own."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(request)
            if connection.recv(64).startswith(b"HTTP/1.1 200"):
                return time.perf_counter() - started, process
        time.sleep(0.002)
    raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")


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
