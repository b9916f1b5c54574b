"""What names, moments and values look like in a scenario."""

import json
from collections.abc import Iterable
from typing import Annotated, Any, TypeAlias

import orjson
from pydantic import Field, JsonValue, StringConstraints

from emulator.core.clock import Micros
from emulator.core.section import SectionError
from emulator.core.work import Work
from emulator.vendors.primedata.contract.times import Nanos, clamped, parse_instant

Name: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[!-~]+$")]  # what an HTTP header can carry
Time: TypeAlias = Annotated[str, Field(description="ISO 8601, 2023:01:01T20:00:00Z, or a distance from now: -3d")]
Interval: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\d{1,9}[smhdw]$")] | Annotated[int, Field(ge=0)]
Values: TypeAlias = dict[str, JsonValue]

NOW = "+0s"
"""The moment of planting."""


def refuse_repeated(path: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            raise SectionError(f"{path}[{number}]", f"{name!r} is here already")
        seen.add(name)


def nanos_of(work: Work, text: str, path: str) -> Nanos:
    try:
        nanos = parse_instant(text).nanos
    except ValueError:
        nanos = _relative(work, text, path) * 1_000
    return storable(nanos, path)


def _relative(work: Work, text: str, path: str) -> Micros:
    try:
        return work.moment(text)
    except ValueError:
        raise SectionError(
            path, f"{text!r} is no moment: write 2023-01-01T20:00:00Z, 2023:01:01T20:00:00Z or a distance such as -3d"
        ) from None


def storable(nanos: Nanos, path: str) -> Nanos:
    if clamped(nanos) != nanos:
        raise SectionError(path, "moments lie between the years 1677 and 2262, where nanoseconds fit 64 bits")
    return nanos


_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def length_of(interval: str | int) -> Nanos:
    seconds = interval if isinstance(interval, int) else int(interval[:-1]) * _SECONDS[interval[-1]]
    return seconds * 1_000_000_000


def json_of(value: Any, path: str) -> str:  # Any: what a scenario's author wrote
    """orjson alone would quietly write null for NaN and the infinities."""
    try:
        json.dumps(value, allow_nan=False)
        return orjson.dumps(value).decode()
    except (TypeError, ValueError) as error:
        raise SectionError(path, f"cannot be written as JSON: {error}") from None
