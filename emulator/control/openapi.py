"""OpenAPI 3.1 of what is emulated, built from the vendors' descriptors; nothing is written twice.

What a document says beyond the standard: `x-emulator-operation` (the vendor's own name of the operation),
`x-emulator-provenance` and `x-emulator-source` (how the behaviour is known, and where from), `x-emulator-guarded`
(a credential is needed). Every failure that an operation declares is an example under its status.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, TypeAlias

import orjson
from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from emulator.control.catalogue import body_of
from emulator.core.errors import Failure, Json, LimitExhausted
from emulator.core.routes import FromRequest, Operation, Query
from emulator.core.vendor import Vendor

Object: TypeAlias = dict[str, Any]  # Any: a JSON document in the making
Role: TypeAlias = Literal["body", "query", "answer"]

_REFERENCE = "#/components/schemas/{model}"
_ANY_METHOD = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_WITHOUT_BODY = ("GET", "HEAD", "DELETE")


class _Lenient(GenerateJsonSchema):
    """A type that JSON Schema cannot describe is described as anything."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}

    def handle_invalid_for_json_schema(self, schema: core_schema.CoreSchema, error_info: str) -> JsonSchemaValue:
        return {}


class Documents:
    """One document per vendor, built when it is first asked for."""

    def __init__(self, vendors: Sequence[Vendor], version: str) -> None:
        self._vendors = {vendor.slug: vendor for vendor in vendors}
        self._version = version
        self._built: dict[str, bytes] = {}

    def __getitem__(self, slug: str) -> bytes:
        """Raises `KeyError` for what is no vendor."""
        if slug not in self._built:
            self._built[slug] = orjson.dumps(document(self._vendors[slug], self._version))
        return self._built[slug]


def document(vendor: Vendor, version: str) -> Object:
    operations = list(vendor.routes)
    schemas = _Schemas(operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{vendor.title}: {vendor.api}" if vendor.api else vendor.title,
            "version": version,
            "description": "The operations that the emulator answers, and how each is known.",
        },
        "servers": _servers(vendor),
        "paths": _paths(vendor, operations, schemas),
        "components": {"schemas": schemas.definitions},
    }


def _servers(vendor: Vendor) -> list[Object]:
    namespace = {"namespace": {"default": "default"}}
    roots = [f"/{vendor.slug}{realm}" for realm in ("", *(f"/{realm}" for realm in vendor.realms))]
    return [
        *({"url": root} for root in roots),
        *({"url": f"/ns/{{namespace}}{root}", "variables": namespace} for root in roots),
    ]


@dataclass(frozen=True, slots=True)
class _Part:
    """One type of an operation, and what it describes."""

    operation: int
    role: Role
    kind: Any  # a type that pydantic can describe, or one with a `schema` of its own

    @property
    def mode(self) -> JsonSchemaMode:
        return "serialization" if self.role == "answer" else "validation"

    @property
    def written(self) -> Mapping[str, Json] | None:
        schema = getattr(self.kind, "schema", None)
        return schema if isinstance(schema, Mapping) else None


class _Schemas:
    """JSON Schemas of all types of a vendor, generated in one go so that shared models are shared."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        parts = [part for number, operation in enumerate(operations) for part in _parts(number, operation)]
        adapters = {index: _adapter(part.kind) for index, part in enumerate(parts) if part.written is None}
        made, shared = TypeAdapter.json_schemas(
            [(index, parts[index].mode, adapter) for index, adapter in adapters.items() if adapter is not None],
            schema_generator=_Lenient,
            ref_template=_REFERENCE,
        )
        self.definitions: Object = shared.get("$defs", {})
        self._found: dict[tuple[int, Role], list[Object]] = {}
        for index, part in enumerate(parts):
            written = part.written
            schema = made.get((index, part.mode)) if written is None else self._hoisted(written)
            if schema is not None:
                self._found.setdefault((part.operation, part.role), []).append(schema)

    def of(self, operation: int, role: Role) -> list[Object]:
        return self._found.get((operation, role), [])

    def resolved(self, schema: Object) -> Object:
        reference = schema.get("$ref")
        return schema if reference is None else self.definitions[reference.rpartition("/")[2]]

    def _hoisted(self, written: Mapping[str, Json]) -> Object:
        """A schema that came with definitions of its own, which the document keeps elsewhere."""
        own: Object = orjson.loads(orjson.dumps(written).replace(b'"#/$defs/', b'"#/components/schemas/'))
        self.definitions.update(own.pop("$defs", {}))
        return own


def _adapter(kind: Any) -> TypeAdapter[Any] | None:
    """`None` for a class that reads itself and tells nobody how."""
    try:
        return TypeAdapter(kind)
    except (PydanticUserError, PydanticUndefinedAnnotation):
        return None


def _parts(number: int, operation: Operation) -> Iterator[_Part]:
    """What the operation's parameters and its answer are made of.

    A type that reads itself from the request does not say where it looks. It is taken for the query where the endpoint
    calls it `query` or the method has no body, and for the body otherwise.
    """
    for name, kind in operation.models.items():
        own_reader = isinstance(kind, FromRequest) and (name == "query" or operation.method in _WITHOUT_BODY)
        query_model = isinstance(kind, type) and issubclass(kind, Query)
        yield _Part(number, "query" if own_reader or query_model else "body", kind)
    if operation.answer is not None:
        yield _Part(number, "answer", operation.answer)


def _paths(vendor: Vendor, operations: Sequence[Operation], schemas: _Schemas) -> Object:
    """Two patterns that differ in their placeholders' names only are one path of the document, named as the first."""
    paths: Object = {}
    names: dict[tuple[str | None, ...], tuple[str, ...]] = {}
    taken: set[str] = set()
    for number, operation in enumerate(operations):
        placeholders = names.setdefault(operation.pattern, operation.names)
        item = paths.setdefault(_path(operation.pattern, placeholders), {})
        for method in _ANY_METHOD if operation.method == "*" else (operation.method.lower(),):
            described = _operation(vendor, operation, number, placeholders, schemas)
            item.setdefault(method, {"operationId": _unique(operation.id, method, taken), **described})
    return paths


