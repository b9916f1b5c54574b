"""FIDELITY.md tells the truth."""

from pathlib import Path

from emulator import fidelity
from emulator.vendors import VENDORS

FILE = Path(__file__).parent.parent / "FIDELITY.md"


def test_the_file_is_what_the_descriptors_say() -> None:
    assert FILE.read_text(encoding="utf-8") == fidelity.render(), "run: python -m emulator.fidelity > FIDELITY.md"


def test_every_entry_says_where_it_is_known_from() -> None:
    for vendor in VENDORS:
        for entry in (*vendor.routes, *vendor.failures, *vendor.rules):
            assert entry.source.strip(), f"{vendor.slug}: {entry}"
        for entry in (*vendor.failures, *vendor.rules):
            assert entry.says.strip(), f"{vendor.slug}: {entry}"


def test_names_are_unique_within_a_vendor() -> None:
    for vendor in VENDORS:
        for names in ([one.name for one in vendor.failures], [one.id for one in (*vendor.routes, *vendor.rules)]):
            assert len(names) == len(set(names))
