"""Customer sessions of both versions.

Requests follow the API of June 2020 (talon_go 2.1.1), with the members and limits that later versions publish. Answers
carry what any version since then requires: clients of 2020 ignore what they do not know, those of 2026 insist on it.
"""

from typing import Any, Literal, NotRequired, TypeAlias

from pydantic import with_config
from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import Body, BodyOf2020, Code, Id, LoyaltyCards, Moment, Number, StoreId
from emulator.vendors.talonone.contract.carts import (
    AdditionalCost,
    AdditionalCosts,
    AnsweredCartItem,
    Cart,
    Identifiers,
)

SettableState: TypeAlias = Literal["open", "closed", "cancelled"]
State: TypeAlias = Literal["open", "closed", "partially_returned", "cancelled"]
"""``partially_returned`` came later and cannot be set."""


class NewCustomerSession(BodyOf2020):
    """Body of updateCustomerSession. All optional: a member that is left out, or null, keeps what the session has."""

    profileId: str | None = None
    coupon: Code | None = None
    referral: Code | None = None
    state: SettableState | None = None
    cartItems: Cart | None = None
    identifiers: Identifiers | None = None
    total: Number | None = None
    attributes: dict[str, Any] | None = None


@with_config(strict=True)
class ExperimentVariantAllocation(TypedDict):
    experimentID: Id
    variantID: Id


class NewCustomerSessionV2(Body):
    """All optional. A member that is left out, or null, keeps what the session has."""

    profileId: str | None = None
    couponCodes: list[Code] | None = None
    referralCode: Code | None = None
    state: SettableState | None = None
    cartItems: Cart | None = None
    additionalCosts: AdditionalCosts | None = None
    identifiers: Identifiers | None = None
    attributes: dict[str, Any] | None = None
    storeIntegrationId: StoreId | None = None
    loyaltyCards: LoyaltyCards | None = None
    experimentVariantAllocations: list[ExperimentVariantAllocation] | None = None
    evaluableCampaignIds: list[Id] | None = None


ResponseContent: TypeAlias = Literal[
    "customerSession",
    "customerProfile",
    "coupons",
    "triggeredCampaigns",
    "referral",
    "loyalty",
    "event",
    "ruleFailureReasons",
    "awardedGiveaways",
    "previousReturns",
    "campaignEligibility",
    "achievements",
]
"""The first seven since 2020, the others as of 26.16."""


class IntegrationRequest(BodyOf2020):
    """Body of updateCustomerSessionV2."""

    customerSession: NewCustomerSessionV2
    responseContent: list[ResponseContent] | None = None


class CustomerSession(TypedDict):
    """Of V1: `total` as it was sent, `discounts` by their labels."""

    id: int
    created: Moment
    updated: Moment
    updateCount: int
    integrationId: str
    applicationId: int
    profileId: str
    coupon: str
    referral: str
    state: State
    cartItems: list[AnsweredCartItem]
    identifiers: list[str]
    total: float
    attributes: dict[str, Any]
    firstSession: bool
    discounts: dict[str, float]


class CustomerSessionV2(TypedDict):
    """`coupon` and `referral` are in the list of required members of 26.16 without being defined there."""

    id: int
    created: Moment
    updated: Moment
    updateCount: int
    integrationId: str
    applicationId: int
    profileId: str
    storeIntegrationId: NotRequired[str]
    couponCodes: list[str]
    coupon: str
    referralCode: str
    referral: str
    loyaltyCards: NotRequired[list[str]]
    state: State
    cartItems: list[AnsweredCartItem]
    experimentVariantAllocations: NotRequired[list[ExperimentVariantAllocation]]
    additionalCosts: dict[str, AdditionalCost]
    identifiers: list[str]
    attributes: dict[str, Any]
    firstSession: bool
    total: float
    cartItemTotal: float
    additionalCostTotal: float
    cartItemAdditionalCostTotal: float
