"""Customer profiles of V2: created, merged, checked."""

import pytest


def test_the_first_update_creates_a_profile_with_status_200(shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    response = shop.put("/customer_profiles/cust%201", {"attributes": {"Name": "Zoë"}})
    assert response.status_code == 200
    assert response.json() == {
        "effects": [],
        "createdCoupons": [],
        "createdReferrals": [],
        "customerProfile": {
            "id": 1,
            "integrationId": "cust 1",
            "created": "2026-01-05T09:00:00Z",
            "attributes": {"Name": "Zoë"},
            "accountId": 1,
            "closedSessions": 0,
            "totalSales": 0,
            "lastActivity": "2026-01-05T09:00:00Z",
            "loyaltyMemberships": None,
            "sandbox": False,
        },
    }


@pytest.mark.parametrize("body", [{}, {"attributes": {}}, {"attributes": None}])
def test_a_profile_needs_no_attributes(shop, body):
    assert shop.put("/customer_profiles/ana", body).json()["customerProfile"]["attributes"] == {}


def test_attributes_are_merged(shop):
    shop.profile("ana", Name="Ana", Age=30)
    assert shop.profile("ana", Age=31, Newsletter=True)["attributes"] == {"Name": "Ana", "Age": 31, "Newsletter": True}


def test_a_null_is_ignored_or_deletes_as_a_setting_says(shop):
    shop.profile("ana", Name="Ana", Age=30)
    assert shop.profile("ana", Name=None)["attributes"] == {"Name": "Ana", "Age": 30}
    shop.open(settings={"null_attributes": "deleted"})
    shop.profile("ana", Name="Ana", Age=30)
    assert shop.profile("ana", Name=None, Newsletter=None)["attributes"] == {"Age": 30}


def test_a_null_for_an_undefined_attribute_is_refused_all_the_same(shop):
    assert shop.put("/customer_profiles/ana", {"attributes": {"Nope": None}}).status_code == 400


def test_no_rules_are_run_and_the_last_activity_stays(shop, campaign, rule, world):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "a", 1])))
    world.clock.set("frozen", 1_767_603_600_000_000)
    shop.profile("ana")
    world.clock.advance(1_000_000)
    response = shop.put("/customer_profiles/ana", {})
    assert response.json()["effects"] == []
    assert response.json()["customerProfile"]["lastActivity"] == "2026-01-05T09:00:00Z"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Name", "x"),
        ("Name", ""),
        ("Age", 1),
        ("Age", -2.5),
        ("Age", 0),
        ("Newsletter", False),
        ("SignupDate", "2020-01-02T03:04:05Z"),
        ("SignupDate", "2020-01-02T03:04:05.123+02:00"),
        ("Home", [13.4, 52.5]),
        ("Tags", ["a", "b"]),
        ("Tags", []),
        ("Scores", [1, 2.5]),
        ("Visits", ["2020-01-02T03:04:05Z"]),
        ("Places", [[13.4, 52.5], [1, 2]]),
    ],
)
def test_a_value_of_the_defined_type_is_kept(shop, name, value):
    assert shop.profile("ana", **{name: value})["attributes"] == {name: value}
    assert shop.profile("ana")["attributes"] == {name: value}


@pytest.mark.parametrize(
    ("name", "value", "shown", "type_name"),
    [
        ("Name", 1, "1", "string"),
        ("Name", ["a"], '["a"]', "string"),
        ("Age", "1", "1", "number"),
        ("Age", True, "true", "number"),
        ("Newsletter", "true", "true", "boolean"),
        ("Newsletter", 1, "1", "boolean"),
        ("SignupDate", "yesterday", "yesterday", "time"),
        ("SignupDate", "2020-01-02", "2020-01-02", "time"),
        ("SignupDate", "2020-13-02T03:04:05Z", "2020-13-02T03:04:05Z", "time"),
        ("SignupDate", 5, "5", "time"),
        ("Home", [1], "[1]", "location"),
        ("Home", [1, 2, 3], "[1,2,3]", "location"),
        ("Home", [1, "2"], '[1,"2"]', "location"),
        ("Home", {"lat": 1}, '{"lat":1}', "location"),
        ("Tags", "a", "a", "(list string)"),
        ("Tags", ["a", 1], '["a",1]', "(list string)"),
        ("Tags", ["a", None], '["a",null]', "(list string)"),
        ("Scores", ["1"], '["1"]', "(list number)"),
        ("Visits", ["2020"], '["2020"]', "(list time)"),
        ("Places", [1, 2], "[1,2]", "(list location)"),
    ],
)
def test_a_value_of_another_type_is_refused(shop, name, value, shown, type_name):
    response = shop.put("/customer_profiles/ana", {"attributes": {name: value}})
    assert response.status_code == 400
    assert response.json()["errors"] == [
        {
            "title": "Invalid type",
            "details": f'Value of "{name}" attribute ({shown}) is not a {type_name}',
            "source": {"pointer": f"/attributes/{name}"},
        }
    ]


def test_a_refused_update_creates_no_profile_and_changes_none(shop):
    shop.put("/customer_profiles/ana", {"attributes": {"Name": "Ana", "Nope": 1}})
    assert shop.profile("bob")["id"] == 1
    assert shop.profile("ana")["attributes"] == {}


@pytest.mark.parametrize("number", [10**30, 2**63, 2**64, 1e300])
def test_numbers_of_any_size_are_taken_as_floats(shop, number):
    assert shop.profile("ana", Age=number)["attributes"]["Age"] == float(number)


def test_a_number_beyond_all_floats_is_refused(shop):
    assert shop.put("/customer_profiles/ana", {"attributes": {"Age": 10**400}}).status_code == 400


def test_an_attribute_is_for_the_applications_that_have_subscribed_to_it(shop):
    names = {"Both": None, "Seven": [7], "Eight": [8], "Nobody": []}
    attributes = [
        {"entity": "CustomerProfile", "name": name, "type": "string"}
        | ({} if numbers is None else {"subscribedApplicationsIds": numbers})
        for name, numbers in names.items()
    ]
    shop.open(attributes=attributes)
    taken = {name: shop.put("/customer_profiles/ana", {"attributes": {name: "x"}}).status_code == 200 for name in names}
    assert taken == {"Both": True, "Seven": True, "Eight": False, "Nobody": False}


@pytest.mark.parametrize("query", [{"runRuleEngine": "true"}, {"dry": "True"}, {"runRuleEngine": "1", "dry": "false"}])
def test_running_rules_for_a_profile_is_not_emulated_and_stores_nothing(shop, query, world):
    answer = shop.put("/customer_profiles/bob", {"attributes": {}}, params=query)
    assert answer.status_code == 501
    assert answer.headers["x-emulator-unimplemented"] == "true"
    assert "runRuleEngine" in answer.json()["detail"]
    assert b"bob" not in b"".join(str(world.store.dump(table)).encode() for table in world.store.tables)


def test_saying_no_to_the_rule_engine_is_a_plain_update(shop):
    query = {"runRuleEngine": "False", "dry": "false"}
    assert shop.put("/customer_profiles/bob", {"attributes": {}}, params=query).status_code == 200
