"""What is known of an answer: which choices it relies on, and what is left of the APIs for who wants no guesses."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.vendors.primedata.tracking import ADDITIONS, CONTEXT, NOTHING, SMILE, Tracker, event, identify
from tests.vendors.primedata.workspace import EVENTS, PROFILES, Caller

Load = Callable[..., None]
SHAPE = ["answer_shape", "operation.searchEvents"]
SHOWN = ["answer_shape", "time_format", "operation.searchEvents"]


def history(*days: int) -> list[dict[str, Any]]:
    """Ann's views, one at noon of each of these days of January, in this order of arrival."""
    viewed = {"profile_id": "ann", "event_name": "Viewed"}
    return [{**viewed, "id": f"e{day}", "time_stamp": f"2024-01-{day:02}T12:00:00Z"} for day in days]


def relied(caller: Caller, answer: httpx.Response) -> list[str]:
    """The entries that shaped the answer, each once, in the order in which they did."""
    told = caller.client.get(f"/_emulator/requests/{answer.headers['x-emulator-request-id']}/explain").json()
    return list(dict.fromkeys(entry["id"].removeprefix("primedata.") for entry in told["provenance"]["entries"]))


def distrust(caller: Caller, level: str = "assumed") -> None:
    assert caller.client.patch("/_emulator/provenance", json={"fail_on": level}).status_code == 200


def state(caller: Caller) -> Any:
    return caller.client.get("/_emulator/state?vendor=primedata").json()


def levels(*answers: httpx.Response) -> list[tuple[int, str]]:
    return [(answer.status_code, answer.headers["x-emulator-provenance"]) for answer in answers]


# the documented flows -------------------------------------------------------------------------------------------------


def test_the_documented_profile_look_up_is_documented_to_the_letter(caller: Caller) -> None:
    distrust(caller, "observed")
    answers = [
        caller.profile(identities={"phone_number": ["0123456789"]}),
        caller.profile(identities={"email": ["ann@shop.example", "a@shop.example"], "phone_number": ["0123456789"]}),
        caller.profile(profile_id="ann"),
        caller.profile(profile_id="ann", identities={"phone_number": ["0123456789"]}),
        caller.profile(profile_id="ann", type=["trait", "ptrait", "identity"]),
        caller.profile(profile_id="ann", include=["full_name", "phone_number", "ltv"]),
    ]
    assert levels(*answers) == [(200, "documented")] * 6
    assert levels(caller.profile(identities={"phone_numdber": ["0123456789"]})) == [(400, "documented")]
    assert levels(caller.client.post(PROFILES, json={"profile_id": "ann"})) == [(401, "documented")]


def test_the_documented_event_search_rests_on_no_guess(caller: Caller, workspace: Load) -> None:
    workspace(events=history(1, 2, 3))
    distrust(caller)
    first = caller.events(identities={"phone_number": ["0123456789"]}, sort="asc", limit=2)
    following = first.json()["cursor"]["next"]
    answers = [
        first,
        caller.events(identities={"phone_number": ["0123456789"]}, sort="asc", limit=2, cursor=following),
        caller.events(profile_id="ann", start="2006-01-02", end="2018-01-02", sort="desc", limit=12),
        caller.events(profile_id="ann", include=["Viewed", "Bought"], sort="desc"),
        caller.events(profile_id="bob"),
    ]
    assert levels(*answers) == [(200, "inferred")] * 5
    assert levels(caller.events(profile_id="nobody")) == [(404, "inferred")]
    assert levels(caller.events(limit=1)) == [(400, "inferred")]


@pytest.mark.parametrize("path", [SMILE, CONTEXT])
def test_the_documented_tracking_rests_on_no_guess(tracker: Tracker, path: str) -> None:
    distrust(tracker.caller)
    told = {"sessionId": "s-1", "events": [identify(None, email="new@shop.example", full_name="New")]}
    bought = {"sessionId": "s-1", "events": [event("demo-check-out", {"total": 1.5})]}
    answers = [tracker.send(path, body) for body in (told, bought)]
    assert levels(*answers) == [(200, "inferred")] * 2
    assert {answer.json()["profileId"] for answer in answers} == {
        tracker.profile(email="new@shop.example")["profile_id"]
    }
    assert levels(tracker.send(path, {"events": [event("Viewed", source={**NOTHING, "itemId": ""})]})) == [
        (422, "documented")
    ]


