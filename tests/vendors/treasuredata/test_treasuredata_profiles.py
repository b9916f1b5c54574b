"""Id stitching: which ids make, join and merge profiles, what a merge does to attributes, and what it costs."""

import re
from typing import Any

import pytest

from emulator.vendors.treasuredata import tables
from tests.vendors.treasuredata.shop import NOW, Shop, section, sections, shop


def ids(td: Shop) -> dict[str, str]:
    """All ids of the world, each with the number of its profile, oldest profile 1."""
    order = [profile["rid"] for profile in td.stored("profiles")]
    return {f"{one['key']}:{one['value']}": str(order.index(one["rid"]) + 1) for one in td.stored("profile_ids")}


def test_unknown_ids_make_a_profile_with_all_of_them(td: Shop) -> None:
    td.send({"client": "c-1", "email": "a@example.com", "other": "x"})
    assert ids(td) == {"client:c-1": "1", "email:a@example.com": "1"}
    [profile] = td.stored("profiles")
    assert profile["created_at"] == NOW * 1_000_000


def test_a_rid_is_a_uuid_of_version_7_with_the_worlds_time_in_it(td: Shop) -> None:
    td.send({"client": "c-1"})
    [profile] = td.stored("profiles")
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", profile["rid"])
    assert int(profile["rid"].replace("-", "")[:12], 16) == NOW * 1_000


def test_the_same_seed_gives_the_same_rids(td: Shop) -> None:
    td.send({"client": "c-1"})
    first = td.stored("profiles")
    td.open()
    td.send({"client": "c-1"})
    assert td.stored("profiles") == first


def test_an_id_of_one_profile_brings_new_ids_to_it(td: Shop) -> None:
    td.send({"client": "c-1"})
    td.send({"client": "c-1", "email": "a@example.com"})
    td.send({"email": "a@example.com", "client": "c-2"})
    assert ids(td) == {"client:c-1": "1", "email:a@example.com": "1", "client:c-2": "1"}


def test_the_same_value_under_two_keys_is_two_ids(td: Shop) -> None:
    td.send({"client": "same"})
    td.send({"email": "same"})
    assert ids(td) == {"client:same": "1", "email:same": "2"}


@pytest.mark.proves("treasuredata.stitching")
def test_ids_of_two_profiles_merge_them_into_the_earlier_one(td: Shop) -> None:
    td.send({"client": "c-1"})
    earliest = td.stored("profiles")[0]["rid"]
    td.send({"email": "a@example.com"})
    td.send({"email": "a@example.com", "client": "c-1"})
    assert ids(td) == {"client:c-1": "1", "email:a@example.com": "1"}
    assert [profile["rid"] for profile in td.stored("profiles")] == [earliest]


@pytest.mark.parametrize("value", [1, 1.5, True, None, ["c-1"], {"id": "c-1"}, ""])
@pytest.mark.proves("treasuredata.no_id")
def test_a_value_that_is_no_text_is_no_id(td: Shop, value: Any) -> None:
    assert td.send({"client": value}).status_code == 204
    assert td.stored("profiles") == []
    assert len(td.stored("events")) == 1


def test_a_key_columns_pattern_and_texts_rule_values_out(td: Shop) -> None:
    setting = shop()["realtime_setting"]
    setting["keyColumns"] = [
        {"name": "client", "invalidTexts": ["undefined", "null"]},
        {"name": "email", "validRegexp": "^[^@]+@[^@]+$"},
    ]
    td.open(shop(realtime_setting=setting))
    for event in ({"client": "undefined"}, {"client": "null"}, {"email": "nobody"}, {"email": "a@b@c"}):
        td.send(event)
    assert ids(td) == {}
    td.send({"client": "Undefined", "email": "a@b"})
    assert ids(td) == {"client:Undefined": "1", "email:a@b": "1"}


def test_columns_that_are_no_keys_are_no_ids(td: Shop) -> None:
    td.send({"td_client_id": "c-1"})
    assert td.stored("profiles") == []


