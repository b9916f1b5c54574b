"""Members of a V2 session that came after 2020."""

import pytest


def one(shop, number="s-1", **members):
    return shop.session(number, "customerSession", **members)["customerSession"]


LATER = {
    "storeIntegrationId": "store 1",
    "loyaltyCards": ["card-1"],
    "experimentVariantAllocations": [{"experimentID": 1, "variantID": 2}],
}


def test_a_session_without_them_does_not_mention_them(shop):
    assert not one(shop).keys() & LATER.keys()


def test_they_are_kept_until_they_are_sent_again(shop):
    assert {name: one(shop, **LATER)[name] for name in LATER} == LATER
    session = one(shop, loyaltyCards=[], storeIntegrationId=None)
    assert {name: session[name] for name in LATER} == {**LATER, "loyaltyCards": []}


@pytest.mark.parametrize(
    ("members", "title", "place"),
    [
        ({"storeIntegrationId": ""}, "minLength", "/storeIntegrationId"),
        ({"storeIntegrationId": "x" * 1001}, "maxLength", "/storeIntegrationId"),
        ({"loyaltyCards": ["a", "b"]}, "maxItems", "/loyaltyCards"),
        ({"loyaltyCards": [1]}, "type", "/loyaltyCards/0"),
        ({"evaluableCampaignIds": ["1"]}, "type", "/evaluableCampaignIds/0"),
        (
            {"experimentVariantAllocations": [{"experimentID": 1}]},
            "required",
            "/experimentVariantAllocations/0/variantID",
        ),
        ({"state": "partially_returned"}, "enum", "/state"),
    ],
)
def test_what_breaks_the_schema_is_refused(shop, members, title, place):
    (error,) = shop.refused(**members)["errors"]
    assert (error["title"], error["source"]) == (title, {"pointer": f"/customerSession{place}"})


COSTS = [{"name": "shipping"}, {"name": "engraving", "type": "item"}, {"name": "duty", "type": "both"}]


@pytest.fixture
def costly(shop):
    shop.open(additionalCosts=COSTS)
    return shop


def item(**costs):
    return {
        "sku": "a",
        "quantity": 3,
        "price": 10,
        "additionalCosts": {name: {"price": p} for name, p in costs.items()},
    }


@pytest.mark.proves("talonone.item_costs")
def test_items_may_have_costs_of_their_own(costly):
    session = one(costly, cartItems=[item(engraving=2.5, duty=1), item()], additionalCosts={"shipping": {"price": 4}})
    assert session["cartItems"][0]["additionalCosts"] == {"engraving": {"price": 2.5}, "duty": {"price": 1}}
    assert session["cartItemTotal"] == 60
    assert session["cartItemAdditionalCostTotal"] == 3.5
    assert session["additionalCostTotal"] == 4
    assert session["total"] == 67.5


def test_a_cost_is_for_sessions_or_items_as_it_was_defined(costly):
    errors = costly.refused(
        cartItems=[item(shipping=1, nope=2)], additionalCosts={"engraving": {"price": 1}, "duty": {"price": 1}}
    )["errors"]
    assert [(error["title"], error["source"]["pointer"], error["details"]) for error in errors] == [
        (
            "Unknown",
            "/customerSession/additionalCosts/engraving",
            'The additional cost "engraving" is not defined for this session.',
        ),
        (
            "Unknown",
            "/customerSession/cartItems/0/additionalCosts/shipping",
            'The additional cost "shipping" is not defined for this item.',
        ),
        (
            "Unknown",
            "/customerSession/cartItems/0/additionalCosts/nope",
            'The additional cost "nope" is not defined.',
        ),
    ]


@pytest.mark.proves("talonone.error.unknown_additional_cost")
def test_a_cost_is_for_the_applications_that_have_subscribed_to_it(shop):
    shop.open(
        additionalCosts=[
            {"name": "ours", "subscribedApplicationsIds": [7]},
            {"name": "theirs", "subscribedApplicationsIds": [8]},
        ]
    )
    assert one(shop, additionalCosts={"ours": {"price": 1}})["total"] == 1
    shop.refused(additionalCosts={"theirs": {"price": 1}})


def test_a_product_is_kept(shop):
    sent = {"sku": "a", "quantity": 1, "price": 1, "product": {"name": "Shirt"}}
    assert one(shop, cartItems=[sent])["cartItems"] == [{**sent, "name": "a", "position": 0}]


def test_read_only_members_of_items_are_worked_out_and_not_taken(shop):
    sent = {"sku": "a", "quantity": 2, "price": 1, "remainingQuantity": 1, "returnedQuantity": 1, "position": 9}
    assert one(shop, cartItems=[sent])["cartItems"] == [
        {"sku": "a", "quantity": 2, "price": 1, "name": "a", "position": 0}
    ]


def test_a_store_is_an_address_of_limits(shop, campaign, rule, brief):
    limits = [{"action": "redeemCoupon", "limit": 1, "entities": ["Store"]}]
    shop.open(campaign(1, rule(["couponValid"]), coupons=[{"value": "CODE1"}], limits=limits))

    def close(number, store):
        answer = shop.session(number, storeIntegrationId=store, couponCodes=["CODE1"], state="closed")
        return brief(answer["effects"])[0][0]

    assert [close("s-1", "a"), close("s-2", "a"), close("s-3", "b")] == ["acceptCoupon", "rejectCoupon", "acceptCoupon"]
