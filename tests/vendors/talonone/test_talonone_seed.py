"""Scenario sections: what can be said, and how a mistake is named."""

import pytest

from emulator.control.scenario import ScenarioError

APPLICATION = {"id": 7, "name": "Shop", "apiKeys": [{"key": "k" * 64}]}
OTHER = {"id": 8, "name": "Other", "apiKeys": [{"key": "l" * 64}]}
RULE = {"title": "r", "condition": ["and"], "effects": []}


def campaign(number=1, **members):
    return {"id": number, "applicationId": 7, "name": "c", **members}


def rules(*listed, bindings=()):
    return {"rulesets": [{"rules": list(listed), "bindings": list(bindings)}]}


@pytest.fixture
def mistake(server):
    """The only problem of a section, which must be there."""

    def finder(**section):
        document = {"name": "test", "talonone": {"applications": [APPLICATION, OTHER], **section}}
        with pytest.raises(ScenarioError) as caught:
            server.emulator.scenarios.plant(document)
        (problem,) = caught.value.problems
        return problem

    return finder


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"campaigns": [campaign(rulets=[])]}, "campaigns[0].rulets: unknown key, did you mean rulesets?"),
        (
            {"campaigns": [campaign(**rules({**RULE, "efects": []}))]},
            "campaigns[0].rulesets[0].rules[0].efects: unknown key, did you mean effects?",
        ),
        ({"campaigns": [{"id": 1, "name": "c"}]}, "campaigns[0].applicationId: this key is required"),
        ({"campaigns": [campaign(applicationId=9)]}, "campaigns[0].applicationId: there is no application 9"),
        ({"campaigns": [campaign(), campaign()]}, "campaigns[1].id: another campaign has the id 1 already"),
        ({"campaigns": [campaign(state="on")]}, "campaigns[0].state: Input should be 'enabled', "),
        ({"campaigns": [campaign(endTime="soon")]}, "campaigns[0].endTime: 'soon' is not a moment"),
        ({"campaigns": [campaign(activeRulesetId=5)]}, "campaigns[0].activeRulesetId: the campaign has no ruleset 5"),
        (
            {"campaigns": [campaign(attributes={"a": 1})]},
            'campaigns[0].attributes.a: The attribute "a" is not defined on Campaign entities.',
        ),
        (
            {"campaigns": [campaign(coupons=[{"value": "abc"}])]},
            "campaigns[0].coupons[0].value: String should have at least 4 characters",
        ),
        (
            {"campaigns": [campaign(coupons=[{"value": "AB\0CD"}])]},
            "campaigns[0].coupons[0].value: String should match pattern",
        ),
        (
            {"campaigns": [campaign(1, coupons=[{"value": "SAME"}]), campaign(2, coupons=[{"value": "SAME"}])]},
            "campaigns[1].coupons[0].value: the account has the coupon code 'SAME' already, at "
            "campaigns[0].coupons[0].value",
        ),
        (
            {"campaigns": [campaign(coupons=[{"id": 3, "value": "CODE1"}, {"id": 3, "value": "CODE2"}])]},
            "campaigns[0].coupons[1].id: another coupon has the id 3 already",
        ),
        (
            {"campaigns": [campaign(coupons=[{"value": "CODE1", "attributes": {"a": 1}}])]},
            'campaigns[0].coupons[0].attributes.a: The attribute "a" is not defined on Coupon entities.',
        ),
        (
            {"campaigns": [campaign(referrals=[{"code": "REF1"}])]},
            "campaigns[0].referrals[0].advocateProfileIntegrationId: this key is required",
        ),
        ({"applications": [APPLICATION, APPLICATION]}, "applications[1].id: another application has the id 7 already"),
        (
            {"applications": [APPLICATION, {**APPLICATION, "id": 9}]},
            "applications[1].apiKeys[0].key: this key is given to two applications",
        ),
        ({"applications": [{**APPLICATION, "key": "xyz"}]}, "applications[0].key: String should match pattern"),
        (
            {"attributes": [{"entity": "CustomerProfile", "name": "a", "type": "text"}]},
            "attributes[0].type: Input should be 'string', ",
        ),
        (
            {"attributes": [{"entity": "CartItem", "name": "a", "type": "string"}] * 2},
            "attributes[1].name: CartItem entities have two attributes of the name a",
        ),
        (
            {"attributes": [{"entity": "CartItem", "name": "a", "type": "string", "subscribedApplicationsIds": [9]}]},
            "attributes[0].subscribedApplicationsIds[0]: there is no application 9",
        ),
        ({"additionalCosts": [{"name": "a"}] * 2}, "additionalCosts[1].name: there are two additional costs a"),
        (
            {"profiles": [{"integrationId": "ana"}] * 2},
            "profiles[1].integrationId: there are two profiles 'ana'",
        ),
        (
            {"profiles": [{"integrationId": "ana", "attributes": {"Nope": 1}}]},
            'profiles[0].attributes.Nope: The attribute "Nope" is not defined on CustomerProfile entities.',
        ),
        (
            {"profiles": [{"integrationId": "ana", "closedSessions": 2**63 - 1}]},
            "profiles[0].closedSessions: Input should be less than or equal to 1000000000000000",
        ),
        (
            {"applications": [{**APPLICATION, "timezone": "Europe/Atlantis"}]},
            "applications[0].timezone: 'Europe/Atlantis' is no IANA time zone",
        ),
        (
            {"applications": [{**APPLICATION, "loyaltyPrograms": [3]}]},
            "applications[0].loyaltyPrograms[0]: there is no loyalty program 3",
        ),
        (
            {"applications": [{**APPLICATION, "campaignPriority": "first"}]},
            "applications[0].campaignPriority: Input should be 'universal', ",
        ),
        (
            {"applications": [{**APPLICATION, "attributes": {"a": 1}}]},
            'applications[0].attributes.a: The attribute "a" is not defined on Application entities.',
        ),
        (
            {"applications": [{**APPLICATION, "attributesSettings": {"mandatory": {"coupons": ["a"]}}}]},
            'applications[0].attributesSettings.mandatory.coupons[0]: The attribute "a" is not defined on Coupon',
        ),
        (
            {"applications": [{**APPLICATION, "limits": [{"action": "discount", "limit": 1}]}]},
            "applications[0].limits[0].action: Input should be 'redeemCoupon', ",
        ),
        (
            {"attributes": [{"entity": "Event", "name": "URL", "type": "string"}]},
            "attributes[0].eventType: an attribute of the entity Event needs the type of event that has it",
        ),
        (
            {"attributes": [{"entity": "CartItem", "eventType": "view", "name": "URL", "type": "string"}]},
            "attributes[0].eventType: only attributes of the entity Event have one, this is CartItem",
        ),
        (
            {"attributes": [{"entity": "CartItem", "name": "a", "type": "string", "suggestions": ["b"] * 51}]},
            "attributes[0].suggestions: List should have at most 50 items",
        ),
        (
            {"attributes": [{"entity": "CartItem", "name": "a", "type": "string", "accountId": 5}]},
            "attributes[0].accountId: no application belongs to the account 5",
        ),
        ({"additionalCosts": [{"name": "a", "type": "cart"}]}, "additionalCosts[0].type: Input should be 'session', "),
        (
            {"loyaltyPrograms": [{"id": 1, "name": "points", "defaultValidity": "a month"}]},
            "loyaltyPrograms[0].defaultValidity: String should match pattern",
        ),
        (
            {"loyaltyPrograms": [{"id": 1, "name": "points"}, {"id": 2, "name": "points"}]},
            "loyaltyPrograms[1].name: there are two loyalty programs points, at loyaltyPrograms[0].name",
        ),
        (
            {"loyaltyPrograms": [{"id": 1, "name": "points", "subscribedApplications": [7, 7]}]},
            "loyaltyPrograms[0].subscribedApplications[1]: application 7 is listed twice",
        ),
        ({"campaigns": [campaign(tags=["t"] * 51)]}, "campaigns[0].tags: List should have at most 50 items"),
        ({"campaigns": [campaign(tags=["t" * 51])]}, "campaigns[0].tags[0]: String should have at most 50 characters"),
        ({"campaigns": [campaign(features=["coupons"] * 2)]}, "campaigns[0].features[1]: coupons is listed twice"),
        ({"campaigns": [campaign(campaignPriority="top")]}, "campaigns[0].campaignPriority: Input should be 'univers"),
        (
            {"campaigns": [campaign(limits=[{"action": "setDiscount", "limit": -1}])]},
            "campaigns[0].limits[0].limit: Input should be greater than or equal to 0",
        ),
        (
            {"campaigns": [campaign(limits=[{"action": "setDiscount", "limit": 1, "entities": ["Customer"]}])]},
            "campaigns[0].limits[0].entities[0]: Input should be 'Coupon', ",
        ),
        (
            {"campaigns": [campaign(limits=[{"action": "setDiscount", "limit": 1, "entities": ["Profile"] * 2}])]},
            "campaigns[0].limits[0].entities[1]: Profile is listed twice",
        ),
        (
            {"campaigns": [campaign(limits=[{"action": "setDiscount", "limit": limit} for limit in (1, 2)])]},
            "campaigns[0].limits[1]: there is a limit of setDiscount for the same entities and period already, at "
            "campaigns[0].limits[0]",
        ),
        (
            {"campaigns": [campaign(coupons=[{"value": "CODE1", "limits": [{"action": "setDiscount", "limit": 1}]}])]},
            "campaigns[0].coupons[0].limits[0].entities: limits of a coupon are limits per Profile",
        ),
        (
            {"campaigns": [campaign(couponSettings={"couponPattern": "##"})]},
            "campaigns[0].couponSettings.couponPattern: String should have at least 3 characters",
        ),
        (
            {"campaigns": [campaign(referralSettings={"couponPattern": "###"})]},
            "campaigns[0].referralSettings.couponPattern: a code has 4 to 100 characters, these would have 3",
        ),
        (
            {"campaigns": [campaign(coupons=[{"value": "CODE1", "reservations": ["ana", "ana"]}])]},
            "campaigns[0].coupons[0].reservations[1]: 'ana' is listed twice",
        ),
        (
            {
                "campaigns": [
                    campaign(
                        referrals=[
                            {
                                "code": "REF1",
                                "advocateProfileIntegrationId": "ana",
                                "friendProfileIntegrationId": "ana",
                            }
                        ]
                    )
                ]
            },
            "campaigns[0].referrals[0].friendProfileIntegrationId: advocate and friend are the same profile",
        ),
        (
            {
                "campaigns": [
                    campaign(rulesets=[{"rules": [], "bindings": [{"name": "b", "expression": ["noop"]}] * 2}])
                ]
            },
            "campaigns[0].rulesets[0].bindings[1].name: there are two bindings 'b'",
        ),
        (
            {"profiles": [{"integrationId": "a", "accountId": 3}]},
            "profiles[0].accountId: no application belongs to the",
        ),
        ({"settings": {"rejection_reasons": "new"}}, "settings.rejection_reasons: Input should be 'seed' or 'newest'"),
    ],
)
def test_a_mistake_is_named_by_its_path(mistake, section, path):
    assert mistake(**section).startswith(f"talonone.{path}")


