"""What the emulator's own bookkeeping costs an accepted call: journal, provenance, and all that explaining needs.

``python -m benchmarks.bookkeeping PORT`` serves the same build with all of it off.
"""

import sys
from collections.abc import Iterator
from subprocess import Popen

from benchmarks.load import Shot, requests_per_second, shot
from benchmarks.measures import JSON, LOOK_UP, PRIME, READY, SESSION, TALON, Result
from benchmarks.processes import emulator_command, free_port, processor_seconds, running
from emulator.core.provenance import Known
from emulator.core.work import Work

_CALLS = 2_000
_UNLIMITED = {"primedata": {"requests_per_second": 0}}
_TREASURE = {
    "Authorization": "TD1 1/abcdef0123456789012345678901230123456789",
    "WP13n-Token": "1/8/12345789abcdef012345678901234567",
    "Content-Type": "application/vnd.treasuredata.v1+json",
}


def bookkeeping(rounds: int, seconds: float) -> Iterator[Result]:
    """The processor time of a call with it against without, in turns, one of the two servers resting."""
    kept, spared = free_port(), free_port()
    without = [sys.executable, "-m", "benchmarks.bookkeeping", str(spared)]
    with (
        running(emulator_command(kept, "--set", "primedata.requests_per_second=0"), kept, READY) as one,
        running(without, spared, READY) as other,
    ):
        for name, call in _calls():
            pairs = [(_cost(one, kept, call), _cost(other, spared, call)) for _ in range(rounds)]
            a, b = (sum(side) / len(side) for side in zip(*pairs, strict=True))
            detail = f"{a * 1e6:.0f} µs against {b * 1e6:.0f} µs of processor time a call"
            yield Result(f"{name}, bookkeeping against none", a / b, 1.05, False, detail)


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
    from emulator.server import serve
    from emulator.settings import Options

    Work.rely = _rely_on_nothing  # type: ignore[method-assign] # this is what is to be measured
    sys.exit(serve(Options(port=int(sys.argv[1]), journal=0, bare=True, overrides=_UNLIMITED)))


if __name__ == "__main__":
    main()
