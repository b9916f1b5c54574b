"""An event on its way in, by whichever door: completed, then kept in its table."""

from collections.abc import Mapping

import orjson

from emulator.core.clock import SECOND
from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.treasuredata.contract import EVENT_DEFAULTS
from emulator.vendors.treasuredata.service.states import At
from emulator.vendors.treasuredata.tables import ADD_EVENT


def completed(work: Work, sent: Mapping[str, Json]) -> dict[str, Json]:
    event = dict(sent)
    if "time" not in event:
        work.rely(EVENT_DEFAULTS)
        event["time"] = work.now // SECOND
    if "uuid" not in event:
        work.rely(EVENT_DEFAULTS)
        event["uuid"] = work.uuid4()
    return event


def stored(work: Work, account: str, place: tuple[str, str], event: Mapping[str, Json]) -> At:
    database, table = place
    columns = {name: value for name, value in event.items() if name != "uuid"}
    number = work.db.insert(
        ADD_EVENT,
        account=account,
        database=database,
        table=table,
        time=event["time"],
        uuid=event["uuid"],
        json=orjson.dumps(columns).decode(),
    )
    return At(event["time"], number)
