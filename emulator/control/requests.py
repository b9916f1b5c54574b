"""The journal, filtered."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any, TypeAlias

from emulator.control import catalogue
from emulator.control.problems import BadCall
from emulator.control.schemas import ExportFilter
from emulator.core.clock import parse_rfc3339, rfc3339
from emulator.core.faults import unknown
from emulator.core.journal import Entry
from emulator.core.masking import told_words
from emulator.core.secrets import Secrets
from emulator.core.telling import readable
from emulator.core.vendor import Vendor
from emulator.core.world import World
from emulator.core.worlds import Worlds

_Test: TypeAlias = Callable[[Entry], bool]

ANY, NONE = "any", "none"
_DAMAGES = ("delay", "slow", "drop", "truncate")
_FAULT_ID = re.compile(r"f[1-9][0-9]*")
_WORD = re.compile(r"[^\s,|()=]+")


@dataclass(frozen=True, slots=True)
class Found:
    """The newest calls that pass a filter, oldest first; `total` counts all in the journal that pass it, `dropped` all
    that fell out of it for want of room. `secrets` are not to be told, and `vendors` are those who were called."""

    entries: Sequence[Entry]
    total: int
    dropped: int
    secrets: Secrets
    vendors: Sequence[Vendor]


def found(world: World, wanted: ExportFilter) -> Found:
    """Whoever asks holds the turn. Raises `BadCall`."""
    tests = list(_tests(wanted, catalogue.chosen(world.vendors, wanted.vendor)))
    passing = [entry for entry in world.journal if all(test(entry) for test in tests)]
    first = 0 if wanted.limit is None else max(0, len(passing) - wanted.limit)
    shown = list(islice(passing, first, None))
    return Found(shown, len(passing), world.journal.dropped, world.secrets, world.vendors)


def told(one: Found) -> dict[str, Any]:
    return {
        "requests": [told_call(entry, one.secrets, one.vendors) for entry in one.entries],
        "total": one.total,
        "dropped": one.dropped,
    }


def told_call(entry: Entry, secrets: Secrets, vendors: Sequence[Vendor]) -> dict[str, Any]:
    """A call of one of these vendors, and the ids of the provenance entries that its answer relied on."""
    vendor = catalogue.named(vendors, entry.vendor)
    relied = dict.fromkeys(vendor.entry(known).id for known in entry.relied)
    return {**readable(entry, secrets), "relied": list(relied)}


def misdirected(worlds: Worlds, secrets: Secrets) -> list[dict[str, str]]:
    """The last calls that nobody could read, such as TLS on the plain port: they belong to no namespace."""
    return [{"at": rfc3339(at), "says": told_words(says, secrets)} for at, says in worlds.misdirected]


def kept(world: World) -> str:
    """What the journal has, for whoever asked for something else."""
    journal = world.journal
    told = f", and was told to forget {journal.forgotten}" if journal.forgotten else ""
    return f"it holds the last {len(journal)}, and has dropped {journal.dropped} before them{told}"


def _tests(wanted: ExportFilter, vendors: Sequence[Vendor]) -> Iterator[_Test]:
    yield from _equal(wanted, vendors)
    if (status := wanted.status) is not None:
        first = status.removesuffix("xx")
        yield lambda entry: f"{entry.status:03}".startswith(first)
    if (path := wanted.path) is not None:
        yield _path(path)
    if (refusal := wanted.refusal) is not None:
        yield _refusal(refusal, vendors)
    if (fault := wanted.fault) is not None:
        yield _fault(fault, vendors)
    if (since := wanted.since) is not None:
        yield _since(since)
    if (until := wanted.until) is not None:
        yield _until(until)


def _equal(wanted: ExportFilter, vendors: Sequence[Vendor]) -> Iterator[_Test]:
    if (vendor := wanted.vendor) is not None:
        yield lambda entry: entry.vendor == vendor
    if (operation := wanted.operation) is not None:
        catalogue.check_operation(vendors, operation)
        yield lambda entry: entry.operation == operation
    if (method := wanted.method) is not None:
        yield lambda entry: entry.method == method
    if (caller := wanted.caller) is not None:
        yield lambda entry: entry.caller == caller
    if (level := wanted.provenance) is not None:
        yield lambda entry: entry.provenance == level


def _path(text: str) -> _Test:
    """With a star a pattern, without one a beginning: of the vendor's own path, or of the one that was typed."""
    pattern = text if "*" in text else f"{text}*"
    pattern = pattern.replace("[", "[[]").replace("?", "[?]")
    return lambda entry: fnmatchcase(entry.path, pattern) or fnmatchcase(entry.url, pattern)


def _refusal(name: str, vendors: Sequence[Vendor]) -> _Test:
    names = [ANY, NONE, *(failure for vendor in vendors for failure in vendor.catalogue)]
    if name not in names:
        raise BadCall([f"refusal: {unknown(name, dict.fromkeys(names), 'refusal')}"])
    if name in (ANY, NONE):
        return lambda entry: (entry.refusal is None) == (name == NONE)
    return lambda entry: entry.refusal == name


def _fault(name: str, vendors: Sequence[Vendor]) -> _Test:
    names = [ANY, NONE, *_DAMAGES, *(failure for vendor in vendors for failure in vendor.catalogue)]
    if name not in names and not _FAULT_ID.fullmatch(name):
        raise BadCall([f"fault: {unknown(name, dict.fromkeys(names), 'fault')}"])
    if name in (ANY, NONE):
        return lambda entry: (entry.fault is None) == (name == NONE)
    return lambda entry: entry.fault is not None and name in _WORD.findall(entry.fault)


def _since(text: str) -> _Test:
    if text.isdigit():
        last = int(text)
        return lambda entry: entry.id > last
    moment = parse_rfc3339(text)
    return lambda entry: entry.at >= moment


def _until(text: str) -> _Test:
    if text.isdigit():
        last = int(text)
        return lambda entry: entry.id <= last
    moment = parse_rfc3339(text)
    return lambda entry: entry.at <= moment
