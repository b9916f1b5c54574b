"""The kinds of values, and how host values become values of the language.

A value is an exact `Decimal`, `str`, `bool`, aware `datetime`, `None`, `list` or mapping with string keys. Kind names
and their unions are those of the open-source interpreter (talon-one/talang 38ca351).
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from types import NoneType
from typing import TypeAlias

from emulator.vendors.talonone.talang.errors import TalangError, TalangLimit
from emulator.vendors.talonone.talang.moments import moment_text

Value: TypeAlias = "Decimal | str | bool | datetime | list[Value] | Mapping[str, object] | None"

NUMBERS = Context(
    prec=100, rounding=ROUND_HALF_EVEN, Emin=-999, Emax=999, traps=[InvalidOperation, DivisionByZero, Overflow]
)
"""All arithmetic goes through this context and never through the thread's own, so sums of money are exact."""

LARGEST_INTEGER_BITS = 3_400
LARGEST_EXPONENT = 900
"""Of a host's decimal that is taken as it is; the context has to look at larger ones."""
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


def value_of(raw: object, charge: Callable[[int], None] | None = None) -> Value:
    """The value a host object stands for. Maps stay as they are: their entries are read when a path walks into them.

    `charge` is told how many items of lists are copied, before they are: a list of twice the same list, twenty times
    over, is small until it is copied.
    """
    read = _READERS[type(raw)]
    return raw if read is None else read(raw, charge)  # type: ignore[return-value]  # as its type has it


def _list(raw: Sequence[object], charge: Callable[[int], None] | None = None, depth: int = 0) -> Value:
    if depth >= DEEPEST_LIST:
        raise TalangLimit("a list is nested too deeply")
    if charge is not None:
        charge(len(raw))
    values: list[Value] = []
    for item in raw:
        read = _READERS[type(item)]
        if read is None:
            values.append(item)  # type: ignore[arg-type]  # as its type has it
        elif isinstance(item, list | tuple):
            values.append(_list(item, charge, depth + 1))
        else:
            values.append(read(item, charge))
    return values


def _decimal(raw: Decimal, _: object) -> Value:
    return raw if raw.is_finite() and -LARGEST_EXPONENT < raw.adjusted() < LARGEST_EXPONENT else number_of(raw)


def _time(raw: datetime, _: object) -> Value:
    if raw.utcoffset() is None:
        raise TalangError("a time without an offset from UTC is not a value")
    return raw


def _refused(raw: object, _: object) -> Value:
    raise TalangError(f"{type(raw).__name__} is not a kind of value")


class _Readers(dict[type, "Callable[..., Value] | None"]):
    """How a host object of a type becomes a value; None: it is one."""

    def __missing__(self, cls: type) -> Callable[..., Value] | None:
        for base, reader in _BY_BASE:
            if issubclass(cls, base):
                self[cls] = reader
                return reader
        return _refused


_BY_BASE: tuple[tuple[type, Callable[..., Value] | None], ...] = (
    (str, lambda raw, _: str.__str__(raw)),
    (int, lambda raw, _: number_of(raw)),
    (float, lambda raw, _: number_of(raw)),
    (Decimal, lambda raw, _: number_of(raw)),
    (datetime, _time),
    (list, _list),
    (tuple, _list),
    (Mapping, None),
)
_READERS = _Readers(
    {
        str: None,
        bool: None,
        NoneType: None,
        dict: None,
        Decimal: _decimal,
        int: lambda raw, _: number_of(raw),
        float: lambda raw, _: number_of(raw),
    }
)


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