@pytest.mark.parametrize(
    ("ruleset", "path"),
    [
        (
            rules({**RULE, "condition": ["and", ["couponvalyd"]]}),
            "rules[0].condition[1]: unknown function `couponvalyd'",
        ),
        (rules({**RULE, "condition": ["="]}), "rules[0].condition: `='"),
        (
            rules(RULE, {**RULE, "effects": [["setDiscount", "a", ["*", 1, ["plus", 1]]]]}),
            "rules[1].effects[0][2][2]: unknown function `plus'",
        ),
        (rules({**RULE, "effects": [["and"], ["setDiscount", "a"]]}), "rules[0].effects[1]: `setDiscount' takes 2"),
        (
            rules(RULE, bindings=[{"name": "b", "expression": [".", ["nope"]]}]),
            "bindings[0].expression[1]: unknown function `nope'",
        ),
        (
            rules({**RULE, "bindings": [{"name": "b", "expression": ["nope"]}]}),
            "rules[0].bindings[0].expression: unknown function `nope'",
        ),
        (rules({**RULE, "condition": []}), "rules[0].condition: List should have at least 1 item"),
    ],
)
def test_a_bad_expression_is_named_by_its_place(mistake, ruleset, path):
    problem = mistake(campaigns=[campaign(1), campaign(2, **ruleset)])
    assert problem.startswith(f"talonone.campaigns[1].rulesets[0].{path}")


