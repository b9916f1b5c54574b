"""Calls that arrange how a world behaves: clock, faults, limits, settings."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from emulator.control import catalogue, clock, faults, limits, settings
from emulator.control.desk import DONE, PREFIX, Here, OfVendor, told
from emulator.control.problems import NotFound
from emulator.control.schemas import Advance, ClockOrder, FaultOrder, LimitOrder, SettingsOrder
from emulator.core.faults import unknown

router = APIRouter(prefix=PREFIX, redirect_slashes=False)


@router.get("/clock", summary="the clock of this namespace")
async def get_clock(world: Here) -> Response:
    with world.turn:
        return told(clock.told(world.clock))


@router.put("/clock", summary='set it: {"mode": "real"}, or "frozen" or "shifted" with "now"')
async def put_clock(order: Annotated[ClockOrder, Depends(ClockOrder.read)], world: Here) -> Response:
    with world.turn:
        clock.put(world.clock, order)
        return told(clock.told(world.clock))


@router.post("/clock/advance", summary='move it: {"seconds": 28801}, back with a negative number')
async def advance_clock(order: Annotated[Advance, Depends(Advance.read)], world: Here) -> Response:
    with world.turn:
        clock.advance(world.clock, order)
        return told(clock.told(world.clock))


@router.get("/faults", summary="standing faults, and how often each fired")
async def list_faults(world: Here) -> Response:
    with world.turn:
        return told({"faults": [faults.told(fault) for fault in world.faults]})


@router.post(
    "/faults",
    summary='let calls fail: {"vendor", "operation"?, "fault", "times"?, "probability"?, "headers"?}',
)
async def add_fault(order: Annotated[FaultOrder, Depends(FaultOrder.read)], world: Here) -> Response:
    with world.turn:
        return told(faults.told(faults.arrange(world, order)), 201)


@router.delete("/faults", summary="no more standing faults")
async def clear_faults(world: Here) -> Response:
    with world.turn:
        world.faults.clear()
    return Response(status_code=DONE)


@router.delete("/faults/{fault_id}", summary="end one")
async def delete_fault(fault_id: str, world: Here) -> Response:
    with world.turn:
        if not world.faults.remove(fault_id):
            raise NotFound(unknown(fault_id, [fault.id for fault in world.faults], "standing fault"))
    return Response(status_code=DONE)


@router.get("/limits", summary="limits, and what each caller has left; ?vendor=")
async def list_limits(wanted: OfVendor, world: Here) -> Response:
    with world.turn:
        vendors = catalogue.chosen(world.vendors, wanted.vendor)
        return told({"limits": [limits.told(world, vendor, limit) for vendor in vendors for limit in vendor.limits]})


@router.patch("/limits", summary='scale a limit, or switch it off: {"vendor", "name", "scale"?, "enabled"?}')
async def change_limit(order: Annotated[LimitOrder, Depends(LimitOrder.read)], world: Here) -> Response:
    with world.turn:
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
    with world.turn:
        vendor = catalogue.named(world.vendors, order.vendor)
        settings.change(world, vendor, order.settings)
        return told({"vendor": vendor.slug, "settings": settings.told(world, vendor)})
