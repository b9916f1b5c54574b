"""Operators of conditions: what each asks of one value, and how its operands are written.

One table says both: `OPERATORS` is compiled from when a configuration is read, and is the source of the JSON Schema
that editors check a scenario with.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from emulator.core.clock import Micros
from emulator.core.errors import Json, Level, Rule
from emulator.core.patterns import MOST_SEARCHED, pattern
from emulator.core.section import SectionError
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service import values
from emulator.vendors.treasuredata.service.moments import UNITS, moment_of, shifted, start_of

Check: TypeAlias = Callable[[Json, Micros], bool]
"""Whether a value that is not null passes, at a moment."""
Moment: TypeAlias = Callable[[Micros], Micros]
"""A moment that may depend on when it is asked for."""

MOST_UNITS = 100_000
_DIGITS = re.compile(r"[0-9]{1,5}")

COERCION = Rule(
    "treasuredata.coercion",
    Level.ASSUMED,
    CHOICE,
    "A value that is absent or null fails every test but IsNull, negated ones too. Numbers and numerals compare by "
    "value, texts by code point, other pairs never. Of a list any element counts unless arrayMatching says otherwise; "
    "`not` applies to each element.",
)
TIMES = Rule(
    "treasuredata.times",
    Level.ASSUMED,
    f"CDP API OpenAPI 1.0.0, v5IonRule operators, names the operands; what they mean is {CHOICE}",
    "Operators of time, and operands `timestamp` and `last`, read a value as a moment: a number or numeral as Unix "
    "seconds, a text as RFC 3339. Spans reach from this very moment, calendar units are those of UTC, weeks begin on "
    "Monday; the first moment of a range belongs to it, the last does not, save for TimeWithinPast and TimeWithinNext.",
)
REGEXPS = Rule(
    "treasuredata.regexps",
    Level.ASSUMED,
    CHOICE,
    "A Regexp test and a key column's validRegexp look for the pattern anywhere in the text. They run in RE2, which is "
    "linear in the text; what it lacks, backreferences and lookaround, is refused at load. No pattern is found in a "
    f"text of more than {MOST_SEARCHED} characters.",
)


@dataclass(frozen=True, slots=True)
class Operand:
    """`read` takes the value under the key and its path, and raises `SectionError`; `schema` says the same as JSON
    Schema."""

    read: Callable[[Json, str], Any]  # whatever the operator's `make` wants
    schema: Mapping[str, Json]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Operator:
    """`make` turns what was read, in the order of the operands, into the check; `None` for what is left out."""

    operands: Mapping[str, Operand]
    make: Callable[..., Check]
    says: str
    rule: Rule | None = None

    def check(self, written: Mapping[str, Json], path: str) -> Check:
        """Raises `SectionError` for an operand that is missing or cannot be read."""
        return self.make(
            *(
                operand.read(written.get(key), f"{path}.{key}") if operand.required or key in written else None
                for key, operand in self.operands.items()
            )
        )

    def rule_of(self, written: Mapping[str, Json]) -> Rule | None:
        """The rule that every use of this operator, as it is written, relies on."""
        if any(isinstance(written.get(key), dict) for key in self.operands):
            return TIMES
        return None if self.rule is REGEXPS and takes_all(written["rightValue"]) else self.rule

    def kinds_of(self, written: Mapping[str, Json]) -> frozenset[type]:
        """Of which types the operands are: with a value of one of them there is nothing to coerce."""
        found = [written.get(key) for key in self.operands]
        kinds = {type(one) for value in found for one in (value if isinstance(value, list) else [value])}
        return frozenset(kinds | ({int, float} if kinds & {int, float} else set()))


def takes_all(source: str) -> bool:
    """Whether the pattern itself says that it is about the whole text, so that it does not matter where it is looked
    for."""
    return source.startswith("^") and source.endswith("$") and not source.endswith("\\$") and "|" not in source


def readable_pattern(source: Json, path: str) -> Callable[[str], bool]:
    """Raises `SectionError` for what is no text or no pattern that can be run."""
    if not isinstance(source, str):
        raise SectionError(path, f"must be a pattern, found {source!r}")
    try:
        return pattern(source).found_in
    except ValueError as error:
        raise SectionError(path, str(error)) from None


# operands -------------------------------------------------------------------------------------------------------------


def _scalar(value: Json, path: str) -> Json:
    if not isinstance(value, str | int | float):
        raise SectionError(path, f"must be a text, a number or a boolean, found {value!r}")
    return value


def _scalar_or_timestamp(value: Json, path: str) -> Json | Moment:
    return _timestamp(value, path) if isinstance(value, dict) else _scalar(value, path)


def _scalar_or_moment(value: Json, path: str) -> Json | Moment:
    if isinstance(value, dict):
        return _last(value, path) if "last" in value else _timestamp(value, path)
    return _scalar(value, path)


def _timestamp(value: Mapping[str, Json], path: str) -> Moment:
    if list(value) != ["timestamp"]:
        raise SectionError(path, f"a moment is written {{timestamp: …}} or {{last: …, unit: …}}, found {value!r}")
    moment = moment_of(value["timestamp"])
    if moment is None:
        raise SectionError(
            f"{path}.timestamp", f"must be Unix seconds or such as 2026-01-05T09:00:00Z, found {value['timestamp']!r}"
        )
    return lambda now: moment


def _last(value: Json, path: str) -> Moment:
    return _distance(value, path, "last", -1)


def _next(value: Json, path: str) -> Moment:
    return _distance(value, path, "next", 1)


def _distance(value: Json, path: str, key: str, sign: int) -> Moment:
    """``{last: 3, unit: day}``, or ``{last: {day: 3, hour: 12}, unit: hour}``, where the unit is that of display."""
    if not isinstance(value, dict) or set(value) != {key, "unit"}:
        raise SectionError(path, f"must be {key} and unit, found {value!r}")
    unit = _unit(value["unit"], f"{path}.unit")
    if isinstance(value[key], dict):
        return _shift(_duration(value[key], f"{path}.{key}"), sign)
    return _shift({unit: _count(value[key], f"{path}.{key}")}, sign)


def _shift(counts: Mapping[str, int], sign: int) -> Moment:
    def moment(now: Micros) -> Micros:
        for unit, count in counts.items():
            now = shifted(now, sign * count, unit)
        return now

    return moment


def _duration(value: Json, path: str) -> Mapping[str, int]:
    if not isinstance(value, dict) or not value:
        raise SectionError(path, f"must be numbers by unit, such as {{day: 7}}, found {value!r}")
    return {_unit(unit, f"{path}.{unit}"): _count(count, f"{path}.{unit}") for unit, count in value.items()}


def _from_unit(value: Json, path: str) -> str:
    if not isinstance(value, dict) or set(value) != {"unit"}:
        raise SectionError(path, f"must be a unit, such as {{unit: week}}, found {value!r}")
    return _unit(value["unit"], f"{path}.unit")


def _unit(value: Json, path: str) -> str:
    if value not in UNITS:
        raise SectionError(path, f"must be one of {', '.join(UNITS)}, found {value!r}")
    unit: str = value
    return unit


def _count(value: Json, path: str) -> int:
    """The vendor's own rules hold it as a text in some operators, and as a number in others."""
    count = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_UNITS:
        raise SectionError(path, f"must be a whole number from 0 to {MOST_UNITS}, found {value!r}")
    return count


