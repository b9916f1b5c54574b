"""A parent segment's real-time configuration, from its JSON to what an event needs.

The JSON is what a scenario says of a parent segment, in the CDP API's names; it is kept as one row, as a reactor gets
a whole configuration with each deployment. It is compiled once per text. Everything that can be wrong with it as a
whole (references, payload rules, conditions) is found here, with the path below the parent segment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

import orjson

from emulator.core.clock import Micros
from emulator.core.errors import Json, Level, Rule
from emulator.core.section import SectionError
from emulator.core.work import Work
from emulator.vendors.treasuredata.service import criteria
from emulator.vendors.treasuredata.service.attributes import Attribute, Attributes, Imported, LookUp, Maintained
from emulator.vendors.treasuredata.service.catalogs import Catalog
from emulator.vendors.treasuredata.service.lists import ListBuffer
from emulator.vendors.treasuredata.service.operators import readable_pattern, takes_all
from emulator.vendors.treasuredata.service.payloads import Payload, payload
from emulator.vendors.treasuredata.service.states import At, Columns, State

EventTest: TypeAlias = criteria.Test[Columns]
AttributeReader: TypeAlias = Callable[[Attribute, str | None], Json]
"""How a profile gives the value of an attribute, or of one part of it."""
ProfileTest: TypeAlias = criteria.Test[AttributeReader]

MOST_FILTER_CHARACTERS = 1_000

SELECTION = Rule(
    "treasuredata.selection",
    Level.INFERRED,
    "Personalization API Quickstart: all matching payloads come back; CDP API OpenAPI 1.0.0, RealtimeJourneyCriteria",
    "A section matches when the event is its key event and meets its filters, and the profile, this event included, "
    "meets its criteria. Of sections of the same name that match, the one defined later is sent.",
)


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """`searches`: what is valid depends on where in the text its pattern is looked for."""

    name: str
    valid: Callable[[str], bool] | None
    searches: bool
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

    def happened(self, event: Columns, work: Work) -> frozenset[str]:
        """The key events that the event is."""
        return frozenset(name for name, holds in self.key_events.items() if holds(event, work))


@dataclass(slots=True)
class Configuration:
    """`warnings` are sentences about what is allowed and probably not meant."""

    key_columns: Sequence[KeyColumn]
    lookup_key: str | None
    attributes: Attributes
    tables: dict[tuple[str, str], EventTable] = field(default_factory=dict)
    key_event_tables: dict[str, EventTable] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@lru_cache(maxsize=256)
def configuration(content: str) -> Configuration:
    """Raises `SectionError`, its path below the parent segment."""
    document = orjson.loads(content)
    setting = document["realtime_setting"]
    catalogs = {one["name"]: Catalog(one["name"], one["columns"]) for one in document["catalog_tables"]}
    made = Configuration(_key_columns(setting), setting["extLookupKey"], Attributes(catalogs))
    if made.lookup_key is not None and made.lookup_key not in [key.name for key in made.key_columns]:
        raise SectionError(
            "realtime_setting.extLookupKey",
            f"{made.lookup_key!r} is none of the keyColumns, so no event could ever be linked to a batch profile",
        )
    for table in setting["eventTables"]:
        made.tables[table["database"], table["table"]] = EventTable()
    _add_key_events(made, document["realtime_key_events"])
    _add_attributes(made, document)
    _add_personalizations(made, document["realtime_personalizations"])
    return made


def _key_columns(setting: Json) -> Sequence[KeyColumn]:
    keys: list[KeyColumn] = []
    for index, column in enumerate(setting["keyColumns"]):
        path, pattern = f"realtime_setting.keyColumns[{index}]", column["validRegexp"]
        if column["name"] in [key.name for key in keys]:
            raise SectionError(f"{path}.name", f"there already is a key column {column['name']!r}")
        searches = pattern is not None and not takes_all(pattern)
        valid = None if pattern is None else readable_pattern(pattern, f"{path}.validRegexp")
        keys.append(KeyColumn(column["name"], valid, searches, frozenset(column["invalidTexts"])))
    return keys


def _add_key_events(made: Configuration, key_events: Sequence[Json]) -> None:
    said = 0
    for index, event in enumerate(key_events):
        path, place = f"realtime_key_events[{index}]", (event["databaseName"], event["tableName"])
        if place not in made.tables:
            where = ".".join(place)
            raise SectionError(f"{path}.tableName", f"{where} is none of realtime_setting.eventTables")
        table = made.key_event_tables[event["id"]] = made.tables[place]
        table.key_events[event["id"]] = event_test(event["filterRule"], f"{path}.filterRule")
        said += criteria.characters(event["filterRule"])
    if said > MOST_FILTER_CHARACTERS:
        raise SectionError(
            "realtime_key_events",
            f"their filters have {said} characters of columns, operators and operands; "
            f"all of a parent segment together have at most {MOST_FILTER_CHARACTERS}",
        )


def event_test(rule: Json, path: str) -> EventTest:
    return criteria.compiled(rule, {"Column": _read_column}, path)


def _read_column(condition: Mapping[str, Json], path: str) -> criteria.Reader[Columns]:
    criteria.refuse_unknown(condition, ("column", *criteria.LEAF_KEYS), path)
    column = condition.get("column")
    if not isinstance(column, str) or not column:
        raise SectionError(f"{path}.column", f"must name a column, found {column!r}")
    return lambda event: event.get(column)


def _add_attributes(made: Configuration, document: Json) -> None:
    """Look-ups come last: their keys may be defined after them."""
    placed = [
        (f"{kind}[{index}]", attribute)
        for kind in ("realtime_attributes", "realtime_imported_attributes", "batch_attributes")
        for index, attribute in enumerate(document[kind])
    ]
    for path, attribute in sorted(placed, key=lambda one: one[1]["type"] == "lookupCatalog"):
        kind = made.attributes.add(attribute, path).kind
        if isinstance(kind, Imported | LookUp):
            continue
        _add_feed(made, attribute["id"], kind, {**attribute, "action": "update"}, path)
        for index, action in enumerate(attribute.get("actions") or ()):
            _add_feed(made, attribute["id"], kind, action, f"{path}.actions[{index}]")


def _add_feed(made: Configuration, attribute: str, kind: Maintained, feeder: Json, path: str) -> None:
    key_event = feeder["realtimeKeyEventId"]
    table = _key_event_table(made, key_event, f"{path}.realtimeKeyEventId")
    holds = event_test(feeder.get("filterRule"), f"{path}.filterRule")
    table.feeds.append(Feed(key_event, attribute, kind, holds, feeder["action"]))


def _key_event_table(made: Configuration, key_event: str, path: str) -> EventTable:
    table = made.key_event_tables.get(key_event)
    if table is None:
        known = ", ".join(made.key_event_tables) or "none"
        raise SectionError(path, f"there is no key event {key_event!r}; there are: {known}")
    return table


def _add_personalizations(made: Configuration, personalizations: Sequence[Json]) -> None:
    names: set[str] = set()
    for index, personalization in enumerate(personalizations):
        for number, section in enumerate(personalization["sections"]):
            path, name = f"realtime_personalizations[{index}].sections[{number}]", section["name"]
            if name in names:
                made.warnings.append(f"{path}.name: {name!r} is not the first of its name; the later one wins")
            names.add(name)
            _add_section(made, section, path)


def _add_section(made: Configuration, section: Json, path: str) -> None:
    entry = section["entryCriteria"]
    event = entry["keyEventCriteria"]
    above = f"{path}.entryCriteria"
    table = _key_event_table(made, event["keyEventId"], f"{above}.keyEventCriteria.keyEventId")
    leaves = {"RealtimeAttribute": _attribute_leaf(made.attributes)}
    about_profile = criteria.compiled(entry["profileCriteria"], leaves, f"{above}.profileCriteria")
    table.sections.append(
        Section(
            name=section["name"],
            key_event=event["keyEventId"],
            filters=event_test(event["keyEventFilters"], f"{above}.keyEventCriteria.keyEventFilters"),
            criteria=None if about_profile is criteria.always else about_profile,
            accepts_unknown=entry["acceptUnknownProfiles"],
            include_sensitive=section["includeSensitive"],
            payload=payload(made.attributes, section["payload"], f"{path}.payload"),
        )
    )


def _attribute_leaf(attributes: Attributes) -> criteria.Leaf[AttributeReader]:
    def leaf(condition: Mapping[str, Json], path: str) -> criteria.Reader[AttributeReader]:
        criteria.refuse_unknown(condition, ("realtimeAttributeId", "subAttributeIdentifier", *criteria.LEAF_KEYS), path)
        wanted, part = condition.get("realtimeAttributeId"), condition.get("subAttributeIdentifier")
        if not isinstance(wanted, str | int) or isinstance(wanted, bool):
            raise SectionError(f"{path}.realtimeAttributeId", f"must be the id of an attribute, found {wanted!r}")
        if not isinstance(part, str | None):
            raise SectionError(f"{path}.subAttributeIdentifier", f"must be a text, found {part!r}")
        attribute, part = attributes.addressed(str(wanted), part, path, whole=True)
        return lambda value_of: value_of(attribute, part)

    return leaf
