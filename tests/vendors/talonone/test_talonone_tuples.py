"""V1: effects as tuples, discounts by label, no cascade, and what `meta` tells."""

import pytest

KEY = {"Authorization": "ApiKey-v1 " + "ab" * 32}
TOTAL = [".", "Session", "Total"]
TENTH = ["setDiscount", "10%", ["*", TOTAL, 0.1]]


@pytest.fixture
def v1(client):
    """Update a session of V1; it has to be accepted."""

    def caller(number="s-1", **members):
        response = client.put(f"/talonone/v1/customer_sessions/{number}", json=members, headers=KEY)
        assert response.status_code == 200, response.text
        return response.json()

    return caller


def test_a_session_of_v1_answers_tuples(shop, campaign, rule, v1):
    rules = [rule(["couponValid"], ["setDiscount", "My Cool Discount", 34.56])]
    shop.open(campaign(59, *rules, coupons=[{"value": "FREESTUFF"}]))
    event = v1(coupon="FREESTUFF", total=100)["event"]
    assert event["effects"] == [
        [59, 591, 0, ["acceptCoupon", "FREESTUFF"]],
        [59, 591, 0, ["setDiscount", "My Cool Discount", 34.56]],
    ]
    assert event["type"] == "talon_session_created"


def test_a_code_that_exists_nowhere_belongs_to_no_campaign(shop, v1):
    event = v1(coupon="NOPE")["event"]
    assert event["effects"] == [[-1, -1, -1, ["rejectCoupon", "NOPE"]]]
    assert event["meta"] == {"couponRejectionReason": {"campaignId": -1, "couponId": 0, "reason": "CouponNotFound"}}


def test_discounts_are_summed_by_their_label_and_do_not_cascade(shop, campaign, rule, v1):
    shop.open(
        campaign(1, rule(["and"], TENTH), rule(["and"], TENTH), rule(["and"], ["setDiscount", "Five", 5])),
        campaign(2, rule(["and"], ["setDiscountPerItem", "Item", 1, 0])),
    )
    session = v1(total=100, cartItems=[{"name": "A", "sku": "a", "quantity": 1, "price": 3}])["session"]
    assert session["discounts"] == {"10%": 20, "Five": 5}


def test_sums_of_discounts_are_exact(shop, campaign, rule, v1):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "a", 0.1], ["setDiscount", "a", 0.2])))
    assert v1()["session"]["discounts"] == {"a": 0.3}


def test_the_total_is_what_was_sent(shop, campaign, rule, cart, v1):
    shop.open(campaign(1, rule(["and"], TENTH)))
    answer = v1(total=77.7, cartItems=cart(10))
    assert answer["session"]["total"] == 77.7
    assert answer["event"]["effects"] == [[1, 11, 0, ["setDiscount", "10%", 7.77]]]


def test_codes_that_rules_create_are_tuples_too(shop, campaign, rule, v1):
    settings = {"couponSettings": {"couponPattern": "C-####"}, "referralSettings": {"couponPattern": "R-####"}}
    shop.open(campaign(1, rule(["and"], ["createCoupon"], ["createReferral"]), **settings))
    (coupon, referral) = v1(profileId="ana")["event"]["effects"]
    assert (coupon[3][0], coupon[3][1][:2], coupon[3][2]) == ("couponCreated", "C-", "ana")
    assert (referral[3][0], referral[3][1][:2], len(referral[3])) == ("referralCreated", "R-", 2)