def test_beyond_two_hundred_ids_the_oldest_leave(td: Shop) -> None:
    for number in range(201):
        td.send({"email": "a@example.com", "client": f"c-{number}"})
    kept = ids(td)
    assert list(kept) == [f"client:c-{number}" for number in range(1, 201)]


def test_an_id_that_has_left_is_free_to_make_a_new_profile(td: Shop) -> None:
    for number in range(200):
        td.send({"email": "a@example.com", "client": f"c-{number}"})
    td.send({"client": "c-0"})
    assert [(one["profile_change_type"], one["current_id_attributes"]) for one in td.stored("id_changes")][-2:] == [
        ("profile_updated_by_stitching", None),
        ("profile_added", ["client:c-0"]),
    ]
    assert [[*ids(td).values()].count(profile) for profile in ("1", "2")] == [200, 1]


def test_a_merge_of_two_large_profiles_keeps_the_two_hundred_newest_ids(td: Shop) -> None:
    for number in range(120):
        td.send({"email": "a@example.com", "client": f"a-{number}"})
        td.send({"email": "b@example.com", "client": f"b-{number}"})
    td.send({"email": "a@example.com", "client": "b-119"})
    kept = ids(td)
    assert len(kept) == 200
    assert set(kept.values()) == {"1"}
    assert "client:a-119" in kept
    assert "client:a-0" not in kept
    assert len(td.stored("profiles")) == 1


def test_three_profiles_merge_at_once_and_the_log_names_both_that_are_gone(td: Shop) -> None:
    setting = shop()["realtime_setting"]
    setting["keyColumns"].append({"name": "phone"})
    td.open(shop(realtime_setting=setting))
    for event in ({"phone": "1"}, {"client": "c"}, {"email": "a"}):
        td.send(event)
        td.wait(1)
    first, second, third = (profile["rid"] for profile in td.stored("profiles"))
    td.send({"email": "a", "client": "c", "phone": "1"})
    assert [profile["rid"] for profile in td.stored("profiles")] == [first]
    logged = [
        (one["time"], one["profile_change_type"], one["current_rid"], one["merged_rids"])
        for one in td.stored("id_changes")
    ]
    assert logged[3:] == [
        (NOW + 3, "profile_updated_by_stitching", first, [second, third]),
        (NOW + 3, "profile_deleted_by_stitching", second, None),
        (NOW + 3, "profile_deleted_by_stitching", third, None),
    ]


def test_a_pattern_that_would_never_end_elsewhere_ends_at_once(td: Shop) -> None:
    setting = shop()["realtime_setting"]
    setting["keyColumns"][0]["validRegexp"] = "^(a+)+$"
    td.open(shop(realtime_setting=setting))
    td.send({"client": "a" * 32_000 + "!"})
    assert ids(td) == {}
    td.send({"client": "a" * 32_000})
    assert len(ids(td)) == 1


def test_a_key_column_that_is_internal_is_like_any_other(td: Shop) -> None:
    setting = shop()["realtime_setting"]
    setting["keyColumns"][0]["internal"] = True
    td.open(shop(realtime_setting=setting))
    td.send({"client": "c-1"})
    assert ids(td) == {"client:c-1": "1"}


def test_changes_of_ids_are_logged(td: Shop) -> None:
    td.send({"client": "c-1", "email": "a@example.com"})
    td.send({"client": "c-2"})
    td.send({"client": "c-2"})
    first, second = (profile["rid"] for profile in td.stored("profiles"))
    td.send({"client": "c-3", "email": "a@example.com"})
    td.wait(1)
    td.send({"client": "c-2", "email": "a@example.com"})
    about = {"parent_segment": "100", "event_type": "id", "reactor_instance_id": "8"}
    expected = [
        (NOW, "profile_added", ["client:c-1", "email:a@example.com"], first, None),
        (NOW, "profile_added", ["client:c-2"], second, None),
        (NOW, "profile_updated_by_stitching", None, first, []),
        (NOW + 1, "profile_updated_by_stitching", None, first, [second]),
        (NOW + 1, "profile_deleted_by_stitching", None, second, None),
    ]
    assert td.stored("id_changes") == [
        {
            "seq": number,
            **about,
            "time": time,
            "profile_change_type": change,
            "current_id_attributes": current,
            "current_rid": rid,
            "merged_rids": merged,
        }
        for number, (time, change, current, rid, merged) in enumerate(expected, 1)
    ]


