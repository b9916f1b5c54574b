"""Counter attributes: sums of increments, within a window or of all time."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from emulator.core.clock import Micros
from emulator.core.errors import Json, Level, Rule
from emulator.vendors.treasuredata.service import values
from emulator.vendors.treasuredata.service.states import At, Backfill, Base, Columns, State, alive, horizon

MOST_STEPS = 256

COUNTER = Rule(
    "treasuredata.counter_attributes",
    Level.INFERRED,
    "Creating a Counter Attribute; CDP API OpenAPI 1.0.0, RealtimeCounterAttributes",
    "A sliding counter sums the increments of the events within `duration`, and within each of its sub-durations, a "
    f"total one of all; without any it has no value. Beyond {MOST_STEPS} different seconds neighbouring ones are added "
    "up and leave together. Of a counter with sub-durations a payload can carry those only.",
)


@dataclass(frozen=True, slots=True)
class Counter:
    """State ``{"steps": [[second, amount], …]}``, oldest first. Without a `duration` it is a total one; where nobody
    needs to tell its events apart either, its only step is at second 0."""

    increment: values.Number | str  # an amount, or the column that holds it
    duration: Micros | None
    parts: Mapping[str, Micros]
    backfill: Backfill | None = None
    rule: ClassVar[Rule] = COUNTER

    def size(self, event: Columns) -> int:
        return 0

    def coerces(self, event: Columns) -> bool:
        return isinstance(self.increment, str) and values.coerced(event.get(self.increment), "number")

    def updated(self, state: State, event: Columns, at: At, now: Micros) -> State:
        amount = values.number(event.get(self.increment)) if isinstance(self.increment, str) else self.increment
        if amount is None:
            return state
        steps = list(state["steps"]) if state else []
        _add(steps, at.time if self.duration or self.backfill else 0, amount)
        return {"steps": _condensed(self._since(steps, self.duration, now))}

    def merged(self, states: Sequence[State], now: Micros) -> State:
        steps: list[Json] = []
        for state in states:
            for time, amount in state["steps"]:
                _add(steps, time, amount)
        return {"steps": _condensed(self._since(steps, self.duration, now))}

    def value(self, state: State, part: str | None, now: Micros, base: Base | None = None) -> Json:
        duration = self.duration if part is None else self.parts[part]
        steps = self._since(state["steps"] if state else [], duration, now)
        amount = None if base is None or part is not None else values.number(base.value)
        if base is None or amount is None:
            return values.total(one for _, one in steps) if steps else None
        later = [one for time, one in steps if not base.covers(time)]
        amounts = [amount, *later] if alive(base.time, duration, now) else later
        return values.total(amounts) if amounts else None

    @staticmethod
    def _since(steps: list[Json], duration: Micros | None, now: Micros) -> list[Json]:
        return steps if duration is None else steps[bisect_left(steps, [horizon(duration, now) + 1]) :]


def _add(steps: list[Json], time: int, amount: values.Number) -> None:
    place = bisect_left(steps, [time])
    if place < len(steps) and steps[place][0] == time:
        steps[place] = [time, values.total((steps[place][1], amount))]
    else:
        steps.insert(place, [time, amount])


def _condensed(steps: list[Json]) -> list[Json]:
    """Few enough to be read with every event."""
    while len(steps) > MOST_STEPS:
        odd = steps[len(steps) & ~1 :]
        pairs = zip(steps[::2], steps[1::2], strict=False)
        steps = [[later[0], values.total((earlier[1], later[1]))] for earlier, later in pairs] + odd
    return steps
