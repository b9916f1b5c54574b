"""The pytest plugin: fixtures, marker, options, and what a failing test tells.

Loaded by every pytest run where this package is installed, so it imports nothing until a test asks for a fixture.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emulator.testing import Algonomy, Emulator, PrimeData, TalonOne, TreasureData
    from emulator.testing.suite import Suite

_SUITE: pytest.StashKey["Suite"] = pytest.StashKey()
_VIEW: pytest.StashKey["Emulator"] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "emulator(*, scenario, clock, fail_on, network): the world that a test begins in; a test so marked needs no "
        "fixture to be led to the emulator",
    )


# A suite, and the world of a test


def _suite(config: pytest.Config) -> "Suite":
    suite = config.stash.get(_SUITE, None)
    if suite is None:
        from emulator.testing.suite import Suite

        suite = config.stash[_SUITE] = Suite.of(config)
        config.add_cleanup(suite.close)
    return suite


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator["Emulator"]:
    """A fresh world for this test, to which the vendors' production URLs lead."""
    from emulator.testing.arrangement import arrangement_of
    from emulator.testing.venues import NotHere, Unusable

    try:
        suite = _suite(request.config)
        test = suite.test(arrangement_of(request.node))
        with test as view:
            request.node.stash[_VIEW] = view
            yield view
    except Unusable as unusable:
        pytest.fail(str(unusable), pytrace=False)
    except NotHere as absent:
        pytest.skip(str(absent))


@pytest.fixture
def treasuredata(emulator: "Emulator") -> "TreasureData":
    """Treasure Data in this test's world."""
    return emulator.treasuredata


@pytest.fixture
def primedata(emulator: "Emulator") -> "PrimeData":
    """PrimeData in this test's world."""
    return emulator.primedata


@pytest.fixture
def algonomy(emulator: "Emulator") -> "Algonomy":
    """Algonomy in this test's world."""
    return emulator.algonomy


@pytest.fixture
def talonone(emulator: "Emulator") -> "TalonOne":
    """Talon.One in this test's world."""
    return emulator.talonone


# What becomes of a test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that would have passed fails where it arranged what never happened."""
    view = item.stash.get(_VIEW, None)
    if view is None:
        return (yield)
    from emulator.testing.venues import NotHere

    try:
        result = yield
    except NotHere as absent:
        pytest.skip(str(absent))
    if problems := view.unsettled():
        pytest.fail("\n".join(problems), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    view = item.stash.get(_VIEW, None)
    if view is not None and report.failed and call.when == "call":
        from emulator.testing.report import told

        if text := told(view):
            report.sections.append(("Calls to the emulator", text))
    return report
