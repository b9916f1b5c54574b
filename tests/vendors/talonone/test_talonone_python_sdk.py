"""The vendor's own Python client talon-one-python-sdk 9.0.0, every operation that it has of those emulated.

It insists on all members that its models require, also in those of an inventory.
"""

import os
import sys

import pytest

from tests.vendors.talonone.driven import CLIENTS, Driven, model, values

INSTALLED = CLIENTS / "python" / "talon-one-python-sdk"
PROFILE, SESSION, COUPON = "cust/1 é", "s 1", "SUMMER25%OFF"
PIZZA = {"name": "Pizza", "sku": "pz-1", "quantity": 10, "price": 10.5, "attributes": {"color": "red"}}
CONTENT = [
    "customerSession", "customerProfile", "coupons", "triggeredCampaigns", "referral", "loyalty", "event",
    "ruleFailureReasons", "awardedGiveaways", "previousReturns",
]  # fmt: skip


def call(name, *args, **options):
    return {"name": name, "args": list(args), "options": options}


def update(session=None, content=(), **options):
    request = model("IntegrationRequest", customerSession=session or {}, responseContent=list(content))
    return call("update_customer_session_v2", SESSION, request, **options)


@pytest.fixture(scope="module")
def client_process():
    if not (INSTALLED / "talon_one").is_dir():
        pytest.skip("talon-one-python-sdk is not installed (./run clients)")
    driven = Driven(
        [sys.executable, "drive_talon_one.py"], CLIENTS / "python", {**os.environ, "PYTHONPATH": str(INSTALLED)}
    )
    yield driven
    driven.end()


@pytest.fixture
def drive(client_process, server, namespace):
    """What became of the calls, each as the client's caller sees it."""
    return client_process.against(f"{server.url}/ns/{namespace}/talonone")


def test_a_call_without_a_valid_key_raises_a_401(drive):
    (refused,) = drive(update(), key="0" * 64)
    assert refused["status"] == 401
    assert refused["body"]["message"] == "Invalid API key"


def test_coupons_are_reserved_listed_and_released(drive):
    profiles = model("CouponReservations", integrationIDs=[PROFILE, "cust/2"])
    reserved, first, released, second = values(
        drive(
            call("create_coupon_reservation", COUPON, profiles),
            call("get_reserved_customers", COUPON),
            call("delete_coupon_reservation", COUPON, model("CouponReservations", integrationIDs=["cust/2"])),
            call("get_reserved_customers", COUPON),
        )
    )
    assert (reserved["value"], reserved["usageLimit"], reserved["reservationCounter"]) == (COUPON, 0, 2)
    assert [profile["integrationId"] for profile in first["data"]] == [PROFILE, "cust/2"]
    assert released is None
    assert [profile["integrationId"] for profile in second["data"]] == [PROFILE]


def test_an_inventory_is_read_with_what_the_client_requires_of_it(drive):
    referral = model("NewReferral", campaignId=3, advocateProfileIntegrationId=PROFILE, usageLimit=2)
    created, _, inventory, nothing = values(
        drive(
            call("create_referral", referral),
            call("create_coupon_reservation", COUPON, model("CouponReservations", integrationIDs=[PROFILE])),
            call("get_customer_inventory", PROFILE, profile=True, referrals=True, coupons=True, loyalty=True),
            call("get_customer_inventory", PROFILE, profile=False, referrals=False, coupons=False),
        )
    )
    assert created["usageLimit"] == 2
    assert inventory["profile"]["id"] > 0
    assert [(one["code"], one["referredCustomers"]) for one in inventory["referrals"]] == [(created["code"], [])]
    (coupon,) = inventory["coupons"]
    assert (coupon["value"], coupon["state"], coupon["profileRedemptionCount"]) == (COUPON, "active", 0)
    assert nothing == {}


def test_the_data_of_a_customer_is_deleted(drive):
    profile = model("CustomerProfileIntegrationRequestV2", attributes={"Name": "Ana"})
    updated, deleted, inventory = values(
        drive(
            call("update_customer_profile_v2", PROFILE, profile),
            call("delete_customer_data", PROFILE),
            call("get_customer_inventory", PROFILE, profile=True),
        )
    )
    assert updated["customerProfile"]["attributes"] == {"Name": "Ana"}
    assert (updated["effects"], updated["createdCoupons"], updated["createdReferrals"]) == ([], [], [])
    assert deleted is None
    assert inventory["profile"]["attributes"] == {}


