"""Composition root: the ASGI application that puts vendors, worlds and the control plane together.

The only place that knows them all. Vendor calls go through the exchange; everything under ``/_emulator`` goes to a
FastAPI application, which is imported when it is first needed: a process is ready in half the time, and one that only
answers for vendors does with an eighth less memory.
"""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from emulator import __version__
from emulator.control import authority, health
from emulator.control.door import Door, guarded
from emulator.control.scenario import Scenarios
from emulator.core.addressing import NAMESPACE_HEADER, Addressing
from emulator.core.aside import aside
from emulator.core.clock import machine_now
from emulator.core.delivery import Receive, Scope, Send, send_answer
from emulator.core.errors import Level, Misuse
from emulator.core.exchange import Exchange, Manners
from emulator.core.vendor import Vendor
from emulator.core.world import Bounds
from emulator.core.worlds import Worlds
from emulator.settings import Options, scenario_directories
from emulator.vendors import VENDORS

if TYPE_CHECKING:
    from fastapi import FastAPI

    from emulator.core.keeping.vault import Vault


class Emulator:
    """All vendors over all worlds, as one ASGI application.

    `prepare` must have run before vendor calls are answered; the server does that while it starts to listen.
    """

    def __init__(self, options: Options | None = None, vendors: Sequence[Vendor] = VENDORS) -> None:
        self.options = options or Options()
        self.vendors = vendors
        self.scenarios = Scenarios(vendors, scenario_directories(self.options), self.options.overrides)
        self.worlds = Worlds(
            vendors,
            Bounds(namespaces=self.options.max_namespaces, journal_entries=self.options.journal),
            unwanted=None if self.options.fail_on is None else Level(self.options.fail_on),
        )
        self.addressing = Addressing(vendors)
        self.exchange = Exchange(
            Manners(
                bare=self.options.bare,
                vendor_404=self.options.unimplemented == "vendor",
                most_body=self.options.max_body,
            )
        )
        self._door = Door(vendors, [self.options.host, *self.options.tls_hosts], self.options.control_token)
        self.tls: authority.Tls | None = None
        self._control: FastAPI | None = None
        self._importing = threading.Lock()

    def prepare(self) -> None:
        """Read and plant the start-up scenario, unless new worlds have one to begin with, and bring back the worlds
        that the data directory keeps. Raises `ScenarioError` and `KeepingError`."""
        if not self.worlds.ready:
            self.worlds.begin(self.scenarios.seed(self.options.scenario), self._vault())

    def _vault(self) -> "Vault | None":
        if self.options.data_dir is None:
            return None
        from emulator.core.keeping.vault import Vault  # noqa: PLC0415 - only where something is to be kept

        return Vault(self.options.data_dir, self.vendors)

    def finish(self) -> None:
        """No more calls will come: write what is left to write, and let go of the data directory."""
        self.worlds.finish()

    def misdirected(self, says: str) -> None:
        """Remember that somebody called in a way that no world can take, for whoever looks at the calls."""
        self.worlds.misdirected.append((machine_now(), says))

    def control(self) -> "FastAPI":
        """The control plane's application, imported at the first call."""
        with self._importing:
            if self._control is None:
                from emulator.control.router import control_app  # noqa: PLC0415 - half of the start-up time

                self._control = control_app(self.worlds, self.scenarios, self.exchange, __version__)
            return self._control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            raise ValueError(f"the emulator speaks HTTP, not {scope['type']}")

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        host, named = addressed(scope["headers"])
        path = scope.get("raw_path") or scope["path"].encode()
        try:
            address = self.addressing.resolve(path.decode("latin-1"), host, named)
            if address.vendor is None:
                await self.controlled(address.path, address.namespace, scope, receive, send)
                return
            request = await self.exchange.read(address, address.vendor, scope, receive)
        except Misuse as misuse:
            await send_answer(misuse.answer(), send)
            return
        try:
            world = self.worlds[address.namespace]
        except Misuse as misuse:
            await send_answer(self.exchange.misused(address.vendor, request, misuse), send)
            return
        await self.exchange.serve(world, address.vendor, request, scope, receive, send)

    async def controlled(self, path: str, namespace: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A call of the control plane, `path` being what follows host and namespace."""
        send = guarded(send)
        try:
            self._door.admit(path, scope)
        except Misuse as misuse:
            await send_answer(misuse.answer(), send)
            return
        method = scope["method"]
        answer = health.answer(method, path, self.worlds.ready, __version__)
        if answer is not None or (answer := authority.answer(method, path, self.tls)) is not None:
            await send_answer(answer, send)
            return
        app = await aside(self.control) if self._control is None else self._control
        inner: dict[str, Any] = {**scope, "path": unquote(path), "raw_path": path.encode("latin-1"), "root_path": ""}
        inner |= {"emulator.namespace": namespace, "emulator.tls": self.tls}
        await app(inner, receive, send)


def addressed(headers: Sequence[tuple[bytes, bytes]]) -> tuple[str, str | None]:
    """Host and named namespace, in one walk over the headers."""
    host, named = "", None
    for name, value in headers:
        if name == b"host":
            host = value.decode("latin-1")
        elif name == NAMESPACE_HEADER:
            text = value.decode("latin-1")
            named = text if named is None else f"{named}, {text}"
    return host, named


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
