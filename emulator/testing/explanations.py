"""Why a call was answered as it was, as ``GET /_emulator/requests/{id}/explain`` tells it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from emulator.client import Json
from emulator.testing.layout import wrapped

_LONGEST = 400
_ADDRESS = re.compile(r"(curl [^\n]*?)https?://[^/\s'\"]+")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the call had to pass; `passed` is `None` where it never came so far."""

    name: str
    expected: str
    got: str
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Relied:
    """An entry of ``GET /_emulator/provenance`` that shaped the answer."""

    id: str
    level: str
    source: str
    says: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`outcome` is accepted, refused or misused; `cause` the likely mistake in one sentence; `correction` the same call
    as it would be accepted, as a curl command, and `corrected` what was put right in it."""

    outcome: str
    refusal: str | None
    checks: tuple[Check, ...]
    cause: str | None
    remarks: tuple[str, ...]
    relied: tuple[Relied, ...]
    correction: str | None
    corrected: str | None

    @classmethod
    def of(cls, told: Json, origin: str) -> Self:
        """`origin` is where an emulator can be reached: the calls of a test went to a vendor's host, or nowhere."""
        correction = told["correction"] or {"curl": None, "says": None}
        return cls(
            told["outcome"],
            told["refusal"],
            tuple(Check(one["name"], one["expected"], one["got"], one["passed"]) for one in told["checks"]),
            told["cause"],
            tuple(told["remarks"]),
            tuple(Relied(one["id"], one["level"], one["source"], one["says"]) for one in told["provenance"]["entries"]),
            correction["curl"] and _led_to(origin, correction["curl"]),
            correction["says"],
        )

    @property
    def failed(self) -> Check | None:
        """The first check that the call did not pass."""
        return next((check for check in self.checks if check.passed is False), None)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """For people: the cause, the check that failed, what else is to be said, and the corrected call."""
        if self.cause is not None:
            yield from wrapped(self.cause)
        if (check := self.failed) is not None:
            yield from wrapped(f"The check that failed: {check.name}")
            yield from wrapped(f"expected  {check.expected}", "  ", "            ")
            yield from wrapped(f"got       {check.got[:_LONGEST]}", "  ", "            ")
        for remark in self.remarks:
            yield from wrapped(f"- {remark}", "", "  ")
        if self.correction is not None:
            yield from wrapped(f"{self.corrected}")
            yield from (f"  {line}" for line in self.correction.split("\n"))


def _led_to(origin: str, command: str) -> str:
    command = _ADDRESS.sub(lambda found: found[1] + origin, command)
    return command if origin.startswith("https:") else command.replace("curl -i -k ", "curl -i ")
