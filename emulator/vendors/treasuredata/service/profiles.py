"""Who an event is about: ids are stitched into profiles, and profiles that turn out to be one become one.

Everything is found by an id or by a profile's `rid`; a profile has at most 200 ids and a state per attribute, so the
cost of a call does not depend on how many events or other profiles there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from emulator.core.clock import MILLISECOND, SECOND
from emulator.core.errors import Json, Level, Rule
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import Channel
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service.attributes import MERGING, At, Attribute, Columns, Imported, State
from emulator.vendors.treasuredata.service.configuration import Configuration, EventTable
from emulator.vendors.treasuredata.tables import (
    ADD_ID,
    ADD_ID_CHANGE,
    ADD_PROFILE,
    ALL_STATES,
    COUNT_IDS,
    EJECT_IDS,
    FIND_BATCH_PROFILE,
    FIND_PROFILE,
    MOVE_IDS,
    PUT_STATE,
    REMOVE_PROFILE,
    REMOVE_STATE,
    REMOVE_STATES,
)

MOST_IDS = 200

STITCHING = Rule(
    "treasuredata.stitching",
    Level.INFERRED,
    "Real-time ID Stitching Overview; Real-time 2.0 System Performance, Limitations and Expected Behavior",
    "Texts under the configured key columns are ids. Unknown ids make a profile, ids of one profile join it, ids of "
    "several merge them: the one created first survives. Beyond 200 ids the oldest leave. An empty text is no id.",
)
NO_ID = Rule(
    "treasuredata.no_id",
    Level.ASSUMED,
    CHOICE,
    "An event without a usable id is stored and belongs to no profile; only sections without profileCriteria that "
    "accept unknown profiles match it, and their attributes have no values.",
)
BATCH_LINK = Rule(
    "treasuredata.batch_link",
    Level.INFERRED,
    "Real-time ID Stitching Overview; CDP API, realtime_setting.extLookupKey",
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
    """A profile while its event is worked on: states and batch profile are read when somebody asks for them."""

    work: Work
    rid: str
    lookup_key: str | None
    _states: dict[str, str] | None = None
    _read: dict[str, State] = field(default_factory=dict)
    _batch: BatchProfile | None = _UNREAD

    def state(self, attribute: str) -> State:
        if attribute not in self._read:
            if self._states is None:
                rows = self.work.db.all(ALL_STATES, owner=self.rid)
                self._states = {row["attribute"]: row["state"] for row in rows}
            content = self._states.get(attribute)
            self._read[attribute] = None if content is None else orjson.loads(content)
        return self._read[attribute]

    def remember(self, attribute: str, state: State) -> None:
        self._read[attribute] = state
        if state is None:
            self.work.db.run(REMOVE_STATE, owner=self.rid, which=attribute)
        else:
            self.work.db.run(PUT_STATE, rid=self.rid, attribute=attribute, state=orjson.dumps(state).decode())

    @property
    def batch(self) -> BatchProfile | None:
        """`None` for an unknown profile."""
        if self._batch is _UNREAD:
            self._batch = self._find_batch()
        return self._batch

    def _find_batch(self) -> BatchProfile | None:
        if self.lookup_key is None:
            return None
        row = self.work.db.one(FIND_BATCH_PROFILE, owner=self.rid, key=self.lookup_key)
        if row is None:
            return None
        self.work.rely(BATCH_LINK)
        return BatchProfile(orjson.loads(row["attributes"]), frozenset(orjson.loads(row["segments"])))

    def value(self, attribute: Attribute, part: str | None) -> Json:
        kind = attribute.kind
        if isinstance(kind, Imported):
            return self.batch.attributes.get(kind.column) if self.batch else None
        state = self.state(attribute.id)
        if state is None:
            return None
        self.work.rely(kind.rule)
        return kind.value(state, part, self.work.now)

    def moved_on(self, table: EventTable, event: Columns, at: At, happened: frozenset[str]) -> None:
        """Let the key events that happened change the attributes that they feed."""
        for feed in table.feeds:
            if feed.key_event in happened and feed.holds(event):
                before = self.state(feed.attribute)
                after = feed.applied(before, event, at, self.work.now)
                if after is not before:
                    self.remember(feed.attribute, after)


def stitched(work: Work, channel: Channel, configured: Configuration, event: Columns) -> Profile | None:
    """The profile that the event belongs to, made or merged where need be; `None` without a usable id."""
    found = [(key.name, value) for key in configured.key_columns if (value := key.id_of(event)) is not None]
    if not found:
        work.rely(NO_ID)
        return None
    work.rely(STITCHING)
    scope = channel.parent_segment
    owners = {one: work.db.one(FIND_PROFILE, parent_segment=scope, key=one[0], value=one[1]) for one in found}
    known = {owner["rid"]: owner["seq"] for owner in owners.values() if owner is not None}
    fresh = [one for one, owner in owners.items() if owner is None]
    if not known:
        rid = _created(work, channel, fresh)
    else:
        rid, *others = sorted(known, key=lambda one: known[one])
        _absorb(work, configured, rid, others)
        _add_ids(work, channel, rid, fresh)
        if others or fresh:
            _log_change(work, channel, "profile_updated_by_stitching", rid, merged=others)
        for other in others:
            _log_change(work, channel, "profile_deleted_by_stitching", other)
    return Profile(work, rid, configured.lookup_key)


def _created(work: Work, channel: Channel, ids: Sequence[tuple[str, str]]) -> str:
    rid = _uuid7(work)
    work.db.run(ADD_PROFILE, rid=rid, parent_segment=channel.parent_segment, created_at=work.now)
    _add_ids(work, channel, rid, ids)
    _log_change(work, channel, "profile_added", rid, ids=ids)
    return rid


def _add_ids(work: Work, channel: Channel, rid: str, ids: Sequence[tuple[str, str]]) -> None:
    place = {"parent_segment": channel.parent_segment, "rid": rid, "added_at": work.now}
    work.db.many(ADD_ID, [{"key": key, "value": value, **place} for key, value in ids])
    count = work.db.one(COUNT_IDS, owner=rid)
    surplus = count[0] - MOST_IDS if count else 0
    if surplus > 0:
        work.db.run(EJECT_IDS, owner=rid, surplus=surplus)


def _absorb(work: Work, configured: Configuration, rid: str, others: Sequence[str]) -> None:
    """Give the others' ids and attributes to the survivor, and remove them."""
    if not others:
        return
    work.rely(MERGING)
    states: dict[str, list[State]] = {}
    for one in (rid, *others):
        for row in work.db.all(ALL_STATES, owner=one):
            states.setdefault(row["attribute"], []).append(orjson.loads(row["state"]))
    survivor = Profile(work, rid, configured.lookup_key)
    for attribute, several in states.items():
        kind = configured.attributes[attribute].kind
        if not isinstance(kind, Imported):
            survivor.remember(attribute, kind.merged(several))
    for other in others:
        work.db.run(MOVE_IDS, old=other, new=rid)
        work.db.run(REMOVE_STATES, old=other)
        work.db.run(REMOVE_PROFILE, old=other)


def _log_change(
    work: Work,
    channel: Channel,
    change: str,
    rid: str,
    *,
    ids: Sequence[tuple[str, str]] | None = None,
    merged: Sequence[str] | None = None,
) -> None:
    pairs = None if ids is None else [f"{key}:{value}" for key, value in ids]
    work.db.run(
        ADD_ID_CHANGE,
        parent_segment=channel.parent_segment,
        time=work.now // SECOND,
        event_type="id",
        reactor_instance_id=channel.reactor,
        profile_change_type=change,
        current_id_attributes=None if pairs is None else orjson.dumps(pairs).decode(),
        current_rid=rid,
        merged_rids=None if merged is None else orjson.dumps(merged).decode(),
    )


def _uuid7(work: Work) -> str:
    """Time-ordered as RFC 9562 has it, from the world's clock and randomness."""
    moment = (work.now // MILLISECOND) & (2**48 - 1)
    digits = f"{moment:012x}7{work.hex(3)}{'89ab'[work.random.randrange(4)]}{work.hex(15)}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
