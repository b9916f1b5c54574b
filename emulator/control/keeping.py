"""What a control call has changed is written before its answer leaves, where worlds outlive their process.

A reset and a return to a snapshot write for themselves, with the rows that they change; everything else is written
here, once the answer is known. Where that fails, the call is refused and nothing has changed.
"""

import sqlite3
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.control.problems import answered
from emulator.core.aside import aside
from emulator.core.keeping.vault import unwritable
from emulator.core.world import Before, World, Worlds

_READS = ("GET", "HEAD", "OPTIONS")


class Kept:
    def __init__(self, app: ASGIApp, worlds: Worlds) -> None:
        self._app = app
        self._worlds = worlds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._worlds.vault is None or scope["type"] != "http" or scope["method"] in _READS:
            await self._app(scope, receive, send)
            return
        name: str = scope["emulator.namespace"]
        world = self._worlds.get(name)
        call = _Call(self._worlds, name, send, world, world.before() if world is not None and world.is_kept else None)
        await self._app(scope, receive, call.send)
        if call.refused is not None:
            await answered(unwritable(call.refused, f"namespace {name!r} cannot be kept"))(scope, receive, send)


@dataclass(slots=True)
class _Call:
    worlds: Worlds
    name: str
    outward: Send
    world: World | None
    before: Before | None
    refused: sqlite3.Error | None = None

    async def send(self, message: Message) -> None:
        """Hold the first word back until everything is written."""
        world = self.world
        if message["type"] == "http.response.start" and world is not None and self.before is not None:
            before, self.before = self.before, None
            try:
                await aside(lambda: world.keep(before))
            except sqlite3.Error as error:
                self.refused = error
        if self.refused is None:
            await self.outward(message)
