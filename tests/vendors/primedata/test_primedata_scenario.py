"""The scenario's section: what it may say, and the path that a mistake is reported under."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ksuid import Ksuid

from emulator.control.scenario import ScenarioError
from emulator.core.clock import LATEST, SECOND, Micros, parse_rfc3339
from emulator.core.store import Store
from emulator.core.work import Work
from emulator.vendors.primedata import VENDOR
from emulator.vendors.primedata.service.identities import new_ksuid
from tests.vendors.primedata.workspace import KEY, WORKSPACE, Caller

Load = Callable[..., None]
EVENT = {"id": "e", "profile_id": "ann", "event_name": "Viewed", "time_stamp": "2024-01-01"}
CART_ID = {"type": "string", "alias": "cartId", "title": "Cart"}
SCHEMA = {"alias": "A", "title": "A", "properties": {"cartId": CART_ID}}
SERIES = {"profile_id": "ann", "count": 3, "start": "2024-01-01", "event_names": ["Viewed"]}


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"api_key": []}, "primedata.api_key: unknown key, did you mean api_keys?"),
        ({"api_keys": ["with space"]}, "primedata.api_keys[0]: String should match pattern"),
        ({"api_keys": [KEY, KEY]}, f"primedata.api_keys[1]: {KEY!r} is here already"),
        ({"identity_config": [{"name": "a"}]}, "primedata.identity_config[0].priority: this key is required"),
        (
            {"identity_config": [{"name": "a", "priority": 1}, {"name": "a", "priority": 2}]},
            "primedata.identity_config[1]: 'a' is here already",
        ),
        ({"event_catalogue": [{"name": "A"}, {"name": "A"}]}, "primedata.event_catalogue[1]: 'A' is here already"),
        (
            {"sources": [{"id": "JS-1", "write_key": "k"}, {"id": "JS-1", "write_key": "l"}]},
            "primedata.sources[1]: 'JS-1' is here already",
        ),
        ({"sources": [{"id": "JS 1", "write_key": "k"}]}, "primedata.sources[0].id: String should match pattern"),
        (
            {"event_catalogue": [{"name": "A", "required": ["b"], "properties": {"a": "string"}}]},
            "primedata.event_catalogue[0].required[0]: 'b' is none of the properties",
        ),
        (
            {"event_schemas": [{"alias": "A", "title": "A"}]},
            "primedata.event_schemas[0].properties: this key is required",
        ),
        (
            {"event_schemas": [{**SCHEMA, "isPublish": False}]},
            "primedata.event_schemas[0].isPublish: Input should be True",
        ),
        ({"event_schemas": [SCHEMA, SCHEMA]}, "primedata.event_schemas[1]: 'A' is here already"),
        (
            {"event_schemas": [SCHEMA], "event_catalogue": [{"name": "A"}]},
            "primedata.event_schemas[0]: 'A' is here already",
        ),
        (
            {"event_schemas": [{**SCHEMA, "required": ["cartid"]}]},
            "primedata.event_schemas[0].required[0]: 'cartid' is none of the properties",
        ),
        (
            {"event_schemas": [{**SCHEMA, "properties": {"id": CART_ID}}]},
            "primedata.event_schemas[0].properties.id.alias: must be the property's key, 'id'",
        ),
        (
            {"event_schemas": [{**SCHEMA, "properties": {"cartId": {**CART_ID, "type": "integer"}}}]},
            "primedata.event_schemas[0].properties.cartId.type: Input should be",
        ),
        ({"profiles": [{"profile_id": "x"}, {"profile_id": "x"}]}, "primedata.profiles[1]: the id 'x' belongs to"),
        ({"profiles": [{"profile_id": "x", "aliases": ["x"]}]}, "primedata.profiles[0]: the id 'x' belongs to"),
        ({"profiles": [{"identity": {"nick": ["n"]}}]}, "primedata.profiles[0].identity.nick: 'nick' is not in"),
        (
            {"profiles": [{"identity": {"email": ["a"]}}, {"identity": {"email": ["b", "a"]}}]},
            "primedata.profiles[1].identity.email: 'a' belongs to profiles[0] already: a value identifies one profile",
        ),
        ({"profiles": [{"identity": {"email": []}}]}, "primedata.profiles[0].identity.email: List should have"),
        ({"profiles": [{"last_updated": "soon"}]}, "primedata.profiles[0].last_updated: 'soon' is no moment"),
        ({"profiles": [{"trait": {"n": 2**70}}]}, "primedata.profiles[0].trait: cannot be written as JSON"),
        (
            {"profiles": [{"p_trait": {"n": [float("nan")]}}]},
            "primedata.profiles[0].p_trait: cannot be written as JSON",
        ),
        ({"events": [{**EVENT, "profile_id": "eve"}]}, "primedata.events[0].profile_id: no profile has the id 'eve'"),
        ({"events": [{**EVENT, "event_name": "Wept"}]}, "primedata.events[0].event_name: 'Wept' is not in"),
        ({"events": [{**EVENT, "time_stamp": "1600-01-01"}]}, "primedata.events[0].time_stamp: moments lie between"),
        ({"events": [{**EVENT, "sent_at": "x"}]}, "primedata.events[0].sent_at: 'x' is no moment"),
        ({"event_series": [{**SERIES, "event_names": ["Wept"]}]}, "primedata.event_series[0].event_names: 'Wept'"),
        ({"event_series": [{**SERIES, "every": "1y"}]}, "primedata.event_series[0].every"),
        ({"event_series": [{**SERIES, "every": "99999w"}]}, "primedata.event_series[0]: moments lie between"),
        ({"event_series": [{**SERIES, "count": 0}]}, "primedata.event_series[0].count"),
        ({"settings": {"time_format": "unix"}}, "primedata.settings.time_format"),
        ({"settings": {"requests_per_second": -1}}, "primedata.settings.requests_per_second"),
    ],
)
def test_a_mistake_is_reported_under_its_path(workspace: Load, section: dict[str, Any], problem: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        workspace(**section)
    assert refused.value.problems[0].startswith(problem), refused.value.problems


def test_a_workspace_left_out_knows_no_key(caller: Caller, load: Load) -> None:
    load({})
    assert caller.profile(profile_id="ann").status_code == 401


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2023-01-01T20:00:00Z", "2023:01:01T20:00:00Z"),
        ("2023:01:01T20:00:00Z", "2023:01:01T20:00:00Z"),
        ("2023-01-01T20:00:00.123456789+07:00", "2023:01:01T13:00:00Z"),
        ("2023-01-01", "2023:01:01T00:00:00Z"),
        ("-3d", "2024:05:29T12:00:00Z"),
    ],
)
def test_times_of_a_scenario_are_iso_or_colons_or_a_distance(
    caller: Caller, workspace: Load, text: str, shown: str
) -> None:
    workspace(events=[{**EVENT, "time_stamp": text}])
    assert caller.events(profile_id="ann").json()["data"][0]["time_stamp"] == shown


def test_nanoseconds_of_a_scenario_are_kept(caller: Caller, workspace: Load) -> None:
    workspace(events=[{**EVENT, "time_stamp": "2024-01-01T00:00:00.000000002Z"}])
    assert caller.ids(profile_id="ann", start="2024-01-01T00:00:00.000000001Z") == ["e"]
    assert caller.ids(profile_id="ann", start="2024-01-01T00:00:00.000000002Z") == []


def test_built_in_events_exist_without_being_listed_and_may_be_given_a_version(caller: Caller, workspace: Load) -> None:
    events = [{**EVENT, "event_name": name} for name in ("identify", "SaveEntity")]
    workspace(events=events, event_catalogue=[{"name": "identify", "schema_version": "3"}])
    data = caller.events(profile_id="ann", include=["SaveEntity", "identify"]).json()["data"]
    assert [(one["event_name"], one["input_schema_version"]) for one in data] == [
        ("identify", "3"),
        ("SaveEntity", "0.1"),
    ]


def test_a_series_fills_its_templates(caller: Caller, workspace: Load) -> None:
    properties = {"sequence": "{i}", "text": "no. {i:03} {event_name} {other}", "deep": [{"i": "{i}"}], "n": 1}
    workspace(
        event_catalogue=[{"name": "Viewed"}, {"name": 'Say "hi"', "schema_version": "9"}],
        event_series=[
            {
                "profile_id": "ann", "count": 3, "start": "2024-01-01T00:00:00Z", "every": "2h", "sent_after": 90,
                "event_names": ["Viewed", 'Say "hi"'], "id": "{event_name}/{i:04}/{i}", "properties": properties,
            }
        ],
    )  # fmt: skip
    data = caller.events(profile_id="ann", sort="asc").json()["data"]
    assert [(one["id"], one["time_stamp"], one["sent_at"], one["input_schema_version"]) for one in data] == [
        ("Viewed/0000/0", "2024:01:01T00:00:00Z", "2024:01:01T00:01:30Z", "0.1"),
        ('Say "hi"/0001/1', "2024:01:01T02:00:00Z", "2024:01:01T02:01:30Z", "9"),
        ("Viewed/0002/2", "2024:01:01T04:00:00Z", "2024:01:01T04:01:30Z", "0.1"),
    ]
    assert data[1]["properties"] == {
        "sequence": 1,
        "text": 'no. 001 Say "hi" {other}',
        "deep": [{"i": 1}],
        "n": 1,
    }


def test_series_and_events_arrive_in_the_order_in_which_they_are_written(caller: Caller, workspace: Load) -> None:
    workspace(
        events=[{**EVENT, "time_stamp": "2024-05-01"}],
        event_series=[{**SERIES, "id": "late.{i}", "start": "2024-03-01"}, {**SERIES, "id": "early.{i}"}],
    )
    ids = caller.ids(profile_id="ann")
    assert ids == ["e", "late.0", "late.1", "late.2", "early.0", "early.1", "early.2"]


def test_all_that_a_workspace_holds_is_stored(caller: Caller, workspace: Load) -> None:
    schema = {"required": ["at"], "properties": {"at": "string"}}
    source = {"id": "JS-2K7QRzns7Gpw4n4Q4RADtFpmhnm", "write_key": "wk", "name": "shop"}
    workspace(sources=[source], event_catalogue=[{"name": "Viewed", **schema}])
    tables = {table.name: caller.world.store.dump(table) for table in VENDOR.tables}
    assert tables["primedata_source"] == [source]
    assert {"name": "Viewed", "version": "0.1", "schema": schema} in tables["primedata_event_type"]


def test_an_event_schema_is_registered_as_the_app_api_takes_it(caller: Caller, workspace: Load) -> None:
    full = {
        **SCHEMA,
        "description": "Something",
        "isPublish": True,
        "conversion": True,
        "tags": ["shop"],
        "required": ["cartId"],
        "properties": {"cartId": {**CART_ID, "description": "Of the cart"}},
    }
    workspace(event_schemas=[full], events=[{**EVENT, "event_name": "A"}])
    assert caller.ids(profile_id="ann", include=["A"]) == ["e"]
    rows = caller.world.store.dump(VENDOR.metadata.tables["primedata_event_type"])
    schema = {"required": ["cartId"], "properties": {"cartId": "string"}}
    assert {"name": "A", "version": "0.1", "schema": schema} in rows


# ids ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "raw", "moment"),
    [
        ("0ujtsYcgvSTl8PAuAdqWYSMnLOv", "0669F7EFB5A1CD34B5F99D1154FB6853345C9735", "2017-10-10T04:00:47Z"),
        ("2K7QRzns7Gpw4n4Q4RADtFpmhnm", None, "2023-01-10T03:58:56Z"),
        ("2Q5OFD0h3NdANoqIJhHzTnto3ay", None, "2023-05-21T03:31:09Z"),
        ("2YhQlO5kmTIRCu22QrO9BmgwbIy", None, "2023-11-26T05:11:21Z"),
        ("aWgEPTl1tmebfsQzFP4bxwgy80V", "FF" * 20, "2150-06-19T23:21:35Z"),
        ("0" * 27, "00" * 20, "2014-05-13T16:53:20Z"),
    ],
)
def test_known_ids_are_ksuids_and_the_library_agrees(text: str, raw: str | None, moment: str) -> None:
    ksuid = Ksuid.from_base62(text)
    assert str(ksuid) == text
    assert ksuid.timestamp * SECOND == parse_rfc3339(moment)
    assert raw is None or bytes(ksuid).hex().upper() == raw


def work_at(now: Micros, seed: int = 1) -> Work:
    return Work(Store([VENDOR.metadata]), now, Random(seed), VENDOR.settings())


def test_a_new_id_is_a_ksuid_of_the_worlds_clock_and_randomness() -> None:
    now = parse_rfc3339("2024-06-01T12:00:00Z")
    made = new_ksuid(work_at(now))
    assert made == new_ksuid(work_at(now))
    assert made != new_ksuid(work_at(now, seed=2))
    assert Ksuid.from_base62(made).timestamp * SECOND == now


@given(st.integers(-10 * SECOND, LATEST), st.integers())
def test_a_new_id_has_twenty_seven_characters_at_any_time(now: Micros, seed: int) -> None:
    made = new_ksuid(work_at(now, seed))
    assert len(made) == 27
    assert made.isalnum()


def test_a_profile_planted_without_an_id_gets_one_and_the_same_after_a_reset(caller: Caller, load: Load) -> None:
    section = {**WORKSPACE, "profiles": [{"identity": {"email": ["new@shop.example"]}}]}
    ids = set()
    for _ in range(2):
        load({"clock": "2024-06-01T12:00:00Z", "seed": "s", "primedata": section})
        ids.add(caller.profile(identities={"email": ["new@shop.example"]}).json()["data"]["profile_id"])
    (only,) = ids
    assert Ksuid.from_base62(only).timestamp * SECOND == parse_rfc3339("2024-06-01T12:00:00Z")
    assert caller.profile(profile_id=only).status_code == 200
