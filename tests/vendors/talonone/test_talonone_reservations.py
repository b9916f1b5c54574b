"""Reservations of coupons: made, listed, taken back."""

import pytest

KEY = "ab" * 32
OTHER_KEY = "cd" * 32


@pytest.fixture
def campaigns(campaign, rule):
    coupons = [
        {"value": "SUMMER10", "attributes": {"channel": "mail"}},
        {"value": "SUMMER 10"},
        {"value": "SUMMER25%OFF"},
        {"value": "a/b/c"},
        {"value": "Größe 1 🎈"},
        {"value": "customerprofiles"},
        {"value": "EXPIRED1", "expiryDate": "2020-01-01"},
        {"value": "FUTURE01", "startDate": "2099-01-01"},
        {"value": "USEDUP01", "usageLimit": 1, "usageCounter": 1},
        {"value": "HARDRES1", "reservation": False, "reservationLimit": 1},
    ]
    return [campaign(1, rule(["couponValid"]), coupons=coupons), campaign(2, state="disabled")]


@pytest.fixture
def coupons(shop, campaigns):
    shop.open(*campaigns)
    return shop


def reserve(shop, path, *profiles, **options):
    return shop.call("POST", f"/v1/coupon_reservations/{path}", {"integrationIDs": list(profiles)}, **options)


def release(shop, path, *profiles, **options):
    return shop.call("DELETE", f"/v1/coupon_reservations/{path}", {"integrationIDs": list(profiles)}, **options)


def holders(shop, path, **options):
    response = shop.call("GET", f"/v1/coupon_reservations/customerprofiles/{path}", **options)
    assert response.status_code == 200, response.text
    body = response.json()
    assert list(body) == ["totalResultSize", "data"]
    assert body["totalResultSize"] == len(body["data"])
    return [profile["integrationId"] for profile in body["data"]]


@pytest.mark.proves("talonone.operation.createCouponReservation")
def test_a_reservation_answers_201_with_the_coupon(coupons, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    response = reserve(coupons, "SUMMER10", "cust 1", "cust/2")
    assert response.status_code == 201
    body = response.json()
    assert body.pop("created")
    assert body == {
        "id": 1,
        "campaignId": 1,
        "value": "SUMMER10",
        "usageLimit": 0,
        "usageCounter": 0,
        "discountCounter": 0,
        "reservationCounter": 2,
        "attributes": {"channel": "mail"},
        "reservation": True,
        "isReservationMandatory": False,
    }


@pytest.mark.proves("talonone.operation.getReservedCustomers", "talonone.reservations")
def test_holders_are_listed_in_the_order_of_their_reservations(coupons):
    assert holders(coupons, "SUMMER10") == []
    reserve(coupons, "SUMMER10", "zoe", "ana")
    reserve(coupons, "SUMMER10", "bob", "ana")
    assert holders(coupons, "SUMMER10") == ["zoe", "ana", "bob"]


def test_a_profile_reserves_once(coupons):
    assert reserve(coupons, "SUMMER10", "ana", "ana").json()["reservationCounter"] == 1
    assert reserve(coupons, "SUMMER10", "ana").json()["reservationCounter"] == 1


def test_unknown_profiles_are_created_empty(coupons):
    reserve(coupons, "SUMMER10", "new")
    profile = coupons.call("GET", "/v1/customer_profiles/new/inventory?profile=1").json()["profile"]
    assert (profile["id"], profile["attributes"], profile["closedSessions"]) == (1, {}, 0)


def test_a_reservation_is_no_activity_of_the_profile(coupons, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    coupons.profile("ana", Name="Ana")
    world.clock.advance(60_000_000)
    reserve(coupons, "SUMMER10", "ana")
    profile = coupons.call("GET", "/v1/customer_profiles/ana/inventory?profile=1").json()["profile"]
    assert profile["lastActivity"] == "2026-01-05T09:00:00Z"
    assert profile["attributes"] == {"Name": "Ana"}


@pytest.mark.parametrize("code", ["EXPIRED1", "FUTURE01", "USEDUP01", "HARDRES1"])
@pytest.mark.proves("talonone.reservations")
def test_a_coupon_can_be_reserved_whatever_its_dates_and_limits(coupons, code):
    assert reserve(coupons, code, "ana", "bob").json()["reservationCounter"] == 2


@pytest.mark.proves("talonone.operation.deleteCouponReservation")
def test_a_release_answers_204_with_nothing_and_ignores_who_holds_nothing(coupons):
    reserve(coupons, "SUMMER10", "ana", "bob", "zoe")
    response = release(coupons, "SUMMER10", "ana", "zoe", "nobody")
    assert (response.status_code, response.content) == (204, b"")
    assert holders(coupons, "SUMMER10") == ["bob"]
    assert release(coupons, "SUMMER10", "ana").status_code == 204
    assert "nobody" not in str(coupons.call("GET", "/v1/customer_profiles/nobody/inventory").json().get("profile"))


def test_reservations_of_one_coupon_are_not_those_of_another(coupons):
    reserve(coupons, "SUMMER10", "ana")
    reserve(coupons, "EXPIRED1", "ana")
    release(coupons, "SUMMER10", "ana")
    assert (holders(coupons, "SUMMER10"), holders(coupons, "EXPIRED1")) == ([], ["ana"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("SUMMER%2010", "SUMMER 10"),
        ("SUMMER25%25OFF", "SUMMER25%OFF"),
        ("a%2Fb%2Fc", "a/b/c"),
        ("Gr%C3%B6%C3%9Fe%201%20%F0%9F%8E%88", "Größe 1 🎈"),
        ("customerprofiles", "customerprofiles"),
    ],
)
def test_a_code_is_decoded_once(coupons, path, value):
    assert reserve(coupons, path, "ana").json()["value"] == value
    assert holders(coupons, path) == ["ana"]
    assert release(coupons, path, "ana").status_code == 204
    assert holders(coupons, path) == []


def test_a_coupon_named_like_the_path_can_be_reserved_and_released_but_not_read_in_its_place(coupons):
    response = coupons.call("GET", "/v1/coupon_reservations/customerprofiles")
    assert (response.status_code, response.headers["allow"]) == (405, "POST, DELETE")


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("DELETE", ""), ("GET", "customerprofiles/")])
@pytest.mark.parametrize("code", ["NOPE", "summer10"])
@pytest.mark.proves("talonone.error.coupon_not_found")
def test_an_unknown_code_is_404(coupons, method, path, code):
    body = None if method == "GET" else {"integrationIDs": ["ana"]}
    response = coupons.call(method, f"/v1/coupon_reservations/{path}{code}", body)
    assert response.status_code == 404
    assert response.json() == {
        "message": "Not Found",
        "errors": [
            {
                "title": "Not Found",
                "details": f'There is no coupon "{code}".',
                "source": {"resource": f"/v1/coupon_reservations/{path}{code}"},
            }
        ],
        "StatusCode": 404,
    }


