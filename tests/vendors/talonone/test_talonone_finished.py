"""Closed sessions: read, opened again, returned in part."""

import pytest

OTHER_KEY = "cd" * 32


def rows(world, name):
    return world.store.dump(next(table for table in world.store.tables if table.name == f"talonone_{name}"))


def read(shop, number="s-1", *, status=200, **options):
    response = shop.call("GET", f"/v2/customer_sessions/{number}", **options)
    assert response.status_code == status, response.text
    return response.json()


def reopen(shop, number="s-1", *, status=200, **options):
    response = shop.call("PUT", f"/v2/customer_sessions/{number}/reopen", **options)
    assert response.status_code == status, response.text
    return response.json()


def give_back(shop, *items, number="s-1", status=200, query="", content=(), **options):
    body = {"return": {"returnedCartItems": list(items)}, "responseContent": list(content)}
    response = shop.call("POST", f"/v2/customer_sessions/{number}/returns{query}", body, **options)
    assert response.status_code == status, response.text
    return response.json()


def not_found(number, path):
    return {
        "message": "Not Found",
        "errors": [
            {
                "title": "Not Found",
                "details": f'There is no session "{number}".',
                "source": {"resource": f"/v2/customer_sessions/{path}"},
            }
        ],
        "StatusCode": 404,
    }


@pytest.mark.parametrize(("path", "number"), [("nope", "nope"), ("s%2F1", "s/1"), ("%F0%9F%8E%88", "🎈")])
@pytest.mark.proves("talonone.error.session_not_found")
def test_an_unknown_session_is_404(shop, path, number):
    assert read(shop, path, status=404) == not_found(number, path)
    assert reopen(shop, path, status=404) == not_found(number, f"{path}/reopen")
    assert give_back(shop, {"position": 0}, number=path, status=404) == not_found(number, f"{path}/returns")


def test_the_session_of_another_application_is_404(shop):
    shop.session("s-1", state="closed")
    read(shop, status=404, key=OTHER_KEY)
    reopen(shop, status=404, key=OTHER_KEY)
    give_back(shop, {"position": 0}, status=404, key=OTHER_KEY)


# read -----------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("talonone.operation.getCustomerSession")
def test_a_session_is_read_as_its_update_answered_it(shop, cart, campaign, rule, world):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "Ten", 10], ["addFreeItem", "Sticker", "sticker-1"])))
    updated = shop.session(
        "s-1", "customerSession", profileId="ana", cartItems=cart(10, 20), attributes={"City": "Rome"}
    )
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    assert read(shop) == {"customerSession": updated["customerSession"], "effects": updated["effects"]}
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before


def test_only_effects_that_hold_are_read(shop, cart, campaign, rule, brief):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "Ten", 10], ["addFreeItem", "Sticker", "sticker-1"])))
    shop.session("s-1", cartItems=cart(10), state="closed")
    rolled_back = shop.session("s-1", state="cancelled")["effects"]
    assert brief(rolled_back) == [("rollbackDiscount", "Ten", 10)]
    answer = read(shop)
    assert answer["customerSession"]["state"] == "cancelled"
    assert [effect["effectType"] for effect in answer["effects"]] == ["addFreeItem"]


# reopen ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sold(shop, campaign, rule, cart):
    """A closed session of Ana's that has redeemed a coupon that can be redeemed once, and earned points."""
    rules = [
        rule(["couponValid"], ["setDiscount", "Ten", 10]),
        rule(["=", [".", "Event", "Type"], "talon_session_closed"], ["addLoyaltyPoints", "Order", 1, "", 7]),
    ]
    limits = [{"action": "setDiscount", "limit": 10, "entities": []}]
    shop.open(campaign(1, *rules, coupons=[{"value": "ONCE", "usageLimit": 1}], limits=limits))
    shop.session("s-1", profileId="ana", cartItems=cart(100), couponCodes=["ONCE"], state="closed")
    return shop


def points(shop):
    answer = shop.call("GET", "/v1/customer_profiles/ana/inventory?loyalty=1").json()
    return answer["loyalty"]["programs"]["1"]["ledger"]["currentBalance"]


