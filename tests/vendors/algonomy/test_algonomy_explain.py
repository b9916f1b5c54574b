"""Commands that are refused: which mistake was made, in the order of the checks, and a command that is accepted."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.clock import SECOND
from tests.vendors.algonomy.conftest import ENVIRONMENTS, NOW, Gateway
from tests.vendors.explained import explain, pasted

LIFE = 28_800 * SECOND
COMMAND = {"type": "optOut", "enableOptOut": True}
TALON_KEY = "d1c2b3a4" * 8
TALON = {
    "applications": [
        {
            "id": 12,
            "name": "Shop",
            "currency": "EUR",
            "timezone": "UTC",
            "key": "fefecafedeadbeef",
            "apiKeys": [{"title": "Shop", "key": TALON_KEY}],
        }
    ]
}
Told = tuple[dict[str, Any], str]
"""What is different from the good command, ``{token}`` being a good token, and the cause that is told of it."""

MISSING: list[Told] = [
    (
        {"authorization": None},
        "The header Authorization is missing: it is Bearer, a space, and a token from "
        "/profile-command/v1/oauth2/token.",
    ),
    ({"authorization": ""}, "The header Authorization is empty: it is Bearer, a space, and a token."),
    (
        {"authorization": None, "path": "shop/optOut/u-1?access_token={token}"},
        "The token is the parameter access_token, which the gateway reads with the setting kong_token_leniencies only: "
        "it belongs in Authorization, after Bearer.",
    ),
    (
        {"authorization": None, "headers": {"X-Access-Token": "{token}"}},
        "The token is in the header X-Access-Token: it belongs in Authorization, after Bearer.",
    ),
]
INVALID: list[Told] = [
    (
        {"authorization": "{token}"},
        "The token stands without its scheme word: write Authorization: Bearer, a space, and the token.",
    ),
    ({"authorization": "Token {token}"}, "The scheme word is Token: a command takes Bearer."),
    ({"authorization": "Bearer"}, "After Bearer there is no token."),
    ({"authorization": "Bearer Bearer {token}"}, "Authorization has 3 words: it is Bearer and the token."),
    (
        {"authorization": "Basic " + base64.b64encode(b"shop-client:shop-secret").decode()},
        "Authorization has Basic credentials: those fetch a token from /profile-command/v1/oauth2/token, and a command "
        "takes that, after Bearer.",
    ),
    (
        {"authorization": "Bearer shop-secret"},
        "The token is a client_secret: with it a token is fetched from /profile-command/v1/oauth2/token first.",
    ),
    (
        {"authorization": "Bearer shop-client"},
        "The token is a client_id: with it a token is fetched from /profile-command/v1/oauth2/token first.",
    ),
    ({"authorization": "Bearer shop"}, "The token is an apiKey: that stands in the path, and after Bearer a token."),
    (
        {"authorization": f"ApiKey-v1 {TALON_KEY}"},
        "The token is Talon.One's (application 12 Shop): Algonomy wants one of its own, from "
        "/profile-command/v1/oauth2/token.",
    ),
    ({"authorization": "Bearer {token}”"}, "The token has quotation marks around it."),
    (
        {"authorization": "Bearer …abcd"},
        "The token is masked, as journals and explanations show it: the whole of it is needed.",
    ),
    ({"authorization": "Bearer <token>"}, "The token is a placeholder that was never filled in."),
    ({"authorization": "Bearer {token}x"}, "The token is mistyped: it is nearly the one that ends in {tail}."),
    ({"authorization": "Bearer {start}"}, "The token is cut off: it has 20 characters of 32."),
    ({"authorization": "Bearer 0123456789"}, "The token has 10 characters: the gateway's have 32."),
    (
        {"authorization": "Bearer " + "0123456789" * 3 + "xy"},
        "The token …89xy was never issued in qa of this world, which forgets its tokens when it is reset: fetch a new "
        "one.",
    ),
]
PATHS: list[Told] = [
    ({"path": "shop/optOut"}, "The path has no userId after optOut."),
    (
        {"path": "shop/optOut/?userId=u-1"},
        "The userId is a query parameter: it belongs in the path, after optOut.",
    ),
    ({"path": "shop/optOut/u-1/"}, "The path ends in a slash after the userId: it ends with the userId."),
    (
        {"path": "shop/optOut/user/name"},
        "The path goes on after the userId: a slash that belongs to it is written %2F, as in user%2Fname.",
    ),
    ({"path": "optOut/u-1"}, "The path has no apiKey before optOut."),
]
SITES: list[Told] = [
    ({"path": "shpo/optOut/u-1"}, "The apiKey shpo is mistyped: it is nearly shop."),
    ({"path": "SHOP/optOut/u-1"}, "The apiKey is written shop: its letter case counts."),
    ({"path": "zzzzz/optOut/u-1"}, "No site in qa has the apiKey zzzzz; there are other, shop."),
    ({"path": "sh%256Fp/optOut/u-1"}, "The apiKey 'sh%6Fp' is percent-encoded twice."),
    (
        {"path": "shop-client/optOut/u-1"},
        "The apiKey in the path is a client_id: the apiKey is that of a site, such as shop.",
    ),
    (
        {"path": "live/optOut/u-1"},
        "The apiKey live is of a site in production, and the call went to qa.",
    ),
]
BODIES: list[Told] = [
    ({"content": b""}, "The body is empty."),
    (
        {"content": b"{'type': 'optOut', 'enableOptOut': True}"},
        "The body is spelt as Python spells it, with single quotes or True, False and None.",
    ),
    ({"content": b"type=optOut&enableOptOut=true"}, "The body is a form, not JSON."),
    ({"json": [COMMAND]}, "The body is an array: a command is one object, for one user."),
    ({"content": b"null"}, "The body is null, and no object."),
    (
        {"content": b'"{\\"type\\":\\"optOut\\"}"'},
        "The body was written as JSON twice: it is a JSON text with JSON in it.",
    ),
]
TYPES: list[Told] = [
    ({"json": {"Type": "optOut", "enableOptOut": True}}, "The member Type is misspelt: it is type."),
    ({"json": {"type": "optout", "enableOptOut": True}}, 'type is "optout": it is written optOut.'),
    ({"json": {"type": "optIn"}}, 'type is "optIn": optOut is the only command that there is.'),
    ({"json": {"enableOptOut": True}}, "The member type is missing."),
    ({"json": {"command": COMMAND}}, "type stands below command: it belongs at the top of the body."),
    (
        {"json": {}, "path": "shop/optOut/u-1?type=optOut&enableOptOut=true"},
        "type is a query parameter: it belongs in the body.",
    ),
]
ENABLED: list[Told] = [
    ({"json": {"type": "optOut", "enableOptout": True}}, "The member enableOptout is misspelt: it is enableOptOut."),
    ({"json": {"type": "optOut"}}, "The member enableOptOut is missing."),
    (
        {"json": {"type": "optOut", "enableOptOut": 1}},
        "enableOptOut is 1: it is true or false, as a boolean or as a text.",
    ),
    (
        {"json": {"type": "optOut", "enableOptOut": None}},
        "enableOptOut is null: it is true or false, as a boolean or as a text.",
    ),
]


@pytest.fixture
def both(gateway: Gateway, load: Callable[[dict[str, Any]], None]) -> Gateway:
    """The small world, with another vendor beside it and a site that only production has."""
    production = {**ENVIRONMENTS["production"], "sites": ["shop", "live"]}
    environments = {**ENVIRONMENTS, "production": production}
    load({"clock": NOW, "algonomy": {"environments": environments}, "talonone": TALON})
    return gateway


def sent(gateway: Gateway, about: dict[str, Any], token: str) -> httpx.Response:
    def filled(text: str) -> str:
        return text.replace("{token}", token).replace("{start}", token[:20])

    how = {"authorization": "Bearer {token}", "path": "shop/optOut/u-1", "json": COMMAND, **about}
    if "content" in how:
        del how["json"]
    authorization, path = how.pop("authorization"), filled(how.pop("path"))
    extra = {name: filled(value) for name, value in how.pop("headers", {}).items()}
    headers = {"Content-Type": "application/json", **extra}
    octets = None if authorization is None else filled(authorization).encode()
    return gateway.send("PUT", path, octets, headers=headers, **how)


def assert_told(gateway: Gateway, response: httpx.Response, check: str, cause: str) -> str:
    """The check that failed, why, and a command that is accepted in the same world."""
    assert response.status_code >= 400
    told = explain(gateway.client, response)
    assert (told.failed, told.cause) == (check, cause)
    assert pasted(told.curl) == (200, "{}")
    return told.curl


@pytest.mark.parametrize(
    ("check", "about", "cause"),
    [
        (check, about, cause)
        for check, mistakes in {
            "access token": MISSING,
            "token's validity": INVALID,
            "path of the command": PATHS,
            "site": SITES,
            "body": BODIES,
            "type": TYPES,
            "enableOptOut": ENABLED,
        }.items()
        for about, cause in mistakes
    ],
)
def test_a_refused_command_is_told_by_its_mistake(both: Gateway, check: str, about: dict[str, Any], cause: str) -> None:
    token = both.token()
    assert_told(both, sent(both, about, token), check, cause.replace("{tail}", f"…{token[-4:]}"))


def test_an_expired_token_is_told_with_its_end_and_fetched_anew(gateway: Gateway) -> None:
    token = gateway.token()
    gateway.pass_time(LIFE + SECOND)
    curl = assert_told(
        gateway,
        gateway.opt_out(token=token),
        "token's validity",
        "The token expired at 2026-01-05T17:00:00Z, 1 s before the call.",
    )
    assert curl.startswith("TOKEN=$(curl -s -X POST")
    assert "client_id=shop-client" in curl


def test_a_token_of_another_environment_is_told_and_used_where_it_was_issued(gateway: Gateway) -> None:
    token = gateway.token("production", client_id="live-client", client_secret="live-secret")
    curl = assert_told(
        gateway,
        gateway.opt_out(token=token),
        "token's validity",
        "The token is of environment production, and the call went to qa: tokens are valid only where they were "
        "issued.",
    )
    assert "/algonomy/production/profile-command/v1/shop/optOut/u-1" in curl


def test_where_the_same_client_is_known_a_token_is_fetched_there(gateway: Gateway) -> None:
    told = explain(gateway.client, gateway.opt_out(token=gateway.token("staging")))
    assert told.cause == (
        "The token is of environment staging, and the call went to qa: tokens are valid only where they were issued."
    )
    assert "/algonomy/qa/profile-command/v1/oauth2/token?" in told.curl
    assert pasted(told.curl) == (200, "{}")


def test_a_call_that_names_no_environment_is_told_where_it_went(gateway: Gateway) -> None:
    refused = gateway.client.put(
        "/algonomy/profile-command/v1/shop/optOut/u-1",
        json=COMMAND,
        headers={"Authorization": f"Bearer {gateway.token()}"},
    )
    assert_told(
        gateway,
        refused,
        "token's validity",
        "The token is of environment qa, and the call went to production, since neither host nor path names another: "
        "tokens are valid only where they were issued.",
    )


def test_where_no_tokens_are_given_one_is_used_that_is_valid(
    gateway: Gateway, load: Callable[[dict[str, Any]], None]
) -> None:
    qa = {**ENVIRONMENTS["qa"], "tokens": [{"access_token": "held-already", "client_id": "shop-client"}]}
    settings = {"client_credentials_grant": False}
    load({"clock": NOW, "algonomy": {"settings": settings, "environments": {"qa": qa}}})
    told = explain(gateway.client, gateway.send("PUT", "shop/optOut/u-1", json=COMMAND))
    assert "Bearer held-already" in told.curl
    assert pasted(told.curl) == (200, "{}")


def test_a_foreign_site_is_told_with_whose_it_is(gateway: Gateway) -> None:
    assert_told(
        gateway,
        gateway.opt_out(site="other"),
        "site of the token's client",
        "The token is of client shop-client, whose sites are shop; the site other is that of other-client.",
    )


def test_a_media_type_that_is_not_json_is_told_where_it_must_be(switch: Callable[..., None], gateway: Gateway) -> None:
    switch(require_json_content_type=True)
    refused = sent(gateway, {"headers": {"Content-Type": "text/plain"}}, gateway.token())
    cause = (
        "The Content-Type is text/plain, and with the setting require_json_content_type a command is application/json."
    )
    assert_told(gateway, refused, "media type", cause)


def test_false_is_told_to_mean_nothing_where_it_is_refused(switch: Callable[..., None], gateway: Gateway) -> None:
    switch(refuse_enable_false=True)
    refused = gateway.put({"type": "optOut", "enableOptOut": False})
    assert_told(
        gateway,
        refused,
        "enableOptOut",
        "enableOptOut is false, and the setting refuse_enable_false is on: nobody is opted back in, so that only true "
        "means anything.",
    )


def test_a_no_in_other_words_stays_a_no(gateway: Gateway) -> None:
    told = explain(gateway.client, gateway.put({"type": "optOut", "enableOptOut": "no"}))
    assert told.cause == 'enableOptOut is "no": it is true or false, as a boolean or as a text.'
    assert pasted(told.curl) == (200, "{}")
    assert gateway.opted_out() == {"gone"}


def test_a_spent_quota_is_told_and_the_same_call_passes_later(switch: Callable[..., None], gateway: Gateway) -> None:
    switch(updates_per_second=1)
    token = gateway.token()
    gateway.opt_out(token=token)
    told = explain(gateway.client, gateway.opt_out(token=token))
    assert told.failed == "rate of calls"
    assert pasted(told.curl) == (200, "{}")


def test_a_body_that_is_too_large_is_told_by_its_size(gateway: Gateway) -> None:
    told = explain(gateway.client, sent(gateway, {"content": b" " * 1_048_577}, gateway.token()))
    assert told.failed == "size"


def test_checks_are_told_in_the_order_in_which_they_are_made(switch: Callable[..., None], gateway: Gateway) -> None:
    switch(require_json_content_type=True, refuse_enable_false=True)
    token = gateway.token()
    bodies = [b"no", b'{"type":"x"}', b'{"type":"optOut","enableOptOut":7}', b'{"type":"optOut","enableOptOut":true}']
    plain, json = {"headers": {"Content-Type": "text/plain"}}, {"headers": {"Content-Type": "application/json"}}
    mends: list[tuple[str, dict[str, Any]]] = [
        ("access token", {"authorization": "Bearer x"}),
        ("token's validity", {"authorization": "Bearer {token}"}),
        ("path of the command", {"path": "none/optOut/u-1"}),
        ("site", {"path": "other/optOut/u-1"}),
        ("site of the token's client", {"path": "shop/optOut/u-1"}),
        ("media type", json),
        ("body", {"content": bodies[1]}),
        ("type", {"content": bodies[2]}),
        ("enableOptOut", {"content": bodies[3]}),
    ]
    about: dict[str, Any] = {"authorization": None, "path": "none/optOut", "content": bodies[0], **plain}
    told = []
    for _, mended in mends:
        told.append(explain(gateway.client, sent(gateway, about, token)).failed)
        about |= mended
    assert told == [name for name, _ in mends]
    assert sent(gateway, about, token).status_code == 200


def test_a_secret_in_the_path_is_not_told(gateway: Gateway) -> None:
    told = explain(gateway.client, gateway.opt_out(site="shop-secret"))
    assert told.cause == "No site in qa has the apiKey …cret; there are shop, other."
    assert "shop-secret" not in str({**told.told, "correction": None})


# accepted, and surprising ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "remarks"),
    [
        ({}, []),
        (
            {"json": {"type": "optOut", "enableOptOut": False, "reason": "x"}, "path": "shop/optOut/gone"},
            [
                "enableOptOut is false and changes nothing, since nobody is ever opted back in; gone stays opted out, "
                "since 2026-01-01T00:00:00Z.",
                "reason is ignored: a command has type and enableOptOut only.",
            ],
        ),
        (
            {"path": "shop/optOut/gone"},
            ["gone was opted out already, at 2026-01-01T00:00:00Z: that moment stays."],
        ),
        (
            {"path": "shop/optOut/Ana?dry=1", "headers": {"Content-Type": "text/plain"}},
            [
                "There still is a profile of ana: the letter case of a userId counts.",
                "The query string is ignored (dry).",
                "The body was read as JSON although the Content-Type is text/plain; with the setting "
                "require_json_content_type that is a 415.",
            ],
        ),
        (
            {"path": "shop/optOut/ana%2540example.com"},
            [
                "The path's value is 'ana%40example.com' once decoded: it was encoded twice, if 'ana@example.com' is "
                "meant."
            ],
        ),
        (
            {"path": "shop/optOut/u-1%20"},
            ["The userId 'u-1 ' has spaces around it, and is another user than without."],
        ),
    ],
)
def test_what_surprises_about_an_accepted_command_is_told(
    gateway: Gateway, about: dict[str, Any], remarks: list[str]
) -> None:
    accepted = sent(gateway, about, gateway.token())
    assert accepted.status_code == 200
    assert explain(gateway.client, accepted).remarks == remarks
