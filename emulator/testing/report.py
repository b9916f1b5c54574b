"""What a failing test tells of its calls."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import pytest

from emulator.client import Client, EmulatorError, Json, Said
from emulator.core.errors import Level
from emulator.testing.calls import EVERY_CALL, IN_PROCESS, Call, calls_of
from emulator.testing.emulator import Emulator
from emulator.testing.errors import NotHere
from emulator.testing.explanations import Explanation
from emulator.testing.layout import counted, numbered, printable, times, wrapped
from emulator.testing.reliance import lines_of, note, relied_on
from emulator.testing.rows import rows
from emulator.testing.venues import Venue

TITLE = "Calls to the emulator"
_WIDTH = 110
_MOST_CALLS = 30
_MOST_EXPLAINED, _MOST_LOOKED_AT = 5, 20
_MOST_SENTENCES = 10
_VALUE = re.compile(r"""'[^']*'|"[^"]*"|[0-9]+""")
_PATIENCE = 5.0
"""Seconds for one control call: whoever waits for a report has waited for a test before."""


class _Brief(Client):
    """Says what `control` says, if it does so soon."""

    def __init__(self, control: Client) -> None:
        super().__init__(control.url, control.namespace)
        self._control = control

    def send(self, method: str, path: str, body: bytes, media_type: str | None, timeout: float) -> Said:
        return self._control.send(method, path, body, media_type, min(timeout, _PATIENCE))


@dataclass(frozen=True, slots=True)
class _Journal:
    calls: Sequence[Call]
    dropped: int
    misdirected: Sequence[Json]


def told(view: Emulator, reliance: Level | None = None, known: str = "") -> str:
    """The state of the world, the journal as a table, why each refused call was refused, faults that never fired if
    that is not `known`, and whatever else is odd. With `reliance`, also the entries of that level or weaker on which
    the answers relied. Never raises: what went wrong is told instead."""
    parts = [*_of_the_emulator(view, reliance, known), *_of_this_side(view)]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _of_the_emulator(view: Emulator, reliance: Level | None, known: str) -> Iterator[list[str]]:
    """Nothing of the vendors themselves. An emulator that has gone away is asked once."""
    try:
        control = _Brief(view.venue.control)
        journal = _journal(view.venue, control)
        yield _guarded(lambda: _state(view.venue, control))
        yield _guarded(lambda: _calls(journal))
        yield _guarded(lambda: _refusals(journal.calls, in_process=view.venue.name == IN_PROCESS))
        yield _guarded(lambda: [one for one in view.unsettled() if one not in known])
        if reliance is not None:
            yield _guarded(lambda: lines_of(relied_on(view.venue.vendors, journal.calls, reliance), reliance))
        yield _guarded(lambda: [f"misdirected: {one['says']}" for one in journal.misdirected[-_MOST_SENTENCES:]])
    except NotHere:
        return
    except EmulatorError as error:
        yield [f"The calls cannot be told: {error}"]
    except Exception as error:  # noqa: BLE001 - a defect in the report must not hide what it is about
        yield [_defect(error)]


def _of_this_side(view: Emulator) -> Iterator[list[str]]:
    """What the emulator knows nothing of."""
    yield _guarded(lambda: [f"refused: {one}" for one in dict.fromkeys(view.policy.refused[-_MOST_SENTENCES:])])
    yield _guarded(lambda: list(view.amiss))


def _guarded(part: Callable[[], list[str]]) -> list[str]:
    try:
        return part()
    except EmulatorError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect in one part must not hide the others
        return [_defect(error)]


def _defect(error: Exception) -> str:
    told = printable(f"{type(error).__name__}: {error}")
    return f"(a part of this report is missing, by a defect of martech-emulator: {told})"


def _journal(venue: Venue, control: Client) -> _Journal:
    told = control.requests(limit=EVERY_CALL)
    return _Journal(calls_of(venue, control, told), told["dropped"], told.get("misdirected", ()))


