"""Points in time. Parts of a time come as texts without padding, as they do from the open-source interpreter.

Wherever a time is wanted, a text in RFC 3339 form is one, so rules can compare `Now` with a literal.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from emulator.vendors.talonone.talang.errors import TalangError
from emulator.vendors.talonone.talang.evaluation import Evaluation
from emulator.vendors.talonone.talang.kinds import NUMBERS, Kind
from emulator.vendors.talonone.talang.layouts import GUESSES, format_moment, guess_moment, parse_moment
from emulator.vendors.talonone.talang.moments import moment_text, shifted
from emulator.vendors.talonone.talang.signature import Function

UNITS = ("minutes", "hours", "days")
MICROSECONDS_A_DAY = Decimal(86_400_000_000)


def after(_: Evaluation, moment: datetime, other: datetime) -> bool:
    return moment > other


def before(_: Evaluation, moment: datetime, other: datetime) -> bool:
    return moment < other


def between_times(_: Evaluation, moment: datetime, start: datetime, end: datetime) -> bool:
    return start < moment < end


def parse_time(evaluation: Evaluation, text: str, *layout: str) -> datetime:
    if layout:
        return parse_moment(text, layout[0])
    evaluation.charge(len(GUESSES))
    return guess_moment(text)


def format_time(_: Evaluation, moment: datetime) -> str:
    return moment_text(moment, fraction=False)


def match_time(_: Evaluation, moment: datetime, other: datetime, layout: str) -> bool:
    return format_moment(moment, layout) == format_moment(other, layout)


def _part(layout: str) -> Callable[[Evaluation, datetime], str]:
    def part(_: Evaluation, moment: datetime) -> str:
        return format_moment(moment, layout)

    return part


def days(evaluation: Evaluation, moment: datetime) -> Decimal:
    return days_between(evaluation, evaluation.now, moment)


def days_between(_: Evaluation, start: datetime, end: datetime) -> Decimal:
    return NUMBERS.divide(Decimal((end - start) // timedelta(microseconds=1)), MICROSECONDS_A_DAY)


def add_duration(_: Evaluation, moment: datetime, amount: Decimal, unit: str) -> datetime:
    return _shifted(moment, int(amount), unit)


def subtract_duration(_: Evaluation, moment: datetime, amount: Decimal, unit: str) -> datetime:
    return _shifted(moment, -int(amount), unit)


def _shifted(moment: datetime, amount: int, unit: str) -> datetime:
    if unit not in UNITS:
        raise TalangError("invalid duration unit")
    return shifted(moment, **{unit: amount})


_DURATION = (Kind.TIME, Kind.DECIMAL, Kind.STRING)

FUNCTIONS = (
    Function("after", (Kind.TIME, Kind.TIME), after),
    Function("before", (Kind.TIME, Kind.TIME), before),
    Function("betweenTimes", (Kind.TIME, Kind.TIME, Kind.TIME), between_times),
    Function("parseTime", (Kind.STRING, Kind.STRING), parse_time, variadic=True),
    Function("formatTime", (Kind.TIME,), format_time),
    Function("date", (Kind.TIME,), _part("yyyy-MM-dd")),
    Function("hour", (Kind.TIME,), _part("H")),
    Function("minute", (Kind.TIME,), _part("m")),
    Function("month", (Kind.TIME,), _part("M")),
    Function("monthDay", (Kind.TIME,), _part("d")),
    Function("weekday", (Kind.TIME,), _part("e")),
    Function("year", (Kind.TIME,), _part("yyyy")),
    Function("matchTime", (Kind.TIME, Kind.TIME, Kind.STRING), match_time),
    Function("days", (Kind.TIME,), days),
    Function("daysBetween", (Kind.TIME, Kind.TIME), days_between),
    Function("addDuration", _DURATION, add_duration),
    Function("subDuration", _DURATION, subtract_duration),
)
