"""What a profile has."""

import pytest

from emulator.vendors.talonone.tables import COUPONS_OF_PROFILE

OTHER_KEY = "cd" * 32
PARTS = ["profile", "referrals", "coupons", "loyalty", "giveaways", "achievements"]


def inventory(shop, number="ana", *parts, **options):
    response = shop.call(
        "GET", f"/v1/customer_profiles/{number}/inventory", params=dict.fromkeys(parts, "true"), **options
    )
    assert response.status_code == 200, response.text
    return response.json()


def reserve(shop, code, *profiles):
    return shop.call("POST", f"/v1/coupon_reservations/{code}", {"integrationIDs": list(profiles)})


def test_nothing_asked_for_is_an_empty_object(shop):
    shop.profile("ana")
    response = shop.call("GET", "/v1/customer_profiles/ana/inventory")
    assert (response.status_code, response.content) == (200, b"{}")


EMPTY = {"referrals": [], "coupons": [], "loyalty": {"programs": {}}, "giveaways": [], "achievements": []}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_there_where_it_is_asked_for_even_if_it_is_empty(shop, part):
    shop.profile("ana")
    answer = inventory(shop, "ana", part)
    assert list(answer) == [part]
    assert part == "profile" or answer[part] == EMPTY[part]


def test_all_parts_at_once(shop):
    shop.profile("ana")
    assert list(inventory(shop, "ana", *PARTS)) == PARTS


def test_false_is_not_asked_for(shop):
    shop.profile("ana")
    path = "/v1/customer_profiles/ana/inventory?profile=True&referrals=False&coupons=0"
    assert list(shop.call("GET", path).json()) == ["profile"]


@pytest.mark.parametrize("value", ["1", "t", "T", "TRUE", "true", "True"])
def test_a_part_is_asked_for_in_every_spelling(shop, value):
    shop.profile("ana")
    assert shop.call("GET", f"/v1/customer_profiles/ana/inventory?coupons={value}").json() == {"coupons": []}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", ["yes", "", "2", "tRue"])
def test_a_part_of_anything_else_is_refused(shop, part, value):
    shop.profile("ana")
    response = shop.call("GET", f"/v1/customer_profiles/ana/inventory?{part}={value}")
    assert response.status_code == 400
    assert response.json() == {
        "message": "The submitted data was invalid",
        "errors": [
            {
                "title": "type",
                "details": f'Invalid type. Expected: boolean, given: "{value}"',
                "source": {"parameter": part},
            }
        ],
        "StatusCode": 400,
    }


@pytest.mark.parametrize(("path", "number"), [("ana", "ana"), ("cust%2F1%20%C3%A9", "cust/1 é"), ("%7Bid%7D", "{id}")])
def test_an_unknown_profile_is_404(shop, path, number):
    response = shop.call("GET", f"/v1/customer_profiles/{path}/inventory?profile=true")
    assert response.status_code == 404
    assert response.json() == {
        "message": "Not Found",
        "errors": [
            {
                "title": "Not Found",
                "details": f'There is no profile "{number}".',
                "source": {"resource": f"/v1/customer_profiles/{path}/inventory"},
            }
        ],
        "StatusCode": 404,
    }


def test_the_profile_is_the_one_that_updates_answer(shop):
    profile = shop.profile("ana", Name="Ana")
    assert inventory(shop, "ana", "profile") == {"profile": profile}


@pytest.fixture
def wallet(shop, campaign, rule):
    """Ana has reserved, redeemed and been given coupons."""
    coupons = [
        {"value": "RESERVED"},
        {"value": "REDEEMED"},
        {"value": "PERSONAL", "recipientIntegrationId": "ana"},
        {"value": "FORALL", "implicitlyReserved": True},
        {"value": "NOTHERS"},
        {"value": "OTHERS", "recipientIntegrationId": "bob"},
    ]
    shop.open(campaign(1, rule(["couponValid"]), coupons=coupons))
    reserve(shop, "RESERVED", "ana")
    shop.session("s-1", profileId="ana", couponCodes=["REDEEMED"], state="closed")
    shop.session("s-2", profileId="ana", couponCodes=["NOTHERS"])
    return shop


@pytest.mark.proves("talonone.operation.getCustomerInventory", "talonone.inventory")
def test_coupons_are_those_reserved_redeemed_received_or_for_everybody(wallet):
    found = inventory(wallet, "ana", "coupons")["coupons"]
    assert [(one["value"], one["state"], one["profileRedemptionCount"]) for one in found] == [
        ("RESERVED", "active", 0),
        ("REDEEMED", "active", 1),
        ("PERSONAL", "active", 0),
        ("FORALL", "active", 0),
    ]
    assert [one["reservationCounter"] for one in found] == [1, 0, 0, 0]
    assert found[2]["recipientIntegrationId"] == "ana"
    assert found[3]["implicitlyReserved"] is True


