"""What all bodies have in common, and the values that stand in several of them."""

from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from emulator.core.clock import Micros, parse_rfc3339
from emulator.core.request import Request
from emulator.core.routes import problems
from emulator.core.store import MOST_INTEGER
from emulator.vendors.talonone.errors import refusal, violations

LARGEST_AMOUNT = 1e15
"""26.16 names this bound for a coupon's discountLimit; here no single amount is larger, so that all sums are exact."""
MOST_CODE = 100
LONGEST_ID = 1_000


class Body(BaseModel):
    """Strict, as Go reads JSON: nothing is converted. Members that it does not know are ignored."""

    model_config = ConfigDict(strict=True, defer_build=True)


class BodyOf2020(Body):
    """Of an operation whose 400 carries no ``StatusCode``."""

    @classmethod
    def from_request(cls, request: Request) -> Self:
        try:
            return cls.model_validate_json(request.body)
        except ValidationError as error:
            found = violations(problems(error.errors(include_url=False)))
        raise refusal(found, status_code=False)


def _shortest(number: float) -> float | int:
    """Whole numbers without a decimal point, as Go writes them; strict clients insist."""
    return int(number) if number.is_integer() else number


def _moment(value: Any) -> Any:
    """A date of a code: "omitted, zero, or negative" is none (talon_go 2.1.1, Referral.expiryDate). Zero is the year 1
    in Go and 1970 as a number of seconds, so everything up to then is none."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value <= 0):
        return None
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "Input should be a valid string")
    try:
        moment = parse_rfc3339(value)
    except ValueError:
        raise PydanticCustomError("format", "Does not match format 'date-time'") from None
    return moment if moment > 0 else None


Number: TypeAlias = Annotated[
    float, Field(allow_inf_nan=False, ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT), AfterValidator(_shortest)
]
Code: TypeAlias = Annotated[str, Field(max_length=MOST_CODE)]
Name: TypeAlias = Annotated[str, Field(min_length=1)]
StoreId: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
Id: TypeAlias = Annotated[int, Field(ge=-MOST_INTEGER, le=MOST_INTEGER)]
CodeDate: TypeAlias = Annotated[Micros | None, BeforeValidator(_moment, json_schema_input_type=str | float | None)]
Moment: TypeAlias = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$", json_schema_extra={"format": "date-time"}),
]
"""Of an answer: RFC 3339 in UTC, the fraction without trailing zeros."""
Empty: TypeAlias = Annotated[list[Any], Field(max_length=0)]
"""What the emulator has none of."""
LoyaltyCards: TypeAlias = Annotated[list[str], Field(max_length=1)]
