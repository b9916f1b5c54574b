"""A parent segment's real-time configuration, from its JSON to what an event needs.

The JSON is what a scenario says of a parent segment, in the CDP API's names; it is kept as one row, as a reactor gets
a whole configuration with each deployment. It is compiled once per text. Everything that can be wrong with it as a
whole (references, payload rules, conditions) is found here, with the path below the parent segment.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

import orjson

from emulator.core.clock import DAY, HOUR, MINUTE, Micros
from emulator.core.errors import Json, Level, Rule
from emulator.core.section import SectionError
from emulator.vendors.treasuredata.service import criteria
from emulator.vendors.treasuredata.service.attributes import (
    Aggregation,
    At,
    Attribute,
    Columns,
    Imported,
    ListBuffer,
    Maintained,
    Single,
    SlidingCounter,
    State,
    TotalCounter,
)

EventTest: TypeAlias = criteria.Test[Columns]
AttributeReader: TypeAlias = Callable[[Attribute, str | None], Json]
"""How a profile gives the value of an attribute, or of one part of it."""
ProfileTest: TypeAlias = criteria.Test[AttributeReader]

MOST_LIST_ITEMS = 100
LONGEST_LIST: Micros = 60 * DAY
MOST_OUTPUT_NAME = 256
_UNITS = {"minute": MINUTE, "hour": HOUR, "day": DAY}
_log = logging.getLogger("emulator")

SELECTION = Rule(
    "treasuredata.selection",
    Level.INFERRED,
    "Personalization API Quickstart: all matching payloads come back; CDP API, entryCriteria",
    "A section matches when the event is its key event and meets its filters, and the profile, this event included, "
    "meets its criteria. Of sections of the same name that match, the one defined later is sent.",
)


@dataclass(frozen=True, slots=True)
class KeyColumn:
    name: str
    valid: Callable[[str], bool] | None
    invalid_texts: frozenset[str]

    def id_of(self, event: Columns) -> str | None:
        """The event's value under this key, if it can be an id: a text, and none that the key rules out."""
        value = event.get(self.name)
        if not isinstance(value, str) or value == "" or value in self.invalid_texts:
            return None
        return value if self.valid is None or self.valid(value) else None


@dataclass(frozen=True, slots=True)
class Feed:
    """What an event of a key event does to an attribute."""

    key_event: str
    attribute: str
    kind: Maintained
    holds: EventTest
    action: Literal["update", "delete_item", "clear"]

    def applied(self, state: State, event: Columns, at: At, now: Micros) -> State:
        match self.action:
            case "clear":
                return None
            case "delete_item" if isinstance(self.kind, ListBuffer):
                return self.kind.without(state, event)
        return self.kind.updated(state, event, at, now)


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    attribute: Attribute
    part: str | None


@dataclass(frozen=True, slots=True)
class Payload:
    """`segments` is `None` where the payload has no segment part."""

    outputs: Sequence[Output]
    texts: Sequence[tuple[str, str]]
    segments: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Section:
    """`criteria` is `None` where nothing is asked of the profile, `accepts_unknown` where nothing is said."""

    name: str
    key_event: str
    filters: EventTest
    criteria: ProfileTest | None
    accepts_unknown: bool | None
    include_sensitive: bool
    payload: Payload


@dataclass(slots=True)
class EventTable:
    """All that can come of an event of this table, in the order of definition."""

    key_events: dict[str, EventTest] = field(default_factory=dict)
    feeds: list[Feed] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)


@dataclass(slots=True)
class Configuration:
    key_columns: Sequence[KeyColumn]
    lookup_key: str | None
    attributes: dict[str, Attribute] = field(default_factory=dict)
    tables: dict[tuple[str, str], EventTable] = field(default_factory=dict)
    key_event_tables: dict[str, EventTable] = field(default_factory=dict)