@pytest.mark.proves("talonone.v1_tuples")
def test_points_are_tuples_and_ledger_entries(shop, campaign, rule, world, v1):
    earn = ["addLoyaltyPoints", "Points", 1, "", 20]
    shop.open(campaign(1, rule(["and"], earn, ["deductLoyaltyPoints", "Redeem", 1, "", 5])))
    world.clock.set("frozen", 1_767_603_600_000_000)
    assert v1("s-0", profileId="ana")["event"]["effects"] == []  # there is nothing to deduct from yet
    shop.open(campaign(1, rule(["and"], earn), rule(["and"], ["deductLoyaltyPoints", "Redeem", 1, "", 5])))
    world.clock.set("frozen", 1_767_603_600_000_000)
    assert v1("s-1", profileId="ana")["event"]["ledgerEntries"] == []
    v1("s-1", state="closed")
    event = v1("s-2", profileId="ana", state="closed")["event"]
    assert [one[3] for one in event["effects"]] == [
        ["addLoyaltyPoints", "Points", 1, "", 20, "ana"],
        ["deductLoyaltyPoints", "Redeem", 1, "", 5],
    ]
    entry = {"created": "2026-01-05T09:00:00Z", "profileId": "ana", "accountId": 1, "loyaltyProgramId": 1}
    entry["eventId"] = event["id"]
    assert event["ledgerEntries"] == [
        {**entry, "id": 2, "amount": 20, "reason": "Points", "expiryDate": "2026-02-04T09:00:00Z"},
        {**entry, "id": 3, "amount": -5, "reason": "Redeem", "expiryDate": "0001-01-01T00:00:00Z"},
    ]
    event = v1("s-2", state="cancelled")["event"]
    assert [one[3][0] for one in event["effects"]] == ["rollbackAddedLoyaltyPoints", "rollbackDeductedLoyaltyPoints"]
    assert [(one["amount"], one["referenceId"]) for one in event["ledgerEntries"]] == [(-20, 2), (5, 3)]


def test_closing_redeems_a_referral(shop, campaign, rule, v1):
    referral = {"id": 9, "code": "FRIEND1", "advocateProfileIntegrationId": "bob"}
    shop.open(campaign(1, rule(["referralValid"]), referrals=[referral]))
    event = v1(profileId="ana", referral="FRIEND1", state="closed")["event"]
    assert [one[3] for one in event["effects"]] == [["acceptReferral", "FRIEND1"], ["redeemReferral", 9, "FRIEND1"]]


def test_meta_has_the_attributes_of_campaigns_and_coupons(shop, campaign, rule, v1):
    attributes = [
        {"entity": "Campaign", "name": "Tier", "type": "string"},
        {"entity": "Coupon", "name": "channel", "type": "string"},
    ]
    coupons = [{"value": "CODE1", "attributes": {"channel": "mail"}}, {"value": "CODE2"}]
    shop.open(
        campaign(1, rule(["couponValid"]), coupons=coupons, attributes={"Tier": "gold"}),
        campaign(2, rule(["and"])),
        campaign(3, rule(["and"]), attributes={"Tier": "silver"}, state="disabled"),
        attributes=attributes,
    )
    assert v1(coupon="CODE1")["event"]["meta"] == {
        "campaigns": {"1": {"attributes": {"Tier": "gold"}}},
        "coupons": {"CODE1": {"attributes": {"channel": "mail"}}},
    }
    assert v1(coupon="CODE2")["event"]["meta"] == {"campaigns": {"1": {"attributes": {"Tier": "gold"}}}}


def test_meta_tells_why_codes_were_rejected(shop, campaign, rule, v1):
    referral = {"id": 9, "code": "FRIEND1", "advocateProfileIntegrationId": "bob", "expiryDate": "2020-01-01"}
    coupon = {"id": 5, "value": "LATE1", "expiryDate": "2020-01-01"}
    shop.open(campaign(1, rule(["couponValid"]), coupons=[coupon], referrals=[referral]))
    event = v1(profileId="ana", coupon="LATE1", referral="FRIEND1")["event"]
    assert [one[3] for one in event["effects"]] == [["rejectCoupon", "LATE1"], ["rejectReferral", "FRIEND1"]]
    assert event["meta"] == {
        "couponRejectionReason": {"campaignId": 1, "couponId": 5, "reason": "CouponExpired"},
        "referralRejectionReason": {"campaignId": 1, "referralId": 9, "reason": "ReferralExpired"},
    }


def test_cancelling_is_told_in_tuples(shop, campaign, rule, v1):
    shop.open(campaign(1, rule(["couponValid"], ["setDiscount", "Ten", 10]), coupons=[{"value": "CODE1"}]))
    v1(coupon="CODE1", total=50, state="closed")
    answer = v1(state="cancelled")
    assert [one[3] for one in answer["event"]["effects"]] == [
        ["rollbackCoupon", "CODE1"],
        ["rollbackDiscount", "Ten", 10],
    ]