def test_ids_that_are_left_out_are_the_lowest_free_ones(shop, campaign, rule):
    listed = [{"value": "CODE1"}, {"id": 2, "value": "CODE2"}, {"value": "CODE3"}]
    shop.open(campaign(1, rule(["couponValid"]), coupons=listed))
    effects = shop.session(couponCodes=["CODE1", "CODE2", "CODE3"])["effects"]
    assert [one["triggeredByCoupon"] for one in effects] == [1, 2, 3]


def test_the_same_code_may_be_a_coupon_and_a_referral_and_stand_in_two_accounts(server):
    applications = [APPLICATION, {**OTHER, "accountId": 2}]
    coupon, referral = {"value": "SAME1"}, {"code": "SAME1", "advocateProfileIntegrationId": "bob"}
    campaigns = [campaign(1, coupons=[coupon], referrals=[referral]), campaign(2, applicationId=8, coupons=[coupon])]
    section = {"applications": applications, "campaigns": campaigns}
    server.emulator.scenarios.plant({"name": "test", "talonone": section})


def test_a_seeded_profile_is_answered_as_it_was_written(shop):
    profile = {
        "id": 5, "integrationId": "ana", "attributes": {"Name": "Ana"}, "closedSessions": 2, "totalSales": 19.9,
        "created": "2019-01-01", "lastActivity": "2019-06-01T12:00:00.5Z",
    }  # fmt: skip
    shop.open(profiles=[profile])
    assert shop.profile("ana") == {
        **profile,
        "created": "2019-01-01T00:00:00Z",
        "accountId": 1,
        "loyaltyMemberships": None,
        "sandbox": False,
    }


