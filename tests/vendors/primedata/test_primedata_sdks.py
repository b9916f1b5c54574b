"""What the vendor's own SDKs send, member by member, is taken, and what they track is found."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.vendors.primedata.tracking import CONTEXT, KEYS, SMILE, SOURCE, WRITE_KEY, Tracker, event, identify

PAGE = "https://shop.example"
SESSION = "45d01662-45ad-4f52-9d4f-ef77fde0b17a"
JSON = {"Content-Type": "application/json;charset=UTF-8", "Accept": "application/json", "Origin": PAGE}
OLD_WEB = {"Content-Type": "text/plain;charset=UTF-8", "Accept": "application/json", "Origin": PAGE}
PHP = {"Content-Type": "application/json", "User-Agent": "Prime-PHP/0.0.1; (+https://www.primedata.ai/)"}
IOS = {
    "content-type": "text/plain;charset=UTF-8",
    "accept": "application/json",
    "x-client-id": SOURCE,
    "x-client-access-token": WRITE_KEY,
}


def posted(tracker: Tracker, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    given = {name.lower(): value for name, value in {**KEYS, **headers}.items()}
    response = tracker.caller.client.post(path, headers=given, content=json.dumps(body, separators=(",", ":")))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


# the SDK for pages ----------------------------------------------------------------------------------------------------


def page(path: str = "/cart") -> dict[str, Any]:
    info = {"pageName": "Cart", "pagePath": path, "destinationURL": PAGE + path, "referringURL": ""}
    properties = {"pageInfo": info, "attributes": [], "consentTypes": [], "interests": {}}
    return {"scope": SOURCE, "itemId": path, "itemType": "page", "properties": properties}


def first_call() -> dict[str, Any]:
    campaign = {"utm_name": "summer", "utm_source": "x", "screen": {"width": 1280, "height": 720}}
    device = {"device_id": "0123456789abcdef0123456789abcdef", "device_id_meta": {"components": []}}
    view = {
        "eventType": "view", "scope": SOURCE, "timeStamp": "2024-05-21T22:54:07.131Z", "target": page(),
        "source": {**page(), "itemId": f"{PAGE}/cart"},
    }  # fmt: skip
    return {
        "requiredProfileProperties": ["j:nodename"],
        "source": {**page(), "properties": {**page()["properties"], **campaign, **device}},
        "sendAt": "2024-05-21T22:54:07.140Z",
        "events": [view],
        "sessionId": SESSION,
    }


@pytest.mark.parametrize("headers", [JSON, OLD_WEB], ids=["JSON", "text"])
def test_a_page_loads_its_context_identifies_and_tracks(tracker: Tracker, headers: dict[str, str]) -> None:
    loaded = posted(tracker, CONTEXT, first_call(), headers)
    assert (loaded["profileId"], loaded["sessionId"], loaded["personalizations"]) == (None, SESSION, {})
    user = {
        "scope": SOURCE, "itemId": "_", "itemType": "analyticsUser",
        "properties": {"email": "new@shop.example", "birthday": "1990-05-01T00:00:00.000Z", "id": "u-7"},
    }  # fmt: skip
    told = {
        "eventType": "identify",
        "scope": SOURCE,
        "timeStamp": "2024-05-21T22:54:08.002Z",
        "target": user,
        "source": page(),
    }
    identified = posted(
        tracker, CONTEXT, {"events": [told], "sessionId": SESSION, "sendAt": "2024-05-21T22:54:08.003Z"}, headers
    )
    bought = {
        "eventType": "demo-check-out", "scope": SOURCE, "timeStamp": "2024-05-21T22:54:09.500Z",
        "target": page("/checkout"), "source": page(), "properties": {"total": 99.5, "at": "2024-05-21T11:48:23.000Z"},
    }  # fmt: skip
    tracked = posted(tracker, SMILE, {"events": [bought], "sessionId": SESSION}, headers)
    assert tracked == {"processedEvents": 1, "profileId": identified["profileId"]}
    assert tracker.profile(email="new@shop.example")["trait"] == {"birthday": "1990-05-01T00:00:00.000Z", "id": "u-7"}
    found = tracker.events(identities={"email": ["new@shop.example"]}, sort="asc")
    assert [(one["event_name"], one["time_stamp"], one["properties"]) for one in found] == [
        ("view", "2024:05:21T22:54:07Z", {}),
        ("identify", "2024:05:21T22:54:08Z", {}),
        ("demo-check-out", "2024:05:21T22:54:09Z", {"total": 99.5}),
    ]


def test_the_build_of_2020_identifies_by_smile(tracker: Tracker) -> None:
    user = {"scope": SOURCE, "itemId": "u-7", "itemType": "analyticsUser", "properties": {"email": "ann@shop.example"}}
    told = {
        "eventType": "identify",
        "scope": SOURCE,
        "timeStamp": "2024-05-21T22:54:08.002Z",
        "target": user,
        "source": page(),
    }
    assert posted(tracker, SMILE, {"events": [told], "sessionId": SESSION}, OLD_WEB)["profileId"] == "ann"
    assert "primedata.tracking_tolerance" in tracker.relied()


def test_the_host_of_older_sdks_has_the_calls_at_its_root(tracker: Tracker) -> None:
    server = str(tracker.caller.client.base_url.copy_with(path="/"))
    headers = {
        **KEYS, "Host": "powehi.primedata.ai", "X-Emulator-Namespace": tracker.caller.world.name,
    }  # fmt: skip
    for path in ("smile", "context"):
        response = httpx.post(f"{server}{path}", headers=headers, json={"events": [event("Viewed", profileId="ann")]})
        assert (response.status_code, response.json()["profileId"]) == (200, "ann")


# browsers -------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("primedata.pages")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(SMILE, marks=pytest.mark.proves("primedata.operation.smilePreflight")),
        pytest.param(CONTEXT, marks=pytest.mark.proves("primedata.operation.contextPreflight")),
    ],
)
def test_a_browser_may_ask_first_and_send_credentials(tracker: Tracker, path: str) -> None:
    asked = {
        "Origin": PAGE, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-client-access-token,x-client-id",
    }  # fmt: skip
    response = tracker.caller.client.options(path, headers=asked)
    assert (response.status_code, response.content) == (204, b"")
    assert "primedata.pages" in tracker.relied()
    assert response.headers["access-control-allow-origin"] == PAGE
    assert response.headers["access-control-allow-credentials"] == "true"
    assert response.headers["access-control-allow-methods"] == "POST"
    assert response.headers["access-control-allow-headers"] == "content-type, x-client-id, x-client-access-token"


@pytest.mark.parametrize("path", [SMILE, CONTEXT])
def test_a_page_may_read_answers_and_refusals(tracker: Tracker, path: str) -> None:
    client = tracker.caller.client
    refused = client.post(path, headers={"Origin": PAGE}, json={})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, PAGE)
    taken = client.post(path, headers={"Origin": PAGE, **KEYS}, json={"events": [event("Viewed")]})
    assert (taken.status_code, taken.headers["access-control-allow-origin"]) == (200, PAGE)
    assert taken.headers["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in client.post(path, headers=KEYS, json={}).headers


def test_the_searches_tell_browsers_nothing(tracker: Tracker) -> None:
    answer = tracker.caller.call("/primedata/pub/profiles/advanced-search", {"profile_id": "ann"}, Origin=PAGE)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


# sdk-php --------------------------------------------------------------------------------------------------------------


def php(event_type: str, **changes: Any) -> dict[str, Any]:
    """One event as Event::jsonSerialize makes it: PHP's empty array is a list."""
    made = {
        "scope": SOURCE, "eventType": event_type, "profileId": None, "itemType": "event",
        "timeStamp": "2024-05-21T22:55:43+00:00", "properties": [], "target": None,
        "source": {"itemType": "s2s", "itemId": SOURCE, "scope": SOURCE},
    }  # fmt: skip
    return {"events": [{**made, **changes}], "sendAt": "2024-05-21T22:55:44+00:00"}