@lru_cache(maxsize=256)
def configuration(content: str) -> Configuration:
    """Raises `SectionError`, its path below the parent segment."""
    document = orjson.loads(content)
    setting = document["realtime_setting"]
    made = Configuration(_key_columns(setting), setting["extLookupKey"])
    if made.lookup_key is not None and made.lookup_key not in [key.name for key in made.key_columns]:
        raise SectionError(
            "realtime_setting.extLookupKey",
            f"{made.lookup_key!r} is none of the keyColumns, so no event could ever be linked to a batch profile",
        )
    for table in setting["eventTables"]:
        made.tables[table["database"], table["table"]] = EventTable()
    _add_key_events(made, document["realtime_key_events"])
    for kind in ("realtime_attributes", "realtime_imported_attributes"):
        for index, attribute in enumerate(document[kind]):
            _add_attribute(made, attribute, f"{kind}[{index}]")
    _add_personalizations(made, document["realtime_personalizations"])
    return made


def _key_columns(setting: Json) -> Sequence[KeyColumn]:
    keys: list[KeyColumn] = []
    for index, column in enumerate(setting["keyColumns"]):
        path, pattern = f"realtime_setting.keyColumns[{index}]", column["validRegexp"]
        if column["name"] in [key.name for key in keys]:
            raise SectionError(f"{path}.name", f"there already is a key column {column['name']!r}")
        valid = None if pattern is None else criteria.readable_pattern(pattern, f"{path}.validRegexp")
        keys.append(KeyColumn(column["name"], valid, frozenset(column["invalidTexts"])))
    return keys


def _add_key_events(made: Configuration, key_events: Sequence[Json]) -> None:
    for index, event in enumerate(key_events):
        path, place = f"realtime_key_events[{index}]", (event["databaseName"], event["tableName"])
        if place not in made.tables:
            where = ".".join(place)
            raise SectionError(f"{path}.tableName", f"{where} is none of realtime_setting.eventTables")
        if event["id"] in made.key_event_tables:
            raise SectionError(f"{path}.id", f"there already is a key event {event['id']!r}")
        table = made.key_event_tables[event["id"]] = made.tables[place]
        table.key_events[event["id"]] = event_test(event["filterRule"], f"{path}.filterRule")


def event_test(rule: Json, path: str) -> EventTest:
    return criteria.compiled(rule, {"Column": _read_column}, path)


def _read_column(condition: Mapping[str, Json], path: str) -> criteria.Reader[Columns]:
    criteria.refuse_unknown(condition, ("column",), path)
    column = condition.get("column")
    if not isinstance(column, str):
        raise SectionError(f"{path}.column", f"must name a column, found {column!r}")
    return lambda event: event.get(column)


def _add_attribute(made: Configuration, attribute: Json, path: str) -> None:
    if attribute["id"] in made.attributes:
        raise SectionError(f"{path}.id", f"there already is an attribute {attribute['id']!r}")
    kind = _kind(attribute, path)
    made.attributes[attribute["id"]] = Attribute(attribute["id"], kind, bool(attribute.get("sensitive")))
    if isinstance(kind, Imported):
        return
    feeders = [{**attribute, "action": "update", "at": path}]
    for index, action in enumerate(attribute.get("actions") or ()):
        feeders.append({**action, "at": f"{path}.actions[{index}]"})
    for feeder in feeders:
        _add_feed(made, attribute["id"], kind, feeder)


def _add_feed(made: Configuration, attribute: str, kind: Maintained, feeder: Json) -> None:
    path, key_event = feeder["at"], feeder["realtimeKeyEventId"]
    table = _key_event_table(made, key_event, f"{path}.realtimeKeyEventId")
    holds = event_test(feeder.get("filterRule"), f"{path}.filterRule")
    table.feeds.append(Feed(key_event, attribute, kind, holds, feeder["action"]))


def _key_event_table(made: Configuration, key_event: str, path: str) -> EventTable:
    table = made.key_event_tables.get(key_event)
    if table is None:
        known = ", ".join(made.key_event_tables) or "none"
        raise SectionError(path, f"there is no key event {key_event!r}; there are: {known}")
    return table