def test_an_extending_scenario_adds_to_the_demo_world(server):
    document = {
        "name": "test",
        "extends": "demo",
        "talonone": {"campaigns": [campaign(99, coupons=[{"value": "SUMMER10"}])]},
    }
    with pytest.raises(ScenarioError) as caught:
        server.emulator.scenarios.plant(document)
    assert "the account has the coupon code 'SUMMER10' already" in caught.value.problems[0]


def test_an_attribute_that_is_mandatory_must_not_be_left_out(mistake):
    attributes = [
        {"entity": "Campaign", "name": "owner", "type": "string"},
        {"entity": "Coupon", "name": "channel", "type": "string"},
    ]
    mandatory = {"campaigns": ["owner"], "coupons": ["channel"]}
    applications = [{**APPLICATION, "attributesSettings": {"mandatory": mandatory}}]
    section = {"applications": applications, "attributes": attributes}
    assert mistake(**section, campaigns=[campaign()]) == (
        "talonone.campaigns[0].attributes: the attribute 'owner' is mandatory for campaigns of application 7"
    )
    owned = campaign(attributes={"owner": "Ana"}, newCoupons=[{"numberOfCoupons": 1}])
    assert mistake(**section, campaigns=[owned]) == (
        "talonone.campaigns[0].newCoupons[0].attributes: the attribute 'channel' is mandatory for coupons of "
        "application 7"
    )


def test_a_ruleset_that_is_not_activated_does_not_run(shop, campaign, rule):
    discount = [{"title": "r", "condition": ["and"], "effects": [["setDiscount", "old", 1]]}]
    draft = [{"title": "r", "condition": ["and"], "effects": [["setDiscount", "new", 2]]}]
    shop.open(
        {
            "id": 1,
            "applicationId": 7,
            "name": "c",
            "rulesets": [{"rules": discount}, {"rules": draft, "activate": False}],
        }
    )
    assert [one["props"]["name"] for one in shop.session()["effects"]] == ["old"]


def test_points_of_a_profile_are_good_for_as_long_as_their_program_says(shop, client):
    client.put("/_emulator/clock", json={"mode": "frozen", "now": "2026-01-05T09:00:00Z"})
    points = [
        {"programID": 1, "points": 10.5, "name": "Welcome", "created": "2026-01-01"},
        {"programID": 1, "points": 7, "created": "2025-01-01"},
        {"programID": 1, "points": 5, "created": "2025-01-01", "expiryDuration": "unlimited"},
        {"programID": 1, "points": 3, "created": "2026-01-01", "startDate": "2026-02-01"},
        {"programID": 2, "points": 2, "subLedgerID": "gold"},
    ]
    programs = [
        {"id": 1, "name": "points", "defaultValidity": "30d"},
        {"id": 2, "name": "stars", "title": "Stars", "allowSubledger": True},
    ]
    shop.open(loyaltyPrograms=programs, profiles=[{"integrationId": "ana", "loyaltyPoints": points}])
    client.put("/_emulator/clock", json={"mode": "frozen", "now": "2026-01-05T09:00:00Z"})
    found = shop.session("s-1", "loyalty", profileId="ana")["loyalty"]["programs"]
    main = found["1"]["ledger"]
    assert (main["currentBalance"], main["pendingBalance"], main["expiredBalance"]) == (15.5, 3, 7)
    assert found["2"]["subLedgers"]["gold"]["currentBalance"] == 2


