"""Custom events: in a session with V1, of a profile with V2."""

import pytest

OTHER_KEY = "cd" * 32
CREATED = 201


@pytest.fixture
def track(shop):
    def post(*, status=CREATED, query="", key="ab" * 32, **members):
        body = {"type": "viewed_page", "attributes": {}, "sessionId": "s-1", **members}
        body = {name: value for name, value in body.items() if value != "left out"}
        response = shop.call("POST", f"/v1/events{query}", body, key=key)
        assert response.status_code == status, response.text
        return response.json()

    return post


@pytest.fixture
def track2(shop):
    def post(*, status=200, query="?silent=no", key="ab" * 32, **members):
        body = {"type": "viewed_page", "profileId": "ana", **members}
        body = {name: value for name, value in body.items() if value != "left out"}
        response = shop.call("POST", f"/v2/events{query}", body, key=key)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    return post


def rows(world, name):
    return world.store.dump(next(table for table in world.store.tables if table.name == f"talonone_{name}"))


def viewed(*effects):
    """A rule for the custom event."""
    return {
        "title": "viewed",
        "condition": ["and", ["=", [".", "Event", "Type"], "viewed_page"]],
        "effects": [*effects],
    }


# V1 -------------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("talonone.operation.trackEvent")
def test_an_event_answers_201_with_the_whole_integration_state(track, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    state = track(attributes={"URL": "http://example.com"}, profileId="cust 1", sessionId="s 1")
    assert list(state) == ["session", "profile", "event", "loyalty"]
    assert state["event"] == {
        "id": 1,
        "created": "2026-01-05T09:00:00Z",
        "applicationId": 7,
        "profileId": "cust 1",
        "type": "viewed_page",
        "attributes": {"URL": "http://example.com"},
        "effects": [],
        "ledgerEntries": [],
        "sessionId": "s 1",
        "meta": {},
    }
    assert state["session"] == {
        "id": 1,
        "created": "2026-01-05T09:00:00Z",
        "updated": "2026-01-05T09:00:00Z",
        "updateCount": 1,
        "integrationId": "s 1",
        "applicationId": 7,
        "profileId": "cust 1",
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
    assert (state["profile"]["id"], state["profile"]["integrationId"]) == (1, "cust 1")


@pytest.mark.parametrize("profile", ["left out", "", None])
def test_an_anonymous_event_has_a_profile_and_a_session_all_the_same(track, world, profile):
    state = track(profileId=profile)
    assert (state["profile"]["id"], state["profile"]["integrationId"]) == (0, "")
    assert state["session"]["profileId"] == ""
    assert rows(world, "profiles") == []
    assert len(rows(world, "sessions")) == 1


@pytest.mark.proves("talonone.event_in_session")
def test_the_session_is_stored_and_can_be_updated(track, shop, cart):
    track(profileId="ana")
    session = shop.session("s-1", "customerSession", cartItems=cart(10))["customerSession"]
    assert (session["profileId"], session["updateCount"], session["total"]) == ("ana", 2, 10)


def test_a_session_that_an_event_opened_has_the_total_that_v1_sends(track, shop, cart):
    track()
    update = shop.call("PUT", "/v1/customer_sessions/s-1", {"cartItems": cart(70)}).json()
    assert (update["session"]["total"], len(update["session"]["cartItems"])) == (0, 1)
    assert shop.call("PUT", "/v1/customer_sessions/s-1", {"total": 5}).json()["session"]["total"] == 5
    assert shop.session("s-1", "customerSession")["customerSession"]["total"] == 70


@pytest.mark.parametrize(("version", "second"), [("v1", 10), ("v2", 9)])
def test_discounts_cascade_in_an_event_as_they_did_in_the_session(track, shop, campaign, rule, cart, version, second):
    tenth = ["*", [".", "Session", "Total"], 0.1]
    shop.open(campaign(1, rule(["and"], ["setDiscount", "A", tenth]), rule(["and"], ["setDiscount", "B", tenth])))
    members = {"cartItems": cart(100)}
    body = {"total": 100, **members} if version == "v1" else {"customerSession": members}
    assert shop.call("PUT", f"/{version}/customer_sessions/s-1", body).status_code == 200
    state = track()
    assert [one[3] for one in state["event"]["effects"]] == [["setDiscount", "A", 10], ["setDiscount", "B", second]]
    assert state["session"]["discounts"] == {"A": 10, "B": second}


def test_an_event_leaves_the_session_as_it_is_but_for_the_time(track, shop, cart, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    shop.session("s-1", profileId="ana", cartItems=cart(10), couponCodes=["CODE1"])
    world.clock.advance(1_000_000)
    state = track(profileId="ana")
    assert (state["session"]["total"], state["session"]["coupon"], state["session"]["updateCount"]) == (10, "CODE1", 1)
    assert state["session"]["updated"] == "2026-01-05T09:00:01Z"


def test_an_event_without_a_profile_is_of_the_profile_of_its_session(track, shop):
    shop.session("s-1", profileId="ana")
    state = track()
    assert (state["event"]["profileId"], state["profile"]["integrationId"]) == ("ana", "ana")


@pytest.mark.parametrize(("owner", "sender"), [("ana", "bob"), ("ana", ""), ("", "ana")])
@pytest.mark.proves("talonone.error.session_of_another_profile")
def test_an_event_for_a_session_of_another_profile_is_refused(track, shop, world, owner, sender):
    shop.session("s-1", profileId=owner)
    assert track(status=400, profileId=sender) == {
        "message": "The submitted data was invalid",
        "errors": [
            {
                "title": "Conflict",
                "details": 'The session "s-1" belongs to another profile.',
                "source": {"pointer": "/profileId"},
            }
        ],
    }
    assert len(rows(world, "events")) == 1


def test_the_sessions_of_another_application_are_not_in_the_way(track, shop):
    shop.session("s-1", profileId="ana", key=OTHER_KEY)
    assert track(profileId="bob")["session"]["applicationId"] == 7


def test_a_profile_made_by_an_event_is_no_event_of_its_own(track, world):
    track(profileId="new")
    assert [row["type"] for row in rows(world, "events")] == ["viewed_page"]


def test_an_event_moves_the_last_activity(track, shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    shop.profile("ana")
    world.clock.advance(1_000_000)
    assert track(profileId="ana")["profile"]["lastActivity"] == "2026-01-05T09:00:01Z"


def test_rules_see_the_event_and_its_attributes(track, shop, campaign):
    condition = ["and", ["=", [".", "Event", "Attributes", "URL"], "/sale"], [">", [".", "Event", "Seconds"], 5]]
    rule = {"title": "", "condition": condition, "effects": [["showNotification", "Info", "Hello", "Sale!"]]}
    shop.open(campaign(1, rule))
    effects = track(attributes={"URL": "/sale", "Seconds": 6})["event"]["effects"]
    assert effects == [[1, 11, 0, ["showNotification", "Info", "Hello", "Sale!"]]]
    assert track(attributes={"URL": "/", "Seconds": 6})["event"]["effects"] == []


def test_the_example_of_the_vendor_a_coupon_is_accepted_before_its_discount(track, shop, campaign, rule):
    coupons = [{"value": "FREESTUFF", "attributes": {"channel": "mail"}}]
    shop.open(campaign(59, rule(["couponValid"], ["setDiscount", "My Cool Discount", 34.56]), coupons=coupons))
    shop.session("s-1", couponCodes=["FREESTUFF"])
    state = track()
    assert state["event"]["effects"] == [
        [59, 591, 0, ["acceptCoupon", "FREESTUFF"]],
        [59, 591, 0, ["setDiscount", "My Cool Discount", 34.56]],
    ]
    assert state["event"]["meta"] == {"coupons": {"FREESTUFF": {"attributes": {"channel": "mail"}}}}
    assert state["session"]["discounts"] == {"My Cool Discount": 34.56}
    assert (state["coupon"]["value"], state["coupon"]["usageCounter"]) == ("FREESTUFF", 0)


def test_an_event_redeems_nothing_and_uses_no_budget_of_codes(track, shop, campaign, rule, brief):
    limits = [{"action": "redeemCoupon", "limit": 1, "entities": []}]
    coupons = [{"value": "ONCE", "usageLimit": 1}]
    shop.open(campaign(1, rule(["couponValid"]), coupons=coupons, limits=limits))
    shop.session("s-1", couponCodes=["ONCE"])
    track()
    track()
    assert brief(shop.session("s-1", state="closed")["effects"]) == [("acceptCoupon", "ONCE")]


def test_the_codes_of_a_finished_session_are_not_looked_at_again(track, shop, campaign, rule):
    shop.open(campaign(1, rule(["couponValid"]), coupons=[{"value": "ONCE", "usageLimit": 1}]))
    shop.session("s-1", couponCodes=["ONCE"], state="closed")
    state = track()
    assert (state["event"]["effects"], state["session"]["state"]) == ([], "closed")


def test_points_of_an_event_are_booked_at_once_and_only_once(track, shop, campaign):
    shop.open(campaign(1, viewed(["addLoyaltyPoints", "View", 1, "", 3])))
    state = track(profileId="ana")
    (entry,) = state["event"]["ledgerEntries"]
    assert (entry["amount"], entry["eventId"], entry["loyaltyProgramId"], entry["reason"]) == (3, 1, 1, "View")
    assert state["loyalty"]["programs"]["1"]["ledger"]["currentBalance"] == 3
    assert state["loyalty"]["programs"]["1"]["ledger"]["tentativeCurrentBalance"] == 3
    shop.session("s-1", state="closed")
    shop.session("s-1", state="cancelled")
    balance = shop.call("GET", "/v1/customer_profiles/ana/inventory?loyalty=1").json()["loyalty"]["programs"]["1"]
    assert balance["ledger"]["currentBalance"] == 3


def test_an_attribute_that_is_not_defined_for_this_type_is_refused(track):
    body = track(status=400, attributes={"Nope": 1, "Seconds": "5"})
    assert list(body) == ["message", "errors"]
    assert body["errors"] == [
        {
            "title": "Unknown",
            "details": 'The attribute "Nope" is not defined on Event entities.',
            "source": {"pointer": "/attributes/Nope"},
        },
        {
            "title": "Invalid type",
            "details": 'Value of "Seconds" attribute (5) is not a number',
            "source": {"pointer": "/attributes/Seconds"},
        },
    ]


def test_attributes_are_defined_for_each_type_of_event_apart(track):
    (error,) = track(status=400, type="bought", attributes={"URL": "/"})["errors"]
    assert error["title"] == "Unknown"
    assert track(type="bought")["event"]["type"] == "bought"


def test_a_null_is_no_attribute(track):
    assert track(attributes={"URL": None, "Seconds": 1})["event"]["attributes"] == {"Seconds": 1}


@pytest.mark.parametrize(
    "name",
    [
        "talon_session_created", "talon_session_updated", "talon_session_closed", "talon_session_cancelled",
        "talon_session_revoked", "talon_session_reopened", "talon_session_partially_returned",
        "talon_profile_created", "talon_profile_updated",
        pytest.param("talon_anything_else", marks=pytest.mark.proves("talonone.reserved_events")),
    ],
)  # fmt: skip
@pytest.mark.proves("talonone.error.reserved_event_type")
def test_the_name_of_a_built_in_event_is_refused(track, track2, name):
    error = {
        "title": "Reserved",
        "details": f'The event type "{name}" is reserved for built-in events.',
        "source": {"pointer": "/type"},
    }
    assert track(status=400, type=name) == {"message": "The submitted data was invalid", "errors": [error]}
    assert track2(status=400, type=name) == {
        "message": "The submitted data was invalid",
        "errors": [error],
        "StatusCode": 400,
    }


@pytest.mark.parametrize(
    ("members", "title", "pointer"),
    [
        ({"type": ""}, "minLength", "/type"),
        ({"type": "left out"}, "required", "/type"),
        ({"type": None}, "type", "/type"),
        ({"sessionId": ""}, "minLength", "/sessionId"),
        ({"sessionId": "left out"}, "required", "/sessionId"),
        ({"sessionId": 7}, "type", "/sessionId"),
        ({"attributes": "left out"}, "required", "/attributes"),
        ({"attributes": None}, "type", "/attributes"),
        ({"attributes": []}, "type", "/attributes"),
        ({"profileId": 7}, "type", "/profileId"),
    ],
)
def test_a_body_that_breaks_its_schema_is_refused(track, members, title, pointer):
    (error,) = track(status=400, **members)["errors"]
    assert (error["title"], error["source"]) == (title, {"pointer": pointer})


def test_a_dry_run_answers_with_event_id_0_and_stores_nothing(track, world):
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    state = track(query="?dry=True", profileId="ana")
    assert (state["event"]["id"], state["session"]["integrationId"]) == (0, "s-1")
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before
    assert track(query="?dry=false", profileId="ana")["event"]["id"] == 1


# V2 -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?silent=yes", "?silent=yes&dry=true"])
def test_a_silent_event_answers_204_with_nothing(track2, query):
    assert track2(status=204, query=query) is None


@pytest.mark.proves("talonone.operation.trackEventV2")
def test_an_event_that_is_not_silent_answers_200(track2):
    assert track2() == {"effects": [], "createdCoupons": [], "createdReferrals": []}


@pytest.mark.parametrize("value", ["true", "", "YES", "0"])
def test_silent_is_yes_or_no(track2, value):
    body = track2(status=400, query=f"?silent={value}")
    assert body == {
        "message": "The submitted data was invalid",
        "errors": [
            {
                "title": "enum",
                "details": 'silent must be one of the following: "yes", "no"',
                "source": {"parameter": "silent"},
            }
        ],
        "StatusCode": 400,
    }


CONTENT = ["customerProfile", "triggeredCampaigns", "loyalty", "event", "awardedGiveaways", "ruleFailureReasons"]


@pytest.mark.parametrize("part", CONTENT)
def test_a_part_is_answered_where_it_is_asked_for(track2, part):
    always = {"effects", "createdCoupons", "createdReferrals"}
    assert set(track2(responseContent=[part])) == {*always, part}


def test_the_event_has_no_session(track2, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    answer = track2(responseContent=["event", "customerProfile"], attributes={"URL": "/"}, storeIntegrationId="shop 1")
    assert answer["event"] == {
        "id": 1,
        "created": "2026-01-05T09:00:00Z",
        "applicationId": 7,
        "profileId": "ana",
        "type": "viewed_page",
        "attributes": {"URL": "/"},
        "effects": [],
        "ledgerEntries": [],
        "storeIntegrationId": "shop 1",
    }
    assert (answer["customerProfile"]["id"], rows(world, "sessions")) == (1, [])
    assert [(row["type"], row["session_id"]) for row in rows(world, "events")] == [("viewed_page", None)]


@pytest.mark.proves("talonone.final_at_once")
def test_rules_run_and_their_effects_are_final(track2, shop, campaign, brief):
    shop.open(
        campaign(
            1,
            viewed(["addLoyaltyPoints", "View", 1, "", 3], ["updateAttribute", "Profile.Attributes.Name", "Viewer"]),
        )
    )
    answer = track2(responseContent=["customerProfile", "loyalty", "triggeredCampaigns", "event"])
    assert [effect[0] for effect in brief(answer["effects"])] == ["addLoyaltyPoints", "updateAttribute"]
    assert answer["customerProfile"]["attributes"] == {"Name": "Viewer"}
    assert answer["loyalty"]["programs"]["1"]["ledger"]["currentBalance"] == 3
    assert [one["id"] for one in answer["triggeredCampaigns"]] == [1]
    assert answer["event"]["effects"] == []
    assert shop.profile("ana")["attributes"] == {"Name": "Viewer"}


@pytest.mark.parametrize(
    ("members", "title", "pointer"),
    [
        ({"profileId": "left out"}, "required", "/profileId"),
        ({"profileId": ""}, "minLength", "/profileId"),
        ({"type": "left out"}, "required", "/type"),
        ({"type": ""}, "minLength", "/type"),
        ({"attributes": {"Nope": 1}}, "Unknown", "/attributes/Nope"),
        ({"loyaltyCards": ["a", "b"]}, "maxItems", "/loyaltyCards"),
        ({"storeIntegrationId": ""}, "minLength", "/storeIntegrationId"),
        ({"storeIntegrationId": "x" * 1001}, "maxLength", "/storeIntegrationId"),
        ({"responseContent": ["customerSession"]}, "enum", "/responseContent/0"),
        ({"evaluableCampaignIds": [1]}, "Not allowed", "/evaluableCampaignIds"),
        ({"evaluableCampaignIds": ["1"]}, "type", "/evaluableCampaignIds/0"),
    ],
)
def test_a_bad_event_of_v2_is_refused_with_a_status_code(track2, members, title, pointer):
    body = track2(status=400, **members)
    assert body["StatusCode"] == 400
    assert [(error["title"], error["source"]) for error in body["errors"]] == [(title, {"pointer": pointer})]


def test_complete_evaluation_is_for_dry_runs(track2):
    body = track2(status=400, query="?forceCompleteEvaluation=true")
    assert body["errors"] == [
        {
            "title": "Not allowed",
            "details": "forceCompleteEvaluation can only be used with dry=true",
            "source": {"parameter": "forceCompleteEvaluation"},
        }
    ]
    assert track2(query="?silent=no&dry=true&forceCompleteEvaluation=True")["effects"] == []


@pytest.mark.proves("talonone.evaluable_campaigns")
def test_a_dry_event_can_try_a_campaign_that_is_disabled(track2, shop, campaign, brief):
    effect = ["showNotification", "Info", "a", "b"]
    shop.open(campaign(1, viewed(effect)), campaign(2, viewed(effect), state="disabled"))
    answer = track2(query="?silent=no&dry=true", evaluableCampaignIds=[2, 99])
    assert [effect["campaignId"] for effect in answer["effects"]] == [2]
    assert [effect["campaignId"] for effect in track2(query="?silent=no&dry=true")["effects"]] == [1]


def test_a_dry_event_stores_nothing(track2, world):
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    assert track2(query="?silent=no&dry=true", responseContent=["event"])["event"]["id"] == 0
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before


def test_the_operation_is_marked_as_beyond_the_source(server):
    vendor = next(vendor for vendor in server.emulator.vendors if vendor.slug == "talonone")
    later = [operation.id for operation in vendor.routes if "beyond the source document" in operation.source]
    assert later == ["getCustomerSession", "reopenCustomerSession", "returnCartItems", "trackEventV2"]
