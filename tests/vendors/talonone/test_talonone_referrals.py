"""Referrals: who may use a friend's code, and what becomes of it."""

import pytest

FRIEND = ["setDiscount", "Friend", 5]


@pytest.fixture
def referral(shop, campaign, rule):
    """Open a shop whose campaign 1 gives 5 for this referral of bob's."""

    def opener(condition=("referralValid",), settings=None, members=(), profiles=(), **about):
        code = {"code": "FRIEND1", "advocateProfileIntegrationId": "bob", **about}
        one = campaign(1, rule(["and", list(condition)], FRIEND, title="Friend"), referrals=[code], **dict(members))
        shop.open(one, settings=settings or {}, profiles=[{"integrationId": name} for name in profiles])
        return shop

    return opener


@pytest.fixture
def verdict(shop):
    def taker(number="s-1", **members):
        members = {"profileId": "ana", "referralCode": "FRIEND1", **members}
        effects = shop.session(number, **members)["effects"]
        return effects[-1]["props"].get("rejectionReason") or effects[0]["effectType"]

    return taker


def test_a_friend_is_accepted_before_the_effects_of_the_rule(referral):
    place = {"campaignId": 1, "rulesetId": 11, "ruleIndex": 0, "ruleName": "Friend"}
    assert referral().session(profileId="ana", referralCode="FRIEND1")["effects"] == [
        {**place, "effectType": "acceptReferral", "props": {"value": "FRIEND1"}},
        {**place, "effectType": "setDiscount", "props": {"name": "Friend", "value": 5}},
    ]


def test_an_unknown_referral_belongs_to_no_campaign(referral):
    assert referral().session(profileId="ana", referralCode="NOPE1")["effects"] == [
        {
            "campaignId": -1,
            "rulesetId": -1,
            "ruleIndex": -1,
            "ruleName": "",
            "effectType": "rejectReferral",
            "props": {"value": "NOPE1", "rejectionReason": "ReferralNotFound"},
        }
    ]


FUTURE, PAST, ANOTHER = {"startDate": "2099-01-01"}, {"expiryDate": "2020-01-01"}, {"friendProfileIntegrationId": "eve"}
USED = {"usageLimit": 1, "usageCounter": 1}


@pytest.mark.parametrize(
    ("about", "profile", "reason"),
    [
        ({"members": {"state": "disabled"}}, "ana", "ReferralPartOfNotRunningCampaign"),
        (FUTURE, "ana", "ReferralStartDateInFuture"),
        (PAST, "ana", "ReferralExpired"),
        ({}, "bob", "ReferralRecipientIdSameAsAdvocate"),
        (ANOTHER, "ana", "ReferralRecipientDoesNotMatch"),
        (ANOTHER, "", "ReferralRecipientDoesNotMatch"),
        (USED, "ana", "ReferralLimitReached"),
        ({"condition": ["=", 1, 1]}, "ana", "ReferralValidConditionMissing"),
        ({"condition": ["and", ["referralValid"], False]}, "ana", "ReferralRejectedByCondition"),
        (FUTURE | ANOTHER | USED, "ana", "ReferralStartDateInFuture"),
        (PAST | ANOTHER | USED, "bob", "ReferralExpired"),
        (ANOTHER | USED, "bob", "ReferralRecipientIdSameAsAdvocate"),
        (ANOTHER | USED, "ana", "ReferralRecipientDoesNotMatch"),
    ],
)
def test_a_referral_is_rejected_with_the_first_reason(referral, verdict, about, profile, reason):
    shop = referral(**about)
    assert verdict(profileId=profile) == reason
    assert shop.session()["effects"][-1]["campaignId"] == 1


NEWEST = {"rejection_reasons": "newest"}


def test_the_reasons_of_2026_have_none_for_a_missing_condition(referral, verdict):
    referral(condition=["=", 1, 1], settings=NEWEST, profiles=["bob"])
    assert verdict() == "ReferralRejectedByCondition"


@pytest.mark.proves("talonone.newer_referral_reasons")
def test_in_2026_an_advocate_needs_a_profile(referral, verdict, world):
    """Every way to a referral makes one, so the test takes it away itself."""
    from sqlalchemy import delete

    from emulator.core.store import Statement
    from emulator.vendors.talonone.tables import profiles

    for settings, told in ((NEWEST, "AdvocateNotFound"), ({}, "acceptReferral")):
        referral(settings=settings, profiles=["bob"])
        assert verdict("s-1") == "acceptReferral"
        world.store.run(Statement(delete(profiles).where(profiles.c.integration_id == "bob")))
        assert verdict("s-2", profileId="eve") == told


@pytest.mark.proves("talonone.newer_referral_reasons")
def test_in_2026_a_customer_is_referred_once_in_a_campaign(shop, campaign, rule, verdict):
    codes = [{"code": f"FRIEND{number}", "advocateProfileIntegrationId": "bob"} for number in (1, 2)]
    one = campaign(1, rule(["referralValid"], FRIEND), referrals=codes)
    for settings, told in (({}, "acceptReferral"), (NEWEST, "ReferralCustomerAlreadyReferred")):
        shop.open(one, settings=settings, profiles=[{"integrationId": "bob"}])
        assert verdict("s-1", state="closed") == "acceptReferral"
        assert verdict("s-2", referralCode="FRIEND2") == told
        shop.session("s-1", state="cancelled")
        assert verdict("s-2", referralCode="FRIEND2") == "acceptReferral"


def test_the_named_friend_is_accepted(referral, verdict):
    referral(**ANOTHER)
    assert verdict(profileId="eve") == "acceptReferral"


def test_closing_redeems_the_referral_and_cancelling_gives_it_back(referral, verdict, brief):
    shop = referral(usageLimit=1)
    assert verdict("s-1") == "acceptReferral"
    assert verdict("s-2", profileId="eve") == "acceptReferral"
    closed = shop.session("s-1", "referral", state="closed")
    assert brief(closed["effects"]) == [
        ("acceptReferral", "FRIEND1"),
        ("redeemReferral", 1, "FRIEND1"),
        ("setDiscount", "Friend", 5),
    ]
    assert (closed["referral"]["usageCounter"], closed["referral"]["referredCustomers"]) == (1, ["ana"])
    assert verdict("s-2") == "ReferralLimitReached"
    assert brief(shop.session("s-1", state="cancelled")["effects"]) == [
        ("rollbackReferral", "FRIEND1"),
        ("rollbackDiscount", "Friend", 5),
    ]
    assert verdict("s-2") == "acceptReferral"


def test_an_empty_code_takes_the_referral_out(referral, brief):
    shop = referral()
    shop.session(profileId="ana", referralCode="FRIEND1")
    assert shop.session(referralCode="")["effects"] == []


def test_a_coupon_and_a_referral_in_one_rule(shop, campaign, rule, brief):
    both = rule(["and", ["couponValid"], ["referralValid"]], FRIEND)
    code = {"code": "FRIEND1", "advocateProfileIntegrationId": "bob"}
    shop.open(campaign(1, both, coupons=[{"value": "CODE1"}], referrals=[code]))
    alone = shop.session("s-1", "ruleFailureReasons", profileId="ana", couponCodes=["CODE1"])
    assert brief(alone["effects"]) == [("rejectCoupon", "CODE1", "CouponRejectedByCondition")]
    assert brief(shop.session(referralCode="FRIEND1")["effects"]) == [
        ("acceptCoupon", "CODE1"),
        ("acceptReferral", "FRIEND1"),
        ("setDiscount", "Friend", 5),
    ]
