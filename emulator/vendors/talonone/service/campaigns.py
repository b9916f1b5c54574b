"""Campaigns: which ones an Application has, which of them run, and how one is answered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from sqlite3 import Row
from typing import Any

import orjson

from emulator.core.clock import Micros, rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.contract.campaigns import Campaign as CampaignAnswer
from emulator.vendors.talonone.service import limits
from emulator.vendors.talonone.service.limits import Limit
from emulator.vendors.talonone.service.rulesets import Ruleset, compiled
from emulator.vendors.talonone.service.selection import Node, members, tree_of_priorities, tree_of_set
from emulator.vendors.talonone.tables import (
    APPLICATION,
    CAMPAIGN_BUDGETS,
    CAMPAIGN_SET,
    CHOSEN_CAMPAIGNS,
    ENABLED_CAMPAIGNS,
    FIND_CAMPAIGN,
)

CHOSEN = Rule(
    "talonone.evaluable_campaigns", Level.INFERRED, "Talon.One Integration API 26.16, evaluableCampaignIds",
    "A dry run with evaluableCampaignIds evaluates these campaigns only, disabled ones too (documented) and whatever "
    "their schedule; an archived one or one of another Application never. An empty list chooses nothing.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Campaign:
    """An enabled campaign with its active ruleset. `limits` by action."""

    id: int
    name: str
    ruleset_id: int
    ruleset: Ruleset
    starts: Micros
    ends: Micros
    limits: Mapping[str, tuple[Limit, ...]]
    attributes: Mapping[str, Any]
    coupon_settings: Mapping[str, Any] | None
    referral_settings: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Programme:
    """All that an Application evaluates. Only a scenario writes it, so it is read once."""

    campaigns: Mapping[int, Campaign]
    tree: Node
    arranged: set[int]
    by_set: bool
    scheduled: bool
    timezone: str
    cascading: bool
    partial: bool
    flattened: bool

    def running(self, now: Micros) -> Mapping[int, Campaign]:
        if not self.scheduled:
            return self.campaigns
        return {number: one for number, one in self.campaigns.items() if one.starts <= now < one.ends}


_ALWAYS = (-(2**63), 2**63 - 1)


def programme(work: Work, caller: Application) -> Programme:
    """By the Application, from memory after the first time."""
    key = ("talonone.programme", caller.number)
    found: Programme | None = work.db.memory.get(key)
    if found is None:
        found = work.db.memory[key] = _programme(work, caller.number)
    return found


def chosen(work: Work, caller: Application, ids: Collection[int]) -> Programme:
    """These campaigns only, whether they are enabled and scheduled for now or not (26.16, evaluableCampaignIds)."""
    work.rely(CHOSEN)
    text = orjson.dumps([*ids]).decode()
    rows = work.db.all(CHOSEN_CAMPAIGNS, application_id=caller.number, ids=text)
    return replace(_arranged(work, caller.number, rows), scheduled=False)


def _programme(work: Work, application: int) -> Programme:
    return _arranged(work, application, work.db.all(ENABLED_CAMPAIGNS, application_id=application))


def _arranged(work: Work, application: int, rows: Sequence[Row]) -> Programme:
    row = work.db.one(APPLICATION, application_id=application)
    assert row is not None
    campaigns = {one["id"]: _campaign(one, limits.read(row["limits"], inherited=True)) for one in rows}
    arranged = work.db.one(CAMPAIGN_SET, application_id=application)
    default = row["campaign_priority"] or "universal"
    tree = (
        tree_of_priorities((one["id"], one["priority"] or default) for one in rows)
        if arranged is None
        else tree_of_set(orjson.loads(arranged["set"]))
    )
    return Programme(
        campaigns,
        tree,
        members(tree),
        by_set=arranged is not None,
        scheduled=any((one.starts, one.ends) != _ALWAYS for one in campaigns.values()),
        timezone=row["timezone"],
        cascading=row["cascading_discounts"] in (None, 1),
        partial=bool(row["partial_discounts"]),
        flattened=bool(row["flattened_cart_items"]),
    )


def _campaign(row: Any, defaults: Mapping[str, tuple[Limit, ...]]) -> Campaign:
    starts, ends = row["start_time"], row["end_time"]
    return Campaign(
        row["id"],
        row["name"],
        row["ruleset_id"],
        compiled(row["rules"]),
        _ALWAYS[0] if starts is None else starts,
        _ALWAYS[1] if ends is None else ends,
        defaults if row["limits"] is None else limits.read(row["limits"]),
        orjson.loads(row["attributes"] or "{}"),
        row["coupon_settings"] and orjson.loads(row["coupon_settings"]),
        row["referral_settings"] and orjson.loads(row["referral_settings"]),
    )


_COUNTERS = {
    "redeemCoupon": "couponRedemptionCount",
    "redeemReferral": "referralRedemptionCount",
    "setDiscount": "discountCount",
    "setDiscountEffect": "discountEffectCount",
    "createCoupon": "couponCreationCount",
    "createReferral": "referralCreationCount",
    "addFreeItemEffect": "addFreeItemEffectCount",
    "callApi": "callApiEffectCount",
    "createLoyaltyPoints": "createdLoyaltyPointsCount",
    "createLoyaltyPointsEffect": "createdLoyaltyPointsEffectCount",
    "customEffect": "customEffectCount",
    "redeemLoyaltyPoints": "redeemedLoyaltyPointsCount",
    "redeemLoyaltyPointsEffect": "redeemedLoyaltyPointsEffectCount",
}
"""The member of a campaign that counts an action: the first five in 2020, all of them in 25.17."""
_COUNTERS_OF_2020 = 5


def answered(work: Work, campaign_id: int) -> CampaignAnswer:
    """The emulator knows no users: `userId` is 1."""
    row = work.db.one(FIND_CAMPAIGN, campaign_id=campaign_id)
    assert row is not None
    counted: dict[str, Any] = dict.fromkeys(list(_COUNTERS.values())[:_COUNTERS_OF_2020], 0)
    for one in work.db.all(CAMPAIGN_BUDGETS, campaign_id=campaign_id):
        if one["action"] in _COUNTERS:
            counted[_COUNTERS[one["action"]]] = one["used"]
    answer: dict[str, Any] = {
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
        "limits": orjson.loads(row["limits"] or "[]"),
        **counted,
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
    answered: CampaignAnswer = answer  # type: ignore[assignment]  # TypedDict has no way to say "the counters there are"
    return answered
