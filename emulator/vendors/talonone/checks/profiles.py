"""The profile that the path names."""

from emulator.core.checks import Case, Check, Draft
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.checks.callers import caller, use_key_of
from emulator.vendors.talonone.checks.things import a_profile, how_spelt, likeliest, neighbours, spellings
from emulator.vendors.talonone.errors import PROFILE_NOT_FOUND
from emulator.vendors.talonone.tables import FIND_PROFILE
from emulator.vendors.talonone.tables.explaining import PROFILE_BY_NUMBER, PROFILES_ANYWHERE, PROFILES_LIKE

_VALUE = "integrationId"
_LONGEST_NUMBER = 18


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER


def _meant(case: Case, own: Application, text: str) -> str | None:
    """The id that was encoded too often, or whose number was sent for it."""
    for one in spellings(text):
        if one != text and case.work.db.one(FIND_PROFILE, account_id=own.account, integration_id=one) is not None:
            return one
    row = case.work.db.one(PROFILE_BY_NUMBER, number=int(text), account_id=own.account) if is_number(text) else None
    return row["integration_id"] if row is not None else None


def _cause(case: Case) -> str | None:
    own, text = caller(case), case.found.get(_VALUE, "")
    if own is None:
        return None
    meant = _meant(case, own, text)
    if meant is not None and is_number(text):
        return f"{text} is the profile's number (id): the path takes its integrationId, {meant!r}."
    if meant is not None:
        return f"The id {how_spelt(text, meant)}: {text!r} is what arrived, {meant!r} is the profile."
    for row in case.work.db.all(PROFILES_ANYWHERE, integration_id=text):
        if row["account_id"] != own.account:
            return f"The profile is one of account {row['account_id']}, and the key is of account {own.account}."
    alike = likeliest(neighbours(case, PROFILES_LIKE, text, account_id=own.account), text)
    if alike is not None:
        return f"There is no profile {text!r}; the nearest is {alike!r}."
    return f"There is no profile {text!r}: it exists once a profile update or a session has named it."


def _mend(case: Case, draft: Draft) -> None:
    own, text = caller(case), case.found.get(_VALUE, "")
    if own is None:
        return
    accounts = [row["account_id"] for row in case.work.db.all(PROFILES_ANYWHERE, integration_id=text)]
    if not use_key_of(case, draft, accounts, member="account_id"):
        draft.set_value(case.operation, _VALUE, _meant(case, own, text) or a_profile(case, own, text) or text)


PROFILE = Check(
    name="profile",
    expects="the integrationId of a profile of the key's account",
    failures=(PROFILE_NOT_FOUND,),
    got=lambda case: repr(case.found.get(_VALUE, "")),
    cause=_cause,
    mend=_mend,
)
