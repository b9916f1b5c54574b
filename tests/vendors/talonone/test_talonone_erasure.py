"""deleteCustomerData: attributes go, entities stay."""

import pytest

OTHER_KEY = "cd" * 32
FOREIGN_KEY = "ef" * 32


def rows(world, name):
    return world.store.dump(next(table for table in world.store.tables if table.name == f"talonone_{name}"))


def erase(shop, number, **options):
    return shop.call("DELETE", f"/v1/customer_data/{number}", **options)


def item(sku):
    return {"name": "A", "sku": sku, "quantity": 1, "price": 1, "attributes": {"color": "red"}}


@pytest.fixture
def customers(shop, campaign, rule):
    """Ana and Bob, each with sessions in both Applications, an event, a coupon and a referral."""
    codes = [
        {"value": f"CODE-{name}", "recipientIntegrationId": name, "attributes": {"channel": "mail"}}
        for name in ("ana", "bob")
    ]
    referrals = [
        {"code": "REF-1", "advocateProfileIntegrationId": "ana", "attributes": {"source": "a"}},
        {"code": "REF-2", "advocateProfileIntegrationId": "eve", "friendProfileIntegrationId": "ana",
         "attributes": {"source": "b"}},
        {"code": "REF-3", "advocateProfileIntegrationId": "bob", "attributes": {"source": "c"}},
    ]  # fmt: skip
    shop.open(campaign(1, rule(["couponValid"]), coupons=codes, referrals=referrals))
    for name in ("ana", "bob"):
        shop.profile(name, Name=name)
        for key in ("ab" * 32, OTHER_KEY):
            members = {"profileId": name, "attributes": {"City": "Rome"}, "cartItems": [item("x")]}
            shop.session(f"s-{name}", key=key, **members)
        event = {"type": "viewed_page", "attributes": {"URL": "/"}, "sessionId": f"s-{name}", "profileId": name}
        assert shop.call("POST", "/v1/events", event).status_code == 201
    return shop


def test_it_answers_204_with_nothing(customers):
    response = erase(customers, "ana")
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


@pytest.mark.proves("talonone.operation.deleteCustomerData", "talonone.erasure")
def test_all_attributes_of_the_customer_are_gone_and_those_of_others_stay(customers, world):
    erase(customers, "ana")
    expected = {"ana": {}, "bob": {"Name": "bob"}}
    assert {row["integration_id"]: row["attributes"] for row in rows(world, "profiles")} == expected
    sessions = [
        (row["profile_id"], row["attributes"], row["cart_items"][0].get("attributes"))
        for row in rows(world, "sessions")
    ]
    assert sessions == [
        ("ana", {}, None), ("ana", {}, None), ("bob", {"City": "Rome"}, {"color": "red"}),
        ("bob", {"City": "Rome"}, {"color": "red"}),
    ]  # fmt: skip
    events = [(row["profile_id"], row["attributes"]) for row in rows(world, "events") if row["type"] == "viewed_page"]
    assert events == [("ana", {}), ("bob", {"URL": "/"})]
    assert all(row["attributes"] == {} for row in rows(world, "events") if row["profile_id"] == "ana")
    assert [row["attributes"] for row in rows(world, "coupons")] == [{}, {"channel": "mail"}]
    assert [row["attributes"] for row in rows(world, "referrals")] == [{}, {}, {"source": "c"}]


def test_no_effect_and_no_kept_answer_tells_an_attribute_afterwards(shop, campaign, rule, world):
    update = rule(["and"], ["updateAttribute", "Profile.Attributes.Name", "Secret"], ["setDiscount", "D", 1])
    shop.open(campaign(1, update))
    for name in ("ana", "bob"):
        body = {"customerSession": {"profileId": name}, "responseContent": ["customerProfile"]}
        assert shop.put(f"/customer_sessions/s-{name}", body, headers={"Idempotency-Key": name}).status_code == 200
    erase(shop, "ana")
    assert [row["key"] for row in rows(world, "kept_answers")] == ["bob"]
    effects = {row["profile_id"]: [one["effectType"] for one in row["effects"]] for row in rows(world, "sessions")}
    assert effects == {"ana": ["setDiscount"], "bob": ["updateAttribute", "setDiscount"]}
    effects = {row["profile_id"]: [one["effectType"] for one in row["effects"]] for row in rows(world, "events")}
    assert effects == {"ana": ["setDiscount"], "bob": ["updateAttribute", "setDiscount"]}
    held = shop.call("GET", "/v2/customer_sessions/s-ana").json()["effects"]
    assert [one["props"] for one in held] == [{"name": "D", "value": 1}]


def test_the_entities_stay(customers, world):
    before = {table.name: len(world.store.dump(table)) for table in world.store.tables}
    erase(customers, "ana")
    assert {table.name: len(world.store.dump(table)) for table in world.store.tables} == before
    session = customers.call("GET", "/v2/customer_sessions/s-ana").json()["customerSession"]
    assert (session["profileId"], session["total"], session["attributes"]) == ("ana", 1, {})


def test_it_can_be_called_again(customers):
    assert [erase(customers, "ana").status_code for _ in range(2)] == [204, 204]


@pytest.mark.proves("talonone.error.profile_not_found")
def test_an_unknown_profile_is_404(customers):
    response = erase(customers, "nobody")
    assert response.status_code == 404
    assert (response.json()["message"], response.json()["StatusCode"]) == ("Not Found", 404)
    assert response.json()["errors"][0]["source"] == {"resource": "/v1/customer_data/nobody"}


def test_any_application_of_the_account_may_ask_for_it(customers, world):
    assert erase(customers, "ana", key=OTHER_KEY).status_code == 204
    assert [row["attributes"] for row in rows(world, "profiles")] == [{}, {"Name": "bob"}]


def test_customers_of_another_account_are_not_touched(customers, world):
    customers.session("s-ana", key=FOREIGN_KEY, profileId="ana")
    customers.open(
        profiles=[{"integrationId": "ana", "accountId": number, "attributes": {"Name": "A"}} for number in (1, 2)],
        attributes=[
            {"entity": "CustomerProfile", "name": "Name", "type": "string", "accountId": number} for number in (1, 2)
        ],
    )
    assert erase(customers, "ana", key=FOREIGN_KEY).status_code == 204
    assert [(row["account_id"], row["attributes"]) for row in rows(world, "profiles")] == [(1, {"Name": "A"}), (2, {})]


@pytest.mark.parametrize(
    ("path", "number"),
    [("cust%2F1%20%C3%A9", "cust/1 é"), ("100%25", "100%"), ("%F0%9F%8E%88", "🎈"), ("a%3Fb", "a?b")],
)
def test_an_id_is_decoded_once(shop, world, path, number):
    shop.open(profiles=[{"integrationId": number, "attributes": {"Name": "A"}}])
    assert erase(shop, path).status_code == 204
    assert rows(world, "profiles")[0]["attributes"] == {}


def test_the_customer_can_go_on_afterwards(customers):
    erase(customers, "ana")
    answer = customers.session("s-ana", "customerSession", "customerProfile", attributes={"City": "Oslo"})
    assert answer["customerSession"]["attributes"] == {"City": "Oslo"}
    assert answer["customerProfile"]["attributes"] == {}
