"""JSON Schemas of what goes over the wire, generated from the vendors' types."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson
from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from emulator.core.description import Schema
from emulator.core.errors import Json
from emulator.core.routes import FromRequest, Operation, Query

Object: TypeAlias = dict[str, Any]  # Any: a JSON document in the making
Role: TypeAlias = Literal["body", "query", "answer", "refusal"]

JSON = "application/json"
REFERENCE = "#/components/schemas/{model}"
_WITHOUT_BODY = ("GET", "HEAD", "DELETE")
_NO_OPERATION = -1


class _Generator(GenerateJsonSchema):
    """A type that JSON Schema cannot describe is described as anything. An answer has the members that are described
    and no others: so a test can tell when one has more."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}

    def handle_invalid_for_json_schema(self, schema: core_schema.CoreSchema, error_info: str) -> JsonSchemaValue:
        return {}

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        made = super().typed_dict_schema(schema)
        return {"additionalProperties": False, **made} if self.mode == "serialization" else made


@dataclass(frozen=True, slots=True)
class _Part:
    """One type of an operation, and what it describes. A type that pydantic cannot describe has a `schema`."""

    operation: int
    role: Role
    kind: Any
    media_type: str = JSON

    @property
    def mode(self) -> JsonSchemaMode:
        return "serialization" if self.role in ("answer", "refusal") else "validation"


class Schemas:
    """All schemas of a vendor, generated in one go so that shared models are shared."""

    def __init__(self, operations: Sequence[Operation], refusals: Sequence[type] = ()) -> None:
        parts = [part for number, operation in enumerate(operations) for part in _parts(number, operation)]
        parts.extend(_Part(_NO_OPERATION, "refusal", kind) for kind in refusals)
        adapters = {index: _adapter(part.kind) for index, part in enumerate(parts) if not _is_written(part.kind)}
        made, shared = TypeAdapter.json_schemas(
            [(index, parts[index].mode, adapter) for index, adapter in adapters.items() if adapter is not None],
            schema_generator=_Generator,
            ref_template=REFERENCE,
        )
        self.definitions: Object = shared.get("$defs", {})
        self._found: dict[tuple[int, Role], list[tuple[str, Object]]] = {}
        for index, part in enumerate(parts):
            schema = self._hoisted(part.kind) if _is_written(part.kind) else made.get((index, part.mode))
            if schema is not None:
                self._found.setdefault((part.operation, part.role), []).append((part.media_type, schema))

    def answer(self, operation: int) -> Object | None:
        return next((schema for _, schema in self._found.get((operation, "answer"), ())), None)

    def bodies(self, operation: int) -> Object:
        """By media type."""
        return dict(self._found.get((operation, "body"), ()))

    def queries(self, operation: int) -> list[Object]:
        return [self.resolved(schema) for _, schema in self._found.get((operation, "query"), ())]

    @property
    def refusals(self) -> list[Object]:
        return [schema for _, schema in self._found.get((_NO_OPERATION, "refusal"), ())]

    def used(self, parts: Json) -> Object:
        """The definitions that these parts of the document refer to, or that these do."""
        text = orjson.dumps([parts, self.definitions]).decode()
        return {name: one for name, one in self.definitions.items() if f'"{REFERENCE.format(model=name)}"' in text}

    def resolved(self, schema: Object) -> Object:
        """What is only in the query is no component of its own."""
        reference = schema.get("$ref")
        return schema if reference is None else self.definitions[reference.rpartition("/")[2]]

    def _hoisted(self, written: Schema) -> Object:
        """A schema that came with definitions of its own, which the document keeps elsewhere."""
        own: Object = orjson.loads(orjson.dumps(written).replace(b'"#/$defs/', b'"#/components/schemas/'))
        self.definitions.update(own.pop("$defs", {}))
        return own


def reads_body(operation: Operation) -> bool:
    return any(part.role == "body" for part in _parts(0, operation))


def _is_written(kind: Json) -> bool:
    return isinstance(kind, Mapping)


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
        if own_reader or query_model:
            yield _Part(number, "query", kind)
        else:
            bodies: Mapping[str, Any] = getattr(kind, "bodies", {JSON: kind})
            yield from (_Part(number, "body", body, media_type) for media_type, body in bodies.items())
    if operation.answer is not None:
        yield _Part(number, "answer", operation.answer)
