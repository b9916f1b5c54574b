"""What tracking refuses, in the words of the service and of the schema library behind it."""

import json
from typing import Any

import pytest

from emulator.vendors.primedata.contract.tracking import MOST_BYTES
from tests.vendors.primedata.tracking import CONTEXT, NOTHING, SMILE, SOURCE, Tracker, event, identify

both_calls = pytest.mark.parametrize("path", [SMILE, CONTEXT])
TOO_SHORT = "String length must be greater than or equal to 1"
NO_OBJECT = "Invalid type. Expected: [object,null], given: "
NO_TEXT = "Invalid type. Expected: [string,null], given: "
BAD_REQUEST = b'{"error":{"message":"Bad Request"}}'


def refused(response: Any) -> tuple[int, bytes]:
    return response.status_code, response.content


@pytest.mark.proves("primedata.error.schema_is_invalid")
@both_calls
def test_the_documented_422_to_the_byte(tracker: Tracker, path: str) -> None:
    response = tracker.send(path, {"events": [event("Viewed", source={**NOTHING, "itemId": ""})]})
    assert refused(response) == (
        422,
        b'{"error":{"details":[{"field":"source.itemId",'
        b'"description":"String length must be greater than or equal to 1"}],"message":"Schema is invalid"}}',
    )
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-emulator-provenance"] == "documented"


@pytest.mark.proves("primedata.error.scope_is_not_exists")
@both_calls
@pytest.mark.parametrize("scope", ["JS-other", SOURCE.lower(), f"{SOURCE} ", "ann"])
def test_a_scope_that_is_not_the_data_source_is_refused(tracker: Tracker, path: str, scope: str) -> None:
    response = tracker.send(path, {"events": [event("Viewed"), event("Viewed", scope=scope)]})
    assert refused(response) == (422, b'{"error":{"message":"scope is not exists"}}')


@pytest.mark.proves("primedata.error.item_not_found")
@both_calls
@pytest.mark.parametrize("name", ["Wept", "viewed", "Identify", "updateIdentify"])
def test_an_event_type_that_is_not_registered_is_refused(tracker: Tracker, path: str, name: str) -> None:
    response = tracker.send(path, {"events": [event("Viewed"), event(name)]})
    assert refused(response) == (422, b'{"error":{"message":"Item not found"}}')


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        ({}, ("(root)", "events is required")),
        ([], ("(root)", "Invalid type. Expected: object, given: array")),
        (None, ("(root)", "Invalid type. Expected: object, given: null")),
        (7, ("(root)", "Invalid type. Expected: object, given: integer")),
        ({"events": {}}, ("events", "Invalid type. Expected: array, given: object")),
        ({"events": None}, ("events", "Invalid type. Expected: array, given: null")),
        ({"events": []}, ("events", "Array must have at least 1 items")),
        ({"events": [event("Viewed")] * 501}, ("events", "Array must have at most 500 items")),
        (
            {"events": [event("Viewed")], "sessionId": 7},
            ("sessionId", "Invalid type. Expected: [string,null], given: integer"),
        ),
        ({"events": [event("Viewed")], "sendAt": "now"}, ("sendAt", "Does not match format 'date-time'")),
        ({"events": [7.5]}, ("(root)", "Invalid type. Expected: object, given: number")),
        ({"events": ["Viewed"]}, ("(root)", "Invalid type. Expected: object, given: string")),
        ({"events": [True]}, ("(root)", "Invalid type. Expected: object, given: boolean")),
    ],
    ids=str,
)
@both_calls
def test_a_body_of_another_shape_is_refused(tracker: Tracker, path: str, body: Any, violation: tuple[str, str]) -> None:
    response = tracker.send(path, json.dumps(body))
    assert response.status_code == 422
    details = [{"field": violation[0], "description": violation[1]}]
    assert response.json() == {"error": {"details": details, "message": "Schema is invalid"}}


@pytest.mark.parametrize(
    ("changes", "violations"),
    [
        ({"eventType": ...}, [("(root)", "eventType is required")]),
        ({"scope": ..., "timeStamp": ...}, [("(root)", "scope is required"), ("(root)", "timeStamp is required")]),
        ({"source": ..., "target": ...}, [("(root)", "source is required"), ("(root)", "target is required")]),
        ({"eventType": ""}, [("eventType", TOO_SHORT)]),
        ({"eventType": None}, [("eventType", "Invalid type. Expected: string, given: null")]),
        ({"scope": 1}, [("scope", "Invalid type. Expected: string, given: integer")]),
        ({"timeStamp": 1700000000000}, [("timeStamp", "Invalid type. Expected: string, given: integer")]),
        ({"timeStamp": ""}, [("timeStamp", "Does not match format 'date-time'")]),
        ({"timeStamp": "2024:05:21T10:00:00Z"}, [("timeStamp", "Does not match format 'date-time'")]),
        ({"timeStamp": "2024-02-30T10:00:00Z"}, [("timeStamp", "Does not match format 'date-time'")]),
        ({"timeStamp": "1600-01-01T00:00:00Z"}, [("timeStamp", "Does not match format 'date-time'")]),
        ({"timeStamp": "9999-12-31T23:59:59Z"}, [("timeStamp", "Does not match format 'date-time'")]),
        ({"sendAt": "yesterday"}, [("sendAt", "Does not match format 'date-time'")]),
        ({"sessionId": {}}, [("sessionId", f"{NO_TEXT}object")]),
        ({"properties": [1]}, [("properties", f"{NO_OBJECT}array")]),
        ({"properties": "a"}, [("properties", f"{NO_OBJECT}string")]),
        ({"source": None}, [("source", "Invalid type. Expected: object, given: null")]),
        ({"source": {}}, [("source", f"{name} is required") for name in ("itemId", "itemType", "scope")]),
        ({"source": {**NOTHING, "itemType": ""}}, [("source.itemType", TOO_SHORT)]),
        ({"source": {**NOTHING, "properties": 1}}, [("source.properties", f"{NO_OBJECT}integer")]),
        ({"target": []}, [("target", f"{NO_OBJECT}array")]),
        ({"target": {}}, [("target", "itemId is required"), ("target", "itemType is required")]),
        ({"target": {**NOTHING, "scope": 1}}, [("target.scope", f"{NO_TEXT}integer")]),
    ],
    ids=str,
)  # fmt: skip
def test_an_event_of_another_shape_is_refused(
    tracker: Tracker, changes: dict[str, Any], violations: list[tuple[str, str]]
) -> None:
    assert tracker.violations(event("Viewed", **changes)) == violations


