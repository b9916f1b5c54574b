"""PUT optOut: what it does, for whom, and what it refuses."""

from collections.abc import Callable
from typing import Any

import pytest

from emulator.core.clock import HOUR, rfc3339
from emulator.vendors.algonomy import VENDOR
from emulator.vendors.algonomy.service import store_profile

TRUE = b'{"type":"optOut","enableOptOut":true}'
UNREADABLE = {"error_description": "The request body must be a JSON object", "error": "invalid_request"}
BAD_TYPE = {"error_description": "type must be optOut", "error": "invalid_request"}
BAD_ENABLE = {"error_description": "enableOptOut must be true or false", "error": "invalid_request"}


def test_a_call_without_a_token_is_401(gateway: Any) -> None:
    assert gateway.send("PUT", "shop/optOut/u-1", content=TRUE).status_code == 401


@pytest.mark.proves("algonomy.operation.optOut")
def test_the_answer_is_an_empty_object(gateway: Any) -> None:
    response = gateway.opt_out("ana")
    assert (response.status_code, response.content) == (200, b"{}")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-emulator-provenance"] == "inferred"


def test_the_stored_profile_goes_with_its_history_and_nobody_elses(gateway: Any) -> None:
    with gateway.world.turn:
        work = gateway.world.work(VENDOR)
        assert store_profile(work, "qa", "shop", "ben", attributes="{}", history="[]")
        assert store_profile(work, "qa", "other", "ana", attributes="{}", history="[]")
    gateway.opt_out("ana")
    assert [(row["api_key"], row["user_id"]) for row in gateway.rows("profiles")] == [("other", "ana"), ("shop", "ben")]


@pytest.mark.proves("algonomy.unseen_user")
def test_future_profile_data_of_an_opted_out_user_is_not_stored(gateway: Any) -> None:
    gateway.opt_out("ana")
    gateway.opt_out("never-seen")
    work = gateway.world.work(VENDOR)
    for user in ("ana", "never-seen", "gone"):
        assert not store_profile(work, "qa", "shop", user, attributes='{"a":1}', history="[]")
    assert gateway.rows("profiles") == []


def test_a_new_user_id_is_a_new_user(gateway: Any) -> None:
    gateway.opt_out("ana")
    assert store_profile(gateway.world.work(VENDOR), "qa", "shop", "ana-2", attributes="{}", history="[]")


def test_stored_profile_data_replaces_what_was_there(gateway: Any) -> None:
    store_profile(gateway.world.work(VENDOR), "qa", "shop", "ana", attributes='{"tier":"silver"}', history="[]")
    assert [(row["attributes"], row["history"]) for row in gateway.rows("profiles")] == [({"tier": "silver"}, [])]


@pytest.mark.proves("algonomy.repeated")
def test_repeats_keep_the_first_moment_and_are_counted(gateway: Any) -> None:
    gateway.opt_out("ana")
    token = gateway.token()
    gateway.pass_time(HOUR)
    assert [gateway.opt_out("ana", token=token).content for _ in range(2)] == [b"{}", b"{}"]
    (row,) = [row for row in gateway.rows("opt_outs") if row["user_id"] == "ana"]
    assert (rfc3339(row["opted_out_at"]), row["repeats"]) == ("2026-01-05T09:00:00Z", 2)


@pytest.mark.proves("algonomy.enableOptOut.false")
@pytest.mark.parametrize("value", [False, "false", "FALSE"])
def test_nobody_is_opted_back_in(gateway: Any, value: Any) -> None:
    gateway.opt_out("ana")
    response = gateway.put({"type": "optOut", "enableOptOut": value}, "ana")
    assert (response.status_code, response.content) == (200, b"{}")
    assert gateway.opted_out() == {"gone", "ana"}
    assert gateway.rows("profiles") == []


@pytest.mark.proves("algonomy.enableOptOut.false", "algonomy.default.refuse_enable_false")
@pytest.mark.parametrize("value", [False, "false", "False"])
def test_false_changes_nothing(gateway: Any, value: Any) -> None:
    before = gateway.rows("profiles")
    response = gateway.put({"type": "optOut", "enableOptOut": value}, "ana")
    assert (response.status_code, response.content) == (200, b"{}")
    assert response.headers["x-emulator-provenance"] == "assumed"
    assert (gateway.opted_out(), gateway.rows("profiles")) == ({"gone"}, before)


