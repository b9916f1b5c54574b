"""JSON as PrimeData's Profile API reads it.

Its service runs on the JVM: its one documented message prints a map as Java does, and request values keep the text they
arrived in. So bodies are read here, with the literal text of numbers, rather than by pydantic.
"""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Field

from emulator.core.errors import BodyTooLarge, Json, MalformedBody
from emulator.core.request import Request


class _Whole(str):
    """A JSON number without fraction and exponent, as it was written."""

    __slots__ = ()


class _Fraction(str):
    """Any other JSON number, as it was written."""

    __slots__ = ()


class Spelled(str):
    """What was no string, by the text that it was written with."""

    __slots__ = ()


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return members


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_Whole, parse_float=_Fraction, parse_constant=_no_number
)


def _read_object(body: bytes) -> dict[str, Json]:
    """Raises `ValueError` or `RecursionError` for anything but one JSON object in UTF-8 without a byte order mark."""
    document = body.decode()
    value = _DECODER.decode(document)
    if not isinstance(value, dict):
        raise ValueError("the body is no object")
    if "\\u" in document:
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair can be escaped, but is no character
    return value


def java_text(value: Json) -> str:
    """As a JVM prints strings, maps and lists: ``{phone=[a, b], n=null}``, nothing quoted, numbers as they came."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={java_text(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(java_text, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def text(value: Json) -> str:
    if type(value) is not str:
        raise ValueError("a string is required")
    return value


def texts(value: Json) -> list[str]:
    return [text(one) for one in _list(value)]


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise ValueError("a list is required")
    return value


def whole(value: Json) -> int:
    if not isinstance(value, _Whole):
        raise ValueError("an integer is required")
    return int(value)


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ValueError("an object is required")
    return value


def _values_by_name(identities: Mapping[str, Json]) -> dict[str, list[str]]:
    return {name: [_scalar_text(one) for one in _list(values)] for name, values in identities.items()}


def _scalar_text(value: Json) -> str:
    if not isinstance(value, str | bool):
        raise ValueError("a string, number or boolean is required")
    return value if type(value) is str else Spelled(java_text(value))


Fields: TypeAlias = Mapping[str, Callable[[Json], Any]]  # Any: each field reads as a type of its own
_MOST_BYTES = 1024 * 1024
_DOCUMENTED_TYPES = ("application/json", "")  # the page lists no such header
WHO: Fields = {"profile_id": text, "identities": _object}


def read_search(request: Request, fields: Fields) -> dict[str, Any]:
    """The known fields that are given, and whether more was `tolerated` than the page says: null counts as not given,
    unknown names are ignored.

    Raises `BodyTooLarge`, and `MalformedBody`, also where neither field that could name the profile is given.
    """
    body = request.body
    if len(body) > _MOST_BYTES:
        raise BodyTooLarge(_MOST_BYTES)
    try:
        members = _read_object(body)
        found = {name: read(members[name]) for name, read in fields.items() if members.get(name) is not None}
        tolerated = len(found) < len(members) or not all(found.values()) or request.media_type not in _DOCUMENTED_TYPES
        found["identities"] = _deciding_identities(found)
    except (ValueError, RecursionError) as error:
        raise MalformedBody(str(error)) from None
    found["tolerated"] = tolerated
    return found


def _deciding_identities(found: Mapping[str, Json]) -> dict[str, list[str]]:
    """None beside a `profile_id`, which decides alone: what identities hold is then not even looked at."""
    if found.get("profile_id"):
        return {}
    if not found.get("identities"):
        raise ValueError("profile_id or identities is required")
    return _values_by_name(found["identities"])


ProfileId = Annotated[str, Field(description="PrimeData's id of the profile; decides where identities are given too")]
Identities = Annotated[
    dict[str, list[str]],
    Field(
        description="Values by identity name, any of which may match",
        json_schema_extra={
            "additionalProperties": {"type": "array", "items": {"type": ["string", "number", "boolean"]}}
        },
    ),
]
ONE_OF_WHO = ConfigDict(json_schema_extra={"anyOf": [{"required": [name]} for name in WHO]})
