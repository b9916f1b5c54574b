"""Event search: which events, in which order, and the exact shape of an answer."""

from collections.abc import Callable
from typing import Any

import pytest

from emulator.core.clock import SECOND
from tests.vendors.primedata.workspace import EVENTS, NOT_FOUND, Caller, validation_error

TIMES = {
    "e1": ("Viewed", "2024-01-03T00:00:00Z"),
    "e2": ("Bought", "2024-01-01T00:00:00Z"),
    "e3": ("Viewed", "2024-01-02T00:00:00.000000001Z"),
    "e4": ("Refunded", "2024-01-02T00:00:00Z"),
    "e5": ("Bought", "2024-01-03T00:00:00Z"),
    "later": ("Viewed", "2024-06-01T12:00:00.5Z"),
}


def event(event_id: str, name: str, time_stamp: str, **more: Any) -> dict[str, Any]:
    return {"id": event_id, "profile_id": "ann", "event_name": name, "time_stamp": time_stamp, **more}


ARRIVED = [event(event_id, name, moment) for event_id, (name, moment) in TIMES.items()]


@pytest.fixture
def history(caller: Caller, workspace: Callable[..., None]) -> Caller:
    workspace(events=ARRIVED)
    return caller


@pytest.mark.proves("primedata.operation.searchEvents", "primedata.answer_shape")
def test_an_event_has_the_documented_members_in_their_order(caller: Caller, workspace: Callable[..., None]) -> None:
    workspace(
        events=[
            event(
                "shop.Bought.1", "Bought", "2024-01-01T10:00:00.999Z", sent_at="2024:01:01T10:01:00Z",
                properties={"z": 1, "a": [None, "Sơn"], "at": "2023-05-21T11:48:23"},
            )
        ]
    )  # fmt: skip
    response = caller.events(profile_id="ann")
    assert response.status_code == 200
    assert response.text == (
        '{"data":[{"properties":{"z":1,"a":[null,"Sơn"],"at":"2023-05-21T11:48:23"},"id":"shop.Bought.1",'
        '"profile_id":"ann","event_name":"Bought","time_stamp":"2024:01:01T10:00:00Z",'
        '"sent_at":"2024:01:01T10:01:00Z","input_schema_version":"0.2"}],"cursor":{"has_more":false,"next":""}}'
    )
    assert response.headers["content-type"] == "application/json"


@pytest.mark.proves("primedata.time_format", "primedata.default.time_format")
@pytest.mark.parametrize(
    ("setting", "time_stamp"), [("colon", "2024:01:01T00:00:00Z"), ("iso", "2024-01-01T00:00:00Z")]
)
def test_the_pattern_of_times_is_a_setting(
    caller: Caller, workspace: Callable[..., None], setting: str, time_stamp: str
) -> None:
    workspace(settings={"time_format": setting}, events=[event("e", "Viewed", "2024-01-01", sent_at="2024-01-01")])
    (seen,) = caller.events(profile_id="ann").json()["data"]
    assert (seen["time_stamp"], seen["sent_at"]) == (time_stamp, time_stamp)
    assert caller.profile(profile_id="ann").json()["data"]["last_updated"] == "2024-01-02T03:04:05Z"


def test_an_event_without_a_sending_time_has_the_moment_it_was_received(
    caller: Caller, workspace: Callable[..., None]
) -> None:
    workspace(events=[event("e", "Viewed", "2024-01-01", input_schema_version="7")])
    (seen,) = caller.events(profile_id="ann").json()["data"]
    assert (seen["sent_at"], seen["input_schema_version"]) == ("2024:06:01T12:00:00Z", "7")


def test_a_profile_without_events_has_an_empty_list_and_a_cursor_all_the_same(caller: Caller) -> None:
    response = caller.events(profile_id="bob")
    assert response.status_code == 200
    assert response.content == b'{"data":[],"cursor":{"has_more":false,"next":""}}'


@pytest.mark.parametrize("who", [{"profile_id": "nobody"}, {"identities": {"email": ["nobody's"]}}])
def test_events_of_an_unknown_profile_are_404(caller: Caller, who: Any) -> None:
    response = caller.events(**who)
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


def test_events_are_found_by_identity_and_are_those_of_that_profile_only(history: Caller) -> None:
    assert history.ids(identities={"phone_number": ["0123456789"]}) == history.ids(profile_id="ann")
    assert history.ids(identities={"phone_number": ["84912345678"]}) == []


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("asc", ["e2", "e4", "e3", "e1", "e5"]),
        ("desc", ["e5", "e1", "e3", "e4", "e2"]),
        (None, ["e1", "e2", "e3", "e4", "e5"]),
    ],
)
def test_events_come_by_time_and_arrival_or_as_they_arrived(history: Caller, sort: str | None, ids: list[str]) -> None:
    assert history.ids(profile_id="ann", sort=sort) == ids


