"""Treasure Data under load: one event in, offers out, for a parent segment with 20 attributes and 10 sections."""

from typing import Any

import orjson

from emulator.core.work import Work
from emulator.vendors.treasuredata import tables

Json = dict[str, Any]

KEY = "1/" + "a" * 40
TOKEN = "0123456789abcdef0123456789abcdef"
HEADERS = {
    "Authorization": f"TD1 {KEY}",
    "WP13n-Token": f"1/8/{TOKEN}",
    "Content-Type": "application/vnd.treasuredata.v1+json",
}
EVENT = orjson.dumps(
    {"email": "ana@example.com", "event_name": "view", "product_name": "Trail Shoe", "category": "shoes", "price": 100}
)
DAYS = {"value": 30, "unit": "day"}


def scenario() -> Json:
    """Every event feeds 16 attributes, and the profile enters all sections."""
    segment = {
        "id": "100",
        "realtime_setting": {
            "keyColumns": [{"name": "td_client_id"}, {"name": "email"}],
            "eventTables": [{"database": "shop_db", "table": "views"}],
            "extLookupKey": "email",
        },
        "realtime_key_events": [
            {"name": "view", "databaseName": "shop_db", "tableName": "views", "filterRule": _column("event_name")}
        ],
        "realtime_attributes": [*_fed(), *_imported()],
        "batch_profiles": [
            {"key": "ana@example.com", "segments": ["55352"], "attributes": {f"batch_{n}": n for n in range(4)}}
        ],
        "realtime_personalizations": [{"name": "home", "sections": [_section(n) for n in range(10)]}],
    }
    return {
        "name": "real-time",
        "seed": "real-time",
        "treasuredata": {
            "account": {"id": "1", "api_keys": [{"value": KEY}]},
            "reactors": [{"id": 8, "parent_segment_id": "100"}],
            "personalization_services": [{"name": "web", "reactor": 8, "tokens": [{"name": "one", "value": TOKEN}]}],
            "parent_segments": [segment],
        },
    }


def _column(name: str) -> Json:
    operator = {"type": "Equal", "rightValue": "view"}
    return {"type": "And", "conditions": [{"type": "Column", "column": name, "operator": operator}]}


def _fed() -> list[Json]:
    """Eight single attributes, four lists, four counters."""
    event: Json = {"realtimeKeyEventId": "view"}
    columns = ("product_name", "category", "event_name", "email")
    singles = [
        {**event, "identifier": f"single_{n}", "type": "single", "valueColumn": columns[n % 4], "dataType": "string"}
        for n in range(8)
    ]
    lists = [
        {
            **event, "identifier": f"list_{n}", "type": "list", "idColumn": "product_name", "fields": ["price"],
            "duration": DAYS, "maxItems": 10,
            "aggregations": [{"identifier": "names", "column": "product_name", "aggregationType": "distinct_list"}],
        }
        for n in range(4)
    ]  # fmt: skip
    counters = [
        {
            **event, "identifier": f"counter_{n}", "type": "counter", "counterType": ("sliding", "total")[n % 2],
            "increment": {"type": "const", "value": 1}, "duration": DAYS,
        }
        for n in range(4)
    ]  # fmt: skip
    return [*singles, *lists, *counters]


def _imported() -> list[Json]:
    return [
        {"identifier": f"imported_{n}", "type": "imported", "column": f"batch_{n}", "dataType": "number"}
        for n in range(4)
    ]


def _section(number: int) -> Json:
    shown = [
        {"realtimeAttributeId": f"single_{number % 8}", "outputName": "single"},
        {"realtimeAttributeId": f"list_{number % 4}", "subAttributeIdentifier": "names", "outputName": "list"},
        {"realtimeAttributeId": f"counter_{number % 4}", "outputName": "counter"},
        {"realtimeAttributeId": f"imported_{number % 4}", "outputName": "imported"},
    ]
    known = {
        "type": "RealtimeAttribute",
        "realtimeAttributeId": f"single_{number % 8}",
        "operator": {"type": "IsNull", "not": True},
    }
    definition = {"attributePayload": shown, "segmentPayload": {"batchSegments": [{"id": "55352"}]}}
    return {
        "name": f"section_{number}",
        "entryCriteria": {
            "keyEventCriteria": {"keyEventId": "view"},
            "profileCriteria": {"type": "And", "conditions": [known]},
        },
        "payload": {f"{number:032x}": {"type": "ResponseNode", "definition": definition}},
    }


def crowd(work: Work, count: int) -> None:
    """Stored events of as many other profiles."""
    numbers = range(count)
    event = {"account": "1", "database": "shop_db", "table": "views", "time": 1_767_603_600, "json": EVENT.decode()}
    profile = {"parent_segment": "100", "created_at": 1, "states": '{"single_0":{"at":[1,1],"value":"Trail Shoe"}}'}
    identity = {"parent_segment": "100", "key": "email", "added_at": 1}
    work.db.begin()
    work.db.many(tables.ADD_EVENT, ({**event, "uuid": f"u-{n}"} for n in numbers))
    work.db.many(tables.ADD_PROFILE, ({**profile, "rid": f"r-{n}"} for n in numbers))
    work.db.many(tables.ADD_ID, ({**identity, "value": f"{n}@example.com", "rid": f"r-{n}"} for n in numbers))
    work.db.commit()
