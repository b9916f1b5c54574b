"""What a test means by a failure: a name, a status, a delay, or just that something is to go wrong."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeAlias

from emulator.control.openapi.reach import reached
from emulator.core.errors import Crashed, Failure
from emulator.core.faults import unknown
from emulator.core.routes import Operation
from emulator.core.vendor import Vendor
from emulator.testing.errors import refused
from emulator.testing.layout import shown

Wait: TypeAlias = int | timedelta
"""Milliseconds, or a span of time."""
_REFUSED, _SERVER_FAILED = 400, 500


def fault_text(
    vendors: Sequence[Vendor],
    vendor: str,
    operation: str | None,
    fault: str | None,
    status: int | None,
    delay: Wait | tuple[Wait, Wait] | None,
    slow: Wait | None,
) -> str:
    """As ``POST /_emulator/faults`` takes it. Raises `Refused`."""
    if status is not None and type(status) is not int:
        raise refused(f"status: write a whole number such as 503; found {shown(status)}")
    waits = [*([] if delay is None else [f"delay={span(delay)}"]), *([] if slow is None else [f"slow={span(slow)}"])]
    if fault is not None:
        if status is not None:
            raise refused(f"status: the fault {fault!r} says already what is to happen; leave one of them out")
        return ",".join([fault, *waits])
    if status is None and waits:
        return ",".join(waits)
    one, among = _place(vendors, vendor, operation)
    failure = plain_failure(one, among) if status is None else _failure_of(one, among, status)
    return ",".join([failure.name, *waits])


def span(wait: Wait | tuple[Wait, Wait]) -> str:
    """``500``, or ``100-900`` for a wait by chance."""
    waits = wait if isinstance(wait, tuple) else (wait,)
    return "-".join(str(round(one / timedelta(milliseconds=1)) if isinstance(one, timedelta) else one) for one in waits)


def _place(vendors: Sequence[Vendor], slug: str, operation: str | None) -> tuple[Vendor, Operation | None]:
    """In the control plane's own words where there is none."""
    by_slug = {vendor.slug: vendor for vendor in vendors}
    if slug not in by_slug:
        raise refused(f"vendor: {unknown(slug, by_slug, 'vendor')}")
    operations = {one.id: one for one in by_slug[slug].routes}
    if operation is not None and operation not in operations:
        raise refused(f"operation: {unknown(operation, operations, 'operation')}")
    return by_slug[slug], None if operation is None else operations[operation]


def plain_failure(vendor: Vendor, operation: Operation | None = None) -> Failure:
    """The 500 that the operation is documented with where there is exactly one, and else what the vendor answers when
    something went wrong on its side that no other failure has words for."""
    declared = [one for one in operation.failures if one.status == _SERVER_FAILED] if operation else []
    return declared[0] if len(declared) == 1 else vendor.dialect(Crashed()).failure


def _failure_of(vendor: Vendor, operation: Operation | None, status: int) -> Failure:
    """The only one that comes of the operation, or else the only one that it is documented with."""
    if operation is None:
        found = [failure for failure in vendor.failures if failure.status == status]
        choices = [found]
        where = vendor.slug
    else:
        reach = [one for one in reached(vendor, operation) if one.refusal.failure.status == status]
        found = [one.refusal.failure for one in reach]
        caused = [one.refusal.failure for one in reach if not one.provoked_only]
        choices = [found, caused, [failure for failure in caused if failure in operation.failures]]
        where = f"{operation.id} of {vendor.slug}"
    for choice in choices:
        if len(choice) == 1:
            return choice[0]
    if found:
        names = ", ".join(failure.name for failure in found)
        raise refused(f"status: {where} has {len(found)} failures of status {status}, so name one as fault: {names}")
    among = vendor.failures if operation is None else [one.refusal.failure for one in reached(vendor, operation)]
    known = sorted({failure.status for failure in among if failure.status >= _REFUSED})
    raise refused(f"status: {where} has no failure of status {status}; it has {', '.join(map(str, known))}")
