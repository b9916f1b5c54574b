"""One server for the whole run; every test has a namespace, and thereby a world, of its own."""

import itertools
from collections.abc import Callable, Generator, Iterator
from typing import Any

import httpx
import hypothesis
import pytest

from emulator.core.world import World
from emulator.server import Background
from emulator.settings import Options
from emulator.vendors import VENDORS
from tests.described import Watch
from tests.proofs import Proofs, note
from tests.toy_vendor import VENDOR

collect_ignore = ["clients"]  # what ./run clients installs has tests of its own
_numbers = itertools.count(1)
hypothesis.settings.register_profile("any machine", deadline=None)  # a slow one is no fault of the code
hypothesis.settings.load_profile("any machine")
_watch = Watch([VENDOR, *VENDORS])
_watch.start()
_proofs = Proofs(VENDORS)
_proofs.start()


def pytest_collection_finish(session: pytest.Session) -> None:
    note(session)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test fails where a vendor's operation gave an answer that the vendor's OpenAPI document does not describe, and
    where it names a provenance entry that none of its answers relied on."""
    try:
        result = yield
    except BaseException:
        _watch.complaints()
        _proofs.missing(item)
        _proofs.unexplained()
        raise
    complaints = _watch.complaints()
    assert not complaints, "answers that no document describes:\n" + "\n".join(complaints)
    unexplained = _proofs.unexplained()
    assert not unexplained, "refusals that no check explains:\n" + "\n".join(unexplained)
    missing = _proofs.missing(item)
    assert not missing, "the test does not prove what it says:\n" + "\n".join(missing)
    return result


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
