"""Points in time as text: RFC 3339 in and out.

A time keeps the offset it was written with, so `hour` of 23:30+02:00 is 23.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from emulator.vendors.talonone.talang.errors import TalangError

LONGEST_TIME_TEXT = 64

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def read_moment(text: str) -> datetime | None:
    """The time an RFC 3339 text names, None for any other text. A date alone is not a time."""
    return _read_moment(text) if len(text) <= LONGEST_TIME_TEXT else None


@lru_cache(maxsize=2048)
def _read_moment(text: str) -> datetime | None:
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return within_calendar(datetime.fromisoformat(text.upper()))
    except (ValueError, TalangError):
        return None


def within_calendar(moment: datetime) -> datetime:
    """The moment itself, if it is in the years 1 to 9999 in UTC too."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise TalangError("time out of range") from None
    return moment


def shifted(moment: datetime, **duration: int) -> datetime:
    try:
        return within_calendar(moment + timedelta(**duration))
    except OverflowError:
        raise TalangError("time out of range") from None


def moment_text(moment: datetime, *, fraction: bool = True) -> str:
    text = moment.replace(tzinfo=None, microsecond=0).isoformat()
    if fraction and moment.microsecond:
        text += f".{moment.microsecond:06}".rstrip("0")
    return text + ("Z" if not moment.utcoffset() else offset_text(moment, ":"))


def offset_text(moment: datetime, separator: str) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{separator}{abs(minutes) % 60:02}"
