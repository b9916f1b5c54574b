"""Customer sessions of V2: life, members, totals, answers."""

import pytest

SUPERSET = {
    "additionalCostTotal", "applicationId", "attributes", "cartItemAdditionalCostTotal", "cartItemTotal", "cartItems",
    "coupon", "created", "firstSession", "id", "integrationId", "profileId", "referral", "state", "total",
    "updateCount", "updated",
}  # fmt: skip
"""What CustomerSessionV2 requires in one version or another."""


def one(shop, number="s-1", **members):
    return shop.session(number, "customerSession", **members)["customerSession"]


@pytest.mark.proves("talonone.operation.updateCustomerSessionV2")
def test_the_first_update_creates_a_session_with_status_200(shop, world):
    world.clock.set("frozen", 1_767_603_600_120_000)
    session = one(shop)
    assert set(session) >= SUPERSET
    assert session == {
        "id": 1,
        "created": "2026-01-05T09:00:00.12Z",
        "updated": "2026-01-05T09:00:00.12Z",
        "updateCount": 1,
        "integrationId": "s-1",
        "applicationId": 7,
        "profileId": "",
        "couponCodes": [],
        "coupon": "",
        "referralCode": "",
        "referral": "",
        "state": "open",
        "cartItems": [],
        "additionalCosts": {},
        "identifiers": [],
        "attributes": {},
        "firstSession": True,
        "total": 0,
        "cartItemTotal": 0,
        "additionalCostTotal": 0,
        "cartItemAdditionalCostTotal": 0,
    }


