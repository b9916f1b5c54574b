"""Which refusals can come of an operation: those it declares, those of its checks and limits, those that core's facts
turn into, and those that nothing but a fault brings about."""

from collections.abc import Iterator
from typing import NamedTuple

from emulator.control.openapi.schemas import reads_body
from emulator.core.errors import (
    FACTS,
    BodyTooLarge,
    Crashed,
    Fact,
    InvalidBody,
    InvalidQuery,
    LimitExhausted,
    MalformedBody,
    MalformedPath,
    MethodNotAllowed,
    Refusal,
)
from emulator.core.routes import FromRequest, Operation, Query
from emulator.core.vendor import Vendor


class Reached(NamedTuple):
    refusal: Refusal
    provoked_only: bool = False


def reached(vendor: Vendor, operation: Operation) -> list[Reached]:
    """One of each failure, in the words that it comes in here: those of a fact where there is one."""
    checks = vendor.checklist().operations.get(operation.id, ()) if vendor.checklist else ()
    declared = [*operation.failures, *[failure for check in checks for failure in check.failures]]
    found = {failure.name: Reached(failure.provoked()) for failure in declared}
    for fact in _facts(vendor, operation):
        refusal = vendor.dialect(fact)
        found[refusal.failure.name] = Reached(refusal)
    for name in _provoked_only(vendor):
        found.setdefault(name, Reached(vendor.catalogue[name].provoked(), provoked_only=True))
    return list(found.values())


def _facts(vendor: Vendor, operation: Operation) -> Iterator[Fact]:
    for limit in vendor.limits:
        if operation.guarded if limit.operations is None else operation.id in limit.operations:
            yield LimitExhausted(limit.name, limit.quota, limit.window)
    if operation.names:
        yield MalformedPath()
    if operation.method != "*":
        same = [one.method for one in vendor.routes.operations if one.pattern == operation.pattern]
        if "*" not in same:
            yield MethodNotAllowed("TRACE", tuple(dict.fromkeys(same)), operation.path)
    if reads_body(operation):
        yield BodyTooLarge(vendor.largest_body)
    kinds = [kind for kind in operation.models.values() if not isinstance(kind, FromRequest)]
    queries = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Query)]
    if queries:
        yield InvalidQuery(())
    if len(kinds) > len(queries):
        yield InvalidBody(())
        yield MalformedBody("EOF while parsing a value at line 1 column 0")
    yield Crashed()


def _provoked_only(vendor: Vendor) -> list[str]:
    """What no operation, no check, no limit and no fact answers with."""
    caused = {failure.name for operation in vendor.routes.operations for failure in operation.failures}
    for checks in vendor.checklist().operations.values() if vendor.checklist else ():
        caused.update(failure.name for check in checks for failure in check.failures)
    caused.update(vendor.dialect(fact).failure.name for fact in FACTS)
    return [name for name in vendor.catalogue if name not in caused]
