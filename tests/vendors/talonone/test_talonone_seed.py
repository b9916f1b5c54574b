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
