"""Every mistake that a call can be refused for is told by its name, and what is told to send instead is accepted."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.vendors.explained import explain, pasted
from tests.vendors.treasuredata.mistakes import (
    LATE,
    NARROW_KEY,
    OFFICE,
    PAGE_TOKEN,
    SINGLE,
    TALON_KEY,
    Told,
    assert_told,
    sent,
)
from tests.vendors.treasuredata.shop import (
    KEY,
    MEDIA_TYPE,
    ORIGIN,
    PAGE_VIEWS,
    RECORDED_VIEWS,
    TOKEN,
    VIEWS,
    Json,
    Shop,
    whole,
)

KEYS: list[Told] = [
    ({"Authorization": None}, "The header Authorization is missing: it is TD1, a space, and an API key."),
    ({"Authorization": ""}, "The header Authorization is empty: it is TD1, a space, and an API key."),
    (
        {"Authorization": KEY},
        "The key stands without its scheme word: write Authorization: TD1, a space, and the key.",
    ),
    ({"Authorization": f"Bearer {KEY}"}, "The scheme word is Bearer: Treasure Data's is TD1, written so."),
    ({"Authorization": f"td1 {KEY}"}, "The scheme word is td1: Treasure Data's is TD1, written so."),
    (
        {"Authorization": f"ApiKey-v1 {TALON_KEY}"},
        "The key is Talon.One's (application 12 Shop): Treasure Data wants Authorization: TD1 and a key of its own.",
    ),
    (
        {"Authorization": f"TD1 {TALON_KEY}"},
        "The key is Talon.One's (application 12 Shop): Treasure Data wants Authorization: TD1 and a key of its own.",
    ),
    (
        {"Authorization": None, "X_Api_Key": KEY},
        "The key is in the header X-Api-Key: it belongs in Authorization, after TD1 and a space.",
    ),
    (
        {"Authorization": None, "path": f"{VIEWS}?apikey={KEY}"},
        "The key is the query parameter apikey: it belongs in Authorization, after TD1 and a space.",
    ),
    (
        {"Authorization": f"TD1 1/8/{TOKEN}", "WP13n_Token": KEY},
        "Key and token have changed places: the key is in WP13n-Token, and the token in Authorization.",
    ),
    (
        {"Authorization": f"TD1 1/8/{TOKEN}"},
        "The header Authorization has a token: that belongs in WP13n-Token, and here comes TD1 and an API key.",
    ),
    (
        {"Authorization": "TD1 …aaaa".encode()},
        "The key is masked, as journals and explanations show it: the whole of it is needed.",
    ),
    ({"Authorization": "TD1 ${TD_API_KEY}"}, "The key is a placeholder that was never filled in."),
    ({"Authorization": f'TD1 "{KEY}"'}, "The key has quotation marks around it."),
    ({"Authorization": f"TD1 {KEY.replace('/', '%2F')}"}, "The key is percent-encoded, which is for URLs only."),
    ({"Authorization": f"TD1 {KEY[2:]}"}, "The key lacks its account: it begins with 1/."),
    (
        {"Authorization": f"TD1 7{KEY[1:]}"},
        "The key is that of account 1, and has another account before its slash.",
    ),
    ({"Authorization": f"TD1 {KEY.upper()}"}, "The key has capital letters: its digits are 0-9 and a-f."),
    ({"Authorization": f"TD1 {KEY[:30]}"}, "The key is cut off: it has 30 characters of 42."),
    ({"Authorization": f"TD1 {KEY}0"}, "The key has something after its end."),
    (
        {"Authorization": f"TD1 {KEY[:-2]}ba"},
        "The key is mistyped: it is nearly the write-only key …aaaa of account 1.",
    ),
    (
        {"Authorization": "TD1 5/" + "5" * 40},
        "No account of this world has the key …5555; the keys that there are end in …aaaa, …0001, …bbbb.",
    ),
]
MEDIA_TYPES: list[Told] = [
    ({"Content_Type": None}, f"The call has no Content-Type: it is {MEDIA_TYPE}."),
    (
        {"Content_Type": "application/json"},
        f"The Content-Type is application/json: Treasure Data takes its own, {MEDIA_TYPE}, only.",
    ),
    (
        {"Content_Type": "application/x-www-form-urlencoded"},
        f"The Content-Type is application/x-www-form-urlencoded, as curl sets it by itself: it is {MEDIA_TYPE}.",
    ),
    (
        {"Content_Type": MEDIA_TYPE.replace("/", " ")},
        f"The Content-Type has lost its slash: {MEDIA_TYPE}.",
    ),
    (
        {"Content_Type": "application/vnd.treasuredata.v2+json"},
        f"The Content-Type application/vnd.treasuredata.v2+json is misspelt: it is {MEDIA_TYPE}.",
    ),
    (
        {"Content_Type": SINGLE},
        "The Content-Type is one of the records hosts, and the call went to personalization: that takes "
        f"{MEDIA_TYPE}, and records go to /records/shop_db/views.",
    ),
    ({"Content_Encoding": "br"}, "The Content-Encoding is br: only gzip is unpacked."),
]
PLACES: list[Told] = [
    (
        {"path": "/treasuredata/Shop_DB/views"},
        "The database 'Shop_DB' has capital letters: names are of 0-9, a-z and _ only.",
    ),
    (
        {"path": "/treasuredata/shop-db/views"},
        "The database 'shop-db' has '-' in it: names are of 0-9, a-z and _ only.",
    ),
    ({"path": "/treasuredata/shop_db/v"}, "The table 'v' is 1 characters long: 3 to 128 are taken."),
    (
        {"path": "/treasuredata/shop_db/vi%2565ws"},
        "The table 'vi%65ws' is percent-encoded twice: encode it once, or not at all.",
    ),
]


@pytest.mark.parametrize(("about", "cause"), KEYS)
def test_a_wrong_key_is_told_by_its_mistake(both: Shop, about: dict[str, Any], cause: str) -> None:
    assert_told(both, sent(both, about), "API key", cause)


def test_a_key_is_right_in_its_own_region_only(td: Shop, load: Callable[[Json], None]) -> None:
    load({"treasuredata": whole(region="us01")})
    url, _, namespace = str(td.client.base_url).rstrip("/").partition("/ns/")
    headers = {**td.headers, "Host": "eu01.p13n.in.treasuredata.com", "X-Emulator-Namespace": namespace}
    refused = td.client.post(f"{url}/shop_db/views", content=b"{}", headers=headers)
    assert_told(
        td,
        refused,
        "API key",
        "The key is of an account in us01, and the call went to eu01: the hosts of a region know its own accounts "
        "only.",
    )


def test_a_world_without_accounts_says_so(td: Shop, load: Callable[[Json], None]) -> None:
    load({})
    told = explain(td.client, td.send())
    assert told.cause == (
        "This world has no Treasure Data account, so that no key is right: load a scenario with "
        "treasuredata.account.api_keys, such as demo."
    )
    assert told.told["correction"] is None


def test_a_key_that_may_not_write_there_is_told_from_one_that_may(both: Shop) -> None:
    assert_told(
        both,
        both.send(Authorization=f"TD1 {NARROW_KEY}"),
        "right to write",
        "The key of account 1 may write to other_db, and the path names shop_db; the write-only key …aaaa of account 1 "
        "may write to it.",
    )


def test_a_misspelt_database_is_told_before_another_key_is(both: Shop) -> None:
    refused = both.send(path="/treasuredata/othr_db/views", Authorization=f"TD1 {NARROW_KEY}")
    cause = "The database 'othr_db' is misspelt: the key may write to other_db."
    assert_told(both, refused, "right to write", cause)


@pytest.mark.parametrize(("about", "cause"), MEDIA_TYPES)
def test_a_wrong_media_type_is_told_by_its_mistake(both: Shop, about: dict[str, Any], cause: str) -> None:
    assert_told(both, sent(both, about), "media type", cause)


def test_records_without_a_token_are_sent_where_records_go(both: Shop) -> None:
    told = explain(both.client, both.send({"client": "c-1"}, Content_Type=SINGLE, WP13n_Token=None))
    assert pasted(told.curl) == (200, '{"receipts":[{"success":true}]}')


@pytest.mark.parametrize(("about", "cause"), PLACES)
def test_wrong_names_are_told_by_their_mistake(both: Shop, about: dict[str, Any], cause: str) -> None:
    assert_told(both, sent(both, about), "database and table", cause)


def test_a_page_of_the_journal_never_tells_the_key(both: Shop) -> None:
    told = explain(both.client, both.send(Authorization=f"Bearer {KEY}", WP13n_Token=f"1/9/{TOKEN}"))
    assert told.got == "Authorization: Bearer …aaaa"
    assert KEY not in orjson.dumps({**told.told, "correction": None}).decode()


# preflights -----------------------------------------------------------------------------------------------------------

GOOD_PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}


@pytest.mark.parametrize(
    ("headers", "check", "cause"),
    [
        (
            {"Access-Control-Request-Method": "POST"},
            "origin",
            "The call has no Origin: browsers send one by themselves.",
        ),
        (
            {"Origin": ORIGIN},
            "method named",
            "The call has no Access-Control-Request-Method: it is OPTIONS, but not a browser's preflight.",
        ),
        (
            {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"},
            "method meant",
            "The page is about to send PUT: events are sent by POST.",
        ),
        (
            {"Origin": ORIGIN, "Access-Control-Request-Method": "post"},
            "method meant",
            "The method is written 'post': it is POST in capitals.",
        ),
    ],
)
def test_a_refused_preflight_is_told_by_its_mistake(
    both: Shop, headers: dict[str, str], check: str, cause: str
) -> None:
    assert_told(both, both.client.options(PAGE_VIEWS, headers=headers), check, cause)


@pytest.mark.parametrize("kind", ["public", "records"])
def test_a_preflight_for_no_name_is_told_by_it(both: Shop, kind: str) -> None:
    refused = both.client.options(f"/treasuredata/{kind}/Shop_DB/views", headers=GOOD_PREFLIGHT)
    cause = "The database 'Shop_DB' has capital letters: names are of 0-9, a-z and _ only."
    assert_told(both, refused, "database and table", cause)


# order ----------------------------------------------------------------------------------------------------------------


def broken(public: bool) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each check's name, what breaks it, and what mends it: in the order of the checks."""
    token = PAGE_TOKEN if public else OFFICE
    other = TOKEN if public else PAGE_TOKEN
    mends = [
        ("API key", {"Authorization": "TD1 no"}, {"Authorization": f"TD1 {NARROW_KEY}"}),
        ("right to write", {}, {"Authorization": f"TD1 {KEY}"}),
        ("media type", {"Content_Type": "text/plain"}, {"Content_Type": MEDIA_TYPE}),
        ("database and table", {"name": "Views"}, {"name": "views"}),
        ("token header", {"WP13n_Token": None}, {"WP13n_Token": "x"}),
        ("token's form", {}, {"WP13n_Token": "2/9/" + "7" * 32}),
        ("token's service", {}, {"WP13n_Token": f"2/9/{other}"}),
        ("accounts of key and token", {}, {"WP13n_Token": f"1/9/{other}"}),
        ("token's instance", {}, {"WP13n_Token": f"1/8/{other}"}),
        ("kind of token", {}, {"WP13n_Token": f"1/8/{token}"}),
        ("origin", {}, {"Origin": ORIGIN}),
        ("caller's address", {}, {"WP13n_Token": f"1/8/{LATE}"}),
        ("size", {"body": b"x" * 1_048_577}, {"body": b"x"}),
        ("event", {}, {"body": b"{}"}),
        ("token's deployment", {}, {"WP13n_Token": f"1/8/{TOKEN}"}),
    ]
    left_out = ("caller's address", "token's deployment") if public else ("origin",)
    return [one for one in mends if one[0] not in left_out]


