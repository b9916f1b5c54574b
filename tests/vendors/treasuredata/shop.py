"""A small world for the Personalization API: one shop, one key, one token, and what a test says it offers."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from emulator.core.faults import Fault, parse_damage
from emulator.core.world import World
from emulator.vendors.treasuredata import VENDOR

KEY = "1/" + "a" * 40
TOKEN = "0123456789abcdef0123456789abcdef"
MEDIA_TYPE = "application/vnd.treasuredata.v1+json"
VIEWS = "/treasuredata/shop_db/views"
PAGE_VIEWS = "/treasuredata/public/shop_db/views"
RECORDED_VIEWS = "/treasuredata/records/shop_db/views"
ORIGIN = "https://shop.example"
NOW = 1_767_603_600
"""2026-01-05T09:00:00Z, at which the tests' worlds stand still."""

Json = dict[str, Any]
Refused = Callable[[Json], str]
"""From a section that cannot be planted to the sentence that says why."""


def shop(**parts: Any) -> Json:
    """A parent segment with tables `views` and `carts`, key events of the same names, and more by `parts`."""
    return {
        "id": "100",
        "realtime_setting": {
            "keyColumns": [{"name": "client"}, {"name": "email"}],
            "eventTables": [{"database": "shop_db", "table": table} for table in ("views", "carts")],
            "extLookupKey": "email",
        },
        "realtime_key_events": [
            {"name": table, "databaseName": "shop_db", "tableName": table} for table in ("views", "carts")
        ],
        **parts,
    }


def section(name: str = "offer", event: str = "views", **parts: Any) -> Json:
    """A section that anybody enters. `attributes` are ``{outputName: id}`` or ``{outputName: (id, part)}``."""
    attributes = [
        {
            "outputName": output,
            **dict(zip(("realtimeAttributeId", "subAttributeIdentifier"), _pair(wanted), strict=False)),
        }
        for output, wanted in parts.pop("attributes", {}).items()
    ]
    texts = [
        {"outputName": output, "values": [{"type": "String", "value": text}]}
        for output, text in parts.pop("texts", {} if attributes else {"text": "hello"}).items()
    ]
    segments = parts.pop("segments", None)
    definition = {
        "attributePayload": attributes or None,
        "stringBuilder": texts or None,
        "segmentPayload": None if segments is None else {"batchSegments": [{"id": one} for one in segments]},
    }
    criteria = {"keyEventCriteria": {"keyEventId": event}, "acceptUnknownProfiles": True, **parts.pop("criteria", {})}
    return {
        "name": name,
        "entryCriteria": criteria,
        "payload": {"node": {"type": "ResponseNode", "definition": definition}},
        **parts,
    }


