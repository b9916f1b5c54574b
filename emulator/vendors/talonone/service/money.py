"""Amounts: floats on the wire and in rows, exact decimals in between."""

from decimal import Decimal
from typing import TypeAlias

Number: TypeAlias = int | float

_EXACT = 2**53


def exact(number: Number) -> Decimal:
    """The decimal that was written: 0.1 is one tenth."""
    return Decimal(number if type(number) is int else repr(number))


def amount(value: Decimal) -> Number:
    """As Go writes a float64: whole numbers without a decimal point, and no more digits than it takes."""
    nearest = float(value)
    return int(nearest) if nearest.is_integer() and abs(nearest) <= _EXACT else nearest
