"""Discounts: on the session, on a line of the cart, on an additional cost."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from emulator.core.errors import Level, Rule
from emulator.vendors.talonone.service.coupons import discount_left
from emulator.vendors.talonone.service.effects.turn import PARTIAL, ZERO, Props, Turn, finite, whole
from emulator.vendors.talonone.service.money import Number, amount, exact
from emulator.vendors.talonone.tables import ADDITIONAL_COSTS
from emulator.vendors.talonone.talang import Evaluation, HostFunction, Kind, TalangError

POSITIONS = Rule(
    "talonone.discount_per_item", Level.OBSERVED, "commercetools-talonone-accelerator, responses of 2021",
    "The name of a discount per item is its label, # and the position of the item.",
)  # fmt: skip


def set_discount(evaluation: Evaluation, name: str, value: Decimal) -> None:
    turn = evaluation.host_as(Turn)
    _give(turn, "setDiscount", {"name": name}, value, turn.occasion.left - turn.discount)


def set_discount_in_scope(evaluation: Evaluation, name: str, value: Decimal, scope: str) -> None:
    """`scope` is of later versions (25.17, SetDiscountEffectProps.scope)."""
    turn = evaluation.host_as(Turn)
    occasion = turn.occasion
    left = occasion.left - turn.discount
    match scope:
        case "cartItems":
            left = min(left, occasion.session.cart_item_total)
        case "additionalCosts":
            left = min(left, occasion.session.additional_cost_total)
        case "sessionTotal":
            pass
        case _:
            raise TalangError(f"{scope!r} is no scope of a discount: sessionTotal, cartItems, additionalCosts")
    _give(turn, "setDiscount", {"name": name}, value, left, {"scope": scope})


def set_discount_per_item(
    evaluation: Evaluation, name: str, value: Decimal, position: Decimal, sub_position: Decimal | None = None
) -> None:
    """`value` is the total for that line (talon_go 2.1.1), or for one unit of it where a sub-position says which."""
    turn = evaluation.host_as(Turn)
    place = whole(position)
    if place not in turn.occasion.item_left:
        raise TalangError(f"the cart has no item at position {place}")
    turn.occasion.work.rely(POSITIONS)
    more: dict[str, Number] = {"position": place}
    if sub_position is not None:
        more["subPosition"] = whole(sub_position)
    if turn.item_discounts is None:
        turn.item_discounts = {}
    before = turn.item_discounts.get(place, ZERO)
    left = min(turn.occasion.item_left[place] - before, turn.occasion.left - turn.discount)
    granted = _give(turn, "setDiscountPerItem", {"name": f"{name}#{place}"}, value, left, more)
    turn.item_discounts[place] = before + granted


def set_discount_per_additional_cost(evaluation: Evaluation, name: str, value: Decimal, cost: str) -> None:
    turn = evaluation.host_as(Turn)
    costs = turn.occasion.session.additional_costs
    if cost not in costs:
        raise TalangError(f"the session has no additional cost {cost!r}")
    left = min(exact(costs[cost]["price"]), turn.occasion.left - turn.discount)
    more = {"additionalCostId": _cost_id(turn, cost), "additionalCost": cost}
    _give(turn, "setDiscountPerAdditionalCost", {"name": name}, value, left, more)


def set_discount_per_additional_cost_per_item(
    evaluation: Evaluation, name: str, value: Decimal, cost: str, position: Decimal
) -> None:
    turn = evaluation.host_as(Turn)
    place = whole(position)
    items = turn.occasion.session.cart_items
    if not 0 <= place < len(items):
        raise TalangError(f"the cart has no item at position {place}")
    costs = items[place].get("additionalCosts") or {}
    if cost not in costs:
        raise TalangError(f"the item at position {place} has no additional cost {cost!r}")
    left = min(exact(costs[cost]["price"]), turn.occasion.left - turn.discount)
    more = {"additionalCostId": _cost_id(turn, cost), "additionalCost": cost, "position": place}
    _give(turn, "setDiscountPerAdditionalCostPerItem", {"name": name}, value, left, more)


def _cost_id(turn: Turn, name: str) -> int:
    rows = turn.occasion.work.db.all(ADDITIONAL_COSTS, account_id=turn.occasion.caller.account)
    return next((int(row["id"]) for row in rows if row["name"] == name), 0)


def _give(
    turn: Turn, effect_type: str, props: Props, value: Decimal, left: Decimal, more: Mapping[str, Any] | None = None
) -> Decimal:
    """Give the discount, or what its scope has `left` and the limits allow; what that is. `more` follows the value."""
    wanted = finite(value)
    granted = _granted(turn, value, left)
    if granted is None or not turn.spend("setDiscountEffect"):
        return ZERO
    if granted > 0:  # what makes dearer uses no budget
        turn.use("setDiscount", granted)
    turn.discount += granted
    props["value"] = wanted if granted is value else amount(granted)
    if more is not None:
        props.update(more)
    if granted != value:
        turn.occasion.work.rely(PARTIAL)
        props["desiredValue"] = wanted
    turn.given.append((effect_type, props))
    return granted


def _granted(turn: Turn, value: Decimal, left: Decimal) -> Decimal | None:
    """What of the discount its scope and the limits leave, or None where it is refused."""
    if value <= 0:
        return value
    granted = min(value, max(left, ZERO)) if turn.partial else value
    rest = turn.left("setDiscount")
    own = _of_coupon(turn)
    if own is not None and (rest is None or own < rest):
        rest = own
    if rest is None or granted <= rest:
        if granted > left:
            turn.occasion.work.rely(PARTIAL)
        return granted
    if turn.partial and rest > 0:
        return rest
    turn.refuse()
    return None


def _of_coupon(turn: Turn) -> Decimal | None:
    coupon = turn.tested_coupon
    if coupon is None or coupon.row is None:
        return None
    left = discount_left(coupon.row)
    return None if left is None else left - coupon.discount - turn.discount


_TEXT, _NUMBER = Kind.STRING, Kind.DECIMAL

FUNCTIONS = (
    HostFunction("setDiscount", (_TEXT, _NUMBER), set_discount),
    HostFunction("setDiscount", (_TEXT, _NUMBER, _TEXT), set_discount_in_scope),
    HostFunction("setDiscountPerItem", (_TEXT, _NUMBER, _NUMBER), set_discount_per_item),
    HostFunction("setDiscountPerItem", (_TEXT, _NUMBER, _NUMBER, _NUMBER), set_discount_per_item),
    HostFunction("setDiscountPerAdditionalCost", (_TEXT, _NUMBER, _TEXT), set_discount_per_additional_cost),
    HostFunction(
        "setDiscountPerAdditionalCostPerItem",
        (_TEXT, _NUMBER, _TEXT, _NUMBER),
        set_discount_per_additional_cost_per_item,
    ),
)