ATTRIBUTES = [
    {"identifier": "last", "type": "single", "realtimeKeyEventId": "views", "valueColumn": "p", "dataType": "string"},
    {
        "identifier": "products",
        "type": "list",
        "realtimeKeyEventId": "views",
        "idColumn": "p",
        "fields": ["price"],
        "maxItems": 3,
        "duration": {"value": 1, "unit": "day"},
        "aggregations": [
            {"identifier": "names", "column": "p", "aggregationType": "distinct_list"},
            {"identifier": "total", "column": "price", "aggregationType": "sum"},
        ],
    },
    {
        "identifier": "views",
        "type": "counter",
        "realtimeKeyEventId": "views",
        "increment": {"type": "const", "value": 1},
        "duration": {"value": 1, "unit": "day"},
    },
    {
        "identifier": "spent",
        "type": "counter",
        "counterType": "total",
        "realtimeKeyEventId": "views",
        "increment": {"type": "field", "value": "price"},
    },
]
SEEN = {
    "last": "last",
    "names": ("products", "names"),
    "total": ("products", "total"),
    "views": "views",
    "spent": "spent",
}


@pytest.mark.proves("treasuredata.merging")
def test_a_merge_keeps_the_latest_single_adds_counters_and_unites_lists(td: Shop) -> None:
    offer = section(event="carts", attributes=SEEN)
    td.open(shop(realtime_attributes=ATTRIBUTES, realtime_personalizations=sections(offer)))
    for event in (
        {"client": "c-1", "p": "shoe", "price": 10, "time": NOW - 50},
        {"client": "c-1", "p": "tent", "price": 20, "time": NOW - 10},
        {"client": "c-2", "p": "shoe", "price": 12, "time": NOW - 20},
        {"client": "c-2", "p": "boat", "price": 30, "time": NOW - 40},
    ):
        td.send(event)
    td.send({"client": "c-2", "email": "a@example.com"}, "/treasuredata/shop_db/carts")
    merged = td.attributes({"client": "c-1", "email": "a@example.com"}, "carts")
    assert merged == {"last": "tent", "names": ["shoe", "boat", "tent"], "total": 62, "views": 4, "spent": 72}
    [profile] = td.stored("profiles")
    assert list(profile["states"]) == ["last", "products", "views", "spent"]


def test_a_merge_adds_up_sub_durations_each_within_its_own_window(td: Shop) -> None:
    counter = {
        **ATTRIBUTES[2],
        "subDurations": [
            {"identifier": "minute", "value": 1, "unit": "minute"},
            {"identifier": "hour", "value": 1, "unit": "hour"},
        ],
    }
    parts = {"minute": ("views", "minute"), "hour": ("views", "hour")}
    offer = section(event="carts", attributes=parts)
    td.open(shop(realtime_attributes=[counter], realtime_personalizations=sections(offer)))
    for client, age in (("c-1", 3_599), ("c-1", 30), ("c-2", 3_600), ("c-2", 59), ("c-2", 30)):
        td.send({"client": client, "time": NOW - age})
    td.send({"client": "c-2", "email": "a"}, "/treasuredata/shop_db/carts")
    assert td.attributes({"client": "c-1", "email": "a"}, "carts") == {"minute": 3, "hour": 4}
    td.wait(1)
    assert td.attributes({"client": "c-1"}, "carts") == {"minute": 2, "hour": 3}


def test_a_merge_does_not_remember_when_an_item_that_has_left_appeared(td: Shop) -> None:
    offer = section(event="carts", attributes={"names": ("products", "names")})
    td.open(shop(realtime_attributes=ATTRIBUTES, realtime_personalizations=sections(offer)))
    td.send({"client": "c-1", "p": "shoe"})
    td.wait(86_400)
    td.send({"client": "c-2", "p": "tent"})
    td.send({"client": "c-2", "p": "shoe"})
    td.send({"client": "c-2", "email": "a"}, "/treasuredata/shop_db/carts")
    assert td.attributes({"client": "c-1", "email": "a"}, "carts") == {"names": ["tent", "shoe"]}


