"""Single attributes: one value, of the latest event or of the batch profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import ClassVar

from emulator.core.clock import Micros
from emulator.core.errors import Json, Level, Rule
from emulator.vendors.treasuredata.service import values
from emulator.vendors.treasuredata.service.states import At, Backfill, Base, Columns, State, alive

SINGLE = Rule(
    "treasuredata.single_attributes",
    Level.INFERRED,
    "CDP API OpenAPI 1.0.0, RealtimeSingleAttributes",
    "A single attribute is the column's value in the latest matching event by event time, of equal times the later "
    "arrival; it is gone `duration` after that time. An event without the column changes nothing.",
)


@dataclass(frozen=True, slots=True)
class Single:
    """State ``{"at", "value"}``."""

    column: str
    data_type: values.DataType
    duration: Micros | None = None
    backfill: Backfill | None = None
    parts: Mapping[str, object] = field(default_factory=dict)
    rule: ClassVar[Rule] = SINGLE

    def size(self, event: Columns) -> int:
        """Only a text can be too large: a list or an object is no value here."""
        value = event.get(self.column)
        return values.size(value) if isinstance(value, str) else 0

    def coerces(self, event: Columns) -> bool:
        return values.coerced(event.get(self.column), self.data_type)

    def updated(self, state: State, event: Columns, at: At, now: Micros) -> State:
        value = values.typed(event.get(self.column), self.data_type)
        if value is None or (state is not None and state["at"] > [*at]):
            return state
        return {"at": [*at], "value": value}

    def merged(self, states: Sequence[State], now: Micros) -> State:
        return max(states, key=itemgetter("at"))

    def value(self, state: State, part: str | None, now: Micros, base: Base | None = None) -> Json:
        batch = None if base is None else values.typed(base.value, self.data_type)
        time = None if base is None else base.time
        latest = state is not None and (batch is None or time is None or time <= state["at"][0])
        if latest and alive(state["at"][0], self.duration, now):
            return state["value"]
        return batch if alive(time, self.duration, now) else None
