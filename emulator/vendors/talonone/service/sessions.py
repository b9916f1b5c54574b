"""Customer sessions: what is stored of one, how its totals come about, and how it is answered."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from sqlite3 import Row
from typing import Any

import orjson

from emulator.core.clock import Micros, rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application, application
from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.contract.sessions import CustomerSession, CustomerSessionV2
from emulator.vendors.talonone.contract.states import IntegrationCustomerSessionResponse
from emulator.vendors.talonone.errors import SESSION_NOT_FOUND
from emulator.vendors.talonone.service.money import amount, exact
from emulator.vendors.talonone.tables import APPLICATIONS_OF_ACCOUNT, FIND_SESSION, HAS_SESSION, PUT_SESSION

SENT_TOTAL = Rule(
    "talonone.sent_total", Level.INFERRED, "talon_go 2.1.1, NewCustomerSession.total",
    "The total of V1 is what the caller says, 0 until the first word; it is not worked out from the cart.",
)  # fmt: skip
SCOPE = Rule(
    "talonone.session_scope", Level.ASSUMED, "talon_go 25.17, updateCustomerSessionV2",
    "Session ids are apart for each Application; the text of 2020 says that they are unique within the account, that "
    "of 2026 that several Applications may use the same one.",
)  # fmt: skip


@dataclass(slots=True)
class Session:
    """`state` is ``""`` before the first update. `effects` are those that hold, as JSON: of the last evaluation, less
    what has been rolled back since. `sent_total` is the total of V1, None in a session of V2. `extras` are the members
    that came after 2020, by their names on the wire."""

    application: int
    integration_id: str
    created: Micros
    id: int | None = None
    updated: Micros = 0
    update_count: int = 0
    profile_id: str = ""
    state: str = ""
    coupon_codes: list[str] = field(default_factory=list)
    referral_code: str = ""
    cart_items: list[dict[str, Any]] = field(default_factory=list)
    additional_costs: dict[str, dict[str, Any]] = field(default_factory=dict)
    identifiers: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    first_session: bool = True
    effects: str = "[]"
    sent_total: Decimal | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    cart_item_total: Decimal = Decimal(0)
    additional_cost_total: Decimal = Decimal(0)
    item_cost_total: Decimal = Decimal(0)

    def add_up(self) -> None:
        """Work out the totals from cart and additional costs."""
        self.cart_item_total = sum((exact(item["price"]) * item["quantity"] for item in self.cart_items), Decimal(0))
        costs = self.additional_costs.values()
        self.additional_cost_total = sum((exact(cost["price"]) for cost in costs), Decimal(0))
        own = [item["additionalCosts"] for item in self.cart_items if "additionalCosts" in item]
        self.item_cost_total = sum((exact(cost["price"]) for costs in own for cost in costs.values()), Decimal(0))

    @property
    def total(self) -> Decimal:
        """Before any discount (talon_go 2.1.1, CustomerSessionV2.total); in V1 as it was sent."""
        if self.sent_total is not None:
            return self.sent_total
        return self.worked_out

    @property
    def worked_out(self) -> Decimal:
        """The total of V2."""
        return self.cart_item_total + self.additional_cost_total + self.item_cost_total

    @property
    def version(self) -> int:
        """Of the API whose way of counting the session follows: V1 has a total as it was sent."""
        return 2 if self.sent_total is None else 1

    def emptied(self) -> "Session":
        """The same session with nothing in it."""
        return Session(
            self.application, self.integration_id, self.created, self.id, self.updated, self.update_count,
            state=self.state,
        )  # fmt: skip

    @property
    def store_integration_id(self) -> str:
        store: str = self.extras.get("storeIntegrationId", "")
        return store

    def answered(self) -> CustomerSessionV2:
        answer: CustomerSessionV2 = {
            "id": self.id or 0,
            "created": rfc3339(self.created),
            "updated": rfc3339(self.updated),
            "updateCount": self.update_count,
            "integrationId": self.integration_id,
            "applicationId": self.application,
            "profileId": self.profile_id,
            "couponCodes": self.coupon_codes,
            "coupon": self.coupon_codes[0] if self.coupon_codes else "",
            "referralCode": self.referral_code,
            "referral": self.referral_code,
            "state": self.state,  # type: ignore[typeddict-item]  # one of the four once the session is updated
            "cartItems": self.cart_items,  # type: ignore[typeddict-item]  # with the members that arrived
            "additionalCosts": self.additional_costs,  # type: ignore[typeddict-item]  # the same
            "identifiers": self.identifiers,
            "attributes": self.attributes,
            "firstSession": self.first_session,
            "total": amount(self.total),
            "cartItemTotal": amount(self.cart_item_total),
            "additionalCostTotal": amount(self.additional_cost_total),
            "cartItemAdditionalCostTotal": amount(self.item_cost_total),
        }
        if self.extras:
            answer.update(self.extras)  # type: ignore[typeddict-item]  # under their own names
        return answer

    def answered_v1(self, discounts: Mapping[str, float]) -> CustomerSession:
        return {
            "id": self.id or 0,
            "created": rfc3339(self.created),
            "updated": rfc3339(self.updated),
            "updateCount": self.update_count,
            "integrationId": self.integration_id,
            "applicationId": self.application,
            "profileId": self.profile_id,
            "coupon": self.coupon_codes[0] if self.coupon_codes else "",
            "referral": self.referral_code,
            "state": self.state,  # type: ignore[typeddict-item]  # one of the four
            "cartItems": self.cart_items,  # type: ignore[typeddict-item]  # with the members that arrived
            "identifiers": self.identifiers,
            "total": amount(self.total),
            "attributes": self.attributes,
            "firstSession": self.first_session,
            "discounts": dict(discounts),
        }

    def held(self) -> list[Effect]:
        """The effects that hold."""
        effects: list[Effect] = orjson.loads(self.effects)
        return effects


def find(work: Work, caller: Application, integration_id: str, replaced: Container[str] = ()) -> Session:
    """The stored session, or a new one that is not stored yet. An open one comes without its cart and totals where
    `replaced` says that a new cart is about to take their place."""
    row = _row(work, caller, integration_id)
    if row is None:
        return Session(caller.number, integration_id, created=work.now)
    if "cartItems" in replaced and row["state"] == "open":
        return _read(caller, row, cart="[]")
    session = _read(caller, row, cart=row["cart_items"])
    session.add_up()
    return session


def _row(work: Work, caller: Application, integration_id: str) -> Row | None:
    """Whether another Application of the account has a session of that id is found out on the way: only a scenario
    makes Applications, and there are few."""
    key = ("talonone.applications", caller.account, caller.number)
    others: list[int] | None = work.db.memory.get(key)
    if others is None:
        numbers = (row["id"] for row in work.db.all(APPLICATIONS_OF_ACCOUNT, account_id=caller.account))
        others = work.db.memory[key] = [number for number in numbers if number != caller.number]
    for number in others:
        if work.db.one(HAS_SESSION, application_id=number, integration_id=integration_id) is not None:
            work.rely(SCOPE)
            break
    return work.db.one(FIND_SESSION, application_id=caller.number, integration_id=integration_id)


def known(work: Work, caller: Application, integration_id: str) -> Session:
    """The stored session; one that does not exist is refused."""
    session = find(work, caller, integration_id)
    if session.id is None:
        raise SESSION_NOT_FOUND(id=integration_id, resource=work.request.path)
    return session


def _read(caller: Application, row: Row, cart: str) -> Session:
    return Session(
        caller.number,
        row["integration_id"],
        created=row["created"],
        id=row["id"],
        updated=row["updated"],
        update_count=row["update_count"],
        profile_id=row["profile_id"],
        state=row["state"],
        coupon_codes=orjson.loads(row["coupon_codes"]),
        referral_code=row["referral_code"],
        cart_items=orjson.loads(cart),
        additional_costs=orjson.loads(row["additional_costs"]),
        identifiers=orjson.loads(row["identifiers"]),
        attributes=orjson.loads(row["attributes"]),
        first_session=bool(row["first_session"]),
        effects=row["effects"],
        sent_total=None if row["sent_total"] is None else exact(row["sent_total"]),
        extras=orjson.loads(row["extras"]) if row["extras"] else {},
    )


def store(work: Work, session: Session) -> None:
    row_id = work.db.insert(
        PUT_SESSION,
        id=session.id,
        application_id=session.application,
        integration_id=session.integration_id,
        created=session.created,
        updated=session.updated,
        update_count=session.update_count,
        profile_id=session.profile_id,
        state=session.state,
        coupon_codes=_json(session.coupon_codes),
        referral_code=session.referral_code,
        cart_items=_json(session.cart_items),
        additional_costs=_json(session.additional_costs),
        identifiers=_json(session.identifiers),
        attributes=_json(session.attributes),
        first_session=session.first_session,
        effects=session.effects,
        sent_total=None if session.sent_total is None else amount(session.sent_total),
        extras=_json(session.extras) if session.extras else None,
    )
    session.id = session.id or row_id


def details(work: Work, integration_id: str) -> IntegrationCustomerSessionResponse:
    """getCustomerSession: the session and the effects that hold."""
    session = known(work, application(work), integration_id)
    return {"customerSession": session.answered(), "effects": session.held()}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
