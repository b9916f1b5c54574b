"""Coupons: which codes are taken, why others are not, and what their counters do."""

import pytest

SUMMER = ["setDiscount", "Summer", 10]


@pytest.fixture
def coupons(shop, campaign, rule):
    """Open a shop whose campaign 1 gives 10 for each of these coupons."""

    def opener(*listed, settings=None, case="sensitive", condition=("couponValid",), **members):
        coupons = [{"value": one} if isinstance(one, str) else one for one in listed]
        one = campaign(1, rule(["and", list(condition)], SUMMER, title="Summer"), coupons=coupons, **members)
        shop.open(one, case=case, settings=settings or {})
        return shop

    return opener


@pytest.fixture
def verdict(shop, brief):
    """Take the codes of a session as accepted (True) or the reason of their rejection."""

    def taker(number="s-1", **members):
        effects = shop.session(number, **members)["effects"]
        accepted = {one["props"]["value"]: True for one in effects if one["effectType"] == "acceptCoupon"}
        rejected = [one["props"] for one in effects if one["effectType"] == "rejectCoupon"]
        return accepted | {one["value"]: one["rejectionReason"] for one in rejected}

    return taker


def test_an_accepted_code_comes_before_the_effects_of_its_rule_and_marks_them(coupons):
    effects = coupons({"id": 9, "value": "SUMMER10"}).session(couponCodes=["SUMMER10"])["effects"]
    place = {"campaignId": 1, "rulesetId": 11, "ruleIndex": 0, "ruleName": "Summer"}
    assert effects == [
        {**place, "effectType": "acceptCoupon", "props": {"value": "SUMMER10"}, "triggeredByCoupon": 9},
        {**place, "effectType": "setDiscount", "props": {"name": "Summer", "value": 10}, "triggeredByCoupon": 9},
    ]


@pytest.mark.proves("talonone.unmatched_code")
def test_a_code_that_exists_nowhere_belongs_to_no_campaign(coupons):
    assert coupons().session(couponCodes=["NOPE"])["effects"] == [
        {
            "campaignId": -1,
            "rulesetId": -1,
            "ruleIndex": -1,
            "ruleName": "",
            "effectType": "rejectCoupon",
            "props": {"value": "NOPE", "rejectionReason": "CouponNotFound"},
        }
    ]


def test_the_rejection_of_a_known_code_names_its_campaign_and_the_rule_that_asks(coupons):
    effects = coupons({"value": "USED1", "usageLimit": 1, "usageCounter": 1}).session(couponCodes=["USED1"])["effects"]
    assert effects == [
        {
            "campaignId": 1,
            "rulesetId": 11,
            "ruleIndex": 0,
            "ruleName": "Summer",
            "effectType": "rejectCoupon",
            "props": {"value": "USED1", "rejectionReason": "CouponLimitReached"},
        }
    ]


@pytest.mark.proves("talonone.rejections_last")
def test_every_code_gets_one_answer_and_rejections_come_last_in_the_order_of_the_codes(coupons, brief):
    shop = coupons("GOOD1", "GOOD2", {"value": "LATE1", "expiryDate": "2020-01-01"})
    codes = ["NOPE", "GOOD2", "LATE1", "GOOD1", "GOOD2", "", "NOPE"]
    assert brief(shop.session(couponCodes=codes)["effects"]) == [
        ("acceptCoupon", "GOOD2"),
        ("setDiscount", "Summer", 10),
        ("acceptCoupon", "GOOD1"),
        ("setDiscount", "Summer", 10),
        ("rejectCoupon", "NOPE", "CouponNotFound"),
        ("rejectCoupon", "LATE1", "CouponExpired"),
    ]


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"state": "disabled"}, "CouponPartOfNotRunningCampaign"),
        ({"state": "archived"}, "CouponPartOfNotRunningCampaign"),
        ({"startTime": "2099-01-01"}, "CouponPartOfNotRunningCampaign"),
        ({"endTime": "2020-01-01"}, "CouponPartOfNotRunningCampaign"),
        ({"rulesets": []}, "CouponPartOfNotRunningCampaign"),
    ],
)
def test_a_code_of_a_campaign_that_does_not_run_is_rejected(coupons, verdict, members, reason):
    shop = coupons("CODE1", **members)
    assert verdict(couponCodes=["CODE1"]) == {"CODE1": reason}
    assert shop.session(couponCodes=["CODE1"])["effects"][0]["campaignId"] == 1


