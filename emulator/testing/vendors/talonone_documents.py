"""What Talon.One tells: sessions, effects, profiles, coupons."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import fsum
from typing import Self

from emulator.client import Json
from emulator.testing.vendors.document import Document

_DISCOUNTS = (
    "setDiscount",
    "setDiscountPerItem",
    "setDiscountPerAdditionalCost",
    "setDiscountPerAdditionalCostPerItem",
)


class Effect(Document):
    """One effect: ``effect.type == "setDiscount"``, ``effect.props["value"]``."""

    @property
    def type(self) -> str:
        return str(self["effectType"])

    @property
    def props(self) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self["props"]
        return found

    @property
    def campaign_id(self) -> int:
        """-1 where no campaign is concerned, as with a coupon that does not exist."""
        return int(self["campaignId"])

    @property
    def rule_name(self) -> str:
        return str(self["ruleName"])


class Effects(tuple[Effect, ...]):
    """In Talon.One's order."""

    __slots__ = ()

    @classmethod
    def of(cls, answer: Mapping[str, Json]) -> Self:
        return cls(Effect(one) for one in answer["effects"])

    def named(self, *types: str) -> "Effects":
        """Those of these types: ``effects.named("setDiscount")``."""
        return Effects(effect for effect in self if effect.type in types)

    @property
    def types(self) -> Sequence[str]:
        return [effect.type for effect in self]

    @property
    def discount(self) -> float:
        """The sum of all discounts, on the session, its items and its additional costs."""
        return fsum(effect.props["value"] for effect in self.named(*_DISCOUNTS))

    @property
    def accepted_coupons(self) -> Sequence[str]:
        """Their codes."""
        return [effect.props["value"] for effect in self.named("acceptCoupon")]

    @property
    def rejected_coupons(self) -> Mapping[str, str]:
        """The reason by code: ``{"USEDUP01": "CouponLimitReached"}``."""
        return {effect.props["value"]: effect.props["rejectionReason"] for effect in self.named("rejectCoupon")}


class CartItem(Document):
    """One line of a cart."""

    @property
    def sku(self) -> str:
        return str(self["sku"])

    @property
    def quantity(self) -> int:
        return int(self["quantity"])

    @property
    def price(self) -> float:
        """Of one."""
        return float(self["price"])


class Session(Document):
    """A customer session, with the effects that hold in it."""

    def __init__(self, answer: Mapping[str, Json]) -> None:
        super().__init__(answer["customerSession"])
        self.effects = Effects.of(answer)

    @property
    def id(self) -> str:
        return str(self["integrationId"])

    @property
    def state(self) -> str:
        """open, closed, partially_returned or cancelled."""
        return str(self["state"])

    @property
    def profile_id(self) -> str:
        """Empty for an anonymous session."""
        return str(self["profileId"])

    @property
    def coupon_codes(self) -> Sequence[str]:
        """As they were sent, accepted or not."""
        found: Sequence[str] = self["couponCodes"]
        return found

    @property
    def referral_code(self) -> str:
        return str(self["referralCode"])

    @property
    def cart_items(self) -> Sequence[CartItem]:
        return [CartItem(one) for one in self["cartItems"]]

    @property
    def total(self) -> float:
        """Items and additional costs, before discounts."""
        return float(self["total"])

    @property
    def attributes(self) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self["attributes"]
        return found


class CustomerProfile(Document):
    """A customer profile. Its sums count closed sessions."""

    @property
    def id(self) -> str:
        return str(self["integrationId"])

    @property
    def attributes(self) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self["attributes"]
        return found

    @property
    def closed_sessions(self) -> int:
        return int(self["closedSessions"])

    @property
    def total_sales(self) -> float:
        """Of closed sessions, before discounts."""
        return float(self["totalSales"])

    @property
    def last_activity(self) -> datetime:
        return datetime.fromisoformat(self["lastActivity"])


class Coupon(Document):
    """As the emulator stores it: by its own names, moments in microseconds since 1970."""

    @property
    def value(self) -> str:
        """The code."""
        return str(self["value"])

    @property
    def campaign_id(self) -> int:
        return int(self["campaign_id"])

    @property
    def usage_limit(self) -> int:
        """0 is unlimited."""
        return int(self["usage_limit"])

    @property
    def usage_counter(self) -> int:
        """How often it has been redeemed."""
        return int(self["usage_counter"])

    @property
    def is_used_up(self) -> bool:
        return 0 < self.usage_limit <= self.usage_counter

    @property
    def reserved_for(self) -> str | None:
        """The profile that alone may redeem it."""
        found: str | None = self["recipient"]
        return found
