"""Limits: what campaigns, coupons and Applications give at most, to whom and in which time."""

import pytest

TEN = ["setDiscount", "Ten", 10]
COUPON = ["couponValid"]
DAY = 86_400_000_000
NOON = 1_767_614_400_000_000
"""2026-01-05, a Monday, 12:00 UTC."""


def limit(action, most, *entities, period=None):
    return {"action": action, "limit": most, "entities": list(entities), **({"period": period} if period else {})}


@pytest.fixture
def limited(shop, campaign, rule):
    """Open a shop whose campaign 1 gives 10 for any of these coupons, within these limits."""

    def opener(*limits, coupons=("CODE1", "CODE2"), condition=COUPON, effects=(TEN,), **members):
        written = [code if isinstance(code, dict) else {"value": code} for code in coupons]
        section = members.pop("section", {})
        one = campaign(1, rule(condition, *effects), coupons=written, limits=list(limits), **members)
        shop.open(one, **section)
        return shop

    return opener


@pytest.fixture
def verdict(shop):
    """What a session's codes are told: True, or the reason of their rejection."""

    def taker(number, *codes, state="open", profile="", **members):
        effects = shop.session(number, couponCodes=list(codes), state=state, profileId=profile, **members)["effects"]
        found = {one["props"]["value"]: True for one in effects if one["effectType"] == "acceptCoupon"}
        rejected = [one["props"] for one in effects if one["effectType"] == "rejectCoupon"]
        found |= {one["value"]: one["rejectionReason"] for one in rejected}
        return [found[code] for code in codes]

    return taker


def test_a_campaign_redeems_as_many_coupons_as_its_limit_says(limited, verdict):
    limited(limit("redeemCoupon", 1))
    assert verdict("s-1", "CODE1", state="closed") == [True]
    assert verdict("s-2", "CODE1") == ["CampaignLimitReached"]
    assert verdict("s-3", "CODE2") == ["CampaignLimitReached"]


def test_two_codes_of_one_session_count_as_two(limited, verdict):
    limited(limit("redeemCoupon", 1))
    assert verdict("s-1", "CODE2", "CODE1") == [True, "CampaignLimitReached"]


def test_open_sessions_use_nothing_of_a_budget(limited, verdict):
    limited(limit("redeemCoupon", 1))
    assert [verdict(number, "CODE1") for number in ("s-1", "s-2", "s-1")] == [[True], [True], [True]]


def test_cancelling_frees_the_budget(limited, verdict, shop):
    limited(limit("redeemCoupon", 1), limit("setDiscount", 10), limit("setDiscountEffect", 1))
    assert verdict("s-1", "CODE1", state="closed") == [True]
    assert verdict("s-2", "CODE2") == ["CampaignLimitReached"]
    shop.session("s-1", state="cancelled")
    assert verdict("s-2", "CODE2", state="closed") == [True]


@pytest.mark.parametrize(
    ("entities", "reason", "other_code", "other_profile"),
    [
        (["Coupon"], "CouponLimitReached", True, "CouponLimitReached"),
        (["Profile"], "ProfileLimitReached", "ProfileLimitReached", True),
        (["Coupon", "Profile"], "ProfileLimitReached", True, True),
        ([], "CampaignLimitReached", "CampaignLimitReached", "CampaignLimitReached"),
    ],
)
def test_entities_make_the_address_of_a_limit(limited, verdict, entities, reason, other_code, other_profile):
    limited(limit("redeemCoupon", 1, *entities))
    assert verdict("s-1", "CODE1", state="closed", profile="ana") == [True]
    assert verdict("s-2", "CODE1", profile="ana") == [reason]
    assert verdict("s-3", "CODE2", profile="ana") == [other_code]
    assert verdict("s-4", "CODE1", profile="bob") == [other_profile]


