"""The JSON Schema of the section: what it accepts can be read, what it refuses cannot."""

from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from emulator.control.scenario import parse
from emulator.vendors.talonone import VENDOR

SCHEMA = VENDOR.seed_model.model_json_schema()
FIXTURES = sorted(Path("fixtures").glob("*.yaml"))
APPLICATION = {"id": 7, "name": "Shop"}
CAMPAIGN = {"id": 1, "applicationId": 7, "name": "c"}


def rule(condition=("and",), *effects):
    return {"title": "r", "condition": list(condition), "effects": [*effects]}


def campaign(*rules, bindings=(), **members):
    return {"campaigns": [{**CAMPAIGN, "rulesets": [{"rules": [*rules], "bindings": [*bindings]}], **members}]}


def accepted(section):
    jsonschema.Draft202012Validator(SCHEMA).validate(section)
    VENDOR.seed_model.model_validate(section)


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_it_accepts_the_sections_that_come_with_the_emulator(path):
    accepted(parse(path.read_bytes()).get("talonone", {}))


def test_every_key_is_described():
    models = {"TalonOneSection": SCHEMA, **SCHEMA["$defs"]}
    undescribed = [
        f"{name}.{key}"
        for name, model in models.items()
        for key, value in model.get("properties", {}).items()
        if not value.get("description")
    ]
    assert undescribed == []
    assert SCHEMA["$defs"]["Expression"]["description"]


@pytest.mark.parametrize(
    "section",
    [
        {},
        campaign(rule(["and", ["couponValid"]], ["setDiscount", "Off", ["*", [".", "Session", "Total"], 0.1]])),
        campaign(rule([["set", "a", 1], ["=", [".", "a"], None, True, -1.5e3]])),
        campaign(rule(["every", ["list", 1], "item", [["item"], ["noop"]]])),
        campaign(rule(["kv", ["key", 1]])),
        campaign(bindings=[{"name": "b", "type": "subledgerBalance", "expression": [1, "gold"]}]),
        {"applications": [{**APPLICATION, "key": "fefecafedeadbeef", "apiKeys": [{"key": "k", "expires": "-3d"}]}]},
        {"applications": [{**APPLICATION, "limits": [{"action": "setDiscount", "limit": 0.5, "period": "daily"}]}]},
        {"attributes": [{"entity": "LoyaltyCard", "name": "a", "type": "(list location)", "suggestions": ["x"] * 50}]},
        {
            "profiles": [
                {"integrationId": "ana", "created": "2026-01-05", "lastActivity": "2026-01-05T09:00:00.25+02:00"}
            ]
        },
        campaign(startTime="+2w", endTime="2026-01-05T09:00:00Z", state="archived"),
        campaign(
            newCoupons=[{"numberOfCoupons": 5, "couponPattern": "####", "validCharacters": ["ß"], "usageLimit": 0}]
        ),
        {
            "campaignSets": [
                {
                    "applicationId": 7,
                    "set": {
                        "type": "SET",
                        "operator": "FIRST",
                        "name": "outer",
                        "elements": [
                            {"type": "CAMPAIGN", "campaignId": 1},
                            {"type": "SET", "operator": "ALL", "elements": []},
                        ],
                    },
                }
            ]
        },
    ],
)
def test_it_accepts_what_can_be_said(section):
    accepted(section)


