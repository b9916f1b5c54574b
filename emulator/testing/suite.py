"""One for each process of a test run: where its tests play, and what each of them begins with."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from secrets import token_hex  # noqa: TID251 - runs that share an emulator must never meet
from typing import Self

import pytest

from emulator.client import Client, EmulatorError
from emulator.interception import aiohttp_connector, detours, http_client, httpx_transport, resolver
from emulator.interception.arrivals import Arrivals
from emulator.interception.points import Busy, Held, Hold
from emulator.settings import Options
from emulator.testing.arrangement import Arrangement
from emulator.testing.container import ContainerVenue
from emulator.testing.emulator import Emulator
from emulator.testing.errors import Unusable
from emulator.testing.in_process import InProcessVenue
from emulator.testing.options import SuiteOptions
from emulator.testing.real import RealVenue
from emulator.testing.venues import Venue

_BRIEFLY = 5.0


def points() -> Iterator[Held]:
    """Of every HTTP library that can be led."""
    yield from httpx_transport.points()
    yield from http_client.points()
    yield Arrivals(
        {
            "urllib3.connection": http_client.urllib3_points,
            "urllib3.connectionpool": http_client.pool_points,
            "aiohttp.connector": aiohttp_connector.points,
            "uvloop": resolver.uvloop_points,
            "requests.adapters": detours.requests_adapters,
            "requests.sessions": detours.requests_sessions,
            "aiohttp.client": detours.aiohttp_client,
        }
    )
    yield resolver.Gate()


def look_around() -> None:
    """See the libraries' own functions as they are, so that they are known from others' replacements later."""
    with suppress(Busy), Hold(points, "the suite"):
        pass


class Suite:
    def __init__(self, venue: Venue, options: SuiteOptions) -> None:
        self.venue = venue
        self.options = options
        self._standing: Hold | None = None

    @classmethod
    def of(cls, config: pytest.Config) -> Self:
        """As the options of a test run have it. Raises `Unusable`."""
        options = SuiteOptions.of(config)
        if options.target == "real":  # what a suite asks of an emulator's world says nothing there
            options = replace(options, arrangement=Arrangement(network=options.arrangement.network))
        suite = cls(_venue(options, config), options)
        suite._stand()
        return suite

    @contextmanager
    def test(self, arrangement: Arrangement, name: str) -> Iterator[Emulator]:
        """What the fixtures of one test see. Raises `Unusable`."""
        with ExitStack() as stack:
            self._let_go()
            hold = _entered(Hold(points, name))
            if self.venue.between is None:
                stack.push(hold)
            else:
                self._standing = hold
                hold.lead(self.venue.between)
                stack.callback(hold.lead, self.venue.between)
            policy = self.venue.begin(arrangement)
            hold.lead(policy)
            view = Emulator(self.venue, policy, hold)
            stack.callback(view.close)
            yield view

    def settled(self, view: Emulator) -> list[str]:
        """All of a test is torn down. What it has left behind, a sentence each."""
        self._let_go()
        try:
            return view.left_behind()
        finally:
            self._stand()

    def _stand(self) -> None:
        """While no test is running, too, calls are judged where the venue wants it so. Raises `Unusable`."""
        if self.venue.between is not None:
            self._standing = _entered(Hold(points, "this run"))
            self._standing.lead(self.venue.between)

    def _let_go(self) -> None:
        standing, self._standing = self._standing, None
        if standing is not None:
            standing.__exit__(None, None, None)

    def close(self) -> None:
        self._let_go()
        self.venue.close()


def _venue(options: SuiteOptions, config: pytest.Config) -> Venue:
    """Raises `Unusable`."""
    if options.target == "real":
        return RealVenue(os.environ, may_write=options.allow_writes)
    if options.url is not None:
        return ContainerVenue(options.url, _namespace(config), options.fixtures, options.token)
    return InProcessVenue(Options(fixtures=options.fixtures))


def new_run() -> str:
    """What a run's namespaces begin with: ``pytest-3f9c04d1``."""
    return f"pytest-{token_hex(4)}"


def sweep(options: SuiteOptions, run: str) -> None:
    """Delete what the workers of a run have left in a shared emulator."""
    if options.url is None:
        return
    with suppress(EmulatorError):
        client = Client(options.url, token=options.token, timeout=_BRIEFLY)
        for name in client.namespaces()["namespaces"]:
            if name.startswith(f"{run}-"):
                client.delete_namespace(name)


def _namespace(config: pytest.Config) -> str:
    """Of this process alone: ``pytest-3f9c04d1``, of a worker of pytest-xdist ``pytest-3f9c04d1-gw3``."""
    said = getattr(config, "workerinput", {})
    run = said.get("emulator_run") or new_run()
    return f"{run}-{said['workerid']}" if said else run


def _entered(hold: Hold) -> Hold:
    try:
        return hold.__enter__()
    except Busy as busy:
        raise Unusable(str(busy)) from None
