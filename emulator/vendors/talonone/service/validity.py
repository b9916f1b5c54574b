"""How long points and created codes are good for.

In 2020 a number and a unit, ``40m``, ``1h`` or ``30d``; 25.17 adds seconds, capital ``D``, weeks and calendar months,
and ``_D`` or ``_U`` to round down to the start or up to the end of the day, week or month. Years are the emulator's.
"""

import re
from calendar import monthrange
from datetime import datetime, timedelta

from emulator.core.clock import LATEST, Micros, from_datetime, to_datetime

_FORM = re.compile(r"(\d{1,7})([smhdDwWMY])(?:_([DU]))?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "D": "days", "w": "weeks", "W": "weeks"}
_MONTHS = {"M": 1, "Y": 12}
UNLIMITED = frozenset({"", "unlimited"})
IMMEDIATE = frozenset({"", "immediate"})


def later(start: Micros, text: str) -> Micros:
    """The moment that long after `start`, at most the end of the calendar. Raises `ValueError`."""
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no duration such as 40m, 1h or 30d")
    number, unit, rounding = int(found[1]), found[2], found[3]
    try:
        moment = to_datetime(start)
        if unit in _MONTHS:
            moment = _months_later(moment, number * _MONTHS[unit])
        else:
            moment += timedelta(**{_UNITS[unit]: number})
        if rounding:
            moment = _rounded(moment, unit, up=rounding == "U")
    except (OverflowError, ValueError):
        return LATEST
    return from_datetime(moment)


def _months_later(moment: datetime, number: int) -> datetime:
    year, month = divmod(moment.month - 1 + number, 12)
    year += moment.year
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _rounded(moment: datetime, unit: str, *, up: bool) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "W":
        midnight -= timedelta(days=midnight.weekday())
    elif unit == "M":
        midnight = midnight.replace(day=1)
    if not up:
        return midnight
    if unit == "M":
        return _months_later(midnight, 1)
    return midnight + timedelta(days=7 if unit == "W" else 1)