@pytest.mark.parametrize("public", [False, True])
def test_checks_are_told_in_the_order_in_which_they_are_made(both: Shop, public: bool) -> None:
    mends = broken(public)
    about: dict[str, Any] = {}
    for _, breaks, _ in mends:
        about |= breaks
    told = []
    for _, _, mended in mends:
        here = {name: value for name, value in about.items() if name != "name"}
        refused = sent(both, here, f"/treasuredata{'/public' if public else ''}/shop_db/{about['name']}")
        told.append(explain(both.client, refused).failed)
        about |= mended
    assert told == [name for name, _, _ in mends]
    assert both.send(path=PAGE_VIEWS if public else VIEWS, **{k: v for k, v in about.items() if k != "name"}).is_success


def test_checks_of_records_are_told_in_the_order_in_which_they_are_made(both: Shop) -> None:
    mends: list[tuple[str, dict[str, Any]]] = [
        ("API key", {"Authorization": f"TD1 {NARROW_KEY}"}),
        ("right to write", {"Authorization": f"TD1 {KEY}"}),
        ("media type", {"Content_Type": MEDIA_TYPE}),
        ("database and table", {"path": RECORDED_VIEWS}),
        ("size", {"body": b"[]"}),
        ("records", {"body": b'{"events":[{}]}'}),
    ]
    about: dict[str, Any] = {"Authorization": "TD1 no", "Content_Type": "text/plain", "body": b"x" * 5_242_881}
    about["path"] = "/treasuredata/records/shop_db/Views"
    told = []
    for _, mended in mends:
        told.append(explain(both.client, sent(both, about)).failed)
        about |= mended
    assert told == [name for name, _ in mends]
    assert sent(both, about).status_code == 200
