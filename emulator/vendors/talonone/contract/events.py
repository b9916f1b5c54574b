"""Events."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import Body, BodyOf2020, Id, LoyaltyCards, Moment, Name, StoreId
from emulator.vendors.talonone.contract.loyalty import LedgerEntry


class NewEvent(BodyOf2020):
    """Body of trackEvent (talon_go 2.1.1)."""

    type: Name
    attributes: dict[str, Any]
    sessionId: Name
    profileId: str | None = None


EventContent: TypeAlias = Literal[
    "customerProfile", "triggeredCampaigns", "loyalty", "event", "awardedGiveaways", "ruleFailureReasons"
]


class IntegrationEventV2Request(Body):
    """Body of trackEventV2 (25.17). Its prose says that `profileId` is required, its schema does not."""

    type: Name
    profileId: Name
    attributes: dict[str, Any] | None = None
    storeIntegrationId: StoreId | None = None
    responseContent: list[EventContent] | None = None
    evaluableCampaignIds: list[Id] | None = None
    loyaltyCards: LoyaltyCards | None = None


EffectTuple: TypeAlias = tuple[int, int, int, list[Any]]
"""Of V1: campaign, ruleset, index of the rule, and the name of the effect with its arguments."""


class Attributed(TypedDict):
    attributes: Mapping[str, Any]


class CouponRejection(TypedDict):
    campaignId: int
    couponId: int
    reason: str


class ReferralRejection(TypedDict):
    campaignId: int
    referralId: int
    reason: str


class Meta(TypedDict):
    """talon_go 2.1.1. Campaigns by their ids, coupons by their codes."""

    campaigns: NotRequired[dict[str, Attributed]]
    coupons: NotRequired[dict[str, Attributed]]
    couponRejectionReason: NotRequired[CouponRejection]
    referralRejectionReason: NotRequired[ReferralRejection]


class Event(TypedDict):
    """`effects` are tuples in V1 only; clients of 2026 cannot read those. An event of V2 has no session."""

    id: int
    created: Moment
    applicationId: int
    profileId: str
    storeIntegrationId: NotRequired[str]
    type: str
    attributes: dict[str, Any]
    sessionId: NotRequired[str]
    effects: list[EffectTuple]
    ledgerEntries: list[LedgerEntry]
    meta: NotRequired[Meta]
