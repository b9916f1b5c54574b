"""Every provenance entry has a test that names it, and that shows it."""

import pytest

from emulator.core.provenance import KINDS
from emulator.vendors import VENDORS
from tests.proofs import COLLECTED, COMPLETE

every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.slug)


@every_vendor
def test_every_entry_has_a_test_that_names_it(vendor, request: pytest.FixtureRequest) -> None:
    if not request.config.stash[COMPLETE]:
        pytest.skip("only some of the tests were asked for, and the others may name what is missing here")
    proved = request.config.stash[COLLECTED]
    unnamed = [entry.id for entry in vendor.entries if entry.id not in proved]
    assert not unnamed, f"no test is marked with pytest.mark.proves(…) for: {', '.join(unnamed)}"


@every_vendor
def test_every_entry_says_what_how_and_whence(vendor) -> None:
    ids = [entry.id for entry in vendor.entries]
    assert len(ids) == len(set(ids))
    for entry in vendor.entries:
        assert entry.id.startswith(f"{vendor.slug}.")
        assert entry.kind in KINDS
        assert entry.source.strip(), entry
        assert entry.says.strip(), entry
