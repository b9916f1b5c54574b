"""The rule engine: what rules see, in which order they run, what they give."""

import pytest

TOTAL = [".", "Session", "Total"]


def off(name, share):
    return ["setDiscount", name, ["*", TOTAL, share]]


@pytest.mark.proves("talonone.running_total")
def test_discounts_cascade_from_rule_to_rule_and_from_campaign_to_campaign(shop, campaign, rule, cart, brief):
    shop.open(
        campaign(3, rule(["and"], off("c", 0.1))),
        campaign(1, rule(["and"], off("a", 0.1)), rule(["and"], off("b", 0.1))),
    )
    effects = shop.session(cartItems=cart(100))["effects"]
    assert brief(effects) == [("setDiscount", "a", 10), ("setDiscount", "b", 9), ("setDiscount", "c", 8.1)]
    assert [(one["campaignId"], one["rulesetId"], one["ruleIndex"]) for one in effects] == [
        (1, 11, 0), (1, 11, 1), (3, 31, 0),
    ]  # fmt: skip


def test_the_effects_of_one_rule_see_the_same_total(shop, campaign, rule, cart, brief):
    shop.open(campaign(1, rule(["and"], off("ten", 0.1), off("five", 0.05))))
    answer = shop.session(cartItems=cart(1493))
    assert brief(answer["effects"]) == [("setDiscount", "ten", 149.3), ("setDiscount", "five", 74.65)]


def test_the_running_total_stops_at_zero_and_the_cart_total_stays(shop, campaign, rule, cart, brief):
    shop.open(
        campaign(1, rule(["and"], ["setDiscount", "a", 50]), rule(["and"], ["setDiscount", "b", TOTAL])),
        campaign(2, rule(["and"], ["setDiscount", "c", [".", "Session", "CartItemTotal"]])),
    )
    effects = shop.session(cartItems=cart(30))["effects"]
    assert brief(effects) == [("setDiscount", "a", 50), ("setDiscount", "b", 0), ("setDiscount", "c", 30)]


def test_the_published_sample_rule_works(shop, campaign, rule, cart, brief):
    free = rule(["and", ["couponValid"]], ["setDiscount", "Free money", 45.55])
    tenth = rule(["and"], ["catch", ["noop"], ["setDiscount", "10%", ["*", TOTAL, ["/", 10, 100]]]])
    shop.open(campaign(1, free, tenth, coupons=[{"value": "FREESTUFF"}]))
    answer = shop.session(couponCodes=["FREESTUFF"], cartItems=cart(145.55))
    assert brief(answer["effects"]) == [
        ("acceptCoupon", "FREESTUFF"),
        ("setDiscount", "Free money", 45.55),
        ("setDiscount", "10%", 10),
    ]


def test_money_is_exact(shop, campaign, rule, cart, brief):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "sum", ["+", 0.1, 0.2]])))
    assert brief(shop.session()["effects"]) == [("setDiscount", "sum", 0.3)]


@pytest.fixture
def seen(shop, campaign, rule, world):
    """What a path leads to, as text, for a rule of a session with these members on 2026-01-05 at 9."""

    def look(*path, **members):
        shop.open(campaign(1, rule(["and"], ["showNotification", "Info", "seen", ["toString", [".", *path]]])))
        world.clock.set("frozen", 1_767_603_600_000_000)
        shop.profile("ana", Name="Ana", SignupDate="2020-01-02T03:04:05Z", Age=7.5, Newsletter=True)
        effect = shop.session(**members)["effects"][0]
        return effect["props"].get("body", effect["effectType"])

    return look


