"""Bearer tokens: the 401s, how long a token lives, and where it is worth something."""

import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.clock import HOUR, SECOND

COMMAND = {"type": "optOut", "enableOptOut": True}
MISSING = b'{"error_description":"The access token is missing","error":"invalid_request"}'
INVALID = b'{"error_description":"The access token is invalid or has expired","error":"invalid_token"}'
MISSING_CHALLENGE = 'Bearer realm="service"'
INVALID_CHALLENGE = (
    'Bearer realm="service" error="invalid_token" error_description="The access token is invalid or has expired"'
)


def assert_missing(response: httpx.Response) -> None:
    assert (response.status_code, response.content) == (401, MISSING)
    assert response.headers["www-authenticate"] == MISSING_CHALLENGE
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert "cache-control" not in response.headers


def assert_invalid(response: httpx.Response) -> None:
    assert (response.status_code, response.content) == (401, INVALID)
    assert response.headers["www-authenticate"] == INVALID_CHALLENGE
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert "cache-control" not in response.headers


@pytest.mark.proves("algonomy.error.access_token_missing")
@pytest.mark.parametrize("header", [None, ""])
def test_a_call_without_a_token_is_401(gateway: Any, header: str | None) -> None:
    assert_missing(gateway.send("PUT", "shop/optOut/u-1", header, json=COMMAND))


def test_a_blank_authorization_header_is_none(gateway: Any) -> None:
    target = "/algonomy/qa/profile-command/v1/shop/optOut/u-1"
    status, headers, body = gateway.raw("PUT", target, [("Authorization", "   ")])
    assert (status, body, headers["WWW-Authenticate"]) == (401, MISSING, MISSING_CHALLENGE)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "shop/optOut/u-1"),
        ("DELETE", "shop/optOut/u-1"),
        ("PUT", "nowhere/optOut/u-1"),
        ("PUT", "shop/optOut"),
        ("PUT", "shop/optOut/"),
        ("PUT", "optOut/u-1"),
        ("PUT", "shop/optOut/u-1/more"),
        ("POST", "oath2/token"),
        ("GET", ""),
        ("GET", "no/such/path/at/all"),
    ],
)
def test_without_a_token_path_and_method_do_not_matter(gateway: Any, method: str, path: str) -> None:
    assert_missing(gateway.send(method, path))
    assert_invalid(gateway.send(method, path, "Bearer nonsense"))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]"])
def test_without_a_token_the_body_does_not_matter(gateway: Any, body: bytes) -> None:
    assert_missing(gateway.send("PUT", "shop/optOut/u-1", content=body))


@pytest.mark.proves("algonomy.error.invalid_token")
@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Basic {token}", "token {token}", "{token}", "Bearer", "Bearer {token} more", "Bearer{token}",
     "Bearer\u00a0{token}", "Bearer {token}\u00a0"],
)  # fmt: skip
def test_anything_but_bearer_and_a_good_token_is_401(gateway: Any, header: str) -> None:
    authorization = header.format(token=gateway.token()).encode("latin-1")
    assert_invalid(gateway.send("PUT", "shop/optOut/u-1", authorization, json=COMMAND))


@pytest.mark.parametrize("pasted", ["Bearer {token}’", "Bearer {token}\u00e9", "‘Bearer {token}", "Bearer ü"])
def test_octets_outside_ascii_are_a_wrong_token_and_no_crash(gateway: Any, pasted: str) -> None:
    header = pasted.format(token=gateway.token()).encode()
    assert_invalid(gateway.send("PUT", "shop/optOut/u-1", header, json=COMMAND))


@pytest.mark.parametrize("header", ["Bearer {token}", "bearer {token}", "BEARER {token}", "Bearer \t {token}"])
def test_the_scheme_may_be_spelled_in_any_case(gateway: Any, header: str) -> None:
    authorization = header.format(token=gateway.token())
    assert gateway.send("PUT", "shop/optOut/u-1", authorization, json=COMMAND).status_code == 200