def test_an_update_counts_and_moves_updated_only(shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    one(shop)
    world.clock.advance(1_000_001)
    session = one(shop)
    assert session["created"] == "2026-01-05T09:00:00Z"
    assert session["updated"] == "2026-01-05T09:00:01.000001Z"
    assert (session["id"], session["updateCount"]) == (1, 2)


@pytest.mark.parametrize("encoded", ["s%201", "cust%2F1%20%C3%A9", "100%25", "%24a", "a.b~c", "..."])
def test_an_id_is_decoded_once(client, shop, encoded):
    headers = {"Authorization": "ApiKey-v1 " + "ab" * 32}
    body = {"customerSession": {}, "responseContent": ["customerSession"]}
    response = client.put(f"/talonone/v2/customer_sessions/{encoded}", json=body, headers=headers)
    wanted = {"s%201": "s 1", "cust%2F1%20%C3%A9": "cust/1 é", "100%25": "100%", "%24a": "$a"}.get(encoded, encoded)
    assert response.json()["customerSession"]["integrationId"] == wanted


STATES = ["open", "closed", "cancelled"]
EVENTS = {
    ("", "open"): "talon_session_created",
    ("", "closed"): "talon_session_closed",
    ("open", "open"): "talon_session_updated",
    ("open", "closed"): "talon_session_closed",
    ("open", "cancelled"): "talon_session_cancelled",
    ("closed", "cancelled"): "talon_session_revoked",
}
WAYS = {"": [], "open": ["open"], "closed": ["open", "closed"], "cancelled": ["open", "cancelled"]}


@pytest.mark.parametrize("before", list(WAYS))
@pytest.mark.parametrize("after", STATES)
def test_a_session_goes_from_state_to_state(shop, before, after):
    for state in WAYS[before]:
        shop.session(state=state)
    if (before, after) in EVENTS:
        answer = shop.session("s-1", "customerSession", "event", state=after)
        assert answer["customerSession"]["state"] == after
        assert answer["event"]["type"] == EVENTS[before, after]
        return
    allowed = [f'"{state}"' for state in STATES if (before, state) in EVENTS]
    details = f"state must be one of the following: {', '.join(allowed)}" if allowed else "A cancelled session is final"
    assert shop.refused(state=after) == {
        "message": "The submitted data was invalid",
        "errors": [{"title": "enum", "details": details, "source": {"pointer": "/customerSession/state"}}],
    }


@pytest.mark.parametrize("state", ["closed", "cancelled"])
@pytest.mark.proves("talonone.error.illegal_state_change")
def test_a_finished_session_cannot_be_modified(shop, cart, state):
    shop.session(cartItems=cart(10))
    shop.session(state=state)
    shop.refused(cartItems=cart(20))


def test_cancelling_a_closed_session_changes_nothing_but_its_state(shop, cart):
    shop.session(cartItems=cart(10), state="closed")
    session = one(shop, state="cancelled", cartItems=cart(99), profileId="ana")
    assert (session["total"], session["profileId"], session["state"]) == (10, "", "cancelled")


def test_a_refused_change_of_state_leaves_the_session_as_it_was(shop, cart):
    shop.session(cartItems=cart(10), state="closed")
    shop.refused(state="open", cartItems=cart(20))
    assert one(shop, state="cancelled")["updateCount"] == 2


@pytest.mark.proves("talonone.created_closed", "talonone.default.created_closed")
def test_a_session_created_closed_has_both_events(shop, world):
    shop.session(state="closed")
    rows = world.store.dump(next(table for table in world.store.tables if table.name == "talonone_events"))
    assert [row["type"] for row in rows] == ["talon_session_created", "talon_session_closed"]


@pytest.mark.proves("talonone.default.created_closed")
def test_a_setting_forbids_to_create_a_session_closed(shop):
    shop.open(settings={"created_closed": False})
    details = 'state must be one of the following: "open"'
    assert shop.refused(state="closed")["errors"][0]["details"] == details
    shop.session(state="open")
    shop.session(state="closed")


MEMBERS = {
    "profileId": "ana",
    "couponCodes": ["ONE1", "TWO2"],
    "referralCode": "REF1",
    "cartItems": [{"name": "A", "sku": "a", "quantity": 2, "price": 1.5, "position": 0}],
    "additionalCosts": {"shipping": {"price": 4.99}},
    "identifiers": ["dev-1"],
    "attributes": {"City": "Berlin"},
}


@pytest.mark.proves("talonone.omitted_members")
def test_members_that_are_left_out_or_null_keep_their_values(shop):
    first = one(shop, **MEMBERS)
    assert {name: first[name] for name in MEMBERS} == MEMBERS
    for members in ({}, dict.fromkeys(MEMBERS), {"state": None}):
        again = one(shop, **members)
        assert {name: again[name] for name in MEMBERS} == MEMBERS


@pytest.mark.parametrize(
    ("name", "empty"),
    [("couponCodes", []), ("referralCode", ""), ("cartItems", []), ("additionalCosts", {}), ("identifiers", [])],
)
def test_empty_members_discard_what_was_there(shop, name, empty):
    one(shop, **MEMBERS)
    session = one(shop, **{name: empty})
    assert session[name] == empty
    kept = [other for other in MEMBERS if other != name]
    assert {other: session[other] for other in kept} == {other: MEMBERS[other] for other in kept}


def test_attributes_are_merged_and_the_cart_is_replaced_whole(shop, cart):
    items = cart(1, 2)
    items[0]["attributes"] = {"color": "red"}
    shop.session(cartItems=items, attributes={"City": "Berlin"})
    session = one(shop, cartItems=cart(1), attributes={"a/b~c": "x"})
    assert session["attributes"] == {"City": "Berlin", "a/b~c": "x"}
    assert session["cartItems"] == [{**cart(1)[0], "position": 0}]


def test_every_item_has_its_position_and_its_own_members(shop):
    sent = {
        "name": "A", "sku": "a", "quantity": 1, "price": 1.25, "category": "food", "weight": 1, "height": 2.5,
        "width": 3, "length": 4, "attributes": {"color": "red"},
    }  # fmt: skip
    plain = {"name": "B", "sku": "b", "quantity": 3, "price": 2.0, "category": None, "position": 17}
    items = one(shop, cartItems=[sent, plain])["cartItems"]
    assert items == [{**sent, "position": 0}, {"name": "B", "sku": "b", "quantity": 3, "price": 2, "position": 1}]


@pytest.mark.proves("talonone.nameless_items", "talonone.default.cart_item_name_required")
def test_a_cart_item_needs_no_name_unless_a_setting_says_so(shop):
    assert one(shop, cartItems=[{"sku": "a", "quantity": 1, "price": 1}])["cartItems"] == [
        {"sku": "a", "quantity": 1, "price": 1, "name": "a", "position": 0}
    ]
    shop.open(settings={"cart_item_name_required": True})
    assert shop.refused("s-2", cartItems=[{"sku": "a", "quantity": 1, "price": 1}])["errors"] == [
        {
            "title": "required",
            "details": "name is required",
            "source": {"pointer": "/customerSession/cartItems/0/name"},
        }
    ]


def test_totals_are_exact_and_before_discounts(shop, campaign, rule, cart):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "Half", ["*", [".", "Session", "Total"], 0.5]])))
    costs = {"shipping": {"price": 4.99}, "wrapping": {"price": 0.01}}
    answer = shop.session("s-1", "customerSession", cartItems=cart(0.1, 0.2, 19.99), additionalCosts=costs)
    session = answer["customerSession"]
    assert (session["cartItemTotal"], session["additionalCostTotal"], session["total"]) == (20.29, 5, 25.29)
    assert answer["effects"][0]["props"]["value"] == 12.645