@pytest.mark.proves("talonone.operation.reopenCustomerSession", "talonone.reopened_session")
def test_reopening_rolls_the_closing_back(sold, brief, world):
    world.clock.set("frozen")
    answer = reopen(sold)
    assert list(answer) == ["effects"]
    assert [effect[0] for effect in brief(answer["effects"])] == [
        "rollbackCoupon", "rollbackDiscount", "rollbackAddedLoyaltyPoints",
    ]  # fmt: skip
    assert brief(answer["effects"])[1] == ("rollbackDiscount", "Ten", 10)
    session = read(sold)["customerSession"]
    assert (session["state"], session["updateCount"], session["total"]) == ("open", 2, 100)
    assert session["couponCodes"] == ["ONCE"]
    profile = sold.profile("ana")
    assert (profile["closedSessions"], profile["totalSales"], points(sold)) == (0, 0, 0)
    assert [row["type"] for row in rows(world, "events")][-1] == "talon_session_reopened"


def test_a_reopened_session_is_like_any_open_one(sold, cart, brief):
    reopen(sold)
    effects = brief(sold.session("s-1", cartItems=cart(50), state="closed")["effects"])
    assert [effect[0] for effect in effects] == ["acceptCoupon", "setDiscount", "addLoyaltyPoints"]
    profile = sold.profile("ana")
    assert (profile["closedSessions"], profile["totalSales"], points(sold)) == (1, 50, 7)


def test_a_reopened_session_can_be_cancelled_with_nothing_left_to_redeem(sold, brief):
    reopen(sold)
    assert brief(sold.session("s-1", state="cancelled")["effects"]) == []
    assert sold.profile("ana")["closedSessions"] == 0


def test_what_reopening_gives_back_others_can_have(sold, cart, brief):
    def other():
        return brief(sold.session("s-2", profileId="bob", cartItems=cart(100), couponCodes=["ONCE"])["effects"])

    assert other() == [("rejectCoupon", "ONCE", "CouponLimitReached")]
    reopen(sold)
    assert other() == [("acceptCoupon", "ONCE"), ("setDiscount", "Ten", 10)]


def test_reopening_is_no_activity(sold, world):
    before = sold.profile("ana")["lastActivity"]
    world.clock.advance(60_000_000)
    reopen(sold)
    assert sold.profile("ana")["lastActivity"] == before


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"\xff"])
def test_reopening_reads_no_body(sold, client, body):
    headers = {"Authorization": "ApiKey-v1 " + "ab" * 32}
    path = "/talonone/v2/customer_sessions/s-1/reopen"
    assert client.put(path, content=body, headers=headers).status_code == 200


@pytest.mark.parametrize("states", [["open"], ["open", "cancelled"], ["closed", "cancelled"]])
def test_only_a_closed_session_can_be_reopened(shop, states):
    for state in states:
        shop.session("s-1", state=state)
    assert reopen(shop, status=400) == {
        "message": "The submitted data was invalid",
        "errors": [
            {
                "title": "enum",
                "details": f"A session that is {states[-1]} cannot be reopened",
                "source": {"pointer": ""},
            }
        ],
    }


def test_a_session_with_returned_items_cannot_be_reopened(shop, cart):
    shop.session("s-1", cartItems=cart(1), state="closed")
    give_back(shop, {"position": 0})
    reopen(shop, status=400)


# returns --------------------------------------------------------------------------------------------------------------

SHOES = {"name": "shoes1", "sku": "9696", "quantity": 1, "price": 60}
SHIRTS = {"name": "shirts3", "sku": "6478", "quantity": 2, "price": 20}
UNITS = [["setDiscountPerItem", "5forALL", 5, position, unit] for position, unit in ((0, 0), (1, 0), (1, 1))]


@pytest.fixture
def bought(shop, campaign, rule):
    """The vendor's tutorial: a pair of shoes and two shirts, 5 off each unit."""
    shop.open(campaign(1, rule(["and"], *UNITS)))
    shop.session("s-1", profileId="ana", cartItems=[SHOES, SHIRTS], state="closed")
    return shop


