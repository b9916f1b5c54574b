"""What is told of a call that was accepted, and did not do what somebody may think."""

from typing import Any

import httpx
import pytest

from emulator.vendors.talonone.checks.remarks import WITHOUT_EFFECT
from tests.vendors.explained import explain
from tests.vendors.talonone.conftest import Shop
from tests.vendors.talonone.mistakes import plant, settle

ITEM = {"sku": "a", "quantity": 1, "price": 1}
SENT: dict[str, tuple[str, str, Any]] = {
    "updateCustomerSession.cartItems.product":
        ("PUT", "/v1/customer_sessions/s-1", {"cartItems": [{**ITEM, "product": {"name": "Shoe"}}]}),
    "updateCustomerSession.cartItems.adjustment":
        ("PUT", "/v1/customer_sessions/s-1",
         {"cartItems": [{**ITEM, "adjustment": {"payFromLoyaltyProgram": 1, "pointPayment": 1}}]}),
    "updateCustomerSessionV2.customerSession.cartItems.product":
        ("PUT", "/v2/customer_sessions/s-1",
         {"customerSession": {"cartItems": [{**ITEM, "product": {"name": "Shoe"}}]}}),
    "updateCustomerSessionV2.customerSession.cartItems.adjustment":
        ("PUT", "/v2/customer_sessions/s-1",
         {"customerSession": {"cartItems": [
             {**ITEM, "adjustment": {"payFromLoyaltyProgram": 1, "pointPayment": 1}}]}}),
    "updateCustomerSessionV2.customerSession.loyaltyCards":
        ("PUT", "/v2/customer_sessions/s-1", {"customerSession": {"loyaltyCards": ["c-1"]}}),
    "updateCustomerSessionV2.customerSession.experimentVariantAllocations":
        ("PUT", "/v2/customer_sessions/s-1",
         {"customerSession": {"experimentVariantAllocations": [{"experimentID": 1, "variantID": 2}]}}),
    "returnCartItems.runRuleEngine":
        ("POST", "/v2/customer_sessions/done/returns?runRuleEngine=true",
         {"return": {"returnedCartItems": [{"position": 0}]}}),
    "trackEventV2.loyaltyCards":
        ("POST", "/v2/events", {"type": "viewed_page", "profileId": "ana", "loyaltyCards": ["c-1"]}),
    "trackEventV2.forceCompleteEvaluation":
        ("POST", "/v2/events?dry=true&forceCompleteEvaluation=true", {"type": "viewed_page", "profileId": "ana"}),
    "getCustomerInventory.giveaways": ("GET", "/v1/customer_profiles/ana/inventory?giveaways=true", None),
    "getCustomerInventory.achievements": ("GET", "/v1/customer_profiles/ana/inventory?achievements=true", None),
}  # fmt: skip


@pytest.fixture
def ready(shop: Shop) -> Shop:
    plant(shop)
    settle(shop)
    return shop


def test_each_member_without_effect_has_a_call_that_sends_it() -> None:
    assert list(SENT) == [f"{operation}.{place}" for operation, places in WITHOUT_EFFECT.items() for place in places]


@pytest.mark.parametrize("name", SENT)
def test_a_member_without_effect_is_remarked_on(client: httpx.Client, ready: Shop, name: str) -> None:
    method, path, body = SENT[name]
    answer = ready.call(method, path, body)
    assert answer.status_code < 300, answer.text
    operation, _, place = name.partition(".")
    assert (
        f"{place} is accepted and has no effect: {WITHOUT_EFFECT[operation][place]}" in explain(client, answer).remarks
    )


