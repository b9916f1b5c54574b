"""Customer profiles of V2: created, merged, checked."""

import pytest


@pytest.mark.proves("talonone.operation.updateCustomerProfileV2")
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


@pytest.mark.proves("talonone.attributes")
def test_attributes_are_merged(shop):
    shop.profile("ana", Name="Ana", Age=30)
    assert shop.profile("ana", Age=31, Newsletter=True)["attributes"] == {"Name": "Ana", "Age": 31, "Newsletter": True}


@pytest.mark.proves("talonone.null_attributes", "talonone.default.null_attributes")
def test_a_null_is_ignored_or_deletes_as_a_setting_says(shop):
    shop.profile("ana", Name="Ana", Age=30)
    assert shop.profile("ana", Name=None)["attributes"] == {"Name": "Ana", "Age": 30}
    shop.open(settings={"null_attributes": "deleted"})
    shop.profile("ana", Name="Ana", Age=30)
    assert shop.profile("ana", Name=None, Newsletter=None)["attributes"] == {"Age": 30}


def test_a_null_for_an_undefined_attribute_is_refused_all_the_same(shop):
    assert shop.put("/customer_profiles/ana", {"attributes": {"Nope": None}}).status_code == 400


@pytest.mark.proves("talonone.profile_rules")
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
        pytest.param("Home", [13.4, 52.5], marks=pytest.mark.proves("talonone.locations")),
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


def run(shop, number="ana", *, status=200, query=None, **body):
    """An update with rules."""
    response = shop.put(f"/customer_profiles/{number}", body, params={"runRuleEngine": "true", **(query or {})})
    assert response.status_code == status, response.text
    return response.json()


@pytest.mark.parametrize("flags", [{}, {"runRuleEngine": "False", "dry": "false"}, {"runRuleEngine": "0"}])
def test_without_the_rule_engine_no_rules_run(shop, campaign, rule, flags, world):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "a", 1])))
    answer = shop.put("/customer_profiles/bob", {"attributes": {}}, params=flags).json()
    assert (answer["effects"], answer["createdCoupons"], answer["createdReferrals"]) == ([], [], [])
    assert not [table for table in world.store.tables if table.name.endswith("_events") and world.store.dump(table)]


def test_with_the_rule_engine_rules_see_the_profile_and_its_event(shop, campaign, rule, brief):
    created = rule(["=", [".", "Event", "Type"], "talon_profile_created"], ["showNotification", "Info", "Hi", "new"])
    old = rule([">", [".", "Profile", "Age"], 60], ["addLoyaltyPoints", "Age", 1, "", 5])
    shop.open(campaign(1, created, old))
    answer = run(shop, attributes={"Age": 70}, responseContent=["event", "loyalty"])
    assert [effect[0] for effect in brief(answer["effects"])] == ["showNotification", "addLoyaltyPoints"]
    assert answer["event"]["type"] == "talon_profile_created"
    assert (answer["event"]["attributes"], answer["event"]["effects"]) == ({}, [])
    assert [entry["amount"] for entry in answer["event"]["ledgerEntries"]] == [5]
    assert answer["loyalty"]["programs"]["1"]["ledger"]["currentBalance"] == 5
    answer = run(shop, attributes={"Age": 9}, responseContent=["event"])
    assert (answer["effects"], answer["event"]["type"]) == ([], "talon_profile_updated")


