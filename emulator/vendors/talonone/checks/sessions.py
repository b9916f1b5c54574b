"""The session that the path names, its state, and its cart."""

from itertools import count
from typing import Any

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.core.fitting import replaced
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.checks.bodies import SHAPE, misfit, sent, sent_object, shape_mend, write
from emulator.vendors.talonone.checks.callers import caller, use_key_of
from emulator.vendors.talonone.checks.profiles import is_number
from emulator.vendors.talonone.checks.things import how_spelt, likeliest, named, neighbours, spellings
from emulator.vendors.talonone.errors import (
    BAD_ENUM,
    ILLEGAL_STATE,
    SCHEMA_VIOLATION,
    SESSION_NOT_FOUND,
    UNKNOWN_ITEM,
)
from emulator.vendors.talonone.service import sessions
from emulator.vendors.talonone.service.sessions import Session
from emulator.vendors.talonone.service.transitions import RETURNABLE
from emulator.vendors.talonone.tables.explaining import (
    SESSION_BY_NUMBER,
    SESSION_IN_STATE,
    SESSIONS_ANYWHERE,
    SESSIONS_LIKE,
)

_VALUE = "customerSessionId"
_STATES = {"getCustomerSession": (), "reopenCustomerSession": ("closed",), "returnCartItems": RETURNABLE}


def _named(case: Case) -> str:
    return case.found.get(_VALUE, "")


def session_of(case: Case, own: Application, text: str) -> Session | None:
    found = sessions.find(case.work, own, text)
    return found if found.id is not None else None


# the session ----------------------------------------------------------------------------------------------------------


def _meant(case: Case, own: Application, text: str) -> str | None:
    for one in spellings(text):
        if one != text and session_of(case, own, one) is not None:
            return one
    row = case.work.db.one(SESSION_BY_NUMBER, number=int(text), application_id=own.number) if is_number(text) else None
    return row["integration_id"] if row is not None else None


def _unknown(case: Case) -> str | None:
    own, text = caller(case), _named(case)
    if own is None:
        return None
    meant = _meant(case, own, text)
    if meant is not None and is_number(text):
        return f"{text} is the session's number (id): the path takes its integrationId, {meant!r}."
    if meant is not None:
        return f"The id {how_spelt(text, meant)}: {text!r} is what arrived, {meant!r} is the session."
    for row in case.work.db.all(SESSIONS_ANYWHERE, session_id=text):
        if row["application_id"] != own.number:
            owner = named(case, row["application_id"])
            return f"The session is one of {owner}, and the key is of Application {own.number}."
    alike = likeliest(neighbours(case, SESSIONS_LIKE, text, application_id=own.number), text)
    if alike is not None:
        return f"There is no session {text!r}; the nearest is {alike!r}."
    return f"There is no session {text!r}: it exists once an update that is no dry run has named it."


def _in_state(case: Case, own: Application, states: tuple[str, ...], text: str) -> str | None:
    """A session in one of these states, the likeliest first; any state where there are none."""
    if not states:
        names = neighbours(case, SESSIONS_LIKE, text, application_id=own.number)
    else:
        wanted = orjson.dumps(states).decode()
        rows = case.work.db.all(SESSION_IN_STATE, application_id=own.number, states=wanted)
        names = [row["integration_id"] for row in rows]
    return likeliest(names, text) or next(iter(names), None)


def _mend_unknown(case: Case, draft: Draft) -> None:
    own, text = caller(case), _named(case)
    if own is None:
        return
    elsewhere = [row["application_id"] for row in case.work.db.all(SESSIONS_ANYWHERE, session_id=text)]
    if not use_key_of(case, draft, elsewhere):
        meant = _meant(case, own, text) or _in_state(case, own, _STATES.get(case.operation.id, ()), text)
        draft.set_value(case.operation, _VALUE, meant or text)


SESSION = Check(
    name="session",
    expects="the id of a session of the key's Application",
    failures=(SESSION_NOT_FOUND,),
    got=lambda case: repr(_named(case)),
    cause=_unknown,
    mend=_mend_unknown,
)


# its state ------------------------------------------------------------------------------------------------------------


def _wanted(case: Case) -> str:
    body = sent_object(case)
    inner = body.get("customerSession") if case.operation.id == "updateCustomerSessionV2" else body
    return str(inner.get("state") or "") if isinstance(inner, dict) else ""


def _state_got(case: Case) -> str:
    own = caller(case)
    found = session_of(case, own, _named(case)) if own is not None else None
    before = f"a session that is {found.state}" if found is not None else "a new session"
    return f"{before}, to be {_wanted(case)}" if _wanted(case) else before


def _state_cause(case: Case) -> str | None:
    own = caller(case)
    found = session_of(case, own, _named(case)) if own is not None else None
    name = f"The session {_named(case)!r}"
    if found is None:
        return _new_session_cause(case)
    if case.operation.id in _STATES:
        done = "reopened" if case.operation.id == "reopenCustomerSession" else "returned"
        closed = " or ".join(_STATES[case.operation.id]).replace("_", " ")
        return f"{name} is {found.state}: only one that is {closed} can be {done}."
    if found.state == "cancelled":
        return f"{name} is cancelled, which is final: what comes next needs a session id of its own."
    return f"{name} is {found.state}: it can be cancelled, and changed only after PUT /v2/customer_sessions/…/reopen."


def _new_session_cause(case: Case) -> str | None:
    if _wanted(case) == "closed":
        return "The session is new, and the setting created_closed of this world has all start open."
    return "The session is new: there is nothing to cancel. Is its id right?" if _wanted(case) == "cancelled" else None


