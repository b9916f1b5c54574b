"""Items that come back (25.17)."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import Body, BodyOf2020, Moment, Name
from emulator.vendors.talonone.contract.carts import MOST_ITEMS, MOST_UNITS


class ReturnedCartItem(Body):
    """The schema requires nothing; one of position and SKU has to say which item is meant."""

    position: Annotated[int, Field(ge=0, le=MOST_ITEMS - 1)] | None = None
    quantity: Annotated[int, Field(ge=1, le=MOST_UNITS)] | None = None
    sku: Name | None = None


class NewReturn(Body):
    returnedCartItems: Annotated[list[ReturnedCartItem], Field(max_length=MOST_ITEMS)]


ReturnContent: TypeAlias = Literal[
    "customerSession",
    "customerProfile",
    "coupons",
    "triggeredCampaigns",
    "referral",
    "loyalty",
    "event",
    "previousReturns",
]


class ReturnIntegrationRequest(BodyOf2020):
    """Body of returnCartItems; ``return`` is no name in Python."""

    wanted: Annotated[NewReturn, Field(alias="return")]
    responseContent: list[ReturnContent] | None = None


class AnsweredReturnedCartItem(TypedDict):
    position: int
    quantity: int
    sku: str


class Return(TypedDict):
    id: int
    created: Moment
    applicationId: int
    accountId: int
    returnedCartItems: list[AnsweredReturnedCartItem]
    eventId: int
    sessionId: int
    sessionIntegrationId: str
    profileId: NotRequired[int]
    profileIntegrationId: NotRequired[str]
    createdBy: NotRequired[int]
