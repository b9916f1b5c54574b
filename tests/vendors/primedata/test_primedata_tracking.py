"""What is tracked is found: by the profile search, by the event search, in its order and page by page."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ksuid import Ksuid

from emulator.core.clock import MILLISECOND, SECOND, parse_rfc3339
from tests.vendors.primedata.tracking import ADDITIONS, CONTEXT, SMILE, Tracker, event, identify
from tests.vendors.primedata.workspace import NOW

Load = Callable[..., None]
both_calls = pytest.mark.parametrize("path", [SMILE, CONTEXT])


@both_calls
def test_one_identify_and_one_click_are_two_events_of_one_new_profile(tracker: Tracker, path: str) -> None:
    told = tracker.send(path, {"events": [identify("s-1", email="new@shop.example", full_name="New")]})
    clicked = tracker.send(path, {"events": [event("Viewed", {"clickedItem": "buy"})], "sessionId": "s-1"})
    profile_id = told.json()["profileId"]
    assert (clicked.json()["profileId"], clicked.json()["processedEvents"]) == (profile_id, 1)
    assert tracker.profile(email="new@shop.example") == {
        "profile_id": profile_id,
        "last_updated": NOW,
        "identity": {"email": ["new@shop.example"]},
        "trait": {"full_name": "New"},
        "p_trait": {},
    }
    assert [(one["event_name"], one["properties"]) for one in tracker.events(profile_id=profile_id)] == [
        ("identify", {}),
        ("Viewed", {"clickedItem": "buy"}),
    ]
    assert tracker.names(identities={"email": ["new@shop.example"]}, include=["Viewed"]) == ["Viewed"]


@pytest.mark.parametrize(
    "path_and_members",
    [
        (SMILE, ["processedEvents", "profileId"]),
        (
            CONTEXT,
            [
                "profileId", "sessionId", "profileProperties", "sessionProperties", "profileSegments",
                "filteringResults", "processedEvents", "personalizations", "trackedConditions", "anonymousBrowsing",
                "consents",
            ],
        ),
    ],
)  # fmt: skip
def test_the_two_calls_answer_in_their_own_shapes(tracker: Tracker, path_and_members: tuple[str, list[str]]) -> None:
    path, members = path_and_members
    response = tracker.send(path, {"events": [event("Viewed"), event("Bought")]})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == members
    assert (response.json()["processedEvents"], response.json()["profileId"]) == (2, None)


@pytest.mark.proves("primedata.operation.smile", "primedata.tracked_events")
def test_an_event_is_mapped_member_by_member(tracker: Tracker) -> None:
    tracker.took(identify("s", email="new@shop.example"))
    sent = event("demo-check-out", {"total": 12.5}, sendAt="2024-05-21T04:49:00.900Z", sessionId="s")
    profile_id = tracker.took(sent)
    assert "primedata.tracked_events" in tracker.relied()
    (found,) = tracker.events(profile_id=profile_id, include=["demo-check-out"])
    assert list(found) == [
        "properties", "id", "profile_id", "event_name", "time_stamp", "sent_at", "input_schema_version",
    ]  # fmt: skip
    assert {**found, "id": "any"} == {
        "properties": {"total": 12.5},
        "id": "any",
        "profile_id": profile_id,
        "event_name": "demo-check-out",
        "time_stamp": "2024:05:21T04:48:23Z",
        "sent_at": "2024:05:21T04:49:00Z",
        "input_schema_version": "0.3",
    }


@pytest.mark.parametrize(
    ("of_event", "of_body", "shown"),
    [
        ({"sendAt": "2024-01-01T00:00:00Z"}, {"sendAt": "2024-02-02T00:00:00Z"}, "2024:01:01T00:00:00Z"),
        ({}, {"sendAt": "2024-02-02T00:00:00+01:00"}, "2024:02:01T23:00:00Z"),
        ({"sendAt": None}, {"sendAt": None}, "2024:06:01T12:00:00Z"),
        ({}, {}, "2024:06:01T12:00:00Z"),
    ],
)
def test_sent_at_is_the_events_then_the_bodys_then_the_moment_of_receipt(
    tracker: Tracker, of_event: dict[str, Any], of_body: dict[str, Any], shown: str
) -> None:
    tracker.took(event("Viewed", profileId="ann", **of_event), **of_body)
    assert [one["sent_at"] for one in tracker.events(profile_id="ann")] == [shown]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2024-05-21T22:54:07.131Z", "2024:05:21T22:54:07Z"),
        ("2024-05-21T22:55:43+00:00", "2024:05:21T22:55:43Z"),
        ("2021-10-15T18:49:00+07:00", "2021:10:15T11:49:00Z"),
        ("2024-05-21", "2024:05:21T00:00:00Z"),
        ("2024-05-21T10:00:00", "2024:05:21T10:00:00Z"),
    ],
)
def test_times_are_iso_8601(tracker: Tracker, given: str, shown: str) -> None:
    tracker.took(event("Viewed", timeStamp=given, profileId="ann"))
    assert [one["time_stamp"] for one in tracker.events(profile_id="ann")] == [shown]


def test_milliseconds_are_kept_for_bounds_and_order(tracker: Tracker) -> None:
    for millisecond in (132, 131, 133):
        tracker.took(
            event("Viewed", {"ms": millisecond}, timeStamp=f"2024-05-21T10:00:00.{millisecond}Z", profileId="ann")
        )
    found = tracker.events(profile_id="ann", start="2024-05-21T10:00:00.131Z", sort="desc")
    assert [one["properties"]["ms"] for one in found] == [133, 132]


@pytest.mark.proves("primedata.open_schemas")
def test_properties_of_a_schema_are_trimmed_and_those_of_none_are_kept(tracker: Tracker) -> None:
    properties = {"x": [1, {"deep": None}], "total": 0, "coupon": "C", "skus": ["a", 1, None], "gift": False}
    tracker.took(event("demo-check-out", properties, profileId="ann"))
    assert "primedata.open_schemas" not in tracker.relied()
    tracker.took(event("Viewed", properties, profileId="ann"))
    assert "primedata.open_schemas" in tracker.relied()
    checked, open_ended = tracker.events(profile_id="ann")
    assert list(checked["properties"].items()) == [
        ("total", 0),
        ("coupon", "C"),
        ("skus", ["a", 1, None]),
        ("gift", False),
    ]
    assert open_ended["properties"] == properties


def test_a_catalogue_entry_with_properties_is_a_schema_too(tracker: Tracker, workspace: Load) -> None:
    catalogue = [
        {"name": "Rated", "required": ["stars"], "properties": {"stars": "number"}},
        {"name": "Shut", "properties": {}},
    ]
    workspace(sources=ADDITIONS["sources"], event_catalogue=catalogue)
    tracker.took(event("Rated", {"stars": 5, "by": "me"}, profileId="ann"), event("Shut", {"a": 1}, profileId="ann"))
    assert [one["properties"] for one in tracker.events(profile_id="ann")] == [{"stars": 5}, {}]
    assert tracker.violations(event("Rated")) == [("properties", "stars is required")]


@pytest.mark.proves("primedata.built_in_events")
@pytest.mark.parametrize("name", ["identify", "SaveEntity", "view", "open_app"])
def test_built_in_events_and_those_of_the_sdks_need_no_registration(tracker: Tracker, name: str) -> None:
    made = identify(email="ann@shop.example") if name == "identify" else event(name, {"url": "u"}, profileId="ann")
    assert tracker.took(made) == "ann"
    assert "primedata.built_in_events" in tracker.relied()
    assert tracker.names(profile_id="ann", include=[name]) == [name]


@pytest.mark.proves("primedata.event_ids")
def test_an_event_without_an_id_gets_a_ksuid_of_the_worlds_clock_and_seed(tracker: Tracker, workspace: Load) -> None:
    tracker.took(event("Viewed", profileId="ann"), event("Viewed", profileId="ann"))
    assert "primedata.event_ids" in tracker.relied()
    first, second = [one["id"] for one in tracker.events(profile_id="ann")]
    assert first != second
    assert Ksuid.from_base62(first).timestamp * SECOND == parse_rfc3339(NOW)


@pytest.mark.proves("primedata.resent_events")
def test_a_connectors_id_is_kept_and_sent_again_it_changes_nothing(tracker: Tracker) -> None:
    name = "30ShineMSSQL.Viewed.17484563"
    first = event("Viewed", {"n": 1}, id=name, profileId="ann")
    assert tracker.took(first) == "ann"
    tracker.caller.world.clock.advance(SECOND)
    assert tracker.took({**first, "properties": {"n": 2}}) == "ann"
    assert "primedata.resent_events" in tracker.relied()
    assert tracker.took(event("Bought", id=name, profileId="ann"), event("Bought", id=name, profileId="bob")) == "ann"
    assert [(one["event_name"], one["id"], one["properties"]) for one in tracker.events(profile_id="ann")] == [
        ("Viewed", name, {"n": 1}),
        ("Bought", name, {}),
    ]
    assert tracker.events(profile_id="bob") == []


def test_an_identify_sent_again_tells_no_traits_again(tracker: Tracker) -> None:
    old = {**identify(email="ann@shop.example", city="Huế"), "id": "once"}
    tracker.took(old)
    tracker.took(identify(email="ann@shop.example", city="Hội An"))
    assert tracker.took(old) == "ann"
    assert tracker.profile(email="ann@shop.example")["trait"]["city"] == "Hội An"


def test_an_event_of_the_scenario_counts_as_known(tracker: Tracker, workspace: Load) -> None:
    planted = {"id": "e", "profile_id": "bob", "event_name": "Viewed", "time_stamp": "2024-01-01"}
    workspace(**ADDITIONS, events=[planted])
    assert tracker.took(event("Viewed", id="e", profileId="ann")) == "bob"
    assert tracker.events(profile_id="ann") == []
    assert len(tracker.events(profile_id="bob")) == 1


def test_tracked_events_stand_behind_planted_ones_and_are_paged_with_them(tracker: Tracker, workspace: Load) -> None:
    planted = {"id": "e", "profile_id": "ann", "event_name": "Viewed", "time_stamp": "2024-05-30"}
    workspace(**ADDITIONS, events=[planted])
    tracker.took(*[event("Bought", id=f"t{day}", timeStamp=f"2024-05-0{day}", profileId="ann") for day in (3, 1, 2)])
    pages = tracker.caller.pages
    assert list(pages(profile_id="ann", limit=3)) == [["e", "t3", "t1"], ["t2"]]
    assert list(pages(profile_id="ann", limit=3, sort="asc")) == [["t1", "t2", "t3"], ["e"]]
    assert list(pages(profile_id="ann", limit=1, sort="desc", include=["Bought"])) == [["t3"], ["t2"], ["t1"]]


@pytest.mark.proves("primedata.last_updated")
def test_every_event_updates_its_profile(tracker: Tracker) -> None:
    tracker.caller.world.clock.advance(90 * SECOND + MILLISECOND)
    tracker.took(event("Viewed", profileId="ann"))
    assert "primedata.last_updated" in tracker.relied()
    assert tracker.profile(email="ann@shop.example")["last_updated"] == "2024-06-01T12:01:30Z"


def test_five_hundred_events_are_taken_in_one_call(tracker: Tracker) -> None:
    tracker.took(*[event("Viewed", {"n": n}, id=str(n)) for n in range(500)], sessionId="s", profileId="ann")
    assert [id for page in tracker.caller.pages(profile_id="ann", limit=100) for id in page] == [
        str(n) for n in range(500)
    ]


def test_of_a_call_with_one_bad_event_nothing_is_taken(tracker: Tracker) -> None:
    good = identify("s", email="ann@shop.example", city="Vinh")
    assert tracker.smile(good, event("Viewed", sessionId="s"), event("Wept")).status_code == 422
    assert tracker.events(profile_id="ann") == []
    assert tracker.profile(email="ann@shop.example")["trait"]["city"] == {"name": "Huế", "zip": 530000}
    assert tracker.took(event("Viewed", sessionId="s")) is None


def test_texts_of_all_languages_and_deep_values_are_found_as_they_were_sent(tracker: Tracker) -> None:
    deep: Any = "🛒\u0000"
    for _ in range(200):
        deep = [deep]
    tracker.took(event("Viewed", {"ĐỨC": deep, "big": 2**63, "f": 1e300}, profileId="ann", id="ключ::7"))
    (found,) = tracker.events(profile_id="ann")
    assert (found["id"], found["properties"]) == ("ключ::7", {"ĐỨC": deep, "big": 2**63, "f": 1e300})


def test_calls_at_the_same_time_take_turns(tracker: Tracker) -> None:
    barrier = threading.Barrier(8)

    def one(number: int) -> str | None:
        barrier.wait(10)
        return tracker.took(identify(f"s{number}", email="same@shop.example"), event("Viewed", sessionId=f"s{number}"))

    with ThreadPoolExecutor(8) as pool:
        profiles = set(pool.map(one, range(8)))
    assert len(profiles) == 1
    assert sorted(tracker.names(profile_id=profiles.pop(), limit=100)) == ["Viewed"] * 8 + ["identify"] * 8


def test_a_reset_forgets_what_was_tracked(tracker: Tracker) -> None:
    tracker.took(identify("s", email="new@shop.example"))
    assert tracker.caller.client.post("/_emulator/reset", json={}).status_code == 204
    assert tracker.caller.profile(identities={"email": ["new@shop.example"]}).status_code == 404
    assert tracker.took(event("Viewed", sessionId="s")) is None