def _forward(value: Json, path: str) -> bool:
    if value is not False:
        raise SectionError(path, f"must be false, as no document says what reversing a range does, found {value!r}")
    return value


def _scalars(value: Json, path: str) -> Sequence[Json]:
    if not isinstance(value, list) or not all(isinstance(one, str | int | float) for one in value):
        raise SectionError(path, f"must be a list of texts, numbers or booleans, found {value!r}")
    return value


def _texts(value: Json, path: str) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise SectionError(path, f"must be a list of texts, found {value!r}")
    return value


def _anything(value: Json, path: str) -> None:
    """The vendor's rules carry it, and nothing depends on it."""


def _object(**properties: Mapping[str, Json]) -> Mapping[str, Json]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_SCALAR_SCHEMA: Mapping[str, Json] = {"type": ["string", "number", "boolean"]}
_COUNT_SCHEMA: Mapping[str, Json] = {
    "type": ["integer", "string"],
    "minimum": 0,
    "maximum": MOST_UNITS,
    "pattern": f"^{_DIGITS.pattern}$",
}
_UNIT_SCHEMA: Mapping[str, Json] = {"enum": list(UNITS)}
_DURATION_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": dict.fromkeys(UNITS, _COUNT_SCHEMA),
    "minProperties": 1,
    "additionalProperties": False,
}
_DISTANCE_SCHEMA: Mapping[str, Json] = {"anyOf": [_COUNT_SCHEMA, _DURATION_SCHEMA]}
_TIMESTAMP_SCHEMA = _object(timestamp={"type": ["string", "number"], "description": "Unix seconds, or RFC 3339."})
_LAST_SCHEMA = _object(last=_DISTANCE_SCHEMA, unit=_UNIT_SCHEMA)

_SCALAR_OR_TIMESTAMP = Operand(_scalar_or_timestamp, {"anyOf": [_SCALAR_SCHEMA, _TIMESTAMP_SCHEMA]})
_SCALAR_OR_MOMENT = Operand(_scalar_or_moment, {"anyOf": [_SCALAR_SCHEMA, _TIMESTAMP_SCHEMA, _LAST_SCHEMA]})
_SCALARS = Operand(_scalars, {"type": "array", "items": _SCALAR_SCHEMA})
_TEXTS = Operand(_texts, {"type": "array", "items": {"type": "string"}})
_PATTERN = Operand(readable_pattern, {"type": "string"})
_ANYTHING = Operand(_anything, {}, required=False)
_UNIT = Operand(_unit, _UNIT_SCHEMA)
_COUNT = Operand(_count, _COUNT_SCHEMA)
_FROM_UNIT = Operand(_from_unit, _object(unit=_UNIT_SCHEMA))
_LAST = Operand(_last, _LAST_SCHEMA)
_NEXT = Operand(_next, _object(next=_DISTANCE_SCHEMA, unit=_UNIT_SCHEMA))
_DURATION = Operand(_duration, _DURATION_SCHEMA)
_FORWARD = Operand(_forward, {"const": False}, required=False)


