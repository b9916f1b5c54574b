"""Why a call was refused: every check of every operation, its cause in a sentence, and a command that passes."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.clock import parse_rfc3339
from emulator.core.world import World
from emulator.vendors.talonone.checks import CHECKLIST
from tests.vendors.explained import explain, pasted
from tests.vendors.talonone.conftest import ATTRIBUTES, FOREIGN_KEY, KEY, OTHER_KEY, SIGNING_KEY, Shop
from tests.vendors.talonone.mistakes import SIGNER_CAUSE, mistake, plant, settle, spoiled
from tests.vendors.talonone.operations import CALLS, Call

AUTHORIZATION = {"Authorization": f"ApiKey-v1 {KEY}"}
_NAMES = {call.id: [check.name for check in CHECKLIST.operations[call.id]] for call in CALLS}
_EACH = [(call, name) for call in CALLS for name in _NAMES[call.id]]
_SIZE, _SIGNATURE = "size of the body", "signature"


@pytest.fixture
def ready(shop: Shop, world: World) -> Shop:
    plant(shop)
    world.clock.set("frozen", parse_rfc3339("2026-01-05T09:00:00Z"))
    settle(shop)
    return shop


def test_every_operation_says_what_it_checks() -> None:
    assert list(CHECKLIST.operations) == [call.id for call in CALLS]


def _needs_a_signature(name: str, names: list[str]) -> bool:
    """A body's size where there is no other body than the one that is signed."""
    return name == _SIGNATURE or (name == _SIZE and _SIGNATURE in names and "JSON" not in names)


@pytest.mark.parametrize(("call", "name"), _EACH, ids=[f"{call.id}-{name}" for call, name in _EACH])
def test_a_refusal_names_the_check_and_the_mistake_and_the_command_passes(
    client: httpx.Client, ready: Shop, call: Call, name: str
) -> None:
    made = mistake(call.id, name)
    signed = _needs_a_signature(name, _NAMES[call.id])
    told = explain(client, spoiled(call, [name], signed=signed).send(client))
    assert (told.failed, told.cause) == (name, made.cause)
    if made.mended:
        status, _ = pasted(told.curl)
        assert status == call.status
    else:
        assert told.told["correction"] is None


@pytest.mark.parametrize("signed", [False, True], ids=["key", "signature"])
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_the_checks_stand_in_the_order_in_which_they_are_made(
    client: httpx.Client, ready: Shop, call: Call, signed: bool
) -> None:
    """A signature is made over a body that is not too large: with one the two cannot be wrong in turn, unless there is
    no other body than the one that is signed."""
    names = _NAMES[call.id]
    if signed and not call.signed:
        pytest.skip("V2 takes no signature")
    without = _SIZE if signed and "JSON" in names else None if signed else _SIGNATURE
    left = [name for name in names if name != without and (signed or not _needs_a_signature(name, names))]
    while left:
        assert explain(client, spoiled(call, left, signed=signed).send(client)).failed == left[0]
        left.pop(0)
    assert spoiled(call, [], signed=signed).send(client).status_code == call.status


