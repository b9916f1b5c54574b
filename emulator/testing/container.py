"""The venue that many share: an emulator that runs elsewhere, and in it a namespace for each process of a suite."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

import httpx

from emulator import __version__
from emulator.client import (
    JSON_TYPE,
    Client,
    EmulatorError,
    NotAnEmulator,
    Refused,
    Said,
    TokenWanted,
    Unreachable,
    at_the_call,
)
from emulator.core.clock import stopwatch
from emulator.core.errors import Level
from emulator.core.faults import HEADER as FAULT_HEADER
from emulator.direct import Call
from emulator.interception.connections import Connections
from emulator.interception.httpx_transport import AsyncTransport, Transport
from emulator.interception.policy import Policy, Redirect
from emulator.interception.targets import Container
from emulator.settings import TOKEN_VARIABLE
from emulator.testing.arrangement import Arrangement
from emulator.testing.errors import Unusable
from emulator.testing.scenarios import Order, Orders
from emulator.testing.server import EmulatorServer, elsewhere
from emulator.testing.venues import Venue
from emulator.vendors import VENDORS

__tracebackhide__ = at_the_call
_NANOSECONDS = 1_000_000_000
_SEEDING = 60 * _NANOSECONDS
"""For an emulator that has only just been started."""
_LOOKING = 10 * _NANOSECONDS
"""That a suite spends in all on looking whether an emulator is back that was lost."""
_ANSWERING = 30.0
_BRIEFLY = 1.0
"""Seconds for a control call, and for one whose answer matters less."""
_MOST_SHOWN = 100
_NOT_FOUND, _FULL = 404, 507
_REFUSED = 400


class ContainerVenue(Venue):
    name = "container"

    def __init__(self, url: str, namespace: str, fixtures: Path | None = None, token: str | None = None) -> None:
        """Calls nobody yet. `fixtures` is the directory with the suite's own scenarios, `token` what the emulator asks
        for, if it does."""
        self.vendors = VENDORS
        self._url = url
        self._namespace = namespace
        self._connections = Connections(url)
        self._target = Container(url, namespace, self._connections)
        self._orders = Orders(fixtures)
        self._traces = _Traces()
        self._desk = _Desk(url, namespace, self._connections, self._traces, token)
        self._control = _Control(url, namespace, self._connections, self._traces, token, self._orders)
        self._start: str | None = None
        self._version = ""
        self._there = False
        self._lost = False
        self._locked = False
        self._patience = _LOOKING

    def begin(self, arrangement: Arrangement) -> Policy:
        with self._explained():
            self._look_again()
            start = self._greeted()
            order = self._orders.order(arrangement, start)
            self._traces.fail_on = arrangement.fail_on
            if self._traces.strayed or (order.document is None and order.name in self._traces.told):
                self._renew()
            self._take(order)
            self._traces.strayed = False
        return Redirect(self._target, self.vendors, arrangement.network, allowed=[self._connections.host])

    # The emulator there

    def _greeted(self) -> str:
        """The name of its start-up scenario. Raises `EmulatorError` or `Unusable`."""
        if self._start is None:
            self._version = str(self._ready()["version"])
            self._there = True
            start = str(self._desk.scenarios()["current"])
            self._check_hosts()
            self._start = start
        return self._start

    def _ready(self) -> Mapping[str, Any]:
        """Its health, once it has its scenario."""
        until = stopwatch() + _SEEDING
        while not (health := self._health(_ANSWERING))["ready"]:
            if stopwatch() > until:
                raise Unusable(f"the emulator at {self._url} is still loading its scenario after a minute")
            sleep(0.1)
        return health

    def _health(self, timeout: float) -> Mapping[str, Any]:
        content = self._desk.call("GET", "health", timeout=timeout)
        with suppress(ValueError):
            health = json.loads(content)
            if isinstance(health, dict) and {"ready", "version"} <= health.keys():
                return health
        said = content[:_MOST_SHOWN].decode("utf-8", "replace")
        raise NotAnEmulator(f"{self._url} is no emulator: asked for its health it answers {said}")

    def _check_hosts(self) -> None:
        """Production URLs reach it by their Host header, if that arrives. A fault that no vendor has is refused before
        anything is done, and nobody else would say so."""
        host = self.vendors[0].hosts[0].pattern
        headers = [(FAULT_HEADER.encode("ascii"), b"none-of-these")]
        try:
            reply = self._target.answer(Call("GET", "https", host, "/", headers=headers), _ANSWERING)
        except OSError as error:
            raise Unreachable(str(error)) from None
        if b"none-of-these" not in reply.body:
            raise Unusable(
                f"the emulator at {self._url} cannot be called by the vendors' host names: what stands before it (a "
                f"proxy, an ingress) answers {reply.status} for {host}. Name the emulator's own address"
            )

    def _take(self, order: Order) -> None:
        """Bring the namespace into the scenario; one that has been told before need not be told again."""
        if order.document is not None and self._traces.told.get(order.name) != order.document:
            self._desk.seed(order.document)
            return
        try:
            self._desk.reset(scenario=order.name)
        except Refused as error:
            if error.status != _NOT_FOUND or self._traces.told.pop(order.name, None) is None:
                raise
            self._take(order)  # it has been started anew, and forgotten what it was told

    def _renew(self) -> None:
        """Forget what a reset would keep: scenarios that it was told, and snapshots."""
        self._traces.told.clear()
        try:
            self._desk.delete_namespace(self._namespace)
        except Refused as error:
            if error.status != _NOT_FOUND:
                raise

    # When it is not as it should be

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Whatever it cannot do is told in full once, and briefly from then on."""
        try:
            yield
        except TokenWanted as error:
            self._locked = True
            raise Unusable(str(error)) from None
        except Refused as error:
            raise Unusable(self._refusal(error)) from None
        except EmulatorError as error:
            self._lost = True
            before = "" if self._start is None else " (it has answered before: see whether it was stopped)"
            raise Unusable(f"{error}{before}") from None

    def _look_again(self) -> None:
        if self._locked:
            raise Unusable(
                f"the emulator at {self._url} asks for its control token: the first test that needed it says more"
            )
        if not self._lost:
            return
        if self._patience > 0:
            began = stopwatch()
            with suppress(EmulatorError):
                self._health(_BRIEFLY)
                self._lost, self._start = False, None
                self._traces.told.clear()
            self._patience -= stopwatch() - began
        if self._lost:
            raise Unusable(f"the emulator at {self._url} is not there: the first test that needed it says more")

    def _refusal(self, error: Refused) -> str:
        said = error.sentences
        text = f": {said[0]}" if len(said) == 1 else ":\n" + "\n".join(f"  {one}" for one in said)
        if error.status == _NOT_FOUND and (own := self._orders.names()):
            text += f". The suite's own, in emulator_fixtures, are: {', '.join(own)}"
        if error.status == _FULL:
            text += ". Test runs that were killed have left theirs behind, which are called pytest-…"
        if self._version not in ("", __version__):
            text += f"\nThat emulator is version {self._version}, and this suite's is {__version__}"
        return f"the emulator at {self._url} cannot begin as this test asks{text}"

    # What a test sees

    @property
    def control(self) -> Client:
        return self._control

    def base_url(self, slug: str) -> str:
        return self._desk.base_url(slug)

    def credentials(self, slug: str) -> Sequence[Mapping[str, str]]:
        found = next((one for one in self._desk.vendors() if one["slug"] == slug), None)
        if found is None:
            raise Unusable(f"the emulator at {self._url}, version {self._version}, has no vendor {slug}")
        credentials: Sequence[Mapping[str, str]] = found["credentials"]
        return credentials

    def transport(self) -> httpx.BaseTransport:
        return Transport(self._target)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        return AsyncTransport(self._target)

    def server(self) -> EmulatorServer:
        return elsewhere(self._control)

    def faults(self) -> list[Any]:
        return self._desk.faults()

    def close(self) -> None:
        if self._there and not self._lost:
            with suppress(EmulatorError):
                self._desk.call("DELETE", f"namespaces/{self._namespace}", timeout=5 * _BRIEFLY)
        self._connections.close()