@pytest.mark.proves("algonomy.error.opt_in_refused", "algonomy.default.refuse_enable_false")
def test_false_is_refused_where_asked_for(gateway: Any, switch: Callable[..., None]) -> None:
    switch(refuse_enable_false=True)
    for value in (False, "false"):
        refused = gateway.put({"type": "optOut", "enableOptOut": value})
        assert refused.status_code == 400
        assert refused.json() == {"error_description": "enableOptOut must be true", "error": "invalid_request"}
    assert gateway.opt_out().status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        TRUE,
        b'{"type":"optOut","enableOptOut":"true"}',
        pytest.param(
            b'{"type":"optOut","enableOptOut":"TRUE"}', marks=pytest.mark.proves("algonomy.enableOptOut.spelling")
        ),
        b'{ "enableOptOut": true,\n "type": "optOut" }',
        pytest.param(b"\xef\xbb\xbf" + TRUE, marks=pytest.mark.proves("algonomy.body")),
        pytest.param(
            b'{"type":"optOut","enableOptOut":true,"reason":{"a":[1]},"userId":"other"}',
            marks=pytest.mark.proves("algonomy.body"),
        ),
        b'{"type":"other","type":"optOut","enableOptOut":false,"enableOptOut":true}',
        rb'{"type":"opt\u004fut","enableOptOut":true}',
    ],
)
def test_a_command_opts_out(gateway: Any, body: bytes) -> None:
    response = gateway.send("PUT", "shop/optOut/u-1", f"Bearer {gateway.token()}", content=body)
    assert (response.status_code, response.content) == (200, b"{}")
    assert gateway.opted_out() == {"gone", "u-1"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", UNREADABLE, marks=pytest.mark.proves("algonomy.error.unreadable_body")),
        (b" ", UNREADABLE),
        (b"{", UNREADABLE),
        (TRUE + b"x", UNREADABLE),
        pytest.param(b"[]", UNREADABLE, marks=pytest.mark.proves("algonomy.error.unreadable_body")),
        (b"[" + TRUE + b"]", UNREADABLE),
        (b'"optOut"', UNREADABLE),
        (b"true", UNREADABLE),
        (b"null", UNREADABLE),
        (b"type=optOut&enableOptOut=true", UNREADABLE),
        (b'{"type":"optOut","enableOptOut":true,"x":"\xff"}', UNREADABLE),
        (TRUE.decode().encode("utf-16"), UNREADABLE),
        (b'{"a":' * 2_000 + b"1" + b"}" * 2_000, UNREADABLE),
        pytest.param(b"{}", BAD_TYPE, marks=pytest.mark.proves("algonomy.error.unsupported_type")),
        (b'{"enableOptOut":true}', BAD_TYPE),
        pytest.param(
            b'{"type":"optout","enableOptOut":true}',
            BAD_TYPE,
            marks=pytest.mark.proves("algonomy.error.unsupported_type"),
        ),
        (b'{"type":" optOut","enableOptOut":true}', BAD_TYPE),
        (b'{"type":null,"enableOptOut":true}', BAD_TYPE),
        (b'{"type":["optOut"],"enableOptOut":true}', BAD_TYPE),
        (b'{"type":"optOut","type":"other","enableOptOut":true}', BAD_TYPE),
        pytest.param(
            b'{"type":"optOut"}', BAD_ENABLE, marks=pytest.mark.proves("algonomy.error.invalid_enable_opt_out")
        ),
        (b'{"type":"optOut","enableOptOut":null}', BAD_ENABLE),
        pytest.param(
            b'{"type":"optOut","enableOptOut":1}',
            BAD_ENABLE,
            marks=pytest.mark.proves("algonomy.error.invalid_enable_opt_out"),
        ),
        (b'{"type":"optOut","enableOptOut":1.0}', BAD_ENABLE),
        (b'{"type":"optOut","enableOptOut":"yes"}', BAD_ENABLE),
        (b'{"type":"optOut","enableOptOut":" true"}', BAD_ENABLE),
        (b'{"type":"optOut","enableOptOut":""}', BAD_ENABLE),
        (b'{"type":"optOut","enableOptOut":{}}', BAD_ENABLE),
        (b'{"type":"optOut","enableOptOut":[true]}', BAD_ENABLE),
        (b'{"type":"optOut","enableoptout":true}', BAD_ENABLE),
    ],
)
def test_a_bad_body_is_400_and_changes_nothing(gateway: Any, body: bytes, said: dict[str, str]) -> None:
    token, before = gateway.token(), gateway.rows("profiles")
    response = gateway.send("PUT", "shop/optOut/ana", f"Bearer {token}", content=body)
    assert (response.status_code, response.json()) == (400, said)
    assert list(response.json()) == ["error_description", "error"]
    assert (gateway.opted_out(), gateway.rows("profiles")) == ({"gone"}, before)


