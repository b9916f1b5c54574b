"""Lists and their items. Every function makes a new list; none changes one."""

from decimal import Decimal

from emulator.vendors.talonone.talang.errors import TalangError
from emulator.vendors.talonone.talang.evaluation import Evaluation
from emulator.vendors.talonone.talang.kinds import Kind, Value, text_of
from emulator.vendors.talonone.talang.signature import Function


def make_list(_: Evaluation, *items: Value) -> list[Value]:
    return list(items)


def head(_: Evaluation, items: list[Value]) -> Value:
    return items[0] if items else None


def tail(evaluation: Evaluation, items: list[Value]) -> list[Value]:
    evaluation.charge(len(items))
    return items[1:]


def drop(evaluation: Evaluation, items: list[Value]) -> list[Value]:
    evaluation.charge(len(items))
    return items[:-1]


def item(_: Evaluation, items: list[Value], index: Decimal) -> Value:
    if index != index.to_integral_value():
        raise TalangError(f"`{text_of(index)}' is not an index")
    if not 0 <= index < len(items):
        raise TalangError("Out of bounds")
    return items[int(index)]


def push(evaluation: Evaluation, items: list[Value], *others: Value) -> list[Value]:
    evaluation.charge(len(items))
    return [*items, *others]


def count(_: Evaluation, items: list[Value]) -> Decimal:
    return Decimal(len(items))


def reverse(evaluation: Evaluation, items: list[Value]) -> list[Value]:
    evaluation.charge(len(items))
    return items[::-1]


def is_empty(_: Evaluation, items: list[Value]) -> bool:
    return not items


def smallest(evaluation: Evaluation, items: list[Value]) -> Decimal:
    return min(_numbers(evaluation, items))


def largest(evaluation: Evaluation, items: list[Value]) -> Decimal:
    return max(_numbers(evaluation, items))


def _numbers(evaluation: Evaluation, items: list[Value]) -> list[Decimal]:
    evaluation.charge(len(items))
    numbers = [each for each in items if isinstance(each, Decimal)]
    if not numbers:
        raise TalangError("No decimal present in list")
    return numbers


def sort(evaluation: Evaluation, items: list[Value], *descending: bool) -> list[Value]:
    """By string form, so 10 comes before 9; `sortByNumber` orders numbers."""
    evaluation.charge(len(items))
    return sorted(items, key=text_of, reverse=bool(descending) and descending[0])


_VALUE = Kind.ATOM | Kind.COLLECTION
_PUSH = (Kind.LIST, _VALUE, _VALUE)

FUNCTIONS = (
    Function("list", (Kind.ATOM,), make_list, variadic=True),
    Function("head", (Kind.LIST,), head),
    Function("tail", (Kind.LIST,), tail),
    Function("drop", (Kind.LIST,), drop),
    Function("item", (Kind.LIST, Kind.DECIMAL), item),
    Function("push", _PUSH, push, variadic=True),
    Function("append", _PUSH, push, variadic=True),
    Function("count", (Kind.LIST,), count),
    Function("reverse", (Kind.LIST,), reverse),
    Function("isEmpty", (Kind.LIST,), is_empty),
    Function("min", (Kind.LIST,), smallest),
    Function("max", (Kind.LIST,), largest),
    Function("sort", (Kind.LIST, Kind.BOOLEAN), sort, variadic=True),
)