def test_a_server_identifies_and_tracks_in_one_session(tracker: Tracker) -> None:
    user = {"itemType": "analyticsUser", "itemId": "u-9", "properties": {"email": "new@shop.example", "id": "u-9"}}
    profile_id = posted(tracker, CONTEXT, {"sessionId": "s-id", **php("identify", target=user)}, PHP)["profileId"]
    assert profile_id is not None
    report = {"itemType": "report", "itemId": "CDP solution", "properties": {"pages": 100}}
    tracked = {"sessionId": "s-id", **php("Viewed", properties={"in": "the morning"}, target=report)}
    assert posted(tracker, SMILE, tracked, PHP) == {"processedEvents": 1, "profileId": profile_id}
    viewed = tracker.events(profile_id=profile_id, include=["Viewed"])[0]
    assert (viewed["properties"], viewed["sent_at"]) == ({"in": "the morning"}, "2024:05:21T22:55:44Z")


@pytest.mark.proves("primedata.tracking_tolerance")
def test_a_server_tracks_nothing_but_a_name(tracker: Tracker) -> None:
    assert posted(tracker, SMILE, php("Viewed", profileId="ann"), PHP)["profileId"] == "ann"
    assert "primedata.tracking_tolerance" in tracker.relied()
    assert [one["properties"] for one in tracker.events(profile_id="ann")] == [{}]
    source = {"itemType": "site", "itemId": "primedata.ai", "properties": [], "scope": SOURCE}
    target = {"itemType": "report", "itemId": "r", "properties": []}
    assert posted(tracker, SMILE, php("Viewed", source=source, target=target), PHP)["profileId"] is None


# analytics-ios --------------------------------------------------------------------------------------------------------


