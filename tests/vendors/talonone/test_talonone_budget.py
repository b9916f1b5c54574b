"""All rules of a call have one budget of steps together: each can stay below its own, and all take long."""

import pytest

from emulator.vendors.talonone.talang.evaluation import STEPS, STEPS_OF_A_CALL

SPENT, CALL_SPENT = "the step budget of the evaluation is spent", "the step budget of the call is spent"
ENOUGH = STEPS_OF_A_CALL // STEPS


def times(count, block):
    return ["count", ["map", ["list", *range(count)], "x", block]]


BUSY = times(280, times(100, [".", "x"]))
"""Most of the steps that one expression has."""


def messages(answer):
    return [one["props"]["message"] for one in answer["effects"] if one["effectType"] == "error"]


@pytest.mark.proves("talonone.step_budget")
def test_rules_that_stay_below_their_own_budget_come_to_the_end_of_the_calls(shop, campaign, rule):
    rules = [rule(["and", ["=", BUSY, 280]], ["setDiscount", f"rule {number}", 1]) for number in range(20)]
    shop.open(campaign(1, *rules), campaign(2, rule(["and"], ["setDiscount", "another campaign", 1])))
    answer = shop.session(profileId="ana")
    given = [one["props"]["name"] for one in answer["effects"] if one["effectType"] == "setDiscount"]
    assert given == [f"rule {number}" for number in range(len(given))]
    assert ENOUGH <= len(given) < 20
    assert len(messages(answer)) == 21 - len(given)
    assert all(said.startswith(CALL_SPENT) for said in messages(answer))


def test_the_next_call_has_a_budget_of_its_own(shop, campaign, rule):
    shop.open(campaign(1, *[rule(["and", ["=", BUSY, 280]], ["setDiscount", "off", 1])] * 20))
    assert messages(shop.session(profileId="ana")) == messages(shop.session(profileId="ana")) != []


def test_a_filter_is_charged_for_every_item_of_the_cart(shop, campaign, rule):
    items = [{"name": f"item {number}", "sku": f"sku-{number}", "quantity": 1, "price": 1} for number in range(100)]
    kept = {"name": "Kept", "type": "cartItemFilter", "expression": ["=", BUSY, 280]}
    shop.open(campaign(1, rule(["and"], ["setDiscount", "off", 1], bindings=[kept])))
    assert [said.split(" at ")[0] for said in messages(shop.session(profileId="ana", cartItems=items))] == [CALL_SPENT]


def test_a_bundle_is_charged_for_every_look_at_the_cart(shop, campaign, rule):
    items = [{"name": f"item {number}", "sku": f"sku-{number}", "quantity": 10, "price": 1} for number in range(1_000)]
    wanted = {"type": "bundle", "expression": ["list", *[f"sku-{number}" for number in range(900, 1_000)]]}
    rules = [rule(["and"], ["setDiscount", "off", 1], bindings=[{"name": "Sets", **wanted}]) for _ in range(20)]
    shop.open(campaign(1, *rules))
    assert {said.split(" at ")[0] for said in messages(shop.session(profileId="ana", cartItems=items))} == {CALL_SPENT}


@pytest.mark.parametrize("effect", [["createCoupon"], ["addLoyaltyPoints", "p", 1, "", 1], ["setDiscount", "off", 1]])
def test_what_rules_give_without_end_stops_and_stays_within_the_answer(shop, campaign, rule, effect):
    endless = [rule(["and"], times(9_000, ["catch", True, effect])) for _ in range(20)]
    shop.open(campaign(1, *endless))
    answer = shop.session(profileId="ana")
    assert len(messages(answer)) == 20
    assert len(answer["effects"]) < STEPS_OF_A_CALL // 8


def test_an_expression_with_too_many_literals_is_refused(shop, client):
    asked = {"expression": ["list", *range(100_001)]}
    problem = client.post("/_emulator/vendors/talonone/evaluate", json=asked)
    assert (problem.status_code, problem.json()["detail"]) == (400, "expression: the expression is too large")
