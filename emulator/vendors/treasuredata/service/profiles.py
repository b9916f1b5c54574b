"""A profile while its event is worked on: what is remembered of it, and what its batch profile and the catalogs add.

Its attributes' states are one document, read when the profile is found and written once where they changed; so the
cost of a call does not depend on how many events or other profiles there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from emulator.core.clock import SECOND
from emulator.core.errors import Json, Level, Rule
from emulator.core.work import Work
from emulator.vendors.treasuredata.service.attributes import (
    IMPORTED,
    WHOLE_LISTS,
    Attribute,
    Imported,
    LookUp,
    Maintained,
)
from emulator.vendors.treasuredata.service.catalogs import rows
from emulator.vendors.treasuredata.service.configuration import Configuration, EventTable
from emulator.vendors.treasuredata.service.moments import moment_of
from emulator.vendors.treasuredata.service.payloads import CatalogOutput
from emulator.vendors.treasuredata.service.states import BACKFILL, At, Backfill, Base, Columns, State
from emulator.vendors.treasuredata.service.values import DATA_TYPES, MOST_BYTES, VALUE_SIZE
from emulator.vendors.treasuredata.tables import FIND_BATCH_PROFILE, SAVE_STATES

BATCH_LINK = Rule(
    "treasuredata.batch_link",
    Level.INFERRED,
    "Real-time ID Stitching Overview; CDP API OpenAPI 1.0.0, RealtimeSettingAttributes.extLookupKey",
    "A profile is known when a batch profile has its value of extLookupKey as key; of several values the one that "
    "joined first and has a batch profile counts.",
)


@dataclass(frozen=True, slots=True)
class BatchProfile:
    attributes: Mapping[str, Json]
    segments: frozenset[str]


_UNREAD = BatchProfile({}, frozenset())


@dataclass(slots=True)
class Profile:
    """`changed` says that the states have to be written."""

    work: Work
    parent_segment: str
    configured: Configuration
    rid: str
    states: dict[str, State]
    changed: bool = False
    _batch: BatchProfile | None = _UNREAD
    _values: dict[tuple[str, str | None], Json] = field(default_factory=dict)

    @property
    def batch(self) -> BatchProfile | None:
        """`None` for an unknown profile."""
        if self._batch is _UNREAD:
            self._batch = self._find_batch()
        return self._batch

    def _find_batch(self) -> BatchProfile | None:
        key = self.configured.lookup_key
        row = None if key is None else self.work.db.one(FIND_BATCH_PROFILE, owner=self.rid, key=key)
        if row is None:
            return None
        self.work.rely(BATCH_LINK)
        return BatchProfile(orjson.loads(row["attributes"]), frozenset(orjson.loads(row["segments"])))

    def move_on(self, table: EventTable, event: Columns, at: At, happened: frozenset[str]) -> None:
        """Let the key events that happened change the attributes that they feed, and write down what changed."""
        for feed in table.feeds:
            if feed.key_event not in happened or not feed.holds(event, self.work):
                continue
            if feed.action == "update" and self._too_large(feed.kind, event):
                continue
            before = self.states.get(feed.attribute)
            after = feed.applied(before, event, at, self.work.now)
            if after is not before:
                self._remember(feed.attribute, after)
        if self.changed:
            self.work.db.run(SAVE_STATES, owner=self.rid, content=orjson.dumps(self.states).decode())

    def _too_large(self, kind: Maintained, event: Columns) -> bool:
        if kind.coerces(event):
            self.work.rely(DATA_TYPES)
        if kind.size(event) <= MOST_BYTES:
            return False
        self.work.rely(VALUE_SIZE)
        return True

    def _remember(self, attribute: str, state: State) -> None:
        self.changed = True
        if state is None:
            self.states.pop(attribute, None)
        else:
            self.states[attribute] = state

    def value(self, attribute: Attribute, part: str | None) -> Json:
        """`None` where there is none."""
        place = (attribute.id, part)
        if place not in self._values:
            self._values[place] = self._value(attribute, part)
        return self._values[place]

    def _value(self, attribute: Attribute, part: str | None) -> Json:
        kind = attribute.kind
        if isinstance(kind, LookUp):
            return self._row(kind, part)
        if isinstance(kind, Imported):
            self.work.rely(IMPORTED)
            return self.batch.attributes.get(kind.column) if self.batch else None
        state, base = self.states.get(attribute.id), self._base(kind.backfill)
        if state is None and base is None:
            return None
        self.work.rely(kind.rule)
        if part is None and kind.parts:
            self.work.rely(WHOLE_LISTS)
        return kind.value(state, part, self.work.now, base)

    def _base(self, backfill: Backfill | None) -> Base | None:
        if backfill is None:
            return None
        columns = self.batch.attributes if self.batch else {}
        value, moment = columns.get(backfill.column), moment_of(columns.get(backfill.moment_column))
        if value is None:
            return None
        self.work.rely(BACKFILL)
        return Base(value, None if moment is None else moment // SECOND)

    def _row(self, kind: LookUp, part: str | None) -> Json:
        """Of a list, the rows of all its items."""
        for key in kind.keys:
            value = self.value(key, None)
            found = rows(self.work, self.parent_segment, kind.catalog, value if isinstance(value, list) else [value])
            wanted = [row.get(part) if part is not None else _reduced(row, kind.parts) for row in found]
            if wanted:
                return _one_or_all(wanted, value)
        return None

    def looked_up(self, output: CatalogOutput) -> Json:
        value = self.value(output.attribute, None)
        keys = value if isinstance(value, list) else [value]
        found = [row.get(output.column) for row in rows(self.work, self.parent_segment, output.catalog, keys)]
        return _one_or_all(found, value)


def _reduced(row: Mapping[str, Json], columns: Mapping[str, object]) -> Json:
    return {column: row[column] for column in columns if column in row}


def _one_or_all(found: Sequence[Json], key: Json) -> Json:
    """As many values as there were keys: for a list of them a list, for one of them its value."""
    present = [one for one in found if one is not None]
    if not present:
        return None
    return present if isinstance(key, list) else present[0]
