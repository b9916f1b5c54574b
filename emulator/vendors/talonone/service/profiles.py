"""Customer profiles: one per id and account, shared by its Applications, created when they are first named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from emulator.core.clock import Micros, rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import application
from emulator.vendors.talonone.contract.profiles import CustomerProfile, CustomerProfileUpdate, NewCustomerProfile
from emulator.vendors.talonone.errors import refusal
from emulator.vendors.talonone.service.attributes import MERGED, Definitions, merged
from emulator.vendors.talonone.service.money import amount, exact
from emulator.vendors.talonone.tables import FIND_PROFILE, PUT_PROFILE

NO_RULES = Rule(
    "talonone.profile_rules", Level.INFERRED, "talon_go 2.1.1, CustomerProfileUpdate",
    "updateCustomerProfileV2 of 2020 runs no rules, so lastActivity stays; the answer has no place for effects.",
)  # fmt: skip


@dataclass(slots=True)
class Profile:
    account: int
    integration_id: str
    created: Micros
    last_activity: Micros
    id: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    closed_sessions: int = 0
    total_sales: Decimal = Decimal(0)
    first_session_id: int | None = None

    def answered(self) -> CustomerProfile:
        return {
            "id": self.id or 0,
            "integrationId": self.integration_id,
            "created": rfc3339(self.created),
            "attributes": self.attributes,
            "accountId": self.account,
            "closedSessions": self.closed_sessions,
            "totalSales": amount(self.total_sales),
            "lastActivity": rfc3339(self.last_activity),
            "loyaltyMemberships": None,
            "sandbox": False,
        }


def find(work: Work, account: int, integration_id: str) -> Profile:
    """The stored profile, or an empty new one that is not stored yet."""
    row = work.db.one(FIND_PROFILE, account_id=account, integration_id=integration_id)
    if row is None:
        return Profile(account, integration_id, created=work.now, last_activity=work.now)
    return Profile(
        account,
        integration_id,
        created=row["created"],
        last_activity=row["last_activity"],
        id=row["id"],
        attributes=orjson.loads(row["attributes"]),
        closed_sessions=row["closed_sessions"],
        total_sales=exact(row["total_sales"]),
        first_session_id=row["first_session_id"],
    )


def store(work: Work, profile: Profile) -> None:
    row_id = work.db.insert(
        PUT_PROFILE,
        id=profile.id,
        account_id=profile.account,
        integration_id=profile.integration_id,
        created=profile.created,
        attributes=orjson.dumps(profile.attributes).decode(),
        closed_sessions=profile.closed_sessions,
        total_sales=amount(profile.total_sales),
        last_activity=profile.last_activity,
        first_session_id=profile.first_session_id,
    )
    profile.id = profile.id or row_id


def update_profile(work: Work, integration_id: str, asked: NewCustomerProfile) -> CustomerProfileUpdate:
    account = application(work).account
    given = _checked(work, asked.attributes or {})
    profile = find(work, account, integration_id)
    profile.attributes = merged(work, profile.attributes, given)
    store(work, profile)
    work.rely(NO_RULES)
    work.rely(MERGED)
    return {"effects": [], "createdCoupons": [], "createdReferrals": [], "customerProfile": profile.answered()}


def _checked(work: Work, given: Mapping[str, Any]) -> dict[str, Any]:
    caller = application(work)
    kept, complaints = Definitions(work, caller.account, caller.number).check(given, "CustomerProfile", "attributes")
    if complaints:
        raise refusal(complaints, status_code=True)
    return kept
