"""Tracking: events come in, each to whom it belongs, and all of a call or none."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.primedata.auth import DataSource
from emulator.vendors.primedata.contract.tracking import IDENTIFY, Batch, Processed, TrackedEvent
from emulator.vendors.primedata.errors import (
    ANONYMOUS,
    BUILT_IN,
    GIVEN_PROFILE,
    LONE,
    PROCESSED,
    RESENT,
    SCOPE_UNKNOWN,
    SESSIONS,
    TOLERANCE,
    UPDATED,
)
from emulator.vendors.primedata.service.event_types import BUILT_IN_EVENTS, SDK_EVENTS, EventType, event_type
from emulator.vendors.primedata.service.holders import store_event
from emulator.vendors.primedata.service.identification import identify
from emulator.vendors.primedata.service.identities import find_profile
from emulator.vendors.primedata.service.sessions import Session, bind, session_of
from emulator.vendors.primedata.tables import FIND_EVENT, READ_PROFILE, TOUCH_PROFILE

Accepted: TypeAlias = tuple[TrackedEvent, EventType, Mapping[str, Json]]


def track(work: Work, batch: Batch) -> Processed:
    if batch.tolerated:
        work.rely(TOLERANCE)
    profiles = [_take(work, event, kind, properties) for event, kind, properties in _accepted(work, batch.events)]
    if len(set(profiles)) > 1:
        work.rely(PROCESSED)
    profile = next((one for one in reversed(profiles) if one is not None), None)
    row = None if profile is None else work.db.one(READ_PROFILE, key=profile)
    return {"processedEvents": len(batch.events), "profileId": None if row is None else row["profile_id"]}


def _accepted(work: Work, events: Sequence[TrackedEvent]) -> Sequence[Accepted]:
    """All that is wrong with any event is found before the first one is taken."""
    source = cast(DataSource, work.caller).source
    kinds: dict[str, EventType] = {}
    accepted: list[Accepted] = []
    for event in events:
        if event.scope != source:
            raise SCOPE_UNKNOWN()
        kind = kinds.get(event.event_type) or event_type(work, event.event_type)
        kinds[event.event_type] = kind
        accepted.append((event, kind, kind.kept(work, event.properties)))
    if any(name in kinds for name in (*BUILT_IN_EVENTS, *SDK_EVENTS)):
        work.rely(BUILT_IN)
    return accepted


def _take(work: Work, event: TrackedEvent, kind: EventType, properties: Mapping[str, Json]) -> int | None:
    """The key of the profile that the event belongs to, if any."""
    if event.id is not None and (known := work.db.one(FIND_EVENT, id=event.id, event_name=event.event_type)):
        work.rely(RESENT)
        return known["profile"] if known["profile"] > 0 else None
    session = session_of(work, event.session_id)
    profile = _whose(work, event, session)
    if event.event_type == IDENTIFY:
        profile = identify(work, event, session, profile)
    elif profile is not None:
        work.db.run(TOUCH_PROFILE, of_key=profile, moment=work.now)
    _keep(work, event, kind, properties, session, profile)
    return profile


def _whose(work: Work, event: TrackedEvent, session: Session | None) -> int | None:
    of_session = None if session is None else session.profile
    row = find_profile(work, event.profile_id) if event.profile_id else None
    given: int | None = None if row is None else row["key"]
    if event.profile_id and (given is None or given != of_session):
        work.rely(GIVEN_PROFILE)
    if of_session is not None:
        work.rely(SESSIONS)
        return of_session
    if given is None:
        return None
    if session is not None and event.event_type != IDENTIFY:
        bind(work, session, given)
    return given


def _keep(
    work: Work,
    event: TrackedEvent,
    kind: EventType,
    properties: Mapping[str, Json],
    session: Session | None,
    profile: int | None,
) -> None:
    if profile is not None:
        work.rely(UPDATED)
        store_event(work, profile, event, kind.version, properties)
    elif session is not None:
        work.rely(ANONYMOUS)
        store_event(work, session.holder, event, kind.version, properties)
    else:
        work.rely(LONE)
