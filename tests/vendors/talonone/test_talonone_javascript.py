"""The vendor's own JavaScript client, talon_one 4.3.0, which has all eleven operations, against the demo world."""

import shutil

import pytest

from tests.vendors.talonone.driven import CLIENTS, Driven, model, values

SIGN = {"signer": 7, "key": "fefecafedeadbeef"}
PROFILE, SESSION, COUPON = "cust/1 é", "s 1", "SUMMER25%OFF"
PIZZA = {"name": "Pizza", "sku": "pz-1", "quantity": 2, "price": 10.5, "attributes": {"color": "red"}}


def call(name, *args, **more):
    return {"name": name, "args": list(args), **more}


@pytest.fixture(scope="module")
def client_process():
    node = shutil.which("node")
    if node is None or not (CLIENTS / "node_modules" / "talon_one").is_dir():
        pytest.skip("node or the npm package talon_one is not installed (./run clients)")
    driven = Driven([node, "drive_talon_one.js"], CLIENTS)
    yield driven
    driven.end()


@pytest.fixture
def drive(client_process, server, namespace):
    """What became of the calls, each as the client's caller sees it."""
    return client_process.against(f"{server.url}/ns/{namespace}/talonone")


def test_a_call_without_a_valid_key_reaches_the_caller_as_a_401(drive):
    (refused,) = drive(call("getReservedCustomers", COUPON), key="0" * 64)
    assert refused["status"] == 401
    assert refused["body"]["message"] == "Invalid API key"


def test_coupons_are_reserved_listed_and_released(drive):
    profiles = model("CouponReservations", integrationIDs=[PROFILE, "cust/2"])
    reserved, first, released, second = values(
        drive(
            call("createCouponReservation", COUPON, profiles),
            call("getReservedCustomers", COUPON),
            call("deleteCouponReservation", COUPON, model("CouponReservations", integrationIDs=["cust/2"])),
            call("getReservedCustomers", COUPON),
        )
    )
    assert (reserved["value"], reserved["campaignId"], reserved["usageCounter"]) == (COUPON, 2, 0)
    assert [profile["integrationId"] for profile in first["data"]] == [PROFILE, "cust/2"]
    assert released is None
    assert [profile["integrationId"] for profile in second["data"]] == [PROFILE]


def test_an_unknown_coupon_reaches_the_caller_as_a_404(drive):
    refused = drive(
        call("createCouponReservation", "NO/SUCH%", model("CouponReservations", integrationIDs=["a"])),
        call("getReservedCustomers", "NO/SUCH%"),
        call("deleteCouponReservation", "NO/SUCH%", model("CouponReservations", integrationIDs=["a"])),
    )
    assert [outcome["status"] for outcome in refused] == [404, 404, 404]


def test_a_referral_is_created_and_stands_in_the_inventory(drive):
    members = {
        "campaignId": 3,
        "advocateProfileIntegrationId": PROFILE,
        "friendProfileIntegrationId": "friend-9",
        "startDate": "2020-05-01T00:00:00.000Z",
        "expiryDate": "2099-12-31T23:59:59.000Z",
    }
    referral, inventory = values(
        drive(
            call("createReferral", model("NewReferral", **members)),
            call("getCustomerInventory", PROFILE, {"profile": True, "referrals": True, "coupons": True}),
        )
    )
    assert referral["code"].startswith("REF-")
    assert referral["expiryDate"] == members["expiryDate"]
    assert inventory["profile"]["integrationId"] == PROFILE
    assert [one["code"] for one in inventory["referrals"]] == [referral["code"]]
    assert inventory["coupons"] == []


def test_the_inventory_has_what_is_asked_for(drive):
    reservation = model("CouponReservations", integrationIDs=[PROFILE])
    _, nothing, coupons = values(
        drive(
            call("createCouponReservation", COUPON, reservation),
            call("getCustomerInventory", PROFILE),
            call("getCustomerInventory", PROFILE, {"profile": False, "coupons": True}),
        )
    )
    assert nothing == {}
    assert [one["value"] for one in coupons["coupons"]] == [COUPON]
    assert "profile" not in coupons