def test_running_rules_moves_the_last_activity(shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    shop.profile("ana")
    world.clock.advance(1_000_000)
    assert run(shop)["customerProfile"]["lastActivity"] == "2026-01-05T09:00:01Z"


CONTENT = ["customerProfile", "triggeredCampaigns", "loyalty", "event", "awardedGiveaways", "ruleFailureReasons"]


@pytest.mark.parametrize("part", CONTENT)
def test_a_part_is_answered_where_it_is_asked_for_and_the_profile_always(shop, part):
    always = {"effects", "createdCoupons", "createdReferrals", "customerProfile"}
    assert set(run(shop)) == always
    assert set(run(shop, responseContent=[part])) == {*always, part}


def test_codes_that_rules_create_are_told_whole(shop, campaign, rule):
    shop.open(campaign(1, rule(["and"], ["createCoupon"], ["createReferral"])))
    answer = run(shop)
    assert [one["id"] for one in answer["createdCoupons"]] == [1]
    assert [one["advocateProfileIntegrationId"] for one in answer["createdReferrals"]] == ["ana"]
    inventory = shop.call("GET", "/v1/customer_profiles/ana/inventory?referrals=1").json()["referrals"]
    assert [one["code"] for one in inventory] == [one["code"] for one in answer["createdReferrals"]]


@pytest.mark.proves("talonone.error.not_allowed_here")
def test_parts_cannot_be_asked_for_without_the_rule_engine(shop):
    response = shop.put("/customer_profiles/ana", {"responseContent": ["event"]})
    assert response.status_code == 400
    assert response.json() == {
        "message": "The submitted data was invalid",
        "errors": [
            {
                "title": "Not allowed",
                "details": "responseContent can only be used with runRuleEngine=true",
                "source": {"pointer": "/responseContent"},
            }
        ],
        "StatusCode": 400,
    }
    assert shop.put("/customer_profiles/ana", {"responseContent": []}).status_code == 200


def test_a_dry_run_without_the_rule_engine_is_refused_and_stores_nothing(shop, world):
    response = shop.put("/customer_profiles/bob", {}, params={"dry": "True"})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["source"] == {"parameter": "dry"}
    assert error["details"] == "dry can only be used with runRuleEngine=true"
    assert b"bob" not in b"".join(str(world.store.dump(table)).encode() for table in world.store.tables)


@pytest.mark.parametrize("name", ["runRuleEngine", "dry"])
@pytest.mark.parametrize("value", ["yes", "", "2"])
def test_a_flag_of_anything_else_is_refused(shop, name, value):
    response = shop.put("/customer_profiles/ana", {}, params={name: value})
    assert response.status_code == 400
    assert (response.json()["StatusCode"], response.json()["errors"][0]["source"]) == (400, {"parameter": name})


@pytest.mark.proves("talonone.audiences")
def test_a_profile_joins_and_leaves_audiences(shop):
    def change(adds, deletes):
        body = {"audiencesChanges": {"adds": adds, "deletes": deletes}}
        profile = shop.put("/customer_profiles/ana", body).json()["customerProfile"]
        return [one["id"] for one in profile.get("audienceMemberships", [])]

    assert "audienceMemberships" not in shop.profile("ana")
    assert change([2, 1, 2], []) == [2, 1]
    assert change([3], [2, 9]) == [1, 3]
    assert shop.profile("ana")["audienceMemberships"][0] == {"id": 1, "name": "Audience 1"}
    assert change([], [1, 3]) == []


@pytest.mark.parametrize(
    ("body", "title", "pointer"),
    [
        ({"audiencesChanges": {}}, "required", "/audiencesChanges/adds"),
        ({"audiencesChanges": {"adds": ["1"], "deletes": []}}, "type", "/audiencesChanges/adds/0"),
        ({"audiencesChanges": []}, "type", "/audiencesChanges"),
        ({"evaluableCampaignIds": [1]}, "Not allowed", "/evaluableCampaignIds"),
        ({"evaluableCampaignIds": 1}, "type", "/evaluableCampaignIds"),
        ({"responseContent": ["customerSession"]}, "enum", "/responseContent/0"),
    ],
)
def test_a_body_that_breaks_its_schema_is_refused(shop, body, title, pointer):
    answer = run(shop, status=400, **body)
    assert answer["StatusCode"] == 400
    assert (answer["errors"][0]["title"], answer["errors"][0]["source"]) == (title, {"pointer": pointer})


def test_a_profile_is_one_of_a_sandbox_where_its_application_is(shop):
    assert shop.profile("ana")["sandbox"] is False
    shop.open(applications=[{"id": 7, "name": "Shop", "sandbox": True, "apiKeys": [{"key": "ab" * 32}]}])
    assert shop.profile("ana")["sandbox"] is True
