"""Drills: the troubles that a client should have been through, by name, and a vendor's part in each.

The control plane arranges them as standing faults; which failure stands for what is the vendor's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from emulator.core.errors import Failure


class Drill(StrEnum):
    RETRY_STORM = "retry-storm"
    FLAKY_5XX = "flaky-5xx"
    EXPIRED_TOKEN = "expired-token"
    CURSOR_GONE = "cursor-gone"
    SLOW_FIRST_BYTE = "slow-first-byte"


@dataclass(frozen=True, slots=True)
class Part:
    """The failures of which one strikes, by chance where there are several. Every call may be hit, or those of
    `operations` only, each of which then has a fault of its own; and those only that come as far as the milestone
    `strikes_at`."""

    failures: tuple[Failure, ...]
    operations: tuple[str, ...] = ()
    strikes_at: str | None = None


@dataclass(frozen=True, slots=True)
class NoPart:
    """A drill that makes no sense for the vendor, and why."""

    because: str


Parts: TypeAlias = Mapping[Drill, Part | NoPart]