def test_the_data_of_a_customer_is_deleted(drive):
    attributes = model("NewCustomerProfile", attributes={"Name": "Ana"})
    _, deleted, inventory = values(
        drive(
            call("updateCustomerProfileV2", PROFILE, attributes),
            call("deleteCustomerData", PROFILE),
            call("getCustomerInventory", PROFILE, {"profile": True}),
        )
    )
    assert deleted is None
    assert inventory["profile"]["attributes"] == {}
    (refused,) = drive(call("deleteCustomerData", "no/body"))
    assert refused["status"] == 404


def test_a_profile_is_updated_in_the_form_of_either_version(drive):
    attributes = model(
        "NewCustomerProfile", attributes={"Email": "a@example.com", "SignupDate": "2020-01-02T03:04:05Z"}
    )
    first, second = values(
        drive(
            call("updateCustomerProfile", PROFILE, attributes, {"dry": False}),
            call("updateCustomerProfileV2", PROFILE, model("NewCustomerProfile", attributes={"Name": "Ana"})),
        )
    )
    assert first["profile"]["attributes"] == attributes["value"]["attributes"]
    assert first["event"]["type"] == "talon_profile_created"
    assert first["session"]["state"] == "open"
    assert second["customerProfile"]["attributes"] == {**attributes["value"]["attributes"], "Name": "Ana"}


def test_an_event_is_tracked_or_tried(drive):
    event = model("NewEvent", type="viewed_page", attributes={"URL": "/"}, sessionId=SESSION, profileId=PROFILE)
    tried, tracked = values(drive(call("trackEvent", event, {"dry": True}), call("trackEvent", event)))
    assert tried["event"]["type"] == tracked["event"]["type"] == "viewed_page"
    assert tracked["event"]["attributes"] == {"URL": "/"}
    assert (tracked["session"]["integrationId"], tracked["profile"]["integrationId"]) == (SESSION, PROFILE)
    assert tracked["event"]["id"] > 0


def test_a_session_of_the_first_version_goes_from_open_to_cancelled(drive):
    session = {
        "profileId": PROFILE,
        "coupon": COUPON,
        "referral": "",
        "state": "open",
        "cartItems": [PIZZA],
        "identifiers": ["91.11.156.141"],
        "total": 21,
        "attributes": {"ShippingCity": "Berlin"},
    }
    opened, closed, cancelled = values(
        drive(
            call("updateCustomerSession", SESSION, model("NewCustomerSession", **session)),
            call("updateCustomerSession", SESSION, model("NewCustomerSession", state="closed")),
            call("updateCustomerSession", SESSION, model("NewCustomerSession", state="cancelled")),
        )
    )
    names = [effect[3][0] for effect in opened["event"]["effects"]]
    assert names == ["acceptCoupon", "setDiscount"]
    assert opened["event"]["effects"][1] == [2, 21, 0, ["setDiscount", "Summer discount", 6.3]]
    assert opened["session"]["discounts"] == {"Summer discount": 6.3}
    assert (opened["session"]["coupon"], opened["session"]["total"]) == (COUPON, 21)
    assert closed["profile"]["closedSessions"] == 1
    assert ["rollbackCoupon", COUPON] in [effect[3] for effect in cancelled["event"]["effects"]]


