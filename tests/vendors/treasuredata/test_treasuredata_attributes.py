"""Real-time attributes: what events make of them, and how they expire on the world's clock."""

from typing import Any

import pytest

from emulator.vendors.treasuredata.service.counters import MOST_STEPS
from tests.vendors.treasuredata.shop import NOW, Shop, column, section, sections, shop

MINUTE = {"value": 1, "unit": "minute"}
HOUR = {"value": 1, "unit": "hour"}
DAY = {"value": 1, "unit": "day"}


def single(**parts: Any) -> dict[str, Any]:
    return {
        "identifier": "a",
        "type": "single",
        "realtimeKeyEventId": "views",
        "valueColumn": "p",
        "dataType": "string",
        **parts,
    }


def listing(kind: str = "distinct_list", over: str = "p", **parts: Any) -> dict[str, Any]:
    return {
        "identifier": "a",
        "type": "list",
        "realtimeKeyEventId": "views",
        "idColumn": "p",
        "fields": ["n"],
        "maxItems": 3,
        "duration": HOUR,
        "aggregations": [{"identifier": "part", "column": over, "aggregationType": kind}],
        **parts,
    }


def counter(**parts: Any) -> dict[str, Any]:
    return {
        "identifier": "a",
        "type": "counter",
        "realtimeKeyEventId": "views",
        "increment": {"type": "const", "value": 1},
        "duration": HOUR,
        **parts,
    }


def keep(td: Shop, attribute: dict[str, Any], part: str | None = None) -> None:
    """A shop that keeps this one attribute, and shows it on any event of `views` or `carts`."""
    wanted = {"a": ("a", part) if part else "a"}
    shown = sections(section(attributes=wanted), section("cart", "carts", attributes=wanted))
    td.open(shop(realtime_attributes=[attribute], realtime_personalizations=shown))


def after(td: Shop, *events: dict[str, Any]) -> Any:
    """The attribute after these events of one profile; None where it has no value."""
    shown = None
    for event in events:
        shown = td.attributes({"client": "c-1", **event}).get("a")
    return shown


def now(td: Shop) -> Any:
    """The attribute at this moment, seen by an event that does not feed it."""
    return td.attributes({"client": "c-1"}, "carts", "cart").get("a")


# single ---------------------------------------------------------------------------------------------------------------


def test_a_single_attribute_is_the_latest_value_and_this_event_counts(td: Shop) -> None:
    keep(td, single())
    assert after(td, {"p": "shoe"}) == "shoe"
    assert after(td, {"p": "tent"}) == "tent"
    assert now(td) == "tent"


@pytest.mark.proves("treasuredata.single_attributes")
def test_the_latest_event_is_the_latest_by_its_own_time(td: Shop) -> None:
    keep(td, single())
    assert after(td, {"p": "shoe", "time": NOW - 5}, {"p": "late", "time": NOW - 6}) == "shoe"
    assert after(td, {"p": "same", "time": NOW - 5}) == "same"


@pytest.mark.proves("treasuredata.empty_parts")
def test_a_single_attribute_is_gone_after_its_duration(td: Shop) -> None:
    keep(td, single(duration=MINUTE))
    assert after(td, {"p": "shoe"}) == "shoe"
    td.wait(59)
    assert now(td) == "shoe"
    td.wait(1)
    assert now(td) is None


def test_a_single_attribute_without_duration_stays(td: Shop) -> None:
    keep(td, single())
    after(td, {"p": "shoe"})
    td.wait(10**9)
    assert now(td) == "shoe"


