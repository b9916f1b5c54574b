"""Coupons: looked up by one index whatever their number, judged before any rule is asked, redeemed on closing."""

from collections.abc import Container, Iterable, Iterator, Mapping
from decimal import Decimal
from sqlite3 import Row
from typing import Any, Literal

import orjson

from emulator.core.clock import rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.contract.coupons import Coupon, IntegrationCoupon
from emulator.vendors.talonone.service import limits
from emulator.vendors.talonone.service.codes import Code, outside_dates, turned_down, used_up
from emulator.vendors.talonone.service.money import amount, counted, exact
from emulator.vendors.talonone.tables import (
    COUNT_COUPON,
    COUNT_RESERVATIONS,
    COUPON_BY_ID,
    FIND_COUPON,
    FIND_RESERVATION,
    PROFILE_REDEMPTIONS,
)

HARD_RESERVATION = Rule(
    "talonone.hard_reservation", Level.ASSUMED, "talon_go 2.1.1, Coupon.reservation",
    "A coupon whose reservation is false, or whose isReservationMandatory is true, is for holders of a reservation "
    "only: the first flag meant that in 2020, the second means it in 2026. Others are told CouponReservationRequired, "
    "anonymous sessions ProfileRequired. An implicitly reserved coupon is reserved for everybody.",
)  # fmt: skip


def examined(
    work: Work, caller: Application, profile_id: str, values: Iterable[str], running: Container[int]
) -> list[Code]:
    """The submitted codes, each once, in their order, with the reasons that need no rule."""
    submitted: dict[str, str] = {}
    for value in values:
        submitted.setdefault(caller.normalised(value), value)
    return [_examined(work, caller, profile_id, code, value, running) for code, value in submitted.items()]


def _examined(
    work: Work, caller: Application, profile_id: str, code: str, submitted: str, running: Container[int]
) -> Code:
    row = work.db.one(FIND_COUPON, account_id=caller.account, code=code, application_id=caller.number)
    if row is None:
        return Code("Coupon", submitted, reason="CouponNotFound")
    found = turned_down(Code("Coupon", row["value"], row), *_reasons(work, row, profile_id, running))
    if row["limits"] is not None:
        found.limits = limits.read(row["limits"])
    return found


def _reasons(work: Work, row: Row, profile_id: str, running: Container[int]) -> Iterator[str | None]:
    yield None if row["campaign_id"] in running else "CouponPartOfNotRunningCampaign"
    yield outside_dates("Coupon", row, work.now)
    yield _not_for(work, row, profile_id)
    yield used_up("Coupon", row)


def _not_for(work: Work, row: Row, profile_id: str) -> str | None:
    if row["recipient"] is not None and row["recipient"] != profile_id:
        return "CouponRecipientDoesNotMatch"
    if not hard(row):
        return None
    if profile_id and work.db.one(FIND_RESERVATION, coupon_id=row["id"], profile_id=profile_id):
        return None
    work.rely(HARD_RESERVATION)
    if row["implicitly_reserved"]:
        return None
    return "CouponReservationRequired" if profile_id else "ProfileRequired"


def discount_left(row: Mapping[str, Any] | Row) -> Decimal | None:
    """What the coupon may still give; None without a discountLimit."""
    limit = row["discount_limit"]
    return None if limit is None else exact(limit) - exact(row["discount_counter"])


def count(work: Work, coupon_id: int, uses: int, discount: Decimal) -> None:
    """Move the counters of a coupon, back where `uses` is negative."""
    row = work.db.one(COUPON_BY_ID, coupon_id=coupon_id)
    if row is not None:
        discounts = counted(exact(row["discount_counter"]) + uses * discount)
        work.db.run(COUNT_COUPON, coupon=coupon_id, uses=uses, discounts=discounts)


def answered(work: Work, coupon_id: int, profile_id: str) -> IntegrationCoupon:
    """A coupon of a profile's session."""
    row = work.db.one(COUPON_BY_ID, coupon_id=coupon_id)
    assert row is not None
    return {**described(work, row), "profileRedemptionCount": redemptions(work, coupon_id, profile_id)}


def redemptions(work: Work, coupon_id: int, profile_id: str) -> int:
    """How often the profile has redeemed the coupon."""
    redeemed = work.db.one(PROFILE_REDEMPTIONS, coupon_id=coupon_id, profile_id=profile_id)
    assert redeemed is not None
    number: int = redeemed["number"]
    return number


def hard(row: Mapping[str, Any] | Row) -> bool:
    """Whether only holders of a reservation may redeem it: by today's flag, or by that of 2020."""
    return bool(row["reservation_mandatory"]) or not row["reservation"]


def described(work: Work, row: Mapping[str, Any] | Row) -> Coupon:
    """A coupon as such."""
    reserved = work.db.one(COUNT_RESERVATIONS, coupon_id=row["id"])
    assert reserved is not None
    answer: Coupon = {
        "id": row["id"],
        "created": rfc3339(row["created"]),
        "campaignId": row["campaign_id"],
        "value": row["value"],
        "usageLimit": row["usage_limit"],
        "usageCounter": row["usage_counter"],
        "discountCounter": row["discount_counter"],
        "reservationCounter": reserved["number"],
        "attributes": orjson.loads(row["attributes"] or "{}"),
        "reservation": bool(row["reservation"]),
        "isReservationMandatory": hard(row),
    }
    for member, column in _DATES.items():
        if row[column] is not None:
            answer[member] = rfc3339(row[column])
    for name, column in _PLAIN.items():
        if row[column] is not None:
            answer[name] = row[column]
    if row["limits"] is not None:
        answer["limits"] = orjson.loads(row["limits"])
    if row["implicitly_reserved"]:
        answer["implicitlyReserved"] = True
    if (left := discount_left(row)) is not None:
        answer["discountLimit"] = row["discount_limit"]
        answer["discountRemainder"] = amount(left)
    return answer


_DATES: Mapping[Literal["startDate", "expiryDate"], str] = {"startDate": "start_date", "expiryDate": "expiry_date"}
_PLAIN: Mapping[Literal["recipientIntegrationId", "referralId", "importId", "batchId", "reservationLimit"], str] = {
    "recipientIntegrationId": "recipient",
    "referralId": "referral_id",
    "importId": "import_id",
    "batchId": "batch_id",
    "reservationLimit": "reservation_limit",
}
"""Members that are left out where there is nothing to say."""
