"""Referrals: the code of an advocate that brings a friend."""

from collections.abc import Container
from sqlite3 import Row

from emulator.core.clock import rfc3339
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.contract.coupons import InventoryReferral
from emulator.vendors.talonone.service.codes import Code, outside_dates, used_up
from emulator.vendors.talonone.tables import COUNT_REFERRAL, FIND_REFERRAL, REFERRAL_BY_ID, REFERRED_CUSTOMERS


def examined(work: Work, caller: Application, profile_id: str, submitted: str, running: Container[int]) -> Code | None:
    """The submitted code with the reasons that need no rule; None for an empty one."""
    if not submitted:
        return None
    code = caller.normalised(submitted)
    row = work.db.one(FIND_REFERRAL, account_id=caller.account, code=code, application_id=caller.number)
    if row is None:
        return Code("Referral", submitted, reason="ReferralNotFound")
    return Code("Referral", row["value"], row, _reason(work, row, profile_id, running))


def _reason(work: Work, row: Row, profile_id: str, running: Container[int]) -> str | None:
    if row["campaign_id"] not in running:
        return "ReferralPartOfNotRunningCampaign"
    return outside_dates("Referral", row, work.now) or _not_for(row, profile_id) or used_up("Referral", row)


def _not_for(row: Row, profile_id: str) -> str | None:
    if row["advocate"] == profile_id:
        return "ReferralRecipientIdSameAsAdvocate"
    if row["friend"] is not None and row["friend"] != profile_id:
        return "ReferralRecipientDoesNotMatch"
    return None


def count(work: Work, referral_id: int, uses: int) -> None:
    work.db.run(COUNT_REFERRAL, referral=referral_id, uses=uses)


def answered(work: Work, referral_id: int) -> InventoryReferral:
    row = work.db.one(REFERRAL_BY_ID, referral_id=referral_id)
    assert row is not None
    answer: InventoryReferral = {
        "id": referral_id,
        "created": rfc3339(row["created"]),
        "campaignId": row["campaign_id"],
        "advocateProfileIntegrationId": row["advocate"],
        "code": row["value"],
        "usageCounter": row["usage_counter"],
        "usageLimit": row["usage_limit"],
        "referredCustomers": [one["profile_id"] for one in work.db.all(REFERRED_CUSTOMERS, referral_id=referral_id)],
    }
    if row["friend"] is not None:
        answer["friendProfileIntegrationId"] = row["friend"]
    if row["start_date"] is not None:
        answer["startDate"] = rfc3339(row["start_date"])
    if row["expiry_date"] is not None:
        answer["expiryDate"] = rfc3339(row["expiry_date"])
    return answer
