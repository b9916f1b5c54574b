"""Effects: what each domain function gives, as objects of V2 and as tuples of V1."""

import pytest

KEY = {"Authorization": "ApiKey-v1 " + "ab" * 32}


@pytest.fixture
def given(shop, campaign, rule, cart):
    """The effects of a rule with these expressions, in a session of ana's with two items and shipping."""

    def giver(*expressions, condition=("and",), content=(), **members):
        members.setdefault("cartItems", cart(10, 20))
        shop.open(campaign(1, rule(list(condition), *expressions, title="Rule")))
        session = {"profileId": "ana", "additionalCosts": {"shipping": {"price": 5}}, **members}
        return shop.session("s-1", *content, **session)

    return giver


@pytest.fixture
def v1(client):
    """A call of V1; it has to be accepted."""

    def caller(method, path, body, **params):
        response = client.request(method, f"/talonone/v1{path}", json=body, headers=KEY, params=params)
        assert response.status_code in (200, 201), response.text
        return response.json()

    return caller


EFFECTS = [
    (["setDiscount", "Ten", 10], "setDiscount", {"name": "Ten", "value": 10}, ["Ten", 10]),
    (
        ["setDiscount", "Ten", 10, "cartItems"], "setDiscount",
        {"name": "Ten", "value": 10, "scope": "cartItems"}, ["Ten", 10],
    ),
    (
        ["setDiscountPerItem", "Item", 2.5, 1], "setDiscountPerItem",
        {"name": "Item#1", "value": 2.5, "position": 1}, ["Item#1", 2.5, 1],
    ),
    (
        ["setDiscountPerItem", "Unit", 2.5, 1, 0], "setDiscountPerItem",
        {"name": "Unit#1", "value": 2.5, "position": 1, "subPosition": 0}, ["Unit#1", 2.5, 1],
    ),
    (
        ["setDiscountPerAdditionalCost", "Shipping", 5, "shipping"], "setDiscountPerAdditionalCost",
        {"name": "Shipping", "value": 5, "additionalCostId": 1, "additionalCost": "shipping"},
        ["Shipping", 5, 1, "shipping"],
    ),
    (["addFreeItem", "Gift", "g-1"], "addFreeItem", {"sku": "g-1", "name": "Gift"}, ["ana", "g-1", "Gift"]),
    (["addFreeItem", "ana", "g-1", "Gift"], "addFreeItem", {"sku": "g-1", "name": "Gift"}, ["ana", "g-1", "Gift"]),
    (
        ["showNotification", "Offer", "Title", "Body"], "showNotification",
        {"notificationType": "Offer", "title": "Title", "body": "Body"}, ["Offer", "Title", "Body"],
    ),
    (
        ["showBundleMetadata", "Bundle", ["list", "color"], ["list", 0, 1]], "showBundleMetadata",
        {"description": "Bundle", "bundleAttributes": ["color"], "itemsIndices": [0, 1]}, ["Bundle", ["color"], [0, 1]],
    ),
    (
        ["triggerWebhook", 3, "Hook"], "triggerWebhook", {"webhookId": 3, "webhookName": "Hook"}, [3, "Hook"],
    ),
    (
        ["updateAttribute", "Profile.Name", "Ana"], "updateAttribute",
        {"path": "Profile.Name", "value": "Ana"}, ["Profile.Name", "Ana"],
    ),
    (
        ["customEffect", 4, "Mine"], "customEffect", {"effectId": 4, "name": "Mine", "payload": {}}, [4, "Mine", {}],
    ),
    (
        ["customEffect", 4, "Mine", ["kv", ["a", ["+", 0.1, 0.2]], ["b", ["list", True]]]], "customEffect",
        {"effectId": 4, "name": "Mine", "payload": {"a": 0.3, "b": [True]}}, [4, "Mine", {"a": 0.3, "b": [True]}],
    ),
    (["error", "Sorry"], "error", {"message": "Sorry"}, ["Sorry"]),
    (
        ["effect", "addToAudience", ["kv", ["audienceId", 3], ["audienceName", "Best"]]], "addToAudience",
        {"audienceId": 3, "audienceName": "Best"}, [3, "Best"],
    ),
    (["acceptCoupon", "CODE1"], "acceptCoupon", {"value": "CODE1"}, ["CODE1"]),
    (
        ["rejectCoupon", "CODE1", "CouponExpired"], "rejectCoupon",
        {"value": "CODE1", "rejectionReason": "CouponExpired"}, ["CODE1"],
    ),
    (["acceptReferral", "REF1"], "acceptReferral", {"value": "REF1"}, ["REF1"]),
    (
        ["rejectReferral", "REF1", "ReferralExpired"], "rejectReferral",
        {"value": "REF1", "rejectionReason": "ReferralExpired"}, ["REF1"],
    ),
    (["rollbackCoupon", "CODE1"], "rollbackCoupon", {"value": "CODE1"}, ["CODE1"]),
    (["rollbackDiscount", "Ten", 10], "rollbackDiscount", {"name": "Ten", "value": 10}, ["Ten", 10]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "effect_type", "props", "arguments"), EFFECTS)
