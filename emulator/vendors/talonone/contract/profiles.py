"""Customer profiles."""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import Body, BodyOf2020, Id, Moment
from emulator.vendors.talonone.contract.loyalty import LoyaltyMembership

MOST_AUDIENCES = 1_000


class NewCustomerProfile(BodyOf2020):
    """Body of updateCustomerProfile (talon_go 2.1.1)."""

    attributes: dict[str, Any] | None = None


class ProfileAudiencesChanges(Body):
    adds: Annotated[list[Id], Field(max_length=MOST_AUDIENCES)]
    deletes: Annotated[list[Id], Field(max_length=MOST_AUDIENCES)]


ProfileContent: TypeAlias = Literal[
    "customerProfile", "triggeredCampaigns", "loyalty", "event", "awardedGiveaways", "ruleFailureReasons"
]


class CustomerProfileIntegrationRequestV2(Body):
    """Body of updateCustomerProfileV2: in 2020 its `attributes` only, the others as of 25.17."""

    attributes: dict[str, Any] | None = None
    responseContent: list[ProfileContent] | None = None
    audiencesChanges: ProfileAudiencesChanges | None = None
    evaluableCampaignIds: list[Id] | None = None


class AudienceMembership(TypedDict):
    id: int
    name: str


class CustomerProfile(TypedDict):
    """`id` is required since 2021. `loyaltyMemberships` is null without any, as in published responses."""

    id: int
    integrationId: str
    created: Moment
    attributes: dict[str, Any]
    accountId: int
    closedSessions: int
    totalSales: float
    lastActivity: Moment
    loyaltyMemberships: list[LoyaltyMembership] | None
    audienceMemberships: NotRequired[list[AudienceMembership]]
    sandbox: bool
