"""Coupon and referral codes as they come with a session, and the reasons for which one is turned down.

The reasons are those of 2020 (talon_go 2.1.1), tested in the order in which they stand here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from sqlite3 import Row
from typing import Any, Literal, TypeAlias

import orjson

from emulator.core.clock import Micros
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.contract.effects import Effect

Kind: TypeAlias = Literal["Coupon", "Referral"]

ORDER = Rule(
    "talonone.rejection_order", Level.ASSUMED, "emulator's choice",
    "Where several reasons turn a code down, the first of this order is given: campaign not running, start date in the "
    "future, expired, wrong recipient or no reservation, limit of the code, of the campaign, of the profile, no rule "
    "tests it, an effect went over its limit, other conditions failed.",
)  # fmt: skip
LAST = Rule(
    "talonone.rejections_last", Level.ASSUMED, "emulator's choice",
    "The rejections of codes follow all other effects, in the order of the codes, which published answers leave open.",
)  # fmt: skip
EXCLUDED = Rule(
    "talonone.excluded_campaign", Level.ASSUMED, "Talon.One Integration API 26.16, campaignExclusionReason",
    "A code of a running campaign that its set or priority has left out is told …PartOfNotTriggeredCampaign with a "
    "campaignExclusionReason, as in 2026, or …PartOfNotRunningCampaign with the reasons of 2020, which have no better.",
)  # fmt: skip
UNMATCHED = Rule(
    "talonone.unmatched_code", Level.INFERRED, "Talon.One developer pages, Handling effects",
    "The rejection of a code that exists nowhere has campaignId -1, and rulesetId and ruleIndex -1 with it.",
)  # fmt: skip

NOWHERE = -1


@dataclass(slots=True)
class Code:
    """One submitted code, and what becomes of it in this evaluation.

    `reason` turns it down before any rule is asked, or because its campaign was left out: `exclusion` says why that.
    `several`: there is more than one such reason. `failed_rule` is the first rule that tested it in vain and
    `failed_at` its condition, `over` the effect of a rule that would have accepted it but for a limit. `limits` are the
    coupon's own, by action.
    """

    kind: Kind
    value: str
    row: Row | None = None
    reason: str | None = None
    several: bool = False
    accepted: bool = False
    over: int | None = None
    failed_rule: int | None = None
    failed_at: int | None = None
    exclusion: str | None = None
    discount: Decimal = Decimal(0)
    limits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return self.row["id"] if self.row is not None else 0

    @property
    def campaign_id(self) -> int:
        return self.row["campaign_id"] if self.row is not None else NOWHERE

    @property
    def attributes(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = orjson.loads(self.row["attributes"] or "{}") if self.row is not None else {}
        return found

    @property
    def ruleset_id(self) -> int:
        return (self.row["active_ruleset_id"] or 0) if self.row is not None else NOWHERE


def outside_dates(kind: Kind, row: Row, now: Micros) -> str | None:
    if row["start_date"] is not None and now < row["start_date"]:
        return f"{kind}StartDateInFuture"
    if row["expiry_date"] is not None and now > row["expiry_date"]:
        return f"{kind}Expired"
    return None


def used_up(kind: Kind, row: Row) -> str | None:
    """A limit of 0 is no limit."""
    return f"{kind}LimitReached" if row["usage_limit"] and row["usage_counter"] >= row["usage_limit"] else None


def turned_down(code: Code, *reasons: str | None) -> Code:
    """The code with what speaks against it, in the order of `ORDER`."""
    found = [reason for reason in reasons if reason is not None]
    if found:
        code.reason, code.several = found[0], len(found) > 1
    return code


def verdict(work: Work, code: Code, *, tested: bool | None) -> str:
    """Why a code is rejected that no rule has accepted. `tested`: whether a rule of its campaign asks, None where that
    does not run."""
    if code.several or (code.reason is not None and tested is False) or _both_failed_and_over(code):
        work.rely(ORDER)
    if code.reason is not None:
        return code.reason
    if code.exclusion is not None:
        work.rely(EXCLUDED)
        newest = work.settings.rejection_reasons == "newest"
        return f"{code.kind}PartOfNot{'Triggered' if newest else 'Running'}Campaign"
    if code.over is not None:
        return "EffectCouldNotBeApplied"
    if not tested and work.settings.rejection_reasons == "seed":
        return f"{code.kind}ValidConditionMissing"
    return f"{code.kind}RejectedByCondition"


def _both_failed_and_over(code: Code) -> bool:
    return code.reason is None and code.over is not None and code.failed_at is not None


def rejection(work: Work, code: Code, reason: str, rule_index: int, rule_name: str) -> Effect:
    if code.row is None:
        work.rely(UNMATCHED)
    props: dict[str, Any] = {"value": code.value, "rejectionReason": reason}
    if work.settings.rejection_reasons == "newest":
        props |= _details(code, reason)
    return {
        "campaignId": code.campaign_id,
        "rulesetId": code.ruleset_id,
        "ruleIndex": rule_index,
        "ruleName": rule_name,
        "effectType": f"reject{code.kind}",
        "props": props,
    }


def _details(code: Code, reason: str) -> dict[str, Any]:
    """What 26.16 adds to the reason, where there is any."""
    if code.exclusion is not None:
        return {"campaignExclusionReason": code.exclusion}
    if reason == "EffectCouldNotBeApplied" and code.over is not None:
        return {"effectIndex": code.over}
    if reason.endswith("RejectedByCondition") and code.failed_at is not None:
        return {"conditionIndex": code.failed_at}
    return {}
