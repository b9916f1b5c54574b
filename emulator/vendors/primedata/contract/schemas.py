"""JSON Schema as far as the tracking calls need it, in the words of gojsonschema.

The one documented description of a 422 is that library's default, so the service is taken to use it for all of them.
Its field names start at the event: ``source.itemId``, and ``(root)`` for the event itself.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TypedDict

import orjson

from emulator.core.description import Schema
from emulator.core.errors import Json
from emulator.vendors.primedata.contract.times import clamped, parse_iso

_ROOT = "(root)"


class Violation(TypedDict):
    field: str
    description: str


def violations(schema: Schema, value: Json, place: str = "") -> Iterator[Violation]:
    """In the schema's own order; a value of the wrong type is looked at no further, members of a list not at all."""
    given = _kind_of(value)
    expected = schema.get("type", given)
    kinds = [expected] if isinstance(expected, str) else expected
    if given not in kinds and not (given == "integer" and "number" in kinds):
        wanted = kinds[0] if len(kinds) == 1 else f"[{','.join(kinds)}]"
        yield _violation(place, f"Invalid type. Expected: {wanted}, given: {given}")
    elif isinstance(value, dict):
        yield from _of_object(schema, value, place)
    elif isinstance(value, list):
        yield from _of_list(schema, value, place)
    elif isinstance(value, str):
        yield from _of_text(schema, value, place)


def _kind_of(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "integer" if value == int(value) else "number"


def _violation(place: str, description: str) -> Violation:
    return {"field": place or _ROOT, "description": description}


def _of_object(schema: Schema, value: Mapping[str, Json], place: str) -> Iterator[Violation]:
    for name in schema.get("required", ()):
        if name not in value:
            yield _violation(place, f"{name} is required")
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            yield from violations(inner, value[name], f"{place}.{name}" if place else name)


def _of_list(schema: Schema, value: Collection[Json], place: str) -> Iterator[Violation]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
    if len(value) < least:
        yield _violation(place, f"Array must have at least {least} items")
    if len(value) > most:
        yield _violation(place, f"Array must have at most {most} items")


def _of_text(schema: Schema, value: str, place: str) -> Iterator[Violation]:
    if "const" in schema and value != schema["const"]:
        yield _violation(place, f"{place} does not match: {orjson.dumps(schema['const']).decode()}")
    if len(value) < schema.get("minLength", 0):
        yield _violation(place, f"String length must be greater than or equal to {schema['minLength']}")
    if schema.get("format") == "date-time" and not _is_moment(value):
        yield _violation(place, "Does not match format 'date-time'")


def _is_moment(text: str) -> bool:
    """What can be stored, too: 64 bits of nanoseconds reach from 1677 to 2262."""
    try:
        nanos = parse_iso(text).nanos
    except ValueError:
        return False
    return clamped(nanos) == nanos
