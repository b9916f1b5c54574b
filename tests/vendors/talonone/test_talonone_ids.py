"""Ids in paths: any text, percent-encoded, decoded once."""

from urllib.parse import quote

import pytest

IDS = ["cust 1", "cust/1 é", "100%", "%2F", "a%20b", "$a+b&c=d", "🎈", "x" * 1500, "a?b#c", "...", "{id}", '"\\']


@pytest.fixture(params=IDS, ids=[quote(one)[:20] for one in IDS])
def awkward(request):
    return request.param


def test_a_profile_has_any_id(shop, awkward):
    path = quote(awkward, safe="")
    first = shop.call("PUT", f"/v1/customer_profiles/{path}", {}).json()["profile"]
    second = shop.call("PUT", f"/v2/customer_profiles/{path}", {}).json()["customerProfile"]
    third = shop.call("GET", f"/v1/customer_profiles/{path}/inventory?profile=1").json()["profile"]
    assert [one["integrationId"] for one in (first, second, third)] == [awkward] * 3
    assert [one["id"] for one in (first, second, third)] == [1, 1, 1]
    assert shop.call("DELETE", f"/v1/customer_data/{path}").status_code == 204


def test_a_session_has_any_id(shop, awkward):
    path = quote(awkward, safe="")
    first = shop.call("PUT", f"/v1/customer_sessions/{path}", {}).json()["session"]
    body = {"customerSession": {"state": "closed", "cartItems": [{"sku": "a", "quantity": 2, "price": 1}]}}
    assert shop.call("PUT", f"/v2/customer_sessions/{path}", body).status_code == 200
    read = shop.call("GET", f"/v2/customer_sessions/{path}").json()["customerSession"]
    event = {"type": "viewed_page", "attributes": {}, "sessionId": awkward}
    tracked = shop.call("POST", "/v1/events", event).json()["session"]
    assert [one["integrationId"] for one in (first, read, tracked)] == [awkward] * 3
    assert [one["id"] for one in (first, read, tracked)] == [1, 1, 1]
    assert shop.call("PUT", f"/v2/customer_sessions/{path}/reopen").status_code == 200
    assert (
        shop.call("PUT", f"/v2/customer_sessions/{path}", {"customerSession": {"state": "closed"}}).status_code == 200
    )
    back = {"return": {"returnedCartItems": [{"position": 0, "quantity": 1}]}}
    returned = shop.call("POST", f"/v2/customer_sessions/{path}/returns", back).json()["return"]
    assert returned["sessionIntegrationId"] == awkward


def test_a_coupon_has_any_code(shop, campaign, awkward):
    code = awkward[:96] + "code"
    shop.open(campaign(1, coupons=[{"value": code}]))
    path = quote(code, safe="")
    body = {"integrationIDs": [awkward]}
    assert shop.call("POST", f"/v1/coupon_reservations/{path}", body).json()["value"] == code
    holders = shop.call("GET", f"/v1/coupon_reservations/customerprofiles/{path}").json()["data"]
    assert [one["integrationId"] for one in holders] == [awkward]
    assert shop.call("DELETE", f"/v1/coupon_reservations/{path}", body).status_code == 204


PATHS = [
    ("POST", "/v1/coupon_reservations/{}"),
    ("DELETE", "/v1/coupon_reservations/{}"),
    ("GET", "/v1/coupon_reservations/customerprofiles/{}"),
    ("DELETE", "/v1/customer_data/{}"),
    ("GET", "/v1/customer_profiles/{}/inventory"),
    ("PUT", "/v1/customer_profiles/{}"),
    ("PUT", "/v2/customer_profiles/{}"),
    ("PUT", "/v1/customer_sessions/{}"),
    ("PUT", "/v2/customer_sessions/{}"),
    ("GET", "/v2/customer_sessions/{}"),
    ("PUT", "/v2/customer_sessions/{}/reopen"),
    ("POST", "/v2/customer_sessions/{}/returns"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("broken", ["%zz", "%", "%2", "%ff", "a%00b", "%F0%9F%8E"])
def test_what_is_not_encoded_text_is_refused(shop, method, path, broken):
    response = shop.call(method, path.format(broken), {})
    assert response.status_code == 400
    assert response.json() == {"message": "The path is not valid percent-encoded UTF-8", "StatusCode": 400}


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_an_unencoded_slash_is_another_path(shop, method, path):
    response = shop.call(method, path.format("a/b/c"), {})
    assert (response.status_code, response.headers["x-emulator-unimplemented"]) == (501, "true")


@pytest.mark.parametrize("method_and_path", PATHS)
def test_paths_are_compared_to_the_letter(shop, method_and_path):
    method, path = method_and_path
    assert (
        shop.call(method, path.format("a").replace("/customer", "/Customer").replace("/c", "/C"), {}).status_code == 501
    )