@pytest.mark.parametrize(
    ("points", "problem"),
    [
        ({"programID": 9, "points": 1}, "programID: there is no loyalty program 9"),
        ({"programID": 1, "points": 0}, "points: Input should be greater than 0"),
        ({"programID": 1, "points": 1, "subLedgerID": "a"}, "subLedgerID: loyalty program 1 has no subledgers"),
        ({"programID": 1, "points": 1, "expiryDuration": "30"}, "expiryDuration: String should match pattern"),
    ],
)
def test_points_that_cannot_be_are_named_by_their_path(mistake, points, problem):
    profile = {"integrationId": "ana", "loyaltyPoints": [points]}
    found = mistake(loyaltyPrograms=[{"id": 1, "name": "points"}], profiles=[profile])
    assert found.startswith(f"talonone.profiles[0].loyaltyPoints[0].{problem}")


def test_a_seeded_session_is_built_upon(shop, campaign, rule):
    session = {
        "applicationId": 7,
        "integrationId": "s-1",
        "profileId": "ana",
        "couponCodes": ["CODE1"],
        "cartItems": [{"name": "Shoe", "sku": "shoe-1", "quantity": 2, "price": 49.5, "attributes": {"color": "red"}}],
        "additionalCosts": {"shipping": {"price": 5}},
        "identifiers": ["ana@example.com"],
        "attributes": {"City": "Berlin"},
        "created": "2026-01-01T10:00:00Z",
    }
    coupons = [{"value": "CODE1", "usageLimit": 1}]
    shop.open(
        campaign(
            1, rule(["couponValid"], ["setDiscount", "Off", ["*", [".", "Session", "Total"], 0.5]]), coupons=coupons
        ),
        profiles=[{"integrationId": "ana"}],
        sessions=[session],
    )
    answer = shop.session("s-1", "customerSession", state="closed")
    assert [one["effectType"] for one in answer["effects"]] == ["acceptCoupon", "setDiscount"]
    assert answer["effects"][1]["props"]["value"] == 52
    found = answer["customerSession"]
    assert (found["created"], found["updateCount"], found["state"]) == ("2026-01-01T10:00:00Z", 2, "closed")
    assert (found["total"], found["cartItemTotal"], found["additionalCostTotal"]) == (104, 99, 5)
    assert found["cartItems"] == [{**session["cartItems"][0], "position": 0}]
    assert (found["profileId"], found["firstSession"], found["identifiers"]) == ("ana", True, ["ana@example.com"])
    assert found["attributes"] == {"City": "Berlin"}


def test_a_seeded_session_that_is_closed_can_only_be_cancelled(shop):
    shop.open(sessions=[{"applicationId": 7, "integrationId": "done", "state": "closed"}])
    assert shop.refused("done", state="open")["errors"][0]["source"] == {"pointer": "/customerSession/state"}
    assert shop.session("done", state="cancelled")["effects"] == []


def test_only_the_first_seeded_session_of_a_profile_is_its_first(shop):
    listed = [{"applicationId": 7, "integrationId": number, "profileId": "ana"} for number in ("s-1", "s-2")]
    shop.open(profiles=[{"integrationId": "ana"}], sessions=listed)
    firsts = [shop.session(number, "customerSession")["customerSession"]["firstSession"] for number in ("s-1", "s-2")]
    assert firsts == [True, False]


