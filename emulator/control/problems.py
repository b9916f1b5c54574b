"""How the control plane says no: RFC 9457 problem documents, all of one shape, made from `Misuse`."""

import difflib
import logging
from collections.abc import Sequence
from typing import NamedTuple

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.core.errors import CannotKeep, Misuse
from emulator.core.store import trouble

_log = logging.getLogger("emulator")


class Call(NamedTuple):
    """A call that the control plane answers, and what it does."""

    method: str
    path: str
    says: str


class BadCall(Misuse):
    """A control call that says what cannot be. `problems` are sentences, each beginning with the key it is about."""

    def __init__(self, problems: Sequence[str], status: int = 400) -> None:
        super().__init__(status, "Bad call", "; ".join(problems), errors=list(problems))


class NotFound(Misuse):
    """There is nothing of that name. The sentence says what there is."""

    def __init__(self, detail: str) -> None:
        super().__init__(404, "Not found", detail)


def speak(app: FastAPI, calls: Sequence[Call]) -> None:
    """Let the application refuse in problem documents only, whatever went wrong; `calls` are what it has to offer."""

    async def misused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Misuse)
        return _response(error)

    async def unrouted(request: Request, error: Exception) -> Response:
        method, path = request.method, request.scope["path"]
        if not (allowed := _methods_at(path, calls)):
            return _response(_nowhere(method, path, calls))
        refused = Misuse(405, "Wrong method", f"{path} takes {' and '.join(allowed)}, not {method}")
        return _response(refused, allow=", ".join(allowed))

    app.add_exception_handler(Misuse, misused)
    app.add_exception_handler(HTTPException, unrouted)
    app.add_middleware(_Crashes)


class _Crashes:
    """Answers what nobody caught. A handler of the framework's would let the error out again, and with it the caller's
    connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the last one to catch it
            if (reason := trouble(error)) is not None:
                refused = CannotKeep(f"namespace {scope['emulator.namespace']!r} cannot be kept", reason)
                _log.error("martech-emulator: %s", refused)
                await _response(refused)(scope, receive, send)
                return
            namespace = {"namespace": scope["emulator.namespace"]}
            _log.exception("%s %s crashed", scope["method"], scope["raw_path"].decode("latin-1"), extra=namespace)
            sentence = "the emulator failed to answer this call, by a fault of its own; stderr has the traceback"
            await _response(Misuse(500, "Crashed", sentence))(scope, receive, send)


def _response(misuse: Misuse, **headers: str) -> Response:
    answer = misuse.answer()
    return Response(answer.body, answer.status, {**dict(answer.headers), **headers})


def _nowhere(method: str, path: str, calls: Sequence[Call]) -> Misuse:
    known = [f"{call.method} {call.path}" for call in calls]
    nearest = difflib.get_close_matches(f"{method} {path}", known, n=1, cutoff=0)[0]
    sentence = f"{method} {path} is no control call; the nearest is {nearest}, and GET /_emulator/ lists all"
    return Misuse(404, "No such control call", sentence, nearest=nearest)


def _methods_at(path: str, calls: Sequence[Call]) -> list[str]:
    """Of all routes; the framework would name the methods of the first."""
    return sorted({call.method for call in calls if compile_path(call.path)[0].match(path)})
