"""Conditions: every operator, over values of every kind; groups; lists; and what cannot be read."""

from typing import Any

import pytest

from emulator.core.section import SectionError
from emulator.vendors.treasuredata.service.configuration import event_test
from tests.vendors.treasuredata.shop import Shop, about, column, section, sections, shop


def holds(rule: Any, event: dict[str, Any]) -> bool:
    return event_test(rule, "rule")(event)


def refusal(rule: Any) -> str:
    with pytest.raises(SectionError) as caught:
        event_test(rule, "rule")
    return str(caught.value)


OPERATORS: list[tuple[str, dict[str, Any], list[Any], list[Any]]] = [
    ("Equal", {"rightValue": "gold"}, ["gold"], ["Gold", "gold ", "", 1, True, {}]),
    ("Equal", {"rightValue": 3}, [3, 3.0, "3", "3.0", "+3"], [4, "three", " 3", True, "", {}]),
    ("Equal", {"rightValue": "3"}, ["3", 3, 3.0], ["03", 4, "3.0"]),
    ("Equal", {"rightValue": True}, [True], [False, 1, "true"]),
    ("Equal", {"rightValue": False}, [False], [True, 0, ""]),
    ("Equal", {"rightValue": ""}, [""], [" ", 0, False]),
    ("Equal", {"rightValue": {"timestamp": "1700760737"}}, [1700760737, "1700760737"], [0]),
    ("In", {"rightValues": ["a", 2]}, ["a", 2, "2"], ["A", 1, True]),
    ("In", {"rightValues": []}, [], ["a", 0]),
    ("Greater", {"rightValue": 10}, [11, 10.5, "11", 10**18], [10, 9, "9", "x", True, {}]),
    ("GreaterEqual", {"rightValue": 10}, [10, "10", 11], [9.999, "x"]),
    ("Less", {"rightValue": 10}, [9, "-1", -(2**63)], [10, 11, "x", False]),
    ("LessEqual", {"rightValue": "10"}, [10, "9", 1e1], [11, "x"]),
    ("Greater", {"rightValue": "2026-01-05"}, ["2026-01-06", "2027"], ["2026-01-05", "2025-12-31", 3000]),
    ("Less", {"rightValue": "b"}, ["a", "B", ""], ["b", "c", 1]),
    ("Between", {"minValue": 1, "maxValue": 3}, [1, 2, "3", 2.5], [0.9, 4, "x", True]),
    ("Between", {"minValue": "a", "maxValue": "c"}, ["a", "bb", "c"], ["cc", "C", 2]),
    ("Contain", {"rightValues": ["hoe", "ent"]}, ["Shoes", "tent"], ["SHOE", "", 1]),
    ("StartWith", {"rightValues": ["a", "b"]}, ["abc", "b"], ["ca", "", "A"]),
    ("EndWith", {"rightValues": ["a", "b"]}, ["cba", "b"], ["ac", "", "B"]),
    ("Contain", {"rightValues": []}, [], ["a", ""]),
    ("Regexp", {"rightValue": "^/products/[0-9]+$"}, ["/products/42"], ["/products/", "/a/products/1", 1]),
    ("Regexp", {"rightValue": "o"}, ["shoe"], ["SHOE", ""]),
]


@pytest.mark.parametrize(("operator", "operands", "matching", "failing"), OPERATORS)
def test_every_operator_over_values_of_every_kind(
    operator: str, operands: dict[str, Any], matching: list[Any], failing: list[Any]
) -> None:
    rule = column("c", operator, **operands)
    negated = column("c", operator, **operands, **{"not": True})
    for value in matching:
        assert holds(rule, {"c": value}), value
        assert not holds(negated, {"c": value}), value
    for value in failing:
        assert not holds(rule, {"c": value}), value
        assert holds(negated, {"c": value}), value


