"""The catalogue: every documented code with its status and text, and what a failure leaves behind."""

from typing import Any

import pytest

from emulator.vendors.treasuredata import VENDOR
from emulator.vendors.treasuredata.errors import GUIDE, OPENAPI
from tests.vendors.treasuredata.shop import Shop

CODES = [
    ("treasuredata.error.3000", 400, 3000, "RT token was not provided (WP13n-Token header)"),
    ("treasuredata.error.3001", 400, 3001, "RT token is not in the configuration"),
    ("treasuredata.error.3002", 400, 3002, "RT token account conflicts with Authed user account"),
    ("treasuredata.error.3003", 400, 3003, "RT token is in an invalid format"),
    ("treasuredata.error.3004", 400, 3004, "Invalid event object"),
    ("treasuredata.error.3005", 400, 3005, "Request origin not in IP whitelist"),
    (
        "treasuredata.error.3006",
        400,
        3006,
        "Invalid token type. Token type is not matching the one in the configuration",
    ),
    ("treasuredata.error.3007", 400, 3007, "Invalid or missing Origin"),
    ("treasuredata.error.3008", 400, 3008, "Request method is required"),
    ("treasuredata.error.3009", 400, 3009, "Unsupported method"),
    ("treasuredata.error.2003", 429, 2003, "Kinesis error due to limit being exceeded"),
    ("treasuredata.error.2013", 429, 2013, "Lambda total concurrent execution exceeds the reserved concurrency"),
    ("treasuredata.error.9999", 500, 9999, "Unknown/undiagnosed"),
    ("treasuredata.error.1001", 500, 1001, "TD API is unreachable or timed out"),
    ("treasuredata.error.1002", 500, 1002, "Table API is unreachable or timed out"),
    ("treasuredata.error.1003", 500, 1003, "Kinesis is unreachable or timed out"),
    ("treasuredata.error.1004", 500, 1004, "Lambda is unreachable or timed out"),
    ("treasuredata.error.1005", 500, 1005, "MemoryDB is unreachable or timed out"),
    ("treasuredata.error.2001", 500, 2001, "Kinesis stream was not found"),
    ("treasuredata.error.2002", 500, 2002, "Kinesis operation threw an error"),
    ("treasuredata.error.2011", 500, 2011, "Lambda function was not found"),
    ("treasuredata.error.2012", 500, 2012, "Lambda function threw an error, or the response was unhandled"),
    ("treasuredata.error.2014", 500, 2014, "Lambda invocation failed"),
    ("treasuredata.error.2015", 500, 2015, "Lambda reactor configuration doesn't have the token yet"),
    ("treasuredata.error.2021", 500, 2021, "MemoryDB operation threw an error"),
    (
        "treasuredata.error.3010",
        500,
        3010,
        "RT Token is configured with a reactor whose token is inconsistent (account or reactor ID)",
    ),
    (
        "treasuredata.error.3011",
        500,
        3011,
        "RT Token is configured with a reactor whose name is inconsistent (site or stage different from this API)",
    ),
    ("treasuredata.error.3012", 500, 3012, "RT Token is configured with a reactor whose name is completely invalid"),
    ("treasuredata.error.3013", 500, 3013, "Unable to retrieve Client IP from request"),
]
CAUSED_BY_CALLS = {*range(3000, 3011)}
KEPT = {1004, 1005, 2011, 2012, 2013, 2014, 2015, 2021}


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [pytest.param(*expected, id=str(expected[1]), marks=pytest.mark.proves(entry)) for entry, *expected in CODES],
)
def test_every_code_can_be_provoked_in_its_documented_bytes(either: Shop, status: int, code: int, message: str) -> None:
    response = either.send({"client": "c-1"}, X_Emulator_Fault=str(code))
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.content == f'{{"code":{code},"message":"{message}"}}'.encode()
    assert "retry-after" not in response.headers
    assert either.stored("events") == []


def test_codes_that_only_the_openapi_lists_say_so() -> None:
    sources = {failure.name: failure.source for failure in VENDOR.failures}
    late = {name for name, source in sources.items() if source == OPENAPI}
    assert late == {"3005", "3006", "3007", "3008", "3009", "3011", "3012", "3013"}
    assert all(source.startswith(GUIDE) for name, source in sources.items() if name.isdigit() and name not in late)


def test_there_is_no_other_code() -> None:
    assert {f.name for f in VENDOR.failures if f.name.isdigit()} == {str(code) for _, _, code, _ in CODES}


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("unauthorized", 401, b'{"message":"Unauthorized"}'),
        ("forbidden", 403, b'{"message":"Forbidden"}'),
        ("not_found", 404, b'{"message":"Not Found"}'),
        ("method_not_allowed", 405, b'{"message":"Method Not Allowed"}'),
        ("payload_too_large", 413, b'{"message":"Payload Too Large"}'),
        ("unsupported_media_type", 415, b'{"message":"Unsupported Media Type"}'),
        ("invalid_batch", 400, b'{"message":"the body is not JSON"}'),
    ],
)
def test_the_statuses_that_no_document_lists_can_be_provoked_too(
    either: Shop, name: str, status: int, body: bytes
) -> None:
    response = either.send(X_Emulator_Fault=name)
    assert (response.status_code, response.content) == (status, body)
    assert response.headers["x-emulator-provenance"] == "assumed"


@pytest.mark.parametrize("code", [code for _, _, code, _ in CODES])
def test_a_standing_failure_of_the_reactor_leaves_the_event_and_nothing_else(either: Shop, code: int) -> None:
    fault = either.break_with(str(code), times=1)
    response = either.send({"client": "c-1"})
    assert response.json()["code"] == code
    assert fault.fired == 1
    assert len(either.stored("events")) == (code in KEPT)
    assert either.stored("profiles") == []
    assert either.send({"client": "c-1"}).status_code == 204


@pytest.mark.proves("treasuredata.event_kept")
def test_2003_leaves_no_event_and_1004_leaves_it(td: Shop) -> None:
    td.break_with("2003", times=1)
    limited = td.send({"client": "c-1"})
    assert (limited.status_code, limited.content) == (
        429,
        b'{"code":2003,"message":"Kinesis error due to limit being exceeded"}',
    )
    assert td.stored("events") == []
    td.break_with("1004", times=1)
    unreachable = td.send({"client": "c-2"})
    assert (unreachable.status_code, unreachable.content) == (
        500,
        b'{"code":1004,"message":"Lambda is unreachable or timed out"}',
    )
    assert [event["json"]["client"] for event in td.stored("events")] == ["c-2"]


@pytest.mark.parametrize("code", [code for _, _, code, _ in CODES if code not in CAUSED_BY_CALLS])
def test_a_failure_behind_the_door_waits_for_a_call_that_nothing_is_wrong_with(either: Shop, code: int) -> None:
    fault = either.break_with(str(code), times=1)
    assert either.send(Authorization=None).status_code == 401
    assert either.send(WP13n_Token=None).json()["code"] == 3000
    assert either.send(body=b"[]").json()["code"] == 3004
    assert fault.fired == 0
    assert either.send().json()["code"] == code
    assert fault.fired == 1


def test_every_refusal_names_its_provenance_and_a_source() -> None:
    for failure in VENDOR.failures:
        assert failure.source
        assert failure.says.endswith(".")


def test_rules_have_ids_of_this_vendor_and_are_listed_once() -> None:
    ids: list[Any] = [rule.id for rule in VENDOR.rules]
    assert len(ids) == len(set(ids))
    assert all(one.startswith("treasuredata.") for one in ids)
