"""Arithmetic on exact decimals.

Measured on the open-source interpreter, numbers keep 16 digits, 1/0 is infinite and `mod 5.5 2` is 15. Ours are exact
(a division keeps 100 digits), dividing by zero is an error, and `mod` is the mathematical remainder, which has the
sign of the divisor.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from emulator.vendors.talonone.talang.errors import TalangError
from emulator.vendors.talonone.talang.evaluation import Evaluation
from emulator.vendors.talonone.talang.kinds import NUMBERS, Kind
from emulator.vendors.talonone.talang.signature import Function


def add(_: Evaluation, first: Decimal, *others: Decimal) -> Decimal:
    for other in others:
        first = NUMBERS.add(first, other)
    return first


def subtract(_: Evaluation, first: Decimal, *others: Decimal) -> Decimal:
    for other in others:
        first = NUMBERS.subtract(first, other)
    return first


def multiply(_: Evaluation, first: Decimal, *others: Decimal) -> Decimal:
    for other in others:
        first = NUMBERS.multiply(first, other)
    return first


def divide(_: Evaluation, first: Decimal, *others: Decimal) -> Decimal:
    for other in others:
        first = NUMBERS.divide(first, _divisor(other))
    return first


def modulo(_: Evaluation, first: Decimal, *others: Decimal) -> Decimal:
    for other in others:
        rest = NUMBERS.remainder(first, _divisor(other))
        first = NUMBERS.add(rest, other) if rest and rest.is_signed() != other.is_signed() else rest
    return first


def _divisor(number: Decimal) -> Decimal:
    if not number:
        raise TalangError("division by zero")
    return number


def floor(_: Evaluation, number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_FLOOR, NUMBERS)


def ceil(_: Evaluation, number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING, NUMBERS)


_TWO_OR_MORE = (Kind.DECIMAL, Kind.DECIMAL, Kind.DECIMAL)

FUNCTIONS = (
    Function("+", _TWO_OR_MORE, add, variadic=True),
    Function("-", _TWO_OR_MORE, subtract, variadic=True),
    Function("*", _TWO_OR_MORE, multiply, variadic=True),
    Function("/", _TWO_OR_MORE, divide, variadic=True),
    Function("mod", _TWO_OR_MORE, modulo, variadic=True),
    Function("floor", (Kind.DECIMAL,), floor),
    Function("ceil", (Kind.DECIMAL,), ceil),
)
