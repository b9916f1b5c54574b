"""What can be done with a session that is closed, besides cancelling it: to open it again, to return items of it."""

from collections.abc import Sequence
from typing import Any

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import application
from emulator.vendors.talonone.contract.queries import ReturnRun
from emulator.vendors.talonone.contract.returns import (
    AnsweredReturnedCartItem,
    ReturnedCartItem,
    ReturnIntegrationRequest,
)
from emulator.vendors.talonone.contract.states import IntegrationStateOfReturn, ReopenSessionResponse
from emulator.vendors.talonone.errors import SCHEMA_VIOLATION, UNKNOWN_ITEM, Complaint, pointer, refusal
from emulator.vendors.talonone.service import changes, closing, events, returns, sessions, states, transitions
from emulator.vendors.talonone.service.changes import Change
from emulator.vendors.talonone.service.evaluation import Outcome
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.service.sessions import Session

REOPENED = Rule(
    "talonone.reopened_session", Level.INFERRED, "Talon.One Integration API 26.16, reopenCustomerSession",
    "Reopening runs no rules: it answers with the rollback effects of the closing, and leaves lastActivity alone.",
)  # fmt: skip
RETURNED = Rule(
    "talonone.return_request", Level.ASSUMED, "Talon.One Integration API 26.16, returnCartItems",
    "An item is named by its position, by its SKU, or by both where they agree; a SKU alone means its first line that "
    "has units left. Without a quantity all that is left of the item comes back. The totals of the session stay as "
    "they were; the profile's totalSales does not count returned items (documented). No campaign has "
    "reevaluateOnReturn, so runRuleEngine evaluates nothing.",
)  # fmt: skip

_PLACE = ("return", "returnedCartItems")


def reopen_session(work: Work, integration_id: str) -> ReopenSessionResponse:
    caller = application(work)
    session = sessions.known(work, caller, integration_id)
    event_type = transitions.reopen(work, session)
    work.rely(REOPENED)
    profile = changes.profile_of(work, caller, session)
    outcome = Outcome(effects=closing.rollbacks(work, session, redeemed=True))
    session.effects = "[]"
    sessions.store(work, session)
    event_id = events.record(work, session, event_type, changes.effects_of(outcome))
    closing.revoke(work, session, profile, event_id)
    changes.keep(work, profile)
    return {"effects": outcome.effects}


def return_items(
    work: Work, integration_id: str, query: ReturnRun, asked: ReturnIntegrationRequest
) -> IntegrationStateOfReturn:
    if query.dry:
        changes.rehearse(work)
    caller = application(work)
    session = sessions.known(work, caller, integration_id)
    event_type = transitions.give_back(work, session)
    items = _named(session, asked.wanted.returnedCartItems)
    if query.runRuleEngine or "customerSession" in (asked.responseContent or ()) or _leaves_open(session, asked):
        work.rely(RETURNED)
    units = {item["position"]: item["quantity"] for item in items}
    profile = changes.profile_of(work, caller, session)
    effects = closing.give_back(work, session, profile, units)
    _take_out(session, units)
    sessions.store(work, session)
    occasion = Occasion(work, caller, changes.definitions(work, caller), session, profile, event_type)
    change = Change(work, occasion, Outcome(effects=effects))
    change.event_id = events.record(work, session, event_type, change.effects)
    returns.record(work, session, change.event_id, items)
    changes.keep(work, profile)
    if query.dry:
        work.rely(changes.DRY)
    *previous, this = returns.of_session(work, caller, session, profile)
    answer: IntegrationStateOfReturn = {**states.v2(change, asked.responseContent or ()), "return": this}
    if "previousReturns" in answer:
        answer["previousReturns"] = previous
    return answer


def _named(session: Session, wanted: Sequence[ReturnedCartItem]) -> list[AnsweredReturnedCartItem]:
    """What comes back, a line of the cart each. Raises with all that is wrong."""
    left = [_left(item) for item in session.cart_items]
    back: dict[int, int] = {}
    complaints: list[Complaint] = []
    if not wanted:
        complaints.append(_complaint("minItems", "Array must have at least 1 items", *_PLACE))
    for index, one in enumerate(wanted):
        position = _position(session, one, left)
        if position is None:
            complaints.append(_unknown(one, index))
            continue
        units = left[position] if one.quantity is None else one.quantity
        if units > left[position] or not units:
            details = f"Must be less than or equal to {left[position]}"
            complaints.append(_complaint("maximum", details, *_PLACE, index, "quantity"))
            continue
        left[position] -= units
        back[position] = back.get(position, 0) + units
    if complaints:
        raise refusal(complaints, status_code=False)
    return [
        {"position": position, "quantity": units, "sku": session.cart_items[position]["sku"]}
        for position, units in sorted(back.items())
    ]


def _leaves_open(session: Session, asked: ReturnIntegrationRequest) -> bool:
    """Whether an item is named in a way that no document explains: without a quantity, or by a SKU of several lines."""
    skus = [item["sku"] for item in session.cart_items]
    return any(
        one.quantity is None or (one.position is None and skus.count(one.sku) > 1)
        for one in asked.wanted.returnedCartItems
    )


def _position(session: Session, one: ReturnedCartItem, left: Sequence[int]) -> int | None:
    """The line that is meant, None where there is no such line."""
    items = session.cart_items
    if one.position is not None:
        known = one.position < len(items) and one.sku in (None, items[one.position]["sku"])
        return one.position if known else None
    lines = [item["position"] for item in items if item["sku"] == one.sku]
    return next((position for position in lines if left[position]), lines[0] if lines else None)


def _unknown(one: ReturnedCartItem, index: int) -> Complaint:
    where = [] if one.position is None else [f"at position {one.position}"]
    what = [] if one.sku is None else [f'with the SKU "{one.sku}"']
    if not where and not what:
        return _complaint("required", "position is required", *_PLACE, index, "position")
    details = f"The session has no cart item {' '.join(where + what)}."
    member = "sku" if one.position is None else "position"
    return Complaint(UNKNOWN_ITEM, "Unknown", details, {"pointer": pointer(*_PLACE, index, member)})


def _complaint(keyword: str, details: str, *place: str | int) -> Complaint:
    return Complaint(SCHEMA_VIOLATION, keyword, details, {"pointer": pointer(*place)})


def _left(item: dict[str, Any]) -> int:
    left: int = item.get("remainingQuantity", item["quantity"])
    return left


def _take_out(session: Session, units: dict[int, int]) -> None:
    """From now on every item of the cart tells how much of it came back and how much is left (25.17, CartItem)."""
    for item in session.cart_items:
        left = _left(item) - units.get(item["position"], 0)
        item["remainingQuantity"] = left
        item["returnedQuantity"] = item["quantity"] - left
