"""The JSON Schema of the section: an editor accepts what loads, and marks what does not."""

from functools import cache
from typing import Any

import jsonschema
import pytest

from emulator.server import Background
from emulator.vendors.treasuredata.seed import TreasureDataSection
from tests.vendors.treasuredata.shop import (
    UNKNOWN_KEYS,
    Json,
    Refused,
    Shop,
    changed,
    column,
    full,
    whole,
    with_unknown_key,
)
from tests.vendors.treasuredata.test_treasuredata_criteria import OPERATORS


@cache
def schema() -> Json:
    return TreasureDataSection.model_json_schema()


def accepts(made: Any) -> bool:
    return jsonschema.Draft202012Validator(schema()).is_valid(made)


def test_it_is_a_schema_of_draft_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_every_key_of_the_section_is_described() -> None:
    places = {"the section": schema(), **schema()["$defs"]}
    bare = [
        f"{name}.{key}"
        for name, place in places.items()
        for key, value in place.get("properties", {}).items()
        if not value.get("description")
    ]
    assert bare == []


def test_conditions_are_described_down_to_their_operands() -> None:
    operators = schema()["$defs"]["Operator"]["anyOf"]
    by_type = {one["properties"]["type"]["const"]: one for one in operators}
    assert len(by_type) == len(operators) == len({name for name, *_ in OPERATORS}) + 1
    assert [*by_type["Between"]["properties"]] == ["type", "not", "minValue", "maxValue", "rightValue"]
    assert by_type["Between"]["required"] == ["type", "minValue", "maxValue"]
    assert by_type["IsNull"]["required"] == ["type"]


@pytest.mark.parametrize("name", ["demo", "edges", "empty"])
def test_it_accepts_the_scenarios_that_come_with_the_product(server: Background, name: str) -> None:
    scenarios = server.emulator.scenarios
    _, document = scenarios.validate(scenarios.document(name))
    assert accepts(document.get("treasuredata", {}))


def test_it_accepts_a_section_that_uses_everything(td: Shop) -> None:
    td.plant({"treasuredata": full()})
    assert accepts(full())
    assert accepts(whole())
    assert accepts({})


FILTER = "parent_segments.0.realtime_key_events.0.filterRule"
TEST = f"{FILTER}.conditions.0"
ATTRIBUTES = "parent_segments.0.realtime_attributes"
SECTION = "parent_segments.0.realtime_personalizations.0.sections.0"
DEFINITION = f"{SECTION}.payload.node.definition"


@pytest.mark.parametrize(("operator", "operands", "matching", "failing"), OPERATORS)
def test_it_accepts_every_operator(
    td: Shop, operator: str, operands: Json, matching: list[Any], failing: list[Any]
) -> None:
    for negated in ({}, {"not": True}):
        made = changed(FILTER, column("p", operator, **operands, **negated), base=full())
        td.plant({"treasuredata": made})
        assert accepts(made)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (FILTER, None),
        (FILTER, {}),
        (FILTER, {"type": "Or", "conditions": []}),
        (FILTER, {"type": "And", "conditions": [{"type": "Or", "conditions": []}], "description": None}),
        (FILTER, column("p", "IsNull")["conditions"][0]),
        (f"{TEST}.arrayMatching", None),
        (f"{TEST}.arrayMatching", "all"),
        (f"{TEST}.arrayMatching", {"atMost": 0}),
        (f"{SECTION}.entryCriteria.profileCriteria", None),
        (f"{ATTRIBUTES}.0.maxItems", 100),
        (f"{ATTRIBUTES}.0.valueColumn", None),
        (f"{ATTRIBUTES}.2.increment", {"type": "field", "value": "n"}),
        ("parent_segments.0.id", 100),
        ("reactors.0.parent_segment_id", 100),
    ],
)
def test_it_accepts_what_may_be_said_in_several_ways(td: Shop, path: str, value: Any) -> None:
    made = changed(path, value, base=full())
    td.plant({"treasuredata": made})
    assert accepts(made)


