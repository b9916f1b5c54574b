"""Backfills: what the batch side knew before, and the events that count on top of it."""

from typing import Any

import pytest

from tests.vendors.treasuredata.shop import NOW, Refused, Shop, section, sections, shop, whole

BACKFILL = {"attributeIdentifier": "base", "timestampIdentifier": "base_at"}
HOUR = {"value": 1, "unit": "hour"}


def counter(**parts: Any) -> dict[str, Any]:
    return {
        "identifier": "a",
        "type": "counter",
        "counterType": "total",
        "realtimeKeyEventId": "views",
        "increment": {"type": "const", "value": 1},
        "backfill": BACKFILL,
        **parts,
    }


def single(**parts: Any) -> dict[str, Any]:
    return {
        "identifier": "a",
        "type": "single",
        "realtimeKeyEventId": "views",
        "valueColumn": "p",
        "dataType": "string",
        "backfill": BACKFILL,
        **parts,
    }


def known(td: Shop, attribute: dict[str, Any], part: str | None = None, **columns: Any) -> None:
    """A shop that shows this attribute on any event, and knows one customer `ana` with these columns."""
    wanted = {"a": ("a", part) if part else "a"}
    td.open(
        shop(
            realtime_attributes=[attribute],
            realtime_imported_attributes=[{"column": "base"}, {"column": "base_at"}],
            batch_profiles=[{"key": "ana", "attributes": columns}],
            realtime_personalizations=sections(section(attributes=wanted), section("cart", "carts", attributes=wanted)),
        )
    )


def after(td: Shop, *events: dict[str, Any]) -> Any:
    """The attribute after these events of `ana`."""
    for event in events:
        td.send({"email": "ana", **event})
    return td.attributes({"email": "ana"}, "carts", "cart").get("a")


@pytest.mark.proves("treasuredata.backfill")
def test_a_total_counter_starts_from_its_base_and_adds_what_came_after_the_last_refresh(td: Shop) -> None:
    known(td, counter(), base=10, base_at=NOW - 100)
    assert after(td) == 10
    assert after(td, {"time": NOW - 99}) == 11
    assert after(td, {"time": NOW - 100}, {"time": NOW - 5_000}) == 11
    assert after(td, {}, {}) == 13


def test_events_before_the_profile_was_known_count_by_the_same_rule(td: Shop) -> None:
    known(td, counter(), base=10, base_at=NOW - 100)
    for age in (200, 100, 50):
        td.send({"client": "c", "time": NOW - age})
    assert td.attributes({"client": "c"}, "carts", "cart") == {"a": 3}
    assert td.attributes({"client": "c", "email": "ana"}, "carts", "cart") == {"a": 11}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"base": 10, "base_at": "2026-01-05T08:59:00Z"}, 12),
        ({"base": 10, "base_at": str(NOW - 60)}, 12),
        ({"base": "10.5", "base_at": NOW - 60}, 12.5),
        ({"base": 10, "base_at": NOW + 60}, 10),
        ({"base": 10}, 13),
        ({"base": 10, "base_at": "long ago"}, 13),
        ({"base": None, "base_at": NOW - 60}, 3),
        ({"base": "many", "base_at": NOW - 60}, 3),
        ({"base_at": NOW - 60}, 3),
        ({}, 3),
    ],
)
def test_without_a_base_all_events_count_and_without_its_moment_they_count_on_top(
    td: Shop, columns: dict[str, Any], expected: Any
) -> None:
    known(td, counter(), **columns)
    assert after(td, {"time": NOW - 61}, {"time": NOW - 59}, {}) == expected


def test_a_total_counter_without_backfill_starts_from_nothing(td: Shop) -> None:
    known(td, counter(backfill=None), base=10, base_at=NOW - 100)
    assert after(td) is None
    assert after(td, {"time": 0}, {}) == 2


def test_merged_profiles_share_one_base_and_add_up_the_events_after_it(td: Shop) -> None:
    known(td, counter(increment={"type": "field", "value": "n"}), base=10, base_at=NOW - 100)
    td.send({"client": "c", "n": 3, "time": NOW - 100})
    td.send({"client": "c", "n": 4, "time": NOW - 50})
    assert after(td, {"n": 5, "time": NOW - 50}, {"n": 7}) == 22
    assert td.attributes({"client": "c", "email": "ana"}, "carts", "cart") == {"a": 26}
    assert len(td.stored("profiles")) == 1


