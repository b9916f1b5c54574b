"""Blocks evaluated once per item of a list.

The item is bound under the name in a scope of its own that lasts for the whole list, so what a block sets is seen
by the blocks of later items and by nobody else.
"""

from collections.abc import Iterator
from decimal import Decimal

from emulator.vendors.talonone.talang.errors import TalangError
from emulator.vendors.talonone.talang.evaluation import Block, Evaluation
from emulator.vendors.talonone.talang.kinds import NUMBERS, Kind, Value, kind_name
from emulator.vendors.talonone.talang.signature import Function, Shape

Items = list[Value]


def _results(evaluation: Evaluation, items: Items, name: str, block: Block) -> Iterator[Value]:
    frame = evaluation.scope.nested()
    for item in items:
        evaluation.charge(1)
        frame.written[name] = item
        yield evaluation.within(frame, block)


def _verdicts(evaluation: Evaluation, items: Items, name: str, block: Block) -> Iterator[bool]:
    for result in _results(evaluation, items, name, block):
        if not isinstance(result, bool):
            raise TalangError(f"the block yields {kind_name(result)}, not Boolean")
        yield result


def _amounts(evaluation: Evaluation, items: Items, name: str, block: Block) -> Iterator[Decimal]:
    for result in _results(evaluation, items, name, block):
        if not isinstance(result, Decimal):
            raise TalangError(f"the block yields {kind_name(result)}, not Decimal")
        yield result


def _texts(evaluation: Evaluation, items: Items, name: str, block: Block) -> Iterator[str]:
    for result in _results(evaluation, items, name, block):
        if not isinstance(result, str):
            raise TalangError(f"the block yields {kind_name(result)}, not String")
        yield result


def transform(evaluation: Evaluation, items: Items, name: str, block: Block) -> Items:
    return list(_results(evaluation, items, name, block))


def transform_named(evaluation: Evaluation, items: Items, block: Block) -> Items:
    return transform(evaluation, items, block.name, block)


def keep(evaluation: Evaluation, items: Items, block: Block) -> Items:
    verdicts = _verdicts(evaluation, items, block.name, block)
    return [item for item, kept in zip(items, verdicts, strict=True) if kept]


def exists(evaluation: Evaluation, items: Items, name: str, block: Block) -> bool:
    return any(_verdicts(evaluation, items, name, block))


def exists_named(evaluation: Evaluation, items: Items, block: Block) -> bool:
    return exists(evaluation, items, block.name, block)


def every(evaluation: Evaluation, items: Items, name: str, block: Block) -> bool:
    return all(_verdicts(evaluation, items, name, block))


def every_named(evaluation: Evaluation, items: Items, block: Block) -> bool:
    return every(evaluation, items, block.name, block)


def total(evaluation: Evaluation, items: Items, name: str, block: Block) -> Decimal:
    amount = Decimal(0)
    for each in _amounts(evaluation, items, name, block):
        amount = NUMBERS.add(amount, each)
    return amount


def sort_by_number(evaluation: Evaluation, items: Items, block: Block, descending: bool) -> Items:
    amounts = list(_amounts(evaluation, items, block.name, block))
    order = sorted(range(len(items)), key=amounts.__getitem__, reverse=descending)
    return [items[position] for position in order]


def sort_by_string(evaluation: Evaluation, items: Items, block: Block, descending: bool) -> Items:
    texts = list(_texts(evaluation, items, block.name, block))
    order = sorted(range(len(items)), key=texts.__getitem__, reverse=descending)
    return [items[position] for position in order]


_NEW = (Kind.LIST, Kind.STRING, Kind.TOKEN)
_OLD = (Kind.LIST, Kind.TOKEN)
_SORT = (Kind.LIST, Kind.TOKEN, Kind.BOOLEAN)

FUNCTIONS = (
    Function("map", _NEW, transform),
    Function("map", _OLD, transform_named, shape=Shape.NAMED),
    Function("filter", _OLD, keep, shape=Shape.NAMED),
    Function("exists", _NEW, exists),
    Function("exists", _OLD, exists_named, shape=Shape.NAMED),
    Function("every", _NEW, every),
    Function("every", _OLD, every_named, shape=Shape.NAMED),
    Function("sum", _NEW, total),
    Function("sortByNumber", _SORT, sort_by_number, shape=Shape.NAMED),
    Function("sortByString", _SORT, sort_by_string, shape=Shape.NAMED),
)
