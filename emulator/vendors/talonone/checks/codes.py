"""The coupon that the path names."""

from collections.abc import Iterable

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.checks.callers import caller, use_key_of
from emulator.vendors.talonone.checks.things import how_spelt, likeliest, named, neighbours, spellings
from emulator.vendors.talonone.errors import COUPON_NOT_FOUND
from emulator.vendors.talonone.tables import FIND_COUPON
from emulator.vendors.talonone.tables.explaining import (
    COUPONS_ANYWHERE,
    COUPONS_LIKE,
    OPEN_SESSIONS_NAMING,
    REFERRALS_ANYWHERE,
)

_VALUE = "couponValue"


def is_coupon(case: Case, own: Application, code: str) -> bool:
    scope = {"account_id": own.account, "application_id": own.number}
    return case.work.db.one(FIND_COUPON, code=own.normalised(code), **scope) is not None


def _variants(code: str) -> str:
    return orjson.dumps(list(dict.fromkeys((code, code.upper(), code.lower())))).decode()


def lookalike(case: Case, own: Application, code: str) -> str | None:
    """A coupon of the Application that is called almost so."""
    scope = {"account_id": own.account, "application_id": own.number}
    return likeliest(neighbours(case, COUPONS_LIKE, code, **scope), code)


def why_unknown(case: Case, own: Application, code: str) -> str | None:
    """What is wrong with a code that the Application has no coupon for."""
    for meant in spellings(code):
        if meant != code and is_coupon(case, own, meant):
            return f"The code {how_spelt(code, meant)}: {code!r} is what arrived, {meant!r} is the coupon."
    for row in case.work.db.all(COUPONS_ANYWHERE, codes=_variants(code)):
        if row["application_id"] != own.number:
            owner = named(case, row["application_id"])
            return f"The coupon is one of {owner}, and the key is of Application {own.number}."
        return f"The code has another case: the coupon is {row['value']}, and its Application compares to the letter."
    for row in case.work.db.all(REFERRALS_ANYWHERE, codes=_variants(code)):
        return f"{row['value']} is a referral code, not a coupon."
    maker = _maker(case, own, code)
    if maker is not None:
        return f"The coupon is about to be made by the session {maker!r}: it exists once that closes."
    alike = lookalike(case, own, code)
    return f"There is no coupon {code!r}; the nearest is {alike!r}." if alike is not None else None


def _maker(case: Case, own: Application, code: str) -> str | None:
    """The open session that shows a code of its own making."""
    written = orjson.dumps(code).decode()
    for row in case.work.db.all(OPEN_SESSIONS_NAMING, application_id=own.number, code=written):
        made = [one for one in orjson.loads(row["effects"]) if one["effectType"] == "couponCreated"]
        if any(one["props"]["value"] == code for one in made):
            return str(row["integration_id"])
    return None


def _got(case: Case) -> str:
    return repr(case.found.get(_VALUE, ""))


def _cause(case: Case) -> str | None:
    own, code = caller(case), case.found.get(_VALUE, "")
    if own is None:
        return None
    return why_unknown(case, own, code) or (f"No coupon of Application {own.number} is called anything like {code!r}.")


def _mend(case: Case, draft: Draft) -> None:
    own, code = caller(case), case.found.get(_VALUE, "")
    if own is None:
        return
    alike = case.work.db.all(COUPONS_ANYWHERE, codes=_variants(code))
    cased = next((row["value"] for row in alike if row["application_id"] == own.number), None)
    if cased is None and use_key_of(case, draft, [row["application_id"] for row in alike]):
        return
    meant = cased or next((one for one in spellings(code) if one != code and is_coupon(case, own, one)), None)
    code = meant or lookalike(case, own, code) or _any(case, own) or code
    draft.set_value(case.operation, _VALUE, code)


def _any(case: Case, own: Application) -> str | None:
    first: Iterable[str] = neighbours(case, COUPONS_LIKE, "", account_id=own.account, application_id=own.number)
    return next(iter(first), None)


COUPON = Check(
    name="coupon",
    expects="the code of a coupon of the key's Application",
    failures=(COUPON_NOT_FOUND,),
    got=_got,
    cause=_cause,
    mend=_mend,
)
