"""Customer profiles."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.effects import Effect


class NewCustomerProfile(BaseModel):
    """Body of updateCustomerProfileV2 (talon_go 2.1.1). Members that it does not know are ignored."""

    model_config = ConfigDict(strict=True)

    attributes: dict[str, Any] | None = None


class CustomerProfile(TypedDict):
    """`id` is required since 2021. `loyaltyMemberships` is null in published responses and deprecated as such."""

    id: int
    integrationId: str
    created: str
    attributes: dict[str, Any]
    accountId: int
    closedSessions: int
    totalSales: float
    lastActivity: str
    loyaltyMemberships: None
    sandbox: bool


class CustomerProfileUpdate(TypedDict):
    """That of 2020 has only the profile, CustomerProfileIntegrationResponseV2 of 25.17 requires the three arrays."""

    effects: list[Effect]
    createdCoupons: list[Any]
    createdReferrals: list[Any]
    customerProfile: CustomerProfile