@pytest.mark.parametrize(
    ("data_type", "value", "kept"),
    [
        ("string", "x", "x"),
        ("string", "", ""),
        ("string", 3, "3"),
        ("string", 1.5, "1.5"),
        ("string", True, "true"),
        ("string", ["x"], "before"),
        ("string", None, "before"),
        ("number", 3, 3),
        ("number", -1.5, -1.5),
        ("number", "3", 3),
        ("number", "-2.50", -2.5),
        ("number", "1e3", 1000.0),
        ("number", "9" * 30, 1e30),
        ("number", "x", 1),
        ("number", " 3", 1),
        ("number", "1_0", 1),
        ("number", "NaN", 1),
        ("number", "1e999", 1),
        ("number", True, 1),
        ("number", {}, 1),
        ("number", None, 1),
    ],
)
def test_a_value_is_kept_as_the_attributes_type_or_not_at_all(td: Shop, data_type: str, value: Any, kept: Any) -> None:
    keep(td, single(dataType=data_type))
    found = after(td, {"p": "before" if data_type == "string" else 1}, {"p": value})
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("data_type", "value", "level"),
    [
        ("string", "x", "inferred"),
        ("string", 1, "assumed"),
        ("number", 1, "inferred"),
        ("number", "1", "assumed"),
    ],
)
def test_an_answer_tells_where_a_value_was_converted(td: Shop, data_type: str, value: Any, level: str) -> None:
    keep(td, single(dataType=data_type))
    answer = td.send({"client": "c-1", "p": value})
    assert answer.headers["x-emulator-provenance"] == level


def test_an_event_without_the_column_changes_nothing(td: Shop) -> None:
    keep(td, single())
    assert after(td, {"p": "shoe"}, {"q": "tent"}) == "shoe"


def test_an_attributes_own_filter_and_its_key_events_filter_both_count(td: Shop) -> None:
    key_events = shop()["realtime_key_events"]
    key_events[0]["filterRule"] = column("kind", "Equal", rightValue="view")
    attribute = single(filterRule=column("p", "StartWith", rightValues=["s"]))
    shown = sections(section("cart", "carts", attributes={"a": "a"}))
    td.open(shop(realtime_key_events=key_events, realtime_attributes=[attribute], realtime_personalizations=shown))
    for event in ({"kind": "view", "p": "shoe"}, {"kind": "view", "p": "tent"}, {"kind": "like", "p": "sock"}):
        td.send({"client": "c-1", **event})
    assert now(td) == "shoe"


# list -----------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("treasuredata.list_attributes")
def test_a_list_shows_each_id_once_in_the_order_of_its_first_appearance(td: Shop) -> None:
    keep(td, listing(), "part")
    assert after(td, {"p": "shoe"}, {"p": "tent"}, {"p": "shoe"}) == ["shoe", "tent"]


def test_the_newest_items_stay_when_the_list_is_full(td: Shop) -> None:
    keep(td, listing(), "part")
    seen = [{"p": product, "time": NOW - 9 + at} for at, product in enumerate(("a", "b", "c", "a", "d"))]
    assert after(td, *seen) == ["a", "c", "d"]


def test_a_late_event_finds_its_place_by_time(td: Shop) -> None:
    keep(td, listing("last", maxItems=2), "part")
    assert after(td, {"p": "b", "time": NOW - 5}, {"p": "a", "time": NOW - 9}) == "b"
    assert after(td, {"p": "c", "time": NOW - 20}) == "b"
    assert after(td, {"p": "a", "n": 7, "time": NOW - 10}) == "b"


def test_items_leave_after_the_duration(td: Shop) -> None:
    keep(td, listing(), "part")
    after(td, {"p": "shoe"})
    td.wait(1800)
    after(td, {"p": "tent"})
    td.wait(1799)
    assert now(td) == ["shoe", "tent"]
    td.wait(1)
    assert now(td) == ["tent"]
    td.wait(1800)
    assert now(td) is None


def test_an_item_that_has_left_the_window_comes_back_as_a_new_one(td: Shop) -> None:
    keep(td, listing(), "part")
    after(td, {"p": "shoe"})
    td.wait(3599)
    after(td, {"p": "tent"})
    td.wait(1)
    assert after(td, {"p": "shoe"}) == ["tent", "shoe"]


