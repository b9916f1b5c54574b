"""Moments of the calendar, in UTC: what `this week`, `next month` and `three quarters ago` are.

Weeks begin on Monday. Whatever leads out of the years 1 to 9999 stops at their end.
"""

import calendar
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from emulator.core.clock import (
    DAY,
    EARLIEST,
    HOUR,
    LATEST,
    MINUTE,
    SECOND,
    Micros,
    from_datetime,
    parse_rfc3339,
    to_datetime,
)
from emulator.core.errors import Json
from emulator.vendors.treasuredata.service import values

Unit: TypeAlias = Literal["year", "quarter", "month", "week", "day", "hour", "minute", "second"]
UNITS: tuple[str, ...] = get_args(Unit)

_WEEK = 7 * DAY
_THURSDAY = 3 * DAY
"""How far into its week 1970-01-01 was."""
_LENGTHS: Mapping[str, Micros] = {"week": _WEEK, "day": DAY, "hour": HOUR, "minute": MINUTE, "second": SECOND}
_MONTHS: Mapping[str, int] = {"year": 12, "quarter": 3, "month": 1}


def moment_of(value: Json) -> Micros | None:
    """Numbers and numerals are Unix seconds; texts are RFC 3339, with or without a time of day and an offset from UTC.
    `None` for what is neither."""
    seconds = values.number(value)
    if seconds is not None:
        moment = round(max(-1e12, min(1e12, seconds)) * SECOND)
        return moment if EARLIEST <= moment <= LATEST else None
    if not isinstance(value, str):
        return None
    for rest in ("", "Z", "T00:00:00Z"):
        try:
            return parse_rfc3339(value + rest)
        except ValueError:
            continue
    return None


def start_of(moment: Micros, unit: str) -> Micros:
    """The beginning of the calendar unit that the moment is in."""
    if unit == "week":
        return max(EARLIEST, moment - (moment + _THURSDAY) % _WEEK)
    if unit in _LENGTHS:
        return moment - moment % _LENGTHS[unit]
    day = to_datetime(moment)
    months = _MONTHS[unit]
    month = (day.month - 1) // months * months + 1
    return from_datetime(day.replace(month=month, day=1, hour=0, minute=0, second=0, microsecond=0))


def shifted(moment: Micros, count: int, unit: str) -> Micros:
    """So many units later, or earlier. A month's day that another month lacks becomes that one's last."""
    if unit in _LENGTHS:
        return max(EARLIEST, min(LATEST, moment + count * _LENGTHS[unit]))
    day = to_datetime(moment)
    year, month = divmod(day.year * 12 + day.month - 1 + count * _MONTHS[unit], 12)
    if not 1 <= year <= 9999:
        return EARLIEST if year < 1 else LATEST
    last = calendar.monthrange(year, month + 1)[1]
    return from_datetime(day.replace(year=year, month=month + 1, day=min(day.day, last)))
