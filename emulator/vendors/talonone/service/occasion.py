"""What rules are asked about: one event of one session, as the rules see it.

Talon.One publishes neither its domain functions nor its bindings beyond ``Session.Total`` and ``Profile.Name``. The
names here are the emulator's: Session, Profile, Event and Now, members in upper camel case, custom attributes under
``Attributes`` and directly under their entity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from emulator.core.clock import to_datetime
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.service.attributes import Attributes, Definitions
from emulator.vendors.talonone.service.codes import Code
from emulator.vendors.talonone.service.profiles import Profile
from emulator.vendors.talonone.service.sessions import Session

LANGUAGE = Rule(
    "talonone.rule_language", Level.ASSUMED, "talon_go 2.1.1, Rule and Ruleset",
    "Rules are Talang as JSON; domain functions and bindings other than the published couponValid, setDiscount, "
    "Session.Total and Profile.Name are named by the emulator.",
)  # fmt: skip


class Entity(dict[str, object]):
    """Members by name; what is none of them is a custom attribute."""

    def __init__(self, members: Mapping[str, object], attributes: Mapping[str, object]) -> None:
        super().__init__(members)
        self["Attributes"] = attributes

    def __missing__(self, name: str) -> object:
        attributes: Any = self["Attributes"]
        return attributes[name]


class _SessionEntity(Entity):
    """Lists its cart items when a rule asks for them."""

    def __init__(self, members: Mapping[str, object], attributes: Mapping[str, object], occasion: "Occasion") -> None:
        super().__init__(members, attributes)
        self._occasion = occasion

    def __missing__(self, name: str) -> object:
        if name != "CartItems":
            return super().__missing__(name)
        items = self["CartItems"] = [self._occasion.cart_item(item) for item in self._occasion.session.cart_items]
        return items


@dataclass(slots=True)
class Occasion:
    """`total` is what the discounts so far have left of the session's total. The profile of an anonymous session is
    an empty one without an id."""

    work: Work
    caller: Application
    definitions: Definitions
    session: Session
    profile: Profile
    event_type: str
    coupons: Sequence[Code] = ()
    referral: Code | None = None
    now: datetime = field(init=False)
    total: Decimal = field(init=False)
    bindings: dict[str, object] = field(init=False)

    def __post_init__(self) -> None:
        session, profile = self.session, self.profile
        items, costs = session.cart_item_total, session.additional_cost_total
        self.now = to_datetime(self.work.now)
        self.total = items + costs
        self.bindings = {
            "Session": _SessionEntity(
                {
                    "IntegrationId": session.integration_id,
                    "State": session.state,
                    "Total": self.total,
                    "CartItemTotal": items,
                    "AdditionalCostTotal": costs,
                    "AdditionalCosts": {name: cost["price"] for name, cost in session.additional_costs.items()},
                    "CouponCodes": session.coupon_codes,
                    "ReferralCode": session.referral_code,
                    "Identifiers": session.identifiers,
                    "IsFirst": session.first_session,
                },
                self._attributes("CustomerSession", session.attributes),
                self,
            ),
            "Profile": Entity(
                {
                    "IntegrationId": profile.integration_id,
                    "ClosedSessions": profile.closed_sessions,
                    "TotalSales": profile.total_sales,
                    "Created": to_datetime(profile.created),
                },
                self._attributes("CustomerProfile", profile.attributes),
            ),
            "Event": Entity({"Type": self.event_type}, {}),
            "Now": self.now,
        }

    def leave(self, discount: Decimal) -> None:
        """Take a discount off the running total, which does not go below zero."""
        self.total = max(self.total - discount, Decimal(0))
        session: Any = self.bindings["Session"]
        session["Total"] = self.total

    def cart_item(self, item: Mapping[str, Any]) -> Entity:
        members = {
            "Name": item.get("name", ""),
            "SKU": item["sku"],
            "Quantity": item["quantity"],
            "Price": item["price"],
            "Category": item.get("category", ""),
            "Position": item["position"],
            **{name.capitalize(): item[name] for name in ("weight", "height", "width", "length") if name in item},
        }
        return Entity(members, self._attributes("CartItem", item.get("attributes", {})))

    def _attributes(self, entity: str, values: Mapping[str, Any]) -> Attributes:
        return Attributes(self.work, self.definitions, entity, values)
