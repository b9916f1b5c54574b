"""The campaign of a new referral."""

from sqlite3 import Row
from typing import Any

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.core.errors import Failure
from emulator.core.fitting import replaced
from emulator.core.store import MOST_INTEGER
from emulator.vendors.talonone.checks.bodies import sent, sent_object, write
from emulator.vendors.talonone.checks.callers import caller, use_key_of
from emulator.vendors.talonone.checks.things import a_campaign_with_referrals, named
from emulator.vendors.talonone.errors import NO_CODES_LEFT, NO_REFERRALS, UNKNOWN_CAMPAIGN
from emulator.vendors.talonone.service.patterns import DEFAULT_PATTERN
from emulator.vendors.talonone.tables import FIND_CAMPAIGN
from emulator.vendors.talonone.tables.explaining import CAMPAIGN_OF_RULESET

_MEMBER = "campaignId"


def _number(case: Case) -> Any:
    return sent_object(case).get(_MEMBER)


def _campaign(case: Case) -> Row | None:
    number = _number(case)
    if not isinstance(number, int) or abs(number) > MOST_INTEGER:
        return None
    return case.work.db.one(FIND_CAMPAIGN, campaign_id=number)


def _got(case: Case) -> str:
    row = _campaign(case)
    return f"{_number(case)} ({row['name']})" if row is not None else f"{_number(case)}"


def _unknown(case: Case) -> str | None:
    own, row, number = caller(case), _campaign(case), _number(case)
    if own is None or not isinstance(number, int) or abs(number) > MOST_INTEGER:
        return None
    if row is not None and row["application_id"] != own.number:
        owner = named(case, row["application_id"])
        return f"Campaign {number} is one of {owner}, and the key is of Application {own.number}."
    other = case.work.db.one(CAMPAIGN_OF_RULESET, ruleset_id=number, application_id=own.number)
    if other is not None:
        return f"{number} is the ruleset of campaign {other['id']} ({other['name']}): send the campaign's number."
    if number == own.number:
        return f"{number} is the number of the Application: send that of a campaign."
    return f"This world has no campaign {number}."


def _without_feature(case: Case) -> str | None:
    row = _campaign(case)
    if row is None:
        return None
    features = orjson.loads(row["features"])
    return f"Campaign {row['id']} ({row['name']}) has the features {', '.join(features) or 'none'}, and not referrals."


def _used_up(case: Case) -> str | None:
    row = _campaign(case)
    if row is None:
        return None
    settings = orjson.loads(row["referral_settings"]) if row["referral_settings"] else {}
    pattern = settings.get("couponPattern", DEFAULT_PATTERN) if isinstance(settings, dict) else DEFAULT_PATTERN
    return (
        f"Every code that the pattern {pattern!r} of campaign {row['id']} allows is taken: give it more # characters."
    )


def _mend(case: Case, draft: Draft) -> None:
    own, row = caller(case), _campaign(case)
    elsewhere = [] if own is None or row is None or row["application_id"] == own.number else [row["application_id"]]
    if use_key_of(case, draft, elsewhere):
        return
    number = a_campaign_with_referrals(case, own, but=[] if row is None else [row["id"]])
    if number is not None:
        write(draft, replaced(sent(case), (_MEMBER,), number))


def _check(name: str, expects: str, failure: Failure, cause: Any) -> Check:
    return Check(name=name, expects=expects, failures=(failure,), got=_got, cause=cause, mend=_mend)


CAMPAIGN = _check("campaign", "the number of a campaign of the key's Application", UNKNOWN_CAMPAIGN, _unknown)
FEATURE = _check("referrals of the campaign", "a campaign with the feature referrals", NO_REFERRALS, _without_feature)
CODES = _check("codes of the campaign", "a pattern with codes that nobody has", NO_CODES_LEFT, _used_up)