@pytest.mark.parametrize(
    ("target", "violation"),
    [
        (NOTHING, ("target.itemType", 'target.itemType does not match: "analyticsUser"')),
        (None, ("target", "Invalid type. Expected: object, given: null")),
        ({"itemId": "_"}, ("target", "itemType is required")),
        (
            {"itemId": "", "itemType": "analyticsUser"},
            ("target.itemId", "String length must be greater than or equal to 1"),
        ),
    ],
)
def test_identify_is_about_an_analytics_user(tracker: Tracker, target: Any, violation: tuple[str, str]) -> None:
    assert tracker.violations(event("identify", target=target)) == [violation]


@pytest.mark.parametrize(
    ("properties", "violations"),
    [
        ({}, [("properties", "total is required")]),
        ([], [("properties", "total is required")]),
        (
            {"total": "7", "gift": 0},
            [
                ("properties.total", "Invalid type. Expected: number, given: string"),
                ("properties.gift", "Invalid type. Expected: boolean, given: integer"),
            ],
        ),
        ({"total": None}, [("properties.total", "Invalid type. Expected: number, given: null")]),
        ({"total": True}, [("properties.total", "Invalid type. Expected: number, given: boolean")]),
        ({"total": 1, "coupon": 1.5}, [("properties.coupon", "Invalid type. Expected: string, given: number")]),
        ({"total": 1, "skus": {}}, [("properties.skus", "Invalid type. Expected: array, given: object")]),
    ],
)
def test_properties_are_held_against_the_registered_schema(
    tracker: Tracker, properties: Any, violations: list[tuple[str, str]]
) -> None:
    assert tracker.violations(event("demo-check-out", properties)) == violations


def test_only_the_first_event_that_is_wrong_is_told_of(tracker: Tracker) -> None:
    wrong = [event("Viewed"), event("demo-check-out"), event("demo-check-out", {"total": "x"})]
    assert tracker.violations(*wrong) == [("properties", "total is required")]


def test_shapes_are_told_before_scopes_and_scopes_before_types(tracker: Tracker) -> None:
    assert tracker.violations(event("Wept", scope="x"), event("Viewed", source=...)) == [
        ("(root)", "source is required")
    ]
    assert b"scope is not exists" in tracker.smile(event("Wept", scope="x")).content


@pytest.mark.proves("primedata.error.tracking_bad_request")
@both_calls
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"events=1",
        b"\xef\xbb\xbf{}",
        b'{"events":"\xff"}',
        rb'{"events":"\ud800"}',
        b'{"events":NaN}',
        b'{"events":[' + b"[" * 300 + b"]" * 300 + b"]}",
        b"[" * 100_000,
        b'{"events":"' + b"x" * MOST_BYTES + b'"}',
    ],
    ids=["nothing", "cut", "form", "mark", "octets", "surrogate", "NaN", "deep", "deepest", "large"],
)
def test_what_is_not_json_or_too_much_of_it_is_400(tracker: Tracker, path: str, body: bytes) -> None:
    assert refused(tracker.send(path, body)) == (400, BAD_REQUEST)


def test_an_event_of_a_mebibyte_is_taken_and_no_search_of_that_size(tracker: Tracker) -> None:
    large = "x" * 1024 * 1024
    assert tracker.took(event("Viewed", {"large": large}, profileId="ann")) == "ann"
    assert len(tracker.events(profile_id="ann")[0]["properties"]["large"]) == len(large)
    assert tracker.caller.profile(profile_id="ann", junk=large).status_code == 400


def test_a_refused_call_opens_no_session_and_makes_no_profile(tracker: Tracker) -> None:
    assert tracker.smile(identify("s", email="new@shop.example"), event("Wept")).status_code == 422
    assert tracker.caller.profile(identities={"email": ["new@shop.example"]}).status_code == 404


@both_calls
@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("tracking_not_found", 404),
        ("tracking_too_many_requests", 429),
        ("tracking_internal_error", 500),
        ("tracking_bad_gateway", 502),
        ("tracking_service_unavailable", 503),
        ("tracking_gateway_timeout", 504),
    ],
)
def test_a_status_without_a_cause_can_be_provoked_and_keeps_nothing(
    tracker: Tracker, path: str, name: str, status: int
) -> None:
    body = {"events": [event("Viewed", profileId="ann")]}
    assert tracker.send(path, body, **{"X-Emulator-Fault": name}).status_code == status
    assert tracker.events(profile_id="ann") == []
