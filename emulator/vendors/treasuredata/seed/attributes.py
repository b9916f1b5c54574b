"""Attributes of a parent segment's profiles, as a scenario writes them."""

from typing import Literal

from pydantic import Field

from emulator.core.section import Section, SectionError
from emulator.vendors.treasuredata.seed.words import Conditions, Id, Identifier, Name, refuse_repeated


class Duration(Section):
    value: int = Field(ge=1, le=100_000)
    unit: Literal["minute", "hour", "day"]


class SubDuration(Duration):
    name: str | None = None
    identifier: Identifier


class Increment(Section):
    type: Literal["const", "field"]
    value: int | float | str


class Aggregation(Section):
    name: str | None = None
    identifier: Identifier
    column: Name
    aggregationType: Literal["first", "last", "sum", "min", "max", "distinct_list"]


class ListAction(Section):
    action: Literal["delete_item", "clear"]
    realtimeKeyEventId: Id
    filterRule: Conditions = None


class RealtimeAttribute(Section):
    """One model for all types, as one list holds them; `check` knows which keys go with which type.

    `id` is the identifier where there is none.
    """

    id: Id | None = None
    name: str | None = None
    identifier: Identifier
    description: str | None = None
    type: Literal["single", "list", "counter", "imported"]
    realtimeKeyEventId: Id | None = None
    filterRule: Conditions = None
    duration: Duration | None = None
    valueColumn: Name | None = None
    dataType: Literal["number", "string"] | None = None
    sensitive: bool | None = None
    idColumn: Name | None = None
    fields: list[Name] | None = None
    maxItems: int | None = Field(default=None, ge=1)
    actions: list[ListAction] | None = None
    aggregations: list[Aggregation] | None = None
    counterType: Literal["sliding", "total"] | None = None
    increment: Increment | None = None
    subDurations: list[SubDuration] | None = None
    column: Name | None = None
    realtimeAttributeKind: Literal["batch"] | None = None
    backfill: None = Field(default=None, description="Not emulated.")

    def check(self, path: str) -> None:
        """Raises `SectionError` for a key that is missing or makes no sense for the type."""
        required = _REQUIRED[self.type]
        if self.type == "counter" and self.counterType != "total":
            required = (*required, "duration")
        for key in required:
            if getattr(self, key) is None:
                raise SectionError(f"{path}.{key}", f"is required for an attribute of type {self.type}")
        for key in self.model_fields_set - _COMMON - _KNOWN[self.type]:
            if getattr(self, key) is not None:
                raise SectionError(f"{path}.{key}", f"an attribute of type {self.type} has no {key}")
        for name, identifiers in (
            ("aggregations", [part.identifier for part in self.aggregations or ()]),
            ("subDurations", [part.identifier for part in self.subDurations or ()]),
        ):
            found = ((one, f"{path}.{name}[{index}].identifier") for index, one in enumerate(identifiers))
            refuse_repeated(found, "a part")
        if self.increment is not None:
            _check_increment(self.increment, f"{path}.increment.value")


class ImportedAttribute(Section):
    """`identifier` is the column where there is none, and `id` the identifier."""

    id: Id | None = None
    name: str | None = None
    identifier: Name | None = None
    description: str | None = None
    type: Literal["imported"] = "imported"
    column: Name
    dataType: str | None = None
    realtimeAttributeKind: Literal["batch"] = "batch"
    sensitive: bool = False


_COMMON = frozenset({"id", "name", "identifier", "description", "type"})
_EVENT_FED = frozenset({"realtimeKeyEventId", "filterRule", "duration"})
_REQUIRED: dict[str, tuple[str, ...]] = {
    "single": ("realtimeKeyEventId", "valueColumn", "dataType"),
    "list": ("realtimeKeyEventId", "idColumn", "duration", "maxItems"),
    "counter": ("realtimeKeyEventId", "increment"),
    "imported": ("column",),
}
_KNOWN = {
    "single": _EVENT_FED | {"valueColumn", "dataType", "sensitive"},
    "list": _EVENT_FED | {"idColumn", "fields", "maxItems", "actions", "aggregations"},
    "counter": _EVENT_FED | {"counterType", "increment", "subDurations"},
    "imported": frozenset({"column", "dataType", "sensitive", "realtimeAttributeKind"}),
}


def _check_increment(increment: Increment, path: str) -> None:
    if increment.type == "field" and not isinstance(increment.value, str):
        raise SectionError(path, f"must name a column, found {increment.value!r}")
    if increment.type == "const" and (isinstance(increment.value, str) or increment.value < 1):
        raise SectionError(path, f"must be a number from 1 on, found {increment.value!r}")
