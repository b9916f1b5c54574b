"""Referrals: the code of an advocate that brings a friend."""

from collections.abc import Container, Iterator, Mapping
from sqlite3 import Row
from typing import Any

import orjson

from emulator.core.clock import rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.contract.referrals import InventoryReferral, Referral
from emulator.vendors.talonone.service.codes import Code, outside_dates, turned_down, used_up
from emulator.vendors.talonone.tables import (
    COUNT_REFERRAL,
    FIND_PROFILE,
    FIND_REFERRAL,
    REFERRAL_BY_ID,
    REFERRED_BY_CAMPAIGN,
    REFERRED_CUSTOMERS,
)

NEWER_REASONS = Rule(
    "talonone.newer_referral_reasons", Level.ASSUMED, "Talon.One Integration API 26.16, rejectReferral",
    "AdvocateNotFound and ReferralCustomerAlreadyReferred came after 2020 and are given only with the setting "
    "rejection_reasons newest: where the advocate has no profile, and where the friend has redeemed a referral of the "
    "same campaign before.",
)  # fmt: skip


def examined(work: Work, caller: Application, profile_id: str, submitted: str, running: Container[int]) -> Code:
    """The submitted code with the reasons that need no rule."""
    code = caller.normalised(submitted)
    row = work.db.one(FIND_REFERRAL, account_id=caller.account, code=code, application_id=caller.number)
    if row is None:
        return Code("Referral", submitted, reason="ReferralNotFound")
    return turned_down(Code("Referral", row["value"], row), *_reasons(work, row, profile_id, running))


def _reasons(work: Work, row: Row, profile_id: str, running: Container[int]) -> Iterator[str | None]:
    yield None if row["campaign_id"] in running else "ReferralPartOfNotRunningCampaign"
    yield outside_dates("Referral", row, work.now)
    yield _not_for(row, profile_id)
    yield _newer_reason(work, row, profile_id)
    yield used_up("Referral", row)


def _not_for(row: Row, profile_id: str) -> str | None:
    if row["advocate"] == profile_id:
        return "ReferralRecipientIdSameAsAdvocate"
    if row["friend"] is not None and row["friend"] != profile_id:
        return "ReferralRecipientDoesNotMatch"
    return None


def _newer_reason(work: Work, row: Row, profile_id: str) -> str | None:
    if work.settings.rejection_reasons != "newest":
        return None
    if work.db.one(FIND_PROFILE, account_id=row["account_id"], integration_id=row["advocate"]) is None:
        work.rely(NEWER_REASONS)
        return "AdvocateNotFound"
    if profile_id and work.db.one(REFERRED_BY_CAMPAIGN, campaign_id=row["campaign_id"], profile_id=profile_id):
        work.rely(NEWER_REASONS)
        return "ReferralCustomerAlreadyReferred"
    return None


def count(work: Work, referral_id: int, uses: int) -> None:
    work.db.run(COUNT_REFERRAL, referral=referral_id, uses=uses)


def answered(work: Work, referral_id: int) -> InventoryReferral:
    """A referral with the customers who have redeemed it."""
    row = work.db.one(REFERRAL_BY_ID, referral_id=referral_id)
    assert row is not None
    referred = [one["profile_id"] for one in work.db.all(REFERRED_CUSTOMERS, referral_id=referral_id)]
    return {**described(row), "referredCustomers": referred}


def described(row: Mapping[str, Any] | Row) -> Referral:
    """A referral as such."""
    answer: Referral = {
        "id": row["id"],
        "created": rfc3339(row["created"]),
        "campaignId": row["campaign_id"],
        "advocateProfileIntegrationId": row["advocate"],
        "code": row["value"],
        "usageCounter": row["usage_counter"],
        "usageLimit": row["usage_limit"],
        "attributes": orjson.loads(row["attributes"] or "{}"),
    }
    if row["friend"] is not None:
        answer["friendProfileIntegrationId"] = row["friend"]
    if row["start_date"] is not None:
        answer["startDate"] = rfc3339(row["start_date"])
    if row["expiry_date"] is not None:
        answer["expiryDate"] = rfc3339(row["expiry_date"])
    if row["import_id"] is not None:
        answer["importId"] = row["import_id"]
    if row["batch_id"] is not None:
        answer["batchId"] = row["batch_id"]
    return answer
