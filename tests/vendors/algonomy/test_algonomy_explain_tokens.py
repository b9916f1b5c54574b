"""Requests for a token that are refused: which mistake was made, and a request that is accepted."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.vendors.algonomy.conftest import GOOD, Gateway
from tests.vendors.explained import explain, pasted

GRANT = {"grant_type": "client_credentials"}
FULL = {**GRANT, **GOOD}
FORM = "grant_type=client_credentials&client_id=shop-client&client_secret=shop-secret"
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
JSON_TYPE = {"Content-Type": "application/json"}


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


Told = tuple[dict[str, Any], str]
"""How the request is sent, and the cause that is told of it."""

CLIENTS: list[Told] = [
    ({}, "client_id and client_secret are missing, in query string and body, and there is no Authorization."),
    (
        {"params": {**GRANT, "client_id": "shop-client"}},
        "client_secret is missing: it takes both to name a client.",
    ),
    (
        {"params": {**GRANT, "clientId": "shop-client", "clientSecret": "shop-secret"}},
        "The parameter clientId is misspelt: it is client_id.",
    ),
    (
        {"params": GRANT, "headers": GOOD},
        "client_id is a header here: it belongs in the query string or in a form.",
    ),
    (
        {"content": FORM, "headers": {"Content-Type": "text/plain"}},
        "The body's parameters are not read: its Content-Type is text/plain.",
    ),
    ({"content": FORM}, "The body's parameters are not read: it has no Content-Type."),
    (
        {"content": FORM, "headers": JSON_TYPE},
        "The body's parameters are not read: it is a form, not JSON.",
    ),
    (
        {"content": str(FULL), "headers": JSON_TYPE},
        "The body's parameters are not read: it is spelt as Python spells it, with single quotes or True, False and "
        "None.",
    ),
    (
        {"content": str(FULL).replace("'", '"'), "headers": FORM_TYPE},
        "The body's parameters are not read: it is JSON, and its Content-Type is that of a form.",
    ),
    (
        {"content": "--x", "headers": {"Content-Type": "multipart/form-data"}},
        "The body's parameters are not read: it is no multipart body with the boundary that its Content-Type names.",
    ),
    (
        {"params": [*FULL.items(), ("client_id", "shop-client")]},
        "client_id is sent more than once, which is as good as not at all.",
    ),
    ({"json": {**FULL, "client_id": 7}}, "client_id is no text."),
    ({"params": {**FULL, "client_secret": ""}}, "client_secret is empty."),
    (
        {"params": GRANT, "headers": {"Authorization": "Bearer abc"}},
        "Authorization has the scheme word Bearer: for a token it is Basic, or else the pair stands among the "
        "parameters.",
    ),
    (
        {"params": GRANT, "headers": {"Authorization": "Basic shop-client:shop-secret"}},
        "Authorization has the pair as it is: after Basic it is written in Base64.",
    ),
    (
        {"params": GRANT, "headers": {"Authorization": "Basic !!!"}},
        "What follows Basic is not client_id, a colon and client_secret in Base64.",
    ),
    (
        {"params": GRANT, "headers": basic("shop-client:wrong-secret")},
        "The client_secret …cret is not that of shop-client, which ends in …cret.",
    ),
    (
        {"params": GRANT, "headers": basic("nobody:shop-nothing")},
        "Environment qa has no client nobody; there are shop-client, other-client.",
    ),
    (
        {"params": {**FULL, "client_secret": "other-secret"}},
        "The client_secret is that of other-client, and the client_id is shop-client.",
    ),
    (
        {"params": {**GRANT, "client_id": "shop-secret", "client_secret": "shop-client"}},
        "client_id and client_secret have changed places.",
    ),
    (
        {"params": {**FULL, "client_secret": "shop-secr"}},
        "The client_secret is cut off: it has 9 characters of 11.",
    ),
    (
        {"params": {**FULL, "client_secret": "shop-sekret"}},
        "The client_secret is mistyped: nearly all of it is right.",
    ),
    ({"params": {**FULL, "client_secret": '"shop-secret"'}}, "The client_secret has quotation marks around it."),
    ({"params": {**FULL, "client_secret": "shop-secret\n"}}, "The client_secret has a space in it."),
    (
        {"params": {**FULL, "client_secret": "shop-client"}},
        "The client_secret is the client_id once more.",
    ),
    (
        {"params": {**FULL, "client_secret": "nope"}, "headers": basic("shop-client:shop-secret")},
        "The pair in Authorization is right and does not count, because another stands among the parameters.",
    ),
    (
        {"params": FULL, "data": {"client_secret": "nope"}},
        "The client_secret in the query string is right and does not count, because the body has another.",
    ),
    (
        {"params": {**GRANT, "client_id": "live-client", "client_secret": "live-secret"}},
        "The client live-client is of environment production, and the call went to qa: credentials are valid in their "
        "own environment only.",
    ),
    (
        {"params": {**FULL, "client_id": "other"}},
        "The client_id other is the apiKey of a site: that stands in the path of a command.",
    ),
    ({"params": {**FULL, "client_id": "${CLIENT_ID}"}}, "The client_id is a placeholder that was never filled in."),
    ({"params": {**FULL, "client_id": "shop-klient"}}, "The client_id is mistyped: it is nearly shop-client."),
]
GRANTS: list[Told] = [
    ({"params": GOOD}, "The grant_type is missing: it is client_credentials."),
    (
        {"params": {**FULL, "grant_type": "Client_Credentials"}},
        'The grant_type "Client_Credentials" is misspelt: it is client_credentials.',
    ),
    (
        {"params": {**FULL, "grant_type": "password"}},
        'The grant_type is "password", and client_credentials is the only one that there is.',
    ),
    (
        {"params": {**FULL, "grant_type": "authorization_code"}},
        'The grant_type is "authorization_code", and client_credentials is the only one that there is.',
    ),
    (
        {"params": {**FULL, "grant_type": "refresh_token"}},
        "There are no refresh tokens: whoever needs another token asks again, with grant_type client_credentials.",
    ),
    ({"params": {**FULL, "grant_type": ""}}, "grant_type is empty."),
    ({"params": {**GOOD, "granttype": "client_credentials"}}, "The parameter granttype is misspelt: it is grant_type."),
    (
        {"params": GOOD, "content": "grant_type=client_credentials"},
        "The body's parameters are not read: it has no Content-Type.",
    ),
]


def assert_told(gateway: Gateway, response: httpx.Response, check: str, cause: str) -> str:
    """The check that failed, why, and a request that gets a token in the same world."""
    assert response.status_code >= 400
    told = explain(gateway.client, response)
    assert (told.failed, told.cause) == (check, cause)
    status, body = pasted(told.curl)
    assert status == 200
    assert "access_token" in body
    return told.curl


@pytest.mark.parametrize(
    ("check", "how", "cause"),
    [("client", *one) for one in CLIENTS] + [("grant", *one) for one in GRANTS],
)
def test_a_refused_request_is_told_by_its_mistake(
    gateway: Gateway, check: str, how: dict[str, Any], cause: str
) -> None:
    params = how.get("params")
    response = gateway.ask(params, **{name: value for name, value in how.items() if name != "params"})
    assert_told(gateway, response, check, cause)


def test_a_secret_in_the_wrong_place_is_not_told(gateway: Gateway) -> None:
    told = explain(gateway.client, gateway.ask({**GRANT, "client_id": "shop-secret", "client_secret": "shop-client"}))
    assert told.got == "client_id …cret and client_secret …ient among the parameters, in qa"


def test_credentials_are_told_to_be_of_another_environment(gateway: Gateway) -> None:
    refused = gateway.client.post("/algonomy/profile-command/v1/oauth2/token", params=FULL)
    curl = assert_told(
        gateway,
        refused,
        "client",
        "The client shop-client is of environment qa, and the call went to production, since neither host nor path "
        "names another: credentials are valid in their own environment only.",
    )
    assert "/algonomy/qa/" in curl


def test_tokens_are_fetched_by_post(gateway: Gateway) -> None:
    refused = gateway.client.get("/algonomy/qa/profile-command/v1/oauth2/token", params=FULL)
    assert_told(gateway, refused, "method of the token endpoint", "The method is GET: tokens are fetched by POST.")


@pytest.mark.parametrize(
    ("headers", "cause"),
    [
        (
            [],
            "The call came over plain http: tokens are given over https only, as the setting require_https says; a "
            "server that ends TLS before says X-Forwarded-Proto: https.",
        ),
        (
            [("X-Forwarded-Proto", "http")],
            "X-Forwarded-Proto says http: tokens are given over https only.",
        ),
        (
            [("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")],
            "X-Forwarded-Proto has several values, one of each server on the way: the gateway takes one.",
        ),
    ],
)
def test_plain_http_is_told_where_tls_is_expected(
    switch: Callable[..., None], gateway: Gateway, headers: list[tuple[str, str]], cause: str
) -> None:
    switch(require_https=True)
    assert_told(gateway, gateway.ask(FULL, headers=headers), "transport", cause)


def test_a_token_that_a_command_lacks_is_fetched_over_https_where_it_must_be(
    switch: Callable[..., None], gateway: Gateway
) -> None:
    switch(require_https=True)
    told = explain(gateway.client, gateway.send("PUT", "shop/optOut/u", json={"type": "optOut", "enableOptOut": True}))
    assert pasted(told.curl) == (200, "{}")


def test_a_gateway_that_gives_no_tokens_says_so(switch: Callable[..., None], gateway: Gateway) -> None:
    switch(client_credentials_grant=False)
    told = explain(gateway.client, gateway.ask(FULL))
    assert told.cause == (
        "The setting client_credentials_grant is off, so that the gateway of this world gives no tokens at all."
    )
    assert told.told["correction"] is None


@pytest.mark.parametrize(
    ("key", "sent", "cause"),
    [
        (None, {}, "and this gateway has no provision_key that would allow it: leave it out."),
        ("right", {}, "and the provision_key that it takes is missing."),
        ("right", {"provision_key": "wrong"}, "and the provision_key is not the gateway's."),
    ],
)
def test_a_token_in_a_users_name_is_told_to_take_a_key(
    switch: Callable[..., None], gateway: Gateway, key: str | None, sent: dict[str, str], cause: str
) -> None:
    switch(provision_key=key)
    refused = gateway.ask({**FULL, "authenticated_userid": "u-1", **sent})
    assert_told(gateway, refused, "provision key", f"authenticated_userid asks for a token in a user's name, {cause}")


@pytest.mark.parametrize(
    ("scopes", "cause"),
    [
        (["read write"], "The scope write is none of those: read and delete."),
        (["read delte"], "The scope delte is misspelt: it is delete."),
        (
            ["read", "delete"],
            "scope is sent more than once, which is as good as not at all: several stand in one, with spaces between "
            "them.",
        ),
    ],
)
def test_a_scope_is_told_by_its_word(
    switch: Callable[..., None], gateway: Gateway, scopes: list[str], cause: str
) -> None:
    switch(scopes=["read", "delete"])
    query: Any = [*FULL.items(), *(("scope", scope) for scope in scopes)]
    assert_told(gateway, gateway.ask(query), "scope", cause)


def test_checks_are_told_in_the_order_in_which_they_are_made(switch: Callable[..., None], gateway: Gateway) -> None:
    switch(require_https=True, scopes=["read"])
    mends: list[tuple[str, dict[str, Any]]] = [
        ("method of the token endpoint", {"method": "POST"}),
        ("transport", {"headers": {"X-Forwarded-Proto": "https"}}),
        ("client", {"client_secret": "shop-secret"}),
        ("grant", {"grant_type": "client_credentials"}),
        ("provision key", {"authenticated_userid": None}),
        ("scope", {"scope": "read"}),
    ]
    about: dict[str, Any] = {**FULL, "client_secret": "x", "grant_type": "x", "authenticated_userid": "u", "scope": "x"}
    about |= {"method": "GET", "headers": {}}
    told = []
    for _, mended in mends:
        told.append(explain(gateway.client, asked(gateway, about)).failed)
        about |= mended
    assert told == [name for name, _ in mends]
    assert asked(gateway, about).status_code == 200


def asked(gateway: Gateway, about: dict[str, Any]) -> httpx.Response:
    query = {name: value for name, value in about.items() if name not in ("method", "headers") and value is not None}
    path = "/algonomy/qa/profile-command/v1/oauth2/token"
    return gateway.client.request(about["method"], path, params=query, headers=about["headers"])


@pytest.mark.parametrize(
    ("how", "remarks"),
    [
        ({}, []),
        (
            {"content": "x", "headers": {"Content-Type": "text/plain"}},
            ["The body is not read: its Content-Type is text/plain. The query string alone counts."],
        ),
        (
            {"data": {"grant_type": "client_credentials"}},
            ["grant_type is in the query string and in the body: the body counts."],
        ),
        (
            {"headers": basic("a:b")},
            ["The header Authorization is not read, since client_id and client_secret are among the parameters."],
        ),
        (
            {"data": {"scope": "read", "redirect_uri": "https://shop.example"}},
            [
                "scope has no effect: this gateway knows no scopes; the setting scopes names some.",
                "redirect_uri is ignored.",
            ],
        ),
    ],
)
def test_what_surprises_about_a_token_is_told(gateway: Gateway, how: dict[str, Any], remarks: list[str]) -> None:
    accepted = gateway.ask(FULL, **how)
    assert accepted.status_code == 200
    assert explain(gateway.client, accepted).remarks == remarks
