"""Conditions: every operator, over values of every kind; groups; lists; and what cannot be read."""

from random import Random
from typing import Any

import pytest

from emulator.core.clock import SECOND, parse_moment, parse_rfc3339
from emulator.core.errors import Level
from emulator.core.section import SectionError
from emulator.core.store import Store
from emulator.core.work import Work
from emulator.vendors.treasuredata.service.configuration import event_test
from emulator.vendors.treasuredata.service.operators import OPERATORS as ALL_OPERATORS
from tests.vendors.treasuredata.shop import NOW, Shop, about, column, section, sections, shop


def at(now: int = NOW * SECOND) -> Work:
    return Work(Store([]), now, Random(0), None)


def holds(rule: Any, event: dict[str, Any], work: Work | None = None) -> bool:
    return event_test(rule, "rule")(event, work or at())


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
    ("Equal", {"rightValue": {"timestamp": "1700760737"}}, [1700760737, "1700760737"], [0, "x", True]),
    ("Equal", {"rightValue": {"timestamp": 1700760737}}, ["2023-11-23T17:32:17Z", 1700760737.0], [1700760737.5]),
    ("Equal", {"rightValue": {"timestamp": "2023-11-23T17:32:17Z"}}, [1700760737, "2023-11-23 18:32:17+01:00"], [""]),
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


DAY = 86_400
TODAY = NOW - 9 * 3_600
"""2026-01-05 is a Monday."""
HUNDRED_DAYS = {"last": 100, "unit": "day"}

OPERATORS += [
    ("Greater", {"rightValue": HUNDRED_DAYS}, [NOW - 100 * DAY + 1, NOW, NOW + DAY], [NOW - 100 * DAY, 0, "x", True]),
    (
        "GreaterEqual",
        {"rightValue": HUNDRED_DAYS},
        [NOW - 100 * DAY, "2025-12-31"],
        [NOW - 100 * DAY - 1, "2025-01-01"],
    ),
    ("Less", {"rightValue": HUNDRED_DAYS}, [NOW - 100 * DAY - 1, "2025-01-01", 0], [NOW - 100 * DAY, "2026-01-01"]),
    ("LessEqual", {"rightValue": HUNDRED_DAYS}, [NOW - 100 * DAY, 0], [NOW - 100 * DAY + 1, {}]),
    ("Less", {"rightValue": {"last": "1", "unit": "month"}}, ["2025-12-05T08:59:59Z"], ["2025-12-05T09:00:00Z"]),
    ("Less", {"rightValue": {"last": 1, "unit": "year"}}, ["2025-01-05T08:59:59Z"], ["2025-01-05T09:00:00Z"]),
    ("Less", {"rightValue": {"last": 1, "unit": "quarter"}}, ["2025-10-05T08:59:59Z"], ["2025-10-05T09:00:00Z"]),
    (
        "Less",
        {"rightValue": {"last": {"month": 1, "hour": 2}, "unit": "hour"}},
        ["2025-12-05T06:59:59Z"],
        ["2025-12-05T07:00:00Z"],
    ),
    ("Greater", {"rightValue": {"timestamp": "2026-01-01"}}, ["2026-01-01T00:00:01Z", NOW], ["2026-01-01", "2025"]),
    (
        "Between",
        {"minValue": {"last": 7, "unit": "day"}, "maxValue": {"timestamp": "2026-01-04T00:00:00Z"}},
        [NOW - 7 * DAY, "2026-01-04T00:00:00Z"],
        [NOW - 7 * DAY - 1, NOW, "x"],
    ),
    (
        "TimeToday",
        {},
        [TODAY, NOW, TODAY + DAY - 1, "2026-01-05", str(NOW)],
        [TODAY - 1, TODAY + DAY, "x", True, 0, {}],
    ),
    ("TimeThis", {"from": {"unit": "week"}}, [TODAY, TODAY + 7 * DAY - 1], [TODAY - 1, TODAY + 7 * DAY]),
    ("TimeThis", {"from": {"unit": "month"}}, ["2026-01-01", "2026-01-31T23:59:59Z"], ["2025-12-31", "2026-02-01"]),
    ("TimeThis", {"from": {"unit": "quarter"}}, ["2026-03-31"], ["2026-04-01", "2025-12-31"]),
    ("TimeThis", {"from": {"unit": "year"}}, ["2026-12-31"], ["2027-01-01", "2025-12-31"]),
    ("TimeThis", {"from": {"unit": "hour"}}, [NOW, NOW + 3599], [NOW - 1, NOW + 3600]),
    ("TimeNext", {"from": {"unit": "month"}}, ["2026-02-01", "2026-02-28"], ["2026-01-31", "2026-03-01"]),
    ("TimeNext", {"from": {"unit": "day"}}, [TODAY + DAY], [NOW, TODAY + 2 * DAY]),
    ("TimeWithinPast", {"unit": "day", "value": "7"}, [NOW, NOW - 7 * DAY], [NOW + 1, NOW - 7 * DAY - 1]),
    ("TimeWithinNext", {"unit": "minute", "value": 5}, [NOW, NOW + 300], [NOW - 1, NOW + 301]),
    ("TimeWithinNext", {"unit": "minute", "value": 5.0}, [NOW + 300], [NOW + 301]),
    (
        "TimeInBetweenNext",
        {"from": {"next": 1, "unit": "day"}, "to": {"next": {"day": 2}, "unit": "day"}},
        [NOW + DAY, NOW + 2 * DAY - 1],
        [NOW + DAY - 1, NOW + 2 * DAY],
    ),
    (
        "TimeRange",
        {"from": {"last": 30, "unit": "day"}, "duration": {"day": 7}, "reverse": False},
        [NOW - 30 * DAY, NOW - 23 * DAY - 1],
        [NOW - 30 * DAY - 1, NOW - 23 * DAY],
    ),
]


