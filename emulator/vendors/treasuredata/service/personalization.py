"""One call: the event is stored, then the reactor stitches, remembers and selects.

The event store comes first: what fails after it leaves the event behind.
"""

from collections.abc import Mapping
from typing import Any, cast

import orjson

from emulator.core.clock import SECOND
from emulator.core.errors import Json, Level, Rule
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import Channel
from emulator.vendors.treasuredata.contract import EVENT_DEFAULTS, NO_MATCH, OFFERS, PersonalizationSettings
from emulator.vendors.treasuredata.errors import CHOICE, EVENT_CHECKED, EVENT_STORED, TOKEN_NOT_DEPLOYED
from emulator.vendors.treasuredata.service.attributes import At
from emulator.vendors.treasuredata.service.configuration import SELECTION, Configuration, configuration
from emulator.vendors.treasuredata.service.offers import offers
from emulator.vendors.treasuredata.service.profiles import stitched
from emulator.vendors.treasuredata.tables import ADD_EVENT, FIND_CONFIGURATION

UNREGISTERED_TABLE = Rule(
    "treasuredata.unregistered_table",
    Level.ASSUMED,
    CHOICE,
    "An event for a table that is none of the parent segment's eventTables is stored and reaches no profile.",
)


def personalize(work: Work, database: str, table: str, sent: Mapping[str, Json]) -> dict[str, Any] | None:
    """The offers that the event earns; `None` where it is taken without an answer."""
    work.reach(EVENT_CHECKED)
    channel = cast(Channel, work.caller)
    event = _completed(work, sent)
    at = At(event["time"], _store(work, channel, database, table, event))
    work.reach(EVENT_STORED)
    if not channel.deployed:
        raise TOKEN_NOT_DEPLOYED()
    earned = _react(work, channel, (database, table), event, at)
    settings: PersonalizationSettings = work.settings
    if earned:
        work.rely(OFFERS)
        work.rely(SELECTION)
        return {"offers": earned}
    work.rely(NO_MATCH)
    return {"offers": {}} if settings.no_match == "empty_offers" else None


def _completed(work: Work, sent: Mapping[str, Json]) -> dict[str, Json]:
    event = dict(sent)
    if "time" not in event:
        work.rely(EVENT_DEFAULTS)
        event["time"] = work.now // SECOND
    if "uuid" not in event:
        work.rely(EVENT_DEFAULTS)
        event["uuid"] = work.uuid4()
    return event


def _store(work: Work, channel: Channel, database: str, table: str, event: Mapping[str, Json]) -> int:
    """The event's number in this world."""
    columns = {name: value for name, value in event.items() if name != "uuid"}
    return work.db.insert(
        ADD_EVENT,
        account=channel.account,
        database=database,
        table=table,
        time=event["time"],
        uuid=event["uuid"],
        json=orjson.dumps(columns).decode(),
    )


def _react(work: Work, channel: Channel, place: tuple[str, str], event: Mapping[str, Json], at: At) -> dict[str, Any]:
    configured = _configuration(work, channel)
    known = configured.tables.get(place)
    if known is None:
        work.rely(UNREGISTERED_TABLE)
        return {}
    profile = stitched(work, channel, configured, event)
    happened = frozenset(name for name, holds in known.key_events.items() if holds(event))
    if profile is not None:
        profile.moved_on(known, event, at, happened)
    return offers(work, channel, known, profile, event, happened)


def _configuration(work: Work, channel: Channel) -> Configuration:
    row = work.db.one(FIND_CONFIGURATION, parent_segment=channel.parent_segment)
    if row is None:
        raise LookupError(f"no configuration of parent segment {channel.parent_segment}")
    return configuration(row["configuration"])
