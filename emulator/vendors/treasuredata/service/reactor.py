"""What comes after the event store: ids are stitched, attributes move on, sections are selected."""

from typing import Any, NamedTuple

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import Channel
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service.configuration import Configuration, EventTable, configuration
from emulator.vendors.treasuredata.service.offers import offers
from emulator.vendors.treasuredata.service.profiles import Profile
from emulator.vendors.treasuredata.service.states import At, Columns
from emulator.vendors.treasuredata.service.stitching import stitched
from emulator.vendors.treasuredata.tables import FIND_CONFIGURATION

UNREGISTERED_TABLE = Rule(
    "treasuredata.unregistered_table",
    Level.ASSUMED,
    CHOICE,
    "An event for a table that is none of the parent segment's eventTables is stored and reaches no profile.",
)


_MOST_DEPLOYMENTS = 256
_deployments: dict[str, str] = {}


class Reaction(NamedTuple):
    """What an event was to a reactor: its table there, the profile it belongs to, the key events that it is."""

    table: EventTable
    profile: Profile | None
    happened: frozenset[str]


def react(work: Work, channel: Channel, place: tuple[str, str], event: Columns, at: At) -> dict[str, Any]:
    """The offers that an event of this database and table earns."""
    reaction = taken_in(work, channel, place, event, at)
    if reaction is None:
        work.rely(UNREGISTERED_TABLE)
        return {}
    return offers(work, channel, reaction.table, reaction.profile, event, reaction.happened)


def taken_in(work: Work, channel: Channel, place: tuple[str, str], event: Columns, at: At) -> Reaction | None:
    """Stitch the event's ids and move the attributes on; `None` where the table is none of the parent segment's."""
    configured = _configuration(work, channel)
    known = configured.tables.get(place)
    if known is None:
        return None
    profile = stitched(work, channel, configured, event)
    happened = known.happened(event, work)
    if profile is not None:
        profile.move_on(known, event, at, happened)
    return Reaction(known, profile, happened)


def _configuration(work: Work, channel: Channel) -> Configuration:
    """By a text that is kept under its digest, because reading and hashing a long one anew is dear for each event."""
    content = _deployments.get(channel.deployment)
    if content is None:
        row = work.db.one(FIND_CONFIGURATION, parent_segment=channel.parent_segment)
        if row is None:
            raise LookupError(f"no configuration of parent segment {channel.parent_segment}")
        content = row["configuration"]
        if len(_deployments) >= _MOST_DEPLOYMENTS:
            del _deployments[next(iter(_deployments))]
        _deployments[channel.deployment] = content
    return configuration(content)
