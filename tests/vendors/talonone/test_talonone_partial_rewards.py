"""Partial rewards: a discount gives what is left instead of nothing (25.17, enablePartialDiscounts)."""

import pytest

TOTAL = [".", "Session", "Total"]


@pytest.fixture
def partial(shop):
    """Open the shop with partial discounts, or with another member of its Application."""

    def opener(*campaigns, **members):
        application = {"id": 7, "name": "Shop", "enablePartialDiscounts": True, "apiKeys": [{"key": "ab" * 32}]}
        shop.open(*campaigns, applications=[application | members])
        return shop

    return opener


def props(shop, **members):
    return [one["props"] for one in shop.session(**members)["effects"]]


@pytest.mark.proves("talonone.partial_rewards")
def test_a_discount_is_cut_to_what_is_left_of_the_total(partial, campaign, rule, cart):
    shop = partial(campaign(1, rule(["and"], ["setDiscount", "a", 50])))
    assert props(shop, cartItems=cart(30)) == [{"name": "a", "value": 30, "desiredValue": 50}]


def test_a_discount_that_fits_says_nothing_more(partial, campaign, rule, cart):
    shop = partial(campaign(1, rule(["and"], ["setDiscount", "a", 30])))
    assert props(shop, cartItems=cart(30)) == [{"name": "a", "value": 30}]


def test_all_discounts_together_stay_within_the_total(partial, campaign, rule, cart):
    rules = [rule(["and"], ["setDiscount", "a", 20], ["setDiscount", "b", 20])]
    shop = partial(campaign(1, *rules), campaign(2, rule(["and"], ["setDiscount", "c", 5])))
    assert props(shop, cartItems=cart(30)) == [
        {"name": "a", "value": 20},
        {"name": "b", "value": 10, "desiredValue": 20},
        {"name": "c", "value": 0, "desiredValue": 5},
    ]


def test_without_partial_discounts_a_discount_may_be_larger_than_the_total(partial, campaign, rule, cart):
    shop = partial(campaign(1, rule(["and"], ["setDiscount", "a", 50])), enablePartialDiscounts=False)
    assert props(shop, cartItems=cart(30)) == [{"name": "a", "value": 50}]


def test_a_campaign_gives_the_rest_of_its_budget_and_then_nothing(partial, campaign, rule, cart):
    limits = [{"action": "setDiscount", "limit": 25, "entities": []}]
    shop = partial(campaign(1, rule(["and"], ["setDiscount", "a", 20]), limits=limits))
    assert props(shop, number="s-1", cartItems=cart(99), state="closed") == [{"name": "a", "value": 20}]
    closed = props(shop, number="s-2", cartItems=cart(99), state="closed")
    assert closed == [{"name": "a", "value": 5, "desiredValue": 20}]
    assert props(shop, number="s-3", cartItems=cart(99)) == []


def test_a_gift_card_gives_the_rest_of_its_value(partial, campaign, rule, cart, brief):
    coupon = {"value": "GIFT1", "discountLimit": 25}
    shop = partial(campaign(1, rule(["couponValid"], ["setDiscount", "gift", TOTAL]), coupons=[coupon]))
    first = shop.session("s-1", "coupons", cartItems=cart(10), couponCodes=["GIFT1"], state="closed")
    assert first["coupons"][0]["discountRemainder"] == 15
    effects = shop.session("s-2", cartItems=cart(40), couponCodes=["GIFT1"], state="closed")["effects"]
    assert effects[1]["props"] == {"name": "gift", "value": 15, "desiredValue": 40}
    empty = shop.session("s-3", cartItems=cart(40), couponCodes=["GIFT1"])["effects"]
    assert brief(empty) == [("rejectCoupon", "GIFT1", "EffectCouldNotBeApplied")]


def test_a_discount_per_item_is_cut_to_what_is_left_of_its_line(partial, campaign, rule, cart):
    effects = [["setDiscountPerItem", "a", 8, 0], ["setDiscountPerItem", "b", 8, 0], ["setDiscountPerItem", "c", 8, 1]]
    shop = partial(campaign(1, rule(["and"], *effects)))
    assert props(shop, cartItems=cart(10, 20)) == [
        {"name": "a#0", "value": 8, "position": 0},
        {"name": "b#0", "value": 2, "position": 0, "desiredValue": 8},
        {"name": "c#1", "value": 8, "position": 1},
    ]


def test_a_discount_of_an_additional_cost_is_cut_to_that_cost(partial, campaign, rule, cart):
    shop = partial(campaign(1, rule(["and"], ["setDiscountPerAdditionalCost", "Free shipping", 9, "shipping"])))
    members = {"cartItems": cart(10), "additionalCosts": {"shipping": {"price": 4.99}}}
    assert props(shop, **members) == [
        {
            "name": "Free shipping", "value": 4.99, "additionalCostId": 1, "additionalCost": "shipping",
            "desiredValue": 9,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("scope", "value"), [("sessionTotal", 15), ("cartItems", 10), ("additionalCosts", 5)])
def test_a_scope_bounds_a_discount(partial, campaign, rule, cart, scope, value):
    shop = partial(campaign(1, rule(["and"], ["setDiscount", "a", 99, scope])))
    members = {"cartItems": cart(10), "additionalCosts": {"shipping": {"price": 5}}}
    assert props(shop, **members) == [{"name": "a", "value": value, "scope": scope, "desiredValue": 99}]


def test_discounts_do_not_cascade_where_the_application_says_so(partial, campaign, rule, cart):
    rules = [rule(["and"], ["setDiscount", name, ["*", TOTAL, 0.6]]) for name in ("a", "b")]
    shop = partial(campaign(1, *rules), enablePartialDiscounts=False, enableCascadingDiscounts=False)
    assert props(shop, cartItems=cart(100)) == [{"name": "a", "value": 60}, {"name": "b", "value": 60}]
    shop = partial(campaign(1, *rules), enableCascadingDiscounts=False)
    assert props(shop, cartItems=cart(100)) == [
        {"name": "a", "value": 60},
        {"name": "b", "value": 40, "desiredValue": 60},
    ]


def test_a_negative_discount_is_never_cut(partial, campaign, rule, cart):
    shop = partial(campaign(1, rule(["and"], ["setDiscount", "surcharge", -5])))
    assert props(shop, cartItems=cart(1)) == [{"name": "surcharge", "value": -5}]