def test_an_event_that_is_older_than_the_window_leaves_nothing(td: Shop) -> None:
    keep(td, listing("last"), "part")
    assert after(td, {"p": "shoe", "time": NOW - 3600}) is None
    assert after(td, {"p": "shoe", "time": NOW - 3599}) == "shoe"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("first", 5), ("last", 2.5), ("sum", 9.5), ("min", 2), ("max", 5), ("distinct_list", [5, "2", 2.5])],
)
def test_every_aggregation_of_numbers_and_numerals(td: Shop, kind: str, expected: Any) -> None:
    keep(td, listing(kind, "n"), "part")
    events = [{"p": "a", "n": 5}, {"p": "b", "n": "2"}, {"p": "c", "n": 2.5}]
    assert after(td, *[{**event, "time": NOW - 9 + at} for at, event in enumerate(events)]) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("first", "x"), ("last", "x"), ("sum", None), ("min", None), ("max", None), ("distinct_list", ["x"])],
)
def test_aggregations_leave_out_nulls_and_numbers_are_wanted_by_some(td: Shop, kind: str, expected: Any) -> None:
    keep(td, listing(kind, "n"), "part")
    assert after(td, {"p": "a", "n": None}, {"p": "b", "n": "x"}, {"p": "c"}) == expected


def test_distinct_values_are_distinct_by_value_and_may_be_anything(td: Shop) -> None:
    keep(td, listing("distinct_list", "n", maxItems=100), "part")
    values = [["x"], ["x"], {"y": 1}, 1, "1"]
    assert after(td, *[{"p": f"p-{at}", "n": value} for at, value in enumerate(values)]) == [["x"], {"y": 1}, 1, "1"]


def test_true_is_another_value_than_1_and_1_the_same_as_1_0(td: Shop) -> None:
    keep(td, listing("distinct_list", "n", maxItems=100), "part")
    seen = after(td, *[{"p": f"p-{at}", "n": value} for at, value in enumerate([1, True, 1.0, False, 0])])
    assert list(map(repr, seen)) == ["1", "True", "False", "0"]


@pytest.mark.parametrize("value", [None, ["x"], {"x": 1}])
def test_an_event_without_a_plain_id_is_no_item(td: Shop, value: Any) -> None:
    keep(td, listing(), "part")
    assert after(td, {"p": "shoe"}, {"p": value}) == ["shoe"]


@pytest.mark.proves("treasuredata.data_types")
def test_a_numeric_id_is_the_same_item_as_its_numeral(td: Shop) -> None:
    keep(td, listing("sum", "n"), "part")
    assert after(td, {"p": 7, "n": 1}, {"p": "7", "n": 5}) == 5


def test_a_key_event_can_remove_an_item_or_clear_the_list(td: Shop) -> None:
    removal = {
        "action": "delete_item",
        "realtimeKeyEventId": "carts",
        "filterRule": column("do", "Equal", rightValue="-"),
    }
    clearing = {"action": "clear", "realtimeKeyEventId": "carts", "filterRule": column("do", "Equal", rightValue="0")}
    keep(td, listing(actions=[removal, clearing]), "part")
    after(td, {"p": "shoe"}, {"p": "tent"}, {"p": "boat"})
    cart = {"client": "c-1"}
    assert td.attributes({**cart, "do": "-", "p": "tent"}, "carts", "cart")["a"] == ["shoe", "boat"]
    assert td.attributes({**cart, "do": "-", "p": "none"}, "carts", "cart")["a"] == ["shoe", "boat"]
    assert td.attributes({**cart, "do": "0"}, "carts", "cart") == {}
    assert after(td, {"p": "tent"}) == ["tent"]


def test_an_aggregation_may_take_the_time_of_the_items(td: Shop) -> None:
    keep(td, listing("max", "time"), "part")
    assert after(td, {"p": "a", "time": NOW - 20}, {"p": "b", "time": NOW - 10}) == NOW - 10


# counter --------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("treasuredata.counter_attributes")
def test_a_sliding_counter_counts_what_is_within_its_window(td: Shop) -> None:
    keep(td, counter())
    assert after(td, {}, {}) == 2
    td.wait(1800)
    assert after(td, {}) == 3
    td.wait(1799)
    assert now(td) == 3
    td.wait(1)
    assert now(td) == 1
    td.wait(1800)
    assert now(td) is None
    assert after(td, {}) == 1


def test_a_sliding_counter_counts_by_the_events_own_time(td: Shop) -> None:
    keep(td, counter())
    assert after(td, {"time": NOW - 3599}, {"time": NOW - 3600}, {"time": NOW - 10}) == 2
    td.wait(1)
    assert now(td) == 1


