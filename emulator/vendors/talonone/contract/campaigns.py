"""What an answer says about campaigns."""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import Moment


class LimitConfig(TypedDict):
    """talon_go 2.1.1; `period` is of 25.17."""

    action: str
    limit: float
    entities: list[str]
    period: NotRequired[str | None]


class Campaign(TypedDict):
    """talon_go 2.1.1, with what 25.17 requires or counts besides."""

    id: int
    created: Moment
    applicationId: int
    userId: int
    name: str
    description: str
    startTime: NotRequired[Moment]
    endTime: NotRequired[Moment]
    attributes: dict[str, Any]
    state: str
    activeRulesetId: NotRequired[int]
    tags: list[str]
    features: list[str]
    couponSettings: NotRequired[dict[str, Any]]
    referralSettings: NotRequired[dict[str, Any]]
    limits: list[LimitConfig]
    couponRedemptionCount: int
    referralRedemptionCount: int
    discountCount: float
    discountEffectCount: int
    couponCreationCount: int
    referralCreationCount: NotRequired[int]
    addFreeItemEffectCount: NotRequired[int]
    callApiEffectCount: NotRequired[int]
    createdLoyaltyPointsCount: NotRequired[float]
    createdLoyaltyPointsEffectCount: NotRequired[int]
    customEffectCount: NotRequired[int]
    redeemedLoyaltyPointsCount: NotRequired[float]
    redeemedLoyaltyPointsEffectCount: NotRequired[int]
    frontendState: str
    type: str
    reevaluateOnReturn: bool
    storesImported: bool


class RuleFailureReason(TypedDict):
    """25.17: a rule that gave nothing, and for which code."""

    campaignID: int
    campaignName: str
    rulesetID: int
    couponID: NotRequired[int]
    couponValue: NotRequired[str]
    referralID: NotRequired[int]
    referralValue: NotRequired[str]
    ruleIndex: int
    ruleName: str
    conditionIndex: NotRequired[int]
    effectIndex: NotRequired[int]
    details: NotRequired[str]