@dataclass(slots=True)
class _Traces:
    """What the namespace holds that no reset takes away: scenarios that it was `told`, by name, and whether a test has
    `strayed` from them, or left snapshots. `fail_on` is to hold after every reset."""

    told: dict[str, bytes] = field(default_factory=dict)
    strayed: bool = False
    fail_on: Level | None = None


class _Desk(Client):
    """The namespace's control plane, with an eye on what is left there."""

    _option = "--emulator-url"
    _token_option = f"set the variable {TOKEN_VARIABLE} to it"

    def __init__(self, url: str, namespace: str, connections: Connections, traces: _Traces, token: str | None) -> None:
        super().__init__(url, namespace, token=token, timeout=_ANSWERING)
        self._connections = connections
        self._traces = traces

    def send(self, method: str, path: str, body: bytes, media_type: str | None, timeout: float) -> Said:
        said = super().send(method, path, body, media_type, timeout)
        if said.status >= _REFUSED or method not in ("POST", "PUT"):
            return said
        if path.startswith(("scenarios", "snapshots")):
            self._traces.strayed = True
        if path == "scenarios":
            self._traces.told[json.loads(said.content)["name"]] = body
        if path in ("reset", "scenarios") and self._traces.fail_on is not None:
            order = json.dumps({"fail_on": self._traces.fail_on}).encode()
            refused = super().send("PATCH", "provenance", order, JSON_TYPE, timeout)
            return said if refused.status < _REFUSED else refused
        return said

    def carry(self, method: str, target: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Said:
        sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        sent += [(b"host", self._connections.authority), (b"content-length", b"%d" % len(body))]
        came = self._connections.exchange(method, target, sent, body, timeout)
        kind = next((value for name, value in came.headers if name == b"content-type"), b"")
        return Said(came.status, came.reason, kind.decode("latin-1"), came.body)


class _Control(_Desk):
    """The same for tests, whose resets may name scenarios that only their suite has."""

    def __init__(
        self,
        url: str,
        namespace: str,
        connections: Connections,
        traces: _Traces,
        token: str | None,
        orders: Orders,
    ) -> None:
        super().__init__(url, namespace, connections, traces, token)
        self._orders = orders

    def send(self, method: str, path: str, body: bytes, media_type: str | None, timeout: float) -> Said:
        if (method, path) == ("POST", "reset"):
            order = json.loads(body)
            if "vendor" not in order and (document := self._orders.own(order.get("scenario"))) is not None:
                return super().send(method, "scenarios", document, JSON_TYPE, timeout)
        return super().send(method, path, body, media_type, timeout)
