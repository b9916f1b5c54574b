"""What is said of an operation only for those who read about it: it changes no answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from emulator.core.errors import Json

Schema: TypeAlias = Mapping[str, Json]
Place: TypeAlias = Literal["path", "query", "header"]

_TEXT: Schema = {"type": "string"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A header of the request or a query parameter that no model has; or, in the path, more than its name."""

    name: str
    says: str
    place: Place = "header"
    required: bool = False
    schema: Schema = field(default_factory=lambda: _TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A call and its answer as a source document shows them; facts carry over, words need not.

    `body` and `answer` are JSON, a form as an object; `None` where there is none. `operation` is the vendor's own name.
    """

    operation: str
    name: str
    source: str
    says: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    body: Json = None
    status: int = 200
    answer: Json = None


Examples: TypeAlias = tuple[Example, ...]
SecurityScheme: TypeAlias = Mapping[str, Any]
"""As OpenAPI writes it."""
