"""The paths of a document: what each operation takes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from emulator.control.openapi.answers import responses
from emulator.control.openapi.schemas import Schemas
from emulator.core.description import Example, Parameter
from emulator.core.errors import Json
from emulator.core.routes import Operation
from emulator.core.vendor import Vendor

Object: TypeAlias = dict[str, Any]  # Any: a JSON document in the making

_ANY_METHOD = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def paths(vendor: Vendor, operations: Sequence[Operation], schemas: Schemas) -> Object:
    """Two patterns that differ in their placeholders' names only are one path of the document, named as the first."""
    items: Object = {}
    names: dict[tuple[str | None, ...], tuple[str, ...]] = {}
    taken: set[str] = set()
    examples = vendor.examples()
    for number, operation in enumerate(operations):
        placeholders = names.setdefault(operation.pattern, operation.names)
        item = items.setdefault(_path(operation.pattern, placeholders), {})
        shown = [example for example in examples if example.operation == operation.id]
        described = _operation(vendor, operation, placeholders, shown, number, schemas)
        for method in _ANY_METHOD if operation.method == "*" else (operation.method.lower(),):
            item.setdefault(method, {"operationId": _unique(operation.id, method, taken), **described})
    return items


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
    vendor: Vendor,
    operation: Operation,
    placeholders: Sequence[str],
    examples: Sequence[Example],
    number: int,
    schemas: Schemas,
) -> Object:
    parameters = [
        *_path_parameters(operation, placeholders, examples),
        *_other_parameters(operation, examples, schemas.queries(number)),
    ]
    bodies = schemas.bodies(number)
    security = _security(vendor, operation)
    return {
        **({"description": operation.says} if operation.says else {}),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": _request_body(operation, bodies, examples)} if bodies else {}),
        "responses": responses(vendor, operation, examples, schemas.answer(number), schemas),
        **({"security": security} if vendor.security else {}),
        "x-emulator-operation": operation.id,
        "x-emulator-guarded": operation.guarded,
        "x-emulator-provenance": operation.level.value,
        "x-emulator-source": operation.source,
        "x-emulator-entry": vendor.entry(operation).id,
    }


def _security(vendor: Vendor, operation: Operation) -> list[Object]:
    """Alternatives. An unguarded operation that names schemes can do without."""
    named = operation.security or (tuple(vendor.security) if operation.guarded else ())
    return [*([] if operation.guarded or not named else [{}]), *({name: []} for name in named)]


def _path_parameters(
    operation: Operation, placeholders: Sequence[str], examples: Sequence[Example]
) -> Iterator[Object]:
    told = {one.name: one for one in operation.parameters if one.place == "path"}
    for name, own in zip(placeholders, operation.names, strict=True):
        more = told.get(own)
        yield {
            "name": name,
            "in": "path",
            "required": True,
            **({"description": more.says} if more else {}),
            "schema": dict(more.schema) if more else {"type": "string"},
            **_examples_of({one.name: (one, one.path[own]) for one in examples if own in one.path}),
        }


def _other_parameters(operation: Operation, examples: Sequence[Example], queries: Sequence[Object]) -> Iterator[Object]:
    for schema in queries:
        required = schema.get("required", ())
        for name, described in schema.get("properties", {}).items():
            said, value = _query_schema(described)
            yield {
                "name": name,
                "in": "query",
                "required": name in required,
                **said,
                "schema": value,
                **_examples_of({one.name: (one, one.query[name]) for one in examples if name in one.query}),
            }
    yield from (_told_parameter(one, examples) for one in operation.parameters if one.place != "path")


def _told_parameter(told: Parameter, examples: Sequence[Example]) -> Object:
    given = [(one, one.query if told.place == "query" else one.headers) for one in examples]
    return {
        "name": told.name,
        "in": told.place,
        "required": told.required,
        "description": told.says,
        "schema": dict(told.schema),
        **_examples_of({one.name: (one, values[told.name]) for one, values in given if told.name in values}),
    }


def _query_schema(described: Object) -> tuple[Object, Object]:
    """A parameter that may be left out is never null; its description stands beside its schema."""
    schema = {name: value for name, value in described.items() if name not in ("description", "title")}
    if schema.get("default", ...) is None:
        del schema["default"]
    given = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    if len(given) == 1:
        schema = {**given[0], **schema}
    elif given:
        schema["anyOf"] = given
    said = described.get("description")
    return ({"description": said} if said else {}), schema


def _request_body(operation: Operation, bodies: Object, examples: Sequence[Example]) -> Object:
    needed = all(getattr(kind, "needs_body", True) for kind in operation.models.values())
    return {
        "required": needed,
        "content": {
            media_type: {
                "schema": schema,
                **_examples_of(
                    {
                        one.name: (one, one.body)
                        for one in examples
                        if one.body is not None and one.media_type == media_type
                    }
                ),
            }
            for media_type, schema in bodies.items()
        },
    }


def _examples_of(values: dict[str, tuple[Example, Json]]) -> Object:
    shown = {
        name: {"summary": example.says, "value": value, "x-emulator-source": example.source}
        for name, (example, value) in values.items()
    }
    return {"examples": shown} if shown else {}
