"""The path for pages: preflight, origin, address, and headers that let a browser read whatever is answered."""

import gzip
import http.client
from typing import Any

import httpx
import pytest

from emulator.core.request import Request
from emulator.server import Background
from emulator.settings import Options
from emulator.vendors.treasuredata import VENDOR
from tests.vendors.treasuredata.shop import (
    KEY,
    MEDIA_TYPE,
    ORIGIN,
    PAGE_VIEWS,
    TOKEN,
    VIEWS,
    Shop,
    pages,
    section,
    sections,
    shop,
)

BROWSER = {
    "Accept": "*/*",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,wp13n-token",
    "Origin": ORIGIN,
}
"""What Chromium asks before td-js-sdk's fetchPersonalization."""
READABLE = {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-credentials": "true",
    "vary": "Origin",
}
BAD_ADDRESS = (400, b'{"code":3005,"message":"Request origin not in IP whitelist"}')
BAD_TYPE = (
    400,
    b'{"code":3006,"message":"Invalid token type. Token type is not matching the one in the configuration"}',
)
BAD_ORIGIN = (400, b'{"code":3007,"message":"Invalid or missing Origin"}')
NO_METHOD = (400, b'{"code":3008,"message":"Request method is required"}')
BAD_METHOD = (400, b'{"code":3009,"message":"Unsupported method"}')
NO_ADDRESS = (500, b'{"code":3013,"message":"Unable to retrieve Client IP from request"}')
NOT_FOUND = (404, b'{"message":"Not Found"}')
PREFLIGHT = "personalizePublicPreflight"


@pytest.fixture
def page(td: Shop) -> Shop:
    """The shop as its web page sees it; every visitor of it is offered a greeting."""
    td.open_to_pages(shop(realtime_personalizations=sections(section(texts={"greeting": "hello"}))))
    return td


def answer(response: httpx.Response) -> tuple[int, bytes]:
    return response.status_code, response.content


def told(response: httpx.Response) -> dict[str, str]:
    """What a browser is told, each once."""
    found = [(n, v) for n, v in response.headers.multi_items() if n.startswith("access-control") or n == "vary"]
    assert len(found) == len(dict(found))
    return dict(found)


def preflight(shop: Shop, path: str = PAGE_VIEWS, **changes: str | None) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    headers = {name: value for name, value in {**BROWSER, **named}.items() if value is not None}
    return shop.client.options(path, headers=headers)


@pytest.mark.parametrize("authorization", [None, "", "TD1", f"td1 {KEY}", f"TD1 1/{'0' * 40}", f"Bearer {KEY}"])
def test_a_page_without_a_known_key_is_401_and_may_read_that(page: Shop, authorization: str | None) -> None:
    response = page.send(Authorization=authorization)
    assert answer(response) == (401, b'{"message":"Unauthorized"}')
    assert told(response) == READABLE
    assert page.stored("events") == []


@pytest.mark.proves("treasuredata.operation.personalizePublic", "treasuredata.pages")
def test_a_page_gets_offers_and_may_read_them(page: Shop) -> None:
    response = page.send({"client": "c-1"})
    assert answer(response) == (200, b'{"offers":{"offer":{"attributes":{"greeting":"hello"}}}}')
    assert response.headers["content-type"] == "application/json"
    assert told(response) == READABLE
    assert [(event["account"], event["json"]["client"]) for event in page.stored("events")] == [("1", "c-1")]


def test_a_page_that_earns_nothing_gets_204_and_may_know_it(page: Shop) -> None:
    page.open_to_pages()
    response = page.send(body=b"{}")
    assert answer(response) == (204, b"")
    assert told(response) == READABLE


@pytest.mark.parametrize("origin", ["http://localhost:8081", "http://[::1]:3000", "capacitor://localhost"])
def test_the_origin_is_echoed_and_never_a_star(page: Shop, origin: str) -> None:
    assert page.send(Origin=origin).headers["access-control-allow-origin"] == origin


