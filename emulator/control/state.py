"""All that a world has stored. Nothing is masked: it is the test's own world, and it may want to compare."""

from typing import Any

from sqlalchemy import func, select

from emulator.core.store import Statement
from emulator.core.vendor import Vendor
from emulator.core.world import World


def rows(world: World, vendor: Vendor) -> dict[str, list[dict[str, Any]]]:
    """Per table of the vendor's, named without its prefix."""
    return {_name(vendor, table.name): world.store.dump(table) for table in vendor.tables}


def counts(world: World, vendor: Vendor) -> dict[str, int]:
    found = {}
    for table in vendor.tables:
        row = world.store.one(Statement(select(func.count()).select_from(table)))
        found[_name(vendor, table.name)] = row[0] if row else 0
    return found


def _name(vendor: Vendor, table: str) -> str:
    return table.removeprefix(f"{vendor.slug}_")
