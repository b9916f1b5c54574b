"""What is said when a call was not made as a test wanted it: the calls that came near, and wherein they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from emulator.client import EmulatorError
from emulator.testing.calls import Call
from emulator.testing.layout import WIDTH, counted, numbered, shown, squeezed, times, wrapped
from emulator.testing.matching import Mismatch, Wanted
from emulator.testing.rows import rows

_MOST_NEAR = 3
_MOST_DIFFERENCES = 8


@dataclass(frozen=True, slots=True)
class Heard:
    """All calls that the journal has, oldest first, and how many it has dropped before them."""

    calls: Sequence[Call]
    dropped: int


def not_called(wanted: Wanted, asked: str, met: Sequence[Call], heard: Heard) -> str:
    """Fewer than were asked for."""
    found = {call.id for call in met}
    others = [call for call in heard.calls if call.id not in found]
    near = _nearest(wanted, others)
    lines = [f"{wanted} was called {times(len(met))}, not {asked}" if met else f"{wanted} was not called"]
    if met:
        lines = [f"{lines[0]}:", "", *rows(met, wanted.vendor)]
        lines += ["", f"{_came_nearest(len(others), 'other call')}:"] if near else []
    elif near:
        lines[0] += f"; {_came_nearest(len(others), 'call')}:"
    elif others:
        lines = [f"{lines[0]}; the test made {counted(len(others), 'call')}:", "", *rows(others, wanted.vendor)]
    else:
        lines[0] += ": the test made no call to the emulator"
    for calls, differences in near:
        lines += ["", *_near_miss(calls, differences)]
    return "\n".join([*lines, *_dropped(heard)])


def _came_nearest(among: int, noun: str) -> str:
    return f"the only {noun}" if among == 1 else f"the nearest of {counted(among, noun)}"


def called_too_often(wanted: Wanted, asked: str, met: Sequence[Call], heard: Heard) -> str:
    lines = [f"{wanted} was called {times(len(met))}, not {asked}:", "", *rows(met, wanted.vendor)]
    return "\n".join([*lines, *_dropped(heard)])


def out_of_order(steps: Sequence[tuple[Wanted, Call | None]], heard: Heard) -> str:
    """The first that has no call is where the order ends."""
    done = [call for _, call in steps if call is not None]
    missing = steps[len(done)][0]
    after = f" after call {done[-1].id}" if done else ""
    lines = [f"{missing} was not called{after}, as the {counted(len(steps), 'step')} in order want it:", ""]
    for number, (wanted, call) in enumerate(steps, 1):
        told = "not found" if number == len(done) + 1 else "not looked for" if call is None else f"call {call.id}"
        lines += wrapped(f"{number}. {wanted}: {told}", "  ", "     ")
    lines += ["", *(rows(heard.calls) or ["the test made no call to the emulator"])]
    return "\n".join([*lines, *_dropped(heard)])


def refused_calls(refused: Sequence[Call], heard: Heard) -> str:
    verb = "was" if len(refused) == 1 else "were"
    lines = [f"{len(refused):,} of {counted(len(heard.calls), 'call')} {verb} refused:", "", *rows(refused)]
    for call in refused[:_MOST_NEAR]:
        lines += ["", _heading(f"call {call.id}", call), *_cause(call)]
    return "\n".join([*lines, *_dropped(heard)])


def forgotten(question: str, heard: Heard) -> str:
    """For what cannot be told any more."""
    return (
        f"nobody can tell {question}: {counted(heard.dropped, 'earlier call')} fell out of the journal. Ask sooner, or "
        "make it forget what has been looked at: emulator.control.clear_requests()"
    )


def _dropped(heard: Heard) -> list[str]:
    return ["", f"({counted(heard.dropped, 'call')} before these fell out of the journal.)"] if heard.dropped else []


# calls that come near -------------------------------------------------------------------------------------------------


def _nearest(wanted: Wanted, calls: Sequence[Call]) -> list[tuple[list[Call], list[Mismatch]]]:
    """Those of the operation that differ least, the same ones together; without any, those that belong to no operation
    or to another one but are right in all else."""
    if wanted.is_plain and wanted.operation is None:
        return []
    calls = [call for call in calls if call.vendor == wanted.vendor]
    same = [call for call in calls if wanted.operation in (None, call.operation)]
    if same:
        near = sorted(((call, wanted.mismatches(call)) for call in same), key=lambda one: _distance(one[1]))
    else:
        near = [(call, [*_other_operation(wanted, call)]) for call in calls if _is_near(wanted, call)]
    alike: dict[tuple[object, ...], tuple[list[Call], list[Mismatch]]] = {}
    for call, differences in near:
        look = (call.line, call.outcome, *(f"{one.label} {shown(one.got, 1_000)}" for one in differences))
        alike.setdefault(look, ([], differences))[0].append(call)
    return list(alike.values())[:_MOST_NEAR]


def _distance(differences: Sequence[Mismatch]) -> tuple[int, float]:
    """In how many things, and then how much."""
    alike = [SequenceMatcher(None, shown(one.expected), shown(one.got)).ratio() for one in differences]
    return len(differences), -sum(alike)


def _is_near(wanted: Wanted, call: Call) -> bool:
    elsewhere = replace(wanted, operation=call.operation)
    return call.operation is None or (not wanted.is_plain and not elsewhere.mismatches(call))


def _other_operation(wanted: Wanted, call: Call) -> Iterator[Mismatch]:
    if call.operation is not None:
        yield Mismatch("operation", wanted.operation, call.operation)


def _near_miss(calls: Sequence[Call], differences: Sequence[Mismatch]) -> Iterator[str]:
    call = calls[0]
    yield _heading(numbered([one.id for one in calls], most=2), call)
    for one in differences[:_MOST_DIFFERENCES]:
        yield f"  {squeezed(one.label, WIDTH - 2)}"
        yield f"    expected  {shown(one.expected)}"
        yield f"    got       {shown(one.got)}{' (masked in the journal)' if one.masked else ''}"
    if len(differences) > _MOST_DIFFERENCES:
        yield f"  and {counted(len(differences) - _MOST_DIFFERENCES, 'more difference')}"
    if call.body_cut:
        yield "  (of its body the journal has kept the beginning only)"
    elif "content-encoding" in call.headers:
        yield "  (its body is compressed, and the journal has it so)"
    yield from _cause(call)


def _heading(ids: str, call: Call) -> str:
    room = WIDTH - len(f"{ids}  : {call.outcome}")
    return f"{ids}  {squeezed(call.line, max(20, room))}: {call.outcome}"


def _cause(call: Call) -> list[str]:
    """Why it was refused, where that is known."""
    if not call.refused:
        return []
    try:
        cause = call.explain().cause
    except (EmulatorError, LookupError):
        cause = None
    return [] if cause is None else wrapped(cause, "  ")