@pytest.mark.proves("treasuredata.operation.personalizePublicPreflight", "treasuredata.pages")
def test_the_preflight_of_the_browser_client_lets_it_go_on(page: Shop) -> None:
    response = preflight(page)
    assert answer(response) == (204, b"")
    assert told(response) == {
        **READABLE,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "authorization, content-type, wp13n-token",
    }
    assert response.headers["allow"] == "POST, OPTIONS"
    assert response.headers["x-emulator-provenance"] == "observed"
    assert page.stored("events") == []


def test_a_preflight_needs_neither_key_nor_token_nor_body(page: Shop) -> None:
    page.open()
    assert preflight(page).status_code == 204


def test_a_truncated_answer_without_a_body_never_looks_whole(page: Shop) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        preflight(page, X_Emulator_Fault="truncate")


def test_a_preflight_for_a_call_with_the_emulators_own_headers_lets_it_go_on(page: Shop) -> None:
    wanted = "authorization,content-type,wp13n-token,x-emulator-fault,x-emulator-namespace"
    response = preflight(page, Access_Control_Request_Headers=wanted)
    assert response.headers["access-control-allow-headers"] == wanted.replace(",", ", ")


def test_a_bare_process_knows_no_headers_of_its_own() -> None:
    with (
        Background(Options(port=0, bare=True)) as running,
        httpx.Client(base_url=running.url) as client,
    ):
        wanted = {**BROWSER, "Access-Control-Request-Headers": "content-type,x-emulator-fault"}
        response = client.options("/treasuredata/public/shop_db/views", headers=wanted)
    assert response.status_code == 204
    assert response.headers["access-control-allow-headers"] == "authorization, content-type, wp13n-token"


UNUSABLE = [None, "", "null", "shop.example", "https://", "https://shop.example/", "https://shop.example/page", "*"]


@pytest.mark.parametrize("origin", UNUSABLE)
@pytest.mark.proves("treasuredata.error.3007")
def test_a_call_without_a_usable_origin_is_3007(page: Shop, origin: str | None) -> None:
    response = page.send(Origin=origin)
    assert answer(response) == BAD_ORIGIN
    assert told(response) == {}
    assert page.stored("events") == []


@pytest.mark.parametrize("origin", UNUSABLE)
def test_a_preflight_without_a_usable_origin_is_3007(page: Shop, origin: str | None) -> None:
    response = preflight(page, Origin=origin)
    assert answer(response) == BAD_ORIGIN
    assert told(response) == {}


def test_two_origins_are_none(page: Shop) -> None:
    headers = [*page.headers.items(), ("Origin", "https://b.example")]
    assert answer(page.client.post(PAGE_VIEWS, content=b"{}", headers=headers)) == BAD_ORIGIN


@pytest.mark.parametrize(
    ("method", "refusal"),
    [
        (None, NO_METHOD),
        pytest.param("", NO_METHOD, marks=pytest.mark.proves("treasuredata.error.3008")),
        pytest.param("GET", BAD_METHOD, marks=pytest.mark.proves("treasuredata.error.3009")),
        ("PUT", BAD_METHOD),
        ("OPTIONS", BAD_METHOD),
        ("post", BAD_METHOD),
        ("POST, GET", BAD_METHOD),
    ],
)
def test_a_preflight_for_no_method_is_3008_and_for_another_3009(
    page: Shop, method: str | None, refusal: tuple[int, bytes]
) -> None:
    response = preflight(page, Access_Control_Request_Method=method)
    assert answer(response) == refusal
    assert {name: told(response)[name] for name in READABLE} == READABLE


def test_a_preflight_that_names_its_method_twice_is_3009(page: Shop) -> None:
    headers = [*BROWSER.items(), ("Access-Control-Request-Method", "POST")]
    assert answer(page.client.options(PAGE_VIEWS, headers=headers)) == BAD_METHOD


