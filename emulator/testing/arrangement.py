"""What a test asks of its world: the marker's arguments over the suite's ini options over the defaults."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, get_args

import pytest

from emulator.control.scenario import SUFFIXES, ScenarioError, parse
from emulator.core.clock import parse_moment
from emulator.core.errors import Level
from emulator.core.faults import unknown
from emulator.interception.policy import Network
from emulator.testing.clock import written
from emulator.testing.errors import Unusable

Scenario: TypeAlias = str | Path | Mapping[str, Any]
"""The name of one, a file with one, or one itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """`clock` is a moment at which time stands still, as a scenario file writes it, or "real"; `fail_on` the level of
    provenance from which on nothing may shape an answer. `None` leaves it to the product."""

    scenario: Scenario | None = None
    clock: str | None = None
    fail_on: Level | None = None
    network: Network = "vendors"


def identity(scenario: Scenario) -> object:
    """Tells it from others, and a file from what it was before it changed."""
    if isinstance(scenario, str):
        return scenario
    if not isinstance(scenario, Path):
        return json.dumps(scenario, sort_keys=True)
    try:
        stat = scenario.stat()
    except OSError as error:
        raise Unusable(f"the scenario {scenario} cannot be read: {error.strerror}") from None
    return scenario, stat.st_mtime_ns, stat.st_size


class Said(NamedTuple):
    """One thing that somebody asks for. `where` names the place in sentences; paths count from the first of `homes`
    that has such a file."""

    where: str
    key: str
    value: Any
    homes: Sequence[Path]


def arrangement_of(item: pytest.Item, otherwise: Arrangement) -> Arrangement:
    """What the test's marks ask for, the closest first, over what it has otherwise. Raises `Unusable`."""
    said: dict[str, Said] = {}
    homes = [item.path.parent, item.config.rootpath]
    for mark in _marks(item):
        if mark.args:
            raise Unusable(
                f"@pytest.mark.emulator: {mark.args[0]!r} needs its name, one of {', '.join(KEYS)}: write "
                '@pytest.mark.emulator(scenario="demo")'
            )
        for key, value in mark.kwargs.items():
            if key not in KEYS:
                raise Unusable(f"@pytest.mark.emulator: {unknown(key, KEYS, 'argument')}")
            said.setdefault(key, Said(f"@pytest.mark.emulator({key}=…)", key, value, homes))
    return arranged(otherwise, said.values()) if said else otherwise


def arranged(otherwise: Arrangement, said: Iterable[Said]) -> Arrangement:
    """Raises `Unusable`."""
    return replace(otherwise, **{one.key: _READ[one.key](one) for one in said})


def _marks(item: pytest.Item) -> Iterator[pytest.Mark]:
    """The closest first: what was added while running, and a parameter's marks, before decorators; a class before its
    bases. Pytest's own order has both the other way round."""
    for node in reversed(item.listchain()):
        thing = getattr(node, "obj", None)
        owners = thing.__mro__ if isinstance(thing, type) else [thing]
        decorating = [mark for owner in owners for mark in _decorating(owner)]
        added = [mark for mark in node.own_markers if not any(mark is other for other in decorating)]
        yield from (mark for mark in [*reversed(added), *decorating] if mark.name == "emulator")


def _decorating(owner: object) -> list[pytest.Mark]:
    found = owner.__dict__.get("pytestmark", []) if isinstance(owner, type) else getattr(owner, "pytestmark", [])
    return [
        mark.mark if isinstance(mark, pytest.MarkDecorator) else mark
        for mark in (found if isinstance(found, list) else [found])
    ]


def _scenario(said: Said) -> Scenario | None:
    value = said.value
    if value is None:
        return None
    if isinstance(value, Mapping):
        return _plain(said.where, value)
    if isinstance(value, str) and value and not (value.endswith(SUFFIXES) or "/" in value or os.sep in value):
        return value
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise Unusable(
            f"{said.where}: {value!r} is no scenario: give the name of one, the path of a file, or a mapping"
        )
    for home in said.homes:
        with suppress(OSError):  # a name that no file could have
            if (home / value).is_file():
                return home / value
    homes = " or ".join(dict.fromkeys(map(str, said.homes)))
    raise Unusable(f"{said.where}: there is no file {str(value)!r} in {homes}")


def _plain(where: str, scenario: Mapping[str, Any]) -> Mapping[str, Any]:
    """As it would be read from a file, and out of reach of whoever changes it later."""
    try:
        return {"name": "test", **parse(json.dumps(dict(scenario), allow_nan=False).encode())}
    except (TypeError, ValueError, RecursionError, ScenarioError) as error:
        raise Unusable(f"{where}: the mapping cannot be a scenario: {error}") from None


def _clock(said: Said) -> str | None:
    value: object = said.value
    if value is None:
        return None
    if value == "real":
        return "real"
    if not isinstance(value, str | datetime):
        raise Unusable(
            f"{said.where}: {value!r} is no moment: give text such as 2026-01-05T09:00:00Z, a datetime with its time "
            'zone, or "real"'
        )
    try:
        return written(value) if isinstance(value, datetime) else _readable(value)
    except ValueError as error:
        raise Unusable(f"{said.where}: {error}") from None


def _readable(moment: str) -> str:
    try:
        parse_moment(moment, 0)
    except ValueError as error:
        raise ValueError(f'{error}; or say "real"') from None
    return moment


def _fail_on(said: Said) -> Level | None:
    if said.value is None:
        return None
    if said.value not in _REFUSABLE:
        raise Unusable(f"{said.where}: {unknown(str(said.value), _REFUSABLE, 'level')}")
    return Level(said.value)


def _network(said: Said) -> Network:
    if said.value not in get_args(Network):
        raise Unusable(f"{said.where}: {unknown(str(said.value), get_args(Network), 'network')}")
    network: Network = said.value
    return network


_READ: Mapping[str, Callable[[Said], Any]] = {  # Any: each has a field's own type
    "scenario": _scenario,
    "clock": _clock,
    "fail_on": _fail_on,
    "network": _network,
}
KEYS = tuple(_READ)
_REFUSABLE = [level for level in Level if level is not Level.DOCUMENTED]
