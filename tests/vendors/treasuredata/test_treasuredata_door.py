"""The front door: API key, media type, path and token, each refusal with its exact body, in the documented order."""

from typing import Any

import httpx
import pytest

from emulator.core.errors import Refusal
from emulator.core.request import Request
from emulator.vendors.treasuredata import VENDOR
from tests.vendors.treasuredata.shop import KEY, TOKEN, VIEWS, Shop, section, sections, shop, whole

OTHER_KEY = "2/" + "b" * 40
GOOD_TOKEN = f"1/8/{TOKEN}"

UNAUTHORIZED = (401, b'{"message":"Unauthorized"}')
FORBIDDEN = (403, b'{"message":"Forbidden"}')
NOT_FOUND = (404, b'{"message":"Not Found"}')
UNSUPPORTED = (415, b'{"message":"Unsupported Media Type"}')
NO_TOKEN = (400, b'{"code":3000,"message":"RT token was not provided (WP13n-Token header)"}')
UNKNOWN_TOKEN = (400, b'{"code":3001,"message":"RT token is not in the configuration"}')
OTHER_ACCOUNT = (400, b'{"code":3002,"message":"RT token account conflicts with Authed user account"}')
BAD_TOKEN = (400, b'{"code":3003,"message":"RT token is in an invalid format"}')
BAD_EVENT = (400, b'{"code":3004,"message":"Invalid event object"}')
BAD_ADDRESS = (400, b'{"code":3005,"message":"Request origin not in IP whitelist"}')
BAD_TYPE = (
    400,
    b'{"code":3006,"message":"Invalid token type. Token type is not matching the one in the configuration"}',
)
NOT_DEPLOYED = (500, b'{"code":2015,"message":"Lambda reactor configuration doesn\'t have the token yet"}')
OTHER_REACTOR = (
    500,
    (
        b'{"code":3010,"message":"RT Token is configured with a reactor whose token is inconsistent '
        b'(account or reactor ID)"}'
    ),
)


def answer(response: Any) -> tuple[int, bytes]:
    return response.status_code, response.content


@pytest.mark.parametrize(
    "authorization",
    [None, "", "TD1", KEY, f"td1 {KEY}", f"Bearer {KEY}", f"TD1 1/{'0' * 40}", f"TD1 {KEY[:-1]}", f"TD1{KEY}"],
)
@pytest.mark.proves("treasuredata.error.unauthorized")
def test_a_call_without_a_known_key_is_401(td: Shop, authorization: str | None) -> None:
    response = td.send(Authorization=authorization)
    assert answer(response) == UNAUTHORIZED
    assert response.headers["content-type"] == "application/json"
    assert td.stored("events") == []


@pytest.mark.parametrize("kind", ["master", "write", "write-only"])
def test_every_kind_of_key_may_write(td: Shop, kind: str) -> None:
    td.open(account={"id": "1", "api_keys": [{"value": KEY, "type": kind}]})
    assert td.send().status_code == 204


@pytest.mark.proves("treasuredata.error.forbidden", "treasuredata.check_order")
def test_a_key_for_other_databases_is_403_before_anything_else_is_looked_at(td: Shop) -> None:
    td.open(account={"id": 1, "api_keys": [{"value": KEY, "databases": ["other_db"]}]})
    assert answer(td.send(body=b"", Content_Type="text/plain", WP13n_Token=None)) == FORBIDDEN
    assert td.send(path="/treasuredata/other_db/views").status_code == 204


@pytest.mark.parametrize(
    "media_type",
    [None, "", "application/json", "application/vnd.treasuredata.v1.js+json", "application/vnd.treasuredata.v2+json"],
)
@pytest.mark.proves("treasuredata.error.unsupported_media_type")
def test_another_media_type_is_415(td: Shop, media_type: str | None) -> None:
    assert answer(td.send(Content_Type=media_type)) == UNSUPPORTED


@pytest.mark.parametrize(
    "media_type",
    ["application/vnd.treasuredata.v1+json; charset=utf-8", "Application/VND.TreasureData.v1+JSON"],
)
def test_the_media_type_may_have_parameters_and_any_case(td: Shop, media_type: str) -> None:
    assert td.send(Content_Type=media_type).status_code == 204


@pytest.mark.parametrize("accept", ["*/*", "application/vnd.treasuredata.v1+json", "text/html", None])
def test_any_accept_header_is_fine(td: Shop, accept: str | None) -> None:
    assert td.send(Accept=accept or "").status_code == 204


@pytest.mark.parametrize("path", ["a", "ab", "Shop_db", "shop-db", "shop%20db", "shop%2Fdb", "sh%C3%B6p", "a" * 129])
@pytest.mark.proves("treasuredata.error.not_found")
def test_an_impossible_database_or_table_is_404(td: Shop, path: str) -> None:
    assert answer(td.send(path=f"/treasuredata/{path}/views")) == NOT_FOUND
    assert answer(td.send(path=f"/treasuredata/shop_db/{path}")) == NOT_FOUND