def test_the_table_of_operators_has_all_of_them() -> None:
    assert {name for name, *_ in OPERATORS} == {*ALL_OPERATORS}


@pytest.mark.parametrize(("operator", "operands", "matching", "failing"), OPERATORS)
def test_of_a_list_any_element_counts_for_every_operator(
    operator: str, operands: dict[str, Any], matching: list[Any], failing: list[Any]
) -> None:
    for value in matching:
        assert holds(column("c", operator, **operands), {"c": [None, value]})
        assert not holds(column("c", operator, "all", **operands), {"c": [None, value]})
    assert not holds(column("c", operator, **operands), {"c": [None, *failing]})


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
        ({}, [{}], []),
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
    ("now", "unit", "least", "most"),
    [
        ("2028-02-29T12:00:00Z", "year", "2028-01-01", "2028-12-31T23:59:59Z"),
        ("2026-12-31T23:59:59Z", "month", "2026-12-01", "2026-12-31T23:59:59Z"),
        ("2026-11-15T00:00:00Z", "quarter", "2026-10-01", "2026-12-31T23:59:59Z"),
        ("1970-01-01T00:00:00Z", "week", "1969-12-29", "1970-01-04T23:59:59Z"),
        ("1969-12-31T23:30:00Z", "day", "1969-12-31", "1969-12-31T23:59:59Z"),
        ("0001-01-03T00:00:00Z", "week", "0001-01-01", "0001-01-07T23:59:59Z"),
        ("9999-12-31T23:00:00Z", "month", "9999-12-01", "9999-12-31T23:59:59Z"),
    ],
)
def test_calendar_units_begin_and_end_as_in_utc(now: str, unit: str, least: str, most: str) -> None:
    work = at(parse_rfc3339(now))
    rule = column("c", "TimeThis", **{"from": {"unit": unit}})
    first, last = parse_moment(least, 0) // SECOND, parse_rfc3339(most) // SECOND
    assert holds(rule, {"c": first}, work)
    assert holds(rule, {"c": last}, work)
    assert not holds(rule, {"c": first - 1}, work)
    assert not holds(rule, {"c": last + 1}, work)


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    work = at(parse_rfc3339("2026-03-31T12:00:00Z"))
    rule = column("c", "Equal", rightValue=1)
    rule["conditions"][0]["operator"] = {"type": "GreaterEqual", "rightValue": {"last": 1, "unit": "month"}}
    assert holds(rule, {"c": "2026-02-28T12:00:00Z"}, work)
    assert not holds(rule, {"c": "2026-02-28T11:59:59Z"}, work)


def test_spans_that_lead_out_of_the_calendar_stop_at_its_end() -> None:
    for unit in ("year", "second", "month", "week"):
        assert holds(column("c", "Greater", rightValue={"last": 100_000, "unit": unit}), {"c": NOW})
        assert holds(column("c", "TimeWithinNext", unit=unit, value=100_000), {"c": NOW + 1})


def test_a_pattern_is_looked_for_in_a_text_of_bounded_length() -> None:
    rule = column("c", "Regexp", rightValue="(a?){500}$")
    assert holds(rule, {"c": "a" * 32_768})
    assert not holds(rule, {"c": "a" * 32_769})
    assert holds(column("c", "Regexp", rightValue="a", **{"not": True}), {"c": "a" * 32_769})


