"""Bindings: what rules see of the cart, of codes and of campaigns, and the types of 25.17."""

import pytest


@pytest.fixture
def seen(shop, campaign, rule):
    """What an expression comes to, as text, with these bindings of the rule and members of the session."""

    def look(expression, *bindings, coupons=(), members=None, condition=("and",), **campaign_members):
        shown = rule(list(condition), ["showNotification", "Info", "seen", ["toString", expression]], bindings=bindings)
        shop.open(campaign(1, shown, coupons=[*coupons], **campaign_members), attributes=ATTRIBUTES)
        effects = shop.session(**(members or MEMBERS))["effects"]
        return next((one["props"]["body"] for one in effects if one["effectType"] == "showNotification"), effects)

    return look


ATTRIBUTES = [
    {"entity": "CartItem", "name": "color", "type": "string"},
    {"entity": "Campaign", "name": "Share", "type": "number"},
    {"entity": "Coupon", "name": "channel", "type": "string"},
    {"entity": "Referral", "name": "source", "type": "string"},
]
MEMBERS = {
    "profileId": "ana",
    "cartItems": [
        {
            "name": "Shirt",
            "sku": "shirt",
            "quantity": 2,
            "price": 10,
            "category": "top",
            "attributes": {"color": "red"},
        },
        {"name": "Shoe", "sku": "shoe", "quantity": 1, "price": 50.5, "weight": 1.5},
        {"name": "Sock", "sku": "sock", "quantity": 3, "price": 2},
    ],
}
ITEMS = [".", "Session", "CartItems"]


def of(item, *path):
    return [".", item, *path]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (["join", ["map", ITEMS, "i", of("i", "Name")], "-"], "Shirt-Shoe-Sock"),
        (["sum", ITEMS, "i", of("i", "Total")], "76.5"),
        (["sum", ITEMS, "i", ["*", of("i", "Price"), of("i", "Quantity")]], "76.5"),
        (["join", ["map", ITEMS, "i", of("i", "Category")], "-"], "top--"),
        (["sum", ITEMS, "i", of("i", "Position")], "3"),
        (["do", ["item", ITEMS, 1], "i", of("i", "Weight")], "1.5"),
        (["do", ["item", ITEMS, 0], "i", of("i", "color")], "red"),
        (["do", ["item", ITEMS, 0], "i", of("i", "Attributes", "color")], "red"),
        (["count", ["filter", ITEMS, [["i"], [">", of("i", "Price"), 5]]]], "2"),
    ],
)
@pytest.mark.proves("talonone.rule_language")
def test_rules_read_the_cart(seen, expression, text):
    assert seen(expression) == text


def test_what_an_item_has_not_is_an_error(seen):
    (effect,) = seen(["do", ["item", ITEMS, 0], "i", of("i", "Weight")])
    assert effect["props"]["message"].startswith("Unable to find `i.Weight'")


def test_rules_read_their_coupon_and_their_campaign(seen):
    share = ["toString", of("Campaign", "Share")]
    words = ["list", of("Coupon", "Value"), of("Coupon", "channel"), share, of("Campaign", "Name")]
    expression = ["join", words, " "]
    coupons = [{"value": "CODE1", "attributes": {"channel": "mail"}}]
    members = {"couponCodes": ["CODE1"]}
    text = seen(expression, coupons=coupons, members=members, condition=["couponValid"], attributes={"Share": 0.25})
    assert text == "CODE1 mail 0.25 Campaign 1"


def test_rules_read_their_referral(shop, campaign, rule, brief):
    expression = ["join", ["list", of("Referral", "Value"), of("Referral", "Advocate"), of("Referral", "source")], " "]
    referral = {"code": "FRIEND1", "advocateProfileIntegrationId": "bob", "attributes": {"source": "mail"}}
    shown = rule(["referralValid"], ["showNotification", "Info", "seen", expression])
    shop.open(campaign(1, shown, referrals=[referral]), attributes=ATTRIBUTES)
    effects = brief(shop.session(profileId="ana", referralCode="FRIEND1")["effects"])
    assert effects[-1] == ("showNotification", "Info", "seen", "FRIEND1 bob mail")


def test_a_rule_without_a_code_has_no_coupon_to_read(seen):
    (effect,) = seen(of("Coupon", "Value"))
    assert effect["props"]["message"].startswith("Unable to find `Coupon.Value'")


def binding(name, kind, expression):
    return {"name": name, "type": kind, "expression": expression}


@pytest.mark.parametrize(
    "expression",
    [
        [">", of("Item", "Price"), 5],
        ["filter", ITEMS, [["i"], [">", of("i", "Price"), 5]]],
    ],
)
@pytest.mark.proves("talonone.binding_types")
def test_a_cart_item_filter_keeps_items(seen, expression):
    cheap = binding("Dear", "cartItemFilter", expression)
    assert seen(["join", ["map", of("Dear"), "i", of("i", "SKU")], "-"], cheap) == "shirt-shoe"