def test_a_refused_reservation_creates_no_profile(coupons):
    reserve(coupons, "NOPE", "ana")
    assert coupons.call("GET", "/v1/customer_profiles/ana/inventory").status_code == 404


def test_the_coupons_of_another_application_are_unknown(coupons):
    assert reserve(coupons, "SUMMER10", "ana", key=OTHER_KEY).status_code == 404


def test_codes_are_compared_in_the_case_of_the_application(shop, campaigns):
    shop.open(*campaigns, case="insensitive-uppercase")
    assert reserve(shop, "summer10", "ana").json()["value"] == "SUMMER10"
    assert holders(shop, "Summer10") == ["ana"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("body", "title", "details", "pointer"),
    [
        ({}, "required", "integrationIDs is required", "/integrationIDs"),
        (
            {"integrationIDs": "ana"},
            "type",
            "Invalid type. Expected: array, given: string",
            "/integrationIDs",
        ),
        (
            {"integrationIDs": None},
            "type",
            "Invalid type. Expected: array, given: null",
            "/integrationIDs",
        ),
        (
            {"integrationIDs": ["ana", 7]},
            "type",
            "Invalid type. Expected: string, given: integer",
            "/integrationIDs/1",
        ),
        (
            {"integrationIDs": [""]},
            "minLength",
            "String length must be greater than or equal to 1",
            "/integrationIDs/0",
        ),
        (
            {"integrationIDs": [str(number) for number in range(1001)]},
            "maxItems",
            "Array must have at most 1000 items",
            "/integrationIDs",
        ),
    ],
)
def test_a_bad_list_of_profiles_is_refused(coupons, method, body, title, details, pointer):
    response = coupons.call(method, "/v1/coupon_reservations/SUMMER10", body)
    assert response.status_code == 400
    assert response.json() == {
        "message": "The submitted data was invalid",
        "errors": [{"title": title, "details": details, "source": {"pointer": pointer}}],
        "StatusCode": 400,
    }
    assert holders(coupons, "SUMMER10") == []


def test_a_thousand_profiles_at_once_are_taken(coupons):
    profiles = [f"p-{number}" for number in range(1000)]
    assert reserve(coupons, "SUMMER10", *profiles).json()["reservationCounter"] == 1000
    assert holders(coupons, "SUMMER10") == profiles
    assert release(coupons, "SUMMER10", *profiles).status_code == 204
    assert holders(coupons, "SUMMER10") == []


def test_nobody_at_all_may_be_named(coupons):
    assert reserve(coupons, "SUMMER10").status_code == 201
    assert release(coupons, "SUMMER10").status_code == 204


def test_a_hard_reservation_lets_its_holders_redeem_and_nobody_else(coupons, brief):
    def reasons(profile):
        return brief(coupons.session("s-" + profile, profileId=profile, couponCodes=["HARDRES1"])["effects"])

    assert reasons("ana") == [("rejectCoupon", "HARDRES1", "CouponReservationRequired")]
    assert reasons("") == [("rejectCoupon", "HARDRES1", "ProfileRequired")]
    reserve(coupons, "HARDRES1", "ana")
    assert reasons("ana") == [("acceptCoupon", "HARDRES1")]
    assert reasons("bob") == [("rejectCoupon", "HARDRES1", "CouponReservationRequired")]
    release(coupons, "HARDRES1", "ana")
    assert reasons("ana") == [("rejectCoupon", "HARDRES1", "CouponReservationRequired")]


def test_a_soft_reservation_lets_anybody_redeem(coupons, brief):
    reserve(coupons, "SUMMER10", "ana")
    assert brief(coupons.session(profileId="bob", couponCodes=["SUMMER10"])["effects"]) == [
        ("acceptCoupon", "SUMMER10")
    ]
