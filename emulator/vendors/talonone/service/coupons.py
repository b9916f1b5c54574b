"""Coupons: looked up by one index whatever their number, judged before any rule is asked, redeemed on closing."""

from collections.abc import Container, Iterable
from decimal import Decimal
from sqlite3 import Row

import orjson

from emulator.core.clock import rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.contract.coupons import IntegrationCoupon
from emulator.vendors.talonone.service.codes import Code, outside_dates, used_up
from emulator.vendors.talonone.service.money import amount, exact
from emulator.vendors.talonone.tables import (
    COUNT_COUPON,
    COUPON_BY_ID,
    FIND_COUPON,
    FIND_RESERVATION,
    PROFILE_REDEMPTIONS,
)

HARD_RESERVATION = Rule(
    "talonone.hard_reservation", Level.ASSUMED, "talon_go 2.1.1, Coupon.reservation",
    "A coupon whose reservation is false is for holders of a reservation only: the flag meant that in 2020. Others are "
    "told CouponReservationRequired, anonymous sessions ProfileRequired, as 26.16 documents for hard reservations.",
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
    return Code("Coupon", row["value"], row, _reason(work, row, profile_id, running))


def _reason(work: Work, row: Row, profile_id: str, running: Container[int]) -> str | None:
    if row["campaign_id"] not in running:
        return "CouponPartOfNotRunningCampaign"
    return outside_dates("Coupon", row, work.now) or _not_for(work, row, profile_id) or used_up("Coupon", row)


def _not_for(work: Work, row: Row, profile_id: str) -> str | None:
    if row["recipient"] is not None and row["recipient"] != profile_id:
        return "CouponRecipientDoesNotMatch"
    if row["reservation"] or work.db.one(FIND_RESERVATION, coupon_id=row["id"], profile_id=profile_id):
        return None
    work.rely(HARD_RESERVATION)
    return "CouponReservationRequired" if profile_id else "ProfileRequired"


def discount_left(row: Row) -> Decimal | None:
    """What the coupon may still give; None without a discountLimit."""
    limit = row["discount_limit"]
    return None if limit is None else exact(limit) - exact(row["discount_counter"])


def count(work: Work, coupon_id: int, uses: int, discount: Decimal) -> None:
    """Move the counters of a coupon, back where `uses` is negative."""
    row = work.db.one(COUPON_BY_ID, coupon_id=coupon_id)
    if row is not None:
        discounts = amount(exact(row["discount_counter"]) + uses * discount)
        work.db.run(COUNT_COUPON, coupon=coupon_id, uses=uses, discounts=discounts)


def answered(work: Work, coupon_id: int, profile_id: str) -> IntegrationCoupon:
    row = work.db.one(COUPON_BY_ID, coupon_id=coupon_id)
    redeemed = work.db.one(PROFILE_REDEMPTIONS, coupon_id=coupon_id, profile_id=profile_id)
    assert row is not None
    assert redeemed is not None
    answer: IntegrationCoupon = {
        "id": coupon_id,
        "created": rfc3339(row["created"]),
        "campaignId": row["campaign_id"],
        "value": row["value"],
        "usageLimit": row["usage_limit"],
        "usageCounter": row["usage_counter"],
        "discountCounter": row["discount_counter"],
        "attributes": orjson.loads(row["attributes"]),
        "reservation": bool(row["reservation"]),
        "profileRedemptionCount": redeemed["number"],
    }
    if row["start_date"] is not None:
        answer["startDate"] = rfc3339(row["start_date"])
    if row["expiry_date"] is not None:
        answer["expiryDate"] = rfc3339(row["expiry_date"])
    if row["recipient"] is not None:
        answer["recipientIntegrationId"] = row["recipient"]
    if row["batch_id"] is not None:
        answer["batchId"] = row["batch_id"]
    if (left := discount_left(row)) is not None:
        answer["discountLimit"] = row["discount_limit"]
        answer["discountRemainder"] = amount(left)
    return answer
