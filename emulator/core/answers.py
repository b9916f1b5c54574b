"""What goes back to the caller."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

Headers: TypeAlias = Sequence[tuple[str, str]]

JSON = "application/json"


@dataclass(slots=True)
class Answer:
    """Status, exact body bytes, headers in order. Content-Length is added when it is sent."""

    status: int
    body: bytes = b""
    headers: Headers = ()


def json_answer(value: Any, status: int = 200, *, media_type: str = JSON, headers: Headers = ()) -> Answer:
    """`value` is anything orjson writes; member order is kept, no white space."""
    return Answer(status, orjson.dumps(value), (("content-type", media_type), *headers))


def empty_answer(status: int = 204) -> Answer:
    return Answer(status)