def _state_mend(case: Case, draft: Draft) -> None:
    own = caller(case)
    if own is None:
        return
    if case.operation.id in _STATES:
        other = _in_state(case, own, _STATES[case.operation.id], _named(case))
        draft.set_value(case.operation, _VALUE, other or _named(case))
    elif session_of(case, own, _named(case)) is None:
        place = ("customerSession", "state") if case.operation.id == "updateCustomerSessionV2" else ("state",)
        write(draft, replaced(sent(case), place, "open"))
    else:
        others = (f"{_named(case)}-{number}" for number in count(2))
        draft.set_value(case.operation, _VALUE, next(one for one in others if session_of(case, own, one) is None))


STATE = Check(
    name="state of the session",
    expects="open or new for an update, not cancelled to be cancelled, closed to be reopened or returned",
    failures=(ILLEGAL_STATE,),
    got=_state_got,
    cause=_state_cause,
    mend=_state_mend,
)


# what comes back ------------------------------------------------------------------------------------------------------


def _items(case: Case) -> list[Any]:
    wanted = sent_object(case).get("return")
    items = wanted.get("returnedCartItems") if isinstance(wanted, dict) else None
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _cart(case: Case) -> list[dict[str, Any]]:
    own = caller(case)
    found = session_of(case, own, _named(case)) if own is not None else None
    return found.cart_items if found is not None else []


def _left(item: dict[str, Any]) -> int:
    return int(item.get("remainingQuantity", item["quantity"]))


def _item_got(case: Case) -> str:
    named = [
        " ".join(f"{key} {item[key]}" for key in ("position", "sku") if item.get(key) is not None)
        for item in _items(case)
    ]
    return f"{', '.join(named) or 'nothing'}, of a cart with {len(_cart(case))} items"


def _item_cause(case: Case) -> str | None:
    cart = _cart(case)
    skus = {item["sku"]: item["position"] for item in reversed(cart)}
    for item in _items(case):
        position, sku = item.get("position"), item.get("sku")
        if position is None and sku not in skus:
            return (
                f"No item of the cart has the SKU {sku!r}: they are {', '.join(map(repr, reversed(skus))) or 'none'}."
            )
        if isinstance(position, int) and position >= len(cart):
            return (
                f"The cart has {len(cart)} items, whose positions count from 0 to {len(cart) - 1}; {position} is none."
            )
        if isinstance(position, int) and sku is not None and cart[position]["sku"] != sku:
            return f"The item at position {position} has the SKU {cart[position]['sku']!r}, not {sku!r}."
    return None


def _item_mend(case: Case, draft: Draft) -> None:
    cart = _cart(case)
    by_sku = {item["sku"]: item["position"] for item in reversed(cart) if _left(item)}
    items = []
    for item in _items(case):
        position = by_sku.get(item.get("sku"), item.get("position"))
        if not isinstance(position, int) or position >= len(cart) or not _left(cart[position]):
            position = next((one["position"] for one in cart if _left(one)), 0)
        kept = {key: value for key, value in item.items() if key != "sku"}
        items.append({**kept, "position": position})
    write(draft, replaced(sent(case), ("return", "returnedCartItems"), items))


ITEM = Check(
    name="returned items",
    expects="a position of the cart, counted from 0, or a SKU, or both where they agree",
    failures=(UNKNOWN_ITEM,),
    got=_item_got,
    cause=_item_cause,
    mend=_item_mend,
)


def _return_cause(case: Case) -> str | None:
    own_cause = SHAPE.cause(case)
    if own_cause is not None or misfit(case) is not None:
        return own_cause
    if not _items(case):
        return "return.returnedCartItems is empty: name at least one item."
    cart = {item["position"]: item for item in _cart(case)}
    for index, item in enumerate(_items(case)):
        if item.get("position") is None and item.get("sku") is None:
            return (
                f"return.returnedCartItems[{index}] has neither position nor sku: one of them says which item is meant."
            )
        position = item.get("position")
        line = cart.get(position) or next((one for one in cart.values() if one["sku"] == item.get("sku")), None)
        if line is not None and (item.get("quantity") or 1) > _left(line):
            left = f"{_left(line)} of {line['quantity']} are left" if _left(line) else "nothing is left"
            return f"{item.get('quantity') or 'All'} of item {line['position']} are to come back, of which {left}."
    return None


def _return_mend(case: Case, draft: Draft) -> None:
    if misfit(case) is not None or sent(case) is None:
        shape_mend(case, draft)
        return
    cart = _cart(case)
    left = {item["position"]: _left(item) for item in cart}
    items = []
    for item in _items(case) or [{}]:
        position = item.get("position")
        if position is None:
            named = [one["position"] for one in cart if item.get("sku") in (None, one["sku"]) and left[one["position"]]]
            position = next(iter(named), next((one for one, units in left.items() if units), 0))
        if left.get(position):
            kept = {key: value for key, value in item.items() if value is not None}
            units = min(item.get("quantity") or left[position], left[position])
            items.append({**kept, "position": position, "quantity": units})
            left[position] -= units
    write(draft, replaced(sent(case), ("return", "returnedCartItems"), items))


RETURN_SHAPE = Check(
    name=SHAPE.name,
    expects="the documented members, each of its type and within its bounds, and no more units than are left",
    failures=(SCHEMA_VIOLATION, BAD_ENUM),
    got=SHAPE.got,
    cause=_return_cause,
    mend=_return_mend,
)