def attach(report: pytest.TestReport, view: Emulator, reliance: str | None) -> None:
    """To a report of pytest's: of a test that has failed, what it should tell, and of any, on what its answers relied
    where that is asked for."""
    level = None if reliance is None else Level(reliance)
    if report.failed and (text := told(view, level, report.longreprtext)):
        report.sections.append((TITLE, text))
    if level is not None:
        with suppress(EmulatorError, NotHere):
            calls = _journal(view.venue, _Brief(view.venue.control)).calls
            note(report, relied_on(view.venue.vendors, calls, level))


# the parts ------------------------------------------------------------------------------------------------------------


def _state(venue: Venue, control: Client) -> list[str]:
    clock = control.clock()
    now = "the machine's" if clock["mode"] == "real" else f"{clock['mode']} at {clock['now']}"
    where = venue.name if venue.name == IN_PROCESS else f"{venue.name} {control.base_url('').rstrip('/')}"
    lines = [f"{where}; scenario {control.scenarios()['current']}; clock {now}"]
    for one in venue.faults():
        fired = f"fired {times(one['fired'])}" if one["fired"] else "never fired"
        place = f"{one['operation'] or 'any operation'} of {one['vendor']}"
        lines.append(f"fault {one['id']}, {printable(one['fault'])} at {place}, {fired}")
    return lines


def _calls(journal: _Journal) -> list[str]:
    if not journal.calls:
        return [
            "the test made no call to the emulator (a client with a transport of its own comes here by",
            "emulator.attach(client), a program in another process by emulator_server)",
        ]
    lines = rows(journal.calls, most=_MOST_CALLS, width=_WIDTH, known=True)
    dropped = f"({counted(journal.dropped, 'call')} before these fell out of the journal.)"
    return [*lines, *([dropped] if journal.dropped else [])]


def _refusals(calls: Sequence[Call], *, in_process: bool) -> list[str]:
    """Each kind once, as its first call was refused."""
    explained = list(islice(_explained(calls), _MOST_EXPLAINED))
    lines: list[str] = []
    for call, explanation in sorted(explained, key=lambda one: int(one[0].id)):
        lines += [*([""] if lines else []), f"call {call.id}  {call.line}: {call.outcome}"]
        lines += [f"  {line}" if line else "" for line in explanation.lines()]
    told = {_kind(call) for call, _ in explained}
    if more := [call.id for kind, (call, *_) in _kinds(calls).items() if kind not in told]:
        lines += ["", f"and others: {numbered(more)}"]
    if in_process and any(explanation.correction for _, explanation in explained):
        lines += ["", *wrapped("(For curl there must be an emulator that listens: martech-emulator serve.)")]
    return [printable(line) for line in lines]


def _explained(calls: Sequence[Call]) -> Iterator[tuple[Call, Explanation]]:
    """The first of each kind, and then of each kind those that went wrong in another way."""
    ones = list(_kinds(calls).values())
    in_turn = [*(first for first, *_ in ones), *(call for _, *more in ones for call in more)]
    seen: set[tuple[object, ...]] = set()
    for call in in_turn[:_MOST_LOOKED_AT]:
        explanation = call.explain()
        check = explanation.failed and explanation.failed.name
        way = (*_kind(call), check, _VALUE.sub("", explanation.cause or ""))
        if way not in seen:
            seen.add(way)
            yield call, explanation


def _kinds(calls: Sequence[Call]) -> dict[tuple[object, ...], list[Call]]:
    """Calls that were refused, but not because that was arranged; of each kind those that were not all the same."""
    kinds: dict[tuple[object, ...], dict[str, Call]] = {}
    for call in calls:
        if call.refused and not call.provoked:
            kinds.setdefault(_kind(call), {}).setdefault(repr((call.line, call.body, call.answer_body)), call)
    return {kind: list(ones.values()) for kind, ones in kinds.items()}


def _kind(call: Call) -> tuple[object, ...]:
    return call.vendor, call.operation, call.status, call.refusal
