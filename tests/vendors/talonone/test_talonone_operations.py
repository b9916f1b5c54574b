"""What holds for all operations alike."""

import pytest

from tests.vendors.talonone.operations import CALLS, SIGNED, UNSIGNED, WITH_BODY, prepare

KEY = "ab" * 32
HEADERS = {"Authorization": f"ApiKey-v1 {KEY}"}


def every(calls):
    return pytest.mark.parametrize("call", calls, ids=str)


@pytest.fixture(autouse=True)
def _prepared(shop):
    prepare(shop)


def send(client, call, content=None, **headers):
    body = {"json": call.body} if content is None and call.body is not None else {"content": content or b""}
    return client.request(call.method, f"/talonone{call.path}", headers={**HEADERS, **headers}, **body)


@every(CALLS)
def test_a_call_without_a_key_is_refused(client, call):
    response = client.request(call.method, f"/talonone{call.path}", content=b"{")
    assert response.status_code == 401
    assert response.content == b'{"message":"Invalid API key","StatusCode":401}'


@every(CALLS)
def test_a_good_call_is_accepted_with_the_documented_status(client, call):
    response = send(client, call)
    assert response.status_code == call.status, response.text
    assert (response.content == b"") is (call.status == 204)
    assert response.headers.get("content-type") == (None if call.status == 204 else "application/json")


def test_all_operations_are_called_here(server):
    vendor = next(vendor for vendor in server.emulator.vendors if vendor.slug == "talonone")
    assert {call.id for call in CALLS} == {operation.id for operation in vendor.routes}


@every(CALLS)
def test_a_key_of_another_account_finds_nothing_of_this_one(client, call):
    response = send(client, call, Authorization="ApiKey-v1 " + "ef" * 32)
    known = {
        "createReferral": 400, "trackEvent": 400, "updateCustomerProfile": 400, "updateCustomerProfileV2": 400,
        "updateCustomerSession": 200, "updateCustomerSessionV2": 200, "trackEventV2": 204,
    }  # fmt: skip
    assert response.status_code == known.get(call.id, 404), response.text


@every(WITH_BODY)
@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"{} {}"])
def test_a_body_that_is_no_json_is_refused(client, call, content):
    response = client.request(call.method, f"/talonone{call.path}", content=content, headers=HEADERS)
    assert response.status_code == 400
    body = response.json()
    assert body["message"] == "The submitted data was invalid"
    assert [(one["title"], one["source"]) for one in body["errors"]] == [("Malformed JSON", {"pointer": ""})]
    assert body.get("StatusCode") == (400 if call.status_code else None)


@every(WITH_BODY)
@pytest.mark.parametrize(("content", "given"), [(b"[]", "array"), (b"7", "integer"), (b"null", "null")])
def test_a_body_that_is_no_object_is_refused(client, call, content, given):
    response = client.request(call.method, f"/talonone{call.path}", content=content, headers=HEADERS)
    assert response.status_code == 400
    body = response.json()
    details = f"Invalid type. Expected: object, given: {given}"
    assert body["errors"] == [{"title": "type", "details": details, "source": {"pointer": ""}}]
    assert list(body) == ["message", "errors", *(["StatusCode"] if call.status_code else [])]


@every(WITH_BODY)
def test_members_that_nobody_knows_are_ignored(client, call):
    response = client.request(
        call.method, f"/talonone{call.path}", json={**call.body, "colour": {"a": 1}}, headers=HEADERS
    )
    assert response.status_code == call.status


@every(CALLS)
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_the_content_type_does_not_matter(client, call, media_type):
    assert send(client, call, **{"Content-Type": media_type}).status_code == call.status


@every([call for call in CALLS if call.body is None])
@pytest.mark.parametrize("content", [b"null", b"{}", b"\xff"])
def test_a_body_that_nobody_asks_for_is_not_read(client, call, content):
    response = client.request(call.method, f"/talonone{call.path}", content=content, headers=HEADERS)
    assert response.status_code == call.status


@every(CALLS)
def test_a_slash_at_the_end_is_another_path(client, call):
    path, _, query = call.path.partition("?")
    response = client.request(call.method, f"/talonone{path}/?{query}", json=call.body, headers=HEADERS)
    assert (response.status_code, response.headers["x-emulator-unimplemented"]) == (501, "true")


@every(CALLS)
@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("rate_limited", 429, b'{"message":"Too Many Requests","StatusCode":429}'),
        ("internal_error", 500, b'{"message":"Internal Server Error","StatusCode":500}'),
        (
            "service_unavailable",
            503,
            b'{"message":"Service Unavailable","RequestUUID":"3f0e4d1c-8a51-4c0e-9d61-2f7b5a9c1e08"}',
        ),
    ],
)
def test_failures_that_any_call_may_meet_can_be_asked_for(client, call, fault, status, body):
    response = send(client, call, **{"X-Emulator-Fault": fault})
    assert (response.status_code, response.content) == (status, body)


BUSY = {
    "updateCustomerProfileV2": "profile",
    "updateCustomerSessionV2": "session",
    "trackEventV2": "profile",
}


@every([call for call in CALLS if call.id in BUSY])
def test_a_conflict_of_parallel_updates_can_be_asked_for(client, call):
    noun = BUSY[call.id]
    response = send(client, call, **{"X-Emulator-Fault": f"too_many_requests_for_{noun}"})
    assert response.status_code == 409
    assert response.content == (
        b'{"message":"Too many requests are updating this %s at the same time","errors":[],"StatusCode":409}'
        % noun.encode()
    )


def test_the_signed_operations_are_the_nine_of_v1():
    assert len(SIGNED) == 9
    assert {call.id for call in UNSIGNED} >= {"updateCustomerProfileV2", "updateCustomerSessionV2"}
