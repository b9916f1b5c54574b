"""Calls about what has been asked and answered."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from emulator.control import requests
from emulator.control.desk import DONE, PREFIX, Here, told
from emulator.control.problems import NotFound
from emulator.control.schemas import RequestFilter
from emulator.core.journal import readable

router = APIRouter(prefix=PREFIX, redirect_slashes=False)


@router.get("/requests", summary="the last calls, oldest first; ?vendor=&operation=&status=&since=&limit=")
async def list_requests(wanted: Annotated[RequestFilter, Depends(RequestFilter.read)], world: Here) -> Response:
    with world.turn:
        return told(requests.told(world, wanted))


@router.delete("/requests", summary="forget them")
async def clear_requests(world: Here) -> Response:
    with world.turn:
        world.journal.clear()
    return Response(status_code=DONE)


@router.get("/requests/{request_id}", summary="one call, by its X-Emulator-Request-Id")
async def get_request(request_id: str, world: Here) -> Response:
    with world.turn:
        entry = next((entry for entry in world.journal if str(entry.id) == request_id), None)
        if entry is None:
            kept = f"it holds the last {len(world.journal)}, and has dropped {world.journal.dropped} before them"
            raise NotFound(f"the journal has no call {request_id!r}; {kept}")
        return told(readable(entry))