def test_a_preflights_origin_is_looked_at_before_its_method(page: Shop) -> None:
    assert answer(preflight(page, Origin=None, Access_Control_Request_Method=None)) == BAD_ORIGIN
    assert answer(preflight(page, path="/treasuredata/public/X/views", Origin=None)) == NOT_FOUND


def test_a_page_of_an_origin_that_its_token_does_not_allow_is_3007_and_may_read_that(page: Shop) -> None:
    page.open_to_pages(allowed_origins=["https://Shop.example", "http://localhost:8081"])
    assert page.send().status_code == 204
    assert page.send(Origin="http://localhost:8081").status_code == 204
    for other in ("http://shop.example", "https://shop.example:444", "https://www.shop.example", "http://localhost"):
        refused = page.send(Origin=other)
        assert answer(refused) == BAD_ORIGIN
        assert refused.headers["access-control-allow-origin"] == other


def test_a_preflight_cannot_know_the_tokens_origins(page: Shop) -> None:
    page.open_to_pages(allowed_origins=["https://other.example"])
    assert preflight(page).status_code == 204


@pytest.mark.parametrize(
    ("token", "path", "refused"),
    [
        ({"allowed_origins": ["https://shop.example/"]}, "tokens[0].allowed_origins[0]", "is no origin such as"),
        ({"allowed_origins": ["https://a.example", "*"]}, "tokens[0].allowed_origins[1]", "is no origin such as"),
        ({"allowed_origins": "https://a.example"}, "tokens[0].allowed_origins", "list"),
    ],
)
def test_origins_of_a_scenario_are_checked(td: Shop, token: dict[str, Any], path: str, refused: str) -> None:
    with pytest.raises(Exception, match=refused) as caught:
        td.open_to_pages(**token)
    assert f"treasuredata.personalization_services[0].{path}" in str(caught.value)


def test_origins_of_a_token_that_no_page_uses_are_refused(td: Shop) -> None:
    private = {**pages([{"name": "x", "value": TOKEN, "allowed_origins": [ORIGIN]}]), "public": False}
    with pytest.raises(Exception, match="only a token of a public service is used by pages"):
        td.open(personalization_services=[private])


def test_a_private_token_on_the_pages_path_is_3006_and_so_is_the_reverse(page: Shop) -> None:
    assert answer(page.send(path=VIEWS)) == BAD_TYPE
    page.open()
    response = page.send(Origin=None)
    assert answer(response) == BAD_TYPE
    assert told(page.send()) == READABLE


def test_a_server_path_tells_a_browser_nothing(page: Shop) -> None:
    for path in (VIEWS, "/treasuredata/public/views", "/treasuredata/shop_db/elsewhere"):
        assert told(page.send(path=path)) == {}
        assert told(preflight(page, path)) == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD"])
def test_another_method_is_405_and_says_what_is_allowed(page: Shop, method: str) -> None:
    response = page.client.request(method, PAGE_VIEWS, headers=page.headers)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST, OPTIONS"
    assert response.content == (b"" if method == "HEAD" else b'{"message":"Method Not Allowed"}')
    assert told(response) == READABLE


def test_statuses_without_a_code_may_be_read_too(page: Shop) -> None:
    large = b'{"a":"' + b"x" * 1024 * 1024 + b'"}'
    refused = {
        404: page.send(path="/treasuredata/public/Shop_db/views"),
        413: page.send(body=large),
        415: page.send(Content_Type="application/json"),
        501: page.send(path="/treasuredata/public/shop_db/views/more"),
    }
    assert {status: response.status_code for status, response in refused.items()} == {s: s for s in refused}
    assert [told(response) for response in refused.values()] == [READABLE] * 4


@pytest.mark.parametrize("name", ["ab", "a" * 129, "Shop_db", "shop-db", "shop%2Fdb", "shop%20db", "sh%C3%B6p", "%zz"])
def test_an_impossible_database_or_table_is_404(page: Shop, name: str) -> None:
    for path in (f"/treasuredata/public/{name}/views", f"/treasuredata/public/shop_db/{name}"):
        assert answer(page.send(path=path)) == NOT_FOUND
        assert answer(preflight(page, path)) == NOT_FOUND


