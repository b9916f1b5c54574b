"""updateCustomerSession, the session update of V1."""

import pytest

KEY = "ab" * 32


@pytest.fixture
def update(shop):
    def put(number="s-1", *, status=200, query="", key=KEY, **members):
        response = shop.call("PUT", f"/v1/customer_sessions/{number}{query}", members, key=key)
        assert response.status_code == status, response.text
        return response.json()

    return put


def rows(world, name):
    return world.store.dump(next(table for table in world.store.tables if table.name == f"talonone_{name}"))


@pytest.mark.proves("talonone.operation.updateCustomerSession")
def test_the_first_update_creates_a_session_with_status_200(update, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    state = update("s 1", total=21)
    assert list(state) == ["session", "profile", "event", "loyalty"]
    assert state["session"] == {
        "id": 1,
        "created": "2026-01-05T09:00:00Z",
        "updated": "2026-01-05T09:00:00Z",
        "updateCount": 1,
        "integrationId": "s 1",
        "applicationId": 7,
        "profileId": "",
        "coupon": "",
        "referral": "",
        "state": "open",
        "cartItems": [],
        "identifiers": [],
        "total": 21,
        "attributes": {},
        "firstSession": True,
        "discounts": {},
    }
    assert state["event"] == {
        "id": 1,
        "created": "2026-01-05T09:00:00Z",
        "applicationId": 7,
        "profileId": "",
        "type": "talon_session_created",
        "attributes": {"isNew": True, "params": {"total": 21}},
        "effects": [],
        "ledgerEntries": [],
        "sessionId": "s 1",
        "meta": {},
    }


def test_an_anonymous_session_has_an_empty_profile_that_is_not_stored(update, world):
    profile = update()["profile"]
    assert (profile["id"], profile["integrationId"], profile["closedSessions"], profile["totalSales"]) == (0, "", 0, 0)
    assert rows(world, "profiles") == []


RECORDED = {
    "profileId": "cust 1",
    "coupon": "SUMMER10",
    "referral": "",
    "state": "open",
    "cartItems": [
        {
            "name": "Pizza", "sku": "pz-1", "quantity": 2, "price": 10.5, "category": "food",
            "attributes": {"color": "red"},
        }
    ],
    "identifiers": ["91.11.156.141"],
    "total": 21,
    "attributes": {"City": "Berlin"},
}  # fmt: skip


def test_the_recorded_request_of_the_vendors_client_is_taken(update):
    state = update("s%201", **RECORDED)
    session = state["session"]
    expected = {**RECORDED, "cartItems": [{**RECORDED["cartItems"][0], "position": 0}]}
    assert {name: session[name] for name in RECORDED} == expected
    assert state["event"]["attributes"] == {"isNew": True, "params": RECORDED}
    assert state["profile"]["integrationId"] == "cust 1"


@pytest.mark.proves("talonone.sent_total")
def test_the_total_is_taken_as_it_is_sent(update, cart):
    assert update(cartItems=cart(10))["session"]["total"] == 0
    assert update(total=100.33)["session"]["total"] == 100.33
    assert update(cartItems=cart(20))["session"]["total"] == 100.33
    assert update(total=-5)["session"]["total"] == -5
    assert update(total=0)["session"]["total"] == 0


def test_rules_see_the_total_that_was_sent_and_discounts_do_not_cascade(update, shop, campaign, rule, cart):
    tenth = ["*", [".", "Session", "Total"], 0.1]
    first = campaign(1, rule(["and"], ["setDiscount", "A", tenth]))
    second = campaign(2, rule(["and"], ["setDiscount", "B", tenth], ["setDiscount", "A", 0.5]))
    shop.open(first, second)
    state = update(total=100, cartItems=cart(7))
    assert state["event"]["effects"] == [
        [1, 11, 0, ["setDiscount", "A", 10]],
        [2, 21, 0, ["setDiscount", "B", 10]],
        [2, 21, 0, ["setDiscount", "A", 0.5]],
    ]
    assert state["session"]["discounts"] == {"A": 10.5, "B": 10}


def test_a_session_closes_with_its_state_alone(update):
    update(**RECORDED)
    state = update(state="closed")
    kept = [name for name in RECORDED if name not in ("state", "cartItems")]
    assert {name: state["session"][name] for name in kept} == {name: RECORDED[name] for name in kept}
    assert state["session"]["state"] == "closed"
    assert state["event"]["type"] == "talon_session_closed"
    assert state["event"]["attributes"] == {"isNew": False, "params": {"state": "closed"}}
    assert (state["profile"]["closedSessions"], state["profile"]["totalSales"]) == (1, 21)


@pytest.mark.parametrize(("member", "value"), [("coupon", "CODE1"), ("referral", "REF-1")])
def test_a_code_stays_until_an_empty_one_removes_it(update, member, value):
    assert update(**{member: value})["session"][member] == value
    assert update(total=1)["session"][member] == value
    assert update(**{member: None})["session"][member] == value
    assert update(**{member: ""})["session"][member] == ""


@pytest.fixture
def codes(shop, campaign, rule):
    coupons = [
        {"value": "SUMMER10", "usageLimit": 1, "attributes": {"channel": "mail"}},
        {"value": "EXPIRED1", "expiryDate": "2020-01-01"},
    ]
    referrals = [{"code": "REF-ANA1", "advocateProfileIntegrationId": "ana"}]
    summer = rule(["couponValid"], ["setDiscount", "Summer", ["*", [".", "Session", "Total"], 0.3]])
    friend = rule(["referralValid"], ["setDiscount", "Friend", 5])
    shop.open(campaign(2, summer, coupons=coupons), campaign(3, friend, referrals=referrals))
    return shop


def test_one_coupon_is_accepted_redeemed_and_given_back(update, codes):
    state = update(coupon="SUMMER10", total=10)
    assert state["event"]["effects"] == [
        [2, 21, 0, ["acceptCoupon", "SUMMER10"]],
        [2, 21, 0, ["setDiscount", "Summer", 3]],
    ]
    assert (state["coupon"]["value"], state["coupon"]["usageCounter"]) == ("SUMMER10", 0)
    assert state["event"]["meta"] == {"coupons": {"SUMMER10": {"attributes": {"channel": "mail"}}}}
    assert update(state="closed")["coupon"]["usageCounter"] == 1
    cancelled = update(state="cancelled")
    assert cancelled["event"]["effects"] == [
        [2, 21, 0, ["rollbackCoupon", "SUMMER10"]],
        [2, 21, 0, ["rollbackDiscount", "Summer", 3]],
    ]
    assert cancelled["event"]["type"] == "talon_session_revoked"
    assert cancelled["session"]["discounts"] == {}
    assert update("s-2", coupon="SUMMER10", state="closed")["coupon"]["usageCounter"] == 1


@pytest.mark.parametrize(
    ("coupon", "place", "number", "reason"),
    [("NOPE", -1, 0, "CouponNotFound"), ("EXPIRED1", 2, 2, "CouponExpired")],
)
def test_a_rejected_coupon_has_its_reason_in_the_meta(update, codes, coupon, place, number, reason):
    state = update(coupon=coupon)
    assert [one[3] for one in state["event"]["effects"]] == [["rejectCoupon", coupon]]
    assert state["event"]["effects"][0][0] == place
    expected = {"campaignId": place, "couponId": number, "reason": reason}
    assert state["event"]["meta"]["couponRejectionReason"] == expected
    assert "coupon" not in state


def test_a_referral_is_accepted_or_its_rejection_explained(update, codes):
    state = update(referral="REF-ANA1", profileId="bob")
    assert [one[3] for one in state["event"]["effects"]] == [
        ["acceptReferral", "REF-ANA1"],
        ["setDiscount", "Friend", 5],
    ]
    own = update("s-2", referral="REF-ANA1", profileId="ana")["event"]
    assert [one[3] for one in own["effects"]] == [["rejectReferral", "REF-ANA1"]]
    assert own["meta"]["referralRejectionReason"] == {
        "campaignId": 3, "referralId": 1, "reason": "ReferralRecipientIdSameAsAdvocate",
    }  # fmt: skip


def test_a_failing_rule_leaves_an_error_effect(update, shop, campaign, rule):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "A", ["/", 1, 0]])))
    ((*place, effect),) = update()["event"]["effects"]
    assert (place, effect[0], len(effect)) == ([1, 11, 0], "error", 2)


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
def test_a_session_goes_from_state_to_state(update, before, after):
    for state in WAYS[before]:
        update(state=state)
    if (before, after) in EVENTS:
        answer = update(state=after)
        assert (answer["session"]["state"], answer["event"]["type"]) == (after, EVENTS[before, after])
        return
    allowed = [f'"{state}"' for state in STATES if (before, state) in EVENTS]
    details = f"state must be one of the following: {', '.join(allowed)}" if allowed else "A cancelled session is final"
    assert update(state=after, status=400) == {
        "message": "The submitted data was invalid",
        "errors": [{"title": "enum", "details": details, "source": {"pointer": "/state"}}],
    }


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_a_finished_session_cannot_be_modified(update, state):
    update()
    update(state=state)
    update(total=20, status=400)


