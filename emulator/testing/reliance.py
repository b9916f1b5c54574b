"""On what the tests' answers relied that is not known for certain."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import shorten
from typing import NamedTuple

import pytest

from emulator.core.errors import Level
from emulator.core.vendor import Vendor
from emulator.testing.calls import Call
from emulator.testing.layout import table, wrapped

KEY = "martech_emulator_relied"
"""Under which a test's report carries what was relied on, also from a worker to where all of it is told."""
_LONGEST = 180
_WIDTH = 100


class Reliance(NamedTuple):
    """A provenance entry: plain values, as a report can carry them."""

    id: str
    level: str
    says: str


def relied_on(vendors: Sequence[Vendor], calls: Iterable[Call], level: Level) -> list[Reliance]:
    """The entries of that level or weaker, the weakest first."""
    entries = {entry.id: entry for vendor in vendors for entry in vendor.entries}
    ids = dict.fromkeys(one for call in calls for one in call.relied)
    found = [entries[one] for one in ids if one in entries and entries[one].level.as_weak_as(level)]
    return _weakest_first(Reliance(entry.id, entry.level.value, entry.says) for entry in found)


def _weakest_first(found: Iterable[Reliance]) -> list[Reliance]:
    return sorted(found, key=lambda one: (-_rank(one), one.id))


def _rank(one: Reliance) -> int:
    return list(Level).index(Level(one.level))


def lines_of(found: Sequence[Reliance], level: Level) -> list[str]:
    """For the report of one test."""
    if not found:
        return [f"no answer rests on what is {_no_better(level)}"]
    lines = [f"answers rest on what is {_no_better(level)}:"]
    for one in found:
        lines += [f"  {one.level}  {one.id}", *_short(one.says)]
    return lines


def _short(says: str) -> list[str]:
    return wrapped(shorten(says, _LONGEST, placeholder=" …"), "    ")


def _no_better(level: str) -> str:
    return level if level == Level.ASSUMED else f"{level} or worse"


# all tests ------------------------------------------------------------------------------------------------------------


def note(report: pytest.TestReport, found: Sequence[Reliance]) -> None:
    """For `summary`. What a report carries beyond pytest's own fields comes along from a worker of pytest-xdist, and
    into no file that others read."""
    vars(report)[KEY] = [list(one) for one in found]


def summary(reports: Iterable[pytest.TestReport], level: str) -> Iterator[str]:
    """Each entry once: on how many tests it bears, one of them, and what it says."""
    tests: dict[Reliance, dict[str, None]] = {}
    for report in reports:
        for entry in getattr(report, KEY, ()):
            tests.setdefault(Reliance(*entry), {})[report.nodeid] = None
    if not tests:
        yield f"no answer of an emulator rests on what is {_no_better(level)}"
        return
    found = sorted(tests, key=lambda one: (-_rank(one), -len(tests[one]), one.id))
    rows = [[one.id, one.level, str(len(tests[one])), next(iter(tests[one]))] for one in found]
    heading, *lines = table(("entry", "level", "tests", "such as"), rows, {"such as": 40, "entry": 24}, _WIDTH)
    yield heading
    for one, line in zip(found, lines, strict=True):
        yield line
        yield from _short(one.says)
