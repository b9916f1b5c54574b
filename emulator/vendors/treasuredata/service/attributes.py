"""What is remembered of a profile: real-time attributes as small states that each event moves on.

A state is JSON, `None` where there is nothing. It holds what the attribute's value needs and no more, so an event
costs the same however many came before. Times in it are the events' own, in seconds; they expire on the world's clock.
Where order matters they stand in a pair with the event's number, the `at` of a value: ``[time, number]``.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from emulator.core.clock import SECOND, Micros
from emulator.core.errors import Json, Level, Rule
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service import values

State: TypeAlias = Json
Columns: TypeAlias = Mapping[str, Json]

MOST_STEPS = 256
_CDP = "CDP API, realtime_attributes"

SINGLE = Rule(
    "treasuredata.single_attributes",
    Level.INFERRED,
    _CDP,
    "A single attribute is the column's value in the latest matching event by event time, of equal times the later "
    "arrival; it is gone `duration` after that time. An event without the column changes nothing.",
)
LIST = Rule(
    "treasuredata.list_attributes",
    Level.INFERRED,
    "Creating and Viewing a List Attribute; " + _CDP,
    "A list holds one item per value of idColumn, the latest, and of those the `maxItems` newest within `duration`. "
    "`first` and `last` go by event time, `distinct_list` by that of the first appearance, of equal times the earlier "
    "arrival comes first; nulls do not take part, sum, min and max take numbers and numerals only, and an aggregation "
    "of nothing has no value.",
)
COUNTER = Rule(
    "treasuredata.counter_attributes",
    Level.INFERRED,
    "Creating a Counter Attribute; " + _CDP,
    "A sliding counter sums the increments of the events within `duration`, a total one of all; without any it has no "
    f"value. Beyond {MOST_STEPS} different seconds in the window neighbouring ones are added up and leave together.",
)
MERGING = Rule(
    "treasuredata.merging",
    Level.ASSUMED,
    CHOICE,
    "Where profiles become one, the latest value of a single attribute stays, counters are added up, and of list items "
    "with the same id the newest stays.",
)


class At(NamedTuple):
    """When an event happened, in seconds, and the how-manieth of its world it is."""

    time: int
    number: int


def _alive(time: int, duration: Micros | None, now: Micros) -> bool:
    return duration is None or time * SECOND + duration > now


@dataclass(frozen=True, slots=True)
class Single:
    """State ``{"at", "value"}``."""

    column: str
    data_type: values.DataType
    duration: Micros | None = None
    parts: Mapping[str, object] = field(default_factory=dict)
    rule: ClassVar[Rule] = SINGLE

    def updated(self, state: State, event: Columns, at: At, now: Micros) -> State:
        value = values.typed(event.get(self.column), self.data_type)
        if value is None or (state is not None and state["at"] > [*at]):
            return state
        return {"at": [*at], "value": value}

    def merged(self, states: Sequence[State]) -> State:
        return max(states, key=itemgetter("at"))

    def value(self, state: State, part: str | None, now: Micros) -> Json:
        return state["value"] if _alive(state["at"][0], self.duration, now) else None


@dataclass(frozen=True, slots=True)
class Aggregation:
    column: str
    kind: Literal["first", "last", "sum", "min", "max", "distinct_list"]

    def of(self, found: Sequence[Json]) -> Json:
        """`found` are the column's values in order, without nulls; of nothing there is no value."""
        if not found:
            return None
        match self.kind:
            case "first":
                return found[0]
            case "last":
                return found[-1]
            case "distinct_list":
                return _distinct(found)
        numbers = [one for one in map(values.number, found) if one is not None]
        return _REDUCTIONS[self.kind](numbers) if numbers else None


