"""Whose key it is. The key alone says which Application is meant: no path, query or body does."""

from dataclasses import dataclass

from emulator.core.credentials import Caller
from emulator.core.work import Work
from emulator.vendors.talonone.errors import INVALID_API_KEY
from emulator.vendors.talonone.tables import FIND_KEY, USABLE_KEYS

SCHEME = "ApiKey-v1 "
"""Compared to the letter, with its one space: the generated clients send exactly this, or nothing."""


@dataclass(frozen=True, slots=True)
class Application(Caller):
    """The caller: an Application of an account, as one of its keys named it."""

    number: int
    account: int
    case_sensitivity: str

    def normalised(self, code: str) -> str:
        """A coupon or referral code in the case in which this Application stores and compares it."""
        if self.case_sensitivity == "insensitive-uppercase":
            return code.upper()
        return code.lower() if self.case_sensitivity == "insensitive-lowercase" else code


def authenticate(work: Work) -> Application:
    header = work.request.header("authorization") or ""
    row = work.db.one(FIND_KEY, key=header.removeprefix(SCHEME)) if header.startswith(SCHEME) else None
    if row is None or (row["expires"] is not None and row["expires"] <= work.now):
        raise INVALID_API_KEY()
    number = row["application_id"]
    return Application(f"application {number}", number, row["account_id"], row["case_sensitivity"])


def application(work: Work) -> Application:
    """The caller of a guarded operation, by its own type."""
    if not isinstance(work.caller, Application):
        raise TypeError("the operation is not guarded")
    return work.caller


def credentials(work: Work) -> list[dict[str, str]]:
    """Every key that has not expired, and how to send it."""
    return [
        {
            "application": f"{row['id']} {row['name']}",
            "key": row["key"],
            "header": f"Authorization: {SCHEME}{row['key']}",
        }
        for row in work.db.all(USABLE_KEYS, now=work.now)
    ]