@pytest.mark.parametrize("name", ["abc", "a" * 128, "0_9", "public"])
def test_every_possible_database_and_table_is_taken(td: Shop, name: str) -> None:
    assert td.send(path=f"/treasuredata/{name}/{name}").status_code == 204


@pytest.mark.parametrize("token", [None, ""])
@pytest.mark.proves("treasuredata.error.3000")
def test_a_missing_token_is_3000(td: Shop, token: str | None) -> None:
    assert answer(td.send(WP13n_Token=token, X_Token=GOOD_TOKEN)) == NO_TOKEN


@pytest.mark.parametrize(
    "token",
    [
        TOKEN,
        f"8/{TOKEN}",
        f"1/8/{TOKEN[:-1]}",
        f"1/8/{TOKEN}0",
        f"1/8/{TOKEN[:-1]}g",
        f"a/8/{TOKEN}",
        f"1//{TOKEN}",
        f"1/8/{TOKEN}/",
        f"/1/8/{TOKEN}",
        f"1 / 8 / {TOKEN}",
        "p13n_abc",
    ],
)
@pytest.mark.proves("treasuredata.error.3003")
def test_a_malformed_token_is_3003(td: Shop, token: str) -> None:
    assert answer(td.send(WP13n_Token=token)) == BAD_TOKEN


def test_octets_that_are_no_digits_are_3003(td: Shop) -> None:
    assert answer(td.send(WP13n_Token=b"1/8/" + b"\xd9\xa1" * 16)) == BAD_TOKEN


@pytest.mark.proves("treasuredata.error.3001")
def test_an_unknown_token_is_3001(td: Shop) -> None:
    assert answer(td.send(WP13n_Token=f"1/8/{'0' * 32}")) == UNKNOWN_TOKEN


def test_a_token_in_capitals_is_the_same_token(td: Shop) -> None:
    assert td.send(WP13n_Token=f"1/8/{TOKEN.upper()}").status_code == 204


@pytest.mark.proves("treasuredata.error.3002")
def test_the_key_of_another_account_is_3002(td: Shop) -> None:
    open_two_accounts(td)
    assert answer(td.send(Authorization=f"TD1 {OTHER_KEY}")) == OTHER_ACCOUNT


@pytest.mark.parametrize("token", [f"1/9/{TOKEN}", f"1/08/{TOKEN}"])
@pytest.mark.proves("treasuredata.error.3010")
def test_another_instance_than_the_tokens_is_3010(td: Shop, token: str) -> None:
    assert answer(td.send(WP13n_Token=token)) == OTHER_REACTOR


def test_a_token_of_another_account_is_3010_even_with_the_own_account_before_it(td: Shop) -> None:
    open_two_accounts(td)
    assert answer(td.send(Authorization=f"TD1 {OTHER_KEY}", WP13n_Token=f"2/8/{TOKEN}")) == OTHER_REACTOR


@pytest.mark.proves("treasuredata.error.3006")
def test_a_public_token_on_the_private_path_is_3006(td: Shop) -> None:
    open_with_token(td, public=True)
    assert answer(td.send()) == BAD_TYPE


@pytest.mark.parametrize("allowed", [["203.0.113.0/24"], ["10.0.0.1", "2001:db8::/32"], ["::1"]])
@pytest.mark.proves("treasuredata.error.3005")
def test_a_call_from_another_address_is_3005(td: Shop, allowed: list[str]) -> None:
    open_with_token(td, allowedIps=allowed)
    assert answer(td.send()) == BAD_ADDRESS


@pytest.mark.parametrize("allowed", [[], ["127.0.0.1"], ["127.0.0.0/8"], ["203.0.113.0/24", "127.0.0.1/31"]])
def test_a_call_from_an_allowed_address_passes(td: Shop, allowed: list[str]) -> None:
    open_with_token(td, allowedIps=allowed)
    assert td.send().status_code == 204


@pytest.mark.proves("treasuredata.error.2015", "treasuredata.event_kept")
def test_a_token_not_yet_deployed_is_2015_and_its_event_is_stored_but_reaches_no_profile(td: Shop) -> None:
    open_with_token(td, state="pending")
    assert answer(td.send({"client": "c-1"})) == NOT_DEPLOYED
    assert [event["json"]["client"] for event in td.stored("events")] == ["c-1"]
    assert td.stored("profiles") == []


