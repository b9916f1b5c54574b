"""What cancelling, reopening and returning take back, and what stays."""

import pytest

KEY = {"Authorization": "ApiKey-v1 " + "ab" * 32}
TEN = ["setDiscount", "Ten", 10]


@pytest.fixture
def after(client):
    """Reopen a session, or return items of it; it has to be accepted."""

    def caller(method, what, body=None, number="s-1"):
        path = f"/talonone/v2/customer_sessions/{number}/{what}"
        response = client.request(method, path, json=body, headers=KEY)
        assert response.status_code == 200, response.text
        return response.json()

    return caller


@pytest.fixture
def reopen(after):
    return lambda number="s-1": after("PUT", "reopen", number=number)


@pytest.fixture
def give_back(after):
    """Return so many units of each position."""

    def giver(units, *content, number="s-1"):
        items = [{"position": position, "quantity": quantity} for position, quantity in units.items()]
        body = {"return": {"returnedCartItems": items}, "responseContent": list(content)}
        return after("POST", "returns", body, number)

    return giver


@pytest.fixture
def full(shop, campaign, rule, cart, world):
    """A closed session of ana's in which a rule has given one of everything."""
    effects = [
        TEN,
        ["setDiscountPerItem", "Item", 2, 1],
        ["setDiscountPerAdditionalCost", "Shipping", 5, "shipping"],
        ["addFreeItem", "Gift", "g-1"],
        ["addLoyaltyPoints", "Points", 1, "", 7],
        ["createCoupon", "bob"],
        ["createReferral"],
        ["updateAttribute", "Profile.Name", "Ana"],
        ["showNotification", "Info", "Hello", ""],
    ]
    referral = {"code": "FRIEND1", "advocateProfileIntegrationId": "bob", "usageLimit": 1}
    both = rule(["and", ["couponValid"], ["referralValid"]], *effects)
    shop.open(campaign(1, both, coupons=[{"id": 9, "value": "CODE1", "usageLimit": 1}], referrals=[referral]))
    world.clock.set("frozen", 1_767_603_600_000_000)
    members = {"profileId": "ana", "couponCodes": ["CODE1"], "referralCode": "FRIEND1", "cartItems": cart(10, 20)}
    shop.session("s-1", additionalCosts={"shipping": {"price": 5}}, **members)
    return shop.session("s-1", "loyalty", "triggeredCampaigns", "customerProfile", state="closed")


ROLLED_BACK = [
    ("rollbackCoupon", "CODE1"),
    ("rollbackReferral", "FRIEND1"),
    ("rollbackDiscount", "Ten", 10),
    ("rollbackDiscount", "Item#1", 2, 1),
    ("rollbackDiscount", "Shipping", 5, 1, "shipping"),
]


@pytest.mark.proves("talonone.rollback")
def test_cancelling_a_closed_session_rolls_back_what_it_gave(full, shop, brief):
    answer = shop.session("s-1", "loyalty", "customerProfile", state="cancelled")
    points = answer["effects"].pop()
    assert brief(answer["effects"]) == ROLLED_BACK
    assert points["effectType"] == "rollbackAddedLoyaltyPoints"
    assert answer["loyalty"]["programs"]["1"]["ledger"]["currentBalance"] == 0
    profile = answer["customerProfile"]
    assert (profile["closedSessions"], profile["totalSales"], profile["attributes"]) == (0, 0, {"Name": "Ana"})
    assert (answer["createdCoupons"], answer["createdReferrals"]) == ([], [])


def test_rolled_back_discounts_say_where_they_were(full, shop):
    effects = shop.session("s-1", state="cancelled")["effects"]
    discounts = [one["props"] for one in effects if one["effectType"] == "rollbackDiscount"]
    assert discounts == [
        {"name": "Ten", "value": 10},
        {"name": "Item#1", "value": 2, "cartItemPosition": 1},
        {"name": "Shipping", "value": 5, "additionalCostId": 1, "additionalCost": "shipping"},
    ]
    assert {one["triggeredByCoupon"] for one in effects if one["effectType"] != "rollbackReferral"} == {9}