@pytest.mark.proves("primedata.default_order", "primedata.default.default_order")
@pytest.mark.parametrize(
    ("setting", "ids"),
    [
        ("arrival", ["e1", "e2", "e3", "e4", "e5"]),
        ("asc", ["e2", "e4", "e3", "e1", "e5"]),
        ("desc", ["e5", "e1", "e3", "e4", "e2"]),
    ],
)
def test_the_order_without_sort_is_a_setting_and_an_assumption(
    caller: Caller, workspace: Callable[..., None], setting: str, ids: list[str]
) -> None:
    workspace(settings={"default_order": setting}, events=ARRIVED)
    assert caller.ids(profile_id="ann") == ids
    assert caller.events(profile_id="ann").headers["x-emulator-provenance"] == "assumed"
    assert caller.events(profile_id="ann", sort="asc").headers["x-emulator-provenance"] == "inferred"


@pytest.mark.parametrize("sort", ["ASC", "Desc", "ascending", "", " asc"])
def test_other_orders_are_refused(history: Caller, sort: str) -> None:
    response = history.events(profile_id="ann", sort=sort)
    assert (response.status_code, response.json()) == (400, validation_error(f"Invalid Sort {sort}"))


@pytest.mark.parametrize(
    ("bounds", "ids"),
    [
        ({"start": "2024-01-01T00:00:00Z"}, ["e4", "e3", "e1", "e5"]),
        ({"start": "2024-01-02"}, ["e3", "e1", "e5"]),
        ({"start": "2024-01-02T00:00:00.000000001Z"}, ["e1", "e5"]),
        ({"start": "2024-01-02T07:00:00+07:00"}, ["e3", "e1", "e5"]),
        ({"start": "2024:01:02T00:00:00Z"}, ["e3", "e1", "e5"]),
        ({"end": "2024-01-02"}, ["e2"]),
        ({"end": "2024-01-02T00:00:00.000000001Z"}, ["e2", "e4"]),
        ({"end": "2024-01-02T00:00:00.000000002Z"}, ["e2", "e4", "e3"]),
        ({"start": "2024-01-01", "end": "2024-01-03"}, ["e4", "e3"]),
        ({"start": "2024-01-03", "end": "2024-01-01"}, []),
        ({"start": "2024-01-02", "end": "2024-01-02"}, []),
        ({"start": "0001-01-01", "end": "9999-12-31"}, ["e2", "e4", "e3", "e1", "e5", "later"]),
        ({"start": "9999-12-31"}, []),
        ({"end": "0001-01-01"}, []),
        ({"start": None, "end": None}, ["e2", "e4", "e3", "e1", "e5"]),
    ],
)
@pytest.mark.parametrize("sort", ["asc", "desc", None])
def test_bounds_are_strict_and_in_every_order_the_same(
    history: Caller, bounds: Any, ids: list[str], sort: str | None
) -> None:
    seen = history.ids(profile_id="ann", sort=sort, **bounds)
    assert sorted(seen) == sorted(ids)
    if sort == "asc":
        assert seen == ids
    if sort == "desc":
        assert seen == ids[::-1]


def test_events_of_the_future_show_up_when_their_time_has_come(history: Caller) -> None:
    assert "later" not in history.ids(profile_id="ann")
    assert "later" in history.ids(profile_id="ann", end="2025-01-01")
    history.world.clock.advance(SECOND)
    assert "later" in history.ids(profile_id="ann")


@pytest.mark.parametrize("field", ["start", "end"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("abc", "abc"),
        ("", ""),
        ("2024-13-01", "2024-13-01"),
        (1704067200, "1704067200"),
        (1.5, "1.5"),
        (True, "true"),
        (["2024-01-01"], "[2024-01-01]"),
        ({"a": None, "b": [1, "x"]}, "{a=null, b=[1, x]}"),
    ],
)
def test_anything_but_a_date_is_refused(history: Caller, field: str, value: Any, text: str) -> None:
    response = history.events(profile_id="ann", **{field: value})
    assert (response.status_code, response.json()) == (400, validation_error(f"Invalid {field.title()} {text}"))


def test_the_jvms_text_of_a_map_of_lists(history: Caller) -> None:
    body = (
        b'{"profile_id": "ann", "start": {"phone_numdber": ["0123456789"], '
        b'"zalo": ["a", "b, c", null, 84912345678, 1.5, true], "empty": [], "nul": null, "map": {}}}'
    )
    assert history.call(EVENTS, body).json() == validation_error(
        "Invalid Start {phone_numdber=[0123456789], zalo=[a, b, c, null, 84912345678, 1.5, true], empty=[], "
        "nul=null, map={}}"
    )


