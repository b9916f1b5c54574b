"""What this world has: the likeliest one that a name was meant for, or just any that will do."""

from collections.abc import Iterable, Sequence
from urllib.parse import unquote

import orjson

from emulator.core.checks import Case
from emulator.core.slips import nearest
from emulator.core.store import Statement
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.tables.explaining import CAMPAIGNS, NAME_OF_APPLICATION, PROFILES_LIKE

_BEGINNING = 2
_HIGHEST = chr(0x10FFFF)
_ALIKE = 0.6


def spellings(text: str) -> list[str]:
    """What the text may have been before it was encoded once too often, or not enough."""
    found = [text]
    while (once := unquote(found[-1])) != found[-1]:
        found.append(once)
    return list(dict.fromkeys([*found[1:], found[-1].replace("+", " "), found[-1].strip()]))


def how_spelt(text: str, meant: str) -> str:
    """In what the text differs from one of its `spellings`."""
    if meant == text.strip():
        return "has white space around it"
    if "%" in text:
        return "was percent-encoded twice"
    return "has a plus sign for a space, which is %20 in a path"


def neighbours(case: Case, statement: Statement, text: str, **scope: int) -> list[str]:
    """Names that begin like the text in whatever case, and the first of all."""
    begin = text[:_BEGINNING]
    ranges = [(one, one + _HIGHEST) for one in dict.fromkeys((begin, begin.upper(), begin.lower())) if one]
    rows = [
        row
        for low, high in (*ranges, ("", _HIGHEST))
        for row in case.work.db.all(statement, low=low, high=high, **scope)
    ]
    return list(dict.fromkeys(row["name"] for row in rows))


def likeliest(names: Sequence[str], text: str) -> str | None:
    return next((one for one in names if one.casefold() == text.casefold()), None) or nearest(text, names, _ALIKE)


def named(case: Case, application: int) -> str:
    row = case.work.db.one(NAME_OF_APPLICATION, application_id=application)
    return f"Application {application} ({row['name']})" if row is not None else f"Application {application}"


def a_profile(case: Case, caller: Application | None, like: str = "") -> str | None:
    """A profile of the account, the likeliest one or the first; one that begins like nobody's comes last."""
    if caller is None:
        return None
    names = neighbours(case, PROFILES_LIKE, like, account_id=caller.account)
    return likeliest(names, like) or next(iter(names), None)


def a_campaign_with_referrals(case: Case, caller: Application | None, but: Iterable[int] = ()) -> int | None:
    if caller is None:
        return None
    avoided = set(but)
    for row in case.work.db.all(CAMPAIGNS, application_id=caller.number):
        if row["id"] not in avoided and "referrals" in orjson.loads(row["features"]):
            return int(row["id"])
    return None
