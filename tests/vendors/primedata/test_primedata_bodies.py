"""Bodies that cannot be read: one answer for all of them, whatever the operation and the Content-Type."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vendors.primedata.workspace import EVENTS, INVALID_REQUEST, PROFILES, Caller

OPERATIONS = pytest.mark.parametrize("path", [PROFILES, EVENTS])

UNREADABLE = {
    "nothing": b"",
    "blank": b"  \n",
    "text": b"hello",
    "cut": b'{"profile_id": "ann"',
    "two values": b'{"profile_id": "ann"} {}',
    "trailing comma": b'{"profile_id": "ann",}',
    "single quotes": b"{'profile_id': 'ann'}",
    "comment": b'{"profile_id": "ann"} // who',
    "null": b"null",
    "list": b'[{"profile_id": "ann"}]',
    "string": b'"ann"',
    "number": b"1",
    "NaN": b'{"profile_id": "ann", "x": NaN}',
    "Infinity": b'{"profile_id": "ann", "x": [-Infinity]}',
    "the documented sample with its leading zero": b'{"identities": {"phone_number": [0123456789]}}',
    "name given twice": b'{"profile_id": "ann", "profile_id": "bob"}',
    "name given twice inside": b'{"profile_id": "ann", "x": [{"a": 1, "a": 1}]}',
    "byte order mark": b'\xef\xbb\xbf{"profile_id": "ann"}',
    "UTF-16": '{"profile_id": "ann"}'.encode("utf-16"),
    "invalid UTF-8": b'{"profile_id": "\xff\xfe"}',
    "surrogate in UTF-8": b'{"profile_id": "\xed\xa0\x80"}',
    "half a surrogate pair, escaped": rb'{"profile_id": "\ud800"}',
    "control character": b'{"profile_id": "a\x00nn"}',
    "deep lists": b'{"profile_id": "ann", "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep objects": b'{"x": ' * 50_000 + b"1" + b"}" * 50_000,
    "form": b"profile_id=ann",
}
WRONG = {
    "nobody": "{}",
    "nobody, only nulls": '{"profile_id": null, "identities": null}',
    "nobody, only empty": '{"profile_id": "", "identities": {}}',
    "profile_id number": '{"profile_id": 1}',
    "profile_id boolean": '{"profile_id": true}',
    "profile_id list": '{"profile_id": ["ann"]}',
    "profile_id object": '{"profile_id": {}}',
    "identities list": '{"identities": ["ann@shop.example"]}',
    "identities string": '{"identities": "ann@shop.example"}',
    "identities false": '{"identities": false}',
    "identities value is bare": '{"identities": {"email": "ann@shop.example"}}',
    "identities value is null": '{"identities": {"email": null}}',
    "identities value is an object": '{"identities": {"email": {}}}',
    "identities element is null": '{"identities": {"email": [null]}}',
    "identities element is a list": '{"identities": {"email": [["ann@shop.example"]]}}',
    "identities element is an object": '{"identities": {"email": [{}]}}',
    "include string": '{"profile_id": "ann", "include": "Viewed"}',
    "include object": '{"profile_id": "ann", "include": {}}',
    "include number inside": '{"profile_id": "ann", "include": ["Viewed", 1]}',
    "include null inside": '{"profile_id": "ann", "include": [null]}',
}
WRONG_PROFILE = {
    "type string": '{"profile_id": "ann", "type": "trait"}',
    "type number inside": '{"profile_id": "ann", "type": ["trait", 1]}',
    "type boolean": '{"profile_id": "ann", "type": true}',
}
WRONG_EVENTS = {
    "limit string": '{"profile_id": "ann", "limit": "10"}',
    "limit with a fraction": '{"profile_id": "ann", "limit": 10.0}',
    "limit with an exponent": '{"profile_id": "ann", "limit": 1e1}',
    "limit boolean": '{"profile_id": "ann", "limit": true}',
    "limit list": '{"profile_id": "ann", "limit": [10]}',
    "limit of five thousand digits": '{"profile_id": "ann", "limit": ' + "9" * 5_000 + "}",
    "start of nine hundred levels": '{"profile_id": "ann", "start": ' + "[" * 900 + "]" * 900 + "}",
    "sort number": '{"profile_id": "ann", "sort": 1}',
    "sort list": '{"profile_id": "ann", "sort": ["asc"]}',
    "cursor number": '{"profile_id": "ann", "cursor": 1}',
    "cursor object": '{"profile_id": "ann", "cursor": {}}',
}


def assert_refused(caller: Caller, path: str, body: str | bytes) -> None:
    response = caller.call(path, body)
    assert response.status_code == 400
    assert response.json() == INVALID_REQUEST


@pytest.mark.proves("primedata.error.invalid_request_error")
@OPERATIONS
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_is_no_json_object_is_an_invalid_request(caller: Caller, path: str, body: bytes) -> None:
    assert_refused(caller, path, body)


@pytest.mark.proves("primedata.error.invalid_request_error")
@OPERATIONS
@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_a_field_of_the_wrong_type_or_nobody_to_look_for_is_an_invalid_request(
    caller: Caller, path: str, body: str
) -> None:
    assert_refused(caller, path, body)


@pytest.mark.parametrize("body", WRONG_PROFILE.values(), ids=WRONG_PROFILE)
def test_a_wrong_type_in_a_profile_search_is_an_invalid_request(caller: Caller, body: str) -> None:
    assert_refused(caller, PROFILES, body)


@pytest.mark.parametrize("body", WRONG_EVENTS.values(), ids=WRONG_EVENTS)
def test_a_wrong_type_in_an_event_search_is_an_invalid_request(caller: Caller, body: str) -> None:
    assert_refused(caller, EVENTS, body)


@OPERATIONS
def test_a_wrong_type_is_told_before_a_wrong_value(caller: Caller, path: str) -> None:
    assert_refused(caller, path, {"identities": {"nickname": ["x"]}, "include": 1})  # type: ignore[arg-type]


@OPERATIONS
def test_identities_that_profile_id_overrules_are_an_object_all_the_same(caller: Caller, path: str) -> None:
    assert_refused(caller, path, '{"profile_id": "ann", "identities": "ann@shop.example"}')


@OPERATIONS
@pytest.mark.parametrize(
    "media_type",
    [
        pytest.param("text/plain", marks=pytest.mark.proves("primedata.search_bodies")),
        "application/x-www-form-urlencoded",
        "application/xml",
        "",
    ],
)
def test_json_is_read_whatever_the_content_type_says(caller: Caller, path: str, media_type: str) -> None:
    response = caller.call(path, b'{"profile_id": "ann"}', **{"Content-Type": media_type})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"


@OPERATIONS
def test_json_is_read_without_a_content_type(caller: Caller, path: str) -> None:
    assert caller.call(path, b'{"profile_id": "ann"}').status_code == 200


@pytest.mark.proves("primedata.search_bodies")
@OPERATIONS
def test_unknown_fields_are_ignored_and_null_is_not_given(caller: Caller, path: str) -> None:
    nulls = {"identities": None, "include": None, "type": None, "start": None, "end": None, "sort": None,
             "limit": None, "cursor": None}  # fmt: skip
    assert caller.call(path, {"profile_id": "ann", "unknown": [1], **nulls}).status_code == 200


@OPERATIONS
def test_a_body_over_a_mebibyte_is_an_invalid_request(caller: Caller, path: str) -> None:
    assert_refused(caller, path, b'{"profile_id": "' + b"a" * 1_048_576 + b'"}')


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_fields = ["profile_id", "identities", "type", "include", "start", "end", "sort", "limit", "cursor"]


@OPERATIONS
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(_fields), _json) | _json)
def test_no_json_whatever_gets_an_answer_that_is_not_documented(caller: Caller, path: str, body: object) -> None:
    response = caller.client.post(path, headers={"x-api-key": "c2hvcDpzZWNyZXQ="}, json=body)
    assert response.status_code in (200, 400, 404)
    if response.status_code != 200:
        assert set(response.json()) == {"error"}
        assert set(response.json()["error"]) == {"code", "message"}


@OPERATIONS
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=40))
def test_no_bytes_whatever_get_an_answer_that_is_not_documented(caller: Caller, path: str, body: bytes) -> None:
    assert caller.call(path, body).json() == INVALID_REQUEST