def test_a_sliding_counter_has_a_value_per_sub_duration(td: Shop) -> None:
    parts = [{"identifier": "last_minute", **MINUTE}, {"identifier": "last_hour", **HOUR}]
    made = counter(duration=DAY, subDurations=parts)
    shown = section(attributes={one: ("a", one) for one in ("last_minute", "last_hour")})
    td.open(shop(realtime_attributes=[made], realtime_personalizations=sections(shown)))
    events = [{"client": "c-1", "time": NOW - age} for age in (7200, 1800, 30, 0)]
    assert [td.attributes(event) for event in events][-1] == {"last_minute": 2, "last_hour": 3}


@pytest.mark.proves("treasuredata.counter_attributes")
def test_a_total_counter_never_forgets(td: Shop) -> None:
    keep(td, counter(counterType="total", duration=MINUTE))
    after(td, {}, {}, {"time": 0})
    td.wait(10**8)
    assert now(td) == 3


@pytest.mark.parametrize("kind", ["sliding", "total"])
def test_a_counter_can_add_up_a_column(td: Shop, kind: str) -> None:
    keep(td, counter(counterType=kind, increment={"type": "field", "value": "n"}))
    assert after(td, {"n": "x"}, {}, {"n": None}, {"n": True}) is None
    assert after(td, {"n": 2}, {"n": "3"}, {"n": -1}, {"q": 9}) == 4
    assert after(td, {"n": 0.5}) == 4.5


@pytest.mark.parametrize("kind", ["sliding", "total"])
def test_sums_stay_within_what_json_can_carry(td: Shop, kind: str) -> None:
    keep(td, counter(counterType=kind, increment={"type": "field", "value": "n"}))
    assert after(td, {"n": 2**63 - 1}, {"n": 1}) == float(2**63)
    assert after(td, {"n": 1e308}, {"n": 1e308}) == 1.7976931348623157e308


def test_a_window_may_be_a_year_of_minutes(td: Shop) -> None:
    keep(td, counter(duration={"value": 525_600, "unit": "minute"}))
    assert after(td, {}) == 1
    td.wait(365 * 86_400 - 1)
    assert now(td) == 1
    td.wait(1)
    assert now(td) is None


def test_a_const_increment_may_be_any_number_from_one_on(td: Shop) -> None:
    keep(td, counter(increment={"type": "const", "value": 2.5}))
    assert after(td, {}, {}) == 5.0


def test_a_counter_over_many_seconds_keeps_its_sum_and_stays_small(td: Shop) -> None:
    keep(td, counter(duration=DAY))
    for age in range(MOST_STEPS + 44, 0, -1):
        td.send({"client": "c-1", "time": NOW - age})
    assert now(td) == MOST_STEPS + 44
    [profile] = td.stored("profiles")
    assert len(profile["states"]["a"]["steps"]) <= MOST_STEPS


# all ------------------------------------------------------------------------------------------------------------------


def test_attributes_of_two_profiles_do_not_meet(td: Shop) -> None:
    keep(td, counter())
    assert td.attributes({"client": "c-1"}) == {"a": 1}
    assert td.attributes({"client": "c-2"}) == {"a": 1}
    assert td.attributes({"client": "c-1"}) == {"a": 2}


@pytest.mark.proves("treasuredata.batch_link", "treasuredata.imported_attributes")
def test_an_imported_attribute_is_the_batch_profiles_column(td: Shop) -> None:
    td.open(
        shop(
            realtime_attributes=[{"identifier": "one", "type": "imported", "column": "n"}],
            realtime_imported_attributes=[{"column": "list"}, {"id": "9", "identifier": "gone", "column": "missing"}],
            batch_profiles=[{"key": "a", "attributes": {"n": 1.5, "list": ["x"]}}],
            realtime_personalizations=sections(section(attributes={"one": "one", "list": "list", "gone": "9"})),
        )
    )
    assert td.attributes({"email": "a"}) == {"one": 1.5, "list": ["x"]}
