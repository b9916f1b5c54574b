"""What every vendor says of its checks hangs together."""

import pytest

from emulator.core.checks import Checklist
from emulator.core.vendor import Vendor
from emulator.vendors import VENDORS

every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.slug)


def checklist(vendor: Vendor) -> Checklist:
    assert vendor.checklist is not None
    return vendor.checklist()


@every_vendor
def test_every_operation_declares_its_checks(vendor: Vendor) -> None:
    assert set(checklist(vendor).operations) == {operation.id for operation in vendor.routes}


@every_vendor
def test_no_refusal_of_an_operation_stands_for_two_of_its_checks(vendor: Vendor) -> None:
    for operation, checks in checklist(vendor).operations.items():
        names = [failure.name for check in checks for failure in check.failures]
        assert len(names) == len(set(names)), operation


@every_vendor
def test_checks_have_names_of_their_own_and_say_what_passes(vendor: Vendor) -> None:
    for checks in checklist(vendor).operations.values():
        assert len({check.name for check in checks}) == len(checks)
        assert all(check.expects for check in checks)


@every_vendor
def test_checks_speak_of_refusals_that_the_vendor_has(vendor: Vendor) -> None:
    for checks in checklist(vendor).operations.values():
        assert {failure.name for check in checks for failure in check.failures} <= set(vendor.catalogue)


@every_vendor
def test_members_without_effect_are_those_of_operations(vendor: Vendor) -> None:
    assert set(checklist(vendor).without_effect) <= {operation.id for operation in vendor.routes}