@pytest.mark.parametrize(("operator", "operands", "matching", "failing"), OPERATORS)
@pytest.mark.parametrize("negated", [False, True])
def test_an_absent_or_null_value_fails_every_test(
    operator: str, operands: dict[str, Any], matching: list[Any], failing: list[Any], negated: bool
) -> None:
    rule = column("c", operator, **operands, **{"not": negated})
    assert not holds(rule, {"c": None})
    assert not holds(rule, {"other": 1})


def test_is_null_is_the_test_that_an_absent_value_passes() -> None:
    for event, empty in (({}, True), ({"c": None}, True), ({"c": ""}, False), ({"c": 0}, False), ({"c": []}, False)):
        assert holds(column("c", "IsNull"), event) == empty
        assert holds(column("c", "IsNull", rightValue=True, **{"not": True}), event) != empty


GOLD, OLD = column("tier", "Equal", rightValue="gold"), column("age", "Greater", rightValue=60)


@pytest.mark.parametrize(
    ("rule", "matching", "failing"),
    [
        (None, [{}], []),
        ({"type": "And", "conditions": []}, [{}], []),
        ({"type": "Or", "conditions": []}, [{}], []),
        (
            {"type": "And", "conditions": [GOLD, OLD]},
            [{"tier": "gold", "age": 61}],
            [{"tier": "gold"}, {"age": 61}, {}],
        ),
        ({"type": "Or", "conditions": [GOLD, OLD]}, [{"tier": "gold"}, {"age": 61}], [{}, {"tier": "x", "age": 1}]),
        (
            {"type": "And", "description": "x", "conditions": [GOLD, {"type": "Or", "conditions": [OLD, GOLD]}]},
            [{"tier": "gold"}],
            [{"age": 61}],
        ),
    ],
)
def test_groups_nest_and_an_empty_one_is_true(rule: Any, matching: list[Any], failing: list[Any]) -> None:
    assert all(holds(rule, event) for event in matching)
    assert not any(holds(rule, event) for event in failing)


@pytest.mark.parametrize(
    ("array", "matching", "failing"),
    [
        (None, [[1, 9], [9], 9], [[], [1], 1]),
        ("any", [[1, 9], [9, 9]], [[], [1, None]]),
        ("all", [[9, 8], [], [9]], [[9, 1], [9, None]]),
        ({"atLeast": 2}, [[9, 9], [9, 1, 9]], [[9], [], [9, 1]]),
        ({"atMost": 1}, [[], [9], [1, 1]], [[9, 9]]),
        ({"exactly": 1}, [[9], [1, 9]], [[], [9, 9]]),
        ({"atLeast": 0}, [[], [1]], []),
    ],
)
def test_of_a_list_as_many_elements_must_match_as_is_asked(array: Any, matching: list[Any], failing: list[Any]) -> None:
    rule = column("c", "Greater", array, rightValue=5)
    assert all(holds(rule, {"c": value}) for value in matching)
    assert not any(holds(rule, {"c": value}) for value in failing)