def test_the_documented_body_for_an_undefined_attribute(client, shop):
    response = shop.call("PUT", "/v1/customer_sessions/s-1", {"attributes": {"MyAttribute": 1}})
    assert response.status_code == 400
    assert response.content == (
        b'{"message":"The submitted data was invalid","errors":[{"title":"Unknown","details":'
        b'"The attribute \\"MyAttribute\\" is not defined on CustomerSession entities.",'
        b'"source":{"pointer":"/attributes/MyAttribute"}}]}'
    )


def test_the_documented_body_for_a_bad_state(shop):
    response = shop.call("PUT", "/v1/customer_sessions/s-1", {"state": "gone"})
    assert response.content == (
        b'{"message":"The submitted data was invalid","errors":[{"title":"enum","details":'
        b'"state must be one of the following: \\"open\\", \\"closed\\", \\"cancelled\\"",'
        b'"source":{"pointer":"/state"}}]}'
    )


@pytest.mark.parametrize(
    ("members", "title", "pointer"),
    [
        ({"total": "21"}, "type", "/total"),
        ({"total": 1e16}, "maximum", "/total"),
        ({"coupon": ["A"]}, "type", "/coupon"),
        ({"coupon": "x" * 101}, "maxLength", "/coupon"),
        ({"referral": 1}, "type", "/referral"),
        ({"identifiers": ["a"] * 6}, "maxItems", "/identifiers"),
        ({"cartItems": [{"name": "a", "sku": "b", "quantity": -1, "price": 1}]}, "minimum", "/cartItems/0/quantity"),
        ({"cartItems": [{"name": "a", "sku": "b", "quantity": 1}]}, "required", "/cartItems/0/price"),
        ({"cartItems": [{"name": "a", "sku": "b", "quantity": 1, "price": 1}] * 1001}, "maxItems", "/cartItems"),
        ({"profileId": 1}, "type", "/profileId"),
        ({"attributes": []}, "type", "/attributes"),
    ],
)
def test_a_body_that_breaks_its_schema_is_refused_without_a_status_code(update, members, title, pointer):
    body = update(status=400, **members)
    assert list(body) == ["message", "errors"]
    assert [(error["title"], error["source"]) for error in body["errors"]] == [(title, {"pointer": pointer})]


