"""Customer sessions: what is stored of one, how its totals come about, and how it is answered."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from emulator.core.clock import Micros, rfc3339
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.contract.sessions import CustomerSessionV2
from emulator.vendors.talonone.service.money import amount, exact
from emulator.vendors.talonone.tables import FIND_SESSION, PUT_SESSION


@dataclass(slots=True)
class Session:
    """`state` is ``""`` before the first update. `effects` are those of the last evaluation, as JSON, for the day on
    which the session is cancelled."""

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
    cart_item_total: Decimal = Decimal(0)
    additional_cost_total: Decimal = Decimal(0)

    def add_up(self) -> None:
        """Work out the totals from cart and additional costs."""
        self.cart_item_total = sum((exact(item["price"]) * item["quantity"] for item in self.cart_items), Decimal(0))
        costs = self.additional_costs.values()
        self.additional_cost_total = sum((exact(cost["price"]) for cost in costs), Decimal(0))

    @property
    def total(self) -> Decimal:
        """Before any discount (talon_go 2.1.1, CustomerSessionV2.total)."""
        return self.cart_item_total + self.additional_cost_total

    def answered(self) -> CustomerSessionV2:
        return {
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
            "state": self.state,  # type: ignore[typeddict-item]  # one of the three once the session is updated
            "cartItems": self.cart_items,  # type: ignore[typeddict-item]  # with the members that arrived
            "additionalCosts": self.additional_costs,  # type: ignore[typeddict-item]  # the same
            "identifiers": self.identifiers,
            "attributes": self.attributes,
            "firstSession": self.first_session,
            "total": amount(self.total),
            "cartItemTotal": amount(self.cart_item_total),
            "additionalCostTotal": amount(self.additional_cost_total),
            "cartItemAdditionalCostTotal": 0,
        }


def find(work: Work, caller: Application, integration_id: str) -> Session:
    """The stored session, or a new one that is not stored yet."""
    row = work.db.one(FIND_SESSION, application_id=caller.number, integration_id=integration_id)
    if row is None:
        return Session(caller.number, integration_id, created=work.now)
    session = Session(
        caller.number,
        integration_id,
        created=row["created"],
        id=row["id"],
        updated=row["updated"],
        update_count=row["update_count"],
        profile_id=row["profile_id"],
        state=row["state"],
        coupon_codes=orjson.loads(row["coupon_codes"]),
        referral_code=row["referral_code"],
        cart_items=orjson.loads(row["cart_items"]),
        additional_costs=orjson.loads(row["additional_costs"]),
        identifiers=orjson.loads(row["identifiers"]),
        attributes=orjson.loads(row["attributes"]),
        first_session=bool(row["first_session"]),
        effects=row["effects"],
    )
    session.add_up()
    return session


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
    )
    session.id = session.id or row_id


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
