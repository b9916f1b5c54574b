"""Talon.One's section of a scenario, in the names of the Management API's models (talon_go 2.1.1).

What those models leave to the server may be left out here: ids count up from 1, `created` is now.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from emulator.core.section import Moment, Section, Settings
from emulator.core.store import MOST_INTEGER

Id: TypeAlias = Annotated[int, Field(ge=1, le=MOST_INTEGER)]
Name: TypeAlias = Annotated[str, Field(min_length=1)]
CodeValue: TypeAlias = Annotated[str, Field(min_length=4, max_length=100)]
Limit: TypeAlias = Annotated[int, Field(ge=0, le=999_999)]
Counter: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]
"""Calls count on from here, within 64 bits."""
Amount: TypeAlias = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
Expression: TypeAlias = Annotated[list[Any], Field(min_length=1)]


class TalonOneSettings(Settings):
    null_attributes: Literal["ignored", "deleted"] = Field(
        default="ignored", description="What an attribute of null does to the stored value."
    )
    rejection_reasons: Literal["seed", "newest"] = Field(
        default="seed",
        description="What a code is told that no rule of its campaign asks for: CouponValidConditionMissing and "
        "ReferralValidConditionMissing as in 2020, or …RejectedByCondition as in 2026.",
    )
    created_closed: bool = Field(default=True, description="Whether a session may be created closed.")
    cart_item_name_required: bool = Field(
        default=False, description="Whether a cart item needs a name: yes in 2020, no in 2026."
    )


class ApiKey(Section):
    """ApplicationAPIKey, with the key itself."""

    id: Id | None = None
    title: str = ""
    key: Name
    expires: Moment | None = None


class Application(Section):
    """`key` signs requests (Content-Signature), `apiKeys` are those for the Authorization header."""

    id: Id
    accountId: Id = 1
    name: Name
    description: str = ""
    timezone: Name = "UTC"
    currency: Name = "EUR"
    caseSensitivity: Literal["sensitive", "insensitive-uppercase", "insensitive-lowercase"] = "sensitive"
    key: Annotated[str, Field(pattern=r"^[a-fA-F0-9]{16}$")] | None = None
    apiKeys: list[ApiKey] = []
    created: Moment | None = None


class Attribute(Section):
    """Without `subscribedApplicationsIds` all Applications of the account may use it."""

    id: Id | None = None
    accountId: Id = 1
    entity: Literal[
        "Account", "Application", "Campaign", "CustomerProfile", "CustomerSession", "CartItem", "Coupon", "Event"
    ]
    eventType: str = ""
    name: Name
    title: str = ""
    type: Literal[
        "string", "number", "boolean", "time", "(list string)", "(list number)", "(list time)", "location",
        "(list location)",
    ]  # fmt: skip
    description: str = ""
    suggestions: Annotated[list[Name], Field(max_length=50)] = []
    editable: bool = True
    subscribedApplicationsIds: list[Id] | None = None


class AdditionalCost(Section):
    id: Id | None = None
    accountId: Id = 1
    name: Name
    title: str = ""
    description: str = ""
    subscribedApplicationsIds: list[Id] | None = None


class LoyaltyProgram(Section):
    id: Id
    accountID: Id = 1
    name: Name
    title: str = ""
    description: str = ""
    subscribedApplications: list[Id] | None = None
    defaultValidity: str = "unlimited"
    allowSubledger: bool = False


class Binding(Section):
    name: Name
    expression: Expression


class Rule(Section):
    title: str
    description: str = ""
    bindings: list[Binding] = []
    condition: Expression
    effects: list[Expression]


class Ruleset(Section):
    id: Id | None = None
    rules: list[Rule]
    bindings: list[Binding] = []


class Coupon(Section):
    """`reservations` are the profiles that hold one."""

    id: Id | None = None
    value: CodeValue
    usageLimit: Limit = 0
    usageCounter: Counter = 0
    discountLimit: Amount | None = None
    discountCounter: Amount = 0
    startDate: Moment | None = None
    expiryDate: Moment | None = None
    recipientIntegrationId: Name | None = None
    reservation: bool = True
    reservations: list[Name] = []
    attributes: dict[str, Any] = {}
    batchId: str | None = None
    created: Moment | None = None


class Referral(Section):
    id: Id | None = None
    code: CodeValue
    advocateProfileIntegrationId: Name
    friendProfileIntegrationId: Name | None = None
    startDate: Moment | None = None
    expiryDate: Moment | None = None
    usageLimit: Limit = 0
    usageCounter: Counter = 0
    created: Moment | None = None


class CodeGeneratorSettings(Section):
    validCharacters: list[Name] = [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
    couponPattern: Annotated[str, Field(min_length=3)]


class Campaign(Section):
    """`activeRulesetId` is by default that of the last ruleset. A campaign without rulesets does not run."""

    id: Id
    applicationId: Id
    name: Name
    description: str = ""
    state: Literal["enabled", "disabled", "archived"] = "enabled"
    startTime: Moment | None = None
    endTime: Moment | None = None
    attributes: dict[str, Any] = {}
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=50)] = []
    features: list[Literal["coupons", "referrals", "loyalty"]] = ["coupons", "referrals", "loyalty"]
    couponSettings: CodeGeneratorSettings | None = None
    referralSettings: CodeGeneratorSettings | None = None
    activeRulesetId: Id | None = None
    rulesets: list[Ruleset] = []
    coupons: list[Coupon] = []
    referrals: list[Referral] = []
    created: Moment | None = None


class Profile(Section):
    id: Id | None = None
    accountId: Id = 1
    integrationId: Name
    attributes: dict[str, Any] = {}
    closedSessions: Counter = 0
    totalSales: Amount = 0
    created: Moment | None = None
    lastActivity: Moment | None = None


class TalonOneSection(Section):
    settings: TalonOneSettings = TalonOneSettings()
    applications: list[Application] = []
    attributes: list[Attribute] = []
    additionalCosts: list[AdditionalCost] = []
    loyaltyPrograms: list[LoyaltyProgram] = []
    campaigns: list[Campaign] = []
    profiles: list[Profile] = []