@dataclass(frozen=True, slots=True)
class ListBuffer:
    """State ``{"items": [{"id", "at", "first", "fields"}]}``, ordered by `at`; `first` is that of the first such id."""

    id_column: str
    fields: Sequence[str]
    most_items: int
    duration: Micros
    parts: Mapping[str, Aggregation]
    rule: ClassVar[Rule] = LIST

    def updated(self, state: State, event: Columns, at: At, now: Micros) -> State:
        found = _item_id(event.get(self.id_column))
        if found is None:
            return state
        before = state["items"] if state else []
        older = next((item for item in before if item["id"] == found), None)
        if older is not None and older["at"] > [*at]:
            return state
        fields = {name: event[name] for name in (self.id_column, *self.fields) if name in event}
        item = {"id": found, "at": [*at], "first": older["first"] if older else [*at], "fields": fields}
        items = [one for one in before if one is not older]
        items.insert(bisect_right(items, [*at], key=itemgetter("at")), item)
        return {"items": self._kept(items, now)}

    def without(self, state: State, event: Columns) -> State:
        """The buffer less the event's item, for a removal from a cart."""
        found = _item_id(event.get(self.id_column))
        return state and {**state, "items": [item for item in state["items"] if item["id"] != found]}

    def merged(self, states: Sequence[State]) -> State:
        newest: dict[str, Json] = {}
        for item in sorted((item for state in states for item in state["items"]), key=itemgetter("at")):
            first = min(item["first"], newest.get(item["id"], item)["first"])
            newest[item["id"]] = {**item, "first": first}
        items = sorted(newest.values(), key=itemgetter("at"))
        return {"items": items[-self.most_items :]}

    def value(self, state: State, part: str | None, now: Micros) -> Json:
        aggregation = self.parts[part or ""]
        items = [item for item in state["items"] if _alive(item["at"][0], self.duration, now)]
        if aggregation.kind == "distinct_list":
            items.sort(key=itemgetter("first"))
        found = [item["fields"].get(aggregation.column) for item in items]
        found = [one for one in found if one is not None]
        return aggregation.of(found)

    def _kept(self, items: Sequence[Json], now: Micros) -> Sequence[Json]:
        return [item for item in items if _alive(item["at"][0], self.duration, now)][-self.most_items :]


@dataclass(frozen=True, slots=True)
class SlidingCounter:
    """State ``{"steps": [[second, amount], …]}``, oldest first."""

    increment: values.Number | str  # an amount, or the column that holds it
    duration: Micros
    parts: Mapping[str, Micros]
    rule: ClassVar[Rule] = COUNTER

    def updated(self, state: State, event: Columns, at: At, now: Micros) -> State:
        amount = _amount(self.increment, event)
        if amount is None:
            return state
        return self._state([*(state["steps"] if state else ()), [at.time, amount]], now)

    def merged(self, states: Sequence[State]) -> State:
        return {"steps": _condensed([step for state in states for step in state["steps"]])}

    def value(self, state: State, part: str | None, now: Micros) -> Json:
        duration = self.duration if part is None else self.parts[part]
        amounts = [amount for time, amount in state["steps"] if _alive(time, duration, now)]
        return _sum(amounts) if amounts else None

    def _state(self, steps: Sequence[Json], now: Micros) -> State:
        return {"steps": _condensed([step for step in steps if _alive(step[0], self.duration, now)])}


@dataclass(frozen=True, slots=True)
class TotalCounter:
    """State ``{"total"}``."""

    increment: values.Number | str
    parts: Mapping[str, object] = field(default_factory=dict)
    rule: ClassVar[Rule] = COUNTER

    def updated(self, state: State, event: Columns, at: At, now: Micros) -> State:
        amount = _amount(self.increment, event)
        return state if amount is None else {"total": _sum([state["total"] if state else 0, amount])}

    def merged(self, states: Sequence[State]) -> State:
        return {"total": _sum(state["total"] for state in states)}

    def value(self, state: State, part: str | None, now: Micros) -> Json:
        return state["total"]


Maintained: TypeAlias = Single | ListBuffer | SlidingCounter | TotalCounter


@dataclass(frozen=True, slots=True)
class Imported:
    """Read-only: a column of the batch profile that the real-time profile is linked to."""

    column: str
    parts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`kind` knows how the value comes about; a kind with `parts` has a value per part and none of its own."""

    id: str
    kind: Maintained | Imported
    sensitive: bool = False


def _item_id(value: Json) -> str | None:
    return values.text(value)


def _amount(increment: values.Number | str, event: Columns) -> values.Number | None:
    return values.number(event.get(increment)) if isinstance(increment, str) else increment


def _sum(numbers: Iterable[values.Number]) -> values.Number:
    total: values.Number = 0
    for one in numbers:
        total = values.fitting(total + one)
    return total


_REDUCTIONS: Mapping[str, Callable[[Sequence[values.Number]], values.Number]] = {
    "sum": _sum,
    "min": min,
    "max": max,
}


def _condensed(steps: list[Json]) -> Sequence[Json]:
    """Ordered, a step per second, and few enough to be read with every event."""
    by_second: dict[int, values.Number] = {}
    for time, amount in steps:
        by_second[time] = _sum([by_second.get(time, 0), amount])
    ordered = [[time, by_second[time]] for time in sorted(by_second)]
    while len(ordered) > MOST_STEPS:
        odd = ordered[len(ordered) & ~1 :]
        pairs = zip(ordered[::2], ordered[1::2], strict=False)
        ordered = [[later[0], _sum([earlier[1], later[1]])] for earlier, later in pairs] + odd
    return ordered


def _distinct(found: Sequence[Json]) -> Sequence[Json]:
    kept: list[Json] = []
    for one in found:
        if one not in kept:
            kept.append(one)
    return kept
