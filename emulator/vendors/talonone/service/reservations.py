"""Reservations: which profiles hold a coupon."""

from sqlite3 import Row

import orjson

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application, application
from emulator.vendors.talonone.contract.coupons import Coupon, CouponReservations, ReservedCustomers
from emulator.vendors.talonone.errors import COUPON_NOT_FOUND
from emulator.vendors.talonone.service import coupons, profiles
from emulator.vendors.talonone.service.codes import outside_dates, used_up
from emulator.vendors.talonone.service.profiles import Profile
from emulator.vendors.talonone.tables import (
    ADD_RESERVATION,
    FIND_COUPON,
    FIND_RESERVATION,
    FORGET_RESERVATIONS,
    HOLDERS,
)

RESERVED = Rule(
    "talonone.reservations", Level.ASSUMED, "Talon.One Integration API 26.16, createCouponReservation",
    "A coupon can be reserved whatever its dates, limits and reservationLimit; a profile holds it once, and one that "
    "does not exist is created empty. That lastActivity stays is documented. Holders are listed in the order in which "
    "they reserved.",
)  # fmt: skip


def reserve(work: Work, code: str, asked: CouponReservations) -> Coupon:
    caller = application(work)
    row = _known(work, caller, code)
    if _is_past_redeeming(work, row):
        work.rely(RESERVED)
    for profile_id in dict.fromkeys(asked.integrationIDs):
        profiles.named(work, caller.account, profile_id)
        if work.db.one(FIND_RESERVATION, coupon_id=row["id"], profile_id=profile_id) is None:
            work.db.run(ADD_RESERVATION, coupon_id=row["id"], profile_id=profile_id, created=work.now)
        else:
            work.rely(RESERVED)
    answer = coupons.described(work, row)
    if answer["reservationCounter"] > (row["reservation_limit"] or answer["reservationCounter"]):
        work.rely(RESERVED)
    return answer


def _is_past_redeeming(work: Work, row: Row) -> bool:
    return outside_dates("Coupon", row, work.now) is not None or used_up("Coupon", row) is not None


def release(work: Work, code: str, asked: CouponReservations) -> None:
    row = _known(work, application(work), code)
    work.db.run(FORGET_RESERVATIONS, coupon_id=row["id"], profiles=orjson.dumps(asked.integrationIDs).decode())


def holders(work: Work, code: str) -> ReservedCustomers:
    caller = application(work)
    row = _known(work, caller, code)
    rows = work.db.all(HOLDERS, account_id=caller.account, coupon_id=row["id"])
    if len(rows) > 1:
        work.rely(RESERVED)
    found = [
        Profile(caller.account, one["holder"], work.now, work.now) if one["id"] is None else profiles.read(one)
        for one in rows
    ]
    return {"totalResultSize": len(rows), "data": [one.answered(work) for one in found]}


def _known(work: Work, caller: Application, code: str) -> Row:
    row = work.db.one(
        FIND_COUPON, account_id=caller.account, code=caller.normalised(code), application_id=caller.number
    )
    if row is None:
        raise COUPON_NOT_FOUND(code=code, resource=work.request.path)
    return row
