"""Referrals."""

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import LONGEST_ID, BodyOf2020, CodeDate, Id, Moment

MOST_USES = 999_999


class NewReferral(BodyOf2020):
    """Body of createReferral (talon_go 2.1.1); `usageLimit` and `attributes` are of 25.17."""

    campaignId: Id
    advocateProfileIntegrationId: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    friendProfileIntegrationId: str | None = None
    startDate: CodeDate = None
    expiryDate: CodeDate = None
    usageLimit: Annotated[int, Field(ge=0, le=MOST_USES)] | None = None
    attributes: dict[str, Any] | None = None


class Referral(TypedDict):
    """talon_go 2.1.1, with what 25.17 adds."""

    id: int
    created: Moment
    campaignId: int
    advocateProfileIntegrationId: str
    friendProfileIntegrationId: NotRequired[str]
    startDate: NotRequired[Moment]
    expiryDate: NotRequired[Moment]
    code: str
    usageCounter: int
    usageLimit: int
    attributes: dict[str, Any]
    importId: NotRequired[int]
    batchId: NotRequired[str]


class InventoryReferral(Referral):
    """A referral of an answer since 2021: with the customers who have redeemed it."""

    referredCustomers: list[str]