# checks ---------------------------------------------------------------------------------------------------------------


def _equal(right: Json | Moment) -> Check:
    if callable(right):
        return lambda value, now: moment_of(value) == right(now)
    return lambda value, now: values.equal(value, right)


def _in(rights: Sequence[Json]) -> Check:
    return lambda value, now: any(values.equal(value, right) for right in rights)


def _order(value: Json, right: Json | Moment, now: Micros) -> int | None:
    """-1, 0 or 1; `None` where the two have no order."""
    if not callable(right):
        return values.compared(value, right)
    moment = moment_of(value)
    return None if moment is None else values.compared(moment, right(now))


def _compare(wanted: Sequence[int], right: Json | Moment) -> Check:
    return lambda value, now: _order(value, right, now) in wanted


def _between(least: Json | Moment, most: Json | Moment, _: None) -> Check:
    """Both ends belong to the range."""
    return lambda value, now: _order(value, least, now) in (0, 1) and _order(value, most, now) in (-1, 0)


def _any_part(holds: Callable[[str, str], bool], rights: Sequence[str]) -> Check:
    return lambda value, now: isinstance(value, str) and any(holds(value, right) for right in rights)


def _contains(value: str, part: str) -> bool:
    return part in value


def _regexp(found: Callable[[str], bool]) -> Check:
    return lambda value, now: isinstance(value, str) and found(value)


def _within(least: Moment, most: Moment, *, closed: bool = False) -> Check:
    def check(value: Json, now: Micros) -> bool:
        moment = moment_of(value)
        if moment is None or moment < least(now):
            return False
        return moment < most(now) or (closed and moment == most(now))

    return check


def _now(now: Micros) -> Micros:
    return now


def _calendar(unit: str, begins: int) -> Check:
    """The calendar unit that begins so many units after the beginning of this one."""
    return _within(
        lambda now: shifted(start_of(now, unit), begins, unit),
        lambda now: shifted(start_of(now, unit), begins + 1, unit),
    )


def _within_past(unit: str, count: int) -> Check:
    return _within(_shift({unit: count}, -1), _now, closed=True)


def _within_next(unit: str, count: int) -> Check:
    return _within(_now, _shift({unit: count}, 1), closed=True)


def _range(begin: Moment, duration: Mapping[str, int], _: None) -> Check:
    length = _shift(duration, 1)
    return _within(begin, lambda now: length(begin(now)))


_COMPARISON = {"rightValue": _SCALAR_OR_MOMENT}

OPERATORS: Mapping[str, Operator] = {
    "Equal": Operator({"rightValue": _SCALAR_OR_TIMESTAMP}, _equal, "The value is this one."),
    "In": Operator({"rightValues": _SCALARS}, _in, "The value is one of these."),
    "Greater": Operator(_COMPARISON, partial(_compare, (1,)), "Greater than, or later."),
    "Less": Operator(_COMPARISON, partial(_compare, (-1,)), "Less than, or earlier."),
    "GreaterEqual": Operator(_COMPARISON, partial(_compare, (0, 1)), "At least."),
    "LessEqual": Operator(_COMPARISON, partial(_compare, (-1, 0)), "At most."),
    "Between": Operator(
        {"minValue": _SCALAR_OR_MOMENT, "maxValue": _SCALAR_OR_MOMENT, "rightValue": _ANYTHING},
        _between,
        "From minValue to maxValue, both included.",
    ),
    "Contain": Operator({"rightValues": _TEXTS}, partial(_any_part, _contains), "Any of these is in the text."),
    "StartWith": Operator({"rightValues": _TEXTS}, partial(_any_part, str.startswith), "It starts with any of these."),
    "EndWith": Operator({"rightValues": _TEXTS}, partial(_any_part, str.endswith), "It ends with any of these."),
    "Regexp": Operator({"rightValue": _PATTERN}, _regexp, "An RE2 pattern is found in the text.", REGEXPS),
    "TimeToday": Operator({}, partial(_calendar, "day", 0), "Today.", TIMES),
    "TimeThis": Operator({"from": _FROM_UNIT}, lambda unit: _calendar(unit, 0), "In this calendar unit.", TIMES),
    "TimeNext": Operator({"from": _FROM_UNIT}, lambda unit: _calendar(unit, 1), "In the next one.", TIMES),
    "TimeWithinPast": Operator({"unit": _UNIT, "value": _COUNT}, _within_past, "So long ago at most.", TIMES),
    "TimeWithinNext": Operator({"unit": _UNIT, "value": _COUNT}, _within_next, "So far ahead at most.", TIMES),
    "TimeInBetweenNext": Operator({"from": _NEXT, "to": _NEXT}, _within, "Between two distances ahead.", TIMES),
    "TimeRange": Operator(
        {"from": _LAST, "duration": _DURATION, "reverse": _FORWARD}, _range, "From so long ago, for so long.", TIMES
    ),
}
"""All but IsNull, which alone is asked about values that are not there."""
