"""A long day with each vendor, recorded and played again, here and in another process."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from emulator.server import Background
from emulator.settings import Options
from tests.vendors.good_calls import GOOD_CALLS, OTHER_CALLS, Call

SIGNING_KEY = b"\xfe\xfe\xca\xfe\xde\xad\xbe\xef"


def send(client: httpx.Client, slug: str, call: Call) -> httpx.Response:
    return client.request(call.method, f"/{slug}{call.path}", content=call.body, headers=call.headers)


def each_way(client: httpx.Client, slug: str, call: Call) -> None:
    """As it should be, without its key, with a wrong one, with a broken body, over a wrong path and method."""
    send(client, slug, call)
    send(client, slug, call.without_key())
    send(client, slug, call.with_key("Nobody 1/9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c"))
    for body in (b"{", b"\xff\xfe", b"[]", '{"a": "ü☃"}'.encode(), call.body.replace(b":", b" : ")):
        client.request(call.method, f"/{slug}{call.path}", content=body, headers=call.headers)
    client.request("PATCH", f"/{slug}{call.path}", content=call.body, headers=call.headers)
    client.request(call.method, f"/{slug}{call.path}/x%2Fy", content=call.body, headers=call.headers)
    client.request(call.method, f"/{slug}{call.path}?a=1&key=%41", content=call.body, headers=call.headers)


def treasuredata(client: httpx.Client) -> None:
    call = GOOD_CALLS["treasuredata"]
    each_way(client, "treasuredata", call)
    for token in ("2/8/12345789abcdef012345678901234567", "1/9/12345789abcdef012345678901234567", "1/8/" + "0" * 32,
                  "1/8/20150000000000000000000000000000", "1/8/30050000000000000000000000000000", "", "1/8",
                  "1/8/12345789ABCDEF012345678901234567"):  # fmt: skip
        send(client, "treasuredata", replace(call, headers={**call.headers, "WP13n-Token": token}))
    for number in range(5):
        body = json.dumps({"td_client_id": f"c-{number % 2}", "email": f"p{number}@example.com", "event_name": "view"})
        client.post(f"/treasuredata{call.path}", content=body, headers=call.headers)
        client.post("/_emulator/clock/advance", json={"seconds": 61.5})
    for slug, other in OTHER_CALLS:
        if slug == "treasuredata":
            each_way(client, slug, other)
    page = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    client.options(f"/treasuredata/public{call.path}", headers=page)
    client.options(f"/treasuredata/public{call.path}", headers={**page, "Access-Control-Request-Method": "GET"})


def primedata(client: httpx.Client) -> None:
    call = GOOD_CALLS["primedata"]
    each_way(client, "primedata", call)
    for slug, other in OTHER_CALLS:
        if slug == "primedata":
            each_way(client, slug, other)
    cursor: str | None = None
    for _ in range(4):
        asked = {"identities": {"email": ["ana@example.com"]}, "limit": 1, **({"cursor": cursor} if cursor else {})}
        answer = client.post("/primedata/pub/events/advanced-search", json=asked, headers=call.headers)
        cursor = answer.json().get("cursor", {}).get("next")
    client.post("/primedata/pub/events/advanced-search", json={"cursor": "bm9uZQ=="}, headers=call.headers)
    client.patch("/_emulator/limits", json={"vendor": "primedata", "name": "requests", "scale": 0.02})
    for _ in range(4):
        send(client, "primedata", call)


def algonomy(client: httpx.Client) -> None:
    call = GOOD_CALLS["algonomy"]
    asked = call.token_call
    assert asked is not None
    token_path, _, query = asked.path.partition("?")
    each_way(client, "algonomy", replace(asked, key="Authorization"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client.post(f"/algonomy{token_path}", content=query.encode(), headers=form)
    basic = base64.b64encode(b"5934de97c95e1ced:2l9dr0jkink11ad49hg93it52d").decode()
    wrong = base64.b64encode(b"5934de97c95e1ced:2l9dr0jkink11ad49hg93it52e").decode()
    for value in (basic, wrong, basic[:-2]):
        grant = {**form, "Authorization": f"Basic {value}"}
        client.post(f"/algonomy{token_path}", content=b"grant_type=client_credentials", headers=grant)
    client.post(f"/algonomy{token_path}?{query.replace('52d', '52e')}")
    client.post(f"/algonomy{token_path.replace('/qa/', '/staging/')}?{query}")
    token = send(client, "algonomy", asked).json()["access_token"]
    bearer = call.with_key(f"Bearer {token}")
    each_way(client, "algonomy", bearer)
    send(client, "algonomy", call.with_key(f"Bearer {token.swapcase()}"))
    send(client, "algonomy", call.with_key(f"token {token}"))
    send(client, "algonomy", replace(bearer, path=bearer.path.replace("/qa/", "/staging/")))
    client.patch("/_emulator/settings", json={"vendor": "algonomy", "settings": {"kong_token_leniencies": True}})
    send(client, "algonomy", call.with_key(f"token {token}"))
    client.put(
        f"/algonomy{call.path}?access_token={token}", content=call.body, headers={"Content-Type": "application/json"}
    )
    client.patch("/_emulator/limits", json={"vendor": "algonomy", "name": "updates", "scale": 0.02})
    client.put("/_emulator/clock", json={"mode": "frozen", "now": "2026-01-05T09:00:00Z"})
    for _ in range(4):
        send(client, "algonomy", bearer)
    client.post("/_emulator/clock/advance", json={"seconds": 30_000})
    send(client, "algonomy", bearer)


def talonone(client: httpx.Client) -> None:
    call = GOOD_CALLS["talonone"]
    each_way(client, "talonone", call)
    for number in range(4):
        body = {
            "customerSession": {
                "profileId": "ana@example.com",
                "state": "closed" if number == 2 else "open",
                "couponCodes": ["SUMMER10", f"NOPE{number}"],
                "cartItems": [{"name": "Trail Shoe", "sku": "shoe-1", "quantity": 1 + number, "price": 50}],
            },
            "responseContent": ["customerSession", "customerProfile", "triggeredCampaigns"],
        }
        for dry in ("", "?dry=true"):
            client.put(f"/talonone/v2/customer_sessions/day-{number}{dry}", json=body, headers=call.headers)
    client.put(
        "/talonone/v2/customer_profiles/ana@example.com", json={"attributes": {"Name": "Ana"}}, headers=call.headers
    )
    client.get("/talonone/v1/customer_profiles/ana@example.com/inventory?coupons=true", headers=call.headers)
    client.get("/talonone/v2/customer_sessions/day-2", headers=call.headers)
    client.get("/talonone/v2/customer_sessions/nobody", headers=call.headers)
    body = b'{"profileId":"ana@example.com","attributes":{}, "type": "viewed"}'
    good = hmac.new(SIGNING_KEY, body, hashlib.md5).hexdigest()
    for signed, signature in ((body, good), (body + b" ", good), (body, "0" * 32), (body, good.upper())):
        headers = {"Content-Type": "application/json", "Content-Signature": f"signer=1; signature={signature}"}
        client.post("/talonone/v1/events", content=signed, headers=headers)


DAYS: dict[str, Callable[[httpx.Client], None]] = {
    "treasuredata": treasuredata,
    "primedata": primedata,
    "algonomy": algonomy,
    "talonone": talonone,
}


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[httpx.Client]:
    with Background(Options(port=0)) as running, httpx.Client(base_url=running.url) as client:
        yield client


@pytest.mark.parametrize("slug", DAYS)
def test_a_recorded_day_is_the_same_again(client: httpx.Client, elsewhere: httpx.Client, slug: str) -> None:
    DAYS[slug](client)
    recorded = client.get("/_emulator/requests/export").content
    for one in (client, elsewhere):
        report = one.post("/_emulator/replay", content=recorded).json()
        assert report["same"] is True, report
        assert report["compared"] == report["calls"] == recorded.count(b'\n{"id"') > 20


@pytest.mark.parametrize("slug", DAYS)
def test_an_answer_that_was_tampered_with_is_told_exactly(client: httpx.Client, slug: str) -> None:
    DAYS[slug](client)
    lines: list[dict[str, Any]] = [json.loads(line) for line in client.get("/_emulator/requests/export").iter_lines()]
    victim = [line for line in lines[1:] if "id" in line and line["operation"]][-1]
    expected, victim["answer"]["status"] = victim["answer"]["status"], 299
    report = client.post("/_emulator/replay", content="\n".join(map(json.dumps, lines))).json()
    assert report["first_difference"] == {
        "id": victim["id"],
        "operation": victim["operation"],
        "what": "status",
        "where": None,
        "expected": 299,
        "got": expected,
    }


def test_a_day_with_all_of_them_tells_no_credential(client: httpx.Client) -> None:
    for day in DAYS.values():
        day(client)
    credentials = [
        "abcdef0123456789012345678901230123456789", "12345789abcdef012345678901234567", "2l9dr0jkink11ad49hg93it52d",
        "6b6ea5f8df5845fa8e7962f9e1ba84a3", "aGdqZ2tqaGtqZzoxMjM0NTY3", "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4", "d1c2b3a4" * 8,
    ]  # fmt: skip
    tokens = [row["access_token"] for row in client.get("/_emulator/state").json()["vendors"]["algonomy"]["tokens"]]
    assert tokens
    for text in (
        client.get("/_emulator/requests?limit=1000000").text.lower(),
        client.get("/_emulator/requests/export").text.lower(),
    ):
        assert not [one for one in (*credentials, *tokens) if one[:-4].lower() in text]