def test_a_phone_keeps_the_profile_that_it_was_told(tracker: Tracker) -> None:
    device = {"scope": SOURCE, "itemId": "device", "itemType": "device", "properties": {"os": "iOS 17"}}
    opened = {
        "eventType": "open_app", "scope": SOURCE, "timeStamp": "2024-05-21T22:54:07.131Z", "target": device,
        "source": device, "properties": {"version": "1.0"},
    }  # fmt: skip
    assert posted(tracker, CONTEXT, {"sessionId": "i-1", "events": [opened]}, IOS)["profileId"] is None
    known = {"id": "u-9", "device_id": "D-1", "advertisingId": None, "email": "new@shop.example"}
    user = {"scope": SOURCE, "itemId": "_", "itemType": "analyticsUser", "properties": known}
    told = {**opened, "eventType": "identify", "target": user, "properties": {}}
    profile_id = posted(tracker, CONTEXT, {"sessionId": "i-1", "events": [told]}, IOS)["profileId"]
    later = {"sessionId": "i-2", "profileId": profile_id, "events": [{**opened, "eventType": "Viewed"}]}
    assert posted(tracker, SMILE, later, IOS)["profileId"] == profile_id
    again = {"sessionId": "i-2", "events": [{**opened, "eventType": "Bought"}]}
    assert posted(tracker, SMILE, again, IOS)["profileId"] == profile_id
    assert tracker.names(profile_id=profile_id) == ["open_app", "identify", "Viewed", "Bought"]
    assert tracker.profile(email="new@shop.example")["trait"] == {
        "id": "u-9",
        "device_id": "D-1",
        "advertisingId": None,
    }


# tolerance ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", "image/png", "", "nonsense"]
)
@pytest.mark.parametrize("path", [SMILE, CONTEXT])
def test_the_body_is_json_whatever_it_is_called(tracker: Tracker, path: str, media_type: str) -> None:
    body = json.dumps({"events": [event("Viewed", profileId="ann")]})
    assert tracker.send(path, body, **{"Content-Type": media_type}).json()["profileId"] == "ann"
    assert ("primedata.tracking_tolerance" in tracker.relied()) == (media_type != "application/json")


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": []},
        {"properties": None},
        {"properties": ...},
        {"target": None},
        {"target": {"itemId": "_", "itemType": "_"}},
        {"target": {"itemId": "_", "itemType": "_", "scope": None, "properties": []}},
        {"source": {"itemId": "_", "itemType": "_", "scope": SOURCE, "properties": []}},
        {"itemType": "event", "unknown": {"a": 1}},
        {"id": 7},
        {"sendAt": None, "sessionId": None, "profileId": None},
    ],
    ids=str,
)
def test_what_the_rules_do_not_say_but_the_sdks_do_is_taken(tracker: Tracker, changes: dict[str, Any]) -> None:
    assert tracker.took(event("Viewed", **{"profileId": "ann", **changes}), profileId="ann") == "ann"
    assert [one["properties"] for one in tracker.events(profile_id="ann")] == [{}]


def test_the_documented_identify_has_no_item_id(tracker: Tracker) -> None:
    target = {"itemType": "analyticsUser", "properties": {"email": "ann@shop.example"}}
    assert tracker.took(event("identify", target=target, sessionId="a-session-id")) == "ann"
    assert tracker.took(event("identify", target={**target, "properties": []}, sessionId="a-session-id")) == "ann"


# context --------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("primedata.context", "primedata.operation.context")
def test_context_tells_what_it_was_asked_for(tracker: Tracker) -> None:
    asked = {"requireSegments": True, "requiredSessionProperties": ["*"], "filters": [{"id": "f"}, 7],
             "personalizations": [{"id": "hero", "strategy": "x"}, {"id": 3}], "sessionId": "s"}  # fmt: skip
    answer = tracker.context(
        identify(email="ann@shop.example"), requiredProfileProperties=["city", "nothing"], **asked
    ).json()
    assert "primedata.context" in tracker.relied()
    assert answer == {
        "profileId": "ann",
        "sessionId": "s",
        "profileProperties": {"city": {"name": "Huế", "zip": 530000}},
        "sessionProperties": {},
        "profileSegments": [],
        "filteringResults": {"f": False},
        "processedEvents": 1,
        "personalizations": {"hero": []},
        "trackedConditions": [],
        "anonymousBrowsing": False,
        "consents": {},
    }


@pytest.mark.parametrize(
    ("wanted", "told"),
    [(["*"], ["full_name", "city", "tags"]), ([], []), ([{"a": 1}, None], []), (None, None), ("*", None)],
)
def test_context_tells_the_traits_that_are_wanted(tracker: Tracker, wanted: Any, told: list[str] | None) -> None:
    answer = tracker.context(event("Viewed", profileId="ann"), requiredProfileProperties=wanted).json()
    properties = answer["profileProperties"]
    assert (None if properties is None else list(properties)) == told


def test_context_without_wishes_says_that_nothing_was_asked(tracker: Tracker) -> None:
    answer = tracker.context(event("Viewed")).json()
    unasked = ["sessionId", "profileProperties", "sessionProperties", "profileSegments", "filteringResults"]
    assert [answer[name] for name in unasked] == [None] * 5