@pytest.mark.parametrize(
    ("session", "problem"),
    [
        ({"applicationId": 9}, "applicationId: there is no application 9"),
        ({"profileId": "bob"}, "profileId: there is no profile 'bob' in account 1"),
        ({"state": "returned"}, "state: Input should be 'open', "),
        (
            {"additionalCosts": {"gift": {"price": 1}}},
            'additionalCosts.gift: The additional cost "gift" is not defined.',
        ),
        ({"cartItems": [{"sku": "a", "price": 1, "quantity": 0}]}, "cartItems[0].quantity: Input should be greater"),
        ({"cartItems": [{"sku": "a"}]}, "cartItems[0].price: this key is required"),
        (
            {"cartItems": [{"sku": "a", "price": 1, "quantity": 10_000}, {"sku": "b", "price": 1}]},
            "cartItems: a cart holds 10000 units",
        ),
        (
            {"cartItems": [{"sku": "a", "price": 1, "attributes": {"size": 1}}]},
            'cartItems[0].attributes.size: The attribute "size" is not defined on CartItem entities.',
        ),
        ({"attributes": {"size": 1}}, 'attributes.size: The attribute "size" is not defined on CustomerSession'),
        ({"identifiers": list("abcdef")}, "identifiers: List should have at most 5 items"),
    ],
)
def test_a_session_that_cannot_be_is_named_by_its_path(mistake, session, problem):
    found = mistake(sessions=[{"applicationId": 7, "integrationId": "s-1", **session}])
    assert found.startswith(f"talonone.sessions[0].{problem}")


def test_whoever_holds_a_reservation_has_an_empty_profile(shop, campaign):
    coupon = {"value": "CODE1", "reservations": ["bob", "ana"]}
    listed = [{"integrationId": "ana", "attributes": {"Name": "Ana"}}]
    shop.open(campaign(1, coupons=[coupon, {"value": "CODE2", "reservations": ["bob"]}]), profiles=listed)
    held = shop.call("GET", "/v1/coupon_reservations/customerprofiles/CODE1").json()["data"]
    assert [(one["id"], one["integrationId"], one["attributes"]) for one in held] == [
        (2, "bob", {}),
        (1, "ana", {"Name": "Ana"}),
    ]


THEN = "2020-01-01T00:00:00Z"


def test_members_that_the_management_api_answers_can_stay_in_a_section(shop):
    ruleset = {"campaignId": 1, "userId": 3, "rules": [RULE], "activatedAt": THEN}
    coupon = {"value": "ABCD", "campaignId": 1, "discountLimit": 5, "discountRemainder": 5}
    referral = {"code": "REFA", "campaignId": 1, "advocateProfileIntegrationId": "ana"}
    exported = {"userId": 3, "updated": THEN, "lastActivity": THEN}
    key = {"key": "ab" * 32, "accountID": 1, "applicationID": 7, "createdBy": 3, "created": THEN}
    shop.open(
        campaign(rulesets=[ruleset], coupons=[coupon], referrals=[referral], **exported),
        applications=[{**APPLICATION, "apiKeys": [key], "modified": THEN}],
    )
    assert shop.session()["effects"] == []


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        (
            {"campaigns": [campaign(rulesets=[{"campaignId": 2, "rules": []}])]},
            "campaigns[0].rulesets[0].campaignId: this stands in 1, not in 2",
        ),
        (
            {"campaigns": [campaign(coupons=[{"value": "ABCD", "campaignId": 2}])]},
            "campaigns[0].coupons[0].campaignId: this stands in 1, not in 2",
        ),
        (
            {
                "campaigns": [
                    campaign(referrals=[{"code": "A" * 4, "advocateProfileIntegrationId": "a", "campaignId": 2}])
                ]
            },
            "campaigns[0].referrals[0].campaignId: this stands in 1, not in 2",
        ),
        (
            {"applications": [{**APPLICATION, "apiKeys": [{"key": "k" * 64, "applicationID": 8}]}]},
            "applications[0].apiKeys[0].applicationID: this stands in 7, not in 8",
        ),
        (
            {"applications": [{**APPLICATION, "apiKeys": [{"key": "k" * 64, "accountID": 8}]}]},
            "applications[0].apiKeys[0].accountID: this stands in 1, not in 8",
        ),
        (
            {"campaigns": [campaign(startTime="2030-01-01", endTime="2020-01-01")]},
            "campaigns[0].endTime: the campaign ends before it starts",
        ),
    ],
)
def test_what_contradicts_its_place_or_itself_is_refused(mistake, section, problem):
    assert mistake(**section) == f"talonone.{problem}"