def _pair(wanted: Any) -> tuple[Any, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def sections(*made: Json) -> list[Json]:
    return [{"name": "personalization", "sections": list(made)}]


def column(name: str, operator: str, array: Any = None, **operands: Any) -> Json:
    """A rule with one test of one column."""
    test = {"type": "Column", "column": name, "operator": {"type": operator, **operands}, "arrayMatching": array}
    return {"type": "And", "conditions": [test]}


def about(attribute: str, operator: str, **operands: Any) -> Json:
    """A rule with one test of one attribute of the profile."""
    test = {"type": "RealtimeAttribute", "realtimeAttributeId": attribute, "operator": {"type": operator, **operands}}
    return {"type": "And", "conditions": [test]}


@dataclass
class Shop:
    """The shop as its backend sees it."""

    client: httpx.Client
    world: World
    plant: Callable[[Json], None]
    path: str = VIEWS
    headers: dict[str, str] = field(
        default_factory=lambda: {
            "Authorization": f"TD1 {KEY}",
            "WP13n-Token": f"1/8/{TOKEN}",
            "Content-Type": MEDIA_TYPE,
        }
    )

    def open_to_pages(self, segment: Mapping[str, Any] | None = None, **token: Any) -> None:
        """Start anew with a public token, and call as a page does from now on."""
        tokens = [{"name": "page", "value": TOKEN, **token}]
        self.open(segment, personalization_services=[pages(tokens)])
        self.path = PAGE_VIEWS
        self.headers["Origin"] = ORIGIN

    def open(self, segment: Mapping[str, Any] | None = None, **parts: Any) -> None:
        """Start anew with this parent segment; `parts` replace parts of the section."""
        self.plant({"clock": "2026-01-05T09:00:00Z", "seed": "shop", "treasuredata": whole(segment, **parts)})

    def send(
        self, event: Any = None, path: str | None = None, *, body: bytes | None = None, **headers: Any
    ) -> httpx.Response:
        """A POST of the event; a header given as None is left out, `_` in its name is a dash."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {name.lower(): value for name, value in {**self.headers, **named}.items()}
        content = orjson.dumps({} if event is None else event) if body is None else body
        sent = {name: value for name, value in merged.items() if value is not None}
        return self.client.post(path or self.path, content=content, headers=sent)

    def offers(self, event: Json, table: str = "views") -> Json:
        """All offers that the event earns."""
        response = self.send(event, f"/treasuredata/shop_db/{table}")
        assert response.status_code == 200, response.text
        return response.json()["offers"]

    def attributes(self, event: Json, table: str = "views", section: str = "offer") -> Json:
        return self.offers(event, table)[section]["attributes"]

    def enters(self, event: Json, table: str = "views") -> bool:
        """Whether any section matches."""
        response = self.send(event, f"/treasuredata/shop_db/{table}")
        assert response.status_code in (200, 204), response.text
        return response.status_code == 200

    def stored(self, table: str) -> list[Json]:
        found = next(one for one in VENDOR.tables if one.name == f"treasuredata_{table}")
        return self.world.store.dump(found)

    def break_with(self, fault: str, **about: Any) -> Fault:
        """A standing fault."""
        damage = parse_damage(fault, VENDOR.catalogue)
        standing = Fault(id=self.world.faults.new_id(), vendor="treasuredata", text=fault, damage=damage, **about)
        self.world.faults.add(standing)
        return standing

    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds * 1_000_000)


def pages(tokens: list[Json]) -> Json:
    """A public service with these tokens."""
    return {"name": "pages", "public": True, "reactor": 8, "tokens": tokens}


def whole(segment: Mapping[str, Any] | None = None, **parts: Any) -> Json:
    """A section of a scenario with one parent segment, and everything needed to call its reactor."""
    return {
        "account": {"id": "1", "api_keys": [{"value": KEY}]},
        "reactors": [{"id": 8, "parent_segment_id": "100"}],
        "personalization_services": [{"name": "backend", "reactor": 8, "tokens": [{"name": "server", "value": TOKEN}]}],
        "parent_segments": [segment or shop()],
        **parts,
    }


def full() -> Json:
    """A section that uses everything there is below a parent segment."""
    day = {"value": 1, "unit": "day"}
    fed = {"realtimeKeyEventId": "views"}
    attributes = [
        {
            **fed,
            "identifier": "seen",
            "type": "list",
            "idColumn": "p",
            "fields": ["price"],
            "maxItems": 10,
            "duration": dict(day),
            "filterRule": column("p", "IsNull", **{"not": True}),
            "aggregations": [{"name": "Names", "identifier": "names", "column": "p", "aggregationType": "last"}],
            "actions": [{"action": "clear", "realtimeKeyEventId": "carts", "filterRule": column("p", "IsNull")}],
        },
        {
            **fed,
            "identifier": "last",
            "type": "single",
            "valueColumn": "p",
            "dataType": "string",
            "duration": dict(day),
            "sensitive": True,
            "backfill": {"attributeIdentifier": "fav", "timestampIdentifier": "computed"},
        },
        {
            **fed,
            "identifier": "count",
            "type": "counter",
            "counterType": "sliding",
            "increment": {"type": "const", "value": 1},
            "duration": dict(day),
            "subDurations": [{"name": "An hour", "identifier": "hour", "value": 1, "unit": "hour"}],
        },
        {
            "identifier": "product",
            "type": "lookupCatalog",
            "lookupCatalogTableName": "products",
            "lookupCatalogColumns": [{"name": "price", "dataType": "number"}],
            "lookupKeys": [{"id": "last", "type": "single"}],
        },
    ]
    made = section(
        attributes={"n": ("seen", "names")},
        texts={"t": "hello"},
        segments=["7"],
        criteria={
            "keyEventCriteria": {"keyEventId": "views", "keyEventFilters": column("p", "Equal", rightValue="x")},
            "profileCriteria": about("last", "Equal", rightValue="x"),
        },
    )
    made["payload"]["node"]["definition"]["catalogPayload"] = [
        {"catalogName": "products", "lookupAttributeId": "last", "lookupColumn": "price", "outputName": "price"}
    ]
    segment = shop(
        realtime_attributes=attributes,
        realtime_imported_attributes=[{"column": "favourite", "identifier": "fav", "sensitive": True}],
        batch_profiles=[{"key": "a", "attributes": {"favourite": "x", "computed": NOW}, "segments": ["7"]}],
        catalog_tables=[{"name": "products", "keyColumn": "sku", "rows": [{"sku": "x", "price": 10}]}],
        realtime_personalizations=[{"name": "one", "description": "All", "sections": [made]}],
    )
    segment["realtime_setting"]["batchAttributes"] = [{"column": "tier", "name": "level"}]
    segment["realtime_setting"]["keyColumns"][0] |= {"validRegexp": "^c", "invalidTexts": ["c"], "internal": True}
    segment["realtime_key_events"][0]["filterRule"] = column("p", "Equal", "any", rightValue="x")
    return whole(segment, settings={})


def changed(path: str, value: Any, *, base: Json | None = None) -> Json:
    """A whole section with one place changed; a path like ``reactors.0.id``."""
    made = copy.deepcopy(base or whole())
    place: Any = made
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    place[int(last) if last.isdigit() else last] = value
    return made


UNKNOWN_KEYS: dict[str, str] = {
    "": "settngs",
    "settings": "no_mach",
    "parent_segments.0": "realtime_attribute",
    "parent_segments.0.realtime_setting": "extLookupKy",
    "parent_segments.0.realtime_setting.keyColumns.0": "validRegex",
    "parent_segments.0.realtime_setting.eventTables.0": "tabel",
    "parent_segments.0.realtime_setting.batchAttributes.0": "colum",
    "parent_segments.0.realtime_key_events.0": "filterRules",
    "parent_segments.0.realtime_key_events.0.filterRule": "condition",
    "parent_segments.0.realtime_key_events.0.filterRule.conditions.0": "arrayMatch",
    "parent_segments.0.realtime_key_events.0.filterRule.conditions.0.operator": "rightvalue",
    "parent_segments.0.realtime_attributes.0": "idColum",
    "parent_segments.0.realtime_attributes.0.duration": "units",
    "parent_segments.0.realtime_attributes.0.actions.0": "actoin",
    "parent_segments.0.realtime_attributes.0.actions.0.filterRule": "tpye",
    "parent_segments.0.realtime_attributes.0.aggregations.0": "columns",
    "parent_segments.0.realtime_attributes.1": "valueColum",
    "parent_segments.0.realtime_attributes.1.backfill": "timestampIdentifer",
    "parent_segments.0.realtime_attributes.2.increment": "valeu",
    "parent_segments.0.realtime_attributes.2.subDurations.0": "identifer",
    "parent_segments.0.realtime_attributes.3.lookupCatalogColumns.0": "dataTyp",
    "parent_segments.0.realtime_attributes.3.lookupKeys.0": "typ",
    "parent_segments.0.realtime_imported_attributes.0": "colmn",
    "parent_segments.0.batch_profiles.0": "atributes",
    "parent_segments.0.catalog_tables.0": "keyColum",
    "parent_segments.0.realtime_personalizations.0": "section",
    "parent_segments.0.realtime_personalizations.0.sections.0": "payloads",
    "parent_segments.0.realtime_personalizations.0.sections.0.entryCriteria": "profileCriterias",
    "parent_segments.0.realtime_personalizations.0.sections.0.entryCriteria.keyEventCriteria": "keyEventFilter",
    "parent_segments.0.realtime_personalizations.0.sections.0.entryCriteria.profileCriteria.conditions.0": "operators",
    "parent_segments.0.realtime_personalizations.0.sections.0.payload.node": "definitions",
    "parent_segments.0.realtime_personalizations.0.sections.0.payload.node.definition": "stringBuilders",
    "parent_segments.0.realtime_personalizations.0.sections.0.payload.node.definition.attributePayload.0": "outputname",
    "parent_segments.0.realtime_personalizations.0.sections.0.payload.node.definition.stringBuilder.0": "value",
    "parent_segments.0.realtime_personalizations.0.sections.0.payload.node.definition.stringBuilder.0.values.0": "valu",
    "parent_segments.0.realtime_personalizations.0.sections.0.payload.node.definition.segmentPayload": "batchSegment",
    "parent_segments.0.realtime_personalizations.0.sections.0.payload.node.definition.segmentPayload.batchSegments.0": (
        "idd"
    ),
    "parent_segments.0.realtime_personalizations.0.sections.0.payload.node.definition.catalogPayload.0": "lookupColum",
}
"""Per place of `full`, a word that is nearly one of its keys."""


def with_unknown_key(place: str) -> Json:
    return changed(f"{place}.{UNKNOWN_KEYS[place]}".removeprefix("."), 1, base=full())
