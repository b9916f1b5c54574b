"""getCustomerInventory: what a profile has, as far as the caller asks."""

from sqlite3 import Row

from emulator.core.clock import Micros
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application, application
from emulator.vendors.talonone.contract.coupons import CouponState, InventoryCoupon
from emulator.vendors.talonone.contract.queries import Parts
from emulator.vendors.talonone.contract.referrals import InventoryReferral
from emulator.vendors.talonone.contract.states import CustomerInventory
from emulator.vendors.talonone.service import coupons, loyalty, profiles, referrals
from emulator.vendors.talonone.tables import COUPONS_OF_PROFILE, REFERRALS_OF_PROFILE

CONTENT = Rule(
    "talonone.inventory", Level.INFERRED, "Talon.One Integration API 26.16, getCustomerInventory",
    "The coupons that a profile has reserved, redeemed, or is the recipient of, and those reserved for everybody; the "
    "referrals of which it is the advocate; both of the key's Application, by their ids. Parts that were not asked for "
    "are left out, parts asked for are there even if they are empty. There are no giveaways and no achievements.",
)  # fmt: skip
STATES = Rule(
    "talonone.inventory_states", Level.INFERRED, "talon_go 25.17, InventoryCoupon.state",
    "In this order: disabled where the campaign is not enabled, whatever its schedule; pending before startDate; used "
    "where the limit is reached, or the coupon has expired after the profile redeemed it; expired; else active.",
)  # fmt: skip


def inventory(work: Work, integration_id: str, parts: Parts) -> CustomerInventory:
    caller = application(work)
    profile = profiles.known(work, caller.account, integration_id)
    work.rely(CONTENT)
    answer: CustomerInventory = {}
    if parts.profile:
        answer["profile"] = profile.answered(work)
    if parts.referrals:
        answer["referrals"] = _referrals(work, caller, integration_id)
    if parts.coupons:
        answer["coupons"] = _coupons(work, caller, integration_id)
    if parts.loyalty:
        answer["loyalty"] = loyalty.answered(work, caller, integration_id)
    if parts.giveaways:
        answer["giveaways"] = []
    if parts.achievements:
        answer["achievements"] = []
    return answer


def _referrals(work: Work, caller: Application, profile_id: str) -> list[InventoryReferral]:
    rows = work.db.all(
        REFERRALS_OF_PROFILE, account_id=caller.account, application_id=caller.number, profile_id=profile_id
    )
    return [referrals.answered(work, row["id"]) for row in rows]


def _coupons(work: Work, caller: Application, profile_id: str) -> list[InventoryCoupon]:
    rows = work.db.all(COUPONS_OF_PROFILE, application_id=caller.number, profile_id=profile_id)
    if rows:
        work.rely(STATES)
    found: list[InventoryCoupon] = []
    for row in rows:
        redeemed = coupons.redemptions(work, row["id"], profile_id)
        state = _state(row, redeemed, work.now)
        found.append({**coupons.described(work, row), "profileRedemptionCount": redeemed, "state": state})
    return found


def _state(row: Row, redeemed: int, now: Micros) -> CouponState:
    if row["campaign_state"] != "enabled":
        return "disabled"
    if row["start_date"] is not None and now < row["start_date"]:
        return "pending"
    expired = row["expiry_date"] is not None and now > row["expiry_date"]
    reached = row["usage_limit"] and row["usage_counter"] >= row["usage_limit"]
    if reached or (expired and redeemed):
        return "used"
    return "expired" if expired else "active"