FUTURE, PAST = {"startDate": "2099-01-01"}, {"expiryDate": "2020-01-01"}
FOREIGN, HARD = {"recipientIntegrationId": "bob"}, {"reservation": False}
USED = {"usageLimit": 2, "usageCounter": 2}


@pytest.mark.parametrize(
    ("coupon", "reason"),
    [
        (FUTURE, "CouponStartDateInFuture"),
        (PAST, "CouponExpired"),
        (FOREIGN, "CouponRecipientDoesNotMatch"),
        (HARD, "CouponReservationRequired"),
        (USED, "CouponLimitReached"),
        pytest.param(
            FUTURE | PAST | FOREIGN | USED,
            "CouponStartDateInFuture",
            marks=pytest.mark.proves("talonone.rejection_order"),
        ),
        (PAST | FOREIGN | USED, "CouponExpired"),
        (FOREIGN | USED, "CouponRecipientDoesNotMatch"),
    ],
)
def test_where_several_reasons_apply_the_first_is_given(coupons, verdict, coupon, reason):
    coupons({"value": "CODE1", **coupon})
    assert verdict(profileId="ana", couponCodes=["CODE1"]) == {"CODE1": reason}


@pytest.mark.proves("talonone.default.rejection_reasons")
def test_a_code_whose_campaign_has_no_rule_that_asks(coupons, verdict):
    coupons("CODE1", condition=["=", 1, 1])
    assert verdict(couponCodes=["CODE1"]) == {"CODE1": "CouponValidConditionMissing"}
    coupons("CODE1", condition=["=", 1, 1], settings={"rejection_reasons": "newest"})
    assert verdict(couponCodes=["CODE1"]) == {"CODE1": "CouponRejectedByCondition"}


def test_a_code_whose_rule_asks_for_more(shop, campaign, rule, cart, verdict):
    condition = ["and", ["couponValid"], [">", [".", "Session", "Total"], 50]]
    shop.open(campaign(1, rule(condition, SUMMER), coupons=[{"value": "CODE1"}]))
    assert verdict(couponCodes=["CODE1"], cartItems=cart(50)) == {"CODE1": "CouponRejectedByCondition"}
    assert verdict(couponCodes=["CODE1"], cartItems=cart(51)) == {"CODE1": True}


def test_the_rejection_by_a_condition_names_the_rule_that_failed_and_its_condition(shop, campaign, rule):
    rules = [rule(["and"], title="always"), rule(["and", ["couponValid"], ["=", 1, 2]], title="never")]
    shop.open(campaign(1, *rules, coupons=[{"value": "CODE1"}]))
    answer = shop.session("s-1", "ruleFailureReasons", couponCodes=["CODE1"])
    assert [(one["ruleIndex"], one["ruleName"]) for one in answer["effects"]] == [(1, "never")]
    assert answer["ruleFailureReasons"] == [
        {
            "campaignID": 1,
            "campaignName": "Campaign 1",
            "rulesetID": 11,
            "ruleIndex": 1,
            "ruleName": "never",
            "details": "the condition is not met",
            "conditionIndex": 1,
            "couponID": 1,
            "couponValue": "CODE1",
        }
    ]


def test_a_code_that_one_rule_accepts_is_not_rejected_by_another(shop, campaign, rule, brief):
    rules = [rule(["and", ["couponValid"], False], SUMMER), rule(["couponValid"], SUMMER), rule(["couponValid"])]
    shop.open(campaign(1, *rules, coupons=[{"value": "CODE1"}]))
    assert brief(shop.session(couponCodes=["CODE1"])["effects"]) == [
        ("acceptCoupon", "CODE1"),
        ("setDiscount", "Summer", 10),
    ]