def test_every_effect_has_both_forms(given, v1, cart, expression, effect_type, props, arguments):
    place = {"campaignId": 1, "rulesetId": 11, "ruleIndex": 0, "ruleName": "Rule"}
    assert given(expression)["effects"] == [{**place, "effectType": effect_type, "props": props}]
    if "dditionalCost" in effect_type:  # V1 has no additional costs
        return
    event = v1("PUT", "/customer_sessions/s-2", {"profileId": "ana", "total": 35, "cartItems": cart(10, 20)})["event"]
    assert event["effects"] == [[1, 11, 0, [effect_type, *arguments]]]


def test_noop_gives_nothing(given):
    assert given(["noop"])["effects"] == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (["setDiscountPerItem", "a", 1, 2], "the cart has no item at position 2"),
        (["setDiscountPerItem", "a", 1, -1], "the cart has no item at position -1"),
        (["setDiscountPerItem", "a", 1, 0.5], "not a whole number"),
        (["setDiscountPerAdditionalCost", "a", 1, "wrapping"], "the session has no additional cost 'wrapping'"),
        (
            ["setDiscountPerAdditionalCostPerItem", "a", 1, "wrapping", 0],
            "the item at position 0 has no additional cost 'wrapping'",
        ),
        (["setDiscountPerAdditionalCostPerItem", "a", 1, "wrapping", 7], "the cart has no item at position 7"),
        (
            ["setDiscount", "a", 1, "everything"],
            "'everything' is no scope of a discount: sessionTotal, cartItems, additionalCosts",
        ),
        (["showBundleMetadata", "a", ["list", 1], ["list"]], "the attributes of a bundle are a list of names"),
        (["showBundleMetadata", "a", ["list"], ["list", "0"]], "the indices of a bundle are a list of numbers"),
        (["updateAttribute", "Profile.Nope", 1], 'The attribute "Nope" is not defined on CustomerProfile entities.'),
        (["updateAttribute", "Profile.Name", 1], 'Value of "Name" attribute (1) is not a string'),
        (["updateAttribute", "Event.Name", 1], "'Event.Name' is no attribute of Session or Profile"),
        (["redeemReferral"], "there is no referral to redeem"),
        (["createCoupon", "ana", 1, "soon"], "'soon' is no duration such as 40m, 1h or 30d"),
        (["createCoupon", "ana", 1000000], "a usage limit is 0 to 999999"),
        (["couponCreated", "ab", "ana"], "no code can be created: a pattern has at least 3 characters"),
        (["/", 1, 0], "division by zero"),
        (["mod", 1, 0], None),
        (["+", 1, ["/", 1, 0]], None),
        (["item", ["list", 1], 5], "Out of bounds"),
    ],
)
def test_an_effect_that_cannot_be_is_an_error(given, expression, message):
    (effect,) = given(expression)["effects"]
    assert effect["effectType"] == "error"
    if message is not None:
        assert effect["props"]["message"].startswith(message)


@pytest.mark.parametrize(
    "template", [["!", "again"], ["and", ["!", "again"], ["!", "again"]], ["do", 1, "x", ["!", "again"]]]
)
def test_endless_recursion_is_an_error_effect(given, template):
    bottomless = [["setTemplate", "(again)", template], ["!", "again"]]
    effects = given(bottomless, ["setDiscount", "a", 1])["effects"]
    assert [one["effectType"] for one in effects] == ["error", "setDiscount"]


def test_a_rule_that_works_too_long_is_an_error_effect(given):
    numbers = ["split", "1,2,3,4,5,6,7,8,9,10", ","]
    long = [
        "map",
        numbers,
        "a",
        [
            "map",
            numbers,
            "b",
            ["map", numbers, "c", ["map", numbers, "d", ["map", numbers, "e", ["concat", "a", "b"]]]],
        ],
    ]
    (effect,) = given(["showNotification", "Info", "count", ["toString", ["count", long]]])["effects"]
    assert effect["effectType"] == "error"


def test_an_item_has_additional_costs_of_its_own(shop, campaign, rule, cart):
    effect = ["setDiscountPerAdditionalCostPerItem", "Free wrapping", 2, "wrapping", 1]
    costs = [{"name": "shipping"}, {"name": "wrapping", "type": "item"}]
    shop.open(campaign(1, rule(["and"], effect)), additionalCosts=costs)
    items = cart(10, 20)
    items[1]["additionalCosts"] = {"wrapping": {"price": 2}}
    (effect,) = shop.session(cartItems=items)["effects"]
    assert effect["props"] == {
        "name": "Free wrapping", "value": 2, "additionalCostId": 2, "additionalCost": "wrapping", "position": 1,
    }  # fmt: skip


