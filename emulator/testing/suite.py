"""One for each process of a test run: where its tests play, and what each of them begins with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import pytest

from emulator.interception import httpx_transport
from emulator.interception.points import Point, in_force
from emulator.settings import Options
from emulator.testing.arrangement import Arrangement
from emulator.testing.emulator import Emulator
from emulator.testing.in_process import InProcessVenue
from emulator.testing.venues import Venue


def points() -> Iterator[Point]:
    """Of every HTTP library that can be led."""
    yield from httpx_transport.points()


class Suite:
    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    @classmethod
    def of(cls, config: pytest.Config) -> Self:
        """As the options of a test run have it. Raises `Unusable`."""
        return cls(InProcessVenue(Options()))

    @contextmanager
    def test(self, arrangement: Arrangement) -> Iterator[Emulator]:
        """What the fixtures of one test see. Raises `Unusable`."""
        policy = self.venue.begin(arrangement)
        with in_force(policy, points) as amiss:
            view = Emulator(self.venue, policy)
            try:
                yield view
            finally:
                view.close()
        view.amiss.extend(amiss)

    def close(self) -> None:
        self.venue.close()
