"""The venue that needs nothing: an emulator in the process of the tests."""

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from emulator.app import Emulator
from emulator.client import Client
from emulator.control.scenario import ScenarioError
from emulator.control.scenario_text import parse
from emulator.core.addressing import DEFAULT_NAMESPACE
from emulator.core.errors import Level
from emulator.core.world import Seed
from emulator.direct import DirectClient
from emulator.interception.httpx_transport import AsyncTransport, Transport
from emulator.interception.policy import Policy, Redirect
from emulator.interception.targets import InProcess
from emulator.settings import Options
from emulator.testing.arrangement import Arrangement
from emulator.testing.venues import Unusable, Venue, scenario_trouble


class InProcessVenue(Venue):
    name = "in-process"

    def __init__(self, options: Options) -> None:
        """Raises `Unusable` where the start-up scenario cannot be had."""
        self.emulator = Emulator(options)
        self.vendors = self.emulator.vendors
        self._target = InProcess(self.emulator)
        self._control = DirectClient(self.emulator)
        self._seeds: dict[str, Seed] = {}
        self._lock = threading.Lock()
        try:
            self.emulator.prepare()
        except ScenarioError as error:
            raise scenario_trouble(error) from None

    def begin(self, arrangement: Arrangement) -> Policy:
        worlds = self.emulator.worlds
        try:
            seed = self._seed(arrangement)
        except ScenarioError as error:
            raise scenario_trouble(error) from None
        for name in worlds.names():
            if name != DEFAULT_NAMESPACE:
                worlds.drop(name)
        worlds.misdirected.clear()
        world = worlds[DEFAULT_NAMESPACE]
        with world.turn:
            world.reset(seed)
            world.scenarios.clear()
            world.snapshots.clear()
            if arrangement.fail_on is not None:
                world.unwanted = Level(arrangement.fail_on)
        return Redirect(self._target, self.vendors, arrangement.network)

    def _seed(self, arrangement: Arrangement) -> Seed:
        scenario, clock = arrangement.scenario, arrangement.clock
        name = scenario or self.emulator.options.scenario
        if clock is None and isinstance(name, str) and not Path(name).suffix:
            return self.emulator.scenarios.seed(name)
        moment = clock.astimezone(UTC).isoformat() if isinstance(clock, datetime) else clock
        key = json.dumps([name, moment], sort_keys=True, default=str)
        with self._lock:
            seed = self._seeds.get(key)
            if seed is None:
                document = self._document(name)
                if moment is not None:
                    document["clock"] = None if moment == "real" else moment
                seed = self._seeds[key] = self.emulator.scenarios.plant(document)
            return seed

    def _document(self, scenario: str | Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(scenario, str):
            return {"name": "test", **scenario}
        file = Path(scenario)
        if not file.suffix:
            return self.emulator.scenarios.document(scenario)
        try:
            return parse(file.read_bytes())
        except OSError as error:
            raise Unusable(f"scenario {scenario!r} cannot be read: {error.strerror}") from None

    @property
    def control(self) -> Client:
        return self._control

    def base_url(self, slug: str) -> str:
        return f"http://{slug}.localhost"

    def credentials(self, slug: str) -> Sequence[Mapping[str, str]]:
        world = self.emulator.worlds[DEFAULT_NAMESPACE]
        vendor = next(vendor for vendor in self.vendors if vendor.slug == slug)
        with world.turn:
            return vendor.credentials(world.work(vendor))

    def transport(self) -> httpx.BaseTransport:
        return Transport(self._target)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        return AsyncTransport(self._target)

    def faults(self) -> list[Any]:
        return self._control.faults() if len(self.emulator.worlds[DEFAULT_NAMESPACE].faults) else []

    def calls_made(self) -> bool:
        return self.emulator.worlds[DEFAULT_NAMESPACE].journal.last_id > 0

    def close(self) -> None:
        for name in self.emulator.worlds.names():
            self.emulator.worlds.drop(name)
