"""Carts and additional costs, as they are sent in either version and as they are kept."""

from typing import Annotated, Any, NotRequired, TypeAlias

from pydantic import AfterValidator, Field, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import Id, Name, Number

MOST_ITEMS = 1_000
MOST_UNITS = 10_000
MOST_IDENTIFIERS = 5


@with_config(strict=True)
class AdditionalCost(TypedDict):
    price: Number


@with_config(strict=True)
class Product(TypedDict):
    """Of later versions: what the item is in a catalog."""

    name: NotRequired[str | None]


@with_config(strict=True)
class Adjustment(TypedDict):
    """2020 only: an item paid with loyalty points."""

    payFromLoyaltyProgram: Id
    pointPayment: Annotated[Number, Field(ge=1)]
    remainingPrice: NotRequired[Annotated[Number, Field(ge=0)] | None]


@with_config(strict=True)
class CartItem(TypedDict):
    """`name`, `sku`, `quantity` and `price` were required in 2020; 25.17 can leave `name` out, and `price` where the
    item is in a catalog, of which the emulator has none. `position` is computed."""

    name: NotRequired[Name | None]
    sku: Name
    quantity: Annotated[int, Field(ge=1)]
    price: Number
    category: NotRequired[str | None]
    product: NotRequired[Product | None]
    weight: NotRequired[Number | None]
    height: NotRequired[Number | None]
    width: NotRequired[Number | None]
    length: NotRequired[Number | None]
    attributes: NotRequired[dict[str, Any] | None]
    additionalCosts: NotRequired[dict[str, AdditionalCost] | None]
    adjustment: NotRequired[Adjustment | None]


class AnsweredCartItem(TypedDict):
    """The last two once items of the session have been returned (25.17)."""

    name: NotRequired[str]
    sku: str
    quantity: int
    price: float
    category: NotRequired[str]
    product: NotRequired[Product]
    weight: NotRequired[float]
    height: NotRequired[float]
    width: NotRequired[float]
    length: NotRequired[float]
    attributes: NotRequired[dict[str, Any]]
    additionalCosts: NotRequired[dict[str, AdditionalCost]]
    adjustment: NotRequired[Adjustment]
    position: int
    returnedQuantity: NotRequired[int]
    remainingQuantity: NotRequired[int]


def _few_units(items: list[CartItem]) -> list[CartItem]:
    if sum(item["quantity"] for item in items) > MOST_UNITS:
        message = f"The sum of all quantities must be less than or equal to {MOST_UNITS}"
        raise PydanticCustomError("maximum", message)
    return items


Cart: TypeAlias = Annotated[list[CartItem], Field(max_length=MOST_ITEMS), AfterValidator(_few_units)]
Identifiers: TypeAlias = Annotated[list[str], Field(max_length=MOST_IDENTIFIERS)]
AdditionalCosts: TypeAlias = dict[str, AdditionalCost]
