"""createReferral: a code for an advocate, by the pattern of its campaign."""

from sqlite3 import Row
from typing import Any

import orjson

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application, application
from emulator.vendors.talonone.contract.referrals import NewReferral, Referral
from emulator.vendors.talonone.errors import NO_CODES_LEFT, NO_REFERRALS, UNKNOWN_CAMPAIGN, refusal
from emulator.vendors.talonone.service import profiles, referrals
from emulator.vendors.talonone.service.attributes import Definitions, note_nulls
from emulator.vendors.talonone.service.campaigns import programme
from emulator.vendors.talonone.service.patterns import BadPattern, NoCodesLeft, referral_codes
from emulator.vendors.talonone.tables import ADD_REFERRAL, FIND_CAMPAIGN

MADE = Rule(
    "talonone.new_referral", Level.ASSUMED, "talon_go 2.1.1, NewReferral",
    "Without a usageLimit a referral can be used any number of times, a friend named or not. Its campaign needs the "
    "feature referrals but need not run. An advocate without a profile gets an empty one, a friend does not; neither's "
    "lastActivity moves. A date up to 1970 is none.",
)  # fmt: skip


def create_referral(work: Work, asked: NewReferral) -> Referral:
    caller = application(work)
    campaign = _campaign(work, caller, asked.campaignId)
    attributes = _checked(work, caller, asked)
    try:
        (code,) = referral_codes(
            work, caller, campaign["referral_settings"] and orjson.loads(campaign["referral_settings"])
        )
    except (NoCodesLeft, BadPattern) as error:
        raise NO_CODES_LEFT(reason=error.message) from None
    if _is_ours_to_say(work, caller, asked, campaign):
        work.rely(MADE)
    profiles.named(work, caller.account, asked.advocateProfileIntegrationId)
    row = {
        "id": None,
        "account_id": caller.account,
        "code": code,
        "value": code,
        "application_id": caller.number,
        "campaign_id": asked.campaignId,
        "created": work.now,
        "advocate": asked.advocateProfileIntegrationId,
        "friend": asked.friendProfileIntegrationId or None,
        "usage_limit": asked.usageLimit or 0,
        "usage_counter": 0,
        "start_date": asked.startDate,
        "expiry_date": asked.expiryDate,
        "attributes": orjson.dumps(attributes).decode(),
        "import_id": None,
        "batch_id": None,
    }
    return referrals.described({**row, "id": work.db.insert(ADD_REFERRAL, **row)})


def _is_ours_to_say(work: Work, caller: Application, asked: NewReferral, campaign: Row) -> bool:
    """Whether anything about the request is not settled by a document."""
    absent = [name for name in ("startDate", "expiryDate") if name in asked.model_fields_set]
    return (
        asked.usageLimit is None
        or any(getattr(asked, name) is None for name in absent)
        or asked.campaignId not in programme(work, caller).running(work.now)
        or profiles.find(work, caller.account, asked.advocateProfileIntegrationId).id is None
    )


def _campaign(work: Work, caller: Application, number: int) -> Row:
    """One that can have referrals."""
    row = work.db.one(FIND_CAMPAIGN, campaign_id=number)
    if row is None or row["application_id"] != caller.number:
        raise UNKNOWN_CAMPAIGN(campaign=str(number))
    if "referrals" not in orjson.loads(row["features"]):
        raise NO_REFERRALS(campaign=str(number))
    return row


def _checked(work: Work, caller: Application, asked: NewReferral) -> dict[str, Any]:
    definitions = Definitions(work, caller.account, caller.number)
    values, complaints = definitions.check(asked.attributes or {}, "Referral", "attributes")
    if complaints:
        raise refusal(complaints, status_code=False)
    note_nulls(work, values)
    return {name: value for name, value in values.items() if value is not None}