def test_a_cart_item_filter_without_a_verdict_is_an_error(seen):
    (effect,) = seen(["count", of("Odd")], binding("Odd", "cartItemFilter", ["+", 1, 1]))
    assert effect["props"]["message"] == "the cart item filter 'Odd' gives neither true nor false"


def test_a_bundle_is_found_as_often_as_the_cart_holds_it(seen):
    bundle = binding("Outfit", "bundle", ["list", "shirt", "sock"])
    assert seen(["count", of("Outfit")], bundle) == "2"
    assert seen(["sum", of("Outfit"), "b", of("b", "Price")], bundle) == "24"
    assert seen(["count", of("Outfit")], binding("Outfit", "bundle", ["shoe", "shoe"])) == "0"
    assert seen(["count", of("Outfit")], binding("Outfit", "bundle", ["sock", "sock"])) == "1"


def test_the_published_sample_of_a_bundle(shop, campaign, rule, brief):
    effects = [
        ["setDiscount", "50 off the outfit", 50],
        ["do", ["head", of("Outfit")], "b", ["showBundleMetadata", "Outfit", ["list", "sku"], of("b", "Positions")]],
    ]
    found = rule(
        ["not", ["isEmpty", of("Outfit")]], *effects, bindings=[binding("Outfit", "bundle", ["shirt", "shoe"])]
    )
    shop.open(campaign(1, found), attributes=ATTRIBUTES)
    assert brief(shop.session(**MEMBERS)["effects"]) == [
        ("setDiscount", "50 off the outfit", 50),
        ("showBundleMetadata", "Outfit", ["sku"], [0, 1]),
    ]
    assert shop.session(cartItems=MEMBERS["cartItems"][1:])["effects"] == []


def test_a_bundle_is_made_of_skus(seen):
    (effect,) = seen(["count", of("Odd")], binding("Odd", "bundle", [1, 2]))
    assert effect["props"]["message"] == "a bundle is made of a list of SKUs"


@pytest.mark.parametrize(("expression", "text"), [([1], "20"), ([1, "stars"], "3"), (["list", 1, "stars"], "3")])
def test_a_subledger_balance_is_a_number(shop, campaign, rule, expression, text):
    earn = [["addLoyaltyPoints", "a", 1, "", 20], ["addLoyaltyPoints", "b", 1, "stars", 3]]
    shown = ["showNotification", "Info", "seen", ["toString", of("Points")]]
    show = rule(["and"], shown, bindings=[binding("Points", "subledgerBalance", expression)])
    shop.open(campaign(1, rule(["=", of("Session", "IntegrationId"), "s-1"], *earn), show))
    shop.session("s-1", profileId="ana", state="closed")
    assert shop.session("s-2", profileId="ana")["effects"][0]["props"]["body"] == text


@pytest.mark.parametrize("expression", [["x"], [9]])
def test_a_subledger_balance_of_nothing_is_an_error(seen, expression):
    (effect,) = seen(of("Points"), binding("Points", "subledgerBalance", expression))
    assert effect["effectType"] == "error"


@pytest.mark.parametrize(
    ("expression", "shown", "text"),
    [
        ([0.25], of("Share"), "0.25"),
        (["gold"], of("Share"), "gold"),
        (["gold", "silver"], ["join", of("Share"), "-"], "gold-silver"),
        (["+", 1, 2], of("Share"), "3"),
        ([True], of("Share"), "true"),
    ],
)
def test_a_template_parameter_is_what_it_holds(seen, expression, shown, text):
    assert seen(shown, binding("Share", "templateParameter", expression)) == text


def test_bindings_of_the_ruleset_may_have_types_too(shop, campaign, rule, brief):
    share = binding("Share", "templateParameter", [5])
    shop.open(campaign(1, rule(["and"], ["setDiscount", "a", of("Share")]), bindings=[share]))
    assert brief(shop.session()["effects"]) == [("setDiscount", "a", 5)]


def test_events_have_attributes_of_their_own(shop, campaign, rule, client):
    conditions = [of("Event", "URL"), of("Event", "Attributes", "URL")]
    rules = [rule(["=", one, "http://x"], ["setDiscount", "a", 1]) for one in conditions]
    wrong = rule(["and"], ["showNotification", "Info", "none", ["toString", of("Event", "Nope")]])
    attributes = [{"entity": "Event", "eventType": "viewed_page", "name": "URL", "type": "string"}]
    shop.open(campaign(1, *rules, wrong), attributes=attributes)
    body = {"type": "viewed_page", "attributes": {"URL": "http://x"}, "sessionId": "s-1"}
    headers = {"Authorization": "ApiKey-v1 " + "ab" * 32}
    effects = client.post("/talonone/v1/events", json=body, headers=headers).json()["event"]["effects"]
    assert [one[3][0] for one in effects] == ["setDiscount", "setDiscount", "error"]
