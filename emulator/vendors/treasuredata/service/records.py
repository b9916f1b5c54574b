"""Records: events that nobody waits for. They fill the same tables, and reach the same reactors, without offers."""

import uuid
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from emulator.core.errors import Json, Level, Rule
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import Channel, KeyHolder, client_address
from emulator.vendors.treasuredata.contract import RECORD_BODY, Batch, PersonalizationSettings, Receipt, Receipts
from emulator.vendors.treasuredata.errors import EVENT_CHECKED, EVENT_KEPT, EVENT_STORED
from emulator.vendors.treasuredata.service.events import completed, stored
from emulator.vendors.treasuredata.service.reactor import taken_in
from emulator.vendors.treasuredata.service.states import At
from emulator.vendors.treasuredata.tables import LIST_REACTORS

Stored: TypeAlias = tuple[Mapping[str, Json], At]

RECEIPTS = Rule(
    "treasuredata.receipts",
    Level.OBSERVED,
    "td-android-sdk, TDClientTest; Importing Table Records Using the Data Ingestion API",
    '200 carries `{"receipts":[{"success":true},…]}`, one for each record in their order; a UUID is in the response, '
    "but not among the columns that are stored. The setting `receipt_uuids` chooses whose receipts carry one.",
)
PLACEHOLDERS = Rule(
    "treasuredata.placeholders",
    Level.INFERRED,
    "td-js-sdk 4.4.3 and td-android-sdk send td_global_id and td_ip with their own names as values",
    "In v1.js and v1.mobile imports they are replaced: td_ip by the caller's address, td_global_id by a UUID that is "
    "always the same for the same address and User-Agent.",
)
ROUTING = Rule(
    "treasuredata.records_routing",
    Level.INFERRED,
    "td-js-sdk STREAMING_INGESTION.md: routing to real time is switched on for account, database and table",
    "A record for an event table of a parent segment with a reactor of the account reaches that reactor; the setting "
    "`records_routing` switches that off.",
)
GLOBAL_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "in.treasuredata.com")
"""Namespace of the UUIDs that fill td_global_id."""


def import_records(work: Work, database: str, table: str, batch: Batch) -> Receipts:
    work.reach(EVENT_CHECKED)
    work.rely(RECEIPTS)
    holder = cast(KeyHolder, work.caller)
    place = database, table
    fillings = _fillings(work) if batch.placeholders else {}
    taken: list[Stored] = []
    receipts: list[Receipt] = []
    for record in batch.records:
        if record is None:
            work.rely(RECORD_BODY)
            receipts.append({"success": False})
            continue
        event = completed(work, _filled(work, record, fillings))
        taken.append((event, stored(work, holder.account, place, event)))
        receipts.append(_receipt(work, record, event))
    if work.waiting:
        work.rely(EVENT_KEPT)
    work.reach(EVENT_STORED)
    _route(work, holder, place, taken)
    return {"receipts": receipts}


def _fillings(work: Work) -> Mapping[str, Json]:
    """What the server knows of the client: columns that a client cannot fill, and their values."""
    address = client_address(work)
    where = None if address is None else str(address)
    agent = work.request.header("user-agent") or ""
    return {"td_ip": where, "td_global_id": str(uuid.uuid5(GLOBAL_IDS, f"{where} {agent}"))}


def _filled(work: Work, record: Mapping[str, Json], fillings: Mapping[str, Json]) -> Mapping[str, Json]:
    wanted = {name: value for name, value in fillings.items() if record.get(name) == name}
    if not wanted:
        return record
    work.rely(PLACEHOLDERS)
    return {**record, **wanted}


def _receipt(work: Work, record: Mapping[str, Json], event: Mapping[str, Json]) -> Receipt:
    settings: PersonalizationSettings = work.settings
    if "uuid" in record or settings.receipt_uuids == "always":
        return {"success": True, "uuid": event["uuid"]}
    return {"success": True}


def _route(work: Work, holder: KeyHolder, place: tuple[str, str], taken: Sequence[Stored]) -> None:
    settings: PersonalizationSettings = work.settings
    if settings.records_routing == "off":
        return
    for row in work.db.all(LIST_REACTORS, account=holder.account):
        channel = Channel(holder.id, holder.account, row["reactor"], row["parent_segment"], row["deployment"])
        for event, at in taken:
            if taken_in(work, channel, place, event, at) is not None:
                work.rely(ROUTING)