def test_a_coupon_that_is_held_in_several_ways_is_listed_once(wallet):
    reserve(wallet, "PERSONAL", "ana")
    wallet.session("s-3", profileId="ana", couponCodes=["PERSONAL", "RESERVED"], state="closed")
    found = inventory(wallet, "ana", "coupons")["coupons"]
    assert [(one["value"], one["profileRedemptionCount"]) for one in found] == [
        ("RESERVED", 1), ("REDEEMED", 1), ("PERSONAL", 1), ("FORALL", 0),
    ]  # fmt: skip


def test_a_redemption_that_is_taken_back_leaves_the_wallet(wallet):
    wallet.session("s-1", state="cancelled")
    assert "REDEEMED" not in [one["value"] for one in inventory(wallet, "ana", "coupons")["coupons"]]


def test_the_wallet_of_another_application_is_apart(wallet):
    assert inventory(wallet, "ana", "coupons", key=OTHER_KEY) == {"coupons": []}


@pytest.mark.parametrize(
    ("coupon", "members", "redeemed", "state"),
    [
        ({}, {}, False, "active"),
        ({}, {}, True, "active"),
        ({"usageLimit": 1}, {}, False, "active"),
        ({"usageLimit": 1}, {}, True, "used"),
        ({"usageLimit": 1, "usageCounter": 1}, {}, False, "used"),
        ({"expiryDate": "2026-01-06"}, {}, False, "expired"),
        ({"expiryDate": "2026-01-06"}, {}, True, "used"),
        ({"startDate": "2026-02-01"}, {}, False, "pending"),
        ({"startDate": "2026-02-01", "usageLimit": 1, "usageCounter": 1}, {}, False, "pending"),
        ({}, {"state": "disabled"}, False, "disabled"),
        ({}, {"state": "archived"}, False, "disabled"),
        ({"expiryDate": "2026-01-06"}, {"state": "disabled"}, False, "disabled"),
        ({}, {"startTime": "2027-01-01"}, False, "active"),
        ({}, {"endTime": "2026-01-01"}, False, "active"),
    ],
)
@pytest.mark.proves("talonone.inventory_states")
def test_the_state_of_a_coupon(client, shop, campaign, rule, world, coupon, members, redeemed, state):
    shop.open(campaign(1, rule(["couponValid"]), coupons=[{"value": "CODE1", **coupon}], **members))
    world.clock.set("frozen", 1_767_603_600_000_000)  # 2026-01-05T09:00:00Z
    reserve(shop, "CODE1", "ana")
    if redeemed:
        shop.session(profileId="ana", couponCodes=["CODE1"], state="closed")
    world.clock.advance(86_400_000_000)
    (found,) = inventory(shop, "ana", "coupons")["coupons"]
    assert (found["state"], found["profileRedemptionCount"]) == (state, int(redeemed))


def test_referrals_are_those_of_the_advocate_with_their_customers(shop, campaign, rule):
    referrals = [
        {"code": "REF-ANA1", "advocateProfileIntegrationId": "ana"},
        {"code": "REF-BOB1", "advocateProfileIntegrationId": "bob", "friendProfileIntegrationId": "ana"},
        {"code": "REF-ANA2", "advocateProfileIntegrationId": "ana", "attributes": {"source": "mail"}},
    ]
    shop.open(campaign(1, rule(["referralValid"]), referrals=referrals), profiles=[{"integrationId": "ana"}])
    for friend in ("zoe", "eve"):
        shop.session("s-" + friend, profileId=friend, referralCode="REF-ANA1", state="closed")
    found = inventory(shop, "ana", "referrals")["referrals"]
    assert [(one["code"], one["referredCustomers"], one["usageCounter"]) for one in found] == [
        ("REF-ANA1", ["zoe", "eve"], 2),
        ("REF-ANA2", [], 0),
    ]
    assert [one["attributes"] for one in found] == [{}, {"source": "mail"}]
    assert inventory(shop, "ana", "referrals", key=OTHER_KEY) == {"referrals": []}


def test_reading_an_inventory_changes_nothing(wallet, world):
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    inventory(wallet, "ana", *PARTS)
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before


def test_a_wallet_is_found_without_looking_at_all_coupons(shop, world):
    plan = world.store.plan(COUPONS_OF_PROFILE, application_id=7, profile_id="ana")
    assert not [line for line in plan if line.startswith("SCAN") and "SUBQUERY" not in line], plan