def test_the_colon_needs_no_space_after_it(gateway: Any) -> None:
    """The page writes ``Authorization:Bearer``."""
    url = httpx.URL(gateway.url)
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        target = f"{url.path}/algonomy/qa/profile-command/v1/shop/optOut/u-1"
        body = b'{"type":"optOut","enableOptOut":true}'
        head = (
            f"PUT {target} HTTP/1.1\r\nHost: x\r\nAuthorization:Bearer {gateway.token()}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert gateway.opted_out() == {"gone", "u-1"}


@pytest.mark.proves("algonomy.error.invalid_token")
def test_a_token_lives_for_exactly_28800_seconds(gateway: Any) -> None:
    token = gateway.token()
    gateway.pass_time(28_800 * SECOND)
    assert gateway.opt_out(token=token).status_code == 200
    gateway.pass_time(1)
    assert_invalid(gateway.opt_out(token=token))


def test_using_a_token_does_not_prolong_it(gateway: Any) -> None:
    token = gateway.token()
    for _ in range(8):
        gateway.pass_time(HOUR)
        assert gateway.opt_out(token=token).status_code == 200
    gateway.pass_time(SECOND)
    assert_invalid(gateway.opt_out(token=token))


def test_a_renewed_token_works_beside_the_old_one(gateway: Any) -> None:
    old = gateway.token()
    gateway.pass_time(28_000 * SECOND)
    renewed = gateway.token()
    assert gateway.opt_out(token=old).status_code == 200
    gateway.pass_time(801 * SECOND)
    assert_invalid(gateway.opt_out(token=old))
    assert gateway.opt_out(token=renewed).status_code == 200


@pytest.mark.parametrize("env", ["production", "staging"])
def test_a_token_is_worth_nothing_in_another_environment(gateway: Any, env: str) -> None:
    response = gateway.client.put(
        f"/algonomy/{env}/profile-command/v1/shop/optOut/u-1",
        json=COMMAND,
        headers={"Authorization": f"Bearer {gateway.token('qa')}"},
    )
    assert_invalid(response)


def test_credentials_are_good_only_where_they_are_registered(gateway: Any) -> None:
    assert gateway.token("staging") != gateway.token("qa")
    wrong = gateway.ask({"grant_type": "client_credentials", **gateway.good}, "production")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize(
    ("host", "env"),
    [
        ("gateway.richrelevance.com", "production"),
        ("qa-gateway.richrelevance.com", "qa"),
        ("staging-gateway.richrelevance.com:443", "staging"),
        ("algonomy.localhost", "production"),
    ],
)
def test_the_host_names_the_environment(gateway: Any, server: Any, namespace: str, host: str, env: str) -> None:
    at_host = {"Host": host, "X-Emulator-Namespace": namespace}
    pair = {"client_id": "live-client", "client_secret": "live-secret"} if env == "production" else gateway.good
    url = f"{server.url}/profile-command/v1"
    made = httpx.post(f"{url}/oauth2/token", params={"grant_type": "client_credentials", **pair}, headers=at_host)
    assert made.status_code == 200
    bearer = {"Authorization": f"Bearer {made.json()['access_token']}"}
    assert httpx.put(f"{url}/shop/optOut/u-1", json=COMMAND, headers={**at_host, **bearer}).content == b"{}"
    assert [row["environment"] for row in gateway.rows("opt_outs") if row["user_id"] == "u-1"] == [env]


def test_without_host_or_prefix_the_environment_is_production(gateway: Any) -> None:
    token = gateway.token("production", client_id="live-client", client_secret="live-secret")
    bearer = {"Authorization": f"Bearer {token}"}
    path = "/algonomy/profile-command/v1/shop/optOut/u-1"
    assert gateway.client.put(path, json=COMMAND, headers=bearer).status_code == 200


def test_a_token_from_the_scenario_is_valid_from_when_it_was_issued(
    gateway: Any, load: Callable[[dict[str, Any]], None]
) -> None:
    tokens = [
        {"access_token": "fresh", "client_id": "c"},
        {"access_token": "last-second", "client_id": "c", "issued": "-28800s"},
        {"access_token": "expired", "client_id": "c", "issued": "-28801s"},
    ]
    clients = [{"client_id": "c", "client_secret": "s", "sites": ["shop"]}]
    load({"algonomy": {"environments": {"qa": {"sites": ["shop"], "clients": clients, "tokens": tokens}}},
          "clock": "2026-01-05T09:00:00Z"})  # fmt: skip
    assert gateway.opt_out(token="fresh").status_code == 200
    assert gateway.opt_out(token="last-second").status_code == 200
    assert_invalid(gateway.opt_out(token="expired"))


def test_a_reset_revokes_every_token(gateway: Any) -> None:
    token = gateway.token()
    gateway.world.reset()
    assert_invalid(gateway.opt_out(token=token))


LENIENT: list[Any] = [
    pytest.param({"headers": {"Authorization": "{token}"}, "json": COMMAND}, id="no scheme"),
    pytest.param({"headers": {"Authorization": "Token {token}"}, "json": COMMAND}, id="scheme token"),
    pytest.param({"params": {"access_token": "{token}"}, "json": COMMAND}, id="query"),
    pytest.param({"json": {**COMMAND, "access_token": "{token}"}}, id="JSON body"),
]


def _with_token(how: dict[str, Any], token: str) -> dict[str, Any]:
    return {
        part: {k: v.replace("{token}", token) if isinstance(v, str) else v for k, v in members.items()}
        for part, members in how.items()
    }


@pytest.mark.proves("algonomy.default.kong_token_leniencies", "algonomy.kong")
@pytest.mark.parametrize("how", LENIENT)
def test_kongs_leniencies_are_off_unless_asked_for(
    gateway: Any, switch: Callable[..., None], how: dict[str, Any]
) -> None:
    refused = gateway.send("PUT", "shop/optOut/u-1", **_with_token(how, gateway.token()))
    assert refused.status_code == 401
    switch(kong_token_leniencies=True)
    accepted = gateway.send("PUT", "shop/optOut/u-1", **_with_token(how, gateway.token()))
    assert (accepted.status_code, accepted.content) == (200, b"{}")


def test_with_leniencies_a_form_or_multipart_token_reaches_the_service(
    gateway: Any, switch: Callable[..., None]
) -> None:
    switch(kong_token_leniencies=True)
    token = gateway.token()
    assert gateway.send("PUT", "shop/optOut/u-1", data={"access_token": token}).status_code == 400
    assert gateway.send("PUT", "shop/optOut/u-1", files={"access_token": (None, token)}).status_code == 400


def test_with_leniencies_nonsense_is_refused_all_the_same(gateway: Any, switch: Callable[..., None]) -> None:
    switch(kong_token_leniencies=True)
    token = gateway.token()
    assert_invalid(gateway.send("PUT", "shop/optOut/u-1", f"Basic {token}"))
    assert_invalid(gateway.send("PUT", "shop/optOut/u-1", f"Bearer {token} more"))
    assert_invalid(gateway.send("PUT", "shop/optOut/u-1", "wrong"))
    assert_missing(gateway.send("PUT", "shop/optOut/u-1", params={"access_token": ""}))
    assert_missing(gateway.send("PUT", "shop/optOut/u-1", params={"access_token": [token, token]}))
    assert_missing(gateway.send("PUT", "shop/optOut/u-1", "", params={"access_token": token}))