def test_all_that_is_wrong_is_told_at_once(update):
    item = {"name": "a", "sku": "b", "quantity": 1, "price": 1, "attributes": {"size": 4}}
    errors = update(status=400, attributes={"Nope": 1, "City": 2}, cartItems=[item])["errors"]
    assert [error["source"]["pointer"] for error in errors] == [
        "/attributes/Nope", "/attributes/City", "/cartItems/0/attributes/size",
    ]  # fmt: skip


def test_an_item_may_be_paid_with_points(update):
    adjustment = {"payFromLoyaltyProgram": 1, "pointPayment": 5, "remainingPrice": 2.5}
    item = {"name": "a", "sku": "b", "quantity": 1, "price": 10, "adjustment": adjustment}
    assert update(cartItems=[item])["session"]["cartItems"] == [{**item, "position": 0}]
    for bad, pointer in (({"pointPayment": 0}, "pointPayment"), ({"remainingPrice": -1}, "remainingPrice")):
        sent = {**item, "adjustment": {**adjustment, **bad}}
        (error,) = update("s-2", status=400, cartItems=[sent])["errors"]
        assert (error["title"], error["source"]["pointer"]) == ("minimum", f"/cartItems/0/adjustment/{pointer}")


def test_members_of_v2_are_not_known_here(update):
    assert update(couponCodes=["A"], additionalCosts={"nope": {"price": 1}})["session"]["coupon"] == ""


def test_both_versions_work_on_the_same_sessions(update, shop, cart):
    update(total=99, cartItems=cart(10), coupon="CODE1", profileId="ana")
    second = shop.session("s-1", "customerSession")["customerSession"]
    assert (second["total"], second["couponCodes"], second["profileId"]) == (10, ["CODE1"], "ana")
    first = update(identifiers=["a"])["session"]
    assert (first["total"], first["updateCount"], first["id"]) == (10, 3, second["id"])
    assert update(total=7)["session"]["total"] == 7


@pytest.mark.parametrize("value", ["1", "t", "T", "TRUE", "true", "True"])
def test_a_dry_run_stores_nothing(update, world, value):
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    state = update(query=f"?dry={value}", total=100.33, coupon="Cool-Summer!", state="open", profileId="ana")
    assert (state["event"]["id"], state["session"]["total"]) == (0, 100.33)
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before


def test_a_dry_run_of_a_closing_builds_on_what_is_stored(update):
    update(total=10, profileId="ana")
    state = update(query="?dry=true", state="closed")
    assert (state["session"]["total"], state["profile"]["totalSales"]) == (10, 10)
    assert update()["session"]["state"] == "open"


@pytest.mark.parametrize("value", ["maybe", ""])
def test_dry_of_anything_else_is_refused(update, value):
    body = update(query=f"?dry={value}", status=400)
    assert list(body) == ["message", "errors"]
    assert body["errors"][0]["source"] == {"parameter": "dry"}


def test_points_are_tentative_while_the_session_is_open_and_booked_when_it_closes(update, shop, campaign, rule):
    shop.open(campaign(1, rule(["and"], ["addLoyaltyPoints", "Order", 1, "", ["floor", [".", "Session", "Total"]]])))
    state = update(total=12.5, profileId="ana")
    assert state["event"]["effects"] == [[1, 11, 0, ["addLoyaltyPoints", "Order", 1, "", 12, "ana"]]]
    assert state["event"]["ledgerEntries"] == []
    ledger = state["loyalty"]["programs"]["1"]["ledger"]
    assert (ledger["currentBalance"], ledger["tentativeCurrentBalance"]) == (0, 12)
    state = update(state="closed")
    assert state["loyalty"]["programs"]["1"]["ledger"]["currentBalance"] == 12
    (entry,) = state["event"]["ledgerEntries"]
    assert (entry["amount"], entry["eventId"], entry["profileId"]) == (12, state["event"]["id"], "ana")
