"""Tokens, origins and addresses: which mistake was made with them."""

from typing import Any

import pytest

from tests.vendors.explained import explain
from tests.vendors.treasuredata.mistakes import (
    LATE,
    OFFICE,
    PAGE_TOKEN,
    TALON_KEY,
    THEIRS,
    Told,
    assert_told,
    sent,
)
from tests.vendors.treasuredata.shop import KEY, ORIGIN, PAGE_VIEWS, TOKEN, VIEWS, Shop

TOKEN_HEADERS: list[Told] = [
    (
        {"WP13n_Token": None},
        "The header WP13n-Token is missing: it is account, instance and token, with slashes between them.",
    ),
    ({"WP13n_Token": ""}, "The header WP13n-Token is blank."),
    (
        {"WP13n_Token": None, "X_Token": f"1/8/{TOKEN}"},
        "The token is in the header X-Token: only WP13n-Token is read, whatever older texts of code 3000 say.",
    ),
    (
        {"WP13n_Token": None, "path": f"{VIEWS}?token={TOKEN}"},
        "The token is the query parameter token: it belongs in the header WP13n-Token.",
    ),
    (
        {"WP13n_Token": None, "event": {"events": [{"client": "c-1"}]}},
        "The call has records and no token, as the records hosts take them: /records/shop_db/views is the path for "
        "that.",
    ),
]
TOKEN_FORMS: list[Told] = [
    ({"WP13n_Token": TOKEN}, "The token lacks its account and instance: write 1/8/ before it."),
    (
        {"WP13n_Token": KEY},
        "WP13n-Token has an API key: that belongs in Authorization, and here comes the token.",
    ),
    (
        {"WP13n_Token": TALON_KEY},
        "The token is Talon.One's (application 12 Shop): Treasure Data wants a token of its own in WP13n-Token.",
    ),
    (
        {"WP13n_Token": f"Bearer 1/8/{TOKEN}"},
        "The token has the scheme word Bearer before it: WP13n-Token takes none.",
    ),
    (
        {"WP13n_Token": "1/8/01234567-89ab-cdef-0123-456789abcdef"},
        "The token has dashes in it, as a UUID has: it is the 32 hex digits alone.",
    ),
    (
        {"WP13n_Token": f"8/{TOKEN}"},
        "The token has 2 parts: it is account, instance and 32 hex digits, with slashes between them.",
    ),
    (
        {"WP13n_Token": f"one/8/{TOKEN}"},
        "Account and instance, which stand before the token, are not both numbers.",
    ),
    ({"WP13n_Token": f"1/8/{TOKEN[:-1]}"}, "The token's last part has 31 characters: it is 32 hex digits."),
    ({"WP13n_Token": f"1/8/{TOKEN[:-1]}x"}, "The token's last part has characters that are no hex digits."),
    ({"WP13n_Token": "<wp13n-token>"}, "The token is a placeholder that was never filled in."),
]
TOKENS: list[tuple[str, dict[str, Any], str]] = [
    (
        "token's service",
        {"WP13n_Token": "1/8/" + "7" * 32},
        "No personalization service of this world has the token …7777; the tokens that there are end in …cdef, …2015, "
        "…3005, …9999.",
    ),
    (
        "token's service",
        {"WP13n_Token": f"1/8/{TOKEN[:-1]}e"},
        "The token is mistyped: it is nearly the private token server of backend.",
    ),
    (
        "accounts of key and token",
        {"WP13n_Token": f"2/9/{THEIRS}"},
        "The token is of account 2, and the API key is of account 1: both must be of one account.",
    ),
    (
        "accounts of key and token",
        {"WP13n_Token": f"2/8/{TOKEN}"},
        "Key and token are both of account 1, but WP13n-Token begins with 2: write 1/8/ before the token.",
    ),
    (
        "token's instance",
        {"WP13n_Token": f"1/9/{TOKEN}"},
        "The token is for instance 8, and WP13n-Token says instance 9.",
    ),
    (
        "token's instance",
        {"WP13n_Token": f"1/9/{THEIRS}"},
        "The token is of account 2, and account 1 stands before it, which is the API key's: key and token must be of "
        "one account.",
    ),
    (
        "kind of token",
        {"WP13n_Token": f"1/8/{PAGE_TOKEN}"},
        "The token page of site is public, and the call went to the servers' path: pages call /public/shop_db/views, "
        "and servers use a token of a private service.",
    ),
    (
        "kind of token",
        {"path": PAGE_VIEWS},
        "The token server of backend is private, and the call went to the pages' path: servers call /shop_db/views, "
        "and pages use a token of a public service.",
    ),
    (
        "caller's address",
        {"WP13n_Token": f"1/8/{OFFICE}"},
        "The token office of backend is for calls from 203.0.113.0/24, and the call came from 127.0.0.1.",
    ),
    (
        "token's deployment",
        {"WP13n_Token": f"1/8/{LATE}"},
        "The token late of backend is pending: its reactor has not been deployed since it was made; the event is "
        "stored all the same.",
    ),
]
ORIGINS: list[Told] = [
    (
        {},
        "The call has no Origin: browsers send one by themselves, and a server calls /shop_db/views with a private "
        "token.",
    ),
    (
        {"Origin": "null"},
        "The Origin is null, as of a page opened from a file or in a sandbox: serve the page from a host.",
    ),
    (
        {"Origin": f"{ORIGIN}/"},
        f"The Origin '{ORIGIN}/' is more than scheme, host and port: write {ORIGIN}.",
    ),
    ({"Origin": "shop"}, f"The Origin 'shop' is no origin such as {ORIGIN}."),
    (
        {"Origin": "http://shop.example"},
        f"The token page of site is for pages of {ORIGIN}, and the call came from http://shop.example: http is not "
        "https.",
    ),
    (
        {"Origin": f"{ORIGIN}:8080"},
        f"The token page of site is for pages of {ORIGIN}, and the call came from {ORIGIN}:8080: the port counts.",
    ),
    (
        {"Origin": "https://www.shop.example"},
        f"The token page of site is for pages of {ORIGIN}, and the call came from https://www.shop.example: www. is "
        "another host.",
    ),
]