def test_a_session_of_the_second_version_answers_with_what_is_asked_for(drive):
    session = {
        "profileId": PROFILE,
        "couponCodes": [COUPON, "NOPE"],
        "referralCode": "REF-ANA1",
        "cartItems": [{**PIZZA, "quantity": 10}],
        "additionalCosts": {"shipping": {"price": 5}},
        "identifiers": ["dev-1"],
        "attributes": {"ShippingCity": "Berlin"},
    }
    content = ["customerSession", "customerProfile", "coupons", "triggeredCampaigns", "referral", "loyalty", "event"]
    request = model("IntegrationRequest", customerSession=session, responseContent=content)
    closing = model("IntegrationRequest", customerSession={"state": "closed"}, responseContent=content)
    tried, answer, closed = values(
        drive(
            call("updateCustomerSessionV2", SESSION, request, {"dry": True}),
            call("updateCustomerSessionV2", SESSION, request),
            call("updateCustomerSessionV2", SESSION, closing),
        )
    )
    assert tried["effects"] == answer["effects"]
    assert [(one["effectType"], one["props"].get("value")) for one in answer["effects"]] == [
        ("setDiscount", 11),
        ("acceptCoupon", COUPON),
        ("setDiscount", 29.7),
        ("acceptReferral", "REF-ANA1"),
        ("setDiscount", 5),
        ("addFreeItem", None),
        ("rejectCoupon", "NOPE"),
    ]
    assert answer["customerSession"]["total"] == 110
    assert closed["customerProfile"]["closedSessions"] == 1
    assert [one["value"] for one in closed["coupons"]] == [COUPON]
    assert closed["referral"]["code"] == "REF-ANA1"
    assert [one["id"] for one in closed["triggeredCampaigns"]] == [1, 2, 3, 4, 6]
    assert closed["loyalty"]["programs"]["1"]["ledger"]["currentBalance"] == 64


def test_errors_reach_the_caller_as_they_are_documented(drive):
    wrong = model("NewCustomerProfile", attributes={"MyAttribute": 1, "Name": False})
    unknown, closed, other = drive(
        call("updateCustomerProfileV2", PROFILE, wrong),
        call("updateCustomerSession", SESSION, model("NewCustomerSession", state="paid")),
        call("updateCustomerSession", SESSION, model("NewCustomerSession", attributes={"MyAttribute": 1})),
    )
    assert unknown["status"] == closed["status"] == other["status"] == 400
    assert unknown["body"]["message"] == "The submitted data was invalid"
    assert unknown["body"]["errors"] == [
        {
            "title": "Unknown",
            "details": 'The attribute "MyAttribute" is not defined on CustomerProfile entities.',
            "source": {"pointer": "/attributes/MyAttribute"},
        },
        {
            "title": "Invalid type",
            "details": 'Value of "Name" attribute (false) is not a string',
            "source": {"pointer": "/attributes/Name"},
        },
    ]
    assert closed["body"]["errors"] == [
        {
            "title": "enum",
            "details": 'state must be one of the following: "open", "closed", "cancelled"',
            "source": {"pointer": "/state"},
        }
    ]
    assert other["body"]["errors"][0]["source"] == {"pointer": "/attributes/MyAttribute"}


def test_a_signature_is_enough_for_the_first_version(drive):
    event = model("NewEvent", type="viewed_page", attributes={"URL": "é"}, sessionId=SESSION, profileId=PROFILE)
    calls = [
        call("trackEvent", event, sign=SIGN),
        call("updateCustomerProfile", PROFILE, model("NewCustomerProfile", attributes={"Name": "Zoë"}), sign=SIGN),
        call("getCustomerInventory", PROFILE, {"profile": True}, sign=SIGN),
        call("deleteCustomerData", PROFILE, sign=SIGN),
    ]
    values(drive(*calls, key=None))


def test_a_wrong_signature_reaches_the_caller_as_documented(drive):
    profile = model("NewCustomerProfile", attributes={"Name": "Ana"})
    wrong, second = drive(
        call("updateCustomerProfile", PROFILE, profile, sign={**SIGN, "key": "deadbeefdeadbeef"}),
        call("updateCustomerProfileV2", PROFILE, profile, sign=SIGN),
        key=None,
    )
    assert wrong == {"status": 400, "body": {"message": "HMAC signature mismatch."}}
    assert second["status"] == 401


def test_a_valid_key_is_enough_whatever_the_signature_says(drive):
    profile = model("NewCustomerProfile", attributes={"Name": "Ana"})
    values(drive(call("updateCustomerProfile", PROFILE, profile, sign={**SIGN, "key": "deadbeefdeadbeef"})))
