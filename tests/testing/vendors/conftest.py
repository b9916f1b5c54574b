"""The vendors' fixtures as a test has them, in the demo world at a moment that stands still, without pytest around: in
this process, and in an emulator that many share."""

from collections.abc import Iterator

import pytest

from emulator.server import Background
from emulator.settings import Options
from emulator.testing import Algonomy, Emulator, PrimeData, TalonOne, TreasureData
from emulator.testing.arrangement import Arrangement
from emulator.testing.container import ContainerVenue
from emulator.testing.in_process import InProcessVenue
from emulator.testing.options import SuiteOptions
from emulator.testing.suite import Suite

NOW = "2026-01-05T09:00:00Z"


@pytest.fixture(scope="session", params=["in-process", "container"])
def suite(request: pytest.FixtureRequest, server: Background) -> Iterator[Suite]:
    in_process = request.param == "in-process"
    venue = InProcessVenue(Options()) if in_process else ContainerVenue(server.url, "vendor-fixtures")
    suite = Suite(venue, SuiteOptions())
    yield suite
    suite.close()


@pytest.fixture
def emulator(suite: Suite, request: pytest.FixtureRequest) -> Iterator[Emulator]:
    with suite.test(Arrangement(clock=NOW), request.node.name) as view:
        yield view


@pytest.fixture
def talonone(emulator: Emulator) -> TalonOne:
    return emulator.talonone


@pytest.fixture
def treasuredata(emulator: Emulator) -> TreasureData:
    return emulator.treasuredata


@pytest.fixture
def primedata(emulator: Emulator) -> PrimeData:
    return emulator.primedata


@pytest.fixture
def algonomy(emulator: Emulator) -> Algonomy:
    return emulator.algonomy
