"""What the emulator's own bookkeeping costs an accepted call: journal, provenance, and all that explaining needs.

``python -m benchmarks.bookkeeping PORT`` serves, and switches all of it off and on again with each SIGUSR1: two
processes would differ by more than what is to be measured.
"""

import os
import signal
import statistics
import sys
from collections.abc import Iterator
from dataclasses import replace
from subprocess import Popen

from benchmarks.load import Shot, requests_per_second, shot
from benchmarks.measures import JSON, LOOK_UP, PRIME, READY, SESSION, TALON, Result
from benchmarks.processes import free_port, processor_seconds, running
from emulator.core.provenance import Known
from emulator.core.work import Work
from emulator.server import Background
from emulator.settings import Options

_CALLS, _TURNS = 400, 8
_TREASURE = {
    "Authorization": "TD1 1/abcdef0123456789012345678901230123456789",
    "WP13n-Token": "1/8/12345789abcdef012345678901234567",
    "Content-Type": "application/vnd.treasuredata.v1+json",
}


def bookkeeping(rounds: int, seconds: float) -> Iterator[Result]:
    """The processor time of a call with it against without, in short turns; the cheapest quarter of each side counts,
    because whatever else the machine does only adds to it."""
    port = free_port()
    with running([sys.executable, "-m", "benchmarks.bookkeeping", str(port)], port, READY) as process:
        for name, call in _calls():
            costs: tuple[list[float], list[float]] = ([], [])
            for turn in range(2 * _TURNS * rounds):
                costs[turn % 2].append(_cost(process, port, call))
                os.kill(process.pid, signal.SIGUSR1)
            kept, spared = (statistics.mean(sorted(side)[: len(side) // 4]) for side in costs)
            detail = f"{kept * 1e6:.0f} µs against {spared * 1e6:.0f} µs of processor time a call"
            yield Result(f"{name}, bookkeeping against none", kept / spared, 1.05, False, detail)


def _cost(process: "Popen[bytes]", port: int, call: Shot) -> float:
    before = processor_seconds(process)
    requests_per_second(port, call, 60, most=_CALLS)
    return (processor_seconds(process) - before) / _CALLS


def _calls() -> Iterator[tuple[str, Shot]]:
    yield "PrimeData look-up", shot("POST", "/primedata/pub/profiles/advanced-search", LOOK_UP, PRIME)
    path = "/treasuredata/personalization__database/preferences_table"
    yield "Treasure Data event", shot("POST", path, b'{"td_client_id":"c-1"}', _TREASURE, 204)
    yield "Talon.One session PUT", shot("PUT", "/talonone/v2/customer_sessions/s-1", SESSION, {**TALON, **JSON})


MEASURES = {"bookkeeping": bookkeeping}


def _rely_on_nothing(work: Work, known: Known) -> None:
    """In place of `Work.rely`."""


def main() -> None:
    options = Options(port=int(sys.argv[1]), overrides={"primedata": {"requests_per_second": 0}})
    with Background(options) as server:
        emulator, rely = server.emulator, Work.rely

        def switch(*_: object) -> None:
            journal = emulator.worlds["default"].journal
            journal.keeps = not journal.keeps
            Work.rely = rely if journal.keeps else _rely_on_nothing  # type: ignore[method-assign] # that is measured
            exchange = emulator.exchange
            exchange._manners = replace(exchange._manners, bare=not journal.keeps)

        signal.signal(signal.SIGUSR1, switch)
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
