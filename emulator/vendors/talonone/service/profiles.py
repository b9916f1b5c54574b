"""Customer profiles: one per id and account, shared by its Applications, created when they are first named."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from sqlite3 import Row
from typing import Any

import orjson

from emulator.core.clock import Micros, rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application, application
from emulator.vendors.talonone.contract.profiles import CustomerProfile
from emulator.vendors.talonone.errors import PROFILE_NOT_FOUND, Complaint
from emulator.vendors.talonone.service import loyalty
from emulator.vendors.talonone.service.attributes import Definitions
from emulator.vendors.talonone.service.money import amount, exact
from emulator.vendors.talonone.tables import FIND_PROFILE, PUT_PROFILE

AUDIENCES = Rule(
    "talonone.audiences", Level.ASSUMED, "talon_go 25.17, ProfileAudiencesChanges",
    "Any number is an audience, named after its id: scenarios define none.",
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
    audiences: list[int] = field(default_factory=list)

    def answered(self, work: Work) -> CustomerProfile:
        answer: CustomerProfile = {
            "id": self.id or 0,
            "integrationId": self.integration_id,
            "created": rfc3339(self.created),
            "attributes": self.attributes,
            "accountId": self.account,
            "closedSessions": self.closed_sessions,
            "totalSales": amount(self.total_sales),
            "lastActivity": rfc3339(self.last_activity),
            "loyaltyMemberships": loyalty.memberships(work, self.account, self.integration_id),
            "sandbox": application(work).sandbox,
        }
        if self.audiences:
            work.rely(AUDIENCES)
            answer["audienceMemberships"] = [{"id": one, "name": f"Audience {one}"} for one in self.audiences]
        return answer

    def move(self, adds: Iterable[int], deletes: Iterable[int]) -> None:
        """Join and leave audiences; where one stands in both lists, the profile leaves it."""
        left = set(deletes)
        self.audiences = [one for one in dict.fromkeys([*self.audiences, *adds]) if one not in left]


def find(work: Work, account: int, integration_id: str) -> Profile:
    """The stored profile, or an empty new one that is not stored yet."""
    row = work.db.one(FIND_PROFILE, account_id=account, integration_id=integration_id)
    if row is None:
        return Profile(account, integration_id, created=work.now, last_activity=work.now)
    return read(row)


def known(work: Work, account: int, integration_id: str) -> Profile:
    """The stored profile; one that does not exist is refused."""
    profile = find(work, account, integration_id)
    if profile.id is None:
        raise PROFILE_NOT_FOUND(id=integration_id, resource=work.request.path)
    return profile


def named(work: Work, account: int, integration_id: str) -> Profile:
    """The stored profile; an empty one is created where there is none."""
    profile = find(work, account, integration_id)
    if profile.id is None:
        store(work, profile)
    return profile


def nobody(work: Work, account: int) -> Profile:
    """The empty profile of an anonymous session, which is never stored."""
    return Profile(account, "", created=work.now, last_activity=work.now)


def read(row: Row) -> Profile:
    return Profile(
        row["account_id"],
        row["integration_id"],
        created=row["created"],
        last_activity=row["last_activity"],
        id=row["id"],
        attributes=orjson.loads(row["attributes"]),
        closed_sessions=row["closed_sessions"],
        total_sales=exact(row["total_sales"]),
        first_session_id=row["first_session_id"],
        audiences=orjson.loads(row["audiences"]) if row["audiences"] else [],
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
        audiences=orjson.dumps(profile.audiences).decode() if profile.audiences else None,
    )
    profile.id = profile.id or row_id


def checked(work: Work, caller: Application, given: Mapping[str, Any] | None) -> tuple[dict[str, Any], list[Complaint]]:
    """The attributes of a profile fit to be stored, and what is wrong with the others."""
    return Definitions(work, caller.account, caller.number).check(given or {}, "CustomerProfile", "attributes")
