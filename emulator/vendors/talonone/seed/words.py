"""The words of a section: ids, names, codes, amounts, and expressions of the rule language."""

from typing import Annotated, Any, TypeAlias

from pydantic import Field, PlainSerializer, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticKnownError
from typing_extensions import TypeAliasType

from emulator.core.section import Moment
from emulator.core.store import MOST_INTEGER

Id: TypeAlias = Annotated[int, Field(ge=1, le=MOST_INTEGER)]
Name: TypeAlias = Annotated[str, Field(min_length=1)]
IntegrationId: TypeAlias = Annotated[str, Field(min_length=1, max_length=1_000)]
CodeValue: TypeAlias = Annotated[str, Field(min_length=4, max_length=100, pattern=r"^[^\x00]*$")]
Limit: TypeAlias = Annotated[int, Field(ge=0, le=999_999)]
Counter: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]
"""Calls count on from here, within 64 bits."""
Amount: TypeAlias = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
Attributes: TypeAlias = dict[str, Any]  # Any: checked against the definitions, which name by path what is wrong
UserId: TypeAlias = Annotated[
    Id | None, Field(description="As the Management API answers it. The emulator knows no users and keeps none.")
]
Exported: TypeAlias = Annotated[
    Moment | None, Field(description="As the Management API answers it; the emulator finds out for itself.")
]
Owner: TypeAlias = Annotated[Id | None, Field(description="As the Management API answers it: whose this is.")]
Duration: TypeAlias = Annotated[
    str, Field(pattern=r"^(unlimited|[1-9][0-9]{0,6}([smhdwY]|D(_[DU])?|[WM](_U)?))$", examples=["30d", "1h", "40m"])
]
"""As `service.validity` reads it."""


def _call(value: Any, _: ValidatorFunctionWrapHandler) -> Any:
    """The outer shape only. What is inside is named by its place when the expression is compiled."""
    if not isinstance(value, list):
        raise PydanticKnownError("list_type")
    if not value:
        raise PydanticKnownError("too_short", {"field_type": "List", "min_length": 1, "actual_length": 0})
    return value


def _function_first(schema: dict[str, Any]) -> None:
    nested = next(each for each in schema["items"]["anyOf"] if "$ref" in each)
    schema["prefixItems"] = [{"anyOf": [{"type": "string"}, nested]}]


_Operand: TypeAlias = "str | float | bool | Expression | None"

Expression = TypeAliasType(
    "Expression",
    Annotated[
        list["_Operand"],
        Field(
            min_length=1,
            description="A Talang expression: the name of a function and its arguments, each a text, number, boolean, "
            "null or another expression. One that begins with an expression evaluates all and yields the last.",
            json_schema_extra=_function_first,
        ),
        WrapValidator(_call),
        PlainSerializer(lambda value: value, return_type=Any),
    ],
)
Values: TypeAlias = Annotated[
    list[_Operand],
    Field(min_length=1),
    WrapValidator(_call),
    PlainSerializer(lambda value: value, return_type=Any),
]
"""An expression, or plain values."""
