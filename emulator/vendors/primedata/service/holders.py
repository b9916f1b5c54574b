"""Whose an event is: a profile's, or that of a session which belongs to nobody yet."""

from collections.abc import Mapping

import orjson

from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.primedata.contract.times import Nanos
from emulator.vendors.primedata.contract.tracking import TrackedEvent
from emulator.vendors.primedata.errors import EVENT_IDS, TRACKED_EVENT
from emulator.vendors.primedata.service.identities import new_ksuid
from emulator.vendors.primedata.tables import ADD_EVENT, HAND_OVER_EVENTS, LAST_SEQ


def hand_over_events(work: Work, giver: int, taker: int) -> int:
    """They arrive behind all that the taker has, in their own order; how many they are."""
    return work.db.run(HAND_OVER_EVENTS, giver=giver, taker=taker, beyond=_last_seq(work, taker))


def store_event(work: Work, holder: int, event: TrackedEvent, version: str, properties: Mapping[str, Json]) -> None:
    work.rely(TRACKED_EVENT)
    if event.id is None:
        work.rely(EVENT_IDS)
    received: Nanos = work.now * 1_000
    work.db.run(
        ADD_EVENT,
        profile=holder,
        seq=_last_seq(work, holder) + 1,
        id=event.id or new_ksuid(work),
        event_name=event.event_type,
        ts_ns=event.time_stamp,
        sent_ns=received if event.sent_at is None else event.sent_at,
        schema_version=version,
        properties=orjson.dumps(properties).decode(),
    )


def _last_seq(work: Work, holder: int) -> int:
    row = work.db.one(LAST_SEQ, profile=holder)
    return 0 if row is None or row["seq"] is None else int(row["seq"])
