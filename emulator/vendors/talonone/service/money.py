"""Amounts: floats on the wire and in rows, exact decimals in between."""

from decimal import Decimal
from typing import TypeAlias

from emulator.vendors.talonone.talang.kinds import NUMBERS

Number: TypeAlias = int | float

_EXACT = 2**53
_BILLIONTH = Decimal("1e-9")


def exact(number: Number) -> Decimal:
    """The decimal that was written: 0.1 is one tenth."""
    return Decimal(number if type(number) is int else repr(number))


def amount(value: Decimal) -> Number:
    """As Go writes a float64: whole numbers without a decimal point, and no more digits than it takes."""
    nearest = float(value)
    return int(nearest) if nearest.is_integer() and abs(nearest) <= _EXACT else nearest


def counted(value: Decimal) -> Number:
    """As a counter keeps it: to a billionth, so that thirds of something go in and come out again without a rest."""
    return amount(value.quantize(_BILLIONTH, context=NUMBERS) if abs(value) < _EXACT else value)
