"""Codes that rules create: shown while the session is open, real once it has closed."""

import re

import pytest


@pytest.fixture
def creating(shop, campaign, rule, world):
    """Open a shop whose campaign 1 gives these effects, with patterns for its codes."""

    def opener(*effects, condition=("and",), rules=(), **members):
        settings = {
            "couponSettings": {"couponPattern": "C-#####", "validCharacters": [*"ABC"]},
            "referralSettings": {"couponPattern": "R-#####"},
        }
        shop.open(campaign(1, rule(list(condition), *effects), *rules, **settings | members))
        world.clock.set("frozen", 1_767_603_600_000_000)
        return shop

    return opener


def test_a_created_coupon_is_an_effect_and_an_object(creating):
    answer = creating(["createCoupon"]).session(profileId="ana", state="closed")
    (effect,) = answer["effects"]
    code = effect["props"]["value"]
    assert re.fullmatch("C-[ABC]{5}", code)
    assert (effect["effectType"], effect["props"]) == ("couponCreated", {"value": code, "profileId": "ana"})
    assert answer["createdCoupons"] == [
        {
            "id": 1, "created": "2026-01-05T09:00:00Z", "campaignId": 1, "value": code, "usageLimit": 1,
            "usageCounter": 0, "discountCounter": 0, "reservationCounter": 0, "attributes": {}, "reservation": True,
            "isReservationMandatory": False,
        }
    ]  # fmt: skip


def test_a_created_referral_is_an_effect_and_an_object(creating):
    answer = creating(["createReferral"]).session(profileId="ana", state="closed")
    (effect,) = answer["effects"]
    code = effect["props"]["value"]
    assert re.fullmatch("R-[A-Z0-9]{5}", code)
    assert (effect["effectType"], effect["props"]) == ("referralCreated", {"value": code})
    assert answer["createdReferrals"] == [
        {
            "id": 1, "created": "2026-01-05T09:00:00Z", "campaignId": 1, "advocateProfileIntegrationId": "ana",
            "code": code, "usageCounter": 0, "usageLimit": 0, "attributes": {},
        }
    ]  # fmt: skip


def test_a_created_coupon_can_be_for_one_profile_for_a_while_and_several_times(creating):
    answer = creating(["createCoupon", "bob", 3, "30d"]).session(profileId="ana", state="closed")
    assert answer["effects"][0]["props"]["profileId"] == "bob"
    (coupon,) = answer["createdCoupons"]
    assert (coupon["recipientIntegrationId"], coupon["usageLimit"], coupon["expiryDate"]) == (
        "bob", 3, "2026-02-04T09:00:00Z",
    )  # fmt: skip


def test_a_created_referral_can_be_for_one_friend_for_a_while(creating):
    answer = creating(["createReferral", "bob", "30d"]).session(profileId="ana", state="closed")
    (referral,) = answer["createdReferrals"]
    assert (referral["friendProfileIntegrationId"], referral["usageLimit"], referral["expiryDate"]) == (
        "bob", 1, "2026-02-04T09:00:00Z",
    )  # fmt: skip


def test_a_rule_can_say_the_code_itself(creating):
    answer = creating(["couponCreated", "HELLO-#", "ana"], ["referralCreated", "FRIEND-OF-ANA"]).session(
        profileId="ana"
    )
    values = [one["props"]["value"] for one in answer["effects"]]
    assert re.fullmatch("HELLO-[A-Z0-9]", values[0])
    assert values[1] == "FRIEND-OF-ANA"


@pytest.mark.proves("talonone.created_codes")
def test_a_code_can_be_redeemed_only_after_the_session_has_closed(creating, rule, brief):
    tests = rule(["couponValid"], ["setDiscount", "code", 1])
    shop = creating(["createCoupon"], condition=["=", [".", "Session", "IntegrationId"], "s-1"], rules=[tests])
    code = shop.session("s-1", profileId="ana")["createdCoupons"][0]["value"]
    assert brief(shop.session("s-2", couponCodes=[code])["effects"]) == [("rejectCoupon", code, "CouponNotFound")]
    assert shop.session("s-1", state="closed")["createdCoupons"][0]["value"] == code
    assert brief(shop.session("s-2", couponCodes=[code])["effects"]) == [
        ("acceptCoupon", code),
        ("setDiscount", "code", 1),
    ]


def test_an_open_session_shows_the_same_codes_again(creating):
    shop = creating(["createCoupon"], ["createCoupon"], ["createReferral"])
    first = [one["props"]["value"] for one in shop.session(profileId="ana")["effects"]]
    assert len(set(first)) == 3
    answer = shop.session()
    assert [one["props"]["value"] for one in answer["effects"]] == first
    assert [one["id"] for one in answer["createdCoupons"]] == [1, 2]
    assert [one["props"]["value"] for one in shop.session(state="closed")["effects"]] == first


def test_a_code_that_somebody_has_got_since_is_replaced(creating):
    shop = creating(["couponCreated", "ONE-#", "ana"], couponSettings={"couponPattern": "ONE-#"})
    code = shop.session("s-1")["createdCoupons"][0]["value"]
    others = {shop.session(f"o-{number}", state="closed")["createdCoupons"][0]["value"] for number in range(35)}
    taken = shop.session("s-1", state="closed")["createdCoupons"][0]["value"]
    assert taken not in others
    assert (taken == code) is (code not in others)


def test_a_pattern_that_is_used_up_is_an_error(creating, brief):
    shop = creating(["couponCreated", "ONLY", "ana"])
    assert len(shop.session("s-1", state="closed")["createdCoupons"]) == 1
    (effect,) = brief(shop.session("s-2", state="closed")["effects"])
    assert effect[0] == "error"
    assert effect[1].startswith("no code can be created: the pattern allows 1 different codes, of which 1 are taken")


def test_created_codes_outlive_their_session(creating, rule):
    tests = rule(["couponValid"], ["setDiscount", "code", 1])
    shop = creating(["createCoupon"], condition=["=", [".", "Session", "IntegrationId"], "s-1"], rules=[tests])
    code = shop.session("s-1", state="closed")["createdCoupons"][0]["value"]
    assert shop.session("s-1", state="cancelled")["effects"] == []
    assert shop.session("s-2", couponCodes=[code])["effects"][0]["effectType"] == "acceptCoupon"


def test_a_dry_run_creates_nothing(creating, world):
    shop = creating(["createCoupon"], ["createReferral"])
    answer = shop.session(dry="true", profileId="ana", state="closed")
    assert (len(answer["createdCoupons"]), len(answer["createdReferrals"])) == (1, 1)
    rows = {table.name: world.store.dump(table) for table in world.store.tables}
    assert (rows["talonone_coupons"], rows["talonone_referrals"]) == ([], [])


def test_nobody_in_particular_refers_nobody(creating, brief):
    effects = creating(["createReferral"]).session()["effects"]
    assert brief(effects) == [("error", "an anonymous session has no profile to refer a friend")]


def test_codes_are_made_in_the_case_of_the_application(creating, shop):
    shop = creating(["createCoupon"], couponSettings={"couponPattern": "Mixed-##"})
    assert shop.session()["createdCoupons"][0]["value"].startswith("Mixed-")
