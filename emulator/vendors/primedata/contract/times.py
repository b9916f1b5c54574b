"""Moments as PrimeData writes and reads them, down to nanoseconds."""

import re
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from emulator.core.clock import Micros, from_datetime, to_datetime
from emulator.core.store import LEAST_INTEGER, MOST_INTEGER

Nanos: TypeAlias = int
TimeFormat: TypeAlias = Literal["colon", "iso"]

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:(T(?:[01]\d|2[0-3]):\d\d)(?:(:\d\d)(?:\.(\d{1,9}))?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?",
    re.ASCII,
)
_COLONS = re.compile(r"(\d{4}):(\d\d):(\d\d)(T\d\d:\d\d:\d\dZ)", re.ASCII)
_SECOND: Nanos = 1_000_000_000


class Instant(NamedTuple):
    """`zoned`: the text said which offset it means."""

    nanos: Nanos
    zoned: bool


def parse_iso(text: str) -> Instant:
    """ISO 8601 down to nanoseconds, or a date alone; UTC without an offset. Raises `ValueError` for anything else."""
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no ISO 8601 date")
    date, hour_minute, second, fraction, zone = match.groups("")
    nanos = from_datetime(datetime.fromisoformat(f"{date}{hour_minute or 'T00:00'}{second}Z")) * 1_000
    return Instant(nanos + int(fraction.ljust(9, "0")) - _offset(zone), zone != "")


def parse_instant(text: str) -> Instant:
    """ISO 8601, or the API's own ``2023:01:01T20:00:00Z``. Raises `ValueError` for anything else."""
    return parse_iso(_COLONS.sub(r"\1-\2-\3\4", text) if _COLONS.fullmatch(text) else text)


def _offset(zone: str) -> Nanos:
    if zone in ("", "Z"):
        return 0
    seconds = int(zone[1:3]) * 3_600 + int(zone[4:]) * 60
    return seconds * _SECOND * (-1 if zone[0] == "-" else 1)


def clamped(nanos: Nanos) -> Nanos:
    """As near as the store's 64 bits come."""
    return min(max(nanos, LEAST_INTEGER), MOST_INTEGER)


def time_text(nanos: Nanos, pattern: TimeFormat) -> str:
    """Whole seconds, the fraction cut off."""
    text = to_datetime(nanos // 1_000).isoformat()[:19]
    return (text.replace("-", ":") if pattern == "colon" else text) + "Z"


def last_updated_text(moment: Micros) -> str:
    return to_datetime(moment).isoformat()[:19] + "Z"