def test_a_key_for_other_databases_is_403(page: Shop) -> None:
    page.open_to_pages()
    account = {"id": "1", "api_keys": [{"value": KEY, "databases": ["other_db"]}]}
    page.open(account=account, personalization_services=[pages([{"name": "page", "value": TOKEN}])])
    response = page.send()
    assert answer(response) == (403, b'{"message":"Forbidden"}')
    assert told(response) == READABLE
    assert page.send(path="/treasuredata/public/other_db/views").status_code == 204


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"time":-1}', b'{"uuid":"x"}', b'{"a":NaN}', b"\xff"])
def test_what_is_no_event_is_3004(page: Shop, body: bytes) -> None:
    response = page.send(body=body)
    assert answer(response) == (400, b'{"code":3004,"message":"Invalid event object"}')
    assert told(response) == READABLE


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b'{"a":1}') + gzip.compress(b"{}"), gzip.compress(b"{}")[:-1], b"\x1f\x8b", b"", b"{}"],
    ids=["two", "cut", "head", "nothing", "plain"],
)
def test_a_broken_gzip_stream_is_3004(page: Shop, body: bytes) -> None:
    assert page.send(body=body, Content_Encoding="gzip").json()["code"] == 3004


def test_checks_come_in_this_order(td: Shop) -> None:
    tokens = [{"name": "page", "value": TOKEN, "allowedIps": ["10.0.0.1"], "state": "pending"}]
    private = {**pages(tokens), "public": False}
    td.open(personalization_services=[private])
    td.path = PAGE_VIEWS
    wrong: dict[str, Any] = {"Authorization": "TD1 1/0", "Content_Type": "x", "WP13n_Token": "", "body": b"[]"}
    found = [td.send(**wrong).status_code]

    def next_code(**better: Any) -> None:
        wrong.update(better)
        response = td.send(**wrong)
        found.append(response.json().get("code", response.status_code))

    next_code(Authorization=f"TD1 {KEY}")
    next_code(Content_Type=MEDIA_TYPE)
    next_code(WP13n_Token="nonsense")
    next_code(WP13n_Token=f"3/9/{'0' * 32}")
    next_code(WP13n_Token=f"3/9/{TOKEN}")
    next_code(WP13n_Token=f"1/9/{TOKEN}")
    next_code(WP13n_Token=f"1/8/{TOKEN}")
    td.open(personalization_services=[pages(tokens)])
    next_code()
    next_code(Origin=ORIGIN)
    tokens[0]["allowedIps"] = ["127.0.0.1"]
    td.open(personalization_services=[pages(tokens)])
    next_code()
    td.break_with("1001", times=1)
    next_code()
    next_code(body=b"{}")
    next_code()
    assert found == [401, 415, 3000, 3003, 3001, 3002, 3010, 3006, 3007, 3005, 3004, 3004, 1001, 2015]


def test_a_token_not_yet_deployed_is_2015_and_its_event_is_stored(page: Shop) -> None:
    page.open_to_pages(state="pending")
    response = page.send({"client": "c-1"})
    assert (response.status_code, response.json()["code"]) == (500, 2015)
    assert told(response) == READABLE
    assert len(page.stored("events")) == 1


