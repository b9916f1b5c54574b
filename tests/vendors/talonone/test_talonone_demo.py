"""The demo scenario, replayed to the letter."""

from urllib.parse import quote

import pytest

KEY = "d1c2b3a4" * 8
ITEMS = [{"name": "Trail Shoe", "sku": "shoe-1", "quantity": 1, "price": 100}]
ANA = "ana@example.com"


@pytest.fixture
def put(client):
    def call(session, body=None, key=KEY, **members):
        body = body or {"customerSession": members}
        headers = {"Authorization": f"ApiKey-v1 {key}"}
        response = client.put(f"/talonone/v2/customer_sessions/{quote(session, safe='')}", json=body, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    return call


def effect(campaign, rule_name, effect_type, coupon=None, **props):
    triggered = {} if coupon is None else {"triggeredByCoupon": coupon}
    return {
        "campaignId": campaign,
        "rulesetId": campaign * 10 + 1,
        "ruleIndex": 0,
        "ruleName": rule_name,
        "effectType": effect_type,
        **triggered,
        "props": props,
    }


def test_the_first_session_of_the_documentation(put):
    body = {
        "customerSession": {"profileId": ANA, "couponCodes": ["SUMMER10"], "cartItems": ITEMS},
        "responseContent": ["customerSession"],
    }
    answer = put("s-1", body)
    assert answer["effects"] == [
        effect(1, "Ten percent off from 50", "setDiscount", name="Ten percent off", value=10),
        effect(2, "Summer code", "acceptCoupon", 1, value="SUMMER10"),
        effect(2, "Summer code", "setDiscount", 1, name="Summer discount", value=27),
        effect(4, "Sticker from 100", "addFreeItem", sku="sticker-1", name="Free sticker"),
    ]
    assert answer["customerSession"]["total"] == 100
    assert set(answer) == {"effects", "createdCoupons", "createdReferrals", "customerSession"}


def test_closing_it_gives_63_points(put, brief):
    put("s-1", profileId=ANA, couponCodes=["SUMMER10"], cartItems=ITEMS)
    closed = put("s-1", {"customerSession": {"state": "closed"}, "responseContent": ["customerProfile", "coupons"]})
    points = closed["effects"][-1]
    assert points["effectType"] == "addLoyaltyPoints"
    assert points["campaignId"] == 6
    assert points["props"] | {"transactionUUID": ""} == {
        "name": "Order points",
        "programId": 1,
        "subLedgerId": "",
        "value": 63,
        "recipientIntegrationId": ANA,
        "expiryCondition": "unlimited",
        "transactionUUID": "",
    }
    assert brief(closed["effects"])[:-1] == [
        ("setDiscount", "Ten percent off", 10),
        ("acceptCoupon", "SUMMER10"),
        ("setDiscount", "Summer discount", 27),
        ("addFreeItem", "sticker-1", "Free sticker"),
    ]
    assert (closed["customerProfile"]["closedSessions"], closed["customerProfile"]["totalSales"]) == (1, 100)
    assert (closed["coupons"][0]["usageCounter"], closed["coupons"][0]["discountCounter"]) == (1, 27)


@pytest.mark.parametrize("code", ["SUMMER10", "SUMMER 10", "SUMMER25%OFF", "Cool-Summer!", "SUMMER2023"])
def test_the_open_codes_are_accepted(put, brief, code):
    answer = put("s/1 %", couponCodes=[code], cartItems=[{**ITEMS[0], "price": 10}])
    assert brief(answer["effects"]) == [("acceptCoupon", code), ("setDiscount", "Summer discount", 3)]


@pytest.mark.parametrize(
    ("code", "reason", "campaign"),
    [
        ("NOSUCHCODE", "CouponNotFound", -1),
        ("summer10", "CouponNotFound", -1),
        ("OFFLINE1", "CouponPartOfNotRunningCampaign", 5),
        ("FUTURE01", "CouponStartDateInFuture", 2),
        ("EXPIRED1", "CouponExpired", 2),
        ("VIPONLY1", "CouponRecipientDoesNotMatch", 2),
        ("HARDRES1", "CouponReservationRequired", 2),
        ("USEDUP01", "CouponLimitReached", 2),
    ],
)
def test_the_other_codes_are_rejected_once_with_their_reason(put, brief, code, reason, campaign):
    effects = put("s-1", profileId="somebody", couponCodes=[code])["effects"]
    assert brief(effects) == [("rejectCoupon", code, reason)]
    assert effects[0]["campaignId"] == campaign


def test_the_code_for_ana_is_accepted_from_ana_only(put, brief):
    assert brief(put("s-1", profileId=ANA, couponCodes=["VIPONLY1"])["effects"])[0] == ("acceptCoupon", "VIPONLY1")
    anonymous = put("s-2", couponCodes=["VIPONLY1"])
    assert brief(anonymous["effects"]) == [("rejectCoupon", "VIPONLY1", "CouponRecipientDoesNotMatch")]


def test_the_code_for_one_use_is_used_up_by_closing_and_free_again_after_cancelling(put, brief):
    put("s-1", couponCodes=["ONCEONLY"])
    assert brief(put("s-2", couponCodes=["ONCEONLY"])["effects"])[0] == ("acceptCoupon", "ONCEONLY")
    put("s-1", state="closed")
    rejected = [("rejectCoupon", "ONCEONLY", "CouponLimitReached")]
    assert brief(put("s-2", couponCodes=["ONCEONLY"])["effects"]) == rejected
    assert ("rollbackCoupon", "ONCEONLY") in brief(put("s-1", state="cancelled")["effects"])
    assert brief(put("s-2", couponCodes=["ONCEONLY"])["effects"])[0] == ("acceptCoupon", "ONCEONLY")


def test_a_friend_may_use_the_referral_and_its_advocate_may_not(put, brief):
    friend = put("s-1", profileId="friend", referralCode="REF-ANA1", cartItems=[{**ITEMS[0], "price": 10}])
    assert brief(friend["effects"]) == [("acceptReferral", "REF-ANA1"), ("setDiscount", "Friend discount", 5)]
    advocate = put("s-2", profileId=ANA, referralCode="REF-ANA1")
    assert brief(advocate["effects"]) == [("rejectReferral", "REF-ANA1", "ReferralRecipientIdSameAsAdvocate")]
    unknown = put("s-3", profileId="friend", referralCode="REF-NOPE")
    assert brief(unknown["effects"]) == [("rejectReferral", "REF-NOPE", "ReferralNotFound")]
    assert unknown["effects"][0]["campaignId"] == -1


def test_the_other_application_has_no_campaigns(put, brief):
    answer = put("s-1", couponCodes=["SUMMER10"], cartItems=ITEMS, key="8" * 64)
    assert brief(answer["effects"]) == [("rejectCoupon", "SUMMER10", "CouponNotFound")]


def test_the_expired_key_is_refused(client):
    headers = {"Authorization": "ApiKey-v1 " + "e" * 64}
    assert client.put("/talonone/v2/customer_sessions/s-1", json={}, headers=headers).status_code == 401


def test_ana_is_known_and_every_defined_attribute_can_be_set(client):
    headers = {"Authorization": f"ApiKey-v1 {KEY}"}
    attributes = {"Email": ANA, "SignupDate": "2020-01-02T03:04:05Z", "Newsletter": True}
    response = client.put(f"/talonone/v2/customer_profiles/{ANA}", json={"attributes": attributes}, headers=headers)
    assert response.json()["customerProfile"]["attributes"] == {"Name": "Ana", "Tier": "gold", **attributes}


def test_session_and_cart_attributes_and_shipping_are_defined(put):
    body = {
        "customerSession": {
            "attributes": {"ShippingCity": "Berlin", "PaymentMethod": "card"},
            "cartItems": [{**ITEMS[0], "attributes": {"color": "red"}}],
            "additionalCosts": {"shipping": {"price": 4.99}},
        },
        "responseContent": ["customerSession"],
    }
    assert put("s-1", body)["customerSession"]["total"] == 104.99