def test_a_rule_that_asks_for_no_code_knows_none(shop, campaign, rule, brief):
    rules = [rule(["not", ["couponValid"]], ["showNotification", "Info", "No code", "Try one"])]
    shop.open(campaign(1, *rules, coupons=[{"value": "CODE1"}]))
    assert brief(shop.session()["effects"]) == [("showNotification", "Info", "No code", "Try one")]
    assert brief(shop.session(couponCodes=["CODE1"])["effects"]) == [
        ("rejectCoupon", "CODE1", "CouponRejectedByCondition")
    ]


def test_a_code_is_valid_in_its_own_campaign_only(shop, campaign, rule, brief):
    shop.open(
        campaign(1, rule(["couponValid"], SUMMER)), campaign(2, rule(["couponValid"]), coupons=[{"value": "TWO2"}])
    )
    assert brief(shop.session(couponCodes=["TWO2"])["effects"]) == [("acceptCoupon", "TWO2")]


def test_start_and_expiry_are_moments_of_the_world(coupons, verdict, world):
    coupons({"value": "CODE1", "startDate": "2026-01-05T09:00:00Z", "expiryDate": "2026-01-05T10:00:00Z"})
    for moment, taken in [
        (1_767_603_599_999_999, "CouponStartDateInFuture"),
        (1_767_603_600_000_000, True),
        (1_767_607_200_000_000, True),
        (1_767_607_200_000_001, "CouponExpired"),
    ]:
        world.clock.set("frozen", moment)
        assert verdict(couponCodes=["CODE1"]) == {"CODE1": taken}


def test_a_campaign_runs_from_its_start_until_its_end(coupons, verdict, world):
    coupons("CODE1", startTime="2026-01-05T09:00:00Z", endTime="2026-01-05T10:00:00Z")
    stopped = "CouponPartOfNotRunningCampaign"
    for moment, taken in [
        (1_767_603_599_999_999, stopped),
        (1_767_603_600_000_000, True),
        (1_767_607_199_999_999, True),
        (1_767_607_200_000_000, stopped),
    ]:
        world.clock.set("frozen", moment)
        assert verdict(couponCodes=["CODE1"]) == {"CODE1": taken}


def test_a_coupon_with_a_recipient_is_for_the_recipient(coupons, verdict):
    coupons({"value": "CODE1", **FOREIGN})
    assert verdict("s-1", profileId="bob", couponCodes=["CODE1"]) == {"CODE1": True}
    assert verdict("s-2", couponCodes=["CODE1"]) == {"CODE1": "CouponRecipientDoesNotMatch"}


@pytest.mark.proves("talonone.hard_reservation")
def test_a_hard_reserved_coupon_is_for_its_holders(coupons, verdict):
    coupon = {"value": "CODE1", "reservation": False, "reservations": ["ana", "bob"]}
    coupons(coupon)
    assert verdict("s-1", profileId="bob", couponCodes=["CODE1"]) == {"CODE1": True}
    assert verdict("s-2", profileId="eve", couponCodes=["CODE1"]) == {"CODE1": "CouponReservationRequired"}
    assert verdict("s-3", couponCodes=["CODE1"]) == {"CODE1": "ProfileRequired"}


def test_in_2026_a_flag_of_its_own_makes_a_reservation_mandatory(coupons, verdict):
    coupons({"value": "CODE1", "isReservationMandatory": True, "reservations": ["ana"]})
    assert verdict("s-1", profileId="ana", couponCodes=["CODE1"]) == {"CODE1": True}
    assert verdict("s-2", profileId="eve", couponCodes=["CODE1"]) == {"CODE1": "CouponReservationRequired"}
    assert verdict("s-3", couponCodes=["CODE1"]) == {"CODE1": "ProfileRequired"}


