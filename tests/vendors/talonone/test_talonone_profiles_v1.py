"""updateCustomerProfile, the profile update of V1."""

import pytest

OTHER_KEY = "cd" * 32


@pytest.fixture
def update(shop):
    def put(number="ana", body=None, *, status=200, query="", key="ab" * 32, **attributes):
        content = {"attributes": attributes} if body is None else body
        response = shop.call("PUT", f"/v1/customer_profiles/{number}{query}", content, key=key)
        assert response.status_code == status, response.text
        return response.json()

    return put


def rows(world, name):
    return world.store.dump(next(table for table in world.store.tables if table.name == f"talonone_{name}"))


@pytest.mark.proves("talonone.operation.updateCustomerProfile", "talonone.event_attributes")
def test_the_first_update_creates_a_profile_and_answers_with_the_integration_state(update, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    state = update("cust%201", Name="Zoë")
    assert list(state) == ["session", "profile", "event", "loyalty"]
    assert state["profile"] == {
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
    }
    assert state["event"] == {
        "id": 1,
        "created": "2026-01-05T09:00:00Z",
        "applicationId": 7,
        "profileId": "cust 1",
        "type": "talon_profile_created",
        "attributes": {"isNew": True, "params": {"attributes": {"Name": "Zoë"}}},
        "effects": [],
        "ledgerEntries": [],
        "meta": {},
    }


@pytest.mark.proves("talonone.empty_session")
def test_the_session_of_the_answer_is_an_empty_open_one_that_is_not_stored(update, world):
    session = update(Name="Ana")["session"]
    created = session.pop("created")
    assert session == {
        "id": 0,
        "updated": created,
        "updateCount": 0,
        "integrationId": "",
        "applicationId": 7,
        "profileId": "ana",
        "coupon": "",
        "referral": "",
        "state": "open",
        "cartItems": [],
        "identifiers": [],
        "total": 0,
        "attributes": {},
        "firstSession": True,
        "discounts": {},
    }
    assert rows(world, "sessions") == []


def test_a_later_update_is_another_event(update):
    update(Name="Ana")
    event = update(Age=3)["event"]
    assert event["type"] == "talon_profile_updated"
    assert event["attributes"] == {"isNew": False, "params": {"attributes": {"Age": 3}}}


@pytest.mark.parametrize("body", [{}, {"attributes": {}}, {"attributes": None}])
def test_a_profile_needs_no_attributes(update, body):
    assert update(body=body)["profile"]["attributes"] == {}


def test_attributes_are_merged_and_nulls_ignored(update):
    update(Name="Ana", Age=30)
    assert update(Name=None, Age=31, Newsletter=True)["profile"]["attributes"] == {
        "Name": "Ana", "Age": 31, "Newsletter": True,
    }  # fmt: skip


def test_a_setting_lets_a_null_delete(update, shop):
    shop.open(settings={"null_attributes": "deleted"})
    update(Name="Ana", Age=30)
    assert update(Name=None)["profile"]["attributes"] == {"Age": 30}


def test_an_update_moves_the_last_activity(update, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    update()
    world.clock.advance(1_500_000)
    profile = update()["profile"]
    assert (profile["created"], profile["lastActivity"]) == ("2026-01-05T09:00:00Z", "2026-01-05T09:00:01.5Z")


def test_rules_run_over_the_profile_and_its_events(update, shop, campaign, rule):
    created = rule(["=", [".", "Event", "Type"], "talon_profile_created"], ["showNotification", "Info", "Hi", "new"])
    named = rule(["=", [".", "Profile", "Name"], "Ana"], ["addLoyaltyPoints", "Hello", 1, "", 5])
    shop.open(campaign(1, created, named))
    assert [one[3][0] for one in update(Age=1)["event"]["effects"]] == ["showNotification"]
    state = update(Name="Ana")
    assert [one[3] for one in state["event"]["effects"]] == [["addLoyaltyPoints", "Hello", 1, "", 5, "ana"]]
    assert [entry["amount"] for entry in state["event"]["ledgerEntries"]] == [5]
    assert state["loyalty"]["programs"]["1"]["ledger"]["currentBalance"] == 5


def test_an_attribute_that_a_rule_sets_is_stored(update, shop, campaign, rule):
    shop.open(campaign(1, rule(["and"], ["updateAttribute", "Profile.Attributes.Age", 99])))
    assert update(Name="Ana")["profile"]["attributes"] == {"Name": "Ana", "Age": 99}
    assert shop.profile("ana")["attributes"] == {"Name": "Ana", "Age": 99}


def test_a_profile_update_is_no_first_session(update, shop):
    update()
    assert shop.session("s-1", "customerSession", profileId="ana")["customerSession"]["firstSession"] is True
    assert update()["session"]["firstSession"] is False


def test_the_documented_body_for_a_wrong_attribute_type(shop):
    response = shop.call("PUT", "/v1/customer_profiles/ana", {"attributes": {"Name": False}})
    assert response.status_code == 400
    assert response.content == (
        b'{"message":"The submitted data was invalid","errors":[{"title":"Invalid type","details":'
        b'"Value of \\"Name\\" attribute (false) is not a string",'
        b'"source":{"pointer":"/attributes/Name"}}]}'
    )


def test_a_refused_update_creates_no_profile_and_no_event(update, world):
    update(status=400, Nope=1)
    assert (rows(world, "profiles"), rows(world, "events")) == ([], [])


def test_both_versions_work_on_the_same_profiles(update, shop):
    update(Name="Ana")
    assert shop.profile("ana", Age=3)["attributes"] == {"Name": "Ana", "Age": 3}
    assert update(key=OTHER_KEY)["profile"]["id"] == 1


def test_a_dry_run_stores_nothing(update, world):
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    state = update(query="?dry=True", Name="Ana")
    assert (state["event"]["id"], state["profile"]["attributes"]) == (0, {"Name": "Ana"})
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before
    assert update(query="?dry=false", Name="Ana")["event"]["id"] == 1


def test_dry_of_anything_else_is_refused(update):
    assert update(query="?dry=yes", status=400)["errors"][0]["source"] == {"parameter": "dry"}


def test_attributes_may_be_long_for_those_who_want(update):
    assert update(Name="x" * 100_000)["profile"]["attributes"]["Name"] == "x" * 100_000
