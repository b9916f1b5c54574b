"""How a value of an event or of a batch profile is read: as a number, as a text, next to another one."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import orjson

from emulator.core.errors import Json, Level, Rule
from emulator.core.store import LEAST_INTEGER, MOST_INTEGER
from emulator.vendors.treasuredata.errors import CHOICE

Number: TypeAlias = int | float
DataType: TypeAlias = Literal["number", "string"]

MOST_BYTES = 500
"""Of one real-time attribute's value."""

_NUMERAL = re.compile(r"[+-]?[0-9]{1,64}(\.[0-9]{1,64})?([eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_OWN: Mapping[DataType, tuple[type, ...]] = {"number": (int, float), "string": (str,)}
_GREATEST = 1.7976931348623157e308

DATA_TYPES = Rule(
    "treasuredata.data_types",
    Level.ASSUMED,
    CHOICE,
    "A text that is a decimal numeral counts as a number where a number is wanted, and a number or boolean as its JSON "
    "text where a text is; an event whose value fits neither leaves the attribute as it was. Sums are whole while all "
    "their parts are, and never leave the range of a 64-bit integer or float.",
)

VALUE_SIZE = Rule(
    "treasuredata.value_size",
    Level.ASSUMED,
    f"{MOST_BYTES} bytes in Real-time 2.0 System Performance, Limitations and Expected Behavior; how is {CHOICE}",
    f"An event whose value for a single attribute, or whose item for a list, is larger than {MOST_BYTES} bytes leaves "
    "the attribute as it was. A text counts by its UTF-8, anything else by its JSON.",
)


def size(value: Json) -> int:
    """In bytes."""
    return len(value.encode()) if isinstance(value, str) else len(orjson.dumps(value))


def number(value: Json) -> Number | None:
    """Booleans are no numbers; neither is ` 1`, `1_000` or `NaN`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or not _NUMERAL.fullmatch(value):
        return None
    if _WHOLE.fullmatch(value):
        return int(value)
    result = float(value)
    return result if math.isfinite(result) else None


def text(value: Json) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else None


def typed(value: Json, data_type: DataType) -> Json:
    """The value as an attribute of that type holds it; `None` where it does not fit."""
    return number(value) if data_type == "number" else text(value)


def coerced(value: Json, data_type: DataType) -> bool:
    """Whether the value is there and of another type than is wanted."""
    return value is not None and type(value) not in _OWN[data_type]


def fitting(value: Number) -> Number:
    """Kept within what JSON writers and readers can carry."""
    if isinstance(value, int):
        return value if LEAST_INTEGER <= value <= MOST_INTEGER else float(value)
    return max(-_GREATEST, min(_GREATEST, value))


def total(numbers: Iterable[Number]) -> Number:
    return fitting(sum(numbers))


def equal(left: Json, right: Json) -> bool:
    """Numbers and numerals by their value, all else by type and content; `True` is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    numbers = number(left), number(right)
    return None not in numbers and numbers[0] == numbers[1]


def compared(left: Json, right: Json) -> int | None:
    """-1, 0 or 1: numbers and numerals by value, two texts by their code points; `None` for what has no order."""
    numbers = number(left), number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    return None
