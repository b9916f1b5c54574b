"""What customers have left behind: profiles with their points, and sessions."""

from typing import Annotated, Literal

from pydantic import Field

from emulator.core.section import Moment, Section
from emulator.vendors.talonone.contract.carts import MOST_IDENTIFIERS, MOST_ITEMS, MOST_UNITS
from emulator.vendors.talonone.seed.words import Amount, Attributes, Counter, Duration, Id, IntegrationId, Name


class LoyaltyPoints(Section):
    """LoyaltyPoints and LoyaltyLedgerEntry: points that the profile has earned."""

    programID: Id = Field(description="Loyalty program.")
    points: Annotated[float, Field(gt=0, le=1e15, allow_inf_nan=False)] = Field(description="How many.")
    name: str = Field("", description="What they are for.")
    subLedgerID: str = Field("", description="Subledger; by default the main ledger.")
    startDate: Moment | None = Field(None, description="Pending until then; by default good at once.")
    expiryDuration: Duration | None = Field(
        None, description="How long they are good for, from their start; by default as the program says."
    )
    created: Moment | None = Field(None, description="By default now.")


class Profile(Section):
    """CustomerProfile."""

    id: Id | None = Field(None, description="By default the lowest free number.")
    accountId: Id = Field(1, description="Account that knows the customer.")
    integrationId: IntegrationId = Field(description="Id of the profile in requests, once in an account.")
    attributes: Attributes = Field({}, description="Values of attributes of the entity CustomerProfile.")
    closedSessions: Counter = Field(0, description="How many sessions were closed.")
    totalSales: Amount = Field(0, description="The sum of their totals.")
    loyaltyPoints: list[LoyaltyPoints] = Field([], description="Points in loyalty programs.")
    created: Moment | None = Field(None, description="By default now.")
    lastActivity: Moment | None = Field(None, description="By default now.")


class SessionCost(Section):
    price: Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)] = Field(description="What it costs.")


class CartItem(Section):
    name: Name | None = Field(None, description="Name of the item.")
    sku: Name = Field(description="Stock keeping unit.")
    quantity: Annotated[int, Field(ge=1, le=MOST_UNITS)] = Field(1, description="How many of it.")
    price: Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)] = Field(description="Price of one.")
    category: str | None = Field(None, description="Category of the item.")
    weight: Amount | None = Field(None, description="Weight of one in grams.")
    height: Amount | None = Field(None, description="Height of one in millimetres.")
    width: Amount | None = Field(None, description="Width of one in millimetres.")
    length: Amount | None = Field(None, description="Length of one in millimetres.")
    attributes: Attributes = Field({}, description="Values of attributes of the entity CartItem.")


class Session(Section):
    """CustomerSession: what is stored of it. It comes without effects, so that cancelling it takes nothing back."""

    id: Id | None = Field(None, description="By default the lowest free number.")
    applicationId: Id = Field(description="Application that it belongs to.")
    integrationId: IntegrationId = Field(description="Id of the session in requests, once in an Application.")
    profileId: IntegrationId | None = Field(None, description="One of the profiles; by default it is anonymous.")
    state: Literal["open", "closed", "cancelled"] = Field("open", description="How far it has come.")
    couponCodes: Annotated[list[Name], Field(max_length=100)] = Field([], description="Coupon codes it was sent with.")
    referralCode: str = Field("", description="Referral code it was sent with.")
    cartItems: Annotated[list[CartItem], Field(max_length=MOST_ITEMS)] = Field([], description="What is in the cart.")
    additionalCosts: dict[str, SessionCost] = Field({}, description="Additional costs by name.")
    identifiers: Annotated[list[Name], Field(max_length=MOST_IDENTIFIERS)] = Field(
        [], description="Values that limits can count by, such as an e-mail address."
    )
    attributes: Attributes = Field({}, description="Values of attributes of the entity CustomerSession.")
    created: Moment | None = Field(None, description="By default now.")
    updated: Moment | None = Field(None, description="By default when it was created.")