@pytest.mark.proves("talonone.operation.returnCartItems")
def test_a_return_answers_with_the_whole_state_and_the_return_itself(shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    shop.session("s-1", profileId="ana", cartItems=[SHOES, SHIRTS], state="closed")
    answer = give_back(shop, {"position": 1, "quantity": 1}, content=["customerSession", "customerProfile", "event"])
    assert list(answer) == [
        "effects", "createdCoupons", "createdReferrals", "customerSession", "customerProfile", "event", "return",
    ]  # fmt: skip
    assert answer["return"] == {
        "id": 1,
        "created": "2026-01-05T09:00:00Z",
        "applicationId": 7,
        "accountId": 1,
        "returnedCartItems": [{"position": 1, "quantity": 1, "sku": "6478"}],
        "eventId": answer["event"]["id"],
        "sessionId": 1,
        "sessionIntegrationId": "s-1",
        "profileId": 1,
        "profileIntegrationId": "ana",
    }
    assert answer["event"]["type"] == "talon_session_partially_returned"
    session = answer["customerSession"]
    assert (session["state"], session["updateCount"], session["total"]) == ("partially_returned", 2, 100)
    assert [(item["returnedQuantity"], item["remainingQuantity"]) for item in session["cartItems"]] == [(0, 1), (1, 1)]
    assert (answer["customerProfile"]["closedSessions"], answer["customerProfile"]["totalSales"]) == (1, 80)


def test_only_what_is_asked_for_is_answered(shop):
    shop.session("s-1", cartItems=[SHOES], state="closed")
    assert list(give_back(shop, {"position": 0})) == ["effects", "createdCoupons", "createdReferrals", "return"]


def test_an_anonymous_return_names_no_profile(shop):
    shop.session("s-1", cartItems=[SHOES], state="closed")
    answer = give_back(shop, {"position": 0}, content=["customerProfile"])
    assert "customerProfile" not in answer
    assert "profileId" not in answer["return"]


def test_the_discount_of_the_unit_that_comes_back_is_rolled_back(bought):
    answer = give_back(bought, {"position": 1, "quantity": 1})
    (effect,) = answer["effects"]
    assert (effect["effectType"], effect["campaignId"]) == ("rollbackDiscount", 1)
    props = effect["props"]
    assert (props["value"], props["cartItemPosition"], props["cartItemSubPosition"]) == (5, 1, 0)
    (effect,) = give_back(bought, {"position": 1, "quantity": 1})["effects"]
    assert effect["props"]["cartItemSubPosition"] == 1
    left = [(effect["props"]["position"], effect["props"]["subPosition"]) for effect in read(bought)["effects"]]
    assert left == [(0, 0)]


def test_what_is_left_is_rolled_back_when_the_session_is_cancelled(bought):
    give_back(bought, {"position": 1, "quantity": 1})
    answer = bought.session("s-1", "customerSession", "event", "customerProfile", state="cancelled")
    places = [
        (effect["props"]["cartItemPosition"], effect["props"]["cartItemSubPosition"]) for effect in answer["effects"]
    ]
    assert places == [(0, 0), (1, 1)]
    assert answer["event"]["type"] == "talon_session_revoked"
    assert (answer["customerProfile"]["closedSessions"], answer["customerProfile"]["totalSales"]) == (0, 0)


def test_previous_returns_are_told(bought):
    assert give_back(bought, {"position": 0}, content=["previousReturns"])["previousReturns"] == []
    second = give_back(bought, {"position": 1}, content=["previousReturns"])
    assert [one["id"] for one in second["previousReturns"]] == [1]
    assert second["previousReturns"][0]["returnedCartItems"] == [{"position": 0, "quantity": 1, "sku": "9696"}]
    assert second["return"]["returnedCartItems"] == [{"position": 1, "quantity": 2, "sku": "6478"}]
    cancelled = bought.session("s-1", "previousReturns", state="cancelled")
    assert [one["id"] for one in cancelled["previousReturns"]] == [1, 2]


@pytest.mark.parametrize(
    ("items", "back"),
    [
        ([{"position": 1}], [(1, 2)]),
        ([{"sku": "6478"}], [(1, 2)]),
        ([{"sku": "6478", "quantity": 1}], [(1, 1)]),
        ([{"position": 1, "sku": "6478", "quantity": 2}], [(1, 2)]),
        ([{"position": 1, "quantity": 1}, {"position": 1, "quantity": 1}], [(1, 2)]),
        ([{"position": 1}, {"position": 0}], [(0, 1), (1, 2)]),
    ],
)
def test_an_item_is_named_by_its_position_or_its_sku(shop, items, back):
    shop.session("s-1", cartItems=[SHOES, SHIRTS], state="closed")
    returned = give_back(shop, *items)["return"]["returnedCartItems"]
    assert [(one["position"], one["quantity"]) for one in returned] == back


@pytest.mark.proves("talonone.return_request")
def test_a_sku_that_stands_in_two_lines_means_the_first_with_units_left(shop):
    shop.session("s-1", cartItems=[SHOES, {**SHOES, "price": 50}], state="closed")
    assert give_back(shop, {"sku": "9696"})["return"]["returnedCartItems"][0]["position"] == 0
    assert give_back(shop, {"sku": "9696"})["return"]["returnedCartItems"][0]["position"] == 1
    give_back(shop, {"sku": "9696"}, status=400)


@pytest.mark.parametrize(
    ("items", "title", "details", "pointer"),
    [
        pytest.param(
            [{"position": 2}],
            "Unknown",
            "The session has no cart item at position 2.",
            "/0/position",
            marks=pytest.mark.proves("talonone.error.unknown_cart_item"),
        ),
        ([{"sku": "nope"}], "Unknown", 'The session has no cart item with the SKU "nope".', "/0/sku"),
        (
            [{"position": 0}, {"position": 1, "sku": "9696"}],
            "Unknown",
            'The session has no cart item at position 1 with the SKU "9696".',
            "/1/position",
        ),
        ([{"quantity": 1}], "required", "position is required", "/0/position"),
        ([{"position": 0, "quantity": 2}], "maximum", "Must be less than or equal to 1", "/0/quantity"),
        (
            [{"position": 1, "quantity": 2}, {"position": 1, "quantity": 1}],
            "maximum",
            "Must be less than or equal to 0",
            "/1/quantity",
        ),
        ([{"position": 0, "quantity": 0}], "minimum", "Must be greater than or equal to 1", "/0/quantity"),
        ([{"position": -1}], "minimum", "Must be greater than or equal to 0", "/0/position"),
        ([{"position": "0"}], "type", "Invalid type. Expected: integer, given: string", "/0/position"),
        ([{"sku": ""}], "minLength", "String length must be greater than or equal to 1", "/0/sku"),
        ([], "minItems", "Array must have at least 1 items", ""),
    ],
)
def test_a_return_of_what_is_not_there_is_refused(shop, items, title, details, pointer):
    shop.session("s-1", cartItems=[SHOES, SHIRTS], state="closed")
    assert give_back(shop, *items, status=400) == {
        "message": "The submitted data was invalid",
        "errors": [{"title": title, "details": details, "source": {"pointer": f"/return/returnedCartItems{pointer}"}}],
    }
    assert read(shop)["customerSession"]["state"] == "closed"


@pytest.mark.parametrize(
    ("body", "title", "pointer"),
    [
        ({}, "required", "/return"),
        ({"return": {}}, "required", "/return/returnedCartItems"),
        ({"return": None}, "type", "/return"),
        ({"return": {"returnedCartItems": {}}}, "type", "/return/returnedCartItems"),
        ({"return": {"returnedCartItems": []}, "responseContent": ["achievements"]}, "enum", "/responseContent/0"),
    ],
)
def test_a_body_that_breaks_its_schema_is_refused(shop, body, title, pointer):
    shop.session("s-1", cartItems=[SHOES], state="closed")
    response = shop.call("POST", "/v2/customer_sessions/s-1/returns", body)
    assert response.status_code == 400
    assert list(response.json()) == ["message", "errors"]
    (error,) = response.json()["errors"]
    assert (error["title"], error["source"]) == (title, {"pointer": pointer})


@pytest.mark.parametrize("states", [["open"], ["open", "cancelled"], ["closed", "cancelled"]])
def test_only_a_closed_session_can_be_returned(shop, states):
    for state in states:
        shop.session("s-1", state=state, **({"cartItems": [SHOES]} if state == states[0] else {}))
    (error,) = give_back(shop, {"position": 0}, status=400)["errors"]
    assert error["details"] == f"A session that is {states[-1]} cannot be returned"


def test_a_session_with_returned_items_can_only_be_cancelled(bought):
    give_back(bought, {"position": 0})
    for members in ({"state": "open"}, {"state": "closed"}, {"cartItems": []}):
        (error,) = bought.refused("s-1", **members)["errors"]
        assert error["details"] == 'state must be one of the following: "cancelled"'
    bought.session("s-1", state="cancelled")


def test_a_dry_return_stores_nothing(bought, world):
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    answer = give_back(bought, {"position": 0}, query="?dry=true", content=["event", "customerSession"])
    assert (answer["event"]["id"], answer["customerSession"]["state"]) == (0, "partially_returned")
    assert len(answer["effects"]) == 1
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before


@pytest.mark.parametrize("query", ["?runRuleEngine=true", "?runRuleEngine=False&dry=false"])
def test_running_rules_on_a_return_changes_nothing_without_a_campaign_for_it(bought, query):
    assert [effect["effectType"] for effect in give_back(bought, {"position": 0}, query=query)["effects"]] == [
        "rollbackDiscount"
    ]


@pytest.mark.parametrize("name", ["dry", "runRuleEngine"])
def test_a_flag_of_anything_else_is_refused(bought, name):
    body = give_back(bought, {"position": 0}, query=f"?{name}=yes", status=400)
    assert (list(body), body["errors"][0]["source"]) == (["message", "errors"], {"parameter": name})
