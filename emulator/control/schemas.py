"""What control calls may say. Strict: an unknown key is refused with the nearest one, nothing is converted.

A body is read as JSON whatever its content type says, because ``curl -d`` sends the type of a form; an empty body
counts as ``{}``.
"""

import difflib
import re
from typing import Annotated, Any, Literal, Self, TypeVar

from fastapi.dependencies.models import Dependant
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect, Request

from emulator.control.problems import BadCall
from emulator.control.sentences import sentences
from emulator.core.clock import parse_rfc3339
from emulator.core.errors import Level, Misuse
from emulator.core.faults import unknown
from emulator.core.store import MOST_INTEGER

MOST_BODY = 64 * 1024 * 1024
"""Bytes of a scenario or a journal."""
MOST_ORDER = 1024 * 1024
"""Bytes of any other body, which is read while other callers wait."""
_LONGEST_LEAP = 1e12  # seconds, some 30,000 years: more than the calendar has
_ID = re.compile(r"[0-9]{1,18}")
ModelT = TypeVar("ModelT", bound=BaseModel)
_DELAY = re.compile(r"[0-9]{1,9}(-[0-9]{1,9})?")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
_STATUS = re.compile(r"[1-5]xx|[0-9]{3}", re.IGNORECASE)


async def content_of(request: Request, most: int) -> bytes:
    """The whole body. Raises `Misuse` (413) for more than `most` bytes."""
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise Misuse(413, "Body too large", f"this control call may carry {most} bytes, and this is more")
            chunks.append(chunk)
    except ClientDisconnect:
        raise Misuse(400, "Bad call", "the caller went away before the body was complete") from None
    return b"".join(chunks)