@pytest.mark.parametrize(("about", "cause"), TOKEN_HEADERS)
def test_a_missing_token_is_told_from_one_in_the_wrong_place(both: Shop, about: dict[str, Any], cause: str) -> None:
    assert_told(both, sent(both, about), "token header", cause)


@pytest.mark.parametrize(("about", "cause"), TOKEN_FORMS)
def test_a_token_in_no_form_is_told_by_its_mistake(both: Shop, about: dict[str, Any], cause: str) -> None:
    assert_told(both, sent(both, about), "token's form", cause)


@pytest.mark.parametrize(("check", "about", "cause"), TOKENS)
def test_another_token_is_told_by_what_is_wrong_with_it(
    both: Shop, check: str, about: dict[str, Any], cause: str
) -> None:
    assert_told(both, sent(both, about), check, cause)


def test_a_page_keeps_its_path_and_gets_the_other_token(both: Shop) -> None:
    told = explain(both.client, both.send(path=PAGE_VIEWS, Origin=ORIGIN))
    assert "/public/shop_db/views" in told.curl
    assert f"1/8/{PAGE_TOKEN}" in told.curl


@pytest.mark.parametrize(("about", "cause"), ORIGINS)
def test_a_wrong_origin_is_told_by_its_mistake(both: Shop, about: dict[str, Any], cause: str) -> None:
    page = {"WP13n_Token": f"1/8/{PAGE_TOKEN}", "path": PAGE_VIEWS}
    assert_told(both, sent(both, {**page, **about}), "origin", cause)


def test_an_unreadable_address_is_told_with_the_header_that_has_it(td: Shop) -> None:
    token = {"name": "office", "value": TOKEN, "allowedIps": ["203.0.113.7"]}
    service = {"name": "backend", "reactor": 8, "tokens": [token]}
    td.open(personalization_services=[service], settings={"client_ip_header": "X-Client"})
    assert_told(
        td,
        td.send(X_Client="unknown"),
        "caller's address",
        "The token office of backend is for calls from 203.0.113.7/32, and X-Client says 'unknown', which is no "
        "address.",
    )