# what relies on what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ({"profile_id": "ann"}, []),
        ({"identities": {"email": ["ann@shop.example"]}}, []),
        ({"identities": {"email": ["ann@shop.example", "a@shop.example"]}}, []),
        ({"identities": {"email": ["ann@shop.example", "nobody's"]}}, ["identity_matching"]),
        ({"identities": {"email": ["nobody's"], "phone_number": ["0123456789"]}}, ["identity_matching"]),
        ({"identities": {"phone_number": [84912345678]}}, ["identity_texts"]),
        (
            {"identities": {"email": ["ann@shop.example"], "phone_number": ["84912345678"]}},
            ["identity_matching", "several_profiles"],
        ),
        ({"profile_id": "ann-before-merge"}, ["merged_profiles"]),
        ({"profile_id": "ann", "type": ["identity", "trait", "ptrait"]}, []),
        ({"profile_id": "ann", "type": ["trait"]}, ["sections"]),
        ({"profile_id": "ann", "include": ["full_name", "email", "ltv"]}, []),
        ({"profile_id": "ann", "include": ["full_name", "email", "ltv", "nowhere"]}, ["sections"]),
        ({"profile_id": "ann", "include": ["full_name", "email"]}, ["sections"]),
        ({"profile_id": "ann", "include": []}, ["search_bodies"]),
        ({"profile_id": "ann", "identities": None}, ["search_bodies"]),
        ({"profile_id": "", "identities": {"email": ["ann@shop.example"]}}, ["search_bodies"]),
        ({"profile_id": "ann", "unknown": 1}, ["search_bodies"]),
    ],
)
def test_a_profile_relies_on_what_the_request_makes_necessary(caller: Caller, body: Any, rules: list[str]) -> None:
    answer = caller.profile(**body)
    assert answer.status_code == 200
    assert relied(caller, answer) == [*rules, "operation.searchProfiles"]


def test_a_refused_name_relies_on_a_reading_where_it_is_one_of_several(caller: Caller) -> None:
    alone = caller.profile(identities={"nick": ["a"]})
    assert relied(caller, alone) == ["error.validation_error"]
    for identities in ({"nick": ["a", "b"]}, {"nick": ["a"], "email": ["ann@shop.example"]}):
        answer = caller.profile(identities=identities)
        assert relied(caller, answer) == ["invalid_identities", "error.validation_error"]


def test_who_is_not_found_relies_on_no_choice_between_several(caller: Caller) -> None:
    answer = caller.profile(identities={"email": ["x", "y"], "phone_number": ["z"]})
    assert relied(caller, answer) == ["error.not_found"]


@pytest.mark.parametrize(
    ("search", "rules"),
    [
        ({}, ["default_order", *SHOWN]),
        ({"limit": 1}, ["default_order", "cursor", *SHOWN]),
        ({"sort": "asc"}, SHOWN),
        ({"sort": "desc", "limit": 1}, ["cursor", *SHOWN]),
        ({"start": "2024-01-20T00:00:00Z"}, SHAPE),
        ({"start": "2024-01-08T00:00:00Z"}, SHOWN),
        ({"sort": "asc", "start": "2006-01-02"}, SHOWN),
        ({"sort": "asc", "end": "2024-01-30"}, SHOWN),
        ({"sort": "asc", "start": "2024-01-05T13:00:00"}, ["naive_times", *SHOWN]),
        ({"sort": "asc", "end": "2024-01-09"}, ["naive_times", *SHOWN]),
        ({"sort": "asc", "end": "2024-01-09", "include": ["Bought"]}, SHAPE),
        ({"include": ["identify"]}, ["built_in_events", *SHAPE]),
    ],
    ids=str,
)
def test_events_rely_on_what_shows_in_them(
    caller: Caller, workspace: Load, search: dict[str, Any], rules: list[str]
) -> None:
    workspace(events=history(5, 9))
    answer = caller.events(profile_id="ann", **search)
    assert answer.status_code == 200
    assert sorted(relied(caller, answer)) == sorted(rules)