@pytest.mark.proves("talonone.limit_addresses")
def test_every_identifier_counts_for_itself(limited, verdict):
    limited(limit("redeemCoupon", 1, "Identifier"))
    assert verdict("s-1", "CODE1", state="closed", identifiers=["phone", "card"]) == [True]
    assert verdict("s-2", "CODE1", identifiers=["card"]) == ["CampaignLimitReached"]
    assert verdict("s-3", "CODE1", identifiers=["other", "phone"]) == ["CampaignLimitReached"]
    assert verdict("s-4", "CODE1", identifiers=["other"]) == [True]
    assert verdict("s-5", "CODE1", identifiers=[]) == [True]


def test_nobody_in_particular_has_no_limit_per_profile(limited, verdict):
    limited(limit("redeemCoupon", 1, "Profile"))
    assert [verdict(f"s-{number}", "CODE1", state="closed") for number in range(3)] == [[True]] * 3


def test_the_narrower_of_several_limits_is_told_in_the_order_of_the_reasons(limited, verdict):
    limited(limit("redeemCoupon", 1, "Profile"), limit("redeemCoupon", 1), limit("redeemCoupon", 1, "Coupon"))
    verdict("s-1", "CODE1", state="closed", profile="ana")
    assert verdict("s-2", "CODE1", profile="ana") == ["CouponLimitReached"]
    assert verdict("s-3", "CODE2", profile="ana") == ["CampaignLimitReached"]


def test_the_limit_of_the_code_itself_comes_before_those_of_its_campaign(limited, verdict):
    limited(limit("redeemCoupon", 1), coupons=[{"value": "CODE1", "usageLimit": 1}])
    verdict("s-1", "CODE1", state="closed")
    assert verdict("s-2", "CODE1") == ["CouponLimitReached"]


def test_a_reached_limit_comes_before_a_missing_condition(limited, verdict):
    limited(limit("redeemCoupon", 0), condition=["and"])
    assert verdict("s-1", "CODE1") == ["CampaignLimitReached"]


def test_a_limit_of_zero_gives_nothing(limited, verdict):
    limited(limit("redeemCoupon", 0))
    assert verdict("s-1", "CODE1") == ["CampaignLimitReached"]


