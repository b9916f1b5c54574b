"""Calls that tell what there is: vendors, failures, shapes."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from emulator.control import catalogue, provenance
from emulator.control.desk import PREFIX, At, Here, OfVendor, told
from emulator.control.problems import NotFound
from emulator.control.schemas import MOST_ORDER, ProvenanceFilter, TrustOrder, content_of, read_json
from emulator.core.faults import unknown

router = APIRouter(prefix=PREFIX, redirect_slashes=False)


@router.get(
    "/vendors", summary="vendors: mounts, hosts, operations, limits, credentials and settings of this namespace"
)
async def list_vendors(world: Here) -> Response:
    with world.turn:
        return told({"vendors": [catalogue.vendor(world, vendor) for vendor in world.vendors]})


@router.post("/vendors/{slug}/{name}", summary="a call that only one vendor has; GET /_emulator/vendors lists them")
async def call_vendor(slug: str, name: str, request: Request, world: Here) -> Response:
    vendor, control = catalogue.control(world.vendors, slug, name)
    order = read_json(control.body, await content_of(request, MOST_ORDER))
    with world.turn:
        return told(control.answer(world.work(vendor), order))


@router.get("/errors", summary="every failure that can be provoked by X-Emulator-Fault: NAME; ?vendor=")
async def list_errors(desk: At, wanted: OfVendor) -> Response:
    vendors = catalogue.chosen(desk.vendors, wanted.vendor)
    return told({"errors": [failure for vendor in vendors for failure in catalogue.errors(vendor)]})


@router.get("/openapi/{slug}.json", summary="OpenAPI 3.1 of what is emulated of a vendor")
async def get_openapi(slug: str, desk: At) -> Response:
    slugs = [vendor.slug for vendor in desk.vendors]
    if slug not in slugs:
        raise NotFound(unknown(slug, slugs, "vendor"))
    return Response(desk.documents[slug], media_type="application/json")


@router.get("/provenance", summary="how each behaviour is known; ?vendor=&kind=&level=")
async def list_provenance(wanted: Annotated[ProvenanceFilter, Depends(ProvenanceFilter.read)], world: Here) -> Response:
    return told(provenance.told(world, wanted))


@router.patch("/provenance", summary='refuse what is known no better, until the next reset: {"fail_on": "assumed"}')
async def trust(order: Annotated[TrustOrder, Depends(TrustOrder.read)], world: Here) -> Response:
    with world.changing():
        provenance.trust(world, order)
        return told({"fail_on": world.unwanted})