def test_a_cursor_without_sort_relies_on_the_order_however_little_is_left(caller: Caller, workspace: Load) -> None:
    workspace(events=history(5, 9))
    following = caller.events(profile_id="ann", limit=1).json()["cursor"]["next"]
    last = caller.events(profile_id="ann", cursor=following)
    assert len(last.json()["data"]) == 1
    assert sorted(relied(caller, last)) == sorted(["cursor", "default_order", *SHOWN])


def test_a_refused_search_relies_on_nothing_but_its_refusal(caller: Caller) -> None:
    answer = caller.events(profile_id="nobody", start="2024-01-01")
    assert relied(caller, answer) == ["error.not_found"]


@pytest.mark.parametrize(
    ("events", "body", "rules"),
    [
        ([event("Viewed")], {}, ["lone_events"]),
        ([event("Viewed", id="1", profileId="ann")], {}, ["given_profiles", "last_updated", "tracked_events"]),
        ([event("Viewed", id="1", profileId="?")], {}, ["given_profiles", "lone_events"]),
        ([event("Viewed", id="1")], {"sessionId": "s"}, ["anonymous_sessions", "tracked_events"]),
        ([event("Viewed")], {"sessionId": "s"}, ["anonymous_sessions", "event_ids", "tracked_events"]),
        ([event("Viewed", id="1")], {"sessionId": "anns"}, ["last_updated", "sessions", "tracked_events"]),
        (
            [event("Viewed", id="1", profileId="ann")],
            {"sessionId": "anns"},
            ["last_updated", "sessions", "tracked_events"],
        ),
        (
            [event("Viewed", id="1", profileId="bob")],
            {"sessionId": "anns"},
            ["given_profiles", "last_updated", "sessions", "tracked_events"],
        ),
        (
            [event("Viewed", {"a": 1}, id="1")],
            {"sessionId": "anns"},
            ["last_updated", "open_schemas", "sessions", "tracked_events"],
        ),
        (
            [event("Viewed", id="1"), event("Bought", id="2")],
            {"sessionId": "anns"},
            ["last_updated", "sessions", "tracked_events"],
        ),
        (
            [event("Viewed", id="1", sessionId="anns"), event("Bought", id="2")],
            {},
            ["last_updated", "lone_events", "processed_events", "sessions", "tracked_events"],
        ),
    ],
)
def test_tracking_relies_on_what_becomes_of_its_events(
    tracker: Tracker, events: list[Any], body: dict[str, Any], rules: list[str]
) -> None:
    tracker.took(identify("anns", email="ann@shop.example"))
    answer = tracker.smile(*events, **body)
    assert answer.status_code == 200
    assert sorted(relied(tracker.caller, answer)) == sorted([*rules, "operation.smile"])


@pytest.mark.parametrize(
    ("changes", "body", "tolerated"),
    [
        ({}, {"sessionId": "s", "sendAt": "2024-05-21T10:00:00Z"}, False),
        ({"sessionId": "s"}, {"sessionId": "s"}, False),
        ({"sessionId": "t"}, {"sessionId": "s"}, True),
        ({"properties": []}, {}, True),
        ({"properties": None}, {}, True),
        ({"target": {**NOTHING, "properties": None}}, {}, True),
        ({"source": {**NOTHING, "properties": None}}, {}, True),
        ({"target": None}, {}, True),
        ({"target": {**NOTHING, "scope": None}}, {}, True),
        ({"itemType": "event"}, {}, True),
        ({}, {"source": NOTHING}, True),
    ],
    ids=str,
)
def test_tracking_relies_on_tolerance_where_the_rules_are_not_kept(
    tracker: Tracker, changes: dict[str, Any], body: dict[str, Any], tolerated: bool
) -> None:
    answer = tracker.smile({**event("Viewed"), **changes}, **body)
    assert answer.status_code == 200
    assert ("tracking_tolerance" in relied(tracker.caller, answer)) == tolerated


