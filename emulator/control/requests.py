"""The journal, filtered."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeAlias

from emulator.control import catalogue
from emulator.control.schemas import RequestFilter
from emulator.core.clock import parse_rfc3339
from emulator.core.journal import Entry, readable
from emulator.core.world import World

_Test: TypeAlias = Callable[[Entry], bool]


def told(world: World, wanted: RequestFilter) -> dict[str, Any]:
    """The newest `limit` calls that pass the filter, oldest first; `total` counts all in the journal that pass it,
    `dropped` all that the journal no longer holds. Raises `BadCall`."""
    vendors = catalogue.chosen(world.vendors, wanted.vendor)
    if wanted.operation is not None:
        catalogue.check_operation(vendors, wanted.operation)
    tests = list(_tests(wanted))
    passing = [entry for entry in world.journal if all(test(entry) for test in tests)]
    newest = islice(passing, max(0, len(passing) - wanted.limit), None)
    return {
        "requests": [readable(entry) for entry in newest],
        "total": len(passing),
        "dropped": world.journal.dropped,
    }


def _tests(wanted: RequestFilter) -> Iterable[_Test]:
    if (vendor := wanted.vendor) is not None:
        yield lambda entry: entry.vendor == vendor
    if (operation := wanted.operation) is not None:
        yield lambda entry: entry.operation == operation
    if (status := wanted.status) is not None:
        first = status.removesuffix("xx")
        yield lambda entry: f"{entry.status:03}".startswith(first)
    if (since := wanted.since) is not None:
        yield _since(since)


def _since(text: str) -> _Test:
    if text.isdigit():
        last = int(text)
        return lambda entry: entry.id > last
    moment = parse_rfc3339(text)
    return lambda entry: entry.at >= moment
