"""A vendor's section of a scenario: the base of its models, and how planting says no."""

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from emulator.core.clock import parse_moment


class Section(BaseModel):
    """Strict: unknown keys are refused, values are not converted. Field names are the vendor's own configuration's."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def _without_provenance(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        field.pop("level", None)
        field.pop("source", None)


class Settings(BaseModel):
    """A vendor's switches. Each field has the default of the fact sheet and a description that says what it chooses.

    A default that is better known than by our choice says so in ``json_schema_extra``: `level` and `source`. They make
    its provenance entry and are left out of the JSON Schema.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, defer_build=True, json_schema_extra=_without_provenance
    )


class SectionError(Exception):
    """A section that reads well but cannot be planted. `path` is dotted, below the vendor's slug."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


def _readable_moment(text: str) -> str:
    parse_moment(text, 0)
    return text


_MOMENT = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?"
    r"|[+-][0-9]{1,9}[smhdw])$"
)
Moment: TypeAlias = Annotated[
    str, AfterValidator(_readable_moment), Field(json_schema_extra={"pattern": _MOMENT, "examples": ["-3d"]})
]
"""``2026-01-05T09:00:00Z``, ``2026-01-05``, or relative such as ``-3d``; `Work.moment` turns it into microseconds."""