@pytest.mark.proves("treasuredata.check_order")
def test_checks_come_in_the_documented_order(td: Shop) -> None:
    open_two_accounts(td, token={"state": "pending", "allowedIps": ["10.0.0.1"]}, public=True)
    wrong: dict[str, Any] = {
        "Authorization": f"TD1 2/{'0' * 40}",
        "Content_Type": "text/plain",
        "WP13n_Token": "",
        "path": "/treasuredata/x/y",
        "body": b"[]",
    }
    found = [answer(td.send(**wrong))]
    for name, better in (
        ("Authorization", f"TD1 {OTHER_KEY}"),
        ("Content_Type", "application/vnd.treasuredata.v1+json"),
        ("path", VIEWS),
        ("WP13n_Token", "nonsense"),
        ("WP13n_Token", f"3/9/{'0' * 32}"),
        ("WP13n_Token", f"3/9/{TOKEN}"),
        ("WP13n_Token", f"2/9/{TOKEN}"),
        ("Authorization", f"TD1 {KEY}"),
        ("WP13n_Token", f"1/8/{TOKEN}"),
    ):
        wrong[name] = better
        found.append(answer(td.send(**wrong)))
    assert found == [
        UNAUTHORIZED,
        UNSUPPORTED,
        NOT_FOUND,
        NO_TOKEN,
        BAD_TOKEN,
        UNKNOWN_TOKEN,
        OTHER_ACCOUNT,
        OTHER_REACTOR,
        OTHER_ACCOUNT,
        BAD_TYPE,
    ]


def test_address_event_and_deployment_are_checked_in_this_order(td: Shop) -> None:
    open_with_token(td, state="pending", allowedIps=["10.0.0.1"])
    assert answer(td.send(body=b"[]")) == BAD_ADDRESS
    open_with_token(td, state="pending")
    assert answer(td.send(body=b"[]")) == BAD_EVENT
    assert answer(td.send(body=b"{}")) == NOT_DEPLOYED


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.proves("treasuredata.error.method_not_allowed")
def test_another_method_is_405_and_says_what_is_allowed(td: Shop, method: str) -> None:
    response = td.client.request(method, VIEWS)
    assert answer(response) == (405, b'{"message":"Method Not Allowed"}')
    assert response.headers["allow"] == "POST, OPTIONS"


@pytest.mark.proves("treasuredata.operation.options")
def test_a_preflight_on_the_server_path_gets_no_leave_to_go_on(td: Shop) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    response = td.client.options(VIEWS, headers=asked)
    assert answer(response) == (204, b"")
    assert response.headers["allow"] == "POST, OPTIONS"
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/shop_db",
        "/shop_db/",
        "/a/shop_db/views",
        "/a/b/c/d",
        "/public",
        "/public/",
        "/public/shop_db/",
        "/public/shop_db/views/",
        "/public/a/shop_db/views",
        "/records",
        "/records/views",
        "/records/shop_db/",
        "/records/a/shop_db/views",
        "/audiences/394649/personalizations/1",
    ],
)
def test_a_path_of_no_operation_is_the_emulators_501(td: Shop, path: str) -> None:
    response = td.send(path=f"/treasuredata{path}")
    assert response.status_code == 501
    assert response.headers["x-emulator-unimplemented"] == "true"


def test_a_region_does_not_know_the_accounts_of_another(td: Shop) -> None:
    td.open(region="us01")
    assert td.send().status_code == 204
    assert at_region(td, "us01").status_code == 204
    assert answer(at_region(td, "eu01")) == UNAUTHORIZED


def at_region(td: Shop, region: str) -> httpx.Response:
    """An event by the region's production host name."""
    host = {"Host": f"{region}.p13n.in.treasuredata.com", "X-Emulator-Namespace": td.world.name}
    return td.client.post(
        f"http://127.0.0.1:{td.client.base_url.port}/shop_db/views", content=b"{}", headers={**td.headers, **host}
    )


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        ("::ffff:10.0.0.1", None),
        ("10.0.0.1", None),
        ("::1", "3005"),
        (None, "3013"),
        ("x", "3013"),
    ],
)
def test_addresses_are_compared_as_what_they_mean_and_an_unknown_one_is_3013(
    td: Shop, address: str | None, refusal: str | None
) -> None:
    open_with_token(td, allowedIps=["10.0.0.0/8"])
    headers = [(name.lower().encode(), value.encode()) for name, value in td.headers.items()]
    with td.world.turn:
        work = td.world.work(VENDOR, Request("POST", "/shop_db/views", headers=headers, client_ip=address))
        if refusal is None:
            assert VENDOR.authenticate(work).id == "account 1, token a token of a service"
        else:
            with pytest.raises(Refusal, match=refusal):
                VENDOR.authenticate(work)


def open_with_token(td: Shop, *, public: bool = False, **token: Any) -> None:
    service = {
        "name": "a service",
        "public": public,
        "reactor": 8,
        "tokens": [{"name": "a token", "value": TOKEN, **token}],
    }
    td.open(personalization_services=[service])


def open_two_accounts(td: Shop, *, public: bool = False, token: dict[str, Any] | None = None) -> None:
    parts = whole(shop(realtime_personalizations=sections(section())))
    del parts["account"]
    accounts = [
        {"id": "1", "api_keys": [{"value": KEY}]},
        {"id": "2", "api_keys": [{"value": OTHER_KEY}]},
    ]
    parts["reactors"] = [{"id": 8, "account": "1", "parent_segment_id": "100"}]
    tokens = [{"name": "a token", "value": TOKEN, **(token or {})}]
    parts["personalization_services"] = [{"name": "a service", "public": public, "reactor": 8, "tokens": tokens}]
    td.plant({"treasuredata": {**parts, "accounts": accounts}})
