"""Calls about a world as a whole: scenarios, state, namespaces."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from emulator.control import catalogue, clock, state
from emulator.control.desk import DONE, PREFIX, At, Desk, Here, OfVendor, told
from emulator.control.lifelike import brief, warnings
from emulator.control.problems import NotFound
from emulator.control.scenario import load, parse
from emulator.control.scenario_schema import scenario_schema
from emulator.control.schemas import MOST_BODY, ResetOrder, content_of
from emulator.core.aside import Result, aside
from emulator.core.faults import unknown
from emulator.core.world import Seed, World

router = APIRouter(prefix=PREFIX, redirect_slashes=False)


@router.post("/reset", summary='back to the scenario, or to another; {"vendor"?, "scenario"?}')
async def reset(order: Annotated[ResetOrder, Depends(ResetOrder.read)], desk: At, world: Here) -> Response:
    vendor = None if order.vendor is None else catalogue.named(desk.vendors, order.vendor)
    seed = None if order.scenario is None else await _seed(desk, world, order.scenario)
    await _where_it_belongs(world, lambda: world.reset(seed) if vendor is None else world.reset_vendor(vendor, seed))
    return Response(status_code=DONE)


async def _where_it_belongs(world: World, work: Callable[[], Result]) -> Result:
    """In memory a reset takes less time than to put it aside."""
    return await aside(work) if world.is_kept else work()


async def _seed(desk: Desk, world: World, name: str) -> Seed:
    """Of the scenarios that this world was given, or else of a file, which is read without blocking other calls."""
    posted = world.scenarios.get(name)
    return await aside(lambda: desk.scenarios.seed(name)) if posted is None else posted


@router.get("/scenarios/schema.json", summary="JSON Schema of a scenario, for editors")
async def describe_scenarios(desk: At) -> Response:
    return told(await aside(lambda: scenario_schema(desk.scenarios.model)))


@router.get("/scenarios", summary="the scenarios that reset can choose from, and the current one")
async def list_scenarios(desk: At, world: Here) -> Response:
    files = await aside(desk.scenarios.listed)
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
        return told({"current": world.seed.name, "scenarios": entries})


@router.post("/scenarios", summary="check a scenario (JSON or YAML), remember it under its name, and reset to it")
async def load_scenario(request: Request, desk: At) -> Response:
    content = await content_of(request, MOST_BODY)
    seed = await aside(lambda: desk.scenarios.plant(parse(content)))
    world = desk.worlds[request.scope["emulator.namespace"]]
    await _where_it_belongs(world, lambda: load(world, seed))
    with world.turn:
        rows = {vendor.slug: state.counts(world, vendor) for vendor in world.vendors}
    found = await aside(lambda: warnings(seed, desk.vendors))
    return told({"name": seed.name, "description": seed.description, "rows": rows, "warnings": brief(found)})


@router.get("/state", summary="everything stored, nothing masked; ?vendor=")
async def get_state(wanted: OfVendor, world: Here) -> Response:
    with world.turn:
        vendors = catalogue.chosen(world.vendors, wanted.vendor)
        return told(
            {
                "namespace": world.name,
                "scenario": world.seed.name,
                "clock": clock.told(world.clock),
                "vendors": {vendor.slug: state.rows(world, vendor) for vendor in vendors},
            }
        )


@router.get("/namespaces", summary="the namespaces there are, and files of some that could not be brought back")
async def list_namespaces(desk: At) -> Response:
    names = desk.worlds.names()
    set_aside = [asdict(one) for one in desk.worlds.set_aside]
    return told({"namespaces": names, "most": desk.worlds.bounds.namespaces, "set_aside": set_aside})


@router.delete("/namespaces/{name}", summary="forget one and all that it holds")
async def delete_namespace(name: str, desk: At) -> Response:
    if not desk.worlds.drop(name):
        raise NotFound(unknown(name, desk.worlds.names(), "namespace"))
    return Response(status_code=DONE)
