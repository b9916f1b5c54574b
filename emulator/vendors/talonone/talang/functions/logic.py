"""Conditions, errors and the values that are neither."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from emulator.vendors.talonone.talang.errors import TalangError, TalangLimit
from emulator.vendors.talonone.talang.evaluation import Argument, Evaluation
from emulator.vendors.talonone.talang.kinds import Kind, Value, kind_name, text_of
from emulator.vendors.talonone.talang.signature import Function


def both(evaluation: Evaluation, *conditions: Argument) -> bool:
    """Stops at the first false. The open-source interpreter evaluates every block first; a rule cannot rely on that."""
    return all(_holds(evaluation, condition) for condition in conditions)


def either(evaluation: Evaluation, *conditions: Argument) -> bool:
    return any(_holds(evaluation, condition) for condition in conditions)


def _holds(evaluation: Evaluation, condition: Argument) -> bool:
    value = evaluation.value(condition)
    if type(value) is bool:
        return value
    if isinstance(value, list | Mapping):
        return True
    raise TalangError(f"{kind_name(value)} is not a condition")


def negate(_: Evaluation, condition: bool) -> bool:
    return not condition


def noop(_: Evaluation) -> None:
    return None


def to_string(_: Evaluation, value: Decimal | str | bool | datetime) -> str:
    return text_of(value)


def catch(evaluation: Evaluation, fallback: Argument, attempt: Argument) -> Value:
    """The second argument, or the first when the second fails.

    What the attempt sets is gone afterwards, whether it failed or not; effects of host functions stay.
    """
    outer = evaluation.scope
    evaluation.scope = outer.nested()
    try:
        return evaluation.value(attempt)
    except TalangLimit:
        raise
    except TalangError:
        evaluation.scope = outer
        return evaluation.value(fallback)
    finally:
        evaluation.scope = outer


FUNCTIONS = (
    Function("or", (Kind.ATOM | Kind.COLLECTION,), either, variadic=True, lazy=True),
    Function("and", (Kind.ATOM | Kind.COLLECTION,), both, variadic=True, lazy=True),
    Function("not", (Kind.BOOLEAN,), negate),
    Function("noop", (), noop),
    Function("toString", (Kind.DECIMAL | Kind.STRING | Kind.BOOLEAN | Kind.TIME,), to_string),
    Function("catch", (Kind.ANY, Kind.ANY), catch),
)
