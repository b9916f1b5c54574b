"""The vendor's own Python client of 2026, which reads strictly, against the demo world."""

import pytest
import talon_one
from talon_one.api.integration_api import IntegrationApi
from talon_one.exceptions import BadRequestException, ConflictException, NotFoundException, UnauthorizedException

KEY = "d1c2b3a4" * 8


def connect(server, namespace, key=KEY):
    configuration = talon_one.Configuration(
        host=f"{server.url}/ns/{namespace}/talonone",
        api_key={"api_key_v1": key},
        api_key_prefix={"api_key_v1": "ApiKey-v1"},
    )
    return talon_one.ApiClient(configuration)


@pytest.fixture
def api(server, namespace):
    with connect(server, namespace) as client:
        yield IntegrationApi(client)


def update(api, number, dry=None, content=(), **members):
    session = talon_one.NewCustomerSessionV2.from_dict(members)
    request = talon_one.IntegrationRequest(customerSession=session, responseContent=list(content))
    return api.update_customer_session_v2(number, request, dry=dry)


def test_the_client_is_refused_without_a_valid_key(server, namespace):
    with connect(server, namespace, "0" * 64) as client, pytest.raises(UnauthorizedException) as caught:
        update(IntegrationApi(client), "s-1")
    assert caught.value.data.message == "Invalid API key"
    assert caught.value.data.status_code == 401


CONTENT = [
    "customerSession", "customerProfile", "coupons", "triggeredCampaigns", "referral", "loyalty", "event",
    "ruleFailureReasons", "awardedGiveaways", "previousReturns",
]  # fmt: skip
ITEM = {"name": "Trail Shoe", "sku": "shoe-1", "quantity": 2, "price": 49.99, "attributes": {"color": "red"}}


def test_the_client_reads_a_session_with_everything_in_it(api):
    members = {
        "profileId": "cust/1 é",
        "couponCodes": ["SUMMER25%OFF", "NOPE"],
        "referralCode": "REF-ANA1",
        "cartItems": [ITEM],
        "additionalCosts": {"shipping": {"price": 4.99}},
        "identifiers": ["dev-1"],
        "attributes": {"ShippingCity": "Berlin"},
    }
    opened = update(api, "s/1 é", content=CONTENT, **members)
    assert opened.customer_session.integration_id == "s/1 é"
    assert opened.customer_session.total == 104.97
    assert opened.customer_session.update_count == 1
    closed = update(api, "s/1 é", content=CONTENT, state="closed")
    assert closed.customer_profile.closed_sessions == 1
    assert [coupon.value for coupon in closed.coupons] == ["SUMMER25%OFF"]
    assert closed.coupons[0].profile_redemption_count == 1
    assert closed.referral.referred_customers == ["cust/1 é"]
    assert [campaign.id for campaign in closed.triggered_campaigns] == [1, 2, 3, 6]
    assert closed.event.type == "talon_session_closed"
    assert closed.rule_failure_reasons[0].campaign_id == 4
    types = [effect.effect_type for effect in closed.effects]
    assert types == [
        "setDiscount", "acceptCoupon", "setDiscount", "acceptReferral", "redeemReferral", "setDiscount",
        "addLoyaltyPoints", "rejectCoupon",
    ]  # fmt: skip
    assert [effect.effect_type for effect in update(api, "s/1 é", state="cancelled").effects][1] == "rollbackCoupon"


def test_the_client_makes_a_dry_run(api):
    update(api, "s-1", dry=True, cartItems=[ITEM])
    assert update(api, "s-1", content=["customerSession"]).customer_session.total == 0


def test_the_client_updates_a_profile(api):
    request = talon_one.CustomerProfileIntegrationRequestV2(attributes={"Email": "a@example.com"})
    answer = api.update_customer_profile_v2("cust 1", request)
    assert answer.customer_profile.integration_id == "cust 1"
    assert answer.customer_profile.attributes == {"Email": "a@example.com"}
    assert (answer.effects, answer.created_coupons, answer.created_referrals) == ([], [], [])


