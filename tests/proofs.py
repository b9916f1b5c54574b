"""Which tests show which provenance entries: ``@pytest.mark.proves("algonomy.kong")``.

Every test also fails where an answer refused a call by itself and none of the operation's checks has that refusal.

A test that names an operation, a refusal or a choice must get an answer that relied on it, or it fails: a name alone
proves nothing. Limits and defaults have no reliance to watch and go by their names.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from emulator.core.journal import Entry, Journal
from emulator.core.vendor import Vendor

TESTS = Path(__file__).parent
MARK = "proves"
COLLECTED = pytest.StashKey[dict[str, list[str]]]()
COMPLETE = pytest.StashKey[bool]()
_WATCHED = ("operation", "error", "choice")


class Proofs:
    """What the answers of the running test relied on."""

    def __init__(self, vendors: Sequence[Vendor]) -> None:
        self._vendors = {vendor.slug: vendor for vendor in vendors}
        self._kinds = {entry.id: entry.kind for vendor in vendors for entry in vendor.entries}
        self._relied: set[str] = set()
        self._unexplained: set[str] = set()
        self._checks: dict[tuple[str, str], frozenset[str]] = {}

    def start(self) -> None:
        record = Journal.record

        def watched(journal: Journal, entry: Entry, *more: Any) -> None:
            vendor = self._vendors.get(entry.vendor)
            if vendor is not None:
                self._relied.update(vendor.entry(known).id for known in entry.relied)
                self._look_up(vendor, entry)
            record(journal, entry, *more)

        Journal.record = watched

    def _look_up(self, vendor: Vendor, entry: Entry) -> None:
        """A refusal that came by itself must be that of a check, or explaining it would have nothing to say."""
        came_by_itself = entry.refusal is not None and entry.fault is None and entry.crash is None
        if not came_by_itself or entry.operation is None or vendor.checklist is None:
            return
        if len(entry.body) >= vendor.largest_body or entry.refusal in self._checked(vendor, entry.operation):
            return
        self._unexplained.add(f"{vendor.slug} {entry.operation}: no check has the refusal {entry.refusal}")

    def _checked(self, vendor: Vendor, operation: str) -> frozenset[str]:
        assert vendor.checklist is not None
        if (vendor.slug, operation) not in self._checks:
            checks = vendor.checklist().operations.get(operation, ())
            names = frozenset(failure.name for check in checks for failure in check.failures)
            self._checks[vendor.slug, operation] = names
        return self._checks[vendor.slug, operation]

    def unexplained(self) -> list[str]:
        """The refusals that no check accounts for; forgets them."""
        found, self._unexplained = self._unexplained, set()
        return sorted(found)

    def missing(self, item: pytest.Item) -> list[str]:
        """What is wrong with what the test says that it proves; forgets what was seen."""
        relied, self._relied = self._relied, set()
        return [
            f"{entry}: there is no such provenance entry"
            if entry not in self._kinds
            else f"{entry}: no answer relied on it"
            for entry in named(item)
            if entry not in self._kinds or (self._kinds[entry] in _WATCHED and entry not in relied)
        ]


def named(item: pytest.Item) -> Iterator[str]:
    for mark in item.iter_markers(MARK):
        yield from mark.args


def note(session: pytest.Session) -> None:
    """Keep which tests name which entries, and whether all test files are there to be looked through."""
    found: dict[str, list[str]] = {}
    for item in session.items:
        for entry in named(item):
            found.setdefault(entry, []).append(item.nodeid)
    session.config.stash[COLLECTED] = found
    files = {path for path in TESTS.rglob("test_*.py") if "clients" not in path.relative_to(TESTS).parts}
    session.config.stash[COMPLETE] = files <= {item.path for item in session.items} and not _is_chosen(session.config)


def _is_chosen(config: pytest.Config) -> bool:
    return bool(config.option.keyword or config.option.markexpr or any("::" in one for one in config.args))