MEMBERS = {
    "profileId": "ana",
    "couponCodes": ["A"],
    "referralCode": "REF1",
    "cartItems": [
        {
            "name": "Pizza",
            "sku": "pz-1",
            "quantity": 2,
            "price": 10.5,
            "category": "food",
            "attributes": {"color": "red"},
        }
    ],
    "additionalCosts": {"shipping": {"price": 4.99}},
    "identifiers": ["dev-1"],
    "attributes": {"City": "Berlin"},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Session.IntegrationId", "s-1"),
        ("Session.State", "open"),
        ("Session.Total", "25.99"),
        ("Session.CartItemTotal", "21"),
        ("Session.AdditionalCostTotal", "4.99"),
        ("Session.AdditionalCosts.shipping", "4.99"),
        ("Session.ReferralCode", "REF1"),
        ("Session.IsFirst", "true"),
        ("Session.Attributes.City", "Berlin"),
        ("Session.City", "Berlin"),
        ("Profile.IntegrationId", "ana"),
        ("Profile.ClosedSessions", "0"),
        ("Profile.TotalSales", "0"),
        ("Profile.Attributes.Name", "Ana"),
        ("Profile.Name", "Ana"),
        ("Profile.Age", "7.5"),
        ("Profile.Newsletter", "true"),
        ("Profile.SignupDate", "2020-01-02T03:04:05Z"),
        ("Profile.Created", "2026-01-05T09:00:00Z"),
        ("Event.Type", "talon_session_created"),
        ("Now", "2026-01-05T09:00:00Z"),
    ],
)
def test_rules_see_the_session_the_profile_the_event_and_the_time(seen, path, value):
    assert seen(*path.split("."), **MEMBERS) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (["join", [".", "Session", "CouponCodes"], "-"], "A"),
        (["join", [".", "Session", "Identifiers"], "-"], "dev-1"),
        (["join", ["map", [".", "Session", "CartItems"], "item", [".", "item", "SKU"]], "-"], "pz-1"),
        (["join", ["map", [".", "Session", "CartItems"], "item", [".", "item", "color"]], "-"], "red"),
        (["toString", ["sum", [".", "Session", "CartItems"], "item", [".", "item", "Quantity"]]], "2"),
        (["year", [".", "Profile", "SignupDate"]], "2020"),
    ],
)
def test_rules_compute_with_lists_and_times(shop, campaign, rule, expression, value):
    shop.open(campaign(1, rule(["and"], ["showNotification", "Info", "seen", expression])))
    shop.profile("ana", SignupDate="2020-01-02T03:04:05Z")
    effect = shop.session(**MEMBERS)["effects"][0]
    assert effect["props"].get("body", effect) == value


@pytest.mark.proves("talonone.unset_attributes")
def test_an_attribute_without_a_value_is_null_and_one_that_nobody_defined_an_error(shop, campaign, rule, brief):
    gold = rule(["=", [".", "Profile", "Name"], "gold"], ["setDiscount", "gold", 1])
    shop.open(campaign(1, gold))
    assert shop.session(profileId="new")["effects"] == []
    assert shop.session("anonymous")["effects"] == []
    shop.open(campaign(1, rule(["=", [".", "Profile", "Colour"], "gold"], ["setDiscount", "gold", 1])))
    assert brief(shop.session()["effects"]) == [("error", "Unable to find `Profile.Colour' at [1]")]


def test_the_kind_of_event_can_be_tested(shop, campaign, rule, brief):
    kinds = ["talon_session_created", "talon_session_updated", "talon_session_closed"]
    shop.open(
        campaign(
            1, *(rule(["=", [".", "Event", "Type"], kind], ["showNotification", "Info", kind, ""]) for kind in kinds)
        )
    )
    told = [shop.session(state=state)["effects"][0]["props"]["title"] for state in ("open", "open", "closed")]
    assert told == kinds
    assert shop.session("s-2", state="closed")["effects"][0]["props"]["title"] == "talon_session_closed"


