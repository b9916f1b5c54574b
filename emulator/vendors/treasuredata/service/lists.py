"""List attributes: a buffer of items, of which only aggregations are shown."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import ClassVar, Literal

from emulator.core.clock import Micros
from emulator.core.errors import Json, Level, Rule
from emulator.vendors.treasuredata.service import values
from emulator.vendors.treasuredata.service.states import At, Backfill, Base, Columns, State, horizon

LIST = Rule(
    "treasuredata.list_attributes",
    Level.INFERRED,
    "Creating and Viewing a List Attribute; CDP API OpenAPI 1.0.0, RealtimeListAttributes",
    "A list holds one item per value of idColumn, the latest, and of those the `maxItems` newest within `duration`; "
    "delete_item takes the event's item out, clear all of them. `first` and `last` go by event time, `distinct_list` "
    "by that of the first appearance, of equal times the earlier arrival comes first; nulls do not take part, sum, min "
    "and max take numbers and numerals only, and an aggregation of nothing has no value. An aggregation may also take "
    "`time`, the second of each item's event.",
)
TIME = "time"


@dataclass(frozen=True, slots=True)
class Aggregation:
    column: str
    kind: Literal["first", "last", "sum", "min", "max", "distinct_list"]

    def of(self, items: Sequence[Json]) -> Json:
        """`items` are in order of their events; of nothing there is no value."""
        if self.kind == "distinct_list":
            items = sorted(items, key=itemgetter("first"))
        found = [one for one in map(self._taken, items) if one is not None]
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

    def _taken(self, item: Json) -> Json:
        fields = item["fields"]
        return item["at"][0] if self.column == TIME and TIME not in fields else fields.get(self.column)


@dataclass(frozen=True, slots=True)
class ListBuffer:
    """State ``{"items": [{"id", "at", "first", "fields"}]}``, ordered by `at`; `first` is that of the first such id."""

    id_column: str
    fields: Sequence[str]
    most_items: int
    duration: Micros
    parts: Mapping[str, Aggregation]
    rule: ClassVar[Rule] = LIST
    backfill: ClassVar[Backfill | None] = None

    def size(self, event: Columns) -> int:
        return values.size(self._fields(event))

    def coerces(self, event: Columns) -> bool:
        return not isinstance(event.get(self.id_column), str | None)

    def updated(self, state: State, event: Columns, at: At, now: Micros) -> State:
        found = values.text(event.get(self.id_column))
        if found is None:
            return state
        before = self._alive(state["items"], now) if state else []
        older = next((item for item in before if item["id"] == found), None)
        if older is not None and older["at"] > [*at]:
            return state
        first = older["first"] if older else [*at]
        item = {"id": found, "at": [*at], "first": first, "fields": self._fields(event)}
        items = [one for one in before if one is not older]
        items.insert(bisect_right(items, [*at], key=itemgetter("at")), item)
        return {"items": self._alive(items, now)[-self.most_items :]}

    def without(self, state: State, event: Columns) -> State:
        """The buffer less the event's item, for a removal from a cart."""
        found = values.text(event.get(self.id_column))
        return state and {"items": [item for item in state["items"] if item["id"] != found]}

    def merged(self, states: Sequence[State], now: Micros) -> State:
        newest: dict[str, Json] = {}
        alive = (item for state in states for item in self._alive(state["items"], now))
        for item in sorted(alive, key=itemgetter("at")):
            first = min(item["first"], newest.get(item["id"], item)["first"])
            newest[item["id"]] = {**item, "first": first}
        items = sorted(newest.values(), key=itemgetter("at"))
        return {"items": items[-self.most_items :]}

    def value(self, state: State, part: str | None, now: Micros, base: Base | None = None) -> Json:
        """Of an aggregation; of no part, the ids in the order of their first appearance."""
        items = self._alive(state["items"], now) if state else []
        aggregation = self.parts[part] if part is not None else Aggregation(self.id_column, "distinct_list")
        return aggregation.of(items)

    def _fields(self, event: Columns) -> Columns:
        return {name: event[name] for name in (self.id_column, *self.fields) if name in event}

    def _alive(self, items: Sequence[Json], now: Micros) -> Sequence[Json]:
        over = horizon(self.duration, now)
        return [item for item in items if item["at"][0] > over]


_REDUCTIONS: Mapping[str, Callable[[Sequence[values.Number]], values.Number]] = {
    "sum": values.total,
    "min": min,
    "max": max,
}


def _distinct(found: Sequence[Json]) -> Sequence[Json]:
    """Each value once; `True` is no 1 here."""
    kept: list[Json] = []
    for one in found:
        if not any(one == other and isinstance(one, bool) == isinstance(other, bool) for other in kept):
            kept.append(one)
    return kept
