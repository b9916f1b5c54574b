"""Values as JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import isinf
from typing import TypeAlias

from emulator.vendors.talonone.talang.errors import TalangError, TalangLimit
from emulator.vendors.talonone.talang.kinds import DEEPEST_LIST, Value, value_of
from emulator.vendors.talonone.talang.moments import moment_text, within_calendar

MOST_ITEMS = 100_000
MOST_WHOLE = 2**63 - 1

JSON: TypeAlias = "str | int | float | bool | list[JSON] | dict[str, JSON] | None"


def to_json(value: Value) -> JSON:
    """The value as JSON: whole numbers without a point, times in UTC with a `Z`.

    Bounded, because a list of two of the same list, twenty times over, is small until it is written out.
    """
    return _Writer().json(value, 0)


class _Writer:
    def __init__(self) -> None:
        self.items = 0

    def json(self, raw: object, depth: int) -> JSON:
        self.items += 1
        if depth > DEEPEST_LIST or self.items > MOST_ITEMS:
            raise TalangLimit("the value is too large to be written as JSON")
        if isinstance(raw, list | tuple):
            return [self.json(item, depth + 1) for item in raw]
        if isinstance(raw, Mapping):
            return {self.key(key): self.json(item, depth + 1) for key, item in raw.items()}
        match value_of(raw):
            case Decimal() as number:
                return json_number(number)
            case datetime() as moment:
                return moment_text(within_calendar(moment).astimezone(UTC))
            case str() | bool() | None as plain:
                return plain
        raise TalangError(f"{type(raw).__name__} cannot be written as JSON")

    def key(self, key: object) -> str:
        if not isinstance(key, str):
            raise TalangError(f"{type(key).__name__} is not a key of a map")
        return key


def json_number(number: Decimal) -> int | float:
    """A number that is whole as a float is written as an integer of at most 64 bits: strict clients refuse 10.0 for a
    count. What no float can hold is an error."""
    whole = number.to_integral_value()
    if number == whole and abs(whole) <= MOST_WHOLE:
        return int(whole)
    nearest = float(number)
    if isinf(nearest):
        raise TalangError("the number is too large to be written as JSON")
    return int(nearest) if nearest.is_integer() and abs(nearest) < MOST_WHOLE else nearest
