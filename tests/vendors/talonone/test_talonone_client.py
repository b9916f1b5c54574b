"""The vendor's own Python client of 2026, which reads strictly, against the demo world."""

import pytest
import talon_one
from talon_one.api.integration_api import IntegrationApi
from talon_one.exceptions import BadRequestException, ConflictException, UnauthorizedException

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
