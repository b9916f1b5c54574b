"""A vendor's operations, declared like FastAPI endpoints and called without its machinery.

The endpoint's typed signature is read once, at import. At run time a call costs a look-up by path segments, a
validation of the body by pydantic-core, and the endpoint itself.
"""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, TypeVar, get_type_hints, runtime_checkable

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from emulator.core.answers import Answer
from emulator.core.description import Parameter
from emulator.core.errors import (
    Failure,
    InvalidBody,
    InvalidQuery,
    Level,
    MalformedBody,
    MethodNotAllowed,
    NoSuchOperation,
    Problem,
)
from emulator.core.request import Request
from emulator.core.work import Work

Endpoint = TypeVar("Endpoint", bound=Callable[..., Answer])
SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that ask for nothing but to read (RFC 9110 section 9.2.1)."""
_Binder = Callable[[Work, Mapping[str, str]], Any]


@runtime_checkable
class FromRequest(Protocol):
    """A parameter type that reads itself from the whole request, where a vendor's parsing has rules of its own.

    For documents it may say what `bodies` it takes, a type or JSON Schema by media type, and that none `needs_body`.
    """

    @classmethod
    def from_request(cls, request: Request) -> Self: ...


class Query(BaseModel):
    """Base of a parameter model that is read from the query string; of a repeated parameter the last value counts."""


@dataclass(eq=False)
class Operation:
    """One operation of a vendor's API: `id` is the vendor's own name for it.

    `guarded`: authenticated and counted before anything is parsed. `catch`: does nothing a caller wants, not listed.
    `status` and `answer` describe the accepted answer; `level`, `source` and `says` tell how it is known.
    `reads`: nothing that the vendor keeps for its customers changes, whatever the method; or only where all these query
    parameters have one of these values, as often as they are sent. A GET says nothing: it reads.
    For documents only: `parameters` beside those of the models; `security`, the schemes of which one is enough, all of
    the vendor's by default; `also`, other accepted statuses, which have no body, and what they mean; `headers` that
    the accepted answer always has, and what they say.
    """

    id: str
    method: str
    path: str
    endpoint: Callable[..., Answer]
    guarded: bool = True
    catch: bool = False
    status: int = 200
    answer: Any = None  # a type that pydantic can describe
    failures: Sequence[Failure] = ()
    level: Level = Level.DOCUMENTED
    source: str = ""
    says: str = ""
    parameters: Sequence[Parameter] = ()
    security: Sequence[str] = ()
    also: Mapping[int, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    reads: bool | Mapping[str, Collection[str]] = False

    def __post_init__(self) -> None:
        pieces = self.path[1:].split("/")
        self.open_ended = self.path.endswith(":path}")
        self.pattern = tuple(None if piece.startswith("{") else piece for piece in pieces)
        self.names = tuple(piece[1:-1].removesuffix(":path") for piece in pieces if piece.startswith("{"))
        self.literals = sum(piece is not None for piece in self.pattern)
        hints = get_type_hints(self.endpoint, include_extras=True)
        parameters = inspect.signature(self.endpoint).parameters
        self.models = {n: hints[n] for n in parameters if hints[n] is not Work and n not in self.names}
        self._binders = [_binder(name, hints[name], self.names) for name in parameters]

    def only_reads(self, query: Sequence[tuple[str, str]]) -> bool:
        """Whether a call with these query parameters changes nothing."""
        if self.method in SAFE:
            return True
        if isinstance(self.reads, bool):
            return self.reads
        sent = {name: [value for key, value in query if key == name] for name in self.reads}
        return all(values and all(value in self.reads[name] for value in values) for name, values in sent.items())

    def call(self, work: Work, found: Mapping[str, str]) -> Answer:
        return self.endpoint(*[bind(work, found) for bind in self._binders])


def _binder(name: str, kind: Any, path_names: Sequence[str]) -> _Binder:
    if kind is Work:
        return lambda work, found: work
    if name in path_names:
        return lambda work, found: found[name]
    if isinstance(kind, FromRequest):
        read = kind.from_request
        return lambda work, found: read(work.request)
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    if isinstance(kind, type) and issubclass(kind, Query):
        return lambda work, found: _read_query(adapter, work.request)
    return lambda work, found: _read_body(adapter, work.request.body)


def _read_body(adapter: TypeAdapter[Any], body: bytes) -> Any:
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False)
        if details[0]["type"] == "json_invalid":
            raise MalformedBody(details[0]["msg"]) from None
        raise InvalidBody(problems(details)) from None


def _read_query(adapter: TypeAdapter[Any], request: Request) -> Any:
    try:
        return adapter.validate_python(dict(request.query))
    except ValidationError as error:
        raise InvalidQuery(problems(error.errors(include_url=False))) from None


def problems(details: Sequence[ErrorDetails]) -> list[Problem]:
    return [Problem(one["loc"], one["type"], one["msg"], one["input"], one.get("ctx", {})) for one in details]


class Routes:
    """The operations of one vendor, in the order of their declaration. Literal segments win over placeholders."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._by_length: dict[int, list[Operation]] = {}
        self._open_ended: list[Operation] = []

    def __iter__(self) -> Iterator[Operation]:
        return (operation for operation in self.operations if not operation.catch)

    @property
    def told(self) -> list[Operation]:
        """Those that are listed, and of those that are not whatever answers a call all the same."""
        return [operation for operation in self.operations if operation.says or not operation.catch]

    def operation(self, method: str, path: str, id: str, **about: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare an endpoint. `method` ``*`` takes every method; ``{rest:path}`` as last segment takes all others."""

        def declare(endpoint: Endpoint) -> Endpoint:
            operation = Operation(id=id, method=method, path=path, endpoint=endpoint, **about)
            self.operations.append(operation)
            if operation.open_ended:
                self._open_ended.append(operation)
            else:
                self._by_length.setdefault(len(operation.pattern), []).append(operation)
            return endpoint

        return declare

    def get(self, path: str, id: str, **about: Any) -> Callable[[Endpoint], Endpoint]:
        return self.operation("GET", path, id, **about)

    def post(self, path: str, id: str, **about: Any) -> Callable[[Endpoint], Endpoint]:
        return self.operation("POST", path, id, **about)

    def put(self, path: str, id: str, **about: Any) -> Callable[[Endpoint], Endpoint]:
        return self.operation("PUT", path, id, **about)

    def delete(self, path: str, id: str, **about: Any) -> Callable[[Endpoint], Endpoint]:
        return self.operation("DELETE", path, id, **about)

    def match(self, method: str, segments: tuple[str, ...]) -> tuple[Operation, Mapping[str, str]]:
        """The operation and the values of its placeholders. Raises `NoSuchOperation` or `MethodNotAllowed`."""
        refused: list[Operation] = []
        best: Operation | None = None
        for operation in self._by_length.get(len(segments), ()):
            if not _fits(operation.pattern, segments):
                continue
            if operation.method not in (method, "*"):
                refused.append(operation)
            elif best is None or operation.literals > best.literals:
                best = operation
        if best is not None:
            return best, _found(best, segments)
        if refused:
            allowed = tuple(dict.fromkeys(operation.method for operation in refused))
            raise MethodNotAllowed(method, allowed, refused[0].path)
        for operation in self._open_ended:
            head = len(operation.pattern) - 1
            if len(segments) > head and _fits(operation.pattern[:-1], segments[:head]):
                return operation, _found(operation, (*segments[:head], "/".join(segments[head:])))
        raise NoSuchOperation


def _fits(pattern: Sequence[str | None], segments: Sequence[str]) -> bool:
    for wanted, segment in zip(pattern, segments, strict=True):
        if (segment == "") if wanted is None else (wanted != segment):
            return False
    return True


def _found(operation: Operation, segments: Sequence[str]) -> dict[str, str]:
    values = [segment for wanted, segment in zip(operation.pattern, segments, strict=True) if wanted is None]
    return dict(zip(operation.names, values, strict=True))