def _kind(attribute: Json, path: str) -> Maintained | Imported:
    match attribute["type"]:
        case "imported":
            return Imported(attribute["column"])
        case "single":
            return Single(attribute["valueColumn"], attribute["dataType"], _duration(attribute.get("duration")))
        case "list":
            return _list_buffer(attribute, path)
    increment = attribute["increment"]["value"]
    if attribute.get("counterType") == "total":
        return TotalCounter(increment)
    parts = {part["identifier"]: _micros(part) for part in attribute.get("subDurations") or ()}
    return SlidingCounter(increment, _micros(attribute["duration"]), parts)


def _list_buffer(attribute: Json, path: str) -> ListBuffer:
    duration = _micros(attribute["duration"])
    if attribute["maxItems"] > MOST_LIST_ITEMS:
        raise SectionError(
            f"{path}.maxItems", f"{attribute['maxItems']} is more than the {MOST_LIST_ITEMS} items a list may have"
        )
    if duration > LONGEST_LIST:
        raise SectionError(f"{path}.duration", f"is longer than the {LONGEST_LIST // DAY} days a list may reach back")
    id_column, fields = attribute["idColumn"], attribute.get("fields") or ()
    parts: dict[str, Aggregation] = {}
    for index, one in enumerate(attribute.get("aggregations") or ()):
        if one["column"] not in (id_column, *fields):
            raise SectionError(
                f"{path}.aggregations[{index}].column",
                f"{one['column']!r} is neither the idColumn nor one of the fields",
            )
        parts[one["identifier"]] = Aggregation(one["column"], one["aggregationType"])
    return ListBuffer(id_column, fields, attribute["maxItems"], duration, parts)


def _duration(duration: Json) -> Micros | None:
    return None if duration is None else _micros(duration)


def _micros(duration: Json) -> Micros:
    micros: Micros = duration["value"] * _UNITS[duration["unit"]]
    return micros


def _add_personalizations(made: Configuration, personalizations: Sequence[Json]) -> None:
    names: set[str] = set()
    for index, personalization in enumerate(personalizations):
        for number, section in enumerate(personalization["sections"]):
            path = f"realtime_personalizations[{index}].sections[{number}]"
            if section["name"] in names:
                _log.warning("%s.name: %r is not the first of its name; the later one wins", path, section["name"])
            names.add(section["name"])
            _add_section(made, section, path)


def _add_section(made: Configuration, section: Json, path: str) -> None:
    entry = section["entryCriteria"]
    event = entry["keyEventCriteria"]
    above = f"{path}.entryCriteria"
    table = _key_event_table(made, event["keyEventId"], f"{above}.keyEventCriteria.keyEventId")
    leaves = {"RealtimeAttribute": _attribute_leaf(made)}
    about_profile = criteria.compiled(entry["profileCriteria"], leaves, f"{above}.profileCriteria")
    table.sections.append(
        Section(
            name=section["name"],
            key_event=event["keyEventId"],
            filters=event_test(event["keyEventFilters"], f"{above}.keyEventCriteria.keyEventFilters"),
            criteria=None if about_profile is criteria.always else about_profile,
            accepts_unknown=entry["acceptUnknownProfiles"],
            include_sensitive=section["includeSensitive"],
            payload=_payload(made, section["payload"], f"{path}.payload"),
        )
    )


def _attribute_leaf(made: Configuration) -> criteria.Leaf[AttributeReader]:
    def leaf(condition: Mapping[str, Json], path: str) -> criteria.Reader[AttributeReader]:
        criteria.refuse_unknown(condition, ("realtimeAttributeId", "subAttributeIdentifier"), path)
        wanted = condition.get("realtimeAttributeId")
        attribute, part = _addressed(made, wanted, condition.get("subAttributeIdentifier"), path)
        return lambda value_of: value_of(attribute, part)

    return leaf