@pytest.mark.parametrize("name", ["Authorization", "WP13n-Token"])
def test_a_header_sent_twice_is_refused_on_both_paths(either: Shop, name: str) -> None:
    headers = [*either.headers.items(), (name, either.headers[name])]
    response = either.client.post(either.path, content=b"{}", headers=headers)
    assert response.status_code == (401 if name == "Authorization" else 400)
    assert response.json() == (
        {"message": "Unauthorized"}
        if name == "Authorization"
        else {"code": 3003, "message": "RT token is in an invalid format"}
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": f"TD1   {KEY}  "}, 204),
        ({"WP13n-Token": f"  1/8/{TOKEN}\t"}, 204),
        ({"Content-Type": f"  {MEDIA_TYPE} ; charset=utf-8"}, 204),
        ({"WP13n-Token": f"1/8/ {TOKEN}"}, 400),
        ({"WP13n-Token": " \t "}, 400),
        ({"Authorization": f"TD1 {KEY} x"}, 401),
        ({"Authorization": f"TD1\t{KEY}"}, 401),
        ({"WP13n-Token": f"{'9' * 400}/8/{TOKEN}"}, 400),
    ],
)
def test_white_space_around_a_header_does_not_matter_and_inside_it_does(
    either: Shop, headers: dict[str, str], status: int
) -> None:
    url = either.client.base_url
    connection = http.client.HTTPConnection(url.host, url.port or 80)
    connection.request("POST", f"{url.path}{either.path[1:]}", b"{}", {**either.headers, **headers})
    assert connection.getresponse().status == status
    connection.close()


LIMITED = ["203.0.113.0/24"]


@pytest.mark.proves("treasuredata.default.client_ip_header")
def test_the_connections_address_counts_and_no_header(either: Shop) -> None:
    limit(either, LIMITED)
    forwarded = {"X_Forwarded_For": "203.0.113.7", "Forwarded": "for=203.0.113.7", "X_Real_IP": "203.0.113.7"}
    assert answer(either.send(**forwarded)) == BAD_ADDRESS


@pytest.mark.parametrize(
    ("forwarded", "refusal"),
    [
        pytest.param("203.0.113.7", None, marks=pytest.mark.proves("treasuredata.default.client_ip_header")),
        ("203.0.113.7, 10.0.0.1, 127.0.0.1", None),
        ("::ffff:203.0.113.7 , 10.0.0.1", None),
        ("10.0.0.1, 203.0.113.7", BAD_ADDRESS),
        ("2001:db8::1", BAD_ADDRESS),
        ("", NO_ADDRESS),
        pytest.param("unknown", NO_ADDRESS, marks=pytest.mark.proves("treasuredata.error.3013")),
        ("203.0.113.7:443", NO_ADDRESS),
        ("203.0.113.0/24", NO_ADDRESS),
        (", 203.0.113.7", NO_ADDRESS),
        (None, BAD_ADDRESS),
    ],
)
def test_a_header_named_by_the_setting_says_where_the_caller_is(
    either: Shop, forwarded: str | None, refusal: tuple[int, bytes] | None
) -> None:
    limit(either, LIMITED, settings={"client_ip_header": "X-Forwarded-For"})
    response = either.send(X_Forwarded_For=forwarded)
    assert answer(response) == (refusal or (204, b""))


def test_a_token_for_every_address_does_not_ask_for_one(either: Shop) -> None:
    limit(either, [], settings={"client_ip_header": "X-Forwarded-For"})
    assert either.send(X_Forwarded_For="nowhere").status_code == 204


def test_a_caller_without_a_network_address_is_3013(page: Shop, server: Background) -> None:
    """As over a Unix socket."""
    page.open_to_pages(allowedIps=LIMITED)
    headers = [(name.lower().encode(), value.encode()) for name, value in page.headers.items()]
    request = Request("POST", "/public/shop_db/views", headers=headers, body=b"{}", client_ip=None)
    answered, _ = server.emulator.exchange.turn(page.world, VENDOR, request)
    assert (answered.status, answered.body) == NO_ADDRESS
    assert {name: value for name, value in answered.headers if name in READABLE} == READABLE


def limit(shop: Shop, addresses: list[str], **parts: Any) -> None:
    """Open anew with a token of the same kind, for these addresses only."""
    tokens = [{"name": "t", "value": TOKEN, "allowedIps": addresses}]
    shop.open(personalization_services=[{**pages(tokens), "public": shop.path == PAGE_VIEWS}], **parts)