def test_codes_can_be_used_again_and_budgets_move_back_except_those_of_created_codes(full, shop, cart):
    counted = {name: value for name, value in full["triggeredCampaigns"][0].items() if name.endswith("Count")}
    assert counted == {
        "couponRedemptionCount": 1, "referralRedemptionCount": 1, "discountCount": 17, "discountEffectCount": 3,
        "couponCreationCount": 1, "referralCreationCount": 1, "addFreeItemEffectCount": 1,
        "createdLoyaltyPointsCount": 7, "createdLoyaltyPointsEffectCount": 1,
    }  # fmt: skip
    shop.session("s-1", state="cancelled")
    members = {"profileId": "eve", "couponCodes": ["CODE1"], "referralCode": "FRIEND1", "cartItems": cart(10, 20)}
    costs = {"shipping": {"price": 5}}
    again = shop.session("s-2", "triggeredCampaigns", additionalCosts=costs, **members)
    assert [one["effectType"] for one in again["effects"][:2]] == ["acceptCoupon", "acceptReferral"]
    left = {name: value for name, value in again["triggeredCampaigns"][0].items() if name in counted and value}
    assert left == {"couponCreationCount": 1, "referralCreationCount": 1}


def test_created_codes_stay(full, shop, brief):
    code = full["createdCoupons"][0]["value"]
    shop.session("s-1", state="cancelled")
    effects = shop.session("s-2", profileId="bob", couponCodes=[code])["effects"]
    assert brief(effects) == [("rejectCoupon", code, "CouponRejectedByCondition")]  # it exists, and the rule wants more


def test_cancelling_an_open_session_rolls_back_its_discounts_only(shop, campaign, rule, brief):
    coupons = [{"value": "CODE1"}]
    shop.open(campaign(1, rule(["couponValid"], TEN, ["addLoyaltyPoints", "Points", 1, "", 7]), coupons=coupons))
    shop.session(profileId="ana", couponCodes=["CODE1"])
    answer = shop.session("s-1", "customerProfile", state="cancelled")
    assert brief(answer["effects"]) == [("rollbackDiscount", "Ten", 10)]
    assert answer["customerProfile"]["closedSessions"] == 0


@pytest.mark.parametrize("value", [["/", 10, 3], ["*", 1e100, 1e100], -5, 1e15, 0])
def test_whatever_a_discount_is_its_budget_moves_back_to_nothing(shop, campaign, rule, cart, world, value):
    coupon = {"value": "CODE1"}
    shop.open(campaign(1, rule(["couponValid"], *[["setDiscount", "odd", value]] * 3), coupons=[coupon]))
    for number in ("s-1", "s-2"):
        effects = shop.session(number, couponCodes=["CODE1"], cartItems=cart(1000), state="closed")["effects"]
        assert len(effects) == 4
    for number in ("s-1", "s-2"):
        shop.session(number, state="cancelled")
    rows = {table.name: world.store.dump(table) for table in world.store.tables}
    assert [row["discount_counter"] for row in rows["talonone_coupons"]] == [0]
    assert {row["used"] for row in rows["talonone_budgets"]} == {0}


def test_reopening_takes_back_what_closing_did(full, shop, reopen, brief):
    answer = reopen()
    assert brief(answer["effects"][:-1]) == ROLLED_BACK
    assert answer["effects"][-1]["effectType"] == "rollbackAddedLoyaltyPoints"
    session = shop.session("s-2", "customerProfile", profileId="ana")
    profile = session["customerProfile"]
    assert (profile["closedSessions"], profile["totalSales"], profile["attributes"]) == (0, 0, {"Name": "Ana"})


