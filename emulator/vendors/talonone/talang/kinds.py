"""The kinds of values, and how host values become values of the language.

A value is an exact `Decimal`, `str`, `bool`, aware `datetime`, `None`, `list` or mapping with string keys. Kind names
and their unions are those of the open-source interpreter (talon-one/talang 38ca351).
"""

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from types import NoneType
from typing import TypeAlias, cast

from emulator.vendors.talonone.talang.errors import TalangError, TalangLimit
from emulator.vendors.talonone.talang.moments import moment_text

Value: TypeAlias = "Decimal | str | bool | datetime | list[Value] | Mapping[str, object] | None"

NUMBERS = Context(
    prec=100, rounding=ROUND_HALF_EVEN, Emin=-999, Emax=999, traps=[InvalidOperation, DivisionByZero, Overflow]
)
"""All arithmetic goes through this context and never through the thread's own, so sums of money are exact."""

LARGEST_INTEGER_BITS = 3_400
DEEPEST_LIST = 64


class Kind(enum.IntFlag):
    DECIMAL = 1
    STRING = 2
    BOOLEAN = 4
    TIME = 8
    NULL = 16
    LIST = 32
    MAP = 64
    TOKEN = 128
    """An argument handed over as an unevaluated block."""
    ATOM = DECIMAL | STRING | BOOLEAN | TIME | NULL
    COLLECTION = LIST | MAP
    ANY = ATOM | COLLECTION | TOKEN


class KindsByType(dict[type, int]):
    """Kind of a value by its Python type, as a plain number because this is read for every argument of every call."""

    def __missing__(self, cls: type) -> int:
        kind = Kind.TIME if issubclass(cls, datetime) else Kind.MAP if issubclass(cls, Mapping) else 0
        self[cls] = int(kind)
        return int(kind)


KINDS = KindsByType(
    {
        Decimal: int(Kind.DECIMAL),
        str: int(Kind.STRING),
        bool: int(Kind.BOOLEAN),
        NoneType: int(Kind.NULL),
        list: int(Kind.LIST),
        dict: int(Kind.MAP),
    }
)


def kind_name(value: object) -> str:
    return (Kind(KINDS[type(value)]).name or "unknown").title()


_AS_THEY_ARE = frozenset({str, bool, NoneType, dict})


def value_of(raw: object, depth: int = 0) -> Value:
    """The value a host object stands for. Maps stay as they are: their entries are read when a path walks into them."""
    if type(raw) in _AS_THEY_ARE:
        return cast(Value, raw)
    match raw:
        case str():
            return str.__str__(raw)
        case bool() | None:
            return raw
        case int() | float() | Decimal():
            return number_of(raw)
        case datetime():
            if raw.utcoffset() is None:
                raise TalangError("a time without an offset from UTC is not a value")
            return raw
        case list() | tuple():
            if depth >= DEEPEST_LIST:
                raise TalangLimit("a list is nested too deeply")
            return [value_of(item, depth + 1) for item in raw]
        case Mapping():
            return raw
    raise TalangError(f"{type(raw).__name__} is not a kind of value")


def number_of(raw: int | float | Decimal) -> Decimal:
    """A float counts as the shortest number that reads as it, so 0.1 is one tenth."""
    if isinstance(raw, int) and raw.bit_length() > LARGEST_INTEGER_BITS:
        raise TalangError("number out of range")
    try:
        number = NUMBERS.create_decimal(repr(float(raw)) if isinstance(raw, float) else raw)
    except DecimalException:
        raise TalangError("number out of range") from None
    if not number.is_finite():
        raise TalangError("not a finite number")
    return number


def text_of(value: Value) -> str:
    """The string form that `toString`, `=`, `sort` and paths use.

    Equal numbers share one form: no exponent, no trailing zeros (the open-source interpreter keeps them, which would
    make 2.50 and 2.5 two different texts of one number). Null is empty, as is every collection.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            if not value:
                return "0"
            text = format(value, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        case datetime():
            return moment_text(value)
    return ""