@pytest.mark.proves("talonone.discount_per_item")
def test_flattened_items_are_discounted_one_by_one(shop, campaign, rule):
    each = [
        "map", [".", "Session", "CartItems"], "item",
        ["setDiscountPerItem", "Unit", ["*", [".", "item", "Price"], 0.1], [".", "item", "Position"],
         [".", "item", "SubPosition"]],
    ]  # fmt: skip
    application = {"id": 7, "name": "Shop", "enableFlattenedCartItems": True, "apiKeys": [{"key": "ab" * 32}]}
    shop.open(campaign(1, rule(["and"], each)), applications=[application])
    effects = shop.session(cartItems=[{"name": "A", "sku": "a", "quantity": 2, "price": 10}])["effects"]
    assert [one["props"] for one in effects] == [
        {"name": "Unit#0", "value": 1, "position": 0, "subPosition": 0},
        {"name": "Unit#0", "value": 1, "position": 0, "subPosition": 1},
    ]


@pytest.mark.proves("talonone.attribute_updates")
def test_an_updated_attribute_is_stored_and_seen_by_later_rules(shop, campaign, rule, cart):
    first = rule(["and"], ["updateAttribute", "Profile.Attributes.Age", ["+", 1, 1]])
    second = rule(["=", [".", "Profile", "Age"], 2], ["updateAttribute", "Session.City", "Berlin"])
    times = rule(["and"], ["updateAttribute", "Profile.SignupDate", [".", "Now"]])
    lists = rule(["and"], ["updateAttribute", "Profile.Tags", ["list", "a", "b"]])
    shop.open(campaign(1, first, second, times, lists))
    answer = shop.session("s-1", "customerSession", "customerProfile", profileId="ana")
    attributes = answer["customerProfile"]["attributes"]
    assert (attributes["Age"], attributes["Tags"], attributes["SignupDate"][-1]) == (2, ["a", "b"], "Z")
    assert answer["customerSession"]["attributes"] == {"City": "Berlin"}
    assert shop.profile("ana") == answer["customerProfile"] | {
        "lastActivity": answer["customerProfile"]["lastActivity"]
    }
    shop.session("s-1", state="closed")
    shop.session("s-1", state="cancelled")
    assert shop.profile("ana")["attributes"]["Age"] == 2


def test_nobody_in_particular_has_no_attributes_to_update(shop, campaign, rule, brief):
    shop.open(campaign(1, rule(["and"], ["updateAttribute", "Profile.Name", "Ana"])))
    assert brief(shop.session()["effects"]) == [("error", "an anonymous session has no profile to update")]


def test_a_rule_that_comes_up_against_a_limit_updates_nothing(shop, campaign, rule):
    effects = [["updateAttribute", "Session.City", "Berlin"], ["setDiscount", "a", 1]]
    limits = [{"action": "setDiscount", "limit": 0, "entities": []}]
    shop.open(campaign(1, rule(["and"], *effects), limits=limits))
    assert shop.session("s-1", "customerSession")["customerSession"]["attributes"] == {}


OWN = ("setDiscount", "addLoyaltyPoints", "couponCreated", "addFreeItem", "acceptCoupon", "rollbackReferral", "")


@pytest.mark.parametrize("name", OWN)
def test_an_effect_with_a_function_of_its_own_cannot_be_given_with_any_props(shop, rule, campaign, name):
    shop.open(campaign(1, rule(["and"], ["effect", name, ["kv"]])))
    (given,) = shop.session("s-1", state="closed", profileId="ana")["effects"]
    assert given["effectType"] == "error"
    assert shop.session("s-1", state="cancelled")["effects"] == []
    assert shop.call("PUT", "/v1/customer_sessions/s-2", {}).json()["event"]["effects"][0][3][0] == "error"


def test_a_rule_that_works_too_long_is_not_tried_with_every_code(shop, rule, campaign, brief):
    many = ["list", *range(400)]
    endless = ["every", many, "a", ["every", many, "b", ["=", 1, 1]]]
    codes = ["CODE1", "CODE2", "CODE3"]
    shop.open(campaign(1, rule(["and", ["couponValid"], endless]), coupons=[{"value": code} for code in codes]))
    given = shop.session(couponCodes=codes)["effects"]
    assert given[0]["props"]["message"].startswith("the step budget of the evaluation is spent")
    assert brief(given[1:]) == [("rejectCoupon", code, "CouponRejectedByCondition") for code in codes]