def test_of_equal_times_the_order_of_arrival_counts_in_a_merge_too(td: Shop) -> None:
    offer = section(event="carts", attributes=SEEN)
    td.open(shop(realtime_attributes=ATTRIBUTES, realtime_personalizations=sections(offer)))
    for client, product in (("c-1", "shoe"), ("c-1", "tent"), ("c-2", "boat")):
        td.send({"client": client, "p": product})
    td.send({"client": "c-2", "email": "a@example.com"}, "/treasuredata/shop_db/carts")
    merged = td.attributes({"client": "c-1", "email": "a@example.com"}, "carts")
    assert (merged["last"], merged["names"]) == ("boat", ["shoe", "tent", "boat"])


def test_a_merge_keeps_no_more_items_than_the_list_may_have(td: Shop) -> None:
    offer = section(event="carts", attributes=SEEN)
    td.open(shop(realtime_attributes=ATTRIBUTES, realtime_personalizations=sections(offer)))
    for number in range(6):
        td.send({"client": f"c-{number % 2}", "p": f"p-{number}", "time": NOW - 60 + number})
    td.send({"client": "c-1", "email": "a"}, "/treasuredata/shop_db/carts")
    assert td.attributes({"client": "c-0", "email": "a"}, "carts")["names"] == ["p-3", "p-4", "p-5"]


def test_a_profile_is_linked_to_the_batch_profile_of_its_first_matching_value(td: Shop) -> None:
    td.open(
        shop(
            realtime_imported_attributes=[{"column": "name"}],
            batch_profiles=[
                {"key": "b@example.com", "attributes": {"name": "Bea"}},
                {"key": "c@example.com", "attributes": {"name": "Cem"}},
            ],
            realtime_personalizations=sections(section(attributes={"name": "name"})),
        )
    )
    assert td.attributes({"client": "c-1", "email": "a@example.com"}) == {}
    assert td.attributes({"client": "c-1", "email": "b@example.com"}) == {"name": "Bea"}
    assert td.attributes({"client": "c-1", "email": "c@example.com"}) == {"name": "Bea"}


def test_only_the_lookup_key_links_to_a_batch_profile(td: Shop) -> None:
    td.open(
        shop(
            realtime_imported_attributes=[{"column": "name"}],
            batch_profiles=[{"key": "c-1", "attributes": {"name": "Bea"}}],
            realtime_personalizations=sections(section(attributes={"name": "name"})),
        )
    )
    assert td.attributes({"client": "c-1"}) == {}
    assert td.attributes({"email": "c-1"}) == {"name": "Bea"}


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (tables.FIND_API_KEY, {"value": "x"}),
        (tables.FIND_TOKEN, {"value": "x"}),
        (tables.FIND_CONFIGURATION, {"parent_segment": "x"}),
        (tables.FIND_PROFILE, {"parent_segment": "x", "key": "x", "value": "x"}),
        (tables.FIND_BATCH_PROFILE, {"owner": "x", "key": "x"}),
        (tables.COUNT_IDS, {"owner": "x"}),
        (tables.EJECT_IDS, {"owner": "x", "surplus": 1}),
        (tables.MOVE_IDS, {"old": "x", "new": "y"}),
        (tables.SAVE_STATES, {"owner": "x", "content": "{}"}),
        (tables.FIND_CATALOG_ROWS, {"parent_segment": "x", "catalog": "x", "keys": '["x", "y"]'}),
        (tables.REMOVE_PROFILE, {"old": "x"}),
    ],
)
def test_no_statement_of_a_call_walks_through_a_table(td: Shop, statement: Any, values: dict[str, Any]) -> None:
    with td.world.turn:
        plan = td.world.store.plan(statement, **values)
    assert plan
    walks = [step for step in plan if "SCAN" in step or "TEMP B-TREE" in step]
    assert not [step for step in walks if "VIRTUAL TABLE" not in step]  # the list of keys that is bound