SESSION = "/v2/customer_sessions/s-1"
REMARKS: list[tuple[str, str, Any, dict[str, str], str]] = [
    ("PUT", "/v1/customer_sessions/s-2", {"customerSession": {"total": 3}}, {},
     "customerSession is the wrapper of V2, PUT /v2/customer_sessions: V1 takes the members themselves, so that "
     "nothing in it was read."),
    ("PUT", SESSION, {"customerSession": {}, "profileId": "ana"}, {},
     "profileId beside customerSession was not read: it belongs inside."),
    ("PUT", SESSION, {"customerSession": {}, "responseContent": ["campaignEligibility"]}, {},
     "responseContent has campaignEligibility, about which the emulator says nothing."),
    ("PUT", SESSION, {"customerSession": {}, "responseContent": ["awardedGiveaways"]}, {},
     "responseContent has awardedGiveaways, of which the emulator knows none: the list is empty."),
    ("PUT", f"{SESSION}?dry=true", {"customerSession": {}}, {}, "With dry=true nothing of the call is stored."),
    ("PUT", SESSION, {"customerSession": {"profileId": "ana%40example.com"}}, {},
     "profileId is 'ana%40example.com': in a body an id is not percent-encoded, so that this is not "
     "'ana@example.com'."),
    ("PUT", SESSION, {"customerSession": {"couponCodes": ["summer25%off"]}}, {},
     "The coupon code 'summer25%off' is unknown. The code has another case: the coupon is SUMMER25%OFF, and its "
     "Application compares to the letter."),
    ("PUT", SESSION, {"customerSession": {"couponCodes": ["zzzzzz"]}}, {}, "The coupon code 'zzzzzz' is unknown."),
    ("PUT", SESSION, {"customerSession": {"attributes": {"City": None}}}, {},
     "The attribute City is null, which leaves its value as it is."),
    ("PUT", SESSION, {"customerSession": {"City": "Bonn"}}, {},
     "City is a custom attribute: it belongs in attributes, and was not read where it stands."),
    ("PUT", SESSION, {"customerSession": {}}, {"Content-Signature": "signer=7; signature=0"},
     "Content-Signature is not looked at: operations of V2 take the key only."),
    ("PUT", SESSION, {"customerSession": {}}, {"Content-Type": "text/plain"},
     "Content-Type is text/plain: the body was read as JSON all the same, which is not documented."),
    ("PUT", "/v1/customer_sessions/s-2", {"total": 3}, {"Content-Signature": "signer=7; signature=0"},
     "Content-Signature is not looked at where the API key is right: one of the two is enough."),
    ("PUT", "/v1/customer_sessions/s-2", {"total": 3}, {"Idempotency-Key": "once"},
     "Idempotency-Key is not looked at: only the writes of V2 take one."),
    ("POST", "/v2/events", {"type": "viewed_page", "profileId": "ana", "responseContent": ["event"]}, {},
     "responseContent is not answered without silent=no: by default the answer is 204 and has no body."),
    ("GET", "/v1/customer_profiles/ana/inventory", None, {},
     "No part of the inventory was asked for: say profile, referrals, coupons, loyalty, giveaways, achievements, each "
     "=true."),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "headers", "remark"), REMARKS, ids=map(str, range(len(REMARKS))))
def test_what_an_accepted_call_did_not_do(
    client: httpx.Client, ready: Shop, method: str, path: str, body: Any, headers: dict[str, str], remark: str
) -> None:
    answer = ready.call(method, path, body, headers=headers)
    assert answer.status_code < 300, answer.text
    told = explain(client, answer)
    assert (told.failed, told.cause) == (None, None)
    assert remark in told.remarks


def test_a_usual_call_is_not_remarked_on(client: httpx.Client, ready: Shop) -> None:
    body = {"customerSession": {"profileId": "ana", "couponCodes": ["SUMMER25%OFF"], "attributes": {"City": "Bonn"}}}
    assert explain(client, ready.call("PUT", SESSION, body)).remarks == []


def test_a_coupon_that_an_open_session_is_about_to_make(client: httpx.Client, shop: Shop, rule: Any) -> None:
    make = rule(["and"], ["createCoupon", "", 1, "unlimited"])
    ruleset = {"id": 11, "rules": [make]}
    shop.open(
        {"id": 1, "applicationId": 7, "name": "Gifts", "rulesets": [ruleset]}, profiles=[{"integrationId": "ana"}]
    )
    (made,) = (one for one in shop.session("s-1", profileId="ana")["effects"] if one["effectType"] == "couponCreated")
    code = made["props"]["value"]
    told = explain(client, shop.call("POST", f"/v1/coupon_reservations/{code}", {"integrationIDs": ["ana"]}))
    assert told.cause == "The coupon is about to be made by the session 's-1': it exists once that closes."
