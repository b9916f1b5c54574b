"""Why a call was answered as it was: its checks in order, the likely cause, and the same call as it would be accepted.

All of it is worked out when somebody asks, from the journal's raw entry and the world as it stands. A corrected call
has been played against that world in a rehearsal before it is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from emulator.control.explain.correction import Correction, corrected
from emulator.control.explain.reading import Reading, read
from emulator.control.openapi import Documents
from emulator.core.checks import Check
from emulator.core.errors import Json, MethodNotAllowed
from emulator.core.exchange import Exchange
from emulator.core.journal import Entry, is_cut
from emulator.core.limits import Limit
from emulator.core.masking import told_sentence
from emulator.core.secrets import Secrets
from emulator.core.telling import readable
from emulator.core.vendor import Vendor
from emulator.core.world import World


@dataclass(frozen=True, slots=True)
class _Row:
    """One check as it went; `passed` is `None` where the call never came so far."""

    name: str
    expected: str
    got: str
    passed: bool | None

    def told(self, secrets: Secrets) -> dict[str, Json]:
        got = told_sentence(self.got, secrets)
        return {"name": self.name, "expected": self.expected, "got": got, "passed": self.passed}


def explained(exchange: Exchange, world: World, entry: Entry, documents: Documents) -> dict[str, Any]:
    """The explanation of a journal entry, as JSON. `documents` are the vendors' OpenAPI documents."""
    document = orjson.loads(documents[entry.vendor])
    with world.turn:
        reading = read(world, entry, document)
        secrets = world.secrets
        rows = _rows(reading)
        cause = _cause(reading)
        correction = corrected(exchange, reading)
        return {
            "request": readable(entry, secrets),
            "outcome": reading.outcome,
            "refusal": entry.refusal,
            "checks": [row.told(secrets) for row in rows],
            "cause": None if cause is None else told_sentence(cause, secrets),
            "remarks": [told_sentence(remark, secrets) for remark in reading.remarks() if remark != cause],
            "provenance": _provenance(reading.vendor, entry),
            "correction": None if correction is None else _told(correction),
        }


def _told(correction: Correction) -> dict[str, Json]:
    return {"curl": correction.curl, "verified": True, "says": correction.says}


def _provenance(vendor: Vendor, entry: Entry) -> dict[str, Any]:
    entries = {one.id: one for one in (vendor.entry(known) for known in entry.relied)}
    return {
        "level": entry.provenance,
        "entries": [
            {"id": one.id, "level": one.level, "source": one.source, "says": one.says} for one in entries.values()
        ],
    }


# the checks in order --------------------------------------------------------------------------------------------------


def _rows(reading: Reading) -> list[_Row]:
    rows = [*_arrival_rows(reading)]
    failed = reading.failed_check
    reached = all(row.passed for row in rows) or failed is not None
    for check in reading.checks if reading.operation is not None or failed is not None else ():
        passed = check is not failed if reached else None
        rows.append(_Row(check.name, check.expects, check.got(reading.recorded), passed))
        reached = reached and check is not failed
    return [*rows, *_last_rows(reading, failed)]


def _arrival_rows(reading: Reading) -> Sequence[_Row]:
    """What decides before any vendor's check: path, method, an arranged failure, the size of the body."""
    request, there = reading.request, reading.there
    typed = f"{request.method} {request.path}"
    known = there.operation is not None or isinstance(there.refused, MethodNotAllowed)
    rows = [_Row("path", f"a path of {reading.vendor.title}'s {reading.vendor.api}", request.path, known)]
    if known:
        expected = (there.operation or reading.nearest).method
        if isinstance(there.refused, MethodNotAllowed):
            expected = " or ".join(there.refused.allowed)
        rows.append(_Row("method", expected, request.method, there.operation is not None))
    if reading.fault_struck:
        rows.append(_Row("arranged failures", "none", f"{reading.entry.fault}", False))
    elif reading.outcome == "misused":
        rows.append(_Row("emulator's own headers", "such as the emulator has", typed, False))
    if reading.guessed is not None:
        rows.append(_Row("provenance", "nothing that fail_on refuses", reading.guessed, False))
    if reading.too_large and reading.failed_check is None:
        most = f"at most {reading.vendor.largest_body} bytes"
        rows.append(_Row("size of the body", most, f"{len(request.raw_body)} bytes or more", False))
    return rows


def _last_rows(reading: Reading, failed: Check | None) -> Sequence[_Row]:
    """What stopped the call where no check did."""
    if reading.entry.crash is not None:
        return [_Row("emulator", "an answer", "a crash of its own", False)]
    failure = reading.failure
    stopped_before = reading.fault_struck or reading.too_large or reading.there.operation is None
    if failure is None or failed is not None or stopped_before:
        return []
    return [_Row(failure.name, "a call that the vendor accepts", failure.says, False)]


# the likely cause -----------------------------------------------------------------------------------------------------


def _cause(reading: Reading) -> str | None:
    entry = reading.entry
    if reading.outcome == "accepted":
        return None
    if reading.problem is not None:
        return reading.problem if reading.intention is None else reading.intention.sentence
    if entry.crash is not None:
        return "The emulator crashed: this is a defect of its own, and the journal has the traceback."
    if reading.fault_struck:
        return reading.fault_sentence
    if reading.exhausted is not None:
        return _spent(reading, reading.exhausted)
    if reading.too_large and reading.failed_check is None:
        return f"The body is larger than the {reading.vendor.largest_body} bytes that {reading.vendor.title} takes."
    return _mistake(reading)


def _mistake(reading: Reading) -> str | None:
    check = reading.failed_check
    cause = None if check is None else check.cause(reading.recorded)
    if cause is None and reading.intention is not None:
        cause = reading.intention.sentence
    if cause is None and check is not None and is_cut(reading.entry.body):
        cause = f"Something in the body fails at {check.name}: the journal has kept too little of it to tell what."
    return cause or next(iter(reading.suspicions()), None) or (reading.failure.says if reading.failure else None)


def _spent(reading: Reading, limit: Limit) -> str:
    quota = reading.world.limits.quota(reading.vendor.slug, limit, reading.world.settings[reading.vendor.slug])
    seconds = limit.window / 1_000_000
    return (
        f"The limit {limit.name} was used up, {quota} calls in {seconds:g} s: the call was right, and passes "
        f"{seconds:g} s later at the latest."
    )
