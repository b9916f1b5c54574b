"""Joda-style time layouts: the subset that rules use.

    y Y     year; exactly two letters are the last two digits     M  month: 1, 01, Jan, January by length
    d D     day of month, of year                                 E  Mon, from four letters on Monday
    H k     hour 0-23, 1-24                                       e  day of week as a number, Sunday is 0
    K h a   hour 0-11, 1-12, AM or PM                             Z  +0100, ZZ +01:00; z UTC or +01:00
    m s S   minute, second, digits of the fraction                '' quoted text, '''' being one quote

Other letters are refused. Reading is greedy and never looks back: a number takes as many digits as its field can have,
but exactly as many as it has letters when another number follows at once. Weekdays are skipped, not checked. What the
layout does not mention is year 1, January, the first, midnight, UTC; the Go library behind the open-source interpreter
says year 0, which Python cannot hold.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NoReturn

from emulator.vendors.talonone.talang.errors import TalangError
from emulator.vendors.talonone.talang.moments import LONGEST_TIME_TEXT, offset_text, read_moment, within_calendar

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MOST_DIGITS = {"y": 4, "M": 2, "d": 2, "H": 2, "k": 2, "K": 2, "h": 2, "m": 2, "s": 2, "S": 9, "e": 1}
FIRST_CENTURY_YEAR = 69
"""Two digits from 69 on are 19xx, as in Go."""

GUESSES = (
    "yyyy/MM/dd HH:mm:ss", "yyyy/MM/dd HH:mm", "yyyy/MM/dd",
    "MM/dd/yyyy HH:mm:ss", "MM/dd/yyyy HH:mm", "MM/dd/yyyy",
    "MMM d, yyyy HH:mm:ss", "MMM d, yyyy", "d MMM yyyy HH:mm:ss", "d MMM yyyy",
    "EEE, d MMM yyyy HH:mm:ss Z", "EEE, d MMM yyyy HH:mm:ss z",
)  # fmt: skip

_PART = re.compile(r"'(?:[^']|'')*'|([a-zA-Z])\1*|[^a-zA-Z']+")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)

Part = tuple[str, int]
"""A letter and how often it stands, or plain text and 0."""


@lru_cache(maxsize=256)
def _parts(layout: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    position = 0
    while position < len(layout):
        found = _PART.match(layout, position)
        if not found:
            raise TalangError("the layout has an open quote")
        text, letter, position = found[0], found[1], found.end()
        if letter == "Y":
            letter = "y"
        if letter and letter not in _WRITERS:
            raise TalangError(f"layout letter `{letter}' is not supported")
        if letter:
            parts.append((letter, len(text)))
        elif text[0] == "'":
            parts.append((text[1:-1].replace("''", "'") or "'", 0))
        else:
            parts.append((text, 0))
    return tuple(parts)


def _bounded_parts(layout: str) -> tuple[Part, ...]:
    if len(layout) > LONGEST_TIME_TEXT:
        raise TalangError(f"a layout of more than {LONGEST_TIME_TEXT} characters")
    return _parts(layout)


def format_moment(moment: datetime, layout: str) -> str:
    return "".join(_WRITERS[part](moment, count) if count else part for part, count in _bounded_parts(layout))


def _padded(read: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    return lambda moment, count: f"{read(moment):0{count}}"


def _weekday(moment: datetime) -> int:
    return moment.isoweekday() % 7


_WRITERS: dict[str, Callable[[datetime, int], str]] = {
    "y": lambda moment, count: f"{moment.year % 100 if count == 2 else moment.year:0{count}}",
    "M": lambda moment, count: (
        f"{moment.month:0{count}}" if count < 3 else MONTHS[moment.month - 1][: 3 if count == 3 else None]
    ),
    "d": _padded(lambda moment: moment.day),
    "D": _padded(lambda moment: moment.timetuple().tm_yday),
    "H": _padded(lambda moment: moment.hour),
    "k": _padded(lambda moment: moment.hour or 24),
    "K": _padded(lambda moment: moment.hour % 12),
    "h": _padded(lambda moment: moment.hour % 12 or 12),
    "m": _padded(lambda moment: moment.minute),
    "s": _padded(lambda moment: moment.second),
    "S": lambda moment, count: f"{moment.microsecond:06}"[:count].ljust(count, "0"),
    "a": lambda moment, _: "AM" if moment.hour < 12 else "PM",
    "E": lambda moment, count: DAYS[_weekday(moment)][: 3 if count < 4 else None],
    "e": _padded(_weekday),
    "Z": lambda moment, count: offset_text(moment, "" if count == 1 else ":"),
    "z": lambda moment, _: offset_text(moment, ":") if moment.utcoffset() else "UTC",
}


def guess_moment(text: str) -> datetime:
    """Read a time in one of the forms people write: RFC 3339 and ISO 8601, Unix seconds or milliseconds, `GUESSES`."""
    if len(text) > LONGEST_TIME_TEXT:
        raise TalangError("the text is no time")
    if text.isascii() and text.isdecimal() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), UTC) + timedelta(milliseconds=int(text[10:] or "0"))
    if moment := read_moment(text):
        return moment
    try:
        moment = datetime.fromisoformat(text)
        return within_calendar(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except ValueError:
        pass
    for layout in GUESSES:
        try:
            return parse_moment(text, layout)
        except TalangError:
            continue
    raise TalangError(f"`{text}' is no time")


def parse_moment(text: str, layout: str) -> datetime:
    if len(text) > LONGEST_TIME_TEXT:
        raise TalangError("the text is no time")
    return _Reading(text, _bounded_parts(layout)).moment()


class _Reading:
    """One pass over a text, a field at a time."""

    def __init__(self, text: str, parts: tuple[Part, ...]) -> None:
        self.text = text
        self.parts = parts
        self.position = 0
        self.fields: dict[str, int] = {}
        self.offset = timedelta()

    def refuse(self) -> NoReturn:
        raise TalangError(f"`{self.text}' does not fit the layout")

    def moment(self) -> datetime:
        for index, (part, count) in enumerate(self.parts):
            if not count:
                self.expect(part)
            elif part in MOST_DIGITS and not (part == "M" and count > 2):
                self.number(part, count, alone=not self.number_follows(index))
            else:
                self.word(part)
        if self.position < len(self.text):
            self.refuse()
        return self.assembled()

    def number_follows(self, index: int) -> bool:
        part, count = self.parts[index + 1] if index + 1 < len(self.parts) else ("", 0)
        return bool(count) and part in MOST_DIGITS and not (part == "M" and count > 2)

    def expect(self, text: str) -> None:
        if not self.text.startswith(text, self.position):
            self.refuse()
        self.position += len(text)

    def number(self, letter: str, count: int, *, alone: bool) -> None:
        most = max(count, MOST_DIGITS[letter]) if alone and not (letter == "y" and count == 2) else count
        start = self.position
        while self.position - start < most and "0" <= self.text[self.position : self.position + 1] <= "9":
            self.position += 1
        digits = self.text[start : self.position]
        if not digits or (not alone and len(digits) < count):
            self.refuse()
        if letter == "S":
            digits = digits[:6].ljust(6, "0")
        self.fields[letter] = int(digits)
        if letter == "y" and count == 2:
            self.fields["y"] += 1900 if int(digits) >= FIRST_CENTURY_YEAR else 2000

    def word(self, letter: str) -> None:
        match letter:
            case "M":
                self.fields["M"] = self.one_of(MONTHS) + 1
            case "E":
                self.one_of(DAYS)
            case "a":
                self.fields["a"] = self.one_of(("AM", "PM"))
            case "Z" | "z":
                self.zone()
            case _:
                raise TalangError(f"layout letter `{letter}' can be written but not read")

    def one_of(self, names: tuple[str, ...]) -> int:
        """Position of the name that stands here, in full or by its first three letters."""
        for index, name in enumerate(names):
            for form in (name, name[:3]):
                if self.text[self.position : self.position + len(form)].casefold() == form.casefold():
                    self.position += len(form)
                    return index
        return self.refuse()

    def zone(self) -> None:
        for name in ("UTC", "GMT", "Z"):
            if self.text.startswith(name, self.position):
                self.position += len(name)
                return
        found = _OFFSET.match(self.text, self.position)
        if not found:
            self.refuse()
        sign, hours, minutes = found.groups()
        size = timedelta(hours=int(hours), minutes=int(minutes))
        self.offset = -size if sign == "-" else size
        self.position = found.end()

    def assembled(self) -> datetime:
        fields = self.fields
        hour = fields.get("H", fields.get("k", 0) % 24)
        if "h" in fields or "K" in fields:
            hour = fields.get("h", fields.get("K", 0)) % 12 + 12 * fields.get("a", 0)
        try:
            moment = datetime(
                fields.get("y", 1), fields.get("M", 1), fields.get("d", 1), hour, fields.get("m", 0),
                fields.get("s", 0), fields.get("S", 0), tzinfo=timezone(self.offset),
            )  # fmt: skip
        except ValueError:
            self.refuse()
        return within_calendar(moment)