def test_a_sliding_counter_takes_its_base_for_an_increment_at_its_moment(td: Shop) -> None:
    known(td, counter(counterType="sliding", duration=HOUR), base=10, base_at=NOW - 3_000)
    assert after(td, {"time": NOW - 3_300}, {"time": NOW - 10}) == 11
    td.wait(599)
    assert after(td) == 11
    td.wait(1)
    assert after(td) == 1


def test_sub_durations_of_a_sliding_counter_know_no_base(td: Shop) -> None:
    parts = [{"identifier": "minute", "value": 1, "unit": "minute"}, {"identifier": "hour", **HOUR}]
    made = counter(counterType="sliding", duration=HOUR, subDurations=parts)
    known(td, made, "hour", base=10, base_at=NOW - 30)
    assert after(td, {"time": NOW - 40}, {"time": NOW - 10}) == 2


def test_a_single_attribute_is_the_batch_value_until_a_later_event(td: Shop) -> None:
    known(td, single(), base="tent", base_at=NOW - 100)
    assert after(td) == "tent"
    assert after(td, {"p": "shoe", "time": NOW - 101}) == "tent"
    assert after(td, {"p": "boat", "time": NOW - 100}) == "boat"
    assert after(td, {"p": "sock"}) == "sock"


def test_a_batch_value_of_unknown_age_gives_way_to_any_event(td: Shop) -> None:
    known(td, single(), base="tent")
    assert after(td) == "tent"
    assert after(td, {"p": "shoe", "time": 0}) == "shoe"


def test_a_batch_value_is_kept_as_the_attributes_type(td: Shop) -> None:
    known(td, single(dataType="number"), base="12", base_at=NOW)
    assert after(td) == 12
    known(td, single(dataType="number"), base="twelve", base_at=NOW)
    assert after(td, {"p": 3, "time": NOW - 10}) == 3


def test_a_batch_value_is_gone_after_the_duration_too(td: Shop) -> None:
    known(td, single(duration=HOUR), base="tent", base_at=NOW - 3_000)
    assert after(td, {"p": "shoe", "time": NOW - 3_300}) == "tent"
    td.wait(599)
    assert after(td) == "tent"
    td.wait(1)
    assert after(td) is None


def test_an_event_that_is_gone_leaves_a_batch_value_of_unknown_age(td: Shop) -> None:
    known(td, single(duration=HOUR), base="tent")
    assert after(td, {"p": "shoe"}) == "shoe"
    td.wait(3_600)
    assert after(td) == "tent"


def test_backfills_name_imported_attributes_batch_attributes_or_columns(td: Shop) -> None:
    made = counter(backfill={"attributeIdentifier": "orders", "timestampIdentifier": "refreshed"})
    segment = shop(
        realtime_attributes=[made],
        realtime_imported_attributes=[{"id": "7", "identifier": "orders", "column": "order_count"}],
        batch_profiles=[{"key": "ana", "attributes": {"order_count": 5, "time": NOW - 10}}],
        realtime_personalizations=sections(section("cart", "carts", attributes={"a": "a"})),
    )
    segment["realtime_setting"]["batchAttributes"] = [{"column": "time", "name": "refreshed"}]
    td.open(segment)
    assert after(td, {}, {"time": NOW - 11}) == 6


def test_a_backfill_of_what_no_batch_profile_has_is_refused(refused: Refused) -> None:
    made = shop(
        realtime_attributes=[counter(backfill={"attributeIdentifier": "base", "timestampIdentifier": "bas_at"})],
        batch_profiles=[{"key": "ana", "attributes": {"base": 1, "base_at": 2}}],
    )
    assert refused(whole(made)) == (
        "parent_segments[0].realtime_attributes[0].backfill.timestampIdentifier: there is no batch attribute 'bas_at', "
        "did you mean base_at?"
    )


# imported -------------------------------------------------------------------------------------------------------------


def test_batch_attributes_of_the_setting_are_imported_under_their_names(td: Shop) -> None:
    segment = shop(
        realtime_imported_attributes=[{"id": "tier", "column": "level", "sensitive": True}],
        batch_profiles=[{"key": "ana", "attributes": {"tier": "gold", "level": 3, "name": "Ana"}}],
        realtime_personalizations=sections(section(attributes={"n": "first", "t": "tier", "l": "level"})),
    )
    segment["realtime_setting"]["batchAttributes"] = [
        {"column": "tier"},
        {"column": "level"},
        {"column": "name", "name": "first"},
    ]
    td.open(segment)
    assert td.attributes({"email": "ana"}) == {"n": "Ana", "l": 3}
