"""What all real-time attributes have in common: states, the moments that values are of, and where both come from.

A state is JSON, `None` where there is nothing. It holds what the attribute's value needs and no more, so an event
costs the same however many came before. Times in it are the events' own, in seconds; they expire on the world's clock.
Where order matters they stand in a pair with the event's number, the `at` of a value: ``[time, number]``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from emulator.core.clock import SECOND, Micros
from emulator.core.errors import Json, Level, Rule
from emulator.vendors.treasuredata.errors import CHOICE

State: TypeAlias = Json
Columns: TypeAlias = Mapping[str, Json]

BACKFILL = Rule(
    "treasuredata.backfill",
    Level.ASSUMED,
    f"Creating a Counter Attribute: a base value and the events since the last batch refresh; the rest is {CHOICE}",
    "A backfill's batch value stands for every event up to its timestamp; events after it count on top, and without "
    "a timestamp all do. A total counter starts from it, or from nothing; in a sliding one it is an increment at the "
    "timestamp, which no sub-duration knows of; a single attribute is whichever of it and the events' value is later.",
)


class At(NamedTuple):
    """When an event happened, in seconds, and the how-manieth of its world it is."""

    time: int
    number: int


@dataclass(frozen=True, slots=True)
class Backfill:
    """The columns of the batch profile that hold an attribute's value up to a moment, and that moment."""

    column: str
    moment_column: str


class Base(NamedTuple):
    """What a backfill found: `time` is in seconds, `None` where the batch profile does not tell it."""

    value: Json
    time: int | None

    def covers(self, time: int) -> bool:
        """Whether an event of that time is in the value already. Of an unknown time nothing is."""
        return self.time is not None and time <= self.time


def horizon(duration: Micros, now: Micros) -> int:
    """The latest second that is over: what happened after it is still within the duration."""
    return (now - duration) // SECOND


def alive(time: int | None, duration: Micros | None, now: Micros) -> bool:
    """What has no end, or no known beginning, does not expire."""
    return duration is None or time is None or time > horizon(duration, now)
