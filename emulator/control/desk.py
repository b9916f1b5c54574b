"""What every control call works with: the worlds, the scenarios, and the world that the call is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from emulator.control.openapi import Documents
from emulator.control.scenario import Scenarios
from emulator.control.schemas import VendorFilter
from emulator.core.exchange import Exchange
from emulator.core.vendor import Vendor
from emulator.core.world import World
from emulator.core.worlds import Worlds

PREFIX = "/_emulator"
DONE = 204


@dataclass(frozen=True, slots=True)
class Desk:
    """What the control plane works with."""

    worlds: Worlds
    scenarios: Scenarios
    exchange: Exchange
    documents: Documents
    version: str

    @property
    def vendors(self) -> Sequence[Vendor]:
        return self.worlds.vendors


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def _here(request: Request) -> World:
    desk: Desk = request.app.state.desk
    return desk.worlds[request.scope["emulator.namespace"]]


At = Annotated[Desk, Depends(_desk)]
Here = Annotated[World, Depends(_here)]
OfVendor = Annotated[VendorFilter, Depends(VendorFilter.read)]


def told(value: Any, status: int = 200) -> Response:  # Any: whatever orjson writes
    return Response(orjson.dumps(value, default=_as_text), status, media_type="application/json")


def _as_text(value: object) -> str:
    """A blob from a store."""
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} is no JSON")
