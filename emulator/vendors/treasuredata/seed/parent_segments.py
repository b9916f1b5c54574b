"""What a reactor knows and offers: a parent segment with its real-time configuration, batch profiles and catalogs."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from pydantic import Field

from emulator.core.errors import Json
from emulator.core.section import Section, SectionError
from emulator.core.work import Work
from emulator.vendors.treasuredata.seed.attributes import ImportedAttribute, RealtimeAttribute
from emulator.vendors.treasuredata.seed.conditions import EventRule
from emulator.vendors.treasuredata.seed.personalizations import RealtimePersonalization
from emulator.vendors.treasuredata.seed.words import Id, Name, TableName, refuse_repeated
from emulator.vendors.treasuredata.service import values
from emulator.vendors.treasuredata.service.configuration import configuration
from emulator.vendors.treasuredata.service.criteria import hint
from emulator.vendors.treasuredata.tables import ADD_BATCH_PROFILE, ADD_CATALOG_ROW, ADD_PARENT_SEGMENT

MOST_EVENT_TABLES = 100
MOST_KEY_COLUMNS = 100
MOST_ATTRIBUTES = 200
"""Single, list and counter: a profile may come to hold every one of them."""
MOST_IN_ALL = 600

_log = logging.getLogger("emulator")


class KeyColumn(Section):
    name: Name = Field(description="The events' column whose values are ids.")
    validRegexp: str | None = Field(
        default=None, description="An RE2 pattern; values that it is not found in are no ids."
    )
    invalidTexts: list[str] = Field(default=[], description="Values that are no ids, such as `undefined`.")
    internal: bool = Field(default=False, description="Accepted, and without effect: nobody documents what it means.")


class EventTable(Section):
    database: TableName = Field(description="The first part of the call's path.")
    table: TableName = Field(description="The second part.")


class BatchAttribute(Section):
    column: Name = Field(description="A column of the batch profiles.")
    name: str | None = Field(default=None, description="What it is called in real time; else the column.")


class RealtimeSetting(Section):
    keyColumns: list[KeyColumn] = Field(
        default=[],
        description="Stitching keys.",
        json_schema_extra={"maxItems": MOST_KEY_COLUMNS},
    )
    eventTables: list[EventTable] = Field(
        default=[],
        description="Tables whose events reach the reactor.",
        json_schema_extra={"maxItems": MOST_EVENT_TABLES},
    )
    batchAttributes: list[BatchAttribute] = Field(
        default=[], description="Columns of the batch profiles that are imported, under their name or column as id."
    )
    extLookupKey: str | None = Field(
        default=None, description="The key column whose value is the key of a profile's batch profile."
    )


class KeyEvent(Section):
    id: Id | None = Field(default=None, description="What attributes and sections call it; else the name.")
    name: Name = Field(description="For people, and the id where there is none.")
    description: str | None = Field(default=None, description="For people.")
    databaseName: TableName = Field(description="Of one of the eventTables.")
    tableName: TableName = Field(description="Of the same.")
    filterRule: EventRule | None = Field(
        default=None, description="Which of the table's events it is; all filters together have 1,000 characters."
    )


class BatchProfile(Section):
    key: Name = Field(description="The value of extLookupKey that links to it.")
    attributes: dict[str, Any] = Field(  # Any: the values of a customer's own columns
        default={}, description="Its columns."
    )
    segments: list[Id] = Field(default=[], description="Ids of the batch segments that it is in.")


class CatalogTable(Section):
    name: Name = Field(description="What attributes and payloads call it.")
    keyColumn: Name = Field(description="The column that rows are looked up by.")
    rows: list[dict[str, Any]] = Field(  # Any: as above
        default=[], description="Each with a text, number or boolean in the keyColumn that no other row has."
    )


class ParentSegment(Section):
    id: Id = Field(description="What reactors call it.")
    name: str | None = Field(default=None, description="For people.")
    realtime_setting: RealtimeSetting = Field(
        default=RealtimeSetting(), description="Which events come in, and which of their columns are ids."
    )
    realtime_key_events: list[KeyEvent] = Field(default=[], description="Names for kinds of events.")
    realtime_attributes: list[RealtimeAttribute] = Field(default=[], description="What is remembered of profiles.")
    realtime_imported_attributes: list[ImportedAttribute] = Field(
        default=[], description="What is copied from batch profiles."
    )
    batch_profiles: list[BatchProfile] = Field(default=[], description="What the batch side knows of its customers.")
    catalog_tables: list[CatalogTable] = Field(default=[], description="What attributes' values are looked up in.")
    realtime_personalizations: list[RealtimePersonalization] = Field(default=[], description="What is offered.")


def plant_parent_segments(work: Work, segments: Sequence[ParentSegment]) -> None:
    refuse_repeated(((one.id, f"parent_segments[{i}].id") for i, one in enumerate(segments)), "a parent segment")
    for index, segment in enumerate(segments):
        path = f"parent_segments[{index}]"
        try:
            _plant(work, segment)
        except SectionError as error:
            raise SectionError(f"{path}.{error.path}", error.message) from None


def _plant(work: Work, segment: ParentSegment) -> None:
    """Raises `SectionError`, its path below the parent segment."""
    _check_limits(segment)
    for index, attribute in enumerate(segment.realtime_attributes):
        attribute.check(f"realtime_attributes[{index}]")
    _check_ids(segment)
    refuse_repeated(
        ((one.key, f"batch_profiles[{i}].key") for i, one in enumerate(segment.batch_profiles)), "a batch profile"
    )
    refuse_repeated(
        ((one.name, f"catalog_tables[{i}].name") for i, one in enumerate(segment.catalog_tables)), "a catalog"
    )
    content = orjson.dumps(_document(segment)).decode()
    for warning in configuration(content).warnings:
        _log.warning("treasuredata.parent_segments %s, %s", segment.id, warning)
    work.db.run(ADD_PARENT_SEGMENT, id=segment.id, configuration=content)
    work.db.many(ADD_BATCH_PROFILE, _batch_rows(segment))
    for index, catalog in enumerate(segment.catalog_tables):
        work.db.many(ADD_CATALOG_ROW, _catalog_rows(segment.id, catalog, f"catalog_tables[{index}]"))


def _check_limits(segment: ParentSegment) -> None:
    setting = segment.realtime_setting
    types = [attribute.type for attribute in segment.realtime_attributes]
    of_events = sum(one not in ("imported", "lookupCatalog") for one in types)
    in_all = of_events + types.count("lookupCatalog") + len(setting.keyColumns)
    for place, count, most, noun in (
        ("realtime_setting.eventTables", len(setting.eventTables), MOST_EVENT_TABLES, "event tables"),
        ("realtime_setting.keyColumns", len(setting.keyColumns), MOST_KEY_COLUMNS, "key columns"),
        ("realtime_attributes", of_events, MOST_ATTRIBUTES, "single, list and counter attributes"),
        ("realtime_attributes", in_all, MOST_IN_ALL, "attributes, look-ups and key columns together"),
    ):
        if count > most:
            raise SectionError(place, f"{count} {noun}; a parent segment has at most {most}")


def _check_ids(segment: ParentSegment) -> None:
    """No two key events, nor two attributes, of one id, by whichever key it is said."""
    refuse_repeated(_ids("realtime_key_events", segment.realtime_key_events, "name"), "a key event")
    refuse_repeated(
        [
            *_ids("realtime_attributes", segment.realtime_attributes, "identifier"),
            *_ids("realtime_imported_attributes", segment.realtime_imported_attributes, "identifier", "column"),
        ],
        "an attribute",
    )


def _ids(place: str, found: Sequence[Section], *others: str) -> Iterator[tuple[str, str]]:
    """What each is called, with the path of the key that says so: `id`, or else the first of the others."""
    for index, one in enumerate(found):
        key = next(key for key in ("id", *others) if getattr(one, key))
        yield getattr(one, key), f"{place}[{index}].{key}"


def _document(segment: ParentSegment) -> Json:
    """The configuration as a reactor gets it: everything that refers to something does so by its id."""
    document = segment.model_dump(exclude={"id", "name", "batch_profiles", "catalog_tables"})
    for event in document["realtime_key_events"]:
        event["id"] = event["id"] or event["name"]
    for attribute in document["realtime_attributes"]:
        attribute["id"] = attribute["id"] or attribute["identifier"]
    for attribute in document["realtime_imported_attributes"]:
        attribute["identifier"] = attribute["identifier"] or attribute["column"]
        attribute["id"] = attribute["id"] or attribute["identifier"]
    document["batch_attributes"] = list(_batch_attributes(document))
    _resolve_backfills(segment, document)
    document["catalog_tables"] = [
        {"name": one.name, "columns": list(dict.fromkeys(column for row in one.rows for column in row))}
        for one in segment.catalog_tables
    ]
    return document


def _batch_attributes(document: Json) -> Iterator[Json]:
    """Those of the setting, as imported attributes, where no attribute of that id is defined."""
    lists = ("realtime_attributes", "realtime_imported_attributes")
    defined = {attribute["id"] for name in lists for attribute in document[name]}
    for one in document["realtime_setting"]["batchAttributes"]:
        name = one["name"] or one["column"]
        if name not in defined:
            defined.add(name)
            yield {"id": name, "identifier": name, "type": "imported", "column": one["column"]}


def _resolve_backfills(segment: ParentSegment, document: Json) -> None:
    """Identifiers of imported attributes become the columns that they are imported from."""
    backfilled = [
        (f"realtime_attributes[{index}].backfill", attribute["backfill"])
        for index, attribute in enumerate(document["realtime_attributes"])
        if attribute["backfill"] is not None
    ]
    if not backfilled:
        return
    known = {column: column for profile in segment.batch_profiles for column in profile.attributes}
    for name in ("batch_attributes", "realtime_imported_attributes", "realtime_attributes"):
        for attribute in document[name]:
            if attribute["type"] == "imported":
                known[attribute["id"]] = known[attribute["identifier"]] = attribute["column"]
    for path, backfill in backfilled:
        for key, name in backfill.items():
            if name not in known:
                raise SectionError(f"{path}.{key}", f"there is no batch attribute {name!r}{hint(name, [*known])}")
            backfill[key] = known[name]


def _batch_rows(segment: ParentSegment) -> Iterator[dict[str, str]]:
    for profile in segment.batch_profiles:
        yield {
            "parent_segment": segment.id,
            "key": profile.key,
            "attributes": orjson.dumps(profile.attributes).decode(),
            "segments": orjson.dumps(profile.segments).decode(),
        }


def _catalog_rows(parent_segment: str, catalog: CatalogTable, path: str) -> Iterator[dict[str, str]]:
    seen: set[str] = set()
    for index, row in enumerate(catalog.rows):
        key = values.text(row.get(catalog.keyColumn))
        place = f"{path}.rows[{index}].{catalog.keyColumn}"
        if key is None:
            raise SectionError(place, "must be a text, a number or a boolean, as it is the keyColumn")
        if key in seen:
            raise SectionError(place, f"there already is a row {key!r}")
        seen.add(key)
        yield {
            "parent_segment": parent_segment,
            "catalog": catalog.name,
            "key": key,
            "columns": orjson.dumps(row).decode(),
        }
