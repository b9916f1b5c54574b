"""Campaigns: which ones run, and how one is answered."""

from dataclasses import dataclass

import orjson

from emulator.core.clock import rfc3339
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.contract.campaigns import Campaign as CampaignAnswer
from emulator.vendors.talonone.service.rulesets import Ruleset, compiled
from emulator.vendors.talonone.tables import FIND_CAMPAIGN, RUNNING_CAMPAIGNS


@dataclass(frozen=True, slots=True)
class Campaign:
    """A running campaign, with its active ruleset."""

    id: int
    name: str
    ruleset_id: int
    ruleset: Ruleset


def running(work: Work, caller: Application) -> dict[int, Campaign]:
    """By id: enabled, with an active ruleset, and now within its schedule."""
    rows = work.db.all(RUNNING_CAMPAIGNS, application_id=caller.number, now=work.now)
    return {row["id"]: Campaign(row["id"], row["name"], row["ruleset_id"], compiled(row["rules"])) for row in rows}


def answered(work: Work, campaign_id: int) -> CampaignAnswer:
    """A running campaign. The emulator knows no users: `userId` is 1."""
    row = work.db.one(FIND_CAMPAIGN, campaign_id=campaign_id)
    assert row is not None
    answer: CampaignAnswer = {
        "id": row["id"],
        "created": rfc3339(row["created"]),
        "applicationId": row["application_id"],
        "userId": 1,
        "name": row["name"],
        "description": row["description"],
        "attributes": orjson.loads(row["attributes"]),
        "state": row["state"],
        "activeRulesetId": row["active_ruleset_id"],
        "tags": orjson.loads(row["tags"]),
        "features": orjson.loads(row["features"]),
        "limits": [],
        "frontendState": "running",
        "type": "advanced",
        "reevaluateOnReturn": False,
        "storesImported": False,
    }
    if row["start_time"] is not None:
        answer["startTime"] = rfc3339(row["start_time"])
    if row["end_time"] is not None:
        answer["endTime"] = rfc3339(row["end_time"])
    if row["coupon_settings"] is not None:
        answer["couponSettings"] = orjson.loads(row["coupon_settings"])
    if row["referral_settings"] is not None:
        answer["referralSettings"] = orjson.loads(row["referral_settings"])
    return answer