@pytest.mark.proves(
    "algonomy.content_type",
    "algonomy.error.unsupported_media_type",
    "algonomy.default.require_json_content_type",
)
@pytest.mark.parametrize(
    "media_type",
    [None, "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "application/octet-stream"],
)
def test_the_content_type_does_not_matter_unless_asked_for(
    gateway: Any, switch: Callable[..., None], media_type: str | None
) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    accepted = gateway.send("PUT", "shop/optOut/u-1", f"Bearer {gateway.token()}", content=TRUE, headers=headers)
    assert (accepted.status_code, accepted.content) == (200, b"{}")
    assert accepted.headers["x-emulator-provenance"] == "assumed"
    switch(require_json_content_type=True)
    refused = gateway.send("PUT", "shop/optOut/u-1", f"Bearer {gateway.token()}", content=TRUE, headers=headers)
    assert refused.status_code == 415
    assert refused.json()["error"] == "invalid_request"
    assert gateway.opted_out() == {"gone"}


def test_json_with_a_charset_is_json(gateway: Any, switch: Callable[..., None]) -> None:
    switch(require_json_content_type=True)
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    response = gateway.send("PUT", "shop/optOut/u-1", f"Bearer {gateway.token()}", content=TRUE, headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("sent", "user_id"),
    [
        ("user%2Fname", "user/name"),
        ("user%2fname", "user/name"),
        ("a+b", "a+b"),
        ("a%2Bb", "a+b"),
        ("a%20b", "a b"),
        ("%20a%20", " a "),
        ("100%25", "100%"),
        ("%2525", "%25"),
        ("ana@example.com", "ana@example.com"),
        ("ana%40example.com", "ana@example.com"),
        ("a:b", "a:b"),
        ("a%3Ab", "a:b"),
        ("%F0%9F%91%8D", "👍"),
        ("Zo%C3%AB", "Zoë"),
        ("Zoe%CC%88", "Zoe\u0308"),
        ("ANA", "ANA"),
        ("%61na", "ana"),
        ("u-1.", "u-1."),
        (".hidden", ".hidden"),
        ("...", "..."),
        ("%2F", "/"),
        ("%2F%2Fa", "//a"),
        ("a%3Fb%23c", "a?b#c"),
        ("optOut", "optOut"),
        ("a;b=c,d", "a;b=c,d"),
        ("0", "0"),
        ("x" * 3_000, "x" * 3_000),
        ("%E2%80%A8", "\u2028"),
        ("a%0Ab", "a\nb"),
    ],
)
def test_the_user_id_is_one_segment_decoded_once(gateway: Any, sent: str, user_id: str) -> None:
    target = f"/algonomy/qa/profile-command/v1/shop/optOut/{sent}"
    status, _, body = gateway.raw("PUT", target, [("Authorization", f"Bearer {gateway.token()}")], TRUE)
    assert (status, body) == (200, b"{}")
    assert gateway.opted_out() == {"gone", user_id}


def test_user_ids_differ_by_case_and_by_normal_form(gateway: Any) -> None:
    for user in ("Ana", "ANA", "Zoë", "Zoe\u0308"):
        gateway.opt_out(user)
    assert len(gateway.opted_out()) == 5
    assert len(gateway.rows("profiles")) == 1


def test_the_query_string_is_no_part_of_the_user_id(gateway: Any) -> None:
    gateway.send("PUT", "shop/optOut/u-1?u=2", f"Bearer {gateway.token()}", content=TRUE)
    assert gateway.opted_out() == {"gone", "u-1"}


def test_an_opt_out_holds_for_one_environment_and_one_site(gateway: Any) -> None:
    gateway.opt_out("ana")
    work = gateway.world.work(VENDOR)
    assert store_profile(work, "staging", "shop", "ana", attributes="{}", history="[]")
    assert store_profile(work, "qa", "other", "ana", attributes="{}", history="[]")


@pytest.mark.proves("algonomy.error.foreign_site")
@pytest.mark.parametrize("body", [TRUE, b"{"])
def test_a_site_of_another_customer_is_403(gateway: Any, body: bytes) -> None:
    response = gateway.send("PUT", "other/optOut/u-1", f"Bearer {gateway.token()}", content=body)
    assert response.status_code == 403
    said = b'{"error_description":"The access token does not belong to this apiKey","error":"access_denied"}'
    assert response.content == said
    assert response.headers["x-emulator-provenance"] == "assumed"
    assert gateway.opted_out() == {"gone"}


def test_the_site_is_told_before_the_content_type(gateway: Any, switch: Callable[..., None]) -> None:
    switch(require_json_content_type=True)
    bearer = f"Bearer {gateway.token()}"
    for site, status in (("other", 403), ("nowhere", 404), ("shop", 415)):
        assert gateway.send("PUT", f"{site}/optOut/u-1", bearer, content=TRUE).status_code == status


@pytest.mark.proves("algonomy.error.unknown_site")
@pytest.mark.parametrize("site", ["nowhere", "SHOP", "shop%20", "%2F"])
def test_an_unknown_site_is_404(gateway: Any, site: str) -> None:
    response = gateway.opt_out(site=site)
    assert response.status_code == 404
    assert response.content == b'{"error_description":"The apiKey is unknown","error":"not_found"}'


def test_a_client_with_several_sites_may_use_each(gateway: Any, load: Callable[[dict[str, Any]], None]) -> None:
    clients = [{**gateway.good, "sites": ["one", "two"]}, {"client_id": "siteless", "client_secret": "s"}]
    load({"algonomy": {"environments": {"qa": {"sites": ["one", "two"], "clients": clients}}}})
    token = gateway.token()
    assert [gateway.opt_out(site=site, token=token).status_code for site in ("one", "two")] == [200, 200]
    siteless = gateway.token(client_id="siteless", client_secret="s")
    assert gateway.opt_out(site="one", token=siteless).status_code == 403


@pytest.mark.proves("algonomy.error.method_not_allowed")
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH", "OPTIONS"])
def test_any_method_but_put_is_405(gateway: Any, method: str) -> None:
    response = gateway.send(method, "shop/optOut/ana", f"Bearer {gateway.token()}")
    assert response.status_code == 405
    assert response.headers["allow"] == "PUT"
    assert response.json() == {"error_description": "The resource takes PUT only", "error": "invalid_request"}
    assert gateway.opted_out() == {"gone"}


@pytest.mark.proves("algonomy.error.not_found")
@pytest.mark.parametrize(
    "path",
    ["shop/optOut", "shop/optOut/", "shop/optOut//", "shop/optOut/u-1/", "shop/optOut/u-1/more", "shop/optOut/a/b/c",
     "optOut/u-1", "/optOut/u-1"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_path_around_the_resource_is_the_vendors_404(gateway: Any, method: str, path: str) -> None:
    response = gateway.send(method, path, f"Bearer {gateway.token()}", content=TRUE)
    assert response.status_code == 404
    assert response.json() == {"error_description": "There is no such resource", "error": "not_found"}
    assert "x-emulator-unimplemented" not in response.headers
