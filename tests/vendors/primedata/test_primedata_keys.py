"""Who may call, how often, and what a method or path that does not exist answers."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.clock import MILLISECOND
from emulator.vendors.primedata import VENDOR
from tests.vendors.primedata.workspace import EVENTS, INVALID_REQUEST, KEY, PROFILES, Caller

UNAUTHORIZED = (
    b'{"error":{"code":"authentication_error","message":"Failure to properly authenticate yourself in the request."}}'
)
RATE_LIMITED = b'{"error":{"code":"rate_limit_error","message":"Too many requests hit the API too quickly."}}'
OPERATIONS = pytest.mark.parametrize("path", [PROFILES, EVENTS])


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


def test_zero_requests_per_second_is_no_limit(caller: Caller) -> None:
    assert {caller.profile(profile_id="ann").status_code for _ in range(150)} == {200}


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


INVALID_REQUEST_TEXT = (
    '{"error":{"code":"invalid_request_error",'
    '"message":"Invalid request errors arise when your request has invalid parameters."}}'
)
PROVOKED = {
    "authentication_error": (401, UNAUTHORIZED.decode()),
    "rate_limit_error": (429, RATE_LIMITED.decode()),
    "invalid_request_error": (
        400,
        INVALID_REQUEST_TEXT,
    ),
    "validation_error": (
        400,
        '{"error":{"code":"validation_error","message":"Invalid Identities {phone_numdber=[0123456789]}"}}',
    ),
    "invalid_field": (400, '{"error":{"code":"validation_error","message":"Invalid Limit 0"}}'),
    "not_found": (404, '{"error":{"code":"not_found","message":"Profile was not found."}}'),
    "method_not_allowed": (
        405,
        INVALID_REQUEST_TEXT,
    ),
    "no_such_path": (404, '{"error":{"code":"not_found","message":"The requested resource doesn’t exist."}}'),
    **{
        name: (status, '{"error":{"code":"internal_error","message":"Something went wrong on PrimeData’s side."}}')
        for name, status in [
            ("internal_error", 500),
            ("bad_gateway", 502),
            ("service_unavailable", 503),
            ("gateway_timeout", 504),
        ]
    },
}


def test_the_failures_that_can_be_provoked_are_all_known_here() -> None:
    assert set(VENDOR.catalogue) == set(PROVOKED)


@OPERATIONS
@pytest.mark.parametrize("name", PROVOKED)
def test_a_failure_is_provoked_by_its_name(caller: Caller, path: str, name: str) -> None:
    response = caller.call(path, {"profile_id": "ann"}, **{"X-Emulator-Fault": name})
    assert (response.status_code, response.text) == PROVOKED[name]
    assert response.headers["content-type"] == "application/json"


def test_two_keys_open_the_same_workspace(
    client: httpx.Client, workspace: Callable[..., None], server: Any, world: Any
) -> None:
    workspace(api_keys=[KEY, "b3RoZXI6a2V5"])
    answers = {client.post(PROFILES, headers={"x-api-key": key}, json={"profile_id": "ann"}).content
               for key in (KEY, "b3RoZXI6a2V5")}  # fmt: skip
    assert len(answers) == 1
    assert VENDOR.credentials(world.work(VENDOR)) == [
        {"name": "key 1", "header": f"x-api-key: {KEY}"},
        {"name": "key 2", "header": "x-api-key: b3RoZXI6a2V5"},
    ]