def _path(pattern: Sequence[str | None], placeholders: Iterable[str]) -> str:
    names = iter(placeholders)
    return "/" + "/".join(f"{{{next(names)}}}" if piece is None else piece for piece in pattern)


def _unique(name: str, method: str, taken: set[str]) -> str:
    """An operation that has several paths or methods has one name with the vendor, and several in the document."""
    candidates = iter((name, f"{name}.{method}", *(f"{name}.{method}.{number}" for number in range(2, 1_000))))
    chosen = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(chosen)
    return chosen


def _operation(
    vendor: Vendor, operation: Operation, number: int, placeholders: Sequence[str], schemas: _Schemas
) -> Object:
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in placeholders]
    for schema in schemas.of(number, "query"):
        parameters.extend(_query_parameters(schemas.resolved(schema)))
    bodies = schemas.of(number, "body")
    return {
        **({"description": operation.says} if operation.says else {}),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": {"required": True, "content": _bodies(operation, bodies[0])}} if bodies else {}),
        "responses": {
            **_accepted(operation, schemas.of(number, "answer")),
            **_refused([*operation.failures, *_exhausted(vendor, operation)]),
        },
        "x-emulator-operation": operation.id,
        "x-emulator-guarded": operation.guarded,
        "x-emulator-provenance": operation.level.value,
        "x-emulator-source": operation.source,
    }


def _query_parameters(schema: Object) -> Iterator[Object]:
    required = schema.get("required", ())
    for name, described in schema.get("properties", {}).items():
        yield {"name": name, "in": "query", "required": name in required, "schema": described}


def _accepted(operation: Operation, schemas: Sequence[Object]) -> Object:
    content = {"content": _json(schemas[0])} if schemas and operation.status != HTTPStatus.NO_CONTENT else {}
    return {str(operation.status): {"description": HTTPStatus(operation.status).phrase, **content}}


def _exhausted(vendor: Vendor, operation: Operation) -> Iterator[Failure]:
    """What the vendor's limits answer with, which no operation needs to declare."""
    for limit in vendor.limits:
        counted = operation.guarded if limit.operations is None else operation.id in limit.operations
        if counted:
            yield vendor.dialect(LimitExhausted(limit.name, limit.quota, limit.window)).failure


def _refused(failures: Iterable[Failure]) -> Object:
    """A response per status, with the failures that have it as examples under their names."""
    responses: Object = {}
    for failure in {failure.name: failure for failure in failures}.values():
        response = responses.setdefault(str(failure.status), {"description": HTTPStatus(failure.status).phrase})
        answer = failure.provoked().answer()
        if answer.body:
            content = response.setdefault("content", {}).setdefault(failure.media_type, {"schema": {}, "examples": {}})
            content["examples"][failure.name] = _example(failure, body_of(answer))
        for name, value in answer.headers:
            if name.lower() != "content-type":
                response.setdefault("headers", {})[name] = {"schema": {"type": "string"}, "example": value}
    return responses


def _example(failure: Failure, value: Json) -> Object:
    return {
        "summary": failure.says,
        "value": value,
        "x-emulator-provenance": failure.level.value,
        "x-emulator-source": failure.source,
    }


def _bodies(operation: Operation, schema: Object) -> Object:
    """A type that reads itself may want other media types than JSON's own, and then says so."""
    wanted = [kind.media_types for kind in operation.models.values() if hasattr(kind, "media_types")]
    return {media_type: {"schema": schema} for media_type in wanted[0]} if wanted else _json(schema)


def _json(schema: Object) -> Object:
    return {"application/json": {"schema": schema}}
