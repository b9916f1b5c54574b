"""Calls about what has been asked and answered."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from emulator.control import export, recording, replay, requests
from emulator.control.desk import DONE, PREFIX, At, Here, told
from emulator.control.explain import explained
from emulator.control.problems import NotFound
from emulator.control.recording import MEDIA_TYPE
from emulator.control.schemas import MOST_BODY, ExportFilter, RequestFilter, content_of
from emulator.core.aside import aside
from emulator.core.journal import Entry
from emulator.core.world import World

router = APIRouter(prefix=PREFIX, redirect_slashes=False)

_FILTERS = "?vendor=&operation=&method=&path=&status=&caller=&refusal=&fault=&provenance=&since=&until=&limit="


@router.get("/requests", summary=f"the last calls, oldest first; {_FILTERS}")
async def list_requests(
    wanted: Annotated[RequestFilter, Depends(RequestFilter.read)], desk: At, world: Here
) -> Response:
    with world.turn:
        found = requests.found(world, wanted)
    shown = await aside(lambda: requests.told(found))
    return told({**shown, "misdirected": requests.misdirected(desk.worlds, found.secrets)})


@router.delete("/requests", summary="forget them")
async def clear_requests(world: Here) -> Response:
    with world.turn:
        world.journal.clear()
    return Response(status_code=DONE)


@router.get("/requests/export", summary="the journal as a file of JSON lines, which a replay takes; filters as above")
async def export_requests(
    wanted: Annotated[ExportFilter, Depends(ExportFilter.read)], desk: At, world: Here
) -> Response:
    with world.turn:
        taken = export.taken(desk.exchange, world, wanted, desk.version)
    name = f"{world.name}-journal.jsonl"
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_one_by_one(export.lines(taken)), media_type=MEDIA_TYPE, headers=disposition)


@router.post("/replay", summary="play an exported journal against a world of its own: the first difference")
async def replay_journal(request: Request, desk: At, world: Here) -> Response:
    content = await content_of(request, MOST_BODY)
    return told(await aside(lambda: replay.played(desk, world, recording.read(content))))


@router.get("/requests/{request_id}", summary="one call, by its X-Emulator-Request-Id")
async def get_request(request_id: str, world: Here) -> Response:
    with world.turn:
        return told(requests.told_call(_entry(world, request_id), world.secrets, world.vendors))


@router.get("/requests/{request_id}/explain", summary="why it was answered so, and the call as it would be accepted")
async def explain_request(request_id: str, desk: At, world: Here) -> Response:
    with world.turn:
        entry = _entry(world, request_id)
    return told(await aside(lambda: explained(desk.exchange, world, entry, desk.documents)))


async def _one_by_one(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (line := await aside(lambda: next(lines, None))) is not None:
        yield line


def _entry(world: World, request_id: str) -> Entry:
    entry = next((entry for entry in world.journal if str(entry.id) == request_id), None)
    if entry is None:
        raise NotFound(f"the journal has no call {request_id!r}; {requests.kept(world)}")
    return entry