def test_a_reopened_session_is_an_open_one(full, shop, reopen, cart, brief):
    reopen()
    answer = shop.session("s-1", "customerSession", "triggeredCampaigns", cartItems=cart(30, 1), state="closed")
    assert answer["customerSession"]["total"] == 36
    assert [one["effectType"] for one in answer["effects"][:2]] == ["acceptCoupon", "acceptReferral"]
    counts = answer["triggeredCampaigns"][0]
    assert (counts["couponRedemptionCount"], counts["discountCount"], counts["couponCreationCount"]) == (1, 17, 2)
    assert answer["createdCoupons"][0]["value"] != full["createdCoupons"][0]["value"]


def test_a_reopened_session_that_is_cancelled_has_nothing_left_to_roll_back(full, shop, reopen):
    reopen()
    assert shop.session("s-1", state="cancelled")["effects"] == []


@pytest.fixture
def discounted(shop, campaign, rule):
    """A closed session of ana's: four units at 10 with 8 off the line, one at 20 with 2 off, and 10 off everything."""
    effects = [["setDiscountPerItem", "A", 8, 0], ["setDiscountPerItem", "B", 2, 1], TEN]
    limits = [{"action": "setDiscount", "limit": 100, "entities": []}]
    shop.open(campaign(1, rule(["and"], *effects), limits=limits))
    items = [
        {"name": "A", "sku": "a", "quantity": 4, "price": 10},
        {"name": "B", "sku": "b", "quantity": 1, "price": 20},
    ]
    shop.session("s-1", profileId="ana", cartItems=items, state="closed")
    return shop


def counted(shop):
    return shop.session("s-9", "triggeredCampaigns", cartItems=[
        {"name": "A", "sku": "a", "quantity": 1, "price": 1}, {"name": "B", "sku": "b", "quantity": 1, "price": 1}
    ])["triggeredCampaigns"][0]["discountCount"]  # fmt: skip


@pytest.mark.proves("talonone.returned_items")
def test_returned_items_give_their_share_of_the_discount_back(discounted, give_back, brief):
    answer = give_back({0: 1}, "customerSession", "customerProfile")
    assert brief(answer["effects"]) == [("rollbackDiscount", "A#0", 2, 0)]
    assert answer["customerSession"]["state"] == "partially_returned"
    assert answer["customerProfile"]["totalSales"] == 50
    assert counted(discounted) == 18


def test_what_came_back_is_not_rolled_back_twice(discounted, give_back, brief, shop):
    give_back({0: 1})
    assert brief(give_back({0: 2, 1: 1})["effects"]) == [
        ("rollbackDiscount", "A#0", 4, 0),
        ("rollbackDiscount", "B#1", 2, 1),
    ]
    assert counted(discounted) == 12
    answer = shop.session("s-1", "customerProfile", state="cancelled")
    assert brief(answer["effects"]) == [("rollbackDiscount", "A#0", 2, 0), ("rollbackDiscount", "Ten", 10)]
    assert (answer["customerProfile"]["totalSales"], answer["customerProfile"]["closedSessions"]) == (0, 0)
    assert counted(discounted) == 0


def test_items_without_a_discount_of_their_own_roll_back_nothing(shop, campaign, rule, cart, give_back):
    shop.open(campaign(1, rule(["and"], TEN)))
    shop.session("s-1", cartItems=cart(10, 20), state="closed")
    assert give_back({1: 1})["effects"] == []


def test_redeemed_codes_stay_redeemed_when_items_come_back(full, shop, give_back, brief):
    give_back({0: 1})
    members = {"profileId": "eve", "couponCodes": ["CODE1"]}
    assert brief(shop.session("s-2", **members)["effects"]) == [("rejectCoupon", "CODE1", "CouponLimitReached")]
    shop.session("s-1", state="cancelled")
    assert brief(shop.session("s-2")["effects"]) == [("rejectCoupon", "CODE1", "CouponRejectedByCondition")]