@pytest.mark.parametrize(
    ("rule", "value", "level"),
    [
        (column("c", "Equal", rightValue="a"), "a", Level.DOCUMENTED),
        (column("c", "Equal", rightValue="a"), 1, Level.ASSUMED),
        (column("c", "Equal", rightValue=1), 1.5, Level.DOCUMENTED),
        (column("c", "Equal", rightValue=1), "1", Level.ASSUMED),
        (column("c", "Equal", rightValue="a"), None, Level.DOCUMENTED),
        (column("c", "Equal", rightValue="a", **{"not": True}), None, Level.ASSUMED),
        (column("c", "Equal", rightValue="a"), ["a"], Level.ASSUMED),
        (column("c", "In", rightValues=["a", "b"]), "b", Level.DOCUMENTED),
        (column("c", "IsNull"), None, Level.DOCUMENTED),
        (column("c", "Regexp", rightValue="a"), "a", Level.ASSUMED),
        (column("c", "Regexp", rightValue="^a$"), "a", Level.DOCUMENTED),
        (column("c", "Regexp", rightValue="^a|b$"), "a", Level.ASSUMED),
        (column("c", "TimeToday"), NOW, Level.ASSUMED),
        (column("c", "TimeToday"), None, Level.DOCUMENTED),
        (column("c", "Less", rightValue={"last": 1, "unit": "day"}), NOW, Level.ASSUMED),
    ],
)
def test_a_test_relies_on_what_nobody_documents_only_where_it_has_to(rule: Any, value: Any, level: Level) -> None:
    work = at()
    holds(rule, {"c": value}, work)
    assert work.level == level


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
        ("x", "rule: must be an object with a type, found 'x'"),
        ({"conditions": []}, "rule.type: None is no condition that is evaluated here; known: And, Or, Column"),
        (
            {"type": "And", "conditions": [{}]},
            "rule.conditions[0].type: None is no condition that is evaluated here; known: And, Or, Column",
        ),
        (
            {"type": "Colum", "column": "c"},
            "rule.type: 'Colum' is no condition that is evaluated here, did you mean Column?",
        ),
        (
            {"type": "Composite", "conditions": [], "expr": "1"},
            "rule.type: Composite is not evaluated, as no document says what its expr holds; nest And and Or",
        ),
        (
            {"type": "Or", "conditions": [{"type": "Reference", "id": "1", "exclude": False}]},
            "rule.conditions[0].type: 'Reference' is no condition that is evaluated here; known: And, Or, Column",
        ),
        ({"type": "And", "conditions": [], "description": 1}, "rule.description: must be a text, found 1"),
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
            column("c", "TimeRange", **{"from": {"unit": "day"}}),
            "rule.conditions[0].operator.from: must be last and unit, found {'unit': 'day'}",
        ),
        (
            column("c", "TimeRange", **{"from": {"last": 1, "unit": "day"}, "duration": {"day": 1}, "reverse": True}),
            (
                "rule.conditions[0].operator.reverse: must be false, as no document says what reversing a range does, "
                "found True"
            ),
        ),
        (
            column("c", "TimeRange", **{"from": {"last": 1, "unit": "day"}, "duration": {}}),
            "rule.conditions[0].operator.duration: must be numbers by unit, such as {day: 7}, found {}",
        ),
        (
            column("c", "TimeThis", **{"from": {"unit": "weeks"}}),
            (
                "rule.conditions[0].operator.from.unit: must be one of year, quarter, month, week, day, hour, minute, "
                "second, found 'weeks'"
            ),
        ),
        (
            column("c", "TimeThis"),
            "rule.conditions[0].operator.from: must be a unit, such as {unit: week}, found None",
        ),
        (
            column("c", "TimeWithinPast", unit="day", value="seven"),
            "rule.conditions[0].operator.value: must be a whole number from 0 to 100000, found 'seven'",
        ),
        (
            column("c", "TimeWithinPast", unit="day", value=True),
            "rule.conditions[0].operator.value: must be a whole number from 0 to 100000, found True",
        ),
        (
            column("c", "TimeWithinPast", unit="day", valu=1),
            "rule.conditions[0].operator.valu: unknown key, did you mean value?",
        ),
        (
            column("c", "TimeToday", rightValue=1),
            "rule.conditions[0].operator.rightValue: unknown key; known: type, not",
        ),
        (
            column("c", "Equal", rightValue={"last": 1, "unit": "day"}),
            (
                "rule.conditions[0].operator.rightValue: a moment is written {timestamp: …} or {last: …, unit: …}, "
                "found {'last': 1, 'unit': 'day'}"
            ),
        ),
        (
            column("c", "Less", rightValue={"timestamp": "yesterday"}),
            (
                "rule.conditions[0].operator.rightValue.timestamp: must be Unix seconds or such as "
                "2026-01-05T09:00:00Z, found 'yesterday'"
            ),
        ),
        (
            column("c", "Less", rightValue={"last": {"days": 1}, "unit": "day"}),
            (
                "rule.conditions[0].operator.rightValue.last.days: must be one of year, quarter, month, week, day, "
                "hour, minute, second, found 'days'"
            ),
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


@pytest.mark.proves("treasuredata.conditions")
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


LIST = {
    "identifier": "seen",
    "type": "list",
    "realtimeKeyEventId": "views",
    "idColumn": "p",
    "fields": ["price"],
    "maxItems": 5,
    "duration": {"value": 1, "unit": "hour"},
    "aggregations": [{"identifier": "prices", "column": "price", "aggregationType": "distinct_list"}],
}


@pytest.mark.parametrize(
    ("array", "part", "operator", "entered"),
    [
        ("any", None, {"type": "Equal", "rightValue": "tent"}, [False, True, True]),
        (None, None, {"type": "Equal", "rightValue": "tent"}, [False, True, True]),
        ("all", None, {"type": "Contain", "rightValues": ["o"]}, [True, False, False]),
        ({"atLeast": 2}, None, {"type": "Contain", "rightValues": ["o"]}, [False, False, True]),
        ({"atMost": 1}, None, {"type": "Contain", "rightValues": ["o"]}, [True, True, False]),
        ({"exactly": 3}, None, {"type": "IsNull", "not": True}, [True, True, True]),
        ({"exactly": 2}, "prices", {"type": "Greater", "rightValue": 15}, [False, False, True]),
    ],
)
def test_criteria_about_a_list_say_how_many_of_its_items_must_match(
    td: Shop, array: Any, part: str | None, operator: dict[str, Any], entered: list[bool]
) -> None:
    test = {"type": "RealtimeAttribute", "realtimeAttributeId": "seen", "operator": operator, "arrayMatching": array}
    if part is not None:
        test["subAttributeIdentifier"] = part
    criteria = {"profileCriteria": {"type": "And", "conditions": [test]}}
    td.open(shop(realtime_attributes=[LIST], realtime_personalizations=sections(section(criteria=criteria))))
    events = [{"p": "shoe", "price": 10}, {"p": "tent", "price": 20}, {"p": "boat", "price": 30}]
    assert [td.enters({"client": "c", **event}) for event in events] == entered


@pytest.mark.proves("treasuredata.whole_lists")
def test_criteria_about_a_counter_with_sub_durations_see_its_whole_duration(td: Shop) -> None:
    counter = {
        "identifier": "n",
        "type": "counter",
        "realtimeKeyEventId": "views",
        "increment": {"type": "const", "value": 1},
        "duration": {"value": 1, "unit": "hour"},
        "subDurations": [{"identifier": "minute", "value": 1, "unit": "minute"}],
    }
    whole = {"profileCriteria": about("n", "Equal", rightValue=2)}
    part = {"profileCriteria": about("n", "Equal", rightValue=1)}
    part["profileCriteria"]["conditions"][0]["subAttributeIdentifier"] = "minute"
    made = sections(section("whole", criteria=whole), section("part", criteria=part))
    td.open(shop(realtime_attributes=[counter], realtime_personalizations=made))
    td.send({"client": "d", "time": NOW - 60})
    assert list(td.offers({"client": "d"})) == ["whole", "part"]


@pytest.mark.proves("treasuredata.times")
def test_time_operators_follow_the_worlds_clock(td: Shop) -> None:
    last = {
        "identifier": "bought",
        "type": "single",
        "realtimeKeyEventId": "carts",
        "valueColumn": "time",
        "dataType": "number",
    }
    recent = {"profileCriteria": about("bought", "TimeWithinPast", unit="day", value="1")}
    td.open(shop(realtime_attributes=[last], realtime_personalizations=sections(section(criteria=recent))))
    td.send({"client": "c"}, "/treasuredata/shop_db/carts")
    assert td.enters({"client": "c"})
    td.wait(DAY)
    assert td.enters({"client": "c"})
    td.wait(1)
    assert not td.enters({"client": "c"})