def test_the_client_reads_a_refusal(api):
    with pytest.raises(BadRequestException) as caught:
        update(api, "s-1", attributes={"Nope": 1})
    assert caught.value.data.message == "The submitted data was invalid"
    assert caught.value.data.errors[0].source.pointer == "/customerSession/attributes/Nope"


def test_the_client_reads_a_conflict_that_was_asked_for(api):
    api.api_client.default_headers["X-Emulator-Fault"] = "too_many_requests_for_session"
    with pytest.raises(ConflictException) as caught:
        update(api, "s-1")
    assert caught.value.data.message == "Too many requests are updating this session at the same time"


COUPON, PROFILE = "SUMMER25%OFF", "cust/1 é"


def test_the_client_reserves_lists_and_releases(api):
    both = talon_one.CouponReservations(integrationIDs=[PROFILE, "cust/2"])
    reserved = api.create_coupon_reservation(COUPON, both)
    assert (reserved.value, reserved.reservation_counter) == (COUPON, 2)
    assert [one.integration_id for one in api.get_reserved_customers(COUPON).data] == [PROFILE, "cust/2"]
    api.delete_coupon_reservation(COUPON, talon_one.CouponReservations(integrationIDs=["cust/2"]))
    assert [one.integration_id for one in api.get_reserved_customers(COUPON).data] == [PROFILE]


def test_the_client_reads_an_inventory_and_deletes_a_customers_data(api):
    update_profile = talon_one.CustomerProfileIntegrationRequestV2(attributes={"Name": "Ana"})
    api.update_customer_profile_v2(PROFILE, update_profile)
    created = api.create_referral(talon_one.NewReferral(campaignId=3, advocateProfileIntegrationId=PROFILE))
    api.create_coupon_reservation(COUPON, talon_one.CouponReservations(integrationIDs=[PROFILE]))
    inventory = api.get_customer_inventory(PROFILE, profile=True, referrals=True, coupons=True, loyalty=True)
    assert inventory.profile.attributes == {"Name": "Ana"}
    assert [(one.code, one.referred_customers) for one in inventory.referrals] == [(created.code, [])]
    assert [(one.value, one.state, one.profile_redemption_count) for one in inventory.coupons] == [
        (COUPON, "active", 0)
    ]
    api.delete_customer_data(PROFILE)
    assert api.get_customer_inventory(PROFILE, profile=True).profile.attributes == {}


def test_the_client_tracks_events_aloud_and_in_silence(api):
    event = talon_one.IntegrationEventV2Request(profileId=PROFILE, type="viewed_page", attributes={"URL": "/"})
    assert api.track_event_v2(event, silent="no").effects == []
    assert api.track_event_v2(event, silent="no", dry=True).effects == []
    api.track_event_v2(event)


def test_the_client_closes_reopens_returns_and_reads_a_session(api):
    update(api, "s/1 é", profileId=PROFILE, couponCodes=[COUPON], cartItems=[{**ITEM, "quantity": 5}], state="closed")
    assert "rollbackCoupon" in [effect.effect_type for effect in api.reopen_customer_session("s/1 é").effects]
    update(api, "s/1 é", state="closed")
    items = talon_one.NewReturn.from_dict({"returnedCartItems": [{"position": 0, "quantity": 2}]})
    request = talon_one.ReturnIntegrationRequest(**{"return": items, "responseContent": ["customerSession"]})
    assert api.return_cart_items("s/1 é", request).customer_session.state == "partially_returned"
    read = api.get_customer_session("s/1 é")
    assert read.customer_session.cart_items[0].returned_quantity == 2
    assert read.customer_session.update_count > 1


@pytest.mark.parametrize(
    "unknown",
    [
        lambda api: api.get_reserved_customers("NO/SUCH%"),
        lambda api: api.get_customer_inventory("no/body", profile=True),
        lambda api: api.delete_customer_data("no/body"),
        lambda api: api.get_customer_session("no/session"),
    ],
)
def test_the_client_raises_not_found_for_what_does_not_exist(api, unknown):
    with pytest.raises(NotFoundException):
        unknown(api)
