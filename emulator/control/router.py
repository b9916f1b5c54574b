"""The control plane's calls, one breath each. The FastAPI application is made here and mounted by the emulator's own.

Whoever reads or changes a world holds its turn meanwhile; nothing waits while holding it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from emulator.control import catalogue, clock, faults, health, limits, requests, settings, state
from emulator.control.openapi import Documents
from emulator.control.problems import Call, NotFound, speak
from emulator.control.scenario import Scenarios, parse
from emulator.control.scenario_schema import scenario_schema
from emulator.control.schemas import (
    Advance,
    ClockOrder,
    FaultOrder,
    LimitOrder,
    RequestFilter,
    ResetOrder,
    SettingsOrder,
    VendorFilter,
    content_of,
    read_json,
)
from emulator.core.addressing import DEFAULT_NAMESPACE
from emulator.core.faults import unknown
from emulator.core.journal import readable
from emulator.core.vendor import Vendor
from emulator.core.world import Seed, World, Worlds


@dataclass(frozen=True, slots=True)
class Desk:
    """What the control plane works with."""

    worlds: Worlds
    scenarios: Scenarios
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

router = APIRouter(prefix="/_emulator", redirect_slashes=False)


def control_app(worlds: Worlds, scenarios: Scenarios, version: str) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.desk = Desk(worlds, scenarios, Documents(worlds.vendors, version), version)
    app.include_router(router)
    speak(app, calls())
    return app


def calls() -> list[Call]:
    """Every call there is, in the order of declaration."""
    routes = [route for route in router.routes if isinstance(route, APIRoute) and route.include_in_schema]
    return [Call(method, route.path, route.summary or "") for route in routes for method in sorted(route.methods or ())]


def _told(value: Any, status: int = 200) -> Response:  # Any: whatever orjson writes
    return Response(orjson.dumps(value, default=_as_text), status, media_type="application/json")


def _as_text(value: object) -> str:
    """A blob from a store."""
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} is no JSON")


_DONE = 204


@router.get("", include_in_schema=False)
@router.get("/", summary="this list")
async def index(request: Request, desk: At) -> Response:
    namespace: str = request.scope["emulator.namespace"]
    root = "" if namespace == DEFAULT_NAMESPACE else f"/ns/{namespace}"
    return _told(
        {
            "name": "martech-emulator",
            "version": desk.version,
            "namespace": namespace,
            "vendors": {vendor.slug: f"{root}/{vendor.slug}" for vendor in desk.vendors},
            "calls": [{"call": f"{call.method} {call.path}", "does": call.says} for call in calls()],
        }
    )


@router.get("/ready", summary="200 once the scenario is loaded, 503 before")
@router.get("/health", summary="200 as soon as the process lives")
async def alive(request: Request, desk: At) -> Response:
    answer = health.answer(request.method, request.url.path, desk.worlds.ready, desk.version)
    assert answer is not None
    return Response(answer.body, answer.status, dict(answer.headers))


@router.get(
    "/vendors", summary="vendors: mounts, hosts, operations, limits, credentials and settings of this namespace"
)
async def list_vendors(world: Here) -> Response:
    with world.turn:
        return _told({"vendors": [catalogue.vendor(world, vendor) for vendor in world.vendors]})


@router.post("/vendors/{slug}/{name}", summary="a call that only one vendor has; GET /_emulator/vendors lists them")
async def call_vendor(slug: str, name: str, request: Request, world: Here) -> Response:
    vendor, control = catalogue.control(world.vendors, slug, name)
    order = read_json(control.body, await content_of(request))
    with world.turn:
        return _told(control.answer(world.work(vendor), order))


@router.get("/errors", summary="every failure that can be provoked by X-Emulator-Fault: NAME; ?vendor=")
async def list_errors(desk: At, wanted: OfVendor) -> Response:
    vendors = catalogue.chosen(desk.vendors, wanted.vendor)
    return _told({"errors": [failure for vendor in vendors for failure in catalogue.errors(vendor)]})


@router.post("/reset", summary='back to the scenario, or to another; {"vendor"?, "scenario"?}')
async def reset(order: Annotated[ResetOrder, Depends(ResetOrder.read)], desk: At, world: Here) -> Response:
    vendor = None if order.vendor is None else catalogue.named(desk.vendors, order.vendor)
    seed = None if order.scenario is None else await _seed(desk, world, order.scenario)
    if vendor is None:
        world.reset(seed)
    else:
        world.reset_vendor(vendor, seed)
    return Response(status_code=_DONE)


async def _seed(desk: Desk, world: World, name: str) -> Seed:
    """Of the scenarios that this world was given, or else of a file, which is read without blocking other calls."""
    posted = world.scenarios.get(name)
    return await asyncio.to_thread(desk.scenarios.seed, name) if posted is None else posted


@router.get("/scenarios/schema.json", summary="JSON Schema of a scenario, for editors")
async def describe_scenarios(desk: At) -> Response:
    return _told(await asyncio.to_thread(scenario_schema, desk.scenarios.model))


@router.get("/scenarios", summary="the scenarios that reset can choose from, and the current one")
async def list_scenarios(desk: At, world: Here) -> Response:
    files = await asyncio.to_thread(desk.scenarios.listed)
    with world.turn:
        posted = world.scenarios
        entries = [
            *({"name": seed.name, "description": seed.description, "source": "posted"} for seed in posted.values()),
            *(
                {"name": one.name, "description": one.description, "source": "file", "file": one.file}
                | ({"error": one.error} if one.error else {})
                for one in files
                if one.name not in posted
            ),
        ]
        return _told({"current": world.seed.name, "scenarios": entries})


@router.post("/scenarios", summary="check a scenario (JSON or YAML), remember it under its name, and reset to it")
async def load_scenario(request: Request, desk: At) -> Response:
    content = await content_of(request)
    seed = await asyncio.to_thread(lambda: desk.scenarios.plant(parse(content)))
    world = await _here(request)
    with world.turn:
        world.scenarios[seed.name] = seed
        world.reset(seed)
        rows = {vendor.slug: state.counts(world, vendor) for vendor in world.vendors}
    return _told({"name": seed.name, "description": seed.description, "rows": rows})


@router.get("/state", summary="everything stored, nothing masked; ?vendor=")
async def get_state(wanted: OfVendor, world: Here) -> Response:
    with world.turn:
        vendors = catalogue.chosen(world.vendors, wanted.vendor)
        return _told(
            {
                "namespace": world.name,
                "scenario": world.seed.name,
                "clock": clock.told(world.clock),
                "vendors": {vendor.slug: state.rows(world, vendor) for vendor in vendors},
            }
        )


@router.get("/clock", summary="the clock of this namespace")
async def get_clock(world: Here) -> Response:
    with world.turn:
        return _told(clock.told(world.clock))


@router.put("/clock", summary='set it: {"mode": "real"}, or "frozen" or "shifted" with "now"')
async def put_clock(order: Annotated[ClockOrder, Depends(ClockOrder.read)], world: Here) -> Response:
    with world.turn:
        clock.put(world.clock, order)
        return _told(clock.told(world.clock))


@router.post("/clock/advance", summary='move it: {"seconds": 28801}, back with a negative number')
async def advance_clock(order: Annotated[Advance, Depends(Advance.read)], world: Here) -> Response:
    with world.turn:
        clock.advance(world.clock, order)
        return _told(clock.told(world.clock))


@router.get("/faults", summary="standing faults, and how often each fired")
async def list_faults(world: Here) -> Response:
    with world.turn:
        return _told({"faults": [faults.told(fault) for fault in world.faults]})


@router.post(
    "/faults",
    summary='let calls fail: {"vendor", "operation"?, "fault", "times"?, "probability"?, "headers"?}',
)
async def add_fault(order: Annotated[FaultOrder, Depends(FaultOrder.read)], world: Here) -> Response:
    with world.turn:
        return _told(faults.told(faults.arrange(world, order)), 201)


@router.delete("/faults", summary="no more standing faults")
async def clear_faults(world: Here) -> Response:
    with world.turn:
        world.faults.clear()
    return Response(status_code=_DONE)


@router.delete("/faults/{fault_id}", summary="end one")
async def delete_fault(fault_id: str, world: Here) -> Response:
    with world.turn:
        if not world.faults.remove(fault_id):
            raise NotFound(unknown(fault_id, [fault.id for fault in world.faults], "standing fault"))
    return Response(status_code=_DONE)


@router.get("/requests", summary="the last calls, oldest first; ?vendor=&operation=&status=&since=&limit=")
async def list_requests(wanted: Annotated[RequestFilter, Depends(RequestFilter.read)], world: Here) -> Response:
    with world.turn:
        return _told(requests.told(world, wanted))


@router.delete("/requests", summary="forget them")
async def clear_requests(world: Here) -> Response:
    with world.turn:
        world.journal.clear()
    return Response(status_code=_DONE)


@router.get("/requests/{request_id}", summary="one call, by its X-Emulator-Request-Id")
async def get_request(request_id: str, world: Here) -> Response:
    with world.turn:
        entry = next((entry for entry in world.journal if str(entry.id) == request_id), None)
        if entry is None:
            kept = f"it holds the last {len(world.journal)}, and has dropped {world.journal.dropped} before them"
            raise NotFound(f"the journal has no call {request_id!r}; {kept}")
        return _told(readable(entry))


@router.get("/limits", summary="limits, and what each caller has left; ?vendor=")
async def list_limits(wanted: OfVendor, world: Here) -> Response:
    with world.turn:
        vendors = catalogue.chosen(world.vendors, wanted.vendor)
        return _told({"limits": [limits.told(world, vendor, limit) for vendor in vendors for limit in vendor.limits]})


@router.patch("/limits", summary='scale a limit, or switch it off: {"vendor", "name", "scale"?, "enabled"?}')
async def change_limit(order: Annotated[LimitOrder, Depends(LimitOrder.read)], world: Here) -> Response:
    with world.turn:
        vendor = catalogue.named(world.vendors, order.vendor)
        limit = limits.adjust(world, vendor, order)
        return _told(limits.told(world, vendor, limit))


@router.get("/settings", summary="the vendors' switches; ?vendor=")
async def list_settings(wanted: OfVendor, world: Here) -> Response:
    with world.turn:
        vendors = catalogue.chosen(world.vendors, wanted.vendor)
        return _told({"settings": {vendor.slug: settings.told(world, vendor) for vendor in vendors}})


@router.patch("/settings", summary='change some until the next reset: {"vendor", "settings": {…}}')
async def change_settings(order: Annotated[SettingsOrder, Depends(SettingsOrder.read)], world: Here) -> Response:
    with world.turn:
        vendor = catalogue.named(world.vendors, order.vendor)
        settings.change(world, vendor, order.settings)
        return _told({"vendor": vendor.slug, "settings": settings.told(world, vendor)})


@router.get("/namespaces", summary="the namespaces there are")
async def list_namespaces(desk: At) -> Response:
    names = desk.worlds.names()
    return _told({"namespaces": names, "most": desk.worlds.bounds.namespaces})


@router.delete("/namespaces/{name}", summary="forget one and all that it holds")
async def delete_namespace(name: str, desk: At) -> Response:
    if not desk.worlds.drop(name):
        raise NotFound(unknown(name, desk.worlds.names(), "namespace"))
    return Response(status_code=_DONE)


@router.get("/openapi/{slug}.json", summary="OpenAPI 3.1 of what is emulated of a vendor")
async def get_openapi(slug: str, desk: At) -> Response:
    slugs = [vendor.slug for vendor in desk.vendors]
    if slug not in slugs:
        raise NotFound(unknown(slug, slugs, "vendor"))
    return Response(desk.documents[slug], media_type="application/json")
