"""Blocks evaluated once per item of a list.

The item is bound under the name in a scope of its own that lasts for the whole list, so what a block sets is seen
by the blocks of later items and by nobody else.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from itertools import compress
from typing import Any, cast

from emulator.vendors.talonone.talang.errors import TalangError
from emulator.vendors.talonone.talang.evaluation import Block, Evaluation
from emulator.vendors.talonone.talang.kinds import NUMBERS, Kind, Value, kind_name
from emulator.vendors.talonone.talang.signature import Function, Shape

Items = list[Value]


def _results(evaluation: Evaluation, items: Items, name: str, block: Block, until: Value = None) -> Items:
    """What the block yields for each item, up to the first time that it yields `until`, if that is not null."""
    outer, frame = evaluation.scope, evaluation.scope.nested()
    results: Items = []
    evaluation.scope = frame
    try:
        for item in items:
            evaluation.charge(1)
            frame.written[name] = item
            result = evaluation.value(block)
            results.append(result)
            if result is until is not None:
                break
    finally:
        evaluation.scope = outer
    return results


def _verdicts(
    evaluation: Evaluation, items: Items, name: str, block: Block, until: bool | None = None
) -> Sequence[bool]:
    results = _results(evaluation, items, name, block, until)
    for result in results:
        if type(result) is not bool:
            raise TalangError(f"the block yields {kind_name(result)}, not Boolean")
    return cast(list[bool], results)


def _amounts(evaluation: Evaluation, items: Items, name: str, block: Block) -> Sequence[Decimal]:
    results = _results(evaluation, items, name, block)
    for result in results:
        if not isinstance(result, Decimal):
            raise TalangError(f"the block yields {kind_name(result)}, not Decimal")
    return cast(list[Decimal], results)


def _texts(evaluation: Evaluation, items: Items, name: str, block: Block) -> Sequence[str]:
    results = _results(evaluation, items, name, block)
    for result in results:
        if not isinstance(result, str):
            raise TalangError(f"the block yields {kind_name(result)}, not String")
    return cast(list[str], results)


def transform(evaluation: Evaluation, items: Items, name: str, block: Block) -> Items:
    return _results(evaluation, items, name, block)


def transform_named(evaluation: Evaluation, items: Items, block: Block) -> Items:
    return _results(evaluation, items, block.name, block)


def keep(evaluation: Evaluation, items: Items, block: Block) -> Items:
    return list(compress(items, _verdicts(evaluation, items, block.name, block)))


def exists(evaluation: Evaluation, items: Items, name: str, block: Block) -> bool:
    return any(_verdicts(evaluation, items, name, block, until=True))


def exists_named(evaluation: Evaluation, items: Items, block: Block) -> bool:
    return exists(evaluation, items, block.name, block)


def every(evaluation: Evaluation, items: Items, name: str, block: Block) -> bool:
    return all(_verdicts(evaluation, items, name, block, until=False))


def every_named(evaluation: Evaluation, items: Items, block: Block) -> bool:
    return every(evaluation, items, block.name, block)


def total(evaluation: Evaluation, items: Items, name: str, block: Block) -> Decimal:
    return reduce(NUMBERS.add, _amounts(evaluation, items, name, block), Decimal(0))


def sort_by_number(evaluation: Evaluation, items: Items, block: Block, descending: bool) -> Items:
    return _sorted(items, _amounts(evaluation, items, block.name, block), descending)


def sort_by_string(evaluation: Evaluation, items: Items, block: Block, descending: bool) -> Items:
    return _sorted(items, _texts(evaluation, items, block.name, block), descending)


def _sorted(items: Items, keys: Sequence[Any], descending: bool) -> Items:
    """`keys` are all numbers or all texts."""
    order = sorted(range(len(items)), key=keys.__getitem__, reverse=descending)
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
