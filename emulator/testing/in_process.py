"""The venue that needs nothing: an emulator in the process of the tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from emulator.app import Emulator
from emulator.client import Client
from emulator.control.scenario import ScenarioError
from emulator.control.scenario_text import parse
from emulator.core.addressing import DEFAULT_NAMESPACE
from emulator.core.world import Seed
from emulator.direct import DirectClient
from emulator.interception.httpx_transport import AsyncTransport, Transport
from emulator.interception.policy import Policy, Redirect
from emulator.interception.targets import InProcess
from emulator.settings import Options
from emulator.testing.arrangement import Arrangement, Scenario, identity
from emulator.testing.scenarios import called
from emulator.testing.server import Door, EmulatorServer
from emulator.testing.venues import Unusable, Venue, scenario_trouble

_MOST_SEEDS = 32
"""That are kept for the next test that begins alike."""


class InProcessVenue(Venue):
    name = "in-process"

    def __init__(self, options: Options) -> None:
        self.emulator = Emulator(options)
        self.vendors = self.emulator.vendors
        self._target = InProcess(self.emulator)
        self._control = DirectClient(self.emulator)
        self._door = Door(self.emulator)
        self._seeds: dict[object, Seed] = {}

    def begin(self, arrangement: Arrangement) -> Policy:
        seed, worlds = self._seed(arrangement), self.emulator.worlds
        for name in worlds.names():
            if name != DEFAULT_NAMESPACE:
                worlds.drop(name)
        worlds.misdirected.clear()
        worlds.seed, worlds.unwanted = seed, arrangement.fail_on
        world = worlds[DEFAULT_NAMESPACE]
        with world.turn:
            world.unwanted_at_start = arrangement.fail_on
            world.reset(seed)
            world.scenarios.clear()
            world.snapshots.clear()
        return Redirect(self._target, self.vendors, arrangement.network)

    def _seed(self, arrangement: Arrangement) -> Seed:
        """What a clock is given for is planted as at that moment. Raises `Unusable`."""
        scenarios, clock = self.emulator.scenarios, arrangement.clock
        scenario = self.emulator.options.scenario if arrangement.scenario is None else arrangement.scenario
        try:
            if clock is None and isinstance(scenario, str):
                return scenarios.seed(scenario)
            key = (identity(scenario), clock, *scenarios.stamp())
            seed = self._seeds.get(key)
            if seed is None:
                document = self._document(scenario)
                if clock is not None:
                    document["clock"] = None if clock == "real" else clock
                while len(self._seeds) >= _MOST_SEEDS:
                    del self._seeds[next(iter(self._seeds))]
                seed = self._seeds[key] = scenarios.plant(document)
            return seed
        except ScenarioError as error:
            raise scenario_trouble(error, called(scenario)) from None

    def _document(self, scenario: Scenario) -> dict[str, Any]:
        if isinstance(scenario, str):
            return self.emulator.scenarios.document(scenario)
        if not isinstance(scenario, Path):
            return dict(scenario)
        try:
            return parse(scenario.read_bytes())
        except OSError as error:
            raise Unusable(f"the scenario {scenario} cannot be read: {error.strerror}") from None

    @property
    def control(self) -> Client:
        return self._control

    def base_url(self, slug: str) -> str:
        return f"http://{slug}.localhost"

    def credentials(self, slug: str) -> Sequence[Mapping[str, str]]:
        world = self.emulator.worlds[DEFAULT_NAMESPACE]
        vendor = self.vendor(slug)
        with world.turn:
            return vendor.credentials(world.work(vendor))

    def transport(self) -> httpx.BaseTransport:
        return Transport(self._target)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        return AsyncTransport(self._target)

    def server(self) -> EmulatorServer:
        return self._door.server()

    def faults(self) -> list[Any]:
        return self._control.faults() if len(self.emulator.worlds[DEFAULT_NAMESPACE].faults) else []

    def calls_made(self) -> bool:
        return self.emulator.worlds[DEFAULT_NAMESPACE].journal.last_id > 0

    def close(self) -> None:
        self._door.close()
        for name in self.emulator.worlds.names():
            self.emulator.worlds.drop(name)