def test_whole_numbers_are_written_without_a_decimal_point(client, shop):
    body = b'{"customerSession":{"cartItems":[{"name":"a","sku":"b","quantity":2,"price":5.0}]},"responseContent":'
    headers = {"Authorization": "ApiKey-v1 " + "ab" * 32}
    response = client.put("/talonone/v2/customer_sessions/s", content=body + b'["customerSession"]}', headers=headers)
    assert b'"total":10,' in response.content
    assert b'"price":5,' in response.content


def test_the_largest_cart_is_taken(shop):
    items = [{"name": "A", "sku": "a", "quantity": 10, "price": 1e15}] * 1000
    assert one(shop, cartItems=items)["total"] == 1e19


def test_a_session_that_names_a_profile_creates_it(shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    answer = shop.session("s-1", "customerProfile", profileId="new")
    assert answer["customerProfile"] == {
        "id": 1,
        "integrationId": "new",
        "created": "2026-01-05T09:00:00Z",
        "attributes": {},
        "accountId": 1,
        "closedSessions": 0,
        "totalSales": 0,
        "lastActivity": "2026-01-05T09:00:00Z",
        "loyaltyMemberships": None,
        "sandbox": False,
    }


def test_an_anonymous_session_has_no_profile_to_answer(shop):
    for members in ({}, {"profileId": ""}):
        assert "customerProfile" not in shop.session("s-1", "customerProfile", **members)


def test_a_session_moves_the_last_activity_of_its_profile(shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    shop.session(profileId="ana")
    world.clock.advance(5_000_000)
    profile = shop.session("s-1", "customerProfile")["customerProfile"]
    assert (profile["created"], profile["lastActivity"]) == ("2026-01-05T09:00:00Z", "2026-01-05T09:00:05Z")


def test_only_the_first_session_of_a_profile_is_its_first(shop):
    assert one(shop, "s-1", profileId="ana")["firstSession"] is True
    assert one(shop, "s-2", profileId="ana")["firstSession"] is False
    assert one(shop, "s-1")["firstSession"] is True
    assert one(shop, "s-2")["firstSession"] is False


def test_anonymous_sessions_are_all_first_ones(shop):
    assert [one(shop, number)["firstSession"] for number in ("s-1", "s-2")] == [True, True]


def test_an_anonymous_session_becomes_somebodys(shop):
    shop.session("s-1", profileId="ana")
    shop.session("s-2")
    session = one(shop, "s-2", profileId="ana")
    assert (session["profileId"], session["firstSession"]) == ("ana", False)


@pytest.mark.proves("talonone.profile_change")
def test_an_open_session_goes_over_to_another_profile(shop):
    shop.session("s-1", profileId="ana")
    assert one(shop, "s-1", profileId="bob")["firstSession"] is True
    closed = shop.session("s-1", "customerProfile", state="closed")["customerProfile"]
    assert (closed["integrationId"], closed["closedSessions"]) == ("bob", 1)


def test_somebody_with_closed_sessions_from_before_has_had_a_first_one(shop):
    shop.open(profiles=[{"integrationId": "old", "closedSessions": 3, "totalSales": 99.5}])
    assert one(shop, "s-1", profileId="old")["firstSession"] is False


def test_closing_and_cancelling_count_sessions_and_sales(shop, cart):
    def close(number, *prices, state="closed"):
        answer = shop.session(number, "customerProfile", profileId="ana", cartItems=cart(*prices), state=state)
        return answer["customerProfile"]["closedSessions"], answer["customerProfile"]["totalSales"]

    assert close("s-1", 0.1) == (1, 0.1)
    assert close("s-2", 0.2) == (2, 0.3)
    assert close("s-3", 9, state="open") == (2, 0.3)
    assert close("s-3", 9, state="cancelled") == (2, 0.3)
    assert close("s-1", state="cancelled") == (1, 0.2)


@pytest.mark.proves("talonone.dry_run_ids")
def test_a_dry_run_answers_as_usual_and_stores_nothing(shop, campaign, rule, cart, world):
    shop.open(campaign(1, rule(["couponValid"]), coupons=[{"value": "ONCE", "usageLimit": 1}]))
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    content = ("customerSession", "customerProfile", "event", "coupons")
    answer = shop.session(
        "s-1", *content, dry="true", profileId="ana", couponCodes=["ONCE"], state="closed", cartItems=cart(10)
    )
    assert answer["customerSession"]["state"] == "closed"
    assert answer["customerProfile"]["closedSessions"] == 1
    assert answer["coupons"][0]["usageCounter"] == 1
    assert answer["event"]["id"] == 0
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before


CONTENT = [
    "customerSession", "customerProfile", "coupons", "triggeredCampaigns", "referral", "loyalty", "event",
    "ruleFailureReasons",
]  # fmt: skip


@pytest.fixture
def busy(shop, campaign, rule):
    """A shop in which every part of an answer has something to show."""
    rules = [rule(["couponValid"], title="coupon"), rule(["referralValid"]), rule(["and", True, False], title="never")]
    coupons = [{"value": "CODE1", "attributes": {"channel": "mail"}, "batchId": "b"}]
    referrals = [{"code": "FRIEND1", "advocateProfileIntegrationId": "bob"}]
    times = {"startTime": "2020-01-01", "endTime": "2099-01-01", "created": "2019-01-01"}
    shop.open(campaign(1, *rules, coupons=coupons, referrals=referrals, description="Busy", tags=["t"], **times))
    return shop


@pytest.mark.parametrize("part", CONTENT)
def test_a_part_is_answered_where_it_is_asked_for(busy, part):
    members = {"profileId": "ana", "couponCodes": ["CODE1"], "referralCode": "FRIEND1"}
    always = {"effects", "createdCoupons", "createdReferrals"}
    assert set(busy.session(**members)) == always
    assert set(busy.session("s-1", part)) == always | {part}


@pytest.mark.proves("talonone.event_without_attributes")
def test_all_parts_at_once(busy, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    busy.session(profileId="ana", couponCodes=["CODE1"], referralCode="FRIEND1")
    answer = busy.session("s-1", *CONTENT, state="closed")
    assert answer["loyalty"] == {"programs": {}}
    assert answer["event"] == {
        "id": 2, "created": "2026-01-05T09:00:00Z", "applicationId": 7, "profileId": "ana",
        "type": "talon_session_closed", "attributes": {}, "sessionId": "s-1", "effects": [], "ledgerEntries": [],
    }  # fmt: skip
    coupon = answer["coupons"][0]
    assert coupon | {"created": ""} == {
        "id": 1, "created": "", "campaignId": 1, "value": "CODE1", "usageLimit": 0, "usageCounter": 1,
        "discountCounter": 0, "reservationCounter": 0, "attributes": {"channel": "mail"}, "reservation": True,
        "isReservationMandatory": False, "batchId": "b", "profileRedemptionCount": 1,
    }  # fmt: skip
    referral = answer["referral"]
    assert referral | {"created": ""} == {
        "id": 1, "created": "", "campaignId": 1, "advocateProfileIntegrationId": "bob", "code": "FRIEND1",
        "usageCounter": 1, "usageLimit": 0, "attributes": {}, "referredCustomers": ["ana"],
    }  # fmt: skip
    assert answer["triggeredCampaigns"] == [
        {
            "id": 1, "created": "2019-01-01T00:00:00Z", "applicationId": 7, "userId": 1, "name": "Campaign 1",
            "description": "Busy", "startTime": "2020-01-01T00:00:00Z", "endTime": "2099-01-01T00:00:00Z",
            "attributes": {}, "state": "enabled", "activeRulesetId": 11, "tags": ["t"],
            "features": ["coupons", "referrals", "loyalty"], "limits": [], "couponRedemptionCount": 1,
            "referralRedemptionCount": 1, "discountCount": 0, "discountEffectCount": 0, "couponCreationCount": 0,
            "frontendState": "running",
            "type": "advanced", "reevaluateOnReturn": False, "storesImported": False,
        }
    ]  # fmt: skip
    assert answer["ruleFailureReasons"] == [
        {
            "campaignID": 1, "campaignName": "Campaign 1", "rulesetID": 11, "ruleIndex": 2, "ruleName": "never",
            "details": "the condition is not met", "conditionIndex": 1,
        }
    ]  # fmt: skip


def test_parts_that_do_not_exist_are_empty_or_left_out(shop):
    answer = shop.session("s-1", *CONTENT)
    assert set(answer) == {
        "effects", "createdCoupons", "createdReferrals", "customerSession", "event", "loyalty", "coupons",
        "triggeredCampaigns", "ruleFailureReasons",
    }  # fmt: skip
    assert (answer["coupons"], answer["triggeredCampaigns"], answer["ruleFailureReasons"]) == ([], [], [])


def test_parts_of_2026_that_the_emulator_has_none_of_are_empty_or_left_out(shop):
    answer = shop.session("s-1", "awardedGiveaways", "previousReturns", "achievements", "campaignEligibility")
    assert answer == {
        "effects": [], "createdCoupons": [], "createdReferrals": [], "awardedGiveaways": [], "previousReturns": [],
        "achievements": [],
    }  # fmt: skip