REFUSED = [
    {"campaign": []},
    {"campaigns": {}},
    {"campaigns": [{**CAMPAIGN, "id": 0}]},
    {"campaigns": [{**CAMPAIGN, "id": "1"}]},
    {"campaigns": [{"id": 1, "name": "c"}]},
    {"campaigns": [{**CAMPAIGN, "name": ""}]},
    {"campaigns": [{**CAMPAIGN, "state": "running"}]},
    {"campaigns": [{**CAMPAIGN, "startTime": "soon"}]},
    {"campaigns": [{**CAMPAIGN, "startTime": "3d"}]},
    {"campaigns": [{**CAMPAIGN, "tags": ["t" * 51]}]},
    {"campaigns": [{**CAMPAIGN, "tags": [str(number) for number in range(51)]}]},
    {"campaigns": [{**CAMPAIGN, "features": ["discounts"]}]},
    {"campaigns": [{**CAMPAIGN, "campaignPriority": "high"}]},
    {"campaigns": [{**CAMPAIGN, "couponSettings": {}}]},
    {"campaigns": [{**CAMPAIGN, "couponSettings": {"couponPattern": "##"}}]},
    {"campaigns": [{**CAMPAIGN, "couponSettings": {"couponPattern": "####", "validCharacters": ["AB"]}}]},
    {"campaigns": [{**CAMPAIGN, "limits": [{"action": "redeem", "limit": 1}]}]},
    {"campaigns": [{**CAMPAIGN, "limits": [{"action": "redeemCoupon", "limit": -1}]}]},
    {"campaigns": [{**CAMPAIGN, "limits": [{"action": "redeemCoupon"}]}]},
    {"campaigns": [{**CAMPAIGN, "limits": [{"action": "redeemCoupon", "limit": 1, "entities": ["Friend"]}]}]},
    {"campaigns": [{**CAMPAIGN, "limits": [{"action": "redeemCoupon", "limit": 1, "period": "hourly"}]}]},
    {"campaigns": [{**CAMPAIGN, "coupons": [{"value": "ABC"}]}]},
    {"campaigns": [{**CAMPAIGN, "coupons": [{"value": "ABCD", "usageLimit": 1_000_000}]}]},
    {"campaigns": [{**CAMPAIGN, "coupons": [{"value": "ABCD", "usageLimit": 1.5}]}]},
    {"campaigns": [{**CAMPAIGN, "coupons": [{"value": "ABCD", "discountLimit": -1}]}]},
    {"campaigns": [{**CAMPAIGN, "referrals": [{"code": "ABCD"}]}]},
    {"campaigns": [{**CAMPAIGN, "newCoupons": [{"couponPattern": "####"}]}]},
    {"campaigns": [{**CAMPAIGN, "newCoupons": [{"numberOfCoupons": 0}]}]},
    {"campaigns": [{**CAMPAIGN, "newCoupons": [{"numberOfCoupons": 1, "uniqueprefix": "A"}]}]},
    {"campaigns": [{**CAMPAIGN, "rulesets": [{"rule": []}]}]},
    campaign({"title": "r", "condition": ["and"]}),
    campaign(rule([])),
    campaign({"title": "r", "condition": "couponValid", "effects": []}),
    campaign({"title": "r", "condition": ["and"], "effects": ["noop"]}),
    campaign({"title": "r", "condition": ["and"], "effects": [[]]}),
    campaign(bindings=[{"name": "b", "expression": []}]),
    campaign(bindings=[{"name": "b", "type": "basket", "expression": ["noop"]}]),
    {"applications": [{"id": 7}]},
    {"applications": [{**APPLICATION, "key": "fefe"}]},
    {"applications": [{**APPLICATION, "caseSensitivity": "yes"}]},
    {"applications": [{**APPLICATION, "apiKeys": [{"key": ""}]}]},
    {"applications": [{**APPLICATION, "sandbox": "no"}]},
    {"attributes": [{"entity": "Cart", "name": "a", "type": "string"}]},
    {"attributes": [{"entity": "Event", "name": "a", "type": "list"}]},
    {"attributes": [{"entity": "Event", "name": "a", "type": "string", "suggestions": ["x"] * 51}]},
    {"additionalCosts": [{"title": "Shipping"}]},
    {"additionalCosts": [{"name": "a", "type": "cart"}]},
    {"loyaltyPrograms": [{"id": 1, "name": "p", "defaultValidity": "30"}]},
    {"campaignSets": [{"set": {"type": "SET", "operator": "ALL", "elements": []}}]},
    {"campaignSets": [{"applicationId": 7, "version": 0, "set": {"type": "SET", "operator": "ALL", "elements": []}}]},
    {"campaignSets": [{"applicationId": 7, "set": {"type": "SET", "operator": "ANY", "elements": []}}]},
    {"profiles": [{"integrationId": ""}]},
    {"profiles": [{"integrationId": "ana", "closedSessions": -1}]},
    {"profiles": [{"integrationId": "ana", "totalSales": "10"}]},
    {"settings": {"null_attributes": "kept"}},
    {"settings": {"nulls": "ignored"}},
]


@pytest.mark.parametrize("section", REFUSED, ids=range(len(REFUSED)))
def test_it_refuses_what_cannot_be_said(section):
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(section)
    with pytest.raises(ValidationError):
        VENDOR.seed_model.model_validate(section)


@pytest.mark.parametrize(
    "expression",
    [[1, 2], [True], [None, "a"], ["and", {}], ["and", [{"a": 1}]], ["and", []], [["and", []]]],
)
def test_it_refuses_expressions_that_do_not_compile(expression):
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(campaign(rule(expression)))


@pytest.mark.parametrize(
    "node",
    [
        {"type": "CAMPAIGN"},
        {"type": "CAMPAIGN", "campaignId": 1, "elements": []},
        {"type": "CAMPAIGN", "campaignId": 1, "operator": "ALL"},
        {"type": "SET", "operator": "ALL"},
        {"type": "SET", "elements": []},
        {"type": "SET", "operator": "ALL", "elements": [], "campaignId": 1},
    ],
)
def test_it_refuses_nodes_of_campaign_sets_that_are_neither_one_nor_the_other(node):
    outer = {"type": "SET", "operator": "ALL", "elements": [node]}
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({"campaignSets": [{"applicationId": 7, "set": outer}]})