KEYS = {
    "": "The call has no header Authorization: ApiKey-v1 and the key.",
    KEY: "The header lacks its scheme word: Authorization: ApiKey-v1 and the key.",
    f"Bearer {KEY}": "The scheme word is Bearer, which is not Talon.One's: ApiKey-v1 and the key.",
    f"ManagementKey-v1 {KEY}": "ManagementKey-v1 is the scheme word of the Management API: the Integration API has "
    "ApiKey-v1 and keys of its own.",
    f"apikey-v1 {KEY}": "The scheme word is compared to the letter: ApiKey-v1, not apikey-v1.",
    f"ApiKey-v1  {KEY}": "Between ApiKey-v1 and the key stands one space, and nothing else.",
    f"ApiKey-v1: {KEY}": "Between ApiKey-v1 and the key stands one space, and nothing else.",
    f'ApiKey-v1 "{KEY}"': "The key has quotation marks around it.",
    "ApiKey-v1 ${TALONONE_KEY}": "The key is a placeholder that was never filled in.",
    "ApiKey-v1": "The header has ApiKey-v1 and no key.",
    f"ApiKey-v1 {KEY.upper()}": "The key is one of Application 7 (Shop) in another case: it is compared to the letter.",
    f"ApiKey-v1 {KEY[:40]}": "The key is cut off: it is part of one of Application 7 (Shop), which has 64 characters.",
    f"ApiKey-v1 {KEY}0": "The key is one of Application 7 (Shop) with something before or after it.",
    f"ApiKey-v1 {KEY[:30]}x{KEY[31:]}": "The key resembles one of Application 7 (Shop) and is mistyped.",
    f"ApiKey-v1 {SIGNING_KEY}": "The key is the one with which Application 7 signs bodies, not one of its API keys.",
    "ApiKey-v1 0123456789abcdef": "No Application of this world has the key …cdef; GET /_emulator/vendors lists those "
    "that work.",
}  # fmt: skip


@pytest.mark.parametrize(("header", "cause"), KEYS.items(), ids=map(str, range(len(KEYS))))
def test_what_is_wrong_with_a_key(client: httpx.Client, ready: Shop, header: str, cause: str) -> None:
    headers = {"Authorization": header} if header else {}
    told = explain(client, client.get("/talonone/v2/customer_sessions/s-1", headers=headers))
    assert (told.failed, told.cause) == ("API key", cause)
    assert KEY not in str(told.told["request"])
    assert pasted(told.curl)[0] == 200


def test_a_key_that_has_expired(client: httpx.Client, world: World, load: Callable[[dict[str, Any]], None]) -> None:
    old = {"key": "a1" * 32, "expires": "2026-01-03T08:00:00Z"}
    applications = [
        {"id": 7, "name": "Shop", "apiKeys": [{"key": "0" * 64}]},
        {"id": 8, "name": "Other shop", "apiKeys": [old, {"key": OTHER_KEY}]},
    ]
    load({"talonone": {"applications": applications}})
    world.clock.set("frozen", parse_rfc3339("2026-01-05T09:00:00Z"))
    body = {"customerSession": {}}
    headers = {"Authorization": f"ApiKey-v1 {old['key']}"}
    told = explain(client, client.put("/talonone/v2/customer_sessions/s-1", json=body, headers=headers))
    assert told.cause == "The key expired at 2026-01-03T08:00:00Z, 2 days before the call."
    assert pasted(told.curl)[0] == 200
    assert OTHER_KEY in told.curl


def test_a_key_of_another_vendor(client: httpx.Client, load: Callable[[dict[str, Any]], None]) -> None:
    foreign = "aGdqZ2tqaGtqZzoxMjM0NTY3"
    talonone = {"applications": [{"id": 7, "name": "Shop", "apiKeys": [{"key": KEY}]}]}
    load({"talonone": talonone, "primedata": {"api_keys": [foreign]}})
    headers = {"Authorization": f"ApiKey-v1 {foreign}"}
    told = explain(client, client.get("/talonone/v2/customer_sessions/s-1", headers=headers))
    assert told.cause is not None
    assert told.cause.startswith("The key is PrimeData's")
    assert told.cause.endswith(", not Talon.One's.")


@pytest.mark.parametrize(
    ("headers", "path", "cause"),
    [
        ({"X-API-Key": KEY}, "", "The key stands in the header x-api-key: it belongs in the header Authorization: "
         "ApiKey-v1 and the key."),
        ({}, f"?key={KEY}", "The key stands in the query parameter key: it belongs in the header Authorization: "
         "ApiKey-v1 and the key."),
        ({"Content-Signature": "signer=7; signature=0"}, "", "A Content-Signature is for operations of V1: those of V2 "
         "take the key only."),
    ],
    ids=["header", "query", "signature"],
)  # fmt: skip
def test_a_key_in_the_wrong_place(
    client: httpx.Client, ready: Shop, headers: dict[str, str], path: str, cause: str
) -> None:
    told = explain(client, client.get(f"/talonone/v2/customer_sessions/s-1{path}", headers=headers))
    assert told.cause == cause
    assert pasted(told.curl)[0] == 200


