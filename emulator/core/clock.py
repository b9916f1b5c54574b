"""Virtual time.

One unit everywhere: microseconds since 1970-01-01T00:00:00Z, as an ``int`` called `Micros`. This module is the only
one that may ask the machine what time it is.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

Micros: TypeAlias = int
Mode: TypeAlias = Literal["real", "frozen", "shifted"]

MILLISECOND: Micros = 1_000
SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE
DAY: Micros = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
EARLIEST: Micros = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
LATEST: Micros = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - _EPOCH) // _MICROSECOND

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")
_RELATIVE = re.compile(r"([+-])(\d{1,9})([smhdw])")
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


class ClockState(NamedTuple):
    """All there is to say about a clock: `value` is the instant for ``frozen``, the offset for the other two."""

    mode: Mode
    value: Micros


REAL = ClockState("real", 0)


class Clock:
    """A world's clock: the machine's own time, that time shifted, or a moment that stands still."""

    __slots__ = ("state",)

    def __init__(self, state: ClockState = REAL) -> None:
        self.state = state

    def now(self) -> Micros:
        if self.state.mode == "frozen":
            return self.state.value
        return min(time.time_ns() // 1_000 + self.state.value, LATEST)

    def set(self, mode: Mode, now: Micros | None = None) -> None:
        """Choose a mode. ``frozen`` without `now` stops at the current moment of this clock.

        Raises `ValueError` for a moment outside the years 1 to 9999, or ``shifted`` without one.
        """
        if mode == "real":
            self.state = REAL
        elif mode == "frozen":
            self.state = ClockState("frozen", _in_range(self.now() if now is None else now))
        elif now is None:
            raise ValueError("mode shifted needs now, the moment from which the clock runs on")
        else:
            self.state = ClockState("shifted", _in_range(now) - time.time_ns() // 1_000)

    def advance(self, by: Micros) -> None:
        """Move forward, or back with a negative amount; a real clock becomes a shifted one."""
        _in_range(self.now() + by)
        mode: Mode = "frozen" if self.state.mode == "frozen" else "shifted"
        self.state = ClockState(mode, self.state.value + by)


def machine_now() -> Micros:
    return time.time_ns() // 1_000


def stopwatch() -> int:
    """Nanoseconds of a monotonic counter, for durations only."""
    return time.perf_counter_ns()


def rfc3339(moment: Micros) -> str:
    """``2026-01-05T09:00:00Z``; a fraction only where there is one, without trailing zeros."""
    text = to_datetime(moment).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def to_datetime(moment: Micros) -> datetime:
    return _EPOCH + timedelta(microseconds=moment)


def from_datetime(moment: datetime) -> Micros:
    """A naive datetime counts as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND


def parse_rfc3339(text: str) -> Micros:
    """Raises `ValueError` for anything but a full RFC 3339 timestamp with its offset; digits past microseconds drop."""
    if not _RFC3339.fullmatch(text):
        raise ValueError(f"{text!r} is not an RFC 3339 timestamp such as 2026-01-05T09:00:00Z")
    try:
        return _in_range(from_datetime(datetime.fromisoformat(text.upper())))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a moment of the calendar") from None


def parse_moment(text: str, now: Micros) -> Micros:
    """A timestamp, a date (its midnight in UTC), or a distance from `now` such as ``-3d`` (units s, m, h, d, w).

    Raises `ValueError` naming all three forms.
    """
    if relative := _RELATIVE.fullmatch(text):
        sign, amount, unit = relative.groups()
        return _in_range(now + (1 if sign == "+" else -1) * int(amount) * _UNITS[unit])
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return parse_rfc3339(f"{text}T00:00:00Z")
    try:
        return parse_rfc3339(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a moment: write 2026-01-05T09:00:00Z, 2026-01-05, or a distance such as -3d"
        ) from None


def _in_range(moment: Micros) -> Micros:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("the moment lies outside the years 1 to 9999")
    return moment
