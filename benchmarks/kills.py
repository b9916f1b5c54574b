"""A server that keeps its worlds in one directory is killed and started again, over and over, while others write."""

import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random

from benchmarks.measures import READY, Result
from benchmarks.nursery import Nursery
from benchmarks.processes import free_port
from benchmarks.writer import Verdict, Writer

_NAMESPACES = ("default", "two", "three", "four")
_LEAST_ROUNDS = 50
_LONGEST = 0.4
"""Seconds that writers have at most."""
_STARTING = 10
"""Of so many rounds one kills a server that is not ready yet."""


def kills(rounds: int, seconds: float) -> Iterator[Result]:
    """Each round: start on the directory, compare what is there with what was acknowledged, write, kill -9."""
    chance = Random(rounds)
    writers = [Writer(name, Random(f"{rounds}/{name}")) for name in _NAMESPACES]
    verdicts: list[Verdict] = []
    number = max(_LEAST_ROUNDS, rounds)
    with tempfile.TemporaryDirectory() as name, Nursery() as nursery:
        directory = Path(name)
        for turn in range(number):
            if turn % _STARTING == _STARTING - 1:
                child = nursery.start(_arguments(directory, free_port()))
                time.sleep(chance.uniform(0, _LONGEST))
                child.end()
            verdicts += _round(nursery, directory, writers, chance)
        port = free_port()
        child = nursery.start(_arguments(directory, port))
        child.until_ready(port, READY)
        verdicts += _verdicts(writers, port)
        child.end(signal.SIGTERM)
        damaged = [*_set_aside(directory), *_broken(directory)]
    for words in damaged:
        print(words, file=sys.stderr)
    detail = f"of {sum(writer.acknowledged for writer in writers)} in {len(writers)} namespaces"
    lost, torn = sum(one.lost for one in verdicts), sum(one.torn for one in verdicts)
    after = f"after {number} rounds of kill -9"
    yield Result(f"acknowledged writes lost {after}", lost, 0, False, detail)
    yield Result(f"writes found in part, or undone in part, {after}", torn, 0, False)
    yield Result(f"files damaged {after}", len(damaged), 0, False)


def _arguments(directory: Path, port: int) -> list[str]:
    unlimited = ("--set", "primedata.requests_per_second=0", "--set", "algonomy.updates_per_second=0")
    return ["serve", "--port", str(port), "--data-dir", str(directory), *unlimited]


def _round(nursery: Nursery, directory: Path, writers: Sequence[Writer], chance: Random) -> list[Verdict]:
    port = free_port()
    child = nursery.start(_arguments(directory, port))
    try:
        child.until_ready(port, READY)
        verdicts = _verdicts(writers, port)
        arranging = chance.choice((0.0, 0.01, 0.3))
        with ThreadPoolExecutor(len(writers)) as pool:
            writing = [pool.submit(writer.write, port, arranging) for writer in writers]
            time.sleep(chance.uniform(0, _LONGEST))
            child.end()
        for one in writing:
            one.result()
    finally:
        if child.lives():
            child.end()
    return verdicts


def _verdicts(writers: Sequence[Writer], port: int) -> list[Verdict]:
    verdicts = [writer.settle(writer.look(port)) for writer in writers]
    for one in verdicts:
        if one.lost or one.torn:
            print(one.words, file=sys.stderr)
    return verdicts


def _set_aside(directory: Path) -> Iterator[str]:
    yield from (f"{file} was set aside" for file in directory.glob("damaged/*.sqlite"))


def _broken(directory: Path) -> Iterator[str]:
    for file in directory.glob("namespaces/*.sqlite"):
        with closing(sqlite3.connect(file)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        if found != ["ok"]:
            yield f"{file} is damaged: {found[:5]}"


MEASURES = {"kills": kills}
