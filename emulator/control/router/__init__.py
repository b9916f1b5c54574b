"""The control plane's calls, one breath each. The FastAPI application is made here and mounted by the emulator's own.

Whoever reads a world holds its turn meanwhile, and whoever changes one does it in `World.changing`, so that it is
written before the answer leaves; nothing waits while holding the turn.
"""

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from emulator.control import authority, health
from emulator.control.desk import PREFIX, At, Desk, told
from emulator.control.openapi import Documents
from emulator.control.problems import Call, speak
from emulator.control.router import arrangements, descriptions, journal, snapshots, worlds
from emulator.control.scenario import Scenarios
from emulator.control.schemas import no_query
from emulator.core.addressing import DEFAULT_NAMESPACE
from emulator.core.exchange import Exchange
from emulator.core.worlds import Worlds

_general = APIRouter(prefix=PREFIX, redirect_slashes=False)
_ROUTERS = (_general, descriptions.router, worlds.router, snapshots.router, arrangements.router, journal.router)


def control_app(worlds: Worlds, scenarios: Scenarios, exchange: Exchange, version: str) -> FastAPI:
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, dependencies=[Depends(no_query)]
    )
    app.state.desk = Desk(worlds, scenarios, exchange, Documents(worlds.vendors, version), version)
    for router in _ROUTERS:
        app.include_router(router)
    speak(app, calls())
    return app


def calls() -> list[Call]:
    """Every call there is, in the order of declaration."""
    routes = [route for router in _ROUTERS for route in router.routes]
    shown = [route for route in routes if isinstance(route, APIRoute) and route.include_in_schema]
    return [Call(method, route.path, route.summary or "") for route in shown for method in sorted(route.methods or ())]


@_general.get("", include_in_schema=False)
@_general.get("/", summary="this list")
async def index(request: Request, desk: At) -> Response:
    namespace: str = request.scope["emulator.namespace"]
    root = "" if namespace == DEFAULT_NAMESPACE else f"/ns/{namespace}"
    tls: authority.Tls | None = request.scope["emulator.tls"]
    return told(
        {
            "name": "martech-emulator",
            "version": desk.version,
            "namespace": namespace,
            "vendors": {vendor.slug: f"{root}/{vendor.slug}" for vendor in desk.vendors},
            "tls": tls and {"port": tls.port, "ca": authority.PATH},
            "calls": [
                {"call": f"{call.method} {call.path}", "does": call.says}
                for call in calls()
                if tls or call.path != authority.PATH
            ],
        }
    )


@_general.get("/ready", summary="200 once the scenario is loaded, 503 before")
@_general.get("/health", summary="200 as soon as the process lives")
async def alive(request: Request, desk: At) -> Response:
    answer = health.answer(request.method, request.url.path, desk.worlds.ready, desk.version)
    assert answer is not None
    return Response(answer.body, answer.status, dict(answer.headers))


@_general.get("/ca.pem", summary="the certificate of the authority to trust over TLS")
async def trusted(request: Request) -> Response:
    answer = authority.answer(request.method, request.url.path, request.scope["emulator.tls"])
    assert answer is not None
    return Response(answer.body, answer.status, dict(answer.headers))
