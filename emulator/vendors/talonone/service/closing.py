"""What closing a session makes final, and what cancelling, reopening or returning takes back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.service import coupons, creations, limits, loyalty, profiles, referrals
from emulator.vendors.talonone.service.codes import Code
from emulator.vendors.talonone.service.evaluation import Outcome
from emulator.vendors.talonone.service.limits import Move
from emulator.vendors.talonone.service.money import amount, exact
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.service.profiles import Profile
from emulator.vendors.talonone.service.sessions import Session
from emulator.vendors.talonone.tables import (
    ADD_REDEMPTION,
    FIND_CLOSING,
    FORGET_CLOSING,
    FORGET_REDEMPTIONS,
    PUT_CLOSING,
    REDEMPTIONS_OF_SESSION,
)

ON_CLOSE = Rule(
    "talonone.redemption", Level.INFERRED, "Talon.One documentation, Customer sessions and sample campaigns",
    "Counters move when a session closes; while it is open its effects are a preview and hold no place of a limit.",
)  # fmt: skip
ROLLBACK = Rule(
    "talonone.rollback", Level.INFERRED, "Talon.One documentation, Customer sessions",
    "Cancelling answers with rollback effects for what the last evaluation gave, under the same rules: "
    "rollbackDiscount per discount, and after a closing rollbackCoupon and rollbackReferral per redeemed code and the "
    "rollbacks of loyalty points. Redeemed codes can be used again; created codes and updated attributes stay.",
)  # fmt: skip
AT_ONCE = Rule(
    "talonone.final_at_once", Level.ASSUMED, "emulator's choice",
    "What an event or a profile update gives is final at once: points are booked, codes created, budgets used.",
)  # fmt: skip
RETURNED = Rule(
    "talonone.returned_items", Level.ASSUMED, "Talon.One Integration API 26.16, returnCartItems",
    "Returning items rolls back the discounts of these items in the share of the units that came back; discounts on "
    "the whole session, loyalty points and redeemed codes stay until the session is cancelled.",
)  # fmt: skip

_CREATED = ("createCoupon", "createReferral")
"""Budgets that no cancelling moves back."""
_DISCOUNTS = (
    "setDiscount",
    "setDiscountPerItem",
    "setDiscountPerAdditionalCost",
    "setDiscountPerAdditionalCostPerItem",
)
_POINTS = ("programId", "subLedgerId", "value", "recipientIntegrationId", "transactionUUID")
_PER_ITEM = ("setDiscountPerItem", "setDiscountPerAdditionalCostPerItem")


def close(occasion: Occasion, outcome: Outcome, event_id: int | None) -> None:
    """The session closes: make its outcome final, count the session and its total before discounts.

    The session has been stored; the profile is to be stored afterwards.
    """
    work, session, profile = occasion.work, occasion.session, occasion.profile
    assert session.id is not None
    for code in outcome.accepted:
        work.rely(ON_CLOSE)
        _redeem(work, session, code)
    conclude(occasion, outcome, event_id, session_id=session.id)
    moves = [[*move, amount(number)] for move, number in outcome.moves.items() if move[2] not in _CREATED]
    if moves:
        work.db.run(PUT_CLOSING, session_id=session.id, moves=orjson.dumps(moves).decode(), returned=0)
    profile.closed_sessions += 1
    profile.total_sales += session.total


def _redeem(work: Work, session: Session, code: Code) -> None:
    if code.kind == "Coupon":
        coupons.count(work, code.id, 1, code.discount)
    else:
        referrals.count(work, code.id, 1)
    work.db.run(
        ADD_REDEMPTION,
        session_id=session.id,
        profile_id=session.profile_id,
        coupon_id=code.id if code.kind == "Coupon" else None,
        referral_id=code.id if code.kind == "Referral" else None,
        discount=amount(code.discount),
        created=work.now,
    )


def conclude(occasion: Occasion, outcome: Outcome, event_id: int | None, *, session_id: int | None = None) -> None:
    """Make final what the rules have given, apart from redemptions: budgets, created codes, points."""
    work, account = occasion.work, occasion.caller.account
    if session_id is None and (outcome.points or outcome.created or _limited(outcome)):
        work.rely(AT_ONCE)
    if outcome.moves:
        limits.book(work, outcome.moves)
    if outcome.created:
        creations.store(occasion, outcome.created)
    if outcome.points:
        loyalty.book(work, account, outcome.points, session_id, event_id)
        for recipient in {one.profile for one in outcome.points} - {occasion.profile.integration_id}:
            profile = profiles.find(work, account, recipient)
            if profile.id is None:
                profiles.store(work, profile)


def _limited(outcome: Outcome) -> bool:
    """Whether any budget moves that somebody has limited."""
    return any(outcome.evaluated[campaign].limits for campaign, _, _ in outcome.moves)


def revoke(work: Work, session: Session, profile: Profile, event_id: int | None) -> None:
    """Take a closing back: redeemed codes are usable again."""
    assert session.id is not None
    for row in work.db.all(REDEMPTIONS_OF_SESSION, session_id=session.id):
        if row["coupon_id"] is not None:
            coupons.count(work, row["coupon_id"], -1, exact(row["discount"]))
        else:
            referrals.count(work, row["referral_id"], -1)
    work.db.run(FORGET_REDEMPTIONS, session_id=session.id)
    returned = Decimal(0)
    closing = work.db.one(FIND_CLOSING, session_id=session.id)
    if closing is not None:
        returned = exact(closing["returned"])
        limits.book(work, _moves(closing["moves"]), -1)
        work.db.run(FORGET_CLOSING, session_id=session.id)
    loyalty.take_back(work, session.id, event_id)
    profile.closed_sessions = max(profile.closed_sessions - 1, 0)
    profile.total_sales = max(profile.total_sales - (session.total - returned), Decimal(0))


def _moves(text: str) -> dict[Move, Decimal]:
    return {(campaign, address, action): exact(number) for campaign, address, action, number in orjson.loads(text)}


def rollbacks(work: Work, session: Session, *, redeemed: bool) -> list[Effect]:
    """The effects that undo those of the last evaluation, which leaves the session with the others. `redeemed`: the
    session had been closed."""
    kept, undone = [], []
    for given in orjson.loads(session.effects):
        opposite = _opposite(session, given["effectType"], given["props"], redeemed=redeemed)
        if opposite is None:
            kept.append(given)
        else:
            given["effectType"], given["props"] = opposite
            undone.append(given)
    if kept or undone:
        work.rely(ROLLBACK)
    session.effects = orjson.dumps(kept).decode()
    return undone


def _opposite(
    session: Session, effect_type: str, props: Mapping[str, Any], *, redeemed: bool
) -> tuple[str, dict[str, Any]] | None:
    """What undoes an effect, and with which props; None for one that stays."""
    if effect_type in _DISCOUNTS:
        return "rollbackDiscount", _discount(props, props["value"])
    match effect_type:
        case "acceptCoupon" if redeemed:
            return "rollbackCoupon", {"value": props["value"]}
        case "acceptReferral" if redeemed:
            return "rollbackReferral", {"value": props["value"]}
        case "addLoyaltyPoints" if redeemed:
            return "rollbackAddedLoyaltyPoints", {name: props[name] for name in _POINTS}
        case "deductLoyaltyPoints" if redeemed:
            whole = {**props, "recipientIntegrationId": session.profile_id}
            return "rollbackDeductedLoyaltyPoints", {name: whole[name] for name in _POINTS}
    return None


_WHERE = {
    "position": "cartItemPosition",
    "subPosition": "cartItemSubPosition",
    "additionalCostId": "additionalCostId",
    "additionalCost": "additionalCost",
    "scope": "scope",
}
"""Where a discount was given, and what 25.17 calls that in its rollback."""


def _discount(props: Mapping[str, Any], value: Any) -> dict[str, Any]:
    where = {member: props[name] for name, member in _WHERE.items() if name in props}
    return {"name": props["name"], "value": value, **where}


def give_back(work: Work, session: Session, profile: Profile, returned: Mapping[int, int]) -> list[Effect]:
    """Items come back, as many units of each position as `returned` says: the effects that this undoes.

    To be asked before the cart itself changes. The session's effects and the profile's total sales do change; both are
    to be stored afterwards.
    """
    assert session.id is not None
    kept: list[Effect] = []
    undone: list[Effect] = []
    worth = Decimal(0)
    moves: dict[Move, Decimal] = {}
    for given in orjson.loads(session.effects):
        share = _share(session, given, returned)
        if not share:
            kept.append(given)
            continue
        value, props = exact(given["props"]["value"]), given["props"]
        back = value * share
        move = (given["campaignId"], limits.WHOLE_CAMPAIGN, "setDiscount")
        moves[move] = moves.get(move, Decimal(0)) + max(back, Decimal(0))
        if back != value:
            rest: Effect = given.copy()
            rest["props"] = {**props, "value": amount(value - back)}
            kept.append(rest)
        given["effectType"], given["props"] = "rollbackDiscount", _discount(props, amount(back))
        undone.append(given)
    if kept or undone:
        work.rely(RETURNED)
    for position, units in returned.items():
        worth += exact(session.cart_items[position].get("price") or 0) * units
    session.effects = orjson.dumps(kept).decode()
    profile.total_sales = max(profile.total_sales - worth, Decimal(0))
    _note(work, session.id, moves, worth)
    return undone


def _share(session: Session, given: Mapping[str, Any], returned: Mapping[int, int]) -> Decimal:
    """Which part of an effect's discount goes with the returned units; the units that came back before are gone."""
    position = given["props"].get("position") if given["effectType"] in _PER_ITEM else None
    units = returned.get(position, 0) if position is not None else 0
    if not units or position is None:
        return Decimal(0)
    item = session.cart_items[position]
    left = item.get("remainingQuantity", item["quantity"])
    unit = given["props"].get("subPosition")
    if unit is not None:  # a flattened item comes back unit by unit, from the first one on
        before = item["quantity"] - left
        return Decimal(before <= unit < before + units)
    return min(Decimal(units) / Decimal(left), Decimal(1)) if left else Decimal(0)


def _note(work: Work, session_id: int, back: Mapping[Move, Decimal], worth: Decimal) -> None:
    """Move the budgets back now, and have a later cancelling move the rest only."""
    limits.book(work, back, -1)
    closing = work.db.one(FIND_CLOSING, session_id=session_id)
    moves = {} if closing is None else _moves(closing["moves"])
    for move, number in back.items():
        moves[move] = max(moves.get(move, Decimal(0)) - number, Decimal(0))
    text = orjson.dumps([[*move, amount(number)] for move, number in moves.items()]).decode()
    before = Decimal(0) if closing is None else exact(closing["returned"])
    work.db.run(PUT_CLOSING, session_id=session_id, moves=text, returned=amount(before + worth))
