"""Calls as a table, a row each."""

from collections.abc import Sequence

from emulator.testing.calls import Call
from emulator.testing.layout import WIDTH, counted, table

_MOST = 20
_LEAST = {"call": 20, "outcome": 16, "operation": 16}
_HEADINGS = ("#", "vendor", "operation", "call", "outcome", "provenance")


def rows(
    calls: Sequence[Call], vendor: str | None = None, *, most: int = _MOST, width: int = WIDTH, known: bool = False
) -> list[str]:
    """The newest last, and no more than `most` of them. `vendor` is the one that need not be named where there is no
    other; with `known`, how the weakest rule is known that shaped the answer."""
    named = any(call.vendor != vendor for call in calls)
    told = [
        [
            call.id,
            call.vendor if named else "",
            call.operation or "-",
            call.line,
            call.outcome,
            call.provenance if known and not call.misused else "",
        ]
        for call in calls[-most:]
    ]
    lines = table(_HEADINGS, told, _LEAST, width, end="outcome") if told else []
    before = len(calls) - most
    return [*lines[:1], f"… {counted(before, 'earlier call')}", *lines[1:]] if before > 0 else lines