@pytest.mark.parametrize("flag", [{"reservation": False}, {"isReservationMandatory": True}])
@pytest.mark.proves("talonone.hard_reservation")
def test_an_implicitly_reserved_coupon_is_for_everybody(coupons, verdict, flag):
    coupons({"value": "CODE1", "implicitlyReserved": True, **flag})
    assert verdict(profileId="eve", couponCodes=["CODE1"]) == {"CODE1": True}


@pytest.mark.proves("talonone.default.rejection_reasons")
def test_the_reasons_of_2026_say_which_condition_or_effect_it_was(shop, campaign, rule):
    rules = [rule(["and", ["couponValid"], True, [">", [".", "Session", "Total"], 50]], SUMMER)]
    limits = [{"action": "setDiscount", "limit": 5, "entities": []}]
    poor = [rule(["couponValid"], ["showNotification", "Info", "a", "b"], SUMMER)]
    shop.open(
        campaign(1, *rules, coupons=[{"value": "CODE1"}]),
        campaign(2, *poor, coupons=[{"value": "CODE2"}], limits=limits),
        settings={"rejection_reasons": "newest"},
    )
    effects = shop.session(couponCodes=["CODE1", "CODE2"])["effects"]
    assert [one["props"] for one in effects] == [
        {"value": "CODE1", "rejectionReason": "CouponRejectedByCondition", "conditionIndex": 2},
        {"value": "CODE2", "rejectionReason": "EffectCouldNotBeApplied", "effectIndex": 1},
    ]


@pytest.mark.parametrize(
    ("case", "stored", "accepted", "unknown"),
    [
        ("sensitive", "Summer-1", ["Summer-1"], ["summer-1", "SUMMER-1"]),
        ("insensitive-uppercase", "SUMMER-1", ["Summer-1", "summer-1", "SUMMER-1"], ["summer-2"]),
        ("insensitive-lowercase", "summer-1", ["Summer-1", "summer-1", "SUMMER-1"], ["summer-2"]),
    ],
)
def test_an_application_decides_what_case_is_worth(coupons, verdict, case, stored, accepted, unknown):
    coupons("Summer-1", case=case)
    for code in accepted:
        assert verdict(couponCodes=[code]) == {stored: True}
    for code in unknown:
        assert verdict(couponCodes=[code]) == {code: "CouponNotFound"}
    if case != "sensitive":
        assert verdict(couponCodes=accepted) == {stored: True}


def counters(shop, number, **members):
    coupon = shop.session(number, "coupons", **members)["coupons"][0]
    return coupon["usageCounter"], coupon["discountCounter"], coupon["profileRedemptionCount"]


@pytest.mark.proves("talonone.redemption")
def test_counters_move_when_the_session_closes_and_back_when_it_is_cancelled(coupons):
    shop = coupons("CODE1")
    assert counters(shop, "s-1", profileId="ana", couponCodes=["CODE1"]) == (0, 0, 0)
    assert counters(shop, "s-1", state="closed") == (1, 10, 1)
    assert counters(shop, "s-2", profileId="bob", couponCodes=["CODE1"]) == (1, 10, 0)
    shop.session("s-1", state="cancelled")
    assert counters(shop, "s-2") == (0, 0, 0)


def test_a_session_closes_with_the_codes_of_its_last_update(coupons, verdict):
    coupons({"value": "CODE1", "usageLimit": 1})
    verdict("s-1", couponCodes=["CODE1"])
    verdict("s-1", couponCodes=[], state="closed")
    assert verdict("s-2", couponCodes=["CODE1"], state="closed") == {"CODE1": True}
    assert verdict("s-3", couponCodes=["CODE1"]) == {"CODE1": "CouponLimitReached"}


def test_an_open_session_holds_no_place_of_a_limit(coupons, verdict):
    coupons({"value": "CODE1", "usageLimit": 1})
    assert verdict("s-1", couponCodes=["CODE1"]) == {"CODE1": True}
    assert verdict("s-2", couponCodes=["CODE1"], state="closed") == {"CODE1": True}
    assert verdict("s-1", state="closed") == {"CODE1": "CouponLimitReached"}


