"""How each behaviour of the vendors is known, and from which level on a world refuses to rely on it."""

from collections import Counter
from typing import Any

from emulator.control import catalogue
from emulator.control.schemas import ProvenanceFilter, TrustOrder
from emulator.core.errors import Level
from emulator.core.provenance import Entry
from emulator.core.world import World


def told(world: World, wanted: ProvenanceFilter) -> dict[str, Any]:
    """The entries that pass the filter, and how many there are of each level. Raises `BadCall`."""
    vendors = catalogue.chosen(world.vendors, wanted.vendor)
    entries = [(vendor.slug, entry) for vendor in vendors for entry in vendor.entries if _passes(entry, wanted)]
    counts = Counter(entry.level for _, entry in entries)
    return {
        "fail_on": world.unwanted,
        "levels": {level.value: counts[level] for level in Level},
        "entries": [_entry(slug, entry) for slug, entry in entries],
    }


def _passes(entry: Entry, wanted: ProvenanceFilter) -> bool:
    return wanted.kind in (None, entry.kind) and wanted.level in (None, entry.level)


def _entry(slug: str, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "vendor": slug,
        "kind": entry.kind,
        "level": entry.level,
        "source": entry.source,
        "says": entry.says,
    }


def trust(world: World, order: TrustOrder) -> None:
    world.unwanted = None if order.fail_on is None else Level(order.fail_on)
    world.journal.changed("fail_on", level=world.unwanted)
