"""Calls about snapshots. What takes long is done beside the event loop, so that other namespaces do not wait."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from emulator.control import snapshots
from emulator.control.desk import DONE, PREFIX, At, Here, told
from emulator.control.schemas import RestoreOrder, SnapshotOrder, content_of
from emulator.core.aside import aside
from emulator.core.snapshots.file import read, write

router = APIRouter(prefix=PREFIX, redirect_slashes=False)


@router.post("/snapshots", summary='keep the whole state of this namespace, all but the journal; {"name"}')
async def save(order: Annotated[SnapshotOrder, Depends(SnapshotOrder.read)], desk: At, world: Here) -> Response:
    """One of that name is replaced, and the answer says so."""
    kept = await aside(lambda: snapshots.save(world, order.name, desk.version, desk.worlds.bounds))
    snapshot, replaced = kept
    return told({**snapshots.told(order.name, snapshot), "replaced": replaced}, 201)


@router.get("/snapshots", summary="the snapshots of this namespace")
async def list_snapshots(desk: At, world: Here) -> Response:
    with world.turn:
        return told({"snapshots": snapshots.listed(world), "most": desk.worlds.bounds.snapshots})


@router.post("/snapshots/{name}/restore", summary="go back to one, all at once")
async def restore(order: Annotated[RestoreOrder, Depends(RestoreOrder.read)], name: str, world: Here) -> Response:
    await aside(lambda: snapshots.go_back(world, name))
    return Response(status_code=DONE)


@router.get("/snapshots/{name}", summary="one as a file, to carry away")
async def carry_away(name: str, world: Here) -> Response:
    content = await aside(lambda: write(snapshots.found(world, name), world.vendors))
    heading = {"content-disposition": f'attachment; filename="{name}.snapshot.gz"'}
    return Response(content, headers=heading, media_type=snapshots.MEDIA_TYPE)


@router.put("/snapshots/{name}", summary="bring a file in under a name; restores nothing")
async def bring_in(name: str, request: Request, desk: At) -> Response:
    """A file that is refused brings no namespace into being."""
    snapshots.check_name(name)
    content = await content_of(request, snapshots.MOST_FILE)
    snapshot = await aside(lambda: read(content, desk.vendors))
    world = desk.worlds[request.scope["emulator.namespace"]]
    replaced = await aside(lambda: snapshots.keep(world, name, snapshot, desk.worlds.bounds))
    return told({**snapshots.told(name, snapshot), "replaced": replaced}, 200 if replaced else 201)


@router.delete("/snapshots/{name}", summary="forget one")
async def forget(name: str, world: Here) -> Response:
    await aside(lambda: snapshots.forget(world, name))
    return Response(status_code=DONE)
