"""What an account has besides campaigns (talon_go 2.1.1: Application, ApplicationAPIKey, Attribute, AdditionalCost,
LoyaltyProgram), with what later versions added."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from emulator.core.section import Moment, Section
from emulator.vendors.talonone.seed.campaigns import LimitConfig, Priority
from emulator.vendors.talonone.seed.words import Attributes, Duration, Exported, Id, Name, Owner, UserId

Entity: TypeAlias = Literal[
    "Account", "Application", "Campaign", "CustomerProfile", "CustomerSession", "CartItem", "Coupon", "Event",
    "Giveaway", "LoyaltyCard", "Referral", "Store",
]  # fmt: skip
"""The first eight in 2020; Account has gone since and the last four have come."""
Type: TypeAlias = Literal[
    "string", "number", "boolean", "time", "(list string)", "(list number)", "(list time)", "location",
    "(list location)",
]  # fmt: skip


class ApiKey(Section):
    """ApplicationAPIKey, with the key itself."""

    id: Id | None = Field(None, description="By default the lowest free number.")
    title: str = Field("", description="What the key is for.")
    key: Name = Field(description="The key as it stands in the header: Authorization: ApiKey-v1 KEY.")
    expires: Moment | None = Field(None, description="From then on the key is refused; by default never.")
    accountID: Owner = None
    applicationID: Owner = None
    createdBy: UserId = None
    created: Exported = None


class MandatoryAttributes(Section):
    campaigns: list[Name] = Field(default=[], description="Attributes that every campaign must have.")
    coupons: list[Name] = Field(default=[], description="Attributes that every coupon must have.")


class AttributesSettings(Section):
    mandatory: MandatoryAttributes = Field(default=MandatoryAttributes(), description="What must not be left out.")


class Application(Section):
    id: Id = Field(description="Number of the Application, and the signer of a Content-Signature.")
    accountId: Id = Field(1, description="Account that owns it.")
    name: Name = Field(description="Name of the Application.")
    description: str = Field("", description="A longer text about it.")
    timezone: Name = Field("UTC", description="IANA name of its time zone, such as Europe/Berlin.")
    currency: Name = Field("EUR", description="Currency of its sessions.")
    caseSensitivity: Literal["sensitive", "insensitive-uppercase", "insensitive-lowercase"] = Field(
        "sensitive", description="The case in which coupon and referral codes are stored and compared."
    )
    attributes: Attributes = Field({}, description="Values of attributes of the entity Application.")
    limits: list[LimitConfig] = Field([], description="Limits of campaigns that state none of their own.")
    campaignPriority: Priority = Field("universal", description="Priority of campaigns that state none of their own.")
    attributesSettings: AttributesSettings = Field(AttributesSettings(), description="Attributes that are mandatory.")
    loyaltyPrograms: list[Id] = Field([], description="Ids of loyalty programs to which it is subscribed.")
    enableCascadingDiscounts: bool = Field(
        True, description="Whether a discount of V2 is worked out on what earlier discounts have left."
    )
    enablePartialDiscounts: bool = Field(
        False, description="Whether an effect that goes over a limit gives what is left instead of nothing."
    )
    enableFlattenedCartItems: bool = Field(
        False, description="Whether a cart item of quantity 3 counts as three items in effects per item."
    )
    sandbox: bool = Field(False, description="Whether this is no live Application.")
    key: Annotated[str, Field(pattern=r"^[a-fA-F0-9]{16}$")] | None = Field(
        None, description="Hex key that signs requests (Content-Signature)."
    )
    apiKeys: list[ApiKey] = Field([], description="Keys for the Authorization header.")
    modified: Exported = None
    created: Moment | None = Field(None, description="By default now.")


class Attribute(Section):
    id: Id | None = Field(None, description="By default the lowest free number.")
    accountId: Id = Field(1, description="Account that defines it.")
    entity: Entity = Field(description="What has the attribute.")
    eventType: str = Field("", description="For the entity Event: the type of event that has it.")
    name: Name = Field(description="Its name in requests and rules.")
    title: str = Field("", description="Its name for people.")
    type: Type = Field(description="Type of its values; a time is a text in RFC 3339 form, a location two numbers.")
    description: str = Field("", description="A longer text about it.")
    suggestions: Annotated[list[Name], Field(max_length=50)] = Field([], description="Values to choose from.")
    editable: bool = Field(True, description="Whether it can be edited in the Campaign Manager.")
    subscribedApplicationsIds: list[Id] | None = Field(
        None, description="Applications that may use it; by default all of the account."
    )
    created: Moment | None = Field(None, description="By default now.")


class AdditionalCost(Section):
    id: Id | None = Field(None, description="By default the lowest free number.")
    accountId: Id = Field(1, description="Account that defines it.")
    name: Name = Field(description="Its name in requests and rules.")
    title: str = Field("", description="Its name for people.")
    description: str = Field("", description="A longer text about it.")
    type: Literal["session", "item", "both"] = Field(
        "session", description="Whether it is a cost of sessions, of cart items or of both."
    )
    subscribedApplicationsIds: list[Id] | None = Field(
        None, description="Applications that may use it; by default all of the account."
    )
    created: Moment | None = Field(None, description="By default now.")


class LoyaltyProgram(Section):
    id: Id = Field(description="Number of the program.")
    accountID: Id = Field(1, description="Account that owns it.")
    name: Name = Field(description="Internal name of the program.")
    title: str = Field("", description="Its name for people; by default its internal name.")
    description: str = Field("", description="A longer text about it.")
    subscribedApplications: list[Id] | None = Field(
        None, description="Applications that take part; by default all of the account."
    )
    defaultValidity: Duration = Field(
        "unlimited", description="How long points are good for: unlimited, or a number and a unit such as 40m, 1h, 30d."
    )
    allowSubledger: bool = Field(False, description="Whether points can be kept in subledgers.")
