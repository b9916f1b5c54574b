"""The scenarios that come with the product."""

import httpx
import pytest

from emulator.server import Background
from tests.vendors.good_calls import GOOD_CALLS


@pytest.fixture
def edges(client: httpx.Client) -> httpx.Client:
    assert client.post("/_emulator/reset", json={"scenario": "edges"}).status_code == 204
    return client


def test_every_scenario_that_comes_with_the_product_can_be_loaded(server: Background, client: httpx.Client) -> None:
    names = [one["name"] for one in client.get("/_emulator/scenarios").json()["scenarios"]]
    assert {"empty", "demo", "edges"} <= set(names)
    for name in names:
        assert client.post("/_emulator/reset", json={"scenario": name}).status_code == 204


def test_the_edges_have_a_token_with_one_second_to_live(edges: httpx.Client) -> None:
    path = "/algonomy/qa/profile-command/v1/4faeaf752ee40a0f/optOut/family%2Fana"
    body = {"type": "optOut", "enableOptOut": True}
    headers = {"Authorization": "Bearer TokenThatLivesOneMoreSecond00000"}
    edges.post("/_emulator/clock/advance", json={"seconds": 1})
    assert edges.put(path, json=body, headers=headers).status_code == 200
    edges.post("/_emulator/clock/advance", json={"seconds": 1})
    assert edges.put(path, json=body, headers=headers).json()["error"] == "invalid_token"


def test_the_edges_have_twin_events_that_paging_tells_apart(edges: httpx.Client) -> None:
    search = {"identities": {"email": ["zoë+shop@example.com"]}, "limit": 1}
    headers = dict(GOOD_CALLS["primedata"].headers)
    first = edges.post("/primedata/pub/events/advanced-search", json=search, headers=headers).json()
    assert first["cursor"]["has_more"] is True
    search["cursor"] = first["cursor"]["next"]
    second = edges.post("/primedata/pub/events/advanced-search", json=search, headers=headers).json()
    assert (len(second["data"]), second["cursor"]) == (1, {"has_more": False, "next": ""})


def test_the_edges_have_a_rule_that_fails_and_a_code_that_expires(edges: httpx.Client) -> None:
    def effects(session: dict[str, object]) -> list[tuple[str, object]]:
        body = {"customerSession": {"profileId": "family/ana", **session}}
        headers = dict(GOOD_CALLS["talonone"].headers)
        answer = edges.put("/talonone/v2/customer_sessions/s%2F1", json=body, headers=headers)
        return [(one["effectType"], one["props"].get("rejectionReason")) for one in answer.json()["effects"]]

    assert effects({}) == [("error", None)]
    cart = [{"name": "Sock", "sku": "sock-1", "quantity": 1, "price": 9}]
    codes = {"cartItems": cart, "couponCodes": ["ÜBER/50%+1", "LASTMINUTE"]}
    assert ("rejectCoupon", "CouponExpired") not in effects(codes)
    edges.post("/_emulator/clock/advance", json={"seconds": 61})
    assert ("rejectCoupon", "CouponExpired") in effects(codes)