def test_bindings_of_rulesets_and_rules_have_names(shop, campaign, rule, cart, brief):
    own = [{"name": "double", "expression": ["*", [".", "basic"], 2]}]
    shared = [{"name": "basic", "expression": ["/", TOTAL, 10]}]
    shop.open(
        campaign(
            1,
            rule(["and"], ["setDiscount", "a", [".", "double"]], bindings=own),
            rule(["and"], ["setDiscount", "b", [".", "basic"]]),
            rule(["and"], ["setDiscount", "c", [".", "double"]]),
            bindings=shared,
        )
    )
    effects = brief(shop.session(cartItems=cart(100))["effects"])
    assert effects[:2] == [("setDiscount", "a", 20), ("setDiscount", "b", 10)]
    assert effects[2][0] == "error"


def test_a_binding_of_a_ruleset_that_fails_stops_the_campaign(shop, campaign, rule, brief):
    bad = [{"name": "broken", "expression": ["/", 1, 0]}]
    one, two = (
        campaign(1, rule(["and"], ["setDiscount", "a", 1]), bindings=bad),
        campaign(2, rule(["and"], off("b", 1))),
    )
    shop.open(one, two)
    assert [effect[0] for effect in brief(shop.session()["effects"])] == ["error", "setDiscount"]


@pytest.mark.proves("talonone.failed_expression")
def test_an_effect_that_fails_leaves_an_error_and_the_others_stand(shop, campaign, rule, brief):
    effects = [["setDiscount", "a", 1], ["setDiscount", "b", ["/", 1, 0]], ["setDiscount", "c", 2]]
    shop.open(campaign(1, rule(["and"], *effects, title="Bad")))
    answer = shop.session()["effects"]
    assert [one["effectType"] for one in answer] == ["setDiscount", "error", "setDiscount"]
    assert (answer[1]["campaignId"], answer[1]["rulesetId"], answer[1]["ruleName"]) == (1, 11, "Bad")
    assert set(answer[1]["props"]) == {"message"}


@pytest.mark.parametrize(
    "value", ["text", True, ["list", 1], [".", "Profile", "Name"], ["*", 1e200, 1e200], ["/", 1, 0]]
)
def test_a_discount_that_is_no_finite_number_becomes_an_error(shop, campaign, rule, brief, value):
    computed = ["do", value, "v", [".", "v"]]
    shop.open(campaign(1, rule(["and"], ["setDiscount", "odd", computed])))
    assert [effect[0] for effect in brief(shop.session(profileId="ana")["effects"])] == ["error"]


def test_a_condition_that_fails_leaves_an_error_and_no_effect(shop, campaign, rule, brief):
    shop.open(campaign(1, rule(["and", True, [">", "a", 1]], ["setDiscount", "a", 1])))
    answer = shop.session("s-1", "ruleFailureReasons", "triggeredCampaigns")
    assert [effect[0] for effect in brief(answer["effects"])] == ["error"]
    assert answer["ruleFailureReasons"][0]["conditionIndex"] == 1
    assert answer["triggeredCampaigns"] == []


@pytest.mark.parametrize("condition", [["+", 1, 1], ["toString", 1], ["and", ["noop"]]])
def test_a_condition_that_is_neither_true_nor_false_is_an_error(shop, campaign, rule, brief, condition):
    shop.open(campaign(1, rule(condition, ["setDiscount", "a", 1])))
    assert [effect[0] for effect in brief(shop.session()["effects"])] == ["error"]


@pytest.mark.parametrize("condition", [["and"], ["AND", True], ["or", False, True], ["list", 1], ["and", ["list"]]])
def test_a_condition_that_holds(shop, campaign, rule, brief, condition):
    shop.open(campaign(1, rule(condition, ["setDiscount", "a", 1])))
    assert brief(shop.session()["effects"]) == [("setDiscount", "a", 1)]


def test_a_later_condition_is_not_evaluated_after_one_that_fails(shop, campaign, rule):
    shop.open(campaign(1, rule(["and", False, ["/", 1, 0]], ["setDiscount", "a", 1])))
    assert shop.session()["effects"] == []