def read_json(model: type[ModelT], content: bytes) -> ModelT:
    """A body of any model. Raises `BadCall`."""
    try:
        return model.model_validate_json(content.strip() or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise BadCall([f"the body is not JSON: {first['ctx']['error']}"]) from None
        if not first["loc"]:
            raise BadCall([f"the body must be a JSON object: {_example(model)}"]) from None
        raise BadCall(sentences(model, error)) from None


class Body(BaseModel):
    """Base of what a JSON body may say."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    async def read(cls, request: Request) -> Self:
        return cls.of(await content_of(request, MOST_ORDER))

    @classmethod
    def of(cls, content: bytes) -> Self:
        return read_json(cls, content)


class Filter(BaseModel):
    """Base of what a query string may say; a parameter without a value, as in ``?vendor=``, counts as not given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    async def read(cls, request: Request) -> Self:
        pairs = request.query_params.multi_items()
        names = [name for name, _ in pairs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise BadCall([f"{name}: given more than once" for name in twice])
        try:
            return cls.model_validate({name: value for name, value in pairs if value or name not in cls.model_fields})
        except ValidationError as error:
            raise BadCall(sentences(cls, error)) from None


async def no_query(request: Request) -> None:
    """Before every call: one that has no use for a query string takes none. Raises `BadCall`."""
    if request.query_params and not _takes_query(request.scope["route"].dependant):
        raise BadCall([f"{name}: unknown parameter, this call takes none" for name in request.query_params])


def _takes_query(dependant: Dependant) -> bool:
    reader = getattr(dependant.call, "__self__", None)
    own = isinstance(reader, type) and issubclass(reader, Filter)
    return own or any(_takes_query(one) for one in dependant.dependencies)


def _example(model: type[BaseModel]) -> str:
    return "{" + ", ".join(f'"{name}": …' for name in model.model_fields) + "}"


class ResetOrder(Body):
    """All of it and to the same scenario, where nothing else is said."""

    vendor: str | None = None
    scenario: str | None = None


class SnapshotOrder(Body):
    name: str


class RestoreOrder(Body):
    """There is nothing to say."""


class ClockOrder(Body):
    mode: Literal["real", "frozen", "shifted"]
    now: str | None = None


class Advance(Body):
    """Forward, or back with a negative number."""

    seconds: float = Field(ge=-_LONGEST_LEAP, le=_LONGEST_LEAP, allow_inf_nan=False)


class FaultOrder(Body):
    """Without `operation`, any call to the vendor; without `times`, until it is deleted; `headers` must all be sent."""

    vendor: str
    operation: str | None = None
    fault: str
    times: int | None = Field(None, ge=1, le=MOST_INTEGER)
    probability: float = Field(1.0, gt=0, le=1, allow_inf_nan=False)
    headers: dict[str, str] = {}


def _delay(text: str) -> str:
    if not _DELAY.fullmatch(text):
        raise ValueError('write milliseconds as a text, such as "500", or a span such as "100-900"')
    return text


class DrillOrder(Body):
    """Without `vendor`, all that have a part in it; `times`, `probability` and `delay` are else the drill's own."""

    vendor: str | None = None
    operation: str | None = None
    times: int | None = Field(None, ge=1, le=MOST_INTEGER)
    probability: float | None = Field(None, gt=0, le=1, allow_inf_nan=False)
    headers: dict[str, str] = {}
    delay: Annotated[str, AfterValidator(_delay)] | None = None


class LimitOrder(Body):
    """`enforce` false lets calls over the quota pass, and tells that they would have been refused."""

    vendor: str
    name: str
    scale: float | None = Field(None, gt=0, le=1_000_000, allow_inf_nan=False)
    enabled: bool | None = None
    enforce: bool | None = None


class SettingsOrder(Body):
    vendor: str
    settings: dict[str, Any]  # Any: JSON values, checked by the vendor's own model


class TrustOrder(Body):
    """`None` takes every answer, however it is known."""

    fail_on: Literal["observed", "inferred", "assumed"] | None


class VendorFilter(Filter):
    vendor: str | None = None


class ProvenanceFilter(Filter):
    vendor: str | None = None
    kind: Literal["operation", "error", "choice", "limit", "default"] | None = None
    level: Literal["documented", "observed", "inferred", "assumed"] | None = None


def _status(text: str) -> str:
    if not _STATUS.fullmatch(text):
        raise ValueError("write a status such as 404, or a class of them such as 4xx")
    return text.lower()


def _since(text: str) -> str:
    if not _ID.fullmatch(text):
        parse_rfc3339(text)
    return text


def _method(text: str) -> str:
    if text.upper() not in _METHODS:
        nearest = difflib.get_close_matches(text.upper(), _METHODS, n=1, cutoff=0.5)
        raise ValueError(f"no method of HTTP, did you mean {nearest[0]}?" if nearest else "no method of HTTP")
    return text.upper()


def _path(text: str) -> str:
    if not text.startswith(("/", "*")):
        raise ValueError("write how a path begins, such as /v2/, or a pattern such as */coupons/*")
    return text


def _level(text: str) -> str:
    levels = [level.value for level in Level]
    if text not in levels:
        raise ValueError(unknown(text, levels, "level of provenance"))
    return text


class ExportFilter(Filter):
    """`since` is the id of a call, for those after it, or a moment, for those at it and after; `until` the id of the
    last call, or a moment, for those before it and at it. `refusal` and `fault` are names, ``any`` or ``none``."""

    vendor: str | None = None
    operation: str | None = None
    method: Annotated[str, AfterValidator(_method)] | None = None
    path: Annotated[str, AfterValidator(_path)] | None = None
    status: Annotated[str, AfterValidator(_status)] | None = None
    caller: str | None = None
    refusal: str | None = None
    fault: str | None = None
    provenance: Annotated[str, AfterValidator(_level)] | None = None
    since: Annotated[str, AfterValidator(_since)] | None = None
    until: Annotated[str, AfterValidator(_since)] | None = None
    limit: int | None = Field(None, ge=1, le=1_000_000)


class RequestFilter(ExportFilter):
    """The same, but for the newest hundred, where nothing else is said."""

    limit: int | None = Field(100, ge=1, le=1_000_000)