@pytest.mark.parametrize(
    ("period", "same", "next_one"),
    [
        ("daily", NOON + DAY // 2 - 1, NOON + DAY // 2),
        ("weekly", NOON + 6 * DAY + DAY // 2 - 1, NOON + 6 * DAY + DAY // 2),
        ("monthly", NOON + 26 * DAY + DAY // 2 - 1, NOON + 26 * DAY + DAY // 2),
        ("yearly", NOON + 360 * DAY + DAY // 2 - 1, NOON + 360 * DAY + DAY // 2),
    ],
)
def test_a_period_starts_anew(limited, verdict, world, period, same, next_one):
    limited(limit("redeemCoupon", 1, period=period))
    world.clock.set("frozen", NOON)
    assert verdict("s-1", "CODE1", state="closed") == [True]
    world.clock.set("frozen", same)
    assert verdict("s-2", "CODE1") == ["CampaignLimitReached"]
    world.clock.set("frozen", next_one)
    assert verdict("s-3", "CODE1") == [True]


def test_days_are_those_of_the_applications_time_zone(limited, verdict, world):
    applications = [{"id": 7, "name": "Shop", "timezone": "America/New_York", "apiKeys": [{"key": "ab" * 32}]}]
    limited(limit("redeemCoupon", 1, period="daily"), section={"applications": applications})
    world.clock.set("frozen", NOON)
    verdict("s-1", "CODE1", state="closed")
    world.clock.set("frozen", NOON + 16 * DAY // 24)  # 04:00 UTC of the next day, 23:00 of the same in New York
    assert verdict("s-2", "CODE1") == ["CampaignLimitReached"]
    world.clock.set("frozen", NOON + 17 * DAY // 24)
    assert verdict("s-3", "CODE1") == [True]


def test_limits_of_a_coupon_replace_those_of_its_campaign_per_profile(limited, verdict):
    own = {"value": "MINE1", "limits": [limit("redeemCoupon", 2, "Profile")]}
    limited(limit("redeemCoupon", 1, "Profile"), coupons=[own, "CODE1"])
    assert verdict("s-1", "MINE1", state="closed", profile="ana") == [True]
    assert verdict("s-2", "MINE1", state="closed", profile="ana") == [True]
    assert verdict("s-3", "MINE1", profile="ana") == ["ProfileLimitReached"]


@pytest.mark.proves("talonone.limit_addresses")
def test_limits_of_an_application_are_those_of_its_campaigns_without_any(shop, campaign, rule, verdict):
    applications = [{"id": 7, "name": "Shop", "limits": [limit("redeemCoupon", 0)], "apiKeys": [{"key": "ab" * 32}]}]
    rules = [rule(COUPON, TEN)]
    shop.open(
        campaign(1, *rules, coupons=[{"value": "CODE1"}]),
        campaign(2, *rules, coupons=[{"value": "CODE2"}], limits=[limit("redeemCoupon", 1)]),
        campaign(3, *rules, coupons=[{"value": "CODE3"}], limits=[]),
        applications=applications,
    )
    assert verdict("s-1", "CODE1", "CODE2", "CODE3") == ["CampaignLimitReached", True, True]


def test_the_counters_of_a_campaign_may_come_with_the_scenario(limited, verdict):
    limited(limit("redeemCoupon", 5), couponRedemptionCount=5)
    assert verdict("s-1", "CODE1") == ["CampaignLimitReached"]


@pytest.mark.proves("talonone.partial_rewards", "talonone.limits")
def test_a_discount_over_the_budget_takes_its_whole_rule_with_it(limited, shop, brief):
    more = ["showNotification", "Info", "Hi", "there"]
    limited(limit("setDiscount", 15), effects=(more, TEN), coupons=["CODE1"])
    assert len(shop.session("s-1", couponCodes=["CODE1"], state="closed")["effects"]) == 3
    answer = shop.session("s-2", "ruleFailureReasons", "triggeredCampaigns", couponCodes=["CODE1"])
    assert brief(answer["effects"]) == [("rejectCoupon", "CODE1", "EffectCouldNotBeApplied")]
    assert answer["triggeredCampaigns"] == []
    reason = answer["ruleFailureReasons"][0]
    assert (reason["effectIndex"], reason["couponValue"]) == (1, "CODE1")


def test_a_rule_without_a_code_that_goes_over_a_budget_gives_nothing(limited, shop, brief):
    limited(limit("setDiscountEffect", 1), condition=["and"], effects=(TEN, TEN))
    assert brief(shop.session()["effects"]) == []
    limited(limit("setDiscountEffect", 2), condition=["and"], effects=(TEN, TEN))
    assert brief(shop.session()["effects"]) == [("setDiscount", "Ten", 10)] * 2


def test_catch_does_not_hide_a_limit(limited, shop, brief):
    caught = ["catch", ["noop"], TEN]
    limited(limit("setDiscount", 5), condition=["and"], effects=(caught, ["addFreeItem", "Gift", "g-1"]))
    assert brief(shop.session()["effects"]) == []


def test_discounts_of_one_evaluation_count_together(shop, campaign, rule, brief):
    rules = [rule(["and"], ["setDiscount", name, 10], title=name) for name in ("a", "b", "c")]
    shop.open(campaign(1, *rules, limits=[limit("setDiscount", 20)]))
    assert brief(shop.session()["effects"]) == [("setDiscount", "a", 10), ("setDiscount", "b", 10)]


def test_a_budget_of_discounts_per_profile(limited, shop, brief):
    limited(limit("setDiscount", 10, "Profile"), condition=["and"])
    assert len(shop.session("s-1", profileId="ana", state="closed")["effects"]) == 1
    assert len(shop.session("s-2", profileId="ana")["effects"]) == 0
    assert len(shop.session("s-3", profileId="bob")["effects"]) == 1


def test_a_budget_of_discounts_per_session(limited, shop, brief):
    limited(limit("setDiscount", 15, "Session"), condition=["and"], effects=(TEN, TEN))
    assert brief(shop.session("s-1")["effects"]) == []


def test_created_coupons_are_limited_and_never_come_back(limited, shop, brief):
    limited(limit("createCoupon", 1), condition=["and"], effects=(["createCoupon"],))
    assert len(shop.session("s-1", state="closed")["createdCoupons"]) == 1
    assert shop.session("s-2")["createdCoupons"] == []
    shop.session("s-1", state="cancelled")
    assert shop.session("s-2")["effects"] == []


@pytest.mark.parametrize("entities", [[], ["Referral"], ["Profile"]])
def test_referrals_are_limited_too(shop, campaign, rule, entities):
    reasons = {(): "CampaignLimitReached", ("Referral",): "ReferralLimitReached", ("Profile",): "ProfileLimitReached"}
    referral = {"code": "FRIEND1", "advocateProfileIntegrationId": "bob"}
    limits = [limit("redeemReferral", 1, *entities)]
    shop.open(campaign(1, rule(["referralValid"], TEN), referrals=[referral], limits=limits))
    shop.session("s-1", profileId="ana", referralCode="FRIEND1", state="closed")
    effects = shop.session("s-2", profileId="ana", referralCode="FRIEND1")["effects"]
    assert effects[-1]["props"] == {"value": "FRIEND1", "rejectionReason": reasons[tuple(entities)]}


@pytest.mark.parametrize(
    ("action", "effect"),
    [
        ("addFreeItemEffect", ["addFreeItem", "Gift", "g-1"]),
        ("callApi", ["triggerWebhook", 3, "Hook"]),
        ("customEffect", ["customEffect", 3, "Mine"]),
        ("createReferral", ["createReferral"]),
        ("createLoyaltyPointsEffect", ["addLoyaltyPoints", "Points", 1, "", 5]),
        ("createLoyaltyPoints", ["addLoyaltyPoints", "Points", 1, "", 1]),
    ],
)
def test_later_actions_are_limited_in_the_same_way(limited, shop, action, effect):
    limited(limit(action, 1), condition=["and"], effects=(effect,))
    assert len(shop.session("s-1", profileId="ana", state="closed")["effects"]) == 1
    assert len(shop.session("s-2", profileId="ana")["effects"]) == 0


def test_a_campaign_answers_its_limits_and_counts(limited, shop, cart):
    limits = [limit("redeemCoupon", 9), limit("setDiscount", 99, "Profile", period="daily")]
    limited(*limits, effects=(TEN, ["setDiscount", "More", 2.5], ["createCoupon"]), discountCount=1.5)
    shop.session("s-1", profileId="ana", couponCodes=["CODE1", "CODE2"], state="closed")
    campaign = shop.session("s-2", "triggeredCampaigns", couponCodes=["CODE1"])["triggeredCampaigns"][0]
    assert campaign["limits"] == limits
    counts = {name: value for name, value in campaign.items() if name.endswith("Count")}
    assert counts == {
        "couponRedemptionCount": 2, "referralRedemptionCount": 0, "discountCount": 26.5, "discountEffectCount": 4,
        "couponCreationCount": 2,
    }  # fmt: skip
    shop.session("s-1", state="cancelled")
    campaign = shop.session("s-2", "triggeredCampaigns")["triggeredCampaigns"][0]
    assert [campaign[name] for name in counts] == [0, 0, 1.5, 0, 2]


def test_limits_are_looked_up_by_a_key(limited, world):
    from emulator.vendors.talonone.tables import CAMPAIGN_BUDGETS, FIND_BUDGET

    limited(limit("redeemCoupon", 1))
    for statement, values in (
        (FIND_BUDGET, {"campaign_id": 1, "address": "", "action": ""}),
        (CAMPAIGN_BUDGETS, {"campaign_id": 1}),
    ):
        assert all("SCAN" not in step for step in world.store.plan(statement, **values))
