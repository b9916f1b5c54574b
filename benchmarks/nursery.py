"""Servers for measures that kill them by the thousand: real processes, forked from one that has imported everything.

``python -m benchmarks.nursery`` reads a server's arguments as a line of JSON, and answers with its process id.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Self

from benchmarks.processes import ROOT, is_ready


class Child:
    def __init__(self, pid: int) -> None:
        self._pid = pid

    def until_ready(self, port: int, path: str) -> None:
        if not is_ready(self.lives, port, path):
            raise SystemExit("a server did not start")

    def lives(self) -> bool:
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        return True

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Comes back once it is gone."""
        os.kill(self._pid, how)
        while self.lives():
            time.sleep(0.001)


class Nursery:
    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.nursery"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def start(self, arguments: Sequence[str]) -> Child:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return Child(int(self._process.stdout.readline()))

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def main() -> None:
    import emulator.control.router
    import emulator.core.keeping.vault
    import emulator.server  # noqa: F401 - for the children
    from emulator.cli import cli

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a child, which is gone at once therefore
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - as long as the process lives
            cli(json.loads(line))
        print(child, flush=True)


if __name__ == "__main__":
    main()