def test_cancelling_a_closed_session_rolls_back_codes_and_discounts(coupons):
    shop = coupons({"id": 9, "value": "CODE1"})
    shop.session(couponCodes=["CODE1", "NOPE"])
    shop.session(state="closed")
    place = {"campaignId": 1, "rulesetId": 11, "ruleIndex": 0, "ruleName": "Summer"}
    assert shop.session(state="cancelled")["effects"] == [
        {**place, "effectType": "rollbackCoupon", "props": {"value": "CODE1"}, "triggeredByCoupon": 9},
        {**place, "effectType": "rollbackDiscount", "props": {"name": "Summer", "value": 10}, "triggeredByCoupon": 9},
    ]


def test_cancelling_an_open_session_rolls_back_its_discounts_only(coupons, brief):
    shop = coupons("CODE1")
    shop.session(couponCodes=["CODE1"])
    assert brief(shop.session(state="cancelled")["effects"]) == [("rollbackDiscount", "Summer", 10)]


def test_a_code_gives_no_more_than_its_discount_limit(coupons, verdict):
    shop = coupons({"value": "GIFT1", "discountLimit": 25, "discountCounter": 5})
    coupon = shop.session("s-1", "coupons", couponCodes=["GIFT1"], state="closed")["coupons"][0]
    assert (coupon["discountLimit"], coupon["discountCounter"], coupon["discountRemainder"]) == (25, 15, 10)
    assert verdict("s-2", couponCodes=["GIFT1"], state="closed") == {"GIFT1": True}
    assert verdict("s-3", couponCodes=["GIFT1"]) == {"GIFT1": "EffectCouldNotBeApplied"}
    assert [one["effectType"] for one in shop.session("s-3")["effects"]] == ["rejectCoupon"]


def test_a_code_among_hundred_thousand_costs_what_one_costs(coupons, verdict, world):
    from emulator.vendors.talonone.tables import ADD_COUPON, FIND_COUPON

    def steps():
        return world.store.steps(FIND_COUPON, account_id=1, code="CODE1", application_id=7)

    coupons("CODE1")
    steps()  # the first run of a statement on a connection also reads the schema
    alone = steps()
    row = {
        "id": None, "account_id": 1, "application_id": 7, "campaign_id": 1, "created": 0, "usage_limit": 0,
        "usage_counter": 0, "discount_counter": 0, "reservation": 1, "attributes": "{}",
    }  # fmt: skip
    world.store.many(ADD_COUPON, ({**row, "code": f"C{n:07}", "value": f"C{n:07}"} for n in range(100_000)))
    assert steps() == alone
    assert not any("SCAN" in step for step in world.store.plan(FIND_COUPON, account_id=1, code="", application_id=7))
    assert verdict(couponCodes=["CODE1", "C0050000"]) == {"CODE1": True, "C0050000": True}


def test_redeeming_a_code_among_a_hundred_thousand_costs_what_it_costs_among_a_hundred(coupons, verdict, world):
    from emulator.vendors.talonone.tables import ADD_COUPON

    row = {
        "id": None, "account_id": 1, "application_id": 7, "campaign_id": 1, "created": 0, "usage_limit": 0,
        "usage_counter": 0, "discount_counter": 0, "reservation": 1, "attributes": "{}",
    }  # fmt: skip

    def redeem(number):
        return world.store.cost(lambda: verdict(number, profileId="ana", couponCodes=["CODE1"], state="closed"))

    def more(first, last):
        world.store.many(ADD_COUPON, ({**row, "code": f"C{n:07}", "value": f"C{n:07}"} for n in range(first, last)))

    coupons("CODE1")
    more(0, 100)
    redeem("s-0")  # the first time a profile and every statement are new
    among_hundred = redeem("s-1")
    more(100, 100_000)
    assert redeem("s-2") <= among_hundred * 1.2
