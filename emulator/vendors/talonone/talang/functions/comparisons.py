"""Comparisons of the first argument with every later one."""

from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from emulator.vendors.talonone.talang.evaluation import Evaluation
from emulator.vendors.talonone.talang.kinds import Kind, Value, text_of
from emulator.vendors.talonone.talang.moments import read_moment
from emulator.vendors.talonone.talang.signature import Function

OrderedT = TypeVar("OrderedT", Decimal, datetime)


def same(first: Value, other: Value) -> bool:
    """Whether two atoms count as equal: by value within a kind, by string form across kinds, so 1 equals "1".

    A time equals a text that names the same moment, however it is written.
    """
    if isinstance(first, datetime) and isinstance(other, str):
        other = read_moment(other) or other
    elif isinstance(first, str) and isinstance(other, datetime):
        first = read_moment(first) or first
    return first == other if type(first) is type(other) else text_of(first) == text_of(other)


def equal(_: Evaluation, first: Value, *others: Value) -> bool:
    return all(same(first, other) for other in others)


def differ(_: Evaluation, first: Value, *others: Value) -> bool:
    return all(not same(first, other) for other in others)


def greater(_: Evaluation, first: OrderedT, *others: OrderedT) -> bool:
    return first > max(others)


def less(_: Evaluation, first: OrderedT, *others: OrderedT) -> bool:
    return first < min(others)


def at_least(_: Evaluation, first: OrderedT, *others: OrderedT) -> bool:
    return first >= max(others)


def at_most(_: Evaluation, first: OrderedT, *others: OrderedT) -> bool:
    return first <= min(others)


def between(_: Evaluation, *arguments: OrderedT) -> bool:
    """Whether all but the last two lie strictly between the last two."""
    low, high = arguments[-2:]
    return all(low < each < high for each in arguments[:-2])


_ATOMS = (Kind.ATOM,) * 3
_NUMBERS = (Kind.DECIMAL,) * 3
_TIMES = (Kind.TIME,) * 3

FUNCTIONS = (
    Function("=", _ATOMS, equal, variadic=True),
    Function("!=", _ATOMS, differ, variadic=True),
    Function(">", _NUMBERS, greater, variadic=True),
    Function(">", _TIMES, greater, variadic=True),
    Function("<", _NUMBERS, less, variadic=True),
    Function("<", _TIMES, less, variadic=True),
    Function(">=", _NUMBERS, at_least, variadic=True),
    Function(">=", _TIMES, at_least, variadic=True),
    Function("<=", _NUMBERS, at_most, variadic=True),
    Function("<=", _TIMES, at_most, variadic=True),
    Function("between", (Kind.DECIMAL,) * 4, between, variadic=True),
    Function("between", (Kind.TIME,) * 4, between, variadic=True),
)
