"""Who may call, and what belongs to whom."""

import pytest

KEY = "ab" * 32
OTHER_KEY = "cd" * 32
PATHS = ["/talonone/v2/customer_sessions/s-1", "/talonone/v2/customer_profiles/p-1"]
BODY = b'{"customerSession":{}}'


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.proves("talonone.error.invalid_api_key")
def test_a_call_without_a_key_is_refused(client, shop, path):
    response = client.put(path, content=BODY)
    assert response.status_code == 401
    assert response.content == b'{"message":"Invalid API key","StatusCode":401}'
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "value",
    [
        KEY,
        f"apikey-v1 {KEY}",
        f"APIKEY-V1 {KEY}",
        f"ApiKey-v1  {KEY}",
        f"ApiKey-v1{KEY}",
        f"Bearer {KEY}",
        f"ApiKey-v1 {KEY.upper()}",
        f"ApiKey-v1 {KEY[:-1]}",
        "ApiKey-v1",
    ],
)
def test_a_key_in_any_other_form_is_refused(client, shop, path, value):
    assert client.put(path, content=BODY, headers={"Authorization": value}).status_code == 401


def test_a_content_signature_alone_is_no_credential_of_a_v2_operation(client, shop):
    headers = {"Content-Signature": "signer=7; signature=0ab22833fdd54e7d6f6a95dffd158d9e"}
    assert client.put(PATHS[0], content=BODY, headers=headers).status_code == 401


def test_a_content_signature_beside_a_valid_key_does_no_harm(client, shop):
    headers = {"Authorization": f"ApiKey-v1 {KEY}", "Content-Signature": "signer=7; signature=00"}
    assert client.put(PATHS[0], content=BODY, headers=headers).status_code == 200


def test_401_comes_before_400(client, shop):
    assert client.put(PATHS[0], content=b"{").status_code == 401


def test_a_key_is_valid_until_it_expires(client, load, world):
    key = {"key": KEY, "expires": "2026-01-05T10:00:00Z"}
    application = {"id": 1, "name": "Shop", "apiKeys": [key]}
    load({"clock": "2026-01-05T09:59:59Z", "talonone": {"applications": [application]}})
    headers = {"Authorization": f"ApiKey-v1 {KEY}"}
    assert client.put(PATHS[0], content=BODY, headers=headers).status_code == 200
    world.clock.advance(1_000_000)
    response = client.put(PATHS[0], content=BODY, headers=headers)
    assert response.content == b'{"message":"Invalid API key","StatusCode":401}'


def test_an_application_may_have_several_keys(client, load):
    application = {"id": 1, "name": "Shop", "apiKeys": [{"key": KEY}, {"key": OTHER_KEY}]}
    load({"talonone": {"applications": [application]}})
    for key in (KEY, OTHER_KEY):
        response = client.put(PATHS[0], content=BODY, headers={"Authorization": f"ApiKey-v1 {key}"})
        assert response.status_code == 200


def test_the_key_decides_whose_campaigns_run(shop, campaign, rule, cart):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "Hello", 1])))
    assert len(shop.session("s-1", cartItems=cart(10))["effects"]) == 1
    assert shop.session("s-1", cartItems=cart(10), key=OTHER_KEY)["effects"] == []


def test_the_codes_of_one_application_are_unknown_to_another(shop, campaign, rule, brief):
    coupons = campaign(1, rule(["couponValid"]), coupons=[{"value": "HELLO"}])
    shop.open(coupons)
    assert brief(shop.session(couponCodes=["HELLO"])["effects"]) == [("acceptCoupon", "HELLO")]
    other = shop.session("s-2", couponCodes=["HELLO"], key=OTHER_KEY)
    assert brief(other["effects"]) == [("rejectCoupon", "HELLO", "CouponNotFound")]


@pytest.mark.proves("talonone.session_scope")
def test_two_applications_have_sessions_of_the_same_id_apart(shop, cart):
    assert shop.session("s-1", "customerSession", cartItems=cart(10))["customerSession"]["applicationId"] == 7
    other = shop.session("s-1", "customerSession", key=OTHER_KEY)["customerSession"]
    assert (other["applicationId"], other["total"], other["updateCount"]) == (8, 0, 1)


def test_applications_of_an_account_share_their_profiles(shop):
    shop.profile("ana", Name="Ana")
    assert shop.profile("ana", key=OTHER_KEY)["attributes"] == {"Name": "Ana"}


def test_applications_of_other_accounts_do_not(client, load):
    applications = [
        {"id": 1, "name": "One", "apiKeys": [{"key": KEY}]},
        {"id": 2, "name": "Two", "accountId": 2, "apiKeys": [{"key": OTHER_KEY}]},
    ]
    load({"talonone": {"applications": applications}})
    ids = []
    for key in (KEY, OTHER_KEY):
        response = client.put(PATHS[1], content=b"{}", headers={"Authorization": f"ApiKey-v1 {key}"})
        profile = response.json()["customerProfile"]
        ids.append((profile["id"], profile["accountId"]))
    assert ids == [(1, 1), (2, 2)]


def test_the_credentials_of_a_world_are_its_keys_that_have_not_expired(server, world):
    vendor = next(vendor for vendor in server.emulator.vendors if vendor.slug == "talonone")
    listed = vendor.credentials(world.work(vendor))
    assert [(one["application"], one["key"][:4]) for one in listed if "key" in one] == [
        ("7 Demo shop", "d1c2"),
        ("8 Empty shop", "8888"),
    ]
    assert listed[0]["header"] == "Authorization: ApiKey-v1 " + "d1c2b3a4" * 8


def test_the_credentials_of_a_world_are_also_the_keys_that_sign(server, world):
    vendor = next(vendor for vendor in server.emulator.vendors if vendor.slug == "talonone")
    (signer,) = [one for one in vendor.credentials(world.work(vendor)) if "key" not in one]
    assert (signer["application"], signer["signing_key"]) == ("7 Demo shop", "fefecafedeadbeef")
    assert signer["signature"].startswith("Content-Signature: signer=7; signature=")