def test_not_applies_to_each_element() -> None:
    unlike = {"rightValue": "a", "not": True}
    assert holds(column("c", "Equal", "any", **unlike), {"c": ["a", "b"]})
    assert not holds(column("c", "Equal", "all", **unlike), {"c": ["a", "b"]})


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ([], "rule: must be an object with a type, found []"),
        ({}, "rule.type: None is no condition that is evaluated here; known: And, Or, Column"),
        (
            {"type": "Composite", "conditions": [], "expr": "1"},
            "rule.type: 'Composite' is no condition that is evaluated here; known: And, Or, Column",
        ),
        ({"type": "And"}, "rule.conditions: must be a list of conditions"),
        ({"type": "And", "conditions": [], "conditons": []}, "rule.conditons: unknown key, did you mean conditions?"),
        (
            {"type": "And", "conditions": [{"type": "Column", "operator": {"type": "IsNull"}}]},
            "rule.conditions[0].column: must name a column, found None",
        ),
        (
            {"type": "Or", "conditions": [GOLD, {"type": "Column", "column": "c"}]},
            "rule.conditions[1].operator: must be an object with a type, found None",
        ),
        (
            {"type": "And", "conditions": [{"type": "Column", "colum": "c", "operator": {"type": "IsNull"}}]},
            "rule.conditions[0].colum: unknown key, did you mean column?",
        ),
        (
            column("c", "Equals", rightValue=1),
            "rule.conditions[0].operator.type: 'Equals' is no operator, did you mean Equal?",
        ),
        (
            column("c", "TimeToday"),
            "rule.conditions[0].operator.type: TimeToday belongs to batch rules; it is not evaluated in real time",
        ),
        (
            column("c", "Equal"),
            "rule.conditions[0].operator.rightValue: must be a text, a number or a boolean, found None",
        ),
        (
            column("c", "Greater", rightValue=[1]),
            "rule.conditions[0].operator.rightValue: must be a text, a number or a boolean, found [1]",
        ),
        (
            column("c", "Between", minValue=1),
            "rule.conditions[0].operator.maxValue: must be a text, a number or a boolean, found None",
        ),
        (
            column("c", "In", rightValue=1),
            "rule.conditions[0].operator.rightValue: unknown key, did you mean rightValues?",
        ),
        (
            column("c", "Contain", rightValues=["a", 1]),
            "rule.conditions[0].operator.rightValues: must be a list of texts, found ['a', 1]",
        ),
        (
            column("c", "IsNull", **{"not": "no"}),
            "rule.conditions[0].operator.not: must be true or false, found 'no'",
        ),
        (
            column("c", "Equal", "some", rightValue=1),
            (
                "rule.conditions[0].arrayMatching: must be null, any, all, or one of atLeast, atMost and exactly with "
                "a whole number, found 'some'"
            ),
        ),
        (
            column("c", "Regexp", rightValue="(a"),
            "rule.conditions[0].operator.rightValue: '(a' is no RE2 regular expression: missing ): (a",
        ),
        (column("c", "Regexp", rightValue=1), "rule.conditions[0].operator.rightValue: must be a pattern, found 1"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_by_its_path(rule: Any, sentence: str) -> None:
    assert refusal(rule) == sentence


def test_a_key_event_is_what_its_filter_rule_says(td: Shop) -> None:
    key_events = [
        {
            "name": "views",
            "databaseName": "shop_db",
            "tableName": "views",
            "filterRule": {"type": "Or", "conditions": [GOLD, OLD]},
        }
    ]
    td.open(shop(realtime_key_events=key_events, realtime_personalizations=sections(section())))
    assert td.enters({"tier": "gold"})
    assert td.enters({"age": "61"})
    assert not td.enters({"tier": "silver", "age": 60})


def test_profile_criteria_see_the_profile_with_this_event(td: Shop) -> None:
    attributes = [
        {
            "identifier": "views",
            "type": "counter",
            "realtimeKeyEventId": "views",
            "increment": {"type": "const", "value": 1},
            "duration": {"value": 1, "unit": "hour"},
        }
    ]
    third = {"profileCriteria": about("views", "GreaterEqual", rightValue=3)}
    td.open(
        shop(realtime_attributes=attributes, realtime_personalizations=sections(section(criteria=third)))
    )  # fmt: skip
    assert [td.enters({"client": "c-1"}) for _ in range(4)] == [False, False, True, True]
    assert not td.enters({})


def test_profile_criteria_can_ask_for_a_part_of_an_attribute(td: Shop) -> None:
    attributes = [
        {
            "identifier": "seen",
            "type": "list",
            "realtimeKeyEventId": "views",
            "idColumn": "p",
            "maxItems": 5,
            "duration": {"value": 1, "unit": "hour"},
            "aggregations": [{"identifier": "names", "column": "p", "aggregationType": "distinct_list"}],
        }
    ]
    rule = about("seen", "Equal", rightValue="tent")
    rule["conditions"][0]["subAttributeIdentifier"] = "names"
    td.open(
        shop(
            realtime_attributes=attributes,
            realtime_personalizations=sections(section(criteria={"profileCriteria": rule})),
        )
    )
    assert [td.enters({"client": "c", "p": product}) for product in ("shoe", "tent", "boat")] == [False, True, True]
