"""What control calls may say. Strict: an unknown key is refused with the nearest one, nothing is converted.

A body is read as JSON whatever its content type says, because ``curl -d`` sends the type of a form; an empty body
counts as ``{}``.
"""

import re
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect, Request

from emulator.control.problems import BadCall
from emulator.control.sentences import sentences
from emulator.core.clock import parse_rfc3339
from emulator.core.errors import Misuse
from emulator.core.store import MOST_INTEGER

MOST_BODY = 64 * 1024 * 1024
_LONGEST_LEAP = 1e12  # seconds, some 30,000 years: more than the calendar has
_ID = re.compile(r"[0-9]{1,18}")
ModelT = TypeVar("ModelT", bound=BaseModel)
_STATUS = re.compile(r"[1-5]xx|\d{3}", re.IGNORECASE)


async def content_of(request: Request) -> bytes:
    """The whole body. Raises `Misuse` (413) for more than `MOST_BODY`."""
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MOST_BODY:
                raise Misuse(413, "Body too large", f"a control call may carry {MOST_BODY} bytes, and this is more")
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
        return cls.of(await content_of(request))

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


def _example(model: type[BaseModel]) -> str:
    return "{" + ", ".join(f'"{name}": …' for name in model.model_fields) + "}"


class ResetOrder(Body):
    """All of it and to the same scenario, where nothing else is said."""

    vendor: str | None = None
    scenario: str | None = None


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


class LimitOrder(Body):
    vendor: str
    name: str
    scale: float | None = Field(None, gt=0, le=1_000_000, allow_inf_nan=False)
    enabled: bool | None = None


class SettingsOrder(Body):
    vendor: str
    settings: dict[str, Any]  # Any: JSON values, checked by the vendor's own model


class VendorFilter(Filter):
    vendor: str | None = None


def _status(text: str) -> str:
    if not _STATUS.fullmatch(text):
        raise ValueError("write a status such as 404, or a class of them such as 4xx")
    return text.lower()


def _since(text: str) -> str:
    if not _ID.fullmatch(text):
        parse_rfc3339(text)
    return text


class RequestFilter(Filter):
    """`since` is the id of a call, for those after it, or a moment, for those at it and after."""

    vendor: str | None = None
    operation: str | None = None
    status: Annotated[str, AfterValidator(_status)] | None = None
    since: Annotated[str, AfterValidator(_since)] | None = None
    limit: int = Field(100, ge=1, le=1_000_000)
