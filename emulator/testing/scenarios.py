"""What an emulator elsewhere must be told, so that a test begins as its arrangement says: the scenarios of a suite lie
where the suite is."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from emulator.control.scenario import ScenarioError, Scenarios, parse
from emulator.settings import Options, scenario_directories
from emulator.testing.arrangement import Arrangement, Scenario, identity
from emulator.testing.errors import Unusable, refused
from emulator.testing.venues import scenario_trouble
from emulator.vendors import VENDORS

_MOST_KEPT = 32
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 63


class Order(NamedTuple):
    """The scenario that the emulator knows, or is to be told in this `document`, under `name`."""

    name: str
    document: bytes | None = None


class Orders:
    """`fixtures` is the directory with the suite's own scenarios."""

    def __init__(self, fixtures: Path | None) -> None:
        self._fixtures = fixtures
        self._scenarios = Scenarios(VENDORS, scenario_directories(Options(fixtures=fixtures)))
        self._kept: dict[object, Order] = {}

    def order(self, arrangement: Arrangement, start: str) -> Order:
        """`start` is the emulator's start-up scenario. Raises `Unusable`."""
        scenario, clock = arrangement.scenario, arrangement.clock
        if scenario is None:
            scenario = start
        if isinstance(scenario, str) and not self._is_own(scenario):
            return Order(scenario) if clock is None else _at(scenario, clock)
        key = (identity(scenario), clock, *self._scenarios.stamp())
        order = self._kept.get(key)
        if order is None:
            while len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            order = self._kept[key] = self._told(scenario, clock)
        return order

    def names(self) -> list[str]:
        """Of the suite's own."""
        return sorted({path.stem for path, *_ in self._scenarios.stamp() if path.parent == self._fixtures})

    def own(self, name: object) -> bytes | None:
        """The suite's own scenario of that name, if it has one. Raises `Refused`."""
        if not isinstance(name, str) or not self._is_own(name):
            return None
        try:
            return self.order(Arrangement(scenario=name), name).document
        except Unusable as unusable:
            raise refused(str(unusable)) from None

    def _is_own(self, name: str) -> bool:
        return name in self.names()

    def _told(self, scenario: Scenario, clock: str | None) -> Order:
        try:
            document = self._document(scenario)
            if clock is not None:
                document["clock"] = _moment(clock)
            if document.get("extends") in self._scenarios.names():
                _, document = self._scenarios.validate(document)
                del document["extends"]
        except ScenarioError as error:
            raise scenario_trouble(error, called(scenario)) from None
        return Order(str(document.get("name")), json.dumps(document).encode())

    def _document(self, scenario: Scenario) -> dict[str, Any]:
        if isinstance(scenario, str):
            return self._scenarios.document(scenario)
        if isinstance(scenario, Mapping):
            return dict(scenario)
        try:
            return parse(scenario.read_bytes())
        except OSError as error:
            raise Unusable(f"the scenario {scenario} cannot be read: {error.strerror}") from None


def called(scenario: Scenario) -> str:
    return f"the scenario {scenario.name}" if isinstance(scenario, Path) else "the scenario"


def _at(name: str, clock: str) -> Order:
    """One that only the emulator has, as at another moment. It extends it, and so cannot have its name."""
    own = _NO_NAME.sub(".", f"{name}-at-{clock}")[:_LONGEST]
    return Order(own, json.dumps({"name": own, "extends": name, "clock": _moment(clock)}).encode())


def _moment(clock: str) -> str | None:
    return None if clock == "real" else clock