@pytest.mark.proves("primedata.naive_times")
def test_a_date_without_an_offset_is_an_assumption(history: Caller) -> None:
    zoned = history.events(profile_id="ann", sort="asc", start="2024-01-01T00:00:00Z")
    naive = history.events(profile_id="ann", sort="asc", start="2024-01-01T00:00:00")
    assert zoned.content == naive.content
    assert zoned.headers["x-emulator-provenance"] == "inferred"
    assert naive.headers["x-emulator-provenance"] == "assumed"


@pytest.mark.parametrize(
    ("include", "ids"),
    [
        (["Viewed"], ["e3", "e1"]),
        (["Bought", "Refunded"], ["e2", "e4", "e5"]),
        (["Refunded", "Bought", "Refunded"], ["e2", "e4", "e5"]),
        (["Viewed", "Bought", "Refunded", "identify"], ["e2", "e4", "e3", "e1", "e5"]),
        (["SaveEntity"], []),
        ([], ["e2", "e4", "e3", "e1", "e5"]),
    ],
)
def test_include_chooses_events_by_name_in_every_order(history: Caller, include: list[str], ids: list[str]) -> None:
    assert history.ids(profile_id="ann", sort="asc", include=include) == ids
    assert history.ids(profile_id="ann", sort="desc", include=include) == ids[::-1]
    assert history.ids(profile_id="ann", include=include) == sorted(ids)


@pytest.mark.parametrize(
    ("include", "shown"), [(["Viewd"], "[Viewd]"), (["Viewed", "b", "viewed", "b", ""], "[b, viewed, b, ]")]
)
def test_every_included_event_must_exist_in_the_catalogue(history: Caller, include: list[str], shown: str) -> None:
    response = history.events(profile_id="ann", include=include)
    assert (response.status_code, response.json()) == (400, validation_error(f"Invalid Include {shown}"))


@pytest.mark.parametrize("limit", [0, -1, -(10**30)])
def test_a_limit_below_one_is_refused(history: Caller, limit: int) -> None:
    response = history.events(profile_id="ann", limit=limit)
    assert (response.status_code, response.json()) == (400, validation_error(f"Invalid Limit {limit}"))


@pytest.mark.proves("primedata.clamped_limit", "primedata.default.limit_over_100")
@pytest.mark.parametrize("limit", [101, 10**30])
def test_a_limit_above_a_hundred_is_refused_or_by_setting_counts_as_a_hundred(
    caller: Caller, workspace: Callable[..., None], limit: int
) -> None:
    series = {"profile_id": "ann", "count": 120, "start": "2024-01-01", "event_names": ["Viewed"]}
    workspace(event_series=[series])
    response = caller.events(profile_id="ann", limit=limit)
    assert (response.status_code, response.json()) == (400, validation_error(f"Invalid Limit {limit}"))
    workspace(event_series=[series], settings={"limit_over_100": "clamp"})
    clamped = caller.events(profile_id="ann", limit=limit, sort="asc")
    assert len(clamped.json()["data"]) == 100
    assert clamped.headers["x-emulator-provenance"] == "assumed"
    assert caller.events(profile_id="ann", limit=0).status_code == 400


@pytest.mark.parametrize(("limit", "count"), [({}, 25), ({"limit": 1}, 1), ({"limit": 100}, 100)])
def test_a_page_has_twenty_five_events_unless_limit_says_otherwise(
    caller: Caller, workspace: Callable[..., None], limit: Any, count: int
) -> None:
    workspace(event_series=[{"profile_id": "ann", "count": 120, "start": "2024-01-01", "event_names": ["Viewed"]}])
    answer = caller.events(profile_id="ann", **limit).json()
    assert len(answer["data"]) == count
    assert answer["cursor"]["has_more"] is True


@pytest.mark.proves("primedata.error.invalid_field")
def test_fields_are_checked_in_the_documented_order_and_before_the_profile_is_looked_up(history: Caller) -> None:
    body = {"profile_id": "nobody", "start": "a", "end": "b", "include": ["c"], "sort": "d", "limit": 0, "cursor": "e"}
    messages = []
    for field in ("start", "end", "include", "sort", "limit", "cursor"):
        messages.append(history.events(**body).json()["error"]["message"])
        del body[field]  # type: ignore[arg-type]
    assert messages == [
        "Invalid Start a", "Invalid End b", "Invalid Include [c]", "Invalid Sort d", "Invalid Limit 0",
        "Invalid Cursor e",
    ]  # fmt: skip
    assert history.events(**body).json() == NOT_FOUND
