"""Arrangements of a world as plain JSON values, and back.

Dataclasses go field by field, whatever fields they have. A failure goes by its name in the vendor's catalogue.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import orjson
from pydantic import TypeAdapter, ValidationError

from emulator.core.errors import Failure, Json


def plain(value: Any) -> Json:
    if isinstance(value, Failure):
        return value.name
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple | deque):
        return [plain(below) for below in value]
    return value


def revive(kind: Any, value: Json, failures: Mapping[str, Failure], place: str) -> Any:
    """An instance of `kind`. A field that is left out has its default. Raises `ValueError` with a sentence that begins
    with the place of what is wrong."""
    if kind is Failure:
        if not isinstance(value, str) or value not in failures:
            raise ValueError(f"{place}: there is no failure {value!r} in this version")
        return failures[value]
    if is_dataclass(kind):
        return _revive_fields(kind, value, failures, place)
    inner = [arm for arm in get_args(kind) if arm is not NoneType]
    if NoneType in get_args(kind) and (value is None or len(inner) == 1):
        return None if value is None else revive(inner[0], value, failures, place)
    if get_origin(kind) in (list, tuple) and is_dataclass(inner[0]):
        if not isinstance(value, list):
            raise ValueError(f"{place}: must be a list")
        return get_origin(kind)(revive(inner[0], below, failures, f"{place}[{n}]") for n, below in enumerate(value))
    try:
        return _adapter(kind).validate_json(orjson.dumps(value), strict=True)
    except ValidationError as error:
        raise ValueError(f"{place}: {error.errors(include_url=False)[0]['msg']}") from None


def _revive_fields(kind: Any, value: Json, failures: Mapping[str, Failure], place: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: must be an object")
    hints = get_type_hints(kind)
    if strange := [name for name in value if name not in hints]:
        raise ValueError(f"{place}.{strange[0]}: this version does not know it")
    found = {name: revive(hints[name], below, failures, f"{place}.{name}") for name, below in value.items()}
    try:
        return kind(**found)
    except TypeError as error:
        raise ValueError(f"{place}: {error}") from None


@lru_cache(maxsize=256)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
