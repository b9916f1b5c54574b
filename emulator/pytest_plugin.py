"""The pytest plugin: fixtures, marker, options, and what a failing test tells.

Loaded by every pytest run where this package is installed, so it imports nothing until a test asks for a fixture.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emulator.testing.emulator import Emulator
    from emulator.testing.suite import Suite

_SUITE: pytest.StashKey["Suite"] = pytest.StashKey()


def _suite(config: pytest.Config) -> "Suite":
    suite = config.stash.get(_SUITE, None)
    if suite is None:
        from emulator.settings import Options
        from emulator.testing.in_process import InProcessVenue
        from emulator.testing.suite import Suite

        suite = config.stash[_SUITE] = Suite(InProcessVenue(Options()))
        config.add_cleanup(suite.close)
    return suite


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator["Emulator"]:
    """A fresh world for this test, which the vendors' production URLs lead to."""
    from emulator.testing.arrangement import Arrangement

    with _suite(request.config).test(Arrangement()) as view:
        yield view
