"""Carts and additional costs: fit to be stored, or what is wrong with them and where."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.errors import SCHEMA_VIOLATION, UNKNOWN_ADDITIONAL_COST, Complaint, pointer
from emulator.vendors.talonone.service.attributes import Definitions, note_nulls, subscribed
from emulator.vendors.talonone.tables import ADDITIONAL_COSTS

NAMELESS = Rule(
    "talonone.nameless_items", Level.ASSUMED, "emulator's choice",
    "An item that was sent without a name, as 25.17 allows, has its SKU for one: clients of 2020 cannot read an answer "
    "without it. The setting cart_item_name_required refuses such an item.",
)  # fmt: skip

ITEM_COSTS = Rule(
    "talonone.item_costs", Level.ASSUMED, "talon_go 25.17, CartItem.additionalCosts",
    "Additional costs of a cart item count once for the item, whatever its quantity, as cartItemAdditionalCostTotal "
    "and in the total.",
)  # fmt: skip

_BOTH = "both"
_SUB_OBJECTS = ("attributes", "additionalCosts", "adjustment", "product")


class Checks:
    """What the account has defined, read once a call, when somebody asks."""

    def __init__(self, work: Work, caller: Application, definitions: Definitions) -> None:
        self._work = work
        self._caller = caller
        self._definitions = definitions
        self._costs: dict[str, str] | None = None
        self._choices: dict[str, Rule] = {}

    def cart(
        self, items: Sequence[Mapping[str, Any]], *place: str | int
    ) -> tuple[list[dict[str, Any]], list[Complaint]]:
        """The cart as it is stored: no nulls, every item with its position."""
        kept: list[dict[str, Any]] = []
        complaints: list[Complaint] = []
        for position, sent in enumerate(items):
            item = {name: value for name, value in sent.items() if value is not None}
            if "name" not in item:
                complaints += self._nameless(item, *place, position)
            if not item.keys().isdisjoint(_SUB_OBJECTS):
                complaints += self._inside(item, *place, position)
            item["position"] = position
            kept.append(item)
        return kept, complaints

    def _nameless(self, item: dict[str, Any], *place: str | int) -> list[Complaint]:
        if self._work.settings.cart_item_name_required:
            source = {"pointer": pointer(*place, "name")}
            return [Complaint(SCHEMA_VIOLATION, "required", "name is required", source)]
        self._choices[NAMELESS.id] = NAMELESS
        item["name"] = item["sku"]
        return []

    def _inside(self, item: dict[str, Any], *place: str | int) -> list[Complaint]:
        complaints: list[Complaint] = []
        if "attributes" in item:
            values, found = self._definitions.check(item["attributes"], "CartItem", *place, "attributes")
            note_nulls(self._work, values)
            item["attributes"] = {name: value for name, value in values.items() if value is not None}
            complaints += found
        if "additionalCosts" in item:
            if item["quantity"] > 1 and item["additionalCosts"]:
                self._choices[ITEM_COSTS.id] = ITEM_COSTS
            complaints += self.costs(item["additionalCosts"], "item", *place, "additionalCosts")
        if "adjustment" in item:
            item["adjustment"] = {name: value for name, value in item["adjustment"].items() if value is not None}
        return complaints

    def settle(self) -> None:
        """The cart is taken as it is: what that relies on."""
        for choice in self._choices.values():
            self._work.rely(choice)

    def costs(self, costs: Mapping[str, Any], of: str, *place: str | int) -> list[Complaint]:
        """A complaint for each that nobody has defined `of` a session or an item (25.17, AdditionalCost.type)."""
        if costs and self._costs is None:
            rows = self._work.db.all(ADDITIONAL_COSTS, account_id=self._caller.account)
            usable = (row for row in rows if subscribed(row, self._caller.number))
            self._costs = {row["name"]: row["type"] or _BOTH for row in usable}
        defined = self._costs or {}
        return [
            Complaint(
                UNKNOWN_ADDITIONAL_COST, "Unknown",
                f'The additional cost "{name}" is not defined{f" for this {of}" if name in defined else ""}.',
                {"pointer": pointer(*place, name)},
            )
            for name in costs
            if defined.get(name) not in (of, _BOTH)
        ]  # fmt: skip
