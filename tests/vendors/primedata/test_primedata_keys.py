"""Who may call, how often, and what a method or path that does not exist answers."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.clock import MILLISECOND
from emulator.vendors.primedata import VENDOR
from tests.vendors.primedata.tracking import ADDITIONS, CONTEXT, KEYS, SMILE, SOURCE, WRITE_KEY, Tracker, event
from tests.vendors.primedata.workspace import EVENTS, INVALID_REQUEST, KEY, PROFILES, Caller

UNAUTHORIZED = (
    b'{"error":{"code":"authentication_error","message":"Failure to properly authenticate yourself in the request."}}'
)
RATE_LIMITED = b'{"error":{"code":"rate_limit_error","message":"Too many requests hit the API too quickly."}}'
OPERATIONS = pytest.mark.parametrize("path", [PROFILES, EVENTS])
TRACKING = pytest.mark.parametrize("path", [SMILE, CONTEXT])


@pytest.mark.proves("primedata.error.authentication_error")
@OPERATIONS
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": ""},
        {"x-api-key": "wrong"},
        {"x-api-key": KEY.lower()},
        {"x-api-key": KEY + "="},
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": f"Basic {KEY}"},
    ],
)
def test_without_the_key_every_call_gets_the_documented_401(caller: Caller, path: str, headers: dict[str, str]) -> None:
    response = caller.client.post(path, headers=headers, json={"profile_id": "ann"})
    assert response.status_code == 401
    assert response.content == UNAUTHORIZED
    assert response.headers["content-type"] == "application/json"


@OPERATIONS
def test_a_key_in_the_query_does_not_count(caller: Caller, path: str) -> None:
    assert caller.client.post(f"{path}?x-api-key={KEY}", json={"profile_id": "ann"}).content == UNAUTHORIZED


@OPERATIONS
def test_the_keys_header_is_known_in_any_case(caller: Caller, path: str) -> None:
    assert caller.client.post(path, headers={"X-API-KEY": KEY}, json={"profile_id": "ann"}).status_code == 200


@OPERATIONS
def test_a_missing_key_is_told_before_a_broken_body(caller: Caller, path: str) -> None:
    assert caller.client.post(path, content=b"{").content == UNAUTHORIZED


@pytest.mark.proves(
    "primedata.error.rate_limit_error",
    "primedata.limit.requests",
    "primedata.default.requests_per_second",
)
@OPERATIONS
def test_a_key_may_call_a_hundred_times_in_any_second(
    caller: Caller, workspace: Callable[..., None], path: str
) -> None:
    workspace(settings={"requests_per_second": 100})
    assert {caller.call(path, {"profile_id": "ann"}).status_code for _ in range(100)} == {200}
    refused = caller.call(path, {"profile_id": "ann"})
    assert refused.status_code == 429
    assert refused.content == RATE_LIMITED
    assert not [name for name in refused.headers if "ratelimit" in name or name == "retry-after"]


@pytest.mark.proves("primedata.limit.requests")
def test_the_limit_rolls_and_counts_each_key_by_itself(caller: Caller, workspace: Callable[..., None]) -> None:
    workspace(settings={"requests_per_second": 2}, api_keys=[KEY, "b3RoZXI6a2V5"])
    clock = caller.world.clock

    def status(**headers: str) -> int:
        return caller.call(PROFILES, {"profile_id": "ann"}, **headers).status_code

    assert status() == 200
    clock.advance(600 * MILLISECOND)
    assert [status(), status()] == [200, 429]
    assert status(**{"x-api-key": "b3RoZXI6a2V5"}) == 200
    clock.advance(400 * MILLISECOND)
    assert [status(), status()] == [200, 429]


def test_the_limit_is_told_before_a_broken_body_and_after_a_missing_key(
    caller: Caller, workspace: Callable[..., None]
) -> None:
    workspace(settings={"requests_per_second": 1})
    assert caller.call(PROFILES, b"{").json() == INVALID_REQUEST
    assert caller.call(EVENTS, b"{").content == RATE_LIMITED
    assert caller.client.post(EVENTS, content=b"{").content == UNAUTHORIZED


@pytest.mark.proves("primedata.default.requests_per_second")
def test_zero_requests_per_second_is_no_limit(caller: Caller) -> None:
    assert {caller.profile(profile_id="ann").status_code for _ in range(150)} == {200}


@pytest.mark.proves("primedata.error.method_not_allowed")
@OPERATIONS
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused_in_the_common_envelope(caller: Caller, path: str, method: str) -> None:
    response = caller.client.request(method, path, headers={"x-api-key": KEY})
    assert response.status_code == 405
    assert response.json() == INVALID_REQUEST
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/pub/profiles", "/pub/profiles/advanced-search/", "/prile/pub/profiles/advanced-search"]
)
def test_a_path_that_is_none_of_the_apis_is_not_emulated(caller: Caller, path: str) -> None:
    response = caller.call(f"/primedata{path}", {"profile_id": "ann"})
    assert response.status_code == 501
    assert response.headers["x-emulator-unimplemented"] == "true"


@pytest.mark.proves("primedata.error.tracking_unauthorized")
@TRACKING
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Client-Id": SOURCE},
        {"X-Client-Access-Token": WRITE_KEY},
        {**KEYS, "X-Client-Access-Token": ""},
        {**KEYS, "X-Client-Access-Token": WRITE_KEY.lower()},
        {**KEYS, "X-Client-Id": "JS-unknown"},
        {"x-api-key": KEY},
        {"Authorization": f"Basic {WRITE_KEY}"},
    ],
)
def test_without_a_data_source_and_its_write_key_tracking_gets_the_documented_401(
    tracker: Tracker, path: str, headers: dict[str, str]
) -> None:
    for body in (b'{"events":[]}', b"{"):
        response = tracker.caller.client.post(path, headers=headers, content=body)
        assert response.status_code == 401
        assert response.content == b'{"error":{"message":"client: unauthorized"}}'
        assert response.headers["content-type"] == "application/json"


def test_a_write_key_opens_no_search_and_no_other_source(tracker: Tracker, workspace: Callable[..., None]) -> None:
    other = {"id": "IOS-2", "write_key": "other"}
    workspace(sources=[{"id": SOURCE, "write_key": WRITE_KEY}, other])
    client = tracker.caller.client
    assert client.post(PROFILES, headers=KEYS, json={"profile_id": "ann"}).content == UNAUTHORIZED
    mixed = {"X-Client-Id": "IOS-2", "X-Client-Access-Token": WRITE_KEY}
    assert client.post(SMILE, headers=mixed, json={}).status_code == 401
    assert client.post(SMILE, headers={**mixed, "X-Client-Access-Token": "other"}, json={}).status_code == 422


@pytest.mark.proves("primedata.error.tracking_method_not_allowed")
@TRACKING
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_tracking_is_post_and_preflights_only(tracker: Tracker, path: str, method: str) -> None:
    response = tracker.caller.client.request(method, path, headers=KEYS)
    assert response.status_code == 405
    assert response.content == b'{"error":{"message":"Method Not Allowed"}}'
    assert response.headers["allow"] == "POST, OPTIONS"


def test_tracking_is_not_counted_against_the_limit_of_the_searches(
    tracker: Tracker, workspace: Callable[..., None]
) -> None:
    workspace(**ADDITIONS, settings={"requests_per_second": 1})
    assert {tracker.smile(event("Viewed")).status_code for _ in range(5)} == {200}
    assert tracker.caller.profile(profile_id="ann").status_code == 200
    assert tracker.caller.profile(profile_id="ann").content == RATE_LIMITED


def test_two_keys_open_the_same_workspace(
    client: httpx.Client, workspace: Callable[..., None], server: Any, world: Any
) -> None:
    workspace(api_keys=[KEY, "b3RoZXI6a2V5"], sources=[{"id": SOURCE, "write_key": WRITE_KEY, "name": "shop"}])
    answers = {client.post(PROFILES, headers={"x-api-key": key}, json={"profile_id": "ann"}).content
               for key in (KEY, "b3RoZXI6a2V5")}  # fmt: skip
    assert len(answers) == 1
    assert VENDOR.credentials(world.work(VENDOR)) == [
        {"name": "key 1", "header": f"x-api-key: {KEY}"},
        {"name": "key 2", "header": "x-api-key: b3RoZXI6a2V5"},
        {"name": "data source shop, id", "header": f"X-Client-Id: {SOURCE}"},
        {"name": "data source shop, write key", "header": f"X-Client-Access-Token: {WRITE_KEY}"},
    ]