@pytest.mark.parametrize(
    ("effect", "props"),
    [
        (["addFreeItem", "Sticker", "st-1"], {"sku": "st-1", "name": "Sticker"}),
        (["showNotification", "Offer", "T", "B"], {"notificationType": "Offer", "title": "T", "body": "B"}),
        (["SETDISCOUNT", "a", 1.5], {"name": "a", "value": 1.5}),
    ],
)
def test_effects_have_their_props(shop, campaign, rule, effect, props):
    shop.open(campaign(1, rule(["and"], effect)))
    assert [one["props"] for one in shop.session()["effects"]] == [props]


def test_loyalty_points_go_to_the_profile_or_to_whom_the_rule_names(shop, campaign, rule):
    points = ["addLoyaltyPoints", "Points", 1, "sub", 2.5]
    shop.open(campaign(1, rule(["and"], points, [*points, "bob"])))
    effects = shop.session(profileId="ana")["effects"]
    assert [one["props"]["recipientIntegrationId"] for one in effects] == ["ana", "bob"]
    assert effects[0]["props"] | {"transactionUUID": "", "expiryDate": ""} == {
        "name": "Points", "programId": 1, "subLedgerId": "sub", "value": 2.5, "recipientIntegrationId": "ana",
        "expiryCondition": "30d", "transactionUUID": "", "expiryDate": "",
    }  # fmt: skip
    assert len({one["props"]["transactionUUID"] for one in effects}) == 2


@pytest.mark.proves("talonone.points_for_nobody")
def test_nobody_gets_loyalty_points_in_an_anonymous_session(shop, campaign, rule):
    shop.open(campaign(1, rule(["and"], ["addLoyaltyPoints", "Points", 1, "", 1])))
    assert shop.session()["effects"] == []


@pytest.mark.parametrize("program", [2, 1.5, 1e30])
def test_points_of_a_program_that_does_not_exist_are_an_error(shop, campaign, rule, brief, program):
    shop.open(campaign(1, rule(["and"], ["addLoyaltyPoints", "Points", program, "", 1])))
    assert [effect[0] for effect in brief(shop.session(profileId="ana")["effects"])] == ["error"]


@pytest.mark.parametrize(
    ("members", "runs"),
    [
        ({}, True),
        ({"state": "disabled"}, False),
        ({"state": "archived"}, False),
        ({"startTime": "+1h"}, False),
        ({"endTime": "-1h"}, False),
        ({"startTime": "-1h", "endTime": "+1h"}, True),
        ({"rulesets": []}, False),
    ],
)
def test_a_campaign_runs_when_it_is_enabled_and_in_its_time_and_has_a_ruleset(shop, campaign, rule, members, runs):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "a", 1]), **members))
    assert bool(shop.session()["effects"]) is runs


def test_one_of_several_rulesets_is_active(shop, campaign, rule, brief):
    rulesets = [{"id": n, "rules": [rule(["and"], ["setDiscount", str(n), n])]} for n in (1, 2, 3)]
    shop.open(campaign(1, rulesets=rulesets))
    assert brief(shop.session()["effects"]) == [("setDiscount", "3", 3)]
    shop.open(campaign(1, rulesets=rulesets, activeRulesetId=2))
    effects = shop.session()["effects"]
    assert (brief(effects), effects[0]["rulesetId"]) == ([("setDiscount", "2", 2)], 2)


def test_an_answer_tells_how_well_it_is_known(shop, campaign, rule):
    body = {"customerSession": {}}
    shop.open(campaign(1, rule(["and"])))
    assert shop.put("/customer_sessions/s-1", body).headers["x-emulator-provenance"] == "documented"
    shop.open(campaign(1, rule([">", [".", "Session", "CartItemTotal"], 10])))
    assert shop.put("/customer_sessions/s-1", body).headers["x-emulator-provenance"] == "assumed"
    assert shop.put("/customer_profiles/ana", {}).headers["x-emulator-provenance"] == "inferred"