WRONG: list[tuple[str, Any]] = [
    ("parent_segments", {}),
    ("parent_segments.0.id", ""),
    ("parent_segments.0.id", 1.5),
    ("reactors.0.id", "eight"),
    ("reactors.0.id", -1),
    ("personalization_services.0.tokens.0.value", "short"),
    ("parent_segments.0.realtime_setting.keyColumns.0.invalidTexts", [1]),
    ("parent_segments.0.realtime_setting.keyColumns", [{"name": f"k{n}"} for n in range(101)]),
    ("parent_segments.0.realtime_setting.eventTables.0.table", "T"),
    (
        "parent_segments.0.realtime_setting.eventTables",
        [{"database": "shop_db", "table": f"t_{n}"} for n in range(101)],
    ),
    ("parent_segments.0.realtime_key_events.0.name", None),
    (FILTER, []),
    (FILTER, {"type": "And"}),
    (FILTER, {"conditions": []}),
    (FILTER, {"type": "Composite", "conditions": [], "expr": "1"}),
    (FILTER, {"type": "And", "conditions": [{}]}),
    (FILTER, {"type": "And", "conditions": [None]}),
    (FILTER, {"type": "And", "conditions": [], "description": 1}),
    (f"{TEST}.type", "RealtimeAttribute"),
    (f"{TEST}.column", None),
    (f"{TEST}.column", ""),
    (f"{TEST}.operator", None),
    (f"{TEST}.operator", {"type": "Equals", "rightValue": 1}),
    (f"{TEST}.operator", {"type": "Equal"}),
    (f"{TEST}.operator", {"type": "Equal", "rightValue": None}),
    (f"{TEST}.operator", {"type": "Equal", "rightValue": [1]}),
    (f"{TEST}.operator", {"type": "Equal", "rightValue": 1, "not": "no"}),
    (f"{TEST}.operator", {"type": "Equal", "rightValues": [1]}),
    (f"{TEST}.operator", {"type": "Equal", "rightValue": {"last": 1, "unit": "day"}}),
    (f"{TEST}.operator", {"type": "Greater", "rightValue": {"last": 1}}),
    (f"{TEST}.operator", {"type": "Greater", "rightValue": {"last": -1, "unit": "day"}}),
    (f"{TEST}.operator", {"type": "Greater", "rightValue": {"last": "1.5", "unit": "day"}}),
    (f"{TEST}.operator", {"type": "Greater", "rightValue": {"last": {}, "unit": "day"}}),
    (f"{TEST}.operator", {"type": "Greater", "rightValue": {"timestamp": 1, "unit": "day"}}),
    (f"{TEST}.operator", {"type": "In", "rightValues": 1}),
    (f"{TEST}.operator", {"type": "In", "rightValues": [None]}),
    (f"{TEST}.operator", {"type": "Between", "minValue": 1}),
    (f"{TEST}.operator", {"type": "Contain", "rightValues": ["a", 1]}),
    (f"{TEST}.operator", {"type": "Regexp", "rightValue": 1}),
    (f"{TEST}.operator", {"type": "TimeToday", "rightValue": 1}),
    (f"{TEST}.operator", {"type": "TimeThis", "from": {"unit": "days"}}),
    (f"{TEST}.operator", {"type": "TimeWithinPast", "unit": "day", "value": "seven"}),
    (f"{TEST}.operator", {"type": "TimeRange", "from": {"unit": "day"}}),
    (
        f"{TEST}.operator",
        {"type": "TimeRange", "from": {"last": 1, "unit": "day"}, "duration": {"day": 1}, "reverse": True},
    ),
    (f"{TEST}.arrayMatching", "some"),
    (f"{TEST}.arrayMatching", {"atLeast": -1}),
    (f"{TEST}.arrayMatching", {"atLeast": 1, "atMost": 2}),
    (f"{ATTRIBUTES}.0.type", "lists"),
    (f"{ATTRIBUTES}.0.identifier", "1st"),
    (f"{ATTRIBUTES}.0.maxItems", 101),
    (f"{ATTRIBUTES}.0.maxItems", 0),
    (f"{ATTRIBUTES}.0.idColumn", None),
    (f"{ATTRIBUTES}.0.valueColumn", "p"),
    (f"{ATTRIBUTES}.0.backfill", {"attributeIdentifier": "fav", "timestampIdentifier": "computed"}),
    (f"{ATTRIBUTES}.0.duration.unit", "week"),
    (f"{ATTRIBUTES}.0.aggregations.0.aggregationType", "average"),
    (f"{ATTRIBUTES}.0.actions.0.action", "remove"),
    (f"{ATTRIBUTES}.1.dataType", "boolean"),
    (f"{ATTRIBUTES}.1.realtimeKeyEventId", None),
    (f"{ATTRIBUTES}.2.duration", None),
    (f"{ATTRIBUTES}.2.counterType", "total"),
    (f"{ATTRIBUTES}.2.increment", {"type": "const", "value": 0}),
    (f"{ATTRIBUTES}.2.increment", {"type": "const", "value": "n"}),
    (f"{ATTRIBUTES}.2.increment", {"type": "const", "value": True}),
    (f"{ATTRIBUTES}.2.increment", {"type": "const", "value": None}),
    (f"{ATTRIBUTES}.2.increment", {"type": "field", "value": 1}),
    (f"{ATTRIBUTES}.2.increment", {"type": "field", "value": ""}),
    (f"{ATTRIBUTES}.3.lookupKeys", []),
    (f"{ATTRIBUTES}.3.lookupCatalogTableName", None),
    (f"{SECTION}.payload", {}),
    (f"{SECTION}.includeSensitive", None),
    (f"{SECTION}.entryCriteria.acceptUnknownProfiles", "yes"),
    (f"{SECTION}.entryCriteria.profileCriteria", column("p", "IsNull")),
    (f"{SECTION}.payload.node.type", "Node"),
    (f"{DEFINITION}.attributePayload", []),
    (f"{DEFINITION}.stringBuilder", []),
    (f"{DEFINITION}.catalogPayload", []),
    (DEFINITION, {}),
    (DEFINITION, {"attributePayload": None, "segmentPayload": {"batchSegments": [{"id": "7"}]}}),
    (f"{DEFINITION}.stringBuilder.0.outputName", "x" * 257),
    (f"{DEFINITION}.stringBuilder.0.outputName", ""),
    (f"{DEFINITION}.stringBuilder.0.values.0.value", "Hi {{name}}"),
    (f"{DEFINITION}.stringBuilder.0.values.0.type", "Number"),
    ("settings", {"no_match": "404"}),
]


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_it_marks_what_does_not_load(refused: Refused, path: str, value: Any) -> None:
    made = changed(path, value, base=full())
    assert refused(made)
    assert not accepts(made)


@pytest.mark.parametrize("place", UNKNOWN_KEYS)
def test_it_marks_a_key_that_nobody_knows(place: str) -> None:
    assert not accepts(with_unknown_key(place))
