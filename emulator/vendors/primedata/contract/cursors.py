"""The cursor of the event search."""

import re
from typing import NamedTuple, Self

from emulator.core import cursor
from emulator.vendors.primedata.contract.times import Nanos, clamped

_NANOS = re.compile(r"-?[0-9]{1,19}")
_NUMBERED = re.compile(r"(.*)::([0-9]{1,18})", re.DOTALL)


class Place(NamedTuple):
    """What a cursor names: an event's time and id. Ids may contain ``::``, and several events may share both."""

    ts_ns: Nanos
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `ValueError`."""
        nanos, separator, event_id = cursor.decode(text).partition("::")
        if not separator or not _NANOS.fullmatch(nanos) or clamped(int(nanos)) != int(nanos):
            raise ValueError(f"{text!r} is not a cursor")
        return cls(int(nanos), event_id)

    def numbered(self, seq: int) -> "Place":
        return Place(self.ts_ns, f"{self.id}::{seq}")

    def unnumbered(self) -> tuple["Place", int] | None:
        """Read the other way: the id without a number behind it, and the number."""
        match = _NUMBERED.fullmatch(self.id)
        return (Place(self.ts_ns, match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return cursor.encode(f"{self.ts_ns}::{self.id}")
