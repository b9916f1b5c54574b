"""What a reactor knows and offers: a parent segment with its real-time configuration and its batch profiles."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import orjson
from pydantic import Field

from emulator.core.errors import Json
from emulator.core.section import Section, SectionError
from emulator.core.work import Work
from emulator.vendors.treasuredata.seed.attributes import ImportedAttribute, RealtimeAttribute
from emulator.vendors.treasuredata.seed.words import Conditions, Id, Name, TableName, refuse_repeated
from emulator.vendors.treasuredata.service.configuration import configuration
from emulator.vendors.treasuredata.tables import ADD_BATCH_PROFILE, ADD_PARENT_SEGMENT

MOST_EVENT_TABLES = 100
MOST_KEY_COLUMNS = 100
MOST_ATTRIBUTES = 600


class KeyColumn(Section):
    name: Name
    validRegexp: str | None = None
    invalidTexts: list[str] = []
    internal: bool = False


class EventTable(Section):
    database: TableName
    table: TableName


class BatchAttribute(Section):
    column: Name
    name: str | None = None


class RealtimeSetting(Section):
    keyColumns: list[KeyColumn] = []
    eventTables: list[EventTable] = []
    batchAttributes: list[BatchAttribute] = []
    extLookupKey: str | None = None


class KeyEvent(Section):
    """`id` is the name where there is none."""

    id: Id | None = None
    name: Name
    description: str | None = None
    databaseName: TableName
    tableName: TableName
    filterRule: Conditions = None


class BatchProfile(Section):
    key: Name
    attributes: dict[str, Any] = {}  # Any: the values of a customer's own columns
    segments: list[Id] = []


class KeyEventCriteria(Section):
    keyEventId: Id
    keyEventFilters: Conditions = None


class EntryCriteria(Section):
    name: str | None = None
    description: str | None = None
    keyEventCriteria: KeyEventCriteria
    profileCriteria: Conditions = None
    acceptUnknownProfiles: bool | None = None


class AttributePayload(Section):
    realtimeAttributeId: Id
    subAttributeIdentifier: Name | None = None
    outputName: Name


class Text(Section):
    type: Literal["String"] = "String"
    value: str


class StringBuilder(Section):
    outputName: Name
    values: list[Text]


class SegmentReference(Section):
    id: Id


class SegmentPayload(Section):
    batchSegments: list[SegmentReference]


class Definition(Section):
    attributePayload: list[AttributePayload] | None = None
    segmentPayload: SegmentPayload | None = None
    stringBuilder: list[StringBuilder] | None = None
    catalogPayload: list[dict[str, Any]] | None = None  # Any: refused whatever it says


class ResponseNode(Section):
    type: Literal["ResponseNode"] = "ResponseNode"
    name: str | None = None
    description: str | None = None
    definition: Definition


class PersonalizationSection(Section):
    id: Id | None = None
    name: Name
    entryCriteria: EntryCriteria
    payload: dict[str, ResponseNode] = Field(description="By node id.", min_length=1)
    includeSensitive: bool = False


class RealtimePersonalization(Section):
    id: Id | None = None
    name: Name
    description: str | None = None
    sections: list[PersonalizationSection]


class ParentSegment(Section):
    id: Id
    name: str | None = None
    realtime_setting: RealtimeSetting = RealtimeSetting()
    realtime_key_events: list[KeyEvent] = []
    realtime_attributes: list[RealtimeAttribute] = []
    realtime_imported_attributes: list[ImportedAttribute] = []
    batch_profiles: list[BatchProfile] = []
    realtime_personalizations: list[RealtimePersonalization] = []


def plant_parent_segments(work: Work, segments: Sequence[ParentSegment]) -> None:
    refuse_repeated(((one.id, f"parent_segments[{i}].id") for i, one in enumerate(segments)), "a parent segment")
    for index, segment in enumerate(segments):
        path = f"parent_segments[{index}]"
        _check_limits(segment, path)
        content = orjson.dumps(_document(segment)).decode()
        try:
            configuration(content)
        except SectionError as error:
            raise SectionError(f"{path}.{error.path}", error.message) from None
        work.db.run(ADD_PARENT_SEGMENT, id=segment.id, configuration=content)
        keys = ((one.key, f"{path}.batch_profiles[{i}].key") for i, one in enumerate(segment.batch_profiles))
        refuse_repeated(keys, "a batch profile")
        work.db.many(ADD_BATCH_PROFILE, _batch_rows(segment))


def _check_limits(segment: ParentSegment, path: str) -> None:
    setting = segment.realtime_setting
    counted = len(segment.realtime_attributes) + len(setting.keyColumns)
    for place, count, most, noun in (
        ("realtime_setting.eventTables", len(setting.eventTables), MOST_EVENT_TABLES, "event tables"),
        ("realtime_setting.keyColumns", len(setting.keyColumns), MOST_KEY_COLUMNS, "key columns"),
        ("realtime_attributes", counted, MOST_ATTRIBUTES, "attributes and key columns together"),
    ):
        if count > most:
            raise SectionError(f"{path}.{place}", f"{count} {noun}; a parent segment has at most {most}")
    for index, attribute in enumerate(segment.realtime_attributes):
        attribute.check(f"{path}.realtime_attributes[{index}]")


def _document(segment: ParentSegment) -> Json:
    """The configuration as a reactor gets it: everything that refers to something does so by its id."""
    document = segment.model_dump(exclude={"id", "name", "batch_profiles"})
    for event in document["realtime_key_events"]:
        event["id"] = event["id"] or event["name"]
    for attribute in document["realtime_attributes"]:
        attribute["id"] = attribute["id"] or attribute["identifier"]
    for attribute in document["realtime_imported_attributes"]:
        attribute["identifier"] = attribute["identifier"] or attribute["column"]
        attribute["id"] = attribute["id"] or attribute["identifier"]
    return document


def _batch_rows(segment: ParentSegment) -> Iterator[dict[str, str]]:
    for profile in segment.batch_profiles:
        yield {
            "parent_segment": segment.id,
            "key": profile.key,
            "attributes": orjson.dumps(profile.attributes).decode(),
            "segments": orjson.dumps(profile.segments).decode(),
        }
