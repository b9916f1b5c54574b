"""Who an event is about: ids are stitched into profiles, and profiles that turn out to be one become one.

Everything is found by an id or by a profile's `rid`, and a profile has at most 200 ids.
"""

from collections.abc import Mapping, Sequence
from sqlite3 import Row
from typing import TypeAlias

import orjson

from emulator.core.clock import MILLISECOND, SECOND
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import Channel
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service.attributes import Imported, LookUp
from emulator.vendors.treasuredata.service.configuration import Configuration
from emulator.vendors.treasuredata.service.operators import REGEXPS
from emulator.vendors.treasuredata.service.profiles import Profile
from emulator.vendors.treasuredata.service.states import Columns, State
from emulator.vendors.treasuredata.tables import (
    ADD_ID,
    ADD_ID_CHANGE,
    ADD_PROFILE,
    COUNT_IDS,
    EJECT_IDS,
    FIND_PROFILE,
    MOVE_IDS,
    REMOVE_PROFILE,
)

MOST_IDS = 200
Ids: TypeAlias = Sequence[tuple[str, str]]
"""Key and value of each."""

STITCHING = Rule(
    "treasuredata.stitching",
    Level.INFERRED,
    "Real-time ID Stitching Overview; Real-time 2.0 System Performance, Limitations and Expected Behavior",
    "Texts under the configured key columns are ids. Unknown ids make a profile, ids of one profile join it, ids of "
    "several merge them: the one created first survives. Beyond 200 ids the oldest leave, and are unknown from then "
    "on. An empty text is no id. A key column's `internal` changes nothing: no document says what it means.",
)
NO_ID = Rule(
    "treasuredata.no_id",
    Level.ASSUMED,
    CHOICE,
    "An event without a usable id is stored and belongs to no profile; only sections without profileCriteria that "
    "accept unknown profiles match it, and their attributes have no values.",
)
MERGING = Rule(
    "treasuredata.merging",
    Level.ASSUMED,
    CHOICE,
    "Where profiles become one, the latest value of a single attribute stays, counters are added up, and of list items "
    "with the same id the newest stays.",
)


def stitched(work: Work, channel: Channel, configured: Configuration, event: Columns) -> Profile | None:
    """The profile that the event belongs to, made or merged where need be; `None` without a usable id."""
    if any(key.searches and isinstance(event.get(key.name), str) for key in configured.key_columns):
        work.rely(REGEXPS)
    found = [(key.name, value) for key in configured.key_columns if (value := key.id_of(event)) is not None]
    if not found:
        work.rely(NO_ID)
        return None
    work.rely(STITCHING)
    scope = channel.parent_segment
    owners = {one: work.db.one(FIND_PROFILE, parent_segment=scope, key=one[0], value=one[1]) for one in found}
    known = {owner["rid"]: owner for owner in owners.values() if owner is not None}
    fresh = [one for one, owner in owners.items() if owner is None]
    if not known:
        return Profile(work, scope, configured, _created(work, channel, fresh), {})
    first, *others = sorted(known.values(), key=lambda owner: int(owner["seq"]))
    profile = Profile(work, scope, configured, first["rid"], orjson.loads(first["states"]))
    if fresh or others:
        _join(work, channel, profile, others, fresh)
    return profile


def _created(work: Work, channel: Channel, ids: Ids) -> str:
    rid = _uuid7(work)
    work.db.run(ADD_PROFILE, rid=rid, parent_segment=channel.parent_segment, created_at=work.now, states="{}")
    _add_ids(work, channel, rid, ids)
    _log_change(work, channel, "profile_added", rid, ids=ids)
    return rid


def _join(work: Work, channel: Channel, profile: Profile, others: Sequence[Row], fresh: Ids) -> None:
    """Give new ids, and the ids and attributes of other profiles, to this one; the others are no more."""
    if others:
        work.rely(MERGING)
        _unite(profile, [profile.states, *(orjson.loads(other["states"]) for other in others)])
    rids = [other["rid"] for other in others]
    for rid in rids:
        work.db.run(MOVE_IDS, old=rid, new=profile.rid)
        work.db.run(REMOVE_PROFILE, old=rid)
    _add_ids(work, channel, profile.rid, fresh)
    _log_change(work, channel, "profile_updated_by_stitching", profile.rid, merged=rids)
    for rid in rids:
        _log_change(work, channel, "profile_deleted_by_stitching", rid)


def _unite(profile: Profile, states: Sequence[Mapping[str, State]]) -> None:
    several: dict[str, list[State]] = {}
    for one in states:
        for attribute, state in one.items():
            several.setdefault(attribute, []).append(state)
    for attribute, found in several.items():
        kind = profile.configured.attributes[attribute].kind
        if not isinstance(kind, Imported | LookUp):
            profile.states[attribute] = kind.merged(found, profile.work.now)
    profile.changed = True


def _add_ids(work: Work, channel: Channel, rid: str, ids: Ids) -> None:
    place = {"parent_segment": channel.parent_segment, "rid": rid, "added_at": work.now}
    work.db.many(ADD_ID, [{"key": key, "value": value, **place} for key, value in ids])
    count = work.db.one(COUNT_IDS, owner=rid)
    surplus = count[0] - MOST_IDS if count else 0
    if surplus > 0:
        work.db.run(EJECT_IDS, owner=rid, surplus=surplus)


def _log_change(
    work: Work,
    channel: Channel,
    change: str,
    rid: str,
    *,
    ids: Ids | None = None,
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