def _addressed(made: Configuration, wanted: Json, part: Json, path: str) -> tuple[Attribute, str | None]:
    """An attribute as payloads and conditions name it. A list has no value as a whole, only its aggregations do."""
    attribute = made.attributes.get(str(wanted))
    if attribute is None:
        known = ", ".join(made.attributes) or "none"
        raise SectionError(f"{path}.realtimeAttributeId", f"there is no attribute {wanted!r}; there are: {known}")
    parts = attribute.kind.parts
    where = f"{path}.subAttributeIdentifier"
    if part is None and (parts or isinstance(attribute.kind, ListBuffer)):
        raise SectionError(where, f"is required for {wanted!r}: one of {', '.join(parts) or 'its aggregations'}")
    if part is not None and not parts:
        raise SectionError(where, f"{wanted!r} is a plain attribute and has no {part!r}: leave the key out")
    if part is not None and part not in parts:
        raise SectionError(where, f"{wanted!r} has no {part!r}; it has: {', '.join(parts)}")
    return attribute, part


def _payload(made: Configuration, nodes: Mapping[str, Json], path: str) -> Payload:
    outputs: list[Output] = []
    texts: list[tuple[str, str]] = []
    segments: list[str] | None = None
    for node_id, node in nodes.items():
        definition, above = node["definition"], f"{path}.{node_id}.definition"
        _check_parts(definition, above)
        for index, item in enumerate(definition["attributePayload"] or ()):
            place = f"{above}.attributePayload[{index}]"
            _check_output_name(item["outputName"], outputs, texts, place)
            part = item.get("subAttributeIdentifier")
            outputs.append(Output(item["outputName"], *_addressed(made, item["realtimeAttributeId"], part, place)))
        for index, item in enumerate(definition["stringBuilder"] or ()):
            place = f"{above}.stringBuilder[{index}]"
            _check_output_name(item["outputName"], outputs, texts, place)
            texts.append((item["outputName"], _joined(item["values"], place)))
        if definition["segmentPayload"] is not None:
            segments = [*(segments or ()), *_segment_ids(definition["segmentPayload"], f"{above}.segmentPayload")]
    return Payload(outputs, texts, segments)


def _check_parts(definition: Json, path: str) -> None:
    parts = ("attributePayload", "stringBuilder", "catalogPayload")
    for part in parts:
        if definition[part] == []:
            raise SectionError(f"{path}.{part}", "can't be blank: write null, or leave the key out")
    if definition["catalogPayload"] is not None:
        raise SectionError(f"{path}.catalogPayload", "catalog look-ups are not emulated")
    if not any(definition[part] for part in parts):
        raise SectionError(path, f"at least one of {', '.join(parts)} must say something")


def _check_output_name(name: str, outputs: Sequence[Output], texts: Sequence[tuple[str, str]], path: str) -> None:
    if len(name) > MOST_OUTPUT_NAME:
        raise SectionError(f"{path}.outputName", f"has {len(name)} characters, more than {MOST_OUTPUT_NAME}")
    if name in [output.name for output in outputs] or name in [text for text, _ in texts]:
        raise SectionError(f"{path}.outputName", f"{name!r} is already the outputName of another part of this payload")


def _joined(pieces: Sequence[Json], path: str) -> str:
    for index, piece in enumerate(pieces):
        if "{{" in piece["value"] or "}}" in piece["value"]:
            raise SectionError(f"{path}.values[{index}].value", "must have neither {{ nor }} in it")
    return "".join(piece["value"] for piece in pieces)


def _segment_ids(segment_payload: Json, path: str) -> Sequence[str]:
    ids = [segment["id"] for segment in segment_payload["batchSegments"]]
    for index, one in enumerate(ids):
        if one in ids[:index]:
            raise SectionError(f"{path}.batchSegments[{index}].id", f"{one!r} is given twice")
    return ids