@pytest.mark.parametrize("failure", VENDOR.failures, ids=lambda failure: failure.name)
def test_every_failure_can_be_read_by_a_page_however_it_comes(page: Shop, failure: Any) -> None:
    expected = failure.provoked().answer()
    asked = page.send(X_Emulator_Fault=failure.name)
    assert (asked.status_code, asked.content, told(asked)) == (expected.status, expected.body, READABLE)
    page.break_with(failure.name, times=1)
    met = page.send()
    assert (met.status_code, met.content, told(met)) == (expected.status, expected.body, READABLE)


@pytest.mark.parametrize("failure", VENDOR.failures, ids=lambda failure: failure.name)
def test_a_preflight_meets_a_standing_failure_only_by_its_own_name(page: Shop, failure: Any) -> None:
    nameless = page.break_with(failure.name, times=1)
    assert preflight(page).status_code == 204
    assert nameless.fired == 0
    page.break_with(failure.name, times=1, operation=PREFLIGHT)
    refused = preflight(page)
    assert (refused.status_code, refused.content) == (failure.status, failure.provoked().answer().body)
    assert {name: told(refused)[name] for name in READABLE} == READABLE
    assert page.send().status_code == failure.status
    assert page.stored("profiles") == []


def test_a_delay_or_a_drop_without_a_name_misses_preflights(page: Shop) -> None:
    dropped = page.break_with("drop", times=1)
    assert preflight(page).status_code == 204
    with pytest.raises(httpx.RemoteProtocolError):
        page.send()
    assert dropped.fired == 1


@pytest.mark.proves("treasuredata.error.9999")
def test_our_own_crash_may_be_read_too(page: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> None:
        raise RuntimeError("secret inside")

    operation = next(one for one in VENDOR.routes if one.id == "personalizePublic")
    monkeypatch.setattr(operation, "call", crash)
    response = page.send()
    assert answer(response) == (500, b'{"code":9999,"message":"Unknown/undiagnosed"}')
    assert told(response) == READABLE


def test_a_problem_of_the_emulators_may_be_read_too(page: Shop) -> None:
    response = page.send(X_Emulator_Fault="no such fault")
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert told(response) == READABLE


def test_a_truncated_answer_says_who_might_have_read_it(page: Shop) -> None:
    headers = {**page.headers, "X-Emulator-Fault": "truncate"}
    with page.client.stream("POST", PAGE_VIEWS, content=b"{}", headers=headers) as response:
        assert told(response) == READABLE
        with pytest.raises(httpx.RemoteProtocolError):
            response.read()


def test_both_paths_lead_to_the_same_profile(td: Shop) -> None:
    counter = {
        "identifier": "views",
        "type": "counter",
        "counterType": "total",
        "realtimeKeyEventId": "views",
        "increment": {"type": "const", "value": 1},
    }
    offer = sections(section(attributes={"n": "views"}))
    services = [
        {"name": "backend", "reactor": 8, "tokens": [{"name": "server", "value": TOKEN}]},
        pages([{"name": "page", "value": "f" * 32}]),
    ]
    td.open(shop(realtime_attributes=[counter], realtime_personalizations=offer), personalization_services=services)
    seen = [
        td.send({"client": "c-1"}, path, WP13n_Token=f"1/8/{token}", Origin=ORIGIN).json()
        for path, token in ((VIEWS, TOKEN), (PAGE_VIEWS, "f" * 32), (VIEWS, TOKEN))
    ]
    assert [one["offers"]["offer"]["attributes"]["n"] for one in seen] == [1, 2, 3]


@pytest.mark.parametrize("region", ["us01", "eu01", "ap01", "ap02", "ap03"])
def test_pages_reach_it_by_the_production_hosts(page: Shop, server: Background, region: str) -> None:
    host = {"Host": f"{region}.p13n.in.treasuredata.com", "X-Emulator-Namespace": page.world.name}
    url = f"{server.url}/public/shop_db/views"
    asked = httpx.options(url, headers={**BROWSER, **host})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, ORIGIN)
    assert httpx.post(url, content=b"{}", headers={**page.headers, **host}).status_code == 200
