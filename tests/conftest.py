"""One server for the whole run; every test has a namespace, and thereby a world, of its own."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from emulator.core.world import World
from emulator.server import Background
from emulator.settings import Options

collect_ignore = ["clients"]  # what ./run clients installs has tests of its own
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Background]:
    with Background(Options(port=0, max_namespaces=100_000)) as running:
        yield running


@pytest.fixture
def namespace(server: Background) -> Iterator[str]:
    name = f"test-{next(_numbers)}"
    yield name
    server.emulator.worlds.drop(name)


@pytest.fixture
def world(server: Background, namespace: str) -> World:
    """The test's world from inside, for setting the scene: clock, rows, settings."""
    return server.emulator.worlds[namespace]


@pytest.fixture
def client(server: Background, namespace: str) -> Iterator[httpx.Client]:
    """An HTTP client whose base is the test's own namespace: ``client.post("/primedata/pub/…")``."""
    with httpx.Client(base_url=f"{server.url}/ns/{namespace}") as one:
        yield one


@pytest.fixture
def load(server: Background, world: World) -> Callable[[dict[str, Any]], None]:
    """Put the test's world into a scenario written in the test: ``load({"primedata": {…}})``."""

    def loader(sections: dict[str, Any]) -> None:
        world.reset(server.emulator.scenarios.plant({"name": "test", **sections}))

    return loader
