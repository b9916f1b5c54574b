"""Customer sessions of V2.

Requests follow the API of June 2020 (talon_go 2.1.1), with the limits that later versions publish. Answers carry what
any version since then requires: clients of 2020 ignore what they do not know, those of 2026 insist on it.
"""

from typing import Annotated, Any, Literal, NotRequired, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from emulator.core.request import Request
from emulator.core.routes import problems
from emulator.vendors.talonone.contract.campaigns import Campaign, RuleFailureReason
from emulator.vendors.talonone.contract.coupons import IntegrationCoupon, InventoryReferral
from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.contract.profiles import CustomerProfile
from emulator.vendors.talonone.errors import refusal, violations

MOST_ITEMS = 1_000
MOST_UNITS = 10_000
LARGEST_AMOUNT = 1e15
"""26.16 names this bound for a coupon's discountLimit; here no single amount is larger, so that all sums are exact."""


def _shortest(number: float) -> float | int:
    """Whole numbers without a decimal point, as Go writes them; strict clients insist."""
    return int(number) if number.is_integer() else number


Number: TypeAlias = Annotated[
    float, Field(allow_inf_nan=False, ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT), AfterValidator(_shortest)
]
Code: TypeAlias = Annotated[str, Field(max_length=100)]


@with_config(strict=True)
class CartItem(TypedDict):
    """`name`, `sku`, `quantity` and `price` were required in 2020; 25.17 can leave `name` out, and `price` where the
    item is in a catalog. `position` is computed."""

    name: NotRequired[Annotated[str, Field(min_length=1)] | None]
    sku: Annotated[str, Field(min_length=1)]
    quantity: Annotated[int, Field(ge=1)]
    price: Number
    category: NotRequired[str | None]
    weight: NotRequired[Number | None]
    height: NotRequired[Number | None]
    width: NotRequired[Number | None]
    length: NotRequired[Number | None]
    attributes: NotRequired[dict[str, Any] | None]


@with_config(strict=True)
class AdditionalCost(TypedDict):
    price: Number


def _few_units(items: list[CartItem]) -> list[CartItem]:
    if sum(item["quantity"] for item in items) > MOST_UNITS:
        message = f"The sum of all quantities must be less than or equal to {MOST_UNITS}"
        raise PydanticCustomError("maximum", message)
    return items


class NewCustomerSessionV2(BaseModel):
    """All optional. A member that is left out, or null, keeps what the session has."""

    model_config = ConfigDict(strict=True)

    profileId: str | None = None
    couponCodes: list[Code] | None = None
    referralCode: Code | None = None
    state: Literal["open", "closed", "cancelled"] | None = None
    cartItems: Annotated[list[CartItem], Field(max_length=MOST_ITEMS), AfterValidator(_few_units)] | None = None
    additionalCosts: dict[str, AdditionalCost] | None = None
    identifiers: Annotated[list[str], Field(max_length=5)] | None = None
    attributes: dict[str, Any] | None = None


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


class IntegrationRequest(BaseModel):
    """Body of updateCustomerSessionV2. Members that it does not know are ignored."""

    model_config = ConfigDict(strict=True)

    customerSession: NewCustomerSessionV2
    responseContent: list[ResponseContent] | None = None

    @classmethod
    def from_request(cls, request: Request) -> Self:
        """This operation's 400 carries no ``StatusCode``, other than that of nearly all others."""
        try:
            return cls.model_validate_json(request.body)
        except ValidationError as error:
            found = violations(problems(error.errors(include_url=False)))
        raise refusal(found, status_code=False)


class CustomerSessionV2(TypedDict):
    """`coupon` and `referral` are in the list of required members of 26.16 without being defined there."""

    id: int
    created: str
    updated: str
    updateCount: int
    integrationId: str
    applicationId: int
    profileId: str
    couponCodes: list[str]
    coupon: str
    referralCode: str
    referral: str
    state: Literal["open", "closed", "cancelled"]
    cartItems: list[CartItem]
    additionalCosts: dict[str, AdditionalCost]
    identifiers: list[str]
    attributes: dict[str, Any]
    firstSession: bool
    total: float
    cartItemTotal: float
    additionalCostTotal: float
    cartItemAdditionalCostTotal: float


class Event(TypedDict):
    """`effects` are tuples in V1 only; clients of 2026 cannot read those."""

    id: int
    created: str
    applicationId: int
    profileId: str
    type: str
    attributes: dict[str, Any]
    sessionId: str
    effects: list[Any]
    ledgerEntries: list[Any]


class Loyalty(TypedDict):
    programs: dict[str, Any]


class IntegrationStateV2(TypedDict):
    """The first three always, the others where ``responseContent`` asks for them and there is one.

    The emulator knows no giveaways, returns or achievements, and says nothing about ``campaignEligibility``.
    """

    effects: list[Effect]
    createdCoupons: list[Any]
    createdReferrals: list[Any]
    customerSession: NotRequired[CustomerSessionV2]
    customerProfile: NotRequired[CustomerProfile]
    event: NotRequired[Event]
    loyalty: NotRequired[Loyalty]
    referral: NotRequired[InventoryReferral]
    coupons: NotRequired[list[IntegrationCoupon]]
    triggeredCampaigns: NotRequired[list[Campaign]]
    ruleFailureReasons: NotRequired[list[RuleFailureReason]]
    awardedGiveaways: NotRequired[list[Any]]
    previousReturns: NotRequired[list[Any]]
    achievements: NotRequired[list[Any]]