def test_rules_run_for_a_profile_where_that_is_asked_for(drive):
    profile = model(
        "CustomerProfileIntegrationRequestV2", attributes={"Name": "Ana"}, responseContent=["customerProfile"]
    )
    tried, updated = values(
        drive(
            call("update_customer_profile_v2", PROFILE, profile, run_rule_engine=True, dry=True),
            call("update_customer_profile_v2", PROFILE, profile, run_rule_engine=True, dry=False),
        )
    )
    assert tried["customerProfile"]["attributes"] == updated["customerProfile"]["attributes"] == {"Name": "Ana"}


def test_a_session_is_opened_closed_reopened_returned_and_read(drive):
    session = {
        "profileId": PROFILE,
        "couponCodes": [COUPON, "NOPE"],
        "referralCode": "REF-ANA1",
        "cartItems": [PIZZA],
        "additionalCosts": {"shipping": {"price": 5}},
        "identifiers": ["dev-1"],
        "attributes": {"ShippingCity": "Berlin"},
    }
    returned = model(
        "ReturnIntegrationRequest",
        responseContent=["customerSession"],
        **{"return": {"returnedCartItems": [{"position": 0, "quantity": 4}]}},
    )
    tried, opened, closed, reopened, again, back, read = values(
        drive(
            update(session, CONTENT, dry=True),
            update(session, CONTENT),
            update({"state": "closed"}, CONTENT),
            call("reopen_customer_session", SESSION),
            update({"state": "closed"}, CONTENT),
            call("return_cart_items", SESSION, returned),
            call("get_customer_session", SESSION),
        )
    )  # fmt: skip
    assert [one["effectType"] for one in tried["effects"]] == [one["effectType"] for one in opened["effects"]] == [
        "setDiscount", "acceptCoupon", "setDiscount", "acceptReferral", "setDiscount", "addFreeItem", "rejectCoupon",
    ]  # fmt: skip
    assert (opened["customerSession"]["total"], opened["customerSession"]["state"]) == (110, "open")
    assert closed["coupons"][0]["profileRedemptionCount"] == 1
    assert closed["referral"]["referredCustomers"] == [PROFILE]
    assert closed["customerProfile"]["closedSessions"] == again["customerProfile"]["closedSessions"] == 1
    assert "rollbackCoupon" in [one["effectType"] for one in reopened["effects"]]
    assert back["customerSession"]["state"] == "partially_returned"
    assert read["customerSession"]["cartItems"][0]["returnedQuantity"] == 4


def test_an_event_of_the_second_version_is_tracked_or_tried(drive):
    """Not in silence: the client cannot read the documented 204 without a body."""
    event = model("IntegrationEventV2Request", profileId=PROFILE, type="viewed_page", attributes={"URL": "/"})
    tracked, tried = values(
        drive(call("track_event_v2", event, silent="no"), call("track_event_v2", event, silent="no", dry=True))
    )
    assert tracked["effects"] == tried["effects"] == []


@pytest.mark.parametrize(
    ("failing", "status", "message"),
    [
        (update({"attributes": {"Nope": 1}}), 400, "The submitted data was invalid"),
        (update({"cartItems": [{**PIZZA, "quantity": 10_001}]}), 400, "The submitted data was invalid"),
        (call("get_customer_inventory", "no/body", profile=True), 404, None),
        (call("delete_customer_data", "no/body"), 404, None),
        (call("get_reserved_customers", "NO/SUCH%"), 404, None),
        (call("get_customer_session", "no/session"), 404, None),
    ],
)
def test_a_refusal_reaches_the_caller_with_status_and_body(drive, failing, status, message):
    (refused,) = drive(failing)
    assert refused["status"] == status
    assert message is None or refused["body"]["message"] == message


def test_what_is_not_emulated_says_so(drive):
    (refused,) = drive(call("get_loyalty_balances", 1, PROFILE))
    assert refused["status"] == 501
