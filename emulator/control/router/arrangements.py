"""Calls that arrange how a world behaves: clock, faults, drills, limits, settings."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from emulator.control import catalogue, clock, drills, faults, limits, settings
from emulator.control.desk import DONE, PREFIX, Here, OfVendor, told
from emulator.control.problems import NotFound
from emulator.control.schemas import Advance, ClockOrder, DrillOrder, FaultOrder, LimitOrder, SettingsOrder
from emulator.core.drills import Drill
from emulator.core.faults import unknown

router = APIRouter(prefix=PREFIX, redirect_slashes=False)


@router.get("/clock", summary="the clock of this namespace")
async def get_clock(world: Here) -> Response:
    with world.turn:
        return told(clock.told(world.clock))


@router.put("/clock", summary='set it: {"mode": "real"}, or "frozen" or "shifted" with "now"')
async def put_clock(order: Annotated[ClockOrder, Depends(ClockOrder.read)], world: Here) -> Response:
    with world.changing():
        clock.put(world.clock, order)
        return told(clock.told(world.clock))


@router.post("/clock/advance", summary='move it: {"seconds": 28801}, back with a negative number')
async def advance_clock(order: Annotated[Advance, Depends(Advance.read)], world: Here) -> Response:
    with world.changing():
        clock.advance(world.clock, order)
        return told(clock.told(world.clock))


@router.get("/faults", summary="standing faults, and how often each fired, at which calls; ?vendor=")
async def list_faults(wanted: OfVendor, world: Here) -> Response:
    with world.turn:
        slugs = [vendor.slug for vendor in catalogue.chosen(world.vendors, wanted.vendor)]
        return told({"faults": [faults.told(fault) for fault in world.faults if fault.vendor in slugs]})


@router.post(
    "/faults",
    summary='let calls fail: {"vendor", "operation"?, "fault", "times"?, "probability"?, "headers"?}',
)
async def add_fault(order: Annotated[FaultOrder, Depends(FaultOrder.read)], world: Here) -> Response:
    with world.changing():
        return told(faults.told(faults.arrange(world, order)), 201)


@router.delete("/faults", summary="no more standing faults; ?vendor=")
async def clear_faults(wanted: OfVendor, world: Here) -> Response:
    with world.changing():
        catalogue.chosen(world.vendors, wanted.vendor)
        world.faults.clear(wanted.vendor)
    return Response(status_code=DONE)


@router.delete("/faults/{fault_id}", summary="end one")
async def delete_fault(fault_id: str, world: Here) -> Response:
    with world.changing():
        if not world.faults.remove(fault_id):
            raise NotFound(unknown(fault_id, [fault.id for fault in world.faults], "standing fault"))
    return Response(status_code=DONE)


@router.get("/drills", summary="troubles by name, what each arranges for whom, and what stands of it now")
async def list_drills(world: Here) -> Response:
    with world.turn:
        return told({"drills": [drills.told(world, drill) for drill in Drill]})


@router.post(
    "/drills/{name}",
    summary='go through one: {"vendor"?, "operation"?, "times"?, "probability"?, "headers"?, "delay"?}',
)
async def add_drill(name: str, order: Annotated[DrillOrder, Depends(DrillOrder.read)], world: Here) -> Response:
    drill = drills.named(name)
    with world.changing():
        made = drills.arrange(world, drill, order)
        return told({"drill": drill, "faults": [faults.told(fault) for fault in made]}, 201)


@router.delete("/drills/{name}", summary="end one; ?vendor=")
async def end_drill(name: str, wanted: OfVendor, world: Here) -> Response:
    drill = drills.named(name)
    with world.changing():
        drills.end(world, drill, wanted.vendor)
    return Response(status_code=DONE)


@router.get("/limits", summary="limits, and what each caller has left; ?vendor=")
async def list_limits(wanted: OfVendor, world: Here) -> Response:
    with world.turn:
        vendors = catalogue.chosen(world.vendors, wanted.vendor)
        return told({"limits": [limits.told(world, vendor, limit) for vendor in vendors for limit in vendor.limits]})


@router.patch(
    "/limits",
    summary='scale a limit, switch it off, or let it only tell: {"vendor", "name", "scale"?, "enabled"?, "enforce"?}',
)
async def change_limit(order: Annotated[LimitOrder, Depends(LimitOrder.read)], world: Here) -> Response:
    with world.changing():
        vendor = catalogue.named(world.vendors, order.vendor)
        limit = limits.adjust(world, vendor, order)
        return told(limits.told(world, vendor, limit))


@router.get("/settings", summary="the vendors' switches; ?vendor=")
async def list_settings(wanted: OfVendor, world: Here) -> Response:
    with world.turn:
        vendors = catalogue.chosen(world.vendors, wanted.vendor)
        return told({"settings": {vendor.slug: settings.told(world, vendor) for vendor in vendors}})


@router.patch("/settings", summary='change some until the next reset: {"vendor", "settings": {…}}')
async def change_settings(order: Annotated[SettingsOrder, Depends(SettingsOrder.read)], world: Here) -> Response:
    with world.changing():
        vendor = catalogue.named(world.vendors, order.vendor)
        settings.change(world, vendor, order.settings)
        return told({"vendor": vendor.slug, "settings": settings.told(world, vendor)})