@pytest.mark.parametrize("path", [SMILE, CONTEXT])
def test_tracking_from_a_page_relies_on_what_pages_are_told(tracker: Tracker, path: str) -> None:
    body = {"events": [event("Viewed")]}
    assert "pages" not in relied(tracker.caller, tracker.send(path, body))
    assert "pages" in relied(tracker.caller, tracker.send(path, body, Origin="https://shop.example"))


# no guesses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "entry"),
    [
        (PROFILES, {"profile_id": "ann-before-merge"}, "merged_profiles"),
        (PROFILES, {"identities": {"email": ["ann@shop.example", "bob@shop.example"]}}, "several_profiles"),
        (PROFILES, {"identities": {"phone_number": [84912345678]}}, "identity_texts"),
        (PROFILES, {"profile_id": "ann", "unknown": 1}, "search_bodies"),
        (PROFILES, {"profile_id": "ann", "type": ["foo"]}, "error.invalid_field"),
        (EVENTS, {"profile_id": "ann"}, "default_order"),
        (EVENTS, {"profile_id": "ann", "sort": "asc", "end": "2024-01-02"}, "naive_times"),
        (EVENTS, {"profile_id": "ann", "sort": "asc", "limit": 0}, "error.invalid_field"),
        (EVENTS, {"profile_id": "ann", "sort": "asc", "limit": 101}, "error.invalid_field"),
        (EVENTS, {"profile_id": "ann", "sort": "asc", "cursor": "xyz"}, "error.invalid_field"),
        (SMILE, {"events": [event("Viewed")]}, "lone_events"),
        (SMILE, {"events": [event("Viewed", id="e1", profileId="ann")]}, "resent_events"),
        (SMILE, {"events": [event("Viewed", {"a": 1}, profileId="ann")]}, "open_schemas"),
        (
            SMILE,
            {"events": [identify("s", email="ann@shop.example"), identify("s", email="bob@shop.example")]},
            "merging",
        ),
        (CONTEXT, {"events": [identify("s", email="ann@shop.example", city="Vinh"), event("Viewed")]}, "lone_events"),
        (SMILE, "{", "error.tracking_bad_request"),
    ],
)
def test_who_wants_no_guesses_is_told_which_one_it_would_be_and_nothing_changes(
    tracker: Tracker, workspace: Load, path: str, body: Any, entry: str
) -> None:
    workspace(**ADDITIONS, events=history(1, 2))
    caller = tracker.caller
    distrust(caller)
    before = state(caller)
    answer = tracker.send(path, body) if path in (SMILE, CONTEXT) else caller.call(path, body)
    assert (answer.status_code, answer.headers["content-type"]) == (501, "application/problem+json")
    told = answer.json()
    assert (told["title"], told["entry"], told["level"]) == ("Only a guess", f"primedata.{entry}", "assumed")
    assert told["entry"] in told["detail"]
    assert state(caller) == before


@pytest.mark.parametrize(("path", "entry"), [(PROFILES, "method_not_allowed"), (SMILE, "tracking_method_not_allowed")])
def test_a_refused_method_is_a_guess(tracker: Tracker, path: str, entry: str) -> None:
    distrust(tracker.caller)
    assert tracker.caller.client.get(path).json()["entry"] == f"primedata.error.{entry}"


def test_a_clamped_limit_is_a_guess(caller: Caller, workspace: Load) -> None:
    workspace(settings={"limit_over_100": "clamp"})
    assert caller.events(profile_id="ann", sort="asc", limit=101).status_code == 200
    distrust(caller)
    assert caller.events(profile_id="ann", sort="asc", limit=101).json()["entry"] == "primedata.clamped_limit"
    assert caller.events(profile_id="ann", sort="asc", limit=100).status_code == 200


def test_the_entries_tell_what_of_the_limit_and_the_settings_is_known(caller: Caller) -> None:
    told = caller.client.get("/_emulator/provenance?vendor=primedata").json()["entries"]
    known = {entry["id"]: entry["level"] for entry in told if entry["kind"] in ("limit", "default")}
    assert known == {
        "primedata.limit.requests": "inferred",
        "primedata.default.time_format": "inferred",
        "primedata.default.limit_over_100": "assumed",
        "primedata.default.default_order": "assumed",
        "primedata.default.requests_per_second": "inferred",
    }
