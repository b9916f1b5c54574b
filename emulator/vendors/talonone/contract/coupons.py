"""Coupons and referrals, as they are answered."""

from typing import Any, NotRequired

from typing_extensions import TypedDict


class Coupon(TypedDict):
    """talon_go 2.1.1, with the counters that 25.17 adds. Dates that are not set are left out."""

    id: int
    created: str
    campaignId: int
    value: str
    usageLimit: int
    usageCounter: int
    discountLimit: NotRequired[float]
    discountCounter: float
    discountRemainder: NotRequired[float]
    startDate: NotRequired[str]
    expiryDate: NotRequired[str]
    recipientIntegrationId: NotRequired[str]
    attributes: dict[str, Any]
    reservation: bool
    batchId: NotRequired[str]


class IntegrationCoupon(Coupon):
    """A coupon of a session's answer: 25.17 adds how often this profile has redeemed it."""

    profileRedemptionCount: int


class Referral(TypedDict):
    id: int
    created: str
    campaignId: int
    advocateProfileIntegrationId: str
    friendProfileIntegrationId: NotRequired[str]
    startDate: NotRequired[str]
    expiryDate: NotRequired[str]
    code: str
    usageCounter: int
    usageLimit: int


class InventoryReferral(Referral):
    """A referral of an answer since 2021: with the customers who have redeemed it."""

    referredCustomers: list[str]
