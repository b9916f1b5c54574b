"""Bindings: names that a ruleset or a rule gives to what its conditions and effects use.

One without a type is an expression. The types of 25.17 are named in its Binding model and nowhere explained.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from emulator.core.errors import Level, Rule
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.talang import Allowance, Program, Scope, TalangError, Value

TYPED = Rule(
    "talonone.binding_types", Level.ASSUMED, "talon_go 25.17, Binding.type",
    "A cartItemFilter keeps the cart items for which its expression, which sees each as Item, is true; one that gives "
    "a list is that list. A bundle's expression gives SKUs; the binding is the list of complete bundles in the cart, "
    "each with Items, Positions and Price. A subledgerBalance gives [program id] or [program id, subledger id] and is "
    "the profile's current balance there. A templateParameter is the one value, or the list of values, it holds.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Binding:
    """`value` is that of a binding whose expression is no call but a plain value."""

    name: str
    kind: str
    program: Program | None
    value: Any = None


Bindings: TypeAlias = tuple[Binding, ...]


ITEMS_A_STEP = 8


def bind(scope: Scope, bindings: Iterable[Binding], occasion: Occasion) -> None:
    for binding in bindings:
        scope.write([binding.name], _bound(scope, binding, occasion))


def _bound(scope: Scope, binding: Binding, occasion: Occasion) -> object:
    if not binding.kind:
        assert binding.program is not None
        return binding.program.evaluate(scope)
    occasion.work.rely(TYPED)
    if binding.kind == "cartItemFilter":
        return _filtered(scope, binding, occasion)
    value = binding.value if binding.program is None else binding.program.evaluate(scope)
    match binding.kind:
        case "bundle":
            return _bundles(value, occasion.cart_items, scope.allowance)
        case "subledgerBalance":
            return _balance(value, occasion)
    return value


def _filtered(scope: Scope, binding: Binding, occasion: Occasion) -> list[Any]:
    assert binding.program is not None
    kept = []
    for item in occasion.cart_items:
        inner = scope.nested({"Item": item})
        verdict = binding.program.evaluate(inner)
        if isinstance(verdict, list):
            return verdict
        if not isinstance(verdict, bool):
            raise TalangError(f"the cart item filter {binding.name!r} gives neither true nor false")
        if verdict:
            kept.append(item)
    return kept


def _bundles(wanted: Value, items: Sequence[Mapping[str, Any]], allowance: Allowance | None) -> list[Mapping[str, Any]]:
    """As many bundles as the cart holds, each taking one unit of every wanted SKU, from the front of the cart."""
    if not isinstance(wanted, list) or not wanted or not all(isinstance(sku, str) for sku in wanted):
        raise TalangError("a bundle is made of a list of SKUs")
    left = [int(item["Quantity"]) for item in items]
    bundles: list[Mapping[str, Any]] = []
    cost = 1 + len(wanted) * (1 + len(items) // ITEMS_A_STEP)
    while (taken := _one_of_each(wanted, items, left)) is not None:
        if allowance is not None:
            allowance.charge(cost)
        members = [items[index] for index in taken]
        price = sum((item["Price"] for item in members), Decimal(0))
        positions = [item["Position"] for item in members]
        bundles.append({"Items": members, "Positions": positions, "Price": price})
    return bundles


def _one_of_each(wanted: Sequence[Any], items: Sequence[Mapping[str, Any]], left: list[int]) -> list[int] | None:
    taken = []
    for sku in wanted:
        found = next((index for index, item in enumerate(items) if left[index] and item["SKU"] == sku), None)
        if found is None:
            return None
        left[found] -= 1
        taken.append(found)
    return taken


def _balance(value: Value, occasion: Occasion) -> Decimal:
    """Of ``[program]``, ``[program, subledger]``, or a number that the expression has worked out itself."""
    match value:
        case Decimal():
            return value
        case [program, *rest] if isinstance(program, int | Decimal):
            return occasion.balance(int(program), str(rest[0]) if rest else "")
    raise TalangError("a subledgerBalance is [program id] or [program id, subledger id]")
