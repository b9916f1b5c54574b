"""What ids and names look like in a scenario, and the sentence for one that is given twice."""

from collections.abc import Iterable
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from emulator.core.section import SectionError
from emulator.vendors.treasuredata.contract import NAME_PATTERN


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id: TypeAlias = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(min_length=1),
    WithJsonSchema({"type": ["string", "integer"], "minLength": 1}),
]
"""Written as a text or as a number; the vendor's own are texts of digits."""
NumericId: TypeAlias = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(pattern=r"^[0-9]{1,18}$"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": "^[0-9]{1,18}$", "minimum": 0, "maximum": 10**18 - 1}),
]
"""Part of a WP13n-Token header."""
Name: TypeAlias = Annotated[str, Field(min_length=1)]
TableName: TypeAlias = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
Identifier: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def refuse_repeated(found: Iterable[tuple[object, str]], noun: str) -> None:
    """`found` are names with their paths."""
    seen: set[object] = set()
    for name, path in found:
        if name in seen:
            raise SectionError(path, f"there already is {noun} {name!r}")
        seen.add(name)
