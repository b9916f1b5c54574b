"""One call: the event is stored, then the reactor stitches, remembers and selects.

The event store comes first: what fails after it leaves the event behind.
"""

from collections.abc import Mapping
from typing import Any, cast

from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import Channel
from emulator.vendors.treasuredata.contract import NO_MATCH, OFFERS, PersonalizationSettings
from emulator.vendors.treasuredata.errors import EVENT_CHECKED, EVENT_KEPT, EVENT_STORED, TOKEN_NOT_DEPLOYED
from emulator.vendors.treasuredata.service.configuration import SELECTION
from emulator.vendors.treasuredata.service.events import completed, stored
from emulator.vendors.treasuredata.service.reactor import react


def personalize(work: Work, database: str, table: str, sent: Mapping[str, Json]) -> dict[str, Any] | None:
    """The offers that the event earns; `None` where it is taken without an answer."""
    work.reach(EVENT_CHECKED)
    channel = cast(Channel, work.caller)
    place = database, table
    event = completed(work, sent)
    at = stored(work, channel.account, place, event)
    if work.waiting or not channel.deployed:
        work.rely(EVENT_KEPT)
    work.reach(EVENT_STORED)
    if not channel.deployed:
        raise TOKEN_NOT_DEPLOYED()
    earned = react(work, channel, place, event, at)
    settings: PersonalizationSettings = work.settings
    if earned:
        work.rely(OFFERS)
        work.rely(SELECTION)
        return {"offers": earned}
    work.rely(NO_MATCH)
    return {"offers": {}} if settings.no_match == "empty_offers" else None
