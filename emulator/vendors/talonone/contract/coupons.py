"""Coupons and their reservations."""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import Body, Moment, Name
from emulator.vendors.talonone.contract.campaigns import LimitConfig
from emulator.vendors.talonone.contract.profiles import CustomerProfile

MOST_RESERVATIONS = 1_000


class CouponReservations(Body):
    """Body of createCouponReservation and deleteCouponReservation; the bound is that of 26.16."""

    integrationIDs: Annotated[list[Name], Field(max_length=MOST_RESERVATIONS)]


class ReservedCustomers(TypedDict):
    totalResultSize: int
    data: list[CustomerProfile]


class Coupon(TypedDict):
    """talon_go 2.1.1, with what 25.17 adds. Dates that are not set are left out."""

    id: int
    created: Moment
    campaignId: int
    value: str
    usageLimit: int
    usageCounter: int
    discountLimit: NotRequired[float]
    discountCounter: float
    discountRemainder: NotRequired[float]
    reservationLimit: NotRequired[int]
    reservationCounter: int
    startDate: NotRequired[Moment]
    expiryDate: NotRequired[Moment]
    limits: NotRequired[list[LimitConfig]]
    recipientIntegrationId: NotRequired[str]
    referralId: NotRequired[int]
    importId: NotRequired[int]
    attributes: dict[str, Any]
    reservation: bool
    batchId: NotRequired[str]
    isReservationMandatory: bool
    implicitlyReserved: NotRequired[bool]


class IntegrationCoupon(Coupon):
    """A coupon of a session's answer: 25.17 adds how often this profile has redeemed it."""

    profileRedemptionCount: int


CouponState: TypeAlias = Literal["active", "used", "expired", "pending", "disabled"]


class InventoryCoupon(IntegrationCoupon):
    state: CouponState