@pytest.mark.parametrize(
    ("signature", "cause"),
    [
        ("signer=99; signature=0", SIGNER_CAUSE),
        ("signer=Shop; signature=0", "The signer 'Shop' is the Application's name: its id is 7."),
        ("signer=seven; signature=0", "The signer 'seven' is no number: it is the id of the Application."),
        ("0dbc664752c37541281e3eef8eee0d2d", "The Content-Signature has no signer and signature: signer=APPLICATION "
         "ID; signature=HMAC-MD5 of the body in hex."),
    ],
    ids=["unknown", "name", "word", "alone"],
)  # fmt: skip
def test_what_is_wrong_with_a_signer(client: httpx.Client, ready: Shop, signature: str, cause: str) -> None:
    headers = {"Content-Signature": signature}
    told = explain(client, client.put("/talonone/v1/customer_sessions/s-2", json={"total": 3}, headers=headers))
    assert (told.failed, told.cause) == ("API key", cause)
    assert pasted(told.curl)[0] == 200


@pytest.mark.parametrize(
    ("key", "cause"),
    [
        (OTHER_KEY, "The session is one of Application 7 (Shop), and the key is of Application 8."),
        (FOREIGN_KEY, "The session is one of Application 7 (Shop), and the key is of Application 9."),
    ],
    ids=["application", "account"],
)
def test_a_key_of_another_application_of_ones_own(client: httpx.Client, ready: Shop, key: str, cause: str) -> None:
    told = explain(client, ready.call("GET", "/v2/customer_sessions/s-1", key=key))
    assert told.cause == cause
    assert pasted(told.curl)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "cause"),
    [
        ("POST", "/v1/coupon_reservations/SUMMER25%252525OFF", {"integrationIDs": ["ana"]},
         "The code was percent-encoded twice: 'SUMMER25%2525OFF' is what arrived, 'SUMMER25%OFF' is the coupon."),
        ("DELETE", "/v1/customer_data/1", None,
         "1 is the profile's number (id): the path takes its integrationId, 'ana'."),
        ("GET", "/v2/customer_sessions/1", None,
         "1 is the session's number (id): the path takes its integrationId, 's-1'."),
        ("POST", "/v1/coupon_reservations/ABCD", {"integrationIDs": ["ana"]}, "ABCD is a referral code, not a coupon."),
        ("POST", "/v1/referrals", {"campaignId": 11, "advocateProfileIntegrationId": "ana"},
         "11 is the ruleset of campaign 1 (Campaign 1): send the campaign's number."),
        ("POST", "/v1/coupon_reservations/SUMMER25%OFF", {"integrationIDs": ["ana"]},
         "The path has a percent sign that is no escape: a value's own is written %25."),
        ("POST", "/v1/referrals/", {"campaignId": 1, "advocateProfileIntegrationId": "ana"},
         "The path ends in a slash; Talon.One's does not."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_name(
    client: httpx.Client, ready: Shop, method: str, path: str, body: Any, cause: str
) -> None:
    told = explain(client, ready.call(method, path, body))
    assert told.cause == cause
    assert pasted(told.curl)[0] < 300


def _sign(body: bytes, key: bytes = bytes.fromhex(SIGNING_KEY), digest: str = "md5") -> bytes:
    return hmac.digest(key, body, digest)


BODY = json.dumps({"total": 10, "attributes": {"City": "Zürich"}}).encode()
_SORTED = json.dumps(json.loads(BODY), sort_keys=True).encode()
SIGNATURES = {
    "JSON.stringify": (
        _sign('{"total":10,"attributes":{"City":"Zürich"}}'.encode()).hex(),
        "The signature fits the body as JSON.stringify(…) writes it: sign the very bytes that are sent.",
    ),
    "indented": (
        _sign(json.dumps(json.loads(BODY), indent=2).encode()).hex(),
        "The signature fits the body as json.dumps(…, indent=2) writes it: sign the very bytes that are sent.",
    ),
    "line break": (
        _sign(BODY + b"\n").hex(),
        "The signature fits the body with a line break at its end: sign the very bytes that are sent.",
    ),
    "key as text": (
        _sign(BODY, SIGNING_KEY.encode()).hex(),
        "The signature fits the key taken as text: the key is hexadecimal, bytes.fromhex(KEY).",
    ),
    "another digest": (
        _sign(BODY, digest="sha256").hex(),
        "The signature fits HMAC-SHA256: Talon.One's is HMAC-MD5.",
    ),
    "Base64": (
        base64.b64encode(_sign(BODY)).decode(),
        "The signature fits the digest in Base64: write it in lower-case hex.",
    ),
    "capitals": (
        _sign(BODY).hex().upper(),
        "The signature fits the digest in upper-case hex: write it in lower-case hex.",
    ),
    "another signer": (
        _sign(BODY, bytes.fromhex("00ff" * 4)).hex(),
        "The signature fits the key of Application 8: signer=7 asks for that of Application 7.",
    ),
    "three at once": (
        base64.b64encode(_sign(_SORTED, SIGNING_KEY.encode())).decode(),
        "The signature fits the body as json.dumps(…, sort_keys=True) writes it, and the key taken as text, and the "
        "digest in Base64: sign the very bytes that are sent; the key is hexadecimal, bytes.fromhex(KEY); write it in "
        "lower-case hex.",
    ),
    "anything": ("0" * 32, "The signature fits no usual spelling of this body with the key of Application 7."),
}


@pytest.mark.parametrize(("signature", "cause"), SIGNATURES.values(), ids=SIGNATURES)
def test_how_a_signature_was_made_that_does_not_fit(
    client: httpx.Client, load: Callable[[dict[str, Any]], None], signature: str, cause: str
) -> None:
    applications = [
        {"id": 7, "name": "Shop", "key": SIGNING_KEY},
        {"id": 8, "name": "Other shop", "key": "00ff" * 4},
    ]
    load({"talonone": {"applications": applications, "attributes": ATTRIBUTES}})
    headers = {"Content-Signature": f"signer=7; signature={signature}"}
    told = explain(client, client.put("/talonone/v1/customer_sessions/s-1", content=BODY, headers=headers))
    assert (told.failed, told.cause) == ("signature", cause)
    assert pasted(told.curl)[0] == 200


BODIES = {
    '{"profileId": "ana", "coupon": "A", "total": 3, "state": "open"}':
        "The body is one of V1, PUT /v1/customer_sessions: V2 takes its members wrapped in customerSession.",
    '{"customerSession": {"state": "Closed"}}': 'customerSession.state is "Closed": it is written "closed".',
    '{"customerSession": {"state": "paid"}}':
        'customerSession.state is "paid", which is none of "open", "closed", "cancelled".',
    '{"customerSession": {"cartItems": [{"sku": "a", "quantity": "2", "price": 5}]}}':
        'customerSession.cartItems[0].quantity is "2", and is to be a whole number: 2.',
    '{"customerSession": {"cartItems": [{"sku": "a", "quantity": 0, "price": 5}]}}':
        "customerSession.cartItems[0].quantity is 0: it is at least 1.",
    '{"customerSession": {"cartItems": [{"sku": "a", "price": 5}]}, "quantity": 2}':
        "quantity stands in the wrong place: it belongs at customerSession.cartItems[0].quantity.",
    '{"customerSession": {"cartItems": [{"quantity": 2, "price": 5}]}}':
        "customerSession.cartItems[0].sku is required and was not sent.",
    '{"customerSession": {"identifiers": ["1", "2", "3", "4", "5", "6"]}}':
        'customerSession.identifiers is ["1","2","3","4","5","6"]: the greatest number of items is 5.',
    '"{\\"customerSession\\": {}}"': "The body is a text that holds JSON: it was encoded twice.",
    "[]": "The body is [], and is to be an object.",
    '{"customerSession": {"attributes": {"City": 3}}}':
        'customerSession.attributes.City is 3, and the attribute is defined as string: send "3".',
    '{"customerSession": {"attributes": {"Name": "Ana"}}}':
        "The attribute Name is one of CustomerProfile entities, not of CustomerSession entities.",
    '{"customerSession": {"attributes": {"Weather": "dry"}}}':
        "Nobody has defined Weather: the attributes of CustomerSession entities are City, a/b~c.",
    "": "The body is empty.",
    "{'customerSession': {'state': 'open', 'profileId': None}}":
        "The body is spelt as Python spells it, with single quotes or True, False and None.",
    '{"customerSession": {"state": "open",}}': "The body has a comma after the last member.",
    "customerSession=open": "The body is a form, not JSON.",
}  # fmt: skip


@pytest.mark.parametrize(("body", "cause"), BODIES.items(), ids=map(str, range(len(BODIES))))
def test_what_is_wrong_with_a_body(client: httpx.Client, ready: Shop, body: str, cause: str) -> None:
    url = "/talonone/v2/customer_sessions/s-2"
    told = explain(client, client.put(url, content=body.encode(), headers=AUTHORIZATION))
    assert told.cause == cause
    assert pasted(told.curl)[0] == 200


def test_a_body_of_v1_keeps_what_it_says_in_v2(client: httpx.Client, ready: Shop) -> None:
    body = {"profileId": "ana", "coupon": "summer", "total": 3, "identifiers": ["one"]}
    told = explain(client, client.put("/talonone/v2/customer_sessions/s-3", json=body, headers=AUTHORIZATION))
    assert pasted(told.curl)[0] == 200
    session = ready.call("GET", "/v2/customer_sessions/s-3").json()["customerSession"]
    assert (session["profileId"], session["couponCodes"], session["identifiers"]) == ("ana", ["summer"], ["one"])


def test_a_setting_that_asks_for_names_of_items(client: httpx.Client, shop: Shop) -> None:
    shop.open(settings={"cart_item_name_required": True})
    body = {"customerSession": {"cartItems": [{"sku": "a", "quantity": 1, "price": 1}]}}
    told = explain(client, client.put("/talonone/v2/customer_sessions/s-3", json=body, headers=AUTHORIZATION))
    assert told.cause == (
        "customerSession.cartItems[0] has no name, and the setting cart_item_name_required of this world asks for one."
    )
    assert pasted(told.curl)[0] == 200


@pytest.mark.parametrize(
    ("query", "cause"),
    [
        ("dry=true&now=2090-01-01T00:00:00+02:00",
         "The plus sign in now was read as a space, '2090-01-01T00:00:00 02:00': write %2B."),
        ("dry=true&now=2090-01-01", "now is the date 2090-01-01: it is a moment, such as 2090-01-01T00:00:00Z."),
        ("dry=true&now=soon", "now is 'soon': it is a moment with its offset, such as 2026-01-05T09:00:00Z."),
        ("dry=true&now=2020-01-01T00:00:00Z",
         "now is 2020-01-01T00:00:00Z, which does not lie ahead of the world's own time, 2026-01-05T09:00:00Z."),
    ],
)  # fmt: skip
def test_a_now_that_cannot_be(client: httpx.Client, ready: Shop, query: str, cause: str) -> None:
    told = explain(client, ready.put(f"/customer_sessions/s-2?{query}", {"customerSession": {}}))
    assert (told.failed, told.cause) == ("query parameters", cause)
    assert pasted(told.curl)[0] == 200


def test_a_setting_that_has_all_sessions_start_open(client: httpx.Client, shop: Shop) -> None:
    shop.open(settings={"created_closed": False})
    told = explain(client, shop.put("/customer_sessions/s-2", {"customerSession": {"state": "closed"}}))
    assert told.cause == "The session is new, and the setting created_closed of this world has all start open."
    assert pasted(told.curl)[0] == 200


RETURNS = {
    '[{"sku": "z"}]': "No item of the cart has the SKU 'z': they are 'a'.",
    '[{"position": 0, "sku": "b"}]': "The item at position 0 has the SKU 'a', not 'b'.",
    '[{"position": 0, "quantity": 5}]': "5 of item 0 are to come back, of which 2 of 2 are left.",
    "[]": "return.returnedCartItems is empty: name at least one item.",
    "[{}]": "return.returnedCartItems[0] has neither position nor sku: one of them says which item is meant.",
}


@pytest.mark.parametrize(("items", "cause"), RETURNS.items(), ids=RETURNS)
def test_what_cannot_be_returned(client: httpx.Client, ready: Shop, items: str, cause: str) -> None:
    body = {"return": {"returnedCartItems": json.loads(items)}}
    told = explain(client, ready.call("POST", "/v2/customer_sessions/done/returns", body))
    assert told.cause == cause
    assert pasted(told.curl)[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "cause"),
    [
        ("/v1/events", {"type": "viewed_page", "attributes": {}, "profileId": "ana"},
         "sessionId is required and was not sent: an event of V1 belongs to a session; one of a profile alone is "
         "POST /v2/events."),
        ("/v2/events", {"type": "viewed_page", "attributes": {}, "sessionId": "s-1"},
         "profileId is required and was not sent: an event of V2 belongs to a profile; one of a session is "
         "POST /v1/events."),
        ("/v2/events", {"type": "other", "attributes": {"URL": "/"}, "profileId": "ana"},
         "The attribute URL is one of events of the type 'viewed_page', not of events of the type 'other'."),
    ],
    ids=["V1", "V2", "type"],
)  # fmt: skip
def test_an_event_of_another_kind(client: httpx.Client, ready: Shop, path: str, body: Any, cause: str) -> None:
    told = explain(client, ready.call("POST", path, body))
    assert told.cause == cause
    assert pasted(told.curl)[0] < 300


def test_a_coupon_in_another_case_is_named_and_mended(client: httpx.Client) -> None:
    client.post("/_emulator/reset", json={"scenario": "demo"})
    headers = {"Authorization": f"ApiKey-v1 {'d1c2b3a4' * 8}"}
    body = {"integrationIDs": ["ana@example.com"]}
    told = explain(client, client.post("/talonone/v1/coupon_reservations/summer10", json=body, headers=headers))
    cause = "The code has another case: the coupon is SUMMER10, and its Application compares to the letter."
    assert told.cause == cause
    assert "/coupon_reservations/SUMMER10" in told.curl
    assert pasted(told.curl)[0] == 201


@pytest.mark.parametrize(
    ("sent", "signed", "name"),
    [
        (b'{"total":100.0}', b'{"total":100}', "JSON.stringify(\u2026)"),
        (b'{"profileId": "a/b"}', b'{"profileId":"a\\/b"}', "PHP's json_encode(\u2026)"),
        (b'{"profileId": "a&b"}', b'{"profileId":"a\\u0026b"}', "Go's json.Marshal(\u2026)"),
    ],
)
def test_a_signature_over_another_languages_json(client: httpx.Client, sent: bytes, signed: bytes, name: str) -> None:
    client.post("/_emulator/reset", json={"scenario": "demo"})
    signature = hmac.digest(bytes.fromhex("fefecafedeadbeef"), signed, "md5").hex()
    headers = {"Content-Signature": f"signer=7; signature={signature}"}
    told = explain(client, client.put("/talonone/v1/customer_sessions/s-1", content=sent, headers=headers))
    assert told.cause == f"The signature fits the body as {name} writes it: sign the very bytes that are sent."
    assert pasted(told.curl)[0] == 200
