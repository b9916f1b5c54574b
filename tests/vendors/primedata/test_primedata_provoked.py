"""Failures that are asked for by name: each is what PrimeData would say, to the byte, and changes nothing."""

import pytest

from emulator.vendors.primedata import VENDOR
from tests.vendors.primedata.tracking import CONTEXT, SMILE
from tests.vendors.primedata.workspace import EVENTS, PROFILES, Caller

FRAME = {"date", "server", "content-length", "content-type"}
INVALID = (
    '{"error":{"code":"invalid_request_error",'
    '"message":"Invalid request errors arise when your request has invalid parameters."}}'
)
SCHEMA = (
    '{"error":{"details":[{"field":"source.itemId",'
    '"description":"String length must be greater than or equal to 1"}],"message":"Schema is invalid"}}'
)
UNAUTHORIZED = (
    '{"error":{"code":"authentication_error","message":"Failure to properly authenticate yourself in the request."}}'
)
BAD_NAME = '{"error":{"code":"validation_error","message":"Invalid Identities {phone_numdber=[0123456789]}"}}'
RATE_LIMITED = '{"error":{"code":"rate_limit_error","message":"Too many requests hit the API too quickly."}}'
SERVER_ERROR = '{"error":{"code":"internal_error","message":"Something went wrong on PrimeData’s side."}}'
NO_PATH = '{"error":{"code":"not_found","message":"The requested resource doesn’t exist."}}'
WITH_A_CAUSE = {
    "authentication_error": (401, UNAUTHORIZED),
    "rate_limit_error": (429, RATE_LIMITED),
    "invalid_request_error": (400, INVALID),
    "validation_error": (400, BAD_NAME),
    "invalid_field": (400, '{"error":{"code":"validation_error","message":"Invalid Limit 0"}}'),
    "not_found": (404, '{"error":{"code":"not_found","message":"Profile was not found."}}'),
    "method_not_allowed": (405, INVALID),
    "tracking_unauthorized": (401, '{"error":{"message":"client: unauthorized"}}'),
    "scope_is_not_exists": (422, '{"error":{"message":"scope is not exists"}}'),
    "item_not_found": (422, '{"error":{"message":"Item not found"}}'),
    "tracking_bad_request": (400, '{"error":{"message":"Bad Request"}}'),
    "tracking_method_not_allowed": (405, '{"error":{"message":"Method Not Allowed"}}'),
    "schema_is_invalid": (422, SCHEMA),
}
ONLY_PROVOKED = [
    pytest.param(
        "no_such_path", 404, NO_PATH, id="no_such_path", marks=pytest.mark.proves("primedata.error.no_such_path")
    ),
    pytest.param(
        "internal_error",
        500,
        SERVER_ERROR,
        id="internal_error",
        marks=pytest.mark.proves("primedata.error.internal_error"),
    ),
    pytest.param(
        "bad_gateway", 502, SERVER_ERROR, id="bad_gateway", marks=pytest.mark.proves("primedata.error.bad_gateway")
    ),
    pytest.param(
        "service_unavailable",
        503,
        SERVER_ERROR,
        id="service_unavailable",
        marks=pytest.mark.proves("primedata.error.service_unavailable"),
    ),
    pytest.param(
        "gateway_timeout",
        504,
        SERVER_ERROR,
        id="gateway_timeout",
        marks=pytest.mark.proves("primedata.error.gateway_timeout"),
    ),
    pytest.param(
        "tracking_not_found",
        404,
        '{"error":{"message":"Not Found"}}',
        id="tracking_not_found",
        marks=pytest.mark.proves("primedata.error.tracking_not_found"),
    ),
    pytest.param(
        "tracking_too_many_requests",
        429,
        '{"error":{"message":"Too Many Requests"}}',
        id="tracking_too_many_requests",
        marks=pytest.mark.proves("primedata.error.tracking_too_many_requests"),
    ),
    pytest.param(
        "tracking_internal_error",
        500,
        '{"error":{"message":"Internal Server Error"}}',
        id="tracking_internal_error",
        marks=pytest.mark.proves("primedata.error.tracking_internal_error"),
    ),
    pytest.param(
        "tracking_bad_gateway",
        502,
        '{"error":{"message":"Bad Gateway"}}',
        id="tracking_bad_gateway",
        marks=pytest.mark.proves("primedata.error.tracking_bad_gateway"),
    ),
    pytest.param(
        "tracking_service_unavailable",
        503,
        '{"error":{"message":"Service Unavailable"}}',
        id="tracking_service_unavailable",
        marks=pytest.mark.proves("primedata.error.tracking_service_unavailable"),
    ),
    pytest.param(
        "tracking_gateway_timeout",
        504,
        '{"error":{"message":"Gateway Timeout"}}',
        id="tracking_gateway_timeout",
        marks=pytest.mark.proves("primedata.error.tracking_gateway_timeout"),
    ),
]


def test_the_failures_that_can_be_provoked_are_all_known_here() -> None:
    only_provoked = {str(case.values[0]) for case in ONLY_PROVOKED}
    assert set(VENDOR.catalogue) == {*WITH_A_CAUSE, *only_provoked}


def provoked(caller: Caller, path: str, name: str) -> tuple[int, str]:
    """A state to lose, the failure, and a look at what is left."""
    before = caller.client.get("/_emulator/state?vendor=primedata").json()
    answer = caller.call(path, {"profile_id": "ann"}, **{"X-Emulator-Fault": name})
    assert answer.headers["content-type"] == "application/json"
    others = {header for header in answer.headers if not header.startswith("x-emulator-")} - FRAME
    assert others == ({"allow"} if name == "tracking_method_not_allowed" else set())
    assert caller.client.get("/_emulator/state?vendor=primedata").json() == before
    return answer.status_code, answer.text


@pytest.mark.parametrize("path", [PROFILES, EVENTS, SMILE, CONTEXT])
@pytest.mark.parametrize(("name", "status", "body"), ONLY_PROVOKED)
def test_a_failure_without_a_cause_here_is_provoked_by_its_name(
    caller: Caller, path: str, name: str, status: int, body: str
) -> None:
    assert provoked(caller, path, name) == (status, body)


@pytest.mark.parametrize("path", [PROFILES, EVENTS, SMILE, CONTEXT])
@pytest.mark.parametrize("name", WITH_A_CAUSE)
def test_a_failure_is_provoked_without_its_cause(caller: Caller, path: str, name: str) -> None:
    assert provoked(caller, path, name) == WITH_A_CAUSE[name]
