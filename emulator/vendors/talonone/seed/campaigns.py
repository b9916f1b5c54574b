"""Campaigns and what belongs to them (talon_go 2.1.1: Campaign, Ruleset, Coupon, NewCoupons, Referral, LimitConfig,
CampaignSet), with what later versions added."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field

from emulator.core.section import Moment, Section
from emulator.vendors.talonone.seed.words import (
    Amount,
    Attributes,
    CodeValue,
    Counter,
    Exported,
    Expression,
    Id,
    IntegrationId,
    Limit,
    Name,
    Owner,
    UserId,
    Values,
)
from emulator.vendors.talonone.service.patterns import LONGEST_CODE, SHORTEST_PATTERN, VALID_CHARACTERS

MOST_GENERATED = 1_000_000

Action: TypeAlias = Literal[
    "redeemCoupon", "redeemReferral", "setDiscount", "createCoupon", "setDiscountEffect", "createReferral",
    "addFreeItemEffect", "callApi", "createLoyaltyPoints", "createLoyaltyPointsEffect", "redeemLoyaltyPoints",
    "redeemLoyaltyPointsEffect", "customEffect",
]  # fmt: skip
"""The first five in 2020; the others by the counters that a campaign has in 25.17."""
Priority: TypeAlias = Literal["universal", "stackable", "exclusive"]
CodePattern: TypeAlias = Annotated[str, Field(min_length=SHORTEST_PATTERN, max_length=LONGEST_CODE)]
Character: TypeAlias = Annotated[str, Field(min_length=1, max_length=1)]
Characters: TypeAlias = Annotated[list[Character], Field(min_length=1)]


class LimitConfig(Section):
    action: Action = Field(description="What is limited: how often, and for amounts and points how much.")
    limit: Amount = Field(description="The most there may be.")
    period: Literal["daily", "weekly", "monthly", "yearly"] | None = Field(
        None, description="After which the limit starts anew; by default never."
    )
    entities: list[Literal["Coupon", "Referral", "Profile", "Identifier", "Store", "Session"]] = Field(
        [], description="For which the limit counts apart; none of them: once for the whole campaign."
    )


class Binding(Section):
    name: Name = Field(description="Under which rules find the value.")
    type: Literal["bundle", "cartItemFilter", "subledgerBalance", "templateParameter"] | None = Field(
        None, description="What kind of value it is, in later versions."
    )
    expression: Values = Field(description="An expression that gives the value; of a typed binding also plain values.")


class Rule(Section):
    title: str = Field(description="Name of the rule, which its effects carry.")
    description: str = Field("", description="A longer text about it.")
    bindings: list[Binding] = Field([], description="Values that its condition and effects can read.")
    condition: Expression = Field(description="What must hold; usually an `and` of all conditions.")
    effects: list[Expression] = Field(description="What then happens, in order.")


class Ruleset(Section):
    id: Id | None = Field(None, description="By default the lowest free number.")
    rules: list[Rule] = Field(description="Tried from top to bottom.")
    bindings: list[Binding] = Field([], description="Values that all of its rules can read.")
    rbVersion: str = Field("", description="Version of the rule builder that made it.")
    activate: bool = Field(True, description="Whether this becomes the campaign's active ruleset.")
    campaignId: Owner = None
    userId: UserId = None
    activatedAt: Exported = None
    created: Moment | None = Field(None, description="By default now.")


class Coupon(Section):
    id: Id | None = Field(None, description="By default the lowest free number.")
    value: CodeValue = Field(description="The code, once in an account.")
    usageLimit: Limit = Field(0, description="How often it can be redeemed; 0: any number of times.")
    usageCounter: Counter = Field(0, description="How often it has been redeemed.")
    discountLimit: Amount | None = Field(None, description="The sum of discounts that it can give.")
    discountCounter: Amount = Field(0, description="The sum that it has given.")
    discountRemainder: Amount | None = Field(
        None, description="As the Management API answers it; the emulator works it out from the other two."
    )
    reservationLimit: Limit | None = Field(None, description="How many profiles can reserve it, in later versions.")
    startDate: Moment | None = Field(None, description="Good from then on.")
    expiryDate: Moment | None = Field(None, description="Good until then.")
    recipientIntegrationId: IntegrationId | None = Field(None, description="The only profile that can redeem it.")
    reservation: bool = Field(
        True, description="In 2020: whether a reservation is a mark only. false: it is needed to redeem the code."
    )
    isReservationMandatory: bool = Field(False, description="Whether only profiles with a reservation can redeem it.")
    implicitlyReserved: bool = Field(False, description="Whether it counts as reserved for everybody.")
    reservations: list[IntegrationId] = Field([], description="Profiles that have reserved it.")
    limits: list[LimitConfig] = Field([], description="Limits per profile that replace those of the campaign.")
    attributes: Attributes = Field({}, description="Values of attributes of the entity Coupon.")
    referralId: Id | None = Field(None, description="Referral for which it was created.")
    importId: Id | None = Field(None, description="Import that it came with.")
    batchId: str | None = Field(None, description="Batch that it was made with.")
    campaignId: Owner = None
    created: Moment | None = Field(None, description="By default now.")


class NewCoupons(Section):
    """Coupons made by a pattern."""

    numberOfCoupons: Annotated[int, Field(ge=1, le=MOST_GENERATED)] = Field(description="How many.")
    couponPattern: CodePattern | None = Field(
        None, description="Each # becomes a random valid character; by default the pattern of couponSettings."
    )
    validCharacters: Characters | None = Field(
        None, description="Characters to choose from; by default those of couponSettings, else A to Z and 0 to 9."
    )
    uniquePrefix: Annotated[str, Field(max_length=LONGEST_CODE)] = Field("", description="In front of every code.")
    usageLimit: Limit = Field(0, description="How often each can be redeemed; 0: any number of times.")
    discountLimit: Amount | None = Field(None, description="The sum of discounts that each can give.")
    reservationLimit: Limit | None = Field(None, description="How many profiles can reserve each.")
    startDate: Moment | None = Field(None, description="Good from then on.")
    expiryDate: Moment | None = Field(None, description="Good until then.")
    recipientIntegrationId: IntegrationId | None = Field(None, description="The only profile that can redeem them.")
    reservation: bool = Field(True, description="As for a single coupon.")
    isReservationMandatory: bool = Field(False, description="As for a single coupon.")
    implicitlyReserved: bool = Field(False, description="As for a single coupon.")
    limits: list[LimitConfig] = Field([], description="As for a single coupon.")
    attributes: Attributes = Field({}, description="Values of attributes of the entity Coupon.")
    batchId: str | None = Field(None, description="Of all of them; by default made up.")
    created: Moment | None = Field(None, description="By default now.")


class Referral(Section):
    id: Id | None = Field(None, description="By default the lowest free number.")
    code: CodeValue = Field(description="The code, once in an account.")
    advocateProfileIntegrationId: IntegrationId = Field(description="Profile that recommends.")
    friendProfileIntegrationId: IntegrationId | None = Field(None, description="The only profile that can redeem it.")
    startDate: Moment | None = Field(None, description="Good from then on.")
    expiryDate: Moment | None = Field(None, description="Good until then.")
    usageLimit: Limit = Field(0, description="How often it can be redeemed; 0: any number of times.")
    usageCounter: Counter = Field(0, description="How often it has been redeemed.")
    attributes: Attributes = Field({}, description="Values of attributes of the entity Referral.")
    importId: Id | None = Field(None, description="Import that it came with.")
    batchId: str | None = Field(None, description="Batch that it was made with.")
    campaignId: Owner = None
    created: Moment | None = Field(None, description="By default now.")


class CodeGeneratorSettings(Section):
    validCharacters: Characters = Field(
        [*VALID_CHARACTERS], description="Characters to choose from; by default A to Z and 0 to 9."
    )
    couponPattern: CodePattern = Field(description="Each # becomes a random valid character.")


class Campaign(Section):
    id: Id = Field(description="Number of the campaign.")
    applicationId: Id = Field(description="Application that owns it.")
    name: Name = Field(description="Name of the campaign.")
    description: str = Field("", description="A longer text about it.")
    state: Literal["enabled", "disabled", "archived"] = Field("enabled", description="Only an enabled one is run.")
    startTime: Moment | None = Field(None, description="Runs from then on.")
    endTime: Moment | None = Field(None, description="Runs until then.")
    campaignPriority: Priority | None = Field(None, description="By default that of the Application.")
    attributes: Attributes = Field({}, description="Values of attributes of the entity Campaign.")
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=50)] = Field(
        [], description="Labels."
    )
    features: list[Literal["coupons", "referrals", "loyalty"]] = Field(
        ["coupons", "referrals", "loyalty"], description="What its rules may use."
    )
    couponSettings: CodeGeneratorSettings | None = Field(None, description="How its coupon codes are made.")
    referralSettings: CodeGeneratorSettings | None = Field(None, description="How its referral codes are made.")
    limits: list[LimitConfig] | None = Field(None, description="By default those of the Application.")
    activeRulesetId: Id | None = Field(
        None, description="The ruleset that runs; by default the last. A campaign without one does not run."
    )
    rulesets: list[Ruleset] = Field([], description="Its rules, in as many versions as there are.")
    coupons: list[Coupon] = Field([], description="Its coupons.")
    newCoupons: list[NewCoupons] = Field([], description="More coupons, made by a pattern.")
    referrals: list[Referral] = Field([], description="Its referrals.")
    couponRedemptionCount: Counter = Field(0, description="How many coupons have been redeemed.")
    referralRedemptionCount: Counter = Field(0, description="How many referrals have been redeemed.")
    discountCount: Amount = Field(0, description="The sum of all discounts.")
    discountEffectCount: Counter = Field(0, description="How many discounts there were.")
    couponCreationCount: Counter = Field(0, description="How many coupons its rules have created.")
    userId: UserId = None
    lastActivity: Exported = None
    updated: Exported = None
    created: Moment | None = Field(None, description="By default now.")

    def counters(self) -> list[tuple[str, float]]:
        """What has been used so far of each action that a limit can be for."""
        counted = {
            "redeemCoupon": self.couponRedemptionCount,
            "redeemReferral": self.referralRedemptionCount,
            "setDiscount": self.discountCount,
            "setDiscountEffect": self.discountEffectCount,
            "createCoupon": self.couponCreationCount,
        }
        return [(action, used) for action, used in counted.items() if used]


def _either(schema: dict[str, Any]) -> None:
    """Two kinds of nodes in one model: which keys go with which type is checked when the set is planted."""
    none = {"type": "null"}
    inside = {"type": {"const": "SET"}, "operator": {"type": "string"}, "elements": {"type": "array"}}
    leaf = {"type": {"const": "CAMPAIGN"}, "campaignId": {"type": "integer"}}
    schema["oneOf"] = [
        {"properties": {**inside, "campaignId": none}, "required": [*inside]},
        {"properties": {**leaf, "name": none, "operator": none, "elements": none}, "required": [*leaf]},
    ]


class CampaignSetNode(Section):
    """A set of campaigns and further sets, or one campaign."""

    model_config = ConfigDict(json_schema_extra=_either)

    type: Literal["SET", "CAMPAIGN"] = Field(description="Which of the two this is.")
    name: Name | None = Field(None, description="Name of a set.")
    operator: Literal["ALL", "FIRST"] | None = Field(
        None, description="Of a set: whether all elements are evaluated, or up to the first that gives something."
    )
    elements: "list[CampaignSetNode] | None" = Field(None, description="Elements of a set, in order.")
    campaignId: Id | None = Field(None, description="Number of a campaign.")


class CampaignSet(Section):
    """The order in which the campaigns of an Application are evaluated. Campaigns outside of it are not."""

    id: Id | None = Field(None, description="By default the lowest free number.")
    applicationId: Id = Field(description="Application whose campaigns these are.")
    version: Annotated[int, Field(ge=1, le=1_000_000)] = Field(1, description="The highest version is the one in use.")
    set: CampaignSetNode = Field(description="The outermost set.")
    created: Moment | None = Field(None, description="By default now.")
