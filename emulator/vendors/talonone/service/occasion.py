"""What rules are asked about: one event of one session, as the rules see it.

Talon.One publishes neither its domain functions nor its bindings beyond ``Session.Total`` and ``Profile.Name``. The
names here are the emulator's: Session, Profile, Event, Campaign, Coupon, Referral and Now, members in upper camel
case, custom attributes under ``Attributes`` and directly under their entity.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from emulator.core.clock import to_datetime
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.service import loyalty
from emulator.vendors.talonone.service.attributes import Attributes, Definitions
from emulator.vendors.talonone.service.money import exact
from emulator.vendors.talonone.service.profiles import Profile
from emulator.vendors.talonone.service.sessions import Session

LANGUAGE = Rule(
    "talonone.rule_language", Level.ASSUMED, "talon_go 2.1.1, Rule and Ruleset",
    "Rules are Talang as JSON; domain functions and bindings other than the published couponValid, setDiscount, "
    "Session.Total and Profile.Name are named by the emulator.",
)  # fmt: skip

_ZERO = Decimal(0)

Member: TypeAlias = Callable[[Any, "Occasion"], object]
"""What a member of an entity is, from the thing itself and the occasion."""


class Entity(dict[str, object]):
    """A thing as rules see it: its members are worked out when a rule first asks for them, and what is none of them
    is a custom attribute."""

    __slots__ = ("_members", "_occasion", "_thing")

    def __init__(self, thing: Any, members: Mapping[str, Member], occasion: "Occasion") -> None:
        self._thing = thing
        self._members = members
        self._occasion = occasion

    def __missing__(self, name: str) -> object:
        member = self._members.get(name)
        if member is None:
            attributes: Any = self["Attributes"]
            return attributes[name]
        value = self[name] = member(self._thing, self._occasion)
        return value


def entity_members(name: str, values: Callable[[Any], Mapping[str, Any]], **members: Member) -> Mapping[str, Member]:
    """Members of an entity that Talon.One calls `name`, with its custom attributes."""

    def attributes(thing: Any, occasion: "Occasion") -> Attributes:
        return Attributes(occasion.work, occasion.definitions, name, values(thing))

    return {**members, "Attributes": attributes}


def _plain(name: str) -> Member:
    return lambda thing, _: getattr(thing, name)


def _sent(name: str, default: Any = None) -> Member:
    """A member of a cart item, absent where it was not sent and there is no default."""

    def member(item: Mapping[str, Any], _: "Occasion") -> object:
        if name not in item and default is None:
            raise KeyError(name)
        return item.get(name, default)

    return member


_SESSION = entity_members(
    "CustomerSession",
    lambda session: session.attributes,
    IntegrationId=_plain("integration_id"),
    State=_plain("state"),
    Total=lambda _, occasion: occasion.total,
    CartItemTotal=_plain("cart_item_total"),
    AdditionalCostTotal=_plain("additional_cost_total"),
    AdditionalCosts=lambda session, _: {name: cost["price"] for name, cost in session.additional_costs.items()},
    CartItems=lambda _, occasion: occasion.cart_items,
    CouponCodes=_plain("coupon_codes"),
    ReferralCode=_plain("referral_code"),
    Identifiers=_plain("identifiers"),
    IsFirst=_plain("first_session"),
)
_PROFILE = entity_members(
    "CustomerProfile",
    lambda profile: profile.attributes,
    IntegrationId=_plain("integration_id"),
    ClosedSessions=_plain("closed_sessions"),
    TotalSales=_plain("total_sales"),
    Created=lambda profile, _: to_datetime(profile.created),
    Loyalty=lambda _, occasion: loyalty.Balances(occasion.work, occasion.caller, occasion.ledger),
)
_CART_ITEM = entity_members(
    "CartItem",
    lambda item: item.get("attributes") or {},
    Name=_sent("name", ""),
    SKU=_sent("sku"),
    Quantity=_sent("quantity"),
    Price=lambda item, _: exact(item.get("price") or 0),
    Total=lambda item, _: exact(item.get("price") or 0) * item["quantity"],
    Category=_sent("category", ""),
    Position=_sent("position"),
    SubPosition=_sent("subPosition"),
    Weight=_sent("weight"),
    Height=_sent("height"),
    Width=_sent("width"),
    Length=_sent("length"),
)
_COUPON = entity_members("Coupon", lambda code: code.attributes, Id=_plain("id"), Value=_plain("value"))
_REFERRAL = entity_members(
    "Referral", lambda code: code.attributes,
    Id=_plain("id"), Value=_plain("value"), Advocate=lambda code, _: code.row["advocate"],
)  # fmt: skip
_CAMPAIGN = entity_members("Campaign", lambda campaign: campaign.attributes, Id=_plain("id"), Name=_plain("name"))
ROLES = {"Campaign": _CAMPAIGN, "Coupon": _COUPON, "Referral": _REFERRAL}


class Occasion:
    """One event of one session of one profile, on its way through the rules.

    `version` 1 takes the session's total as sent and does not cascade. The profile of an anonymous session is an empty
    one without an id, the session of a profile update or of an event of V2 an empty one that is never stored.

    `left` is what the discounts so far have left of the session's total, below zero where they were larger; `total` is
    the running total that rules see. `created` and `points` are what the rules so far have created and booked.
    """

    work: Work
    caller: Application
    left: Decimal
    total: Decimal

    def __init__(
        self, work: Work, caller: Application, definitions: Definitions, session: Session, profile: Profile,
        event_type: str, event_attributes: Mapping[str, Any] | None = None, version: int = 2,
    ) -> None:  # fmt: skip
        self.work = work
        self.caller = caller
        self.definitions = definitions
        self.session = session
        self.profile = profile
        self.event_type = event_type
        self.event_attributes = event_attributes or {}
        self.version = version
        self.cascading = True
        self.flattened = False
        self.now: datetime = to_datetime(work.now)
        self.left = self.total = session.total
        self.created: list[Any] = []
        self.previewed: list[tuple[int, str, str]] | None = None
        """Codes that the last update has shown: campaign, effect, code. Read when a rule creates one."""
        self.points: list[loyalty.Points] = []
        self.session_entity = Entity(session, _SESSION, self)
        self.bindings: dict[str, object] = {
            "Session": self.session_entity,
            "Profile": Entity(profile, _PROFILE, self),
            "Event": Entity(self, _EVENT, self),
            "Now": self.now,
        }
        self._cart_items: list[Entity] | None = None
        self._item_left: dict[int, Decimal] | None = None
        self._ledger: loyalty.Ledger | None = None

    @property
    def cart_items(self) -> Sequence[Entity]:
        """Line by line, or unit by unit in an Application with flattened cart items."""
        if self._cart_items is None:
            items = self.session.cart_items
            if self.flattened:
                items = [
                    {**item, "quantity": 1, "subPosition": unit} for item in items for unit in range(item["quantity"])
                ]
            self._cart_items = [Entity(item, _CART_ITEM, self) for item in items]
        return self._cart_items

    @property
    def item_left(self) -> dict[int, Decimal]:
        """What the discounts so far have left of each line of the cart."""
        if self._item_left is None:
            items = self.session.cart_items
            self._item_left = {item["position"]: exact(item.get("price") or 0) * item["quantity"] for item in items}
        return self._item_left

    @property
    def ledger(self) -> loyalty.Ledger:
        if self._ledger is None:
            account, profile = self.caller.account, self.profile.integration_id
            self._ledger = loyalty.Ledger(self.work, account, profile, self.points)
        return self._ledger

    def balance(self, program: int, subledger: str = "") -> Decimal:
        """The current balance of the profile; raises `TalangError` for a program that the Application has not."""
        loyalty.program(self.work, self.caller, program)
        return self.ledger.current(program, subledger)

    def leave(self, discount: Decimal) -> None:
        """Take a discount off the running total, which rules see at zero at least."""
        self.left -= discount
        if self.cascading:
            self.session_entity["Total"] = self.total = self.left if self.left > 0 else _ZERO

    def role(self, name: str, thing: object) -> Entity:
        """A thing that differs from rule to rule: the campaign, the coupon or the referral at hand."""
        return Entity(thing, ROLES[name], self)


def _event_attributes(occasion: Occasion, _: Occasion) -> Attributes:
    return Attributes(occasion.work, occasion.definitions, "Event", occasion.event_attributes, occasion.event_type)


_EVENT: Mapping[str, Member] = {"Type": _plain("event_type"), "Attributes": _event_attributes}
