"""Attributes of a parent segment's profiles, as a scenario writes them."""

import math
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from emulator.core.section import Section, SectionError
from emulator.vendors.treasuredata.seed.conditions import EventRule
from emulator.vendors.treasuredata.seed.words import Id, Identifier, Name, refuse_repeated
from emulator.vendors.treasuredata.service.attributes import MOST_LIST_ITEMS


class Duration(Section):
    value: int = Field(ge=1, le=10_000_000, description="How many units.")
    unit: Literal["minute", "hour", "day"] = Field(description="Of what.")


class SubDuration(Duration):
    name: str | None = Field(default=None, description="For people.")
    identifier: Identifier = Field(description="What payloads call it as subAttributeIdentifier.")


def _increments(schema: dict[str, Any]) -> None:  # Any: JSON Schema
    kinds: dict[str, dict[str, Any]] = {
        "const": {"type": "number", "minimum": 1},
        "field": {"type": "string", "minLength": 1},
    }
    schema["allOf"] = [_where("type", kind, {"properties": {"value": value}}) for kind, value in kinds.items()]


class Increment(Section):
    model_config = ConfigDict(json_schema_extra=_increments)

    type: Literal["const", "field"] = Field(description="The same for every event, or the value of a column.")
    value: Annotated[Any, WithJsonSchema({"type": ["number", "string"]})] = Field(  # Any: `check` tells by the type
        description="An amount of at least 1, or the column's name."
    )

    def check(self, path: str) -> None:
        if self.type == "field" and not (isinstance(self.value, str) and self.value):
            raise SectionError(path, f"must name a column, found {self.value!r}")
        if self.type == "const" and not (type(self.value) in (int, float) and 1 <= self.value < math.inf):
            raise SectionError(path, f"must be a number from 1 on, found {self.value!r}")


class Aggregation(Section):
    name: str | None = Field(default=None, description="For people.")
    identifier: Identifier = Field(description="What payloads call it as subAttributeIdentifier.")
    column: Name = Field(description="The idColumn, one of the fields, or `time`, the second of the item's event.")
    aggregationType: Literal["first", "last", "sum", "min", "max", "distinct_list"] = Field(
        description="What becomes of the column's values."
    )


class ListAction(Section):
    action: Literal["delete_item", "clear"] = Field(description="Take the event's item out, or all of them.")
    realtimeKeyEventId: Id = Field(description="The key event that does so.")
    filterRule: EventRule | None = Field(default=None, description="Narrows the key event.")


class Backfill(Section):
    attributeIdentifier: Name = Field(description="The batch attribute, or column, that holds the value so far.")
    timestampIdentifier: Name = Field(description="The one that holds the moment that it was computed at.")


class CatalogColumn(Section):
    name: Name = Field(description="A column of the catalog.")
    dataType: Name = Field(description="For people: values are sent as the catalog has them.")


class LookupKey(Section):
    id: Id = Field(description="A single, list or imported attribute, whose value is the key of the row.")
    type: Name = Field(description="For people: the attribute knows its own.")


_EVENT_FED = frozenset({"realtimeKeyEventId", "filterRule", "duration"})
_LOOK_UP = ("lookupCatalogTableName", "lookupCatalogColumns", "lookupKeys")
_REQUIRED: dict[str, tuple[str, ...]] = {
    "single": ("realtimeKeyEventId", "valueColumn", "dataType"),
    "list": ("realtimeKeyEventId", "idColumn", "duration", "maxItems"),
    "counter": ("realtimeKeyEventId", "increment"),
    "imported": ("column",),
    "lookupCatalog": _LOOK_UP,
}
_KNOWN = {
    "single": _EVENT_FED | {"valueColumn", "dataType", "backfill"},
    "list": _EVENT_FED | {"idColumn", "fields", "maxItems", "actions", "aggregations"},
    "counter": _EVENT_FED | {"counterType", "increment", "subDurations", "backfill"},
    "imported": frozenset({"column", "dataType", "realtimeAttributeKind"}),
    "lookupCatalog": frozenset(_LOOK_UP),
}
_SPECIAL = frozenset().union(*_KNOWN.values())


def _where(key: str, value: str, then: dict[str, Any]) -> dict[str, Any]:  # Any: JSON Schema
    return {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": then}


def _types(schema: dict[str, Any]) -> None:  # Any: JSON Schema
    """What `check` refuses, for editors."""
    wanted: dict[str, Any] = {"not": {"type": "null"}}
    schema["allOf"] = [
        _where(
            "type",
            kind,
            {
                "required": list(required),
                "properties": {
                    **dict.fromkeys(required, wanted),
                    **{key: {"type": "null"} for key in sorted(_SPECIAL - _KNOWN[kind])},
                },
            },
        )
        for kind, required in _REQUIRED.items()
    ]
    total = {"properties": {"subDurations": {"anyOf": [{"type": "null"}, {"maxItems": 0}]}}}
    sliding = {"required": ["duration"], "properties": {"duration": wanted}}
    of_counters = {**_where("counterType", "total", total), "else": sliding}
    schema["allOf"].append(_where("type", "counter", of_counters))


class RealtimeAttribute(Section):
    """One model for all types, as one list holds them; which keys go with which type is checked, and named by path."""

    model_config = ConfigDict(json_schema_extra=_types)

    id: Id | None = Field(default=None, description="What payloads and conditions call it; else the identifier.")
    name: str | None = Field(default=None, description="For people.")
    identifier: Identifier = Field(description="The System ID.")
    description: str | None = Field(default=None, description="For people.")
    type: Literal["single", "list", "counter", "imported", "lookupCatalog"] = Field(
        description="The latest value, a buffer of items, a sum, a column of the batch profile, a row of a catalog."
    )
    sensitive: bool | None = Field(
        default=None, description="Never sent to browsers, and elsewhere only by sections with includeSensitive."
    )
    realtimeKeyEventId: Id | None = Field(default=None, description="The key event that feeds it.")
    filterRule: EventRule | None = Field(default=None, description="Narrows the key event.")
    duration: Duration | None = Field(default=None, description="How long an event counts; of a list 60 days at most.")
    valueColumn: Name | None = Field(default=None, description="single: the event's column that holds the value.")
    dataType: Literal["number", "string"] | None = Field(
        default=None, description="single: what the value is kept as; imported: for people."
    )
    backfill: Backfill | None = Field(
        default=None, description="single, counter: where the value of earlier times comes from."
    )
    idColumn: Name | None = Field(default=None, description="list: the column that tells items apart.")
    fields: list[Name] | None = Field(default=None, description="list: columns that each item keeps besides.")
    maxItems: int | None = Field(
        default=None,
        ge=1,
        description=f"list: how many items it keeps, {MOST_LIST_ITEMS} at most.",
        json_schema_extra={"maximum": MOST_LIST_ITEMS},
    )
    actions: list[ListAction] | None = Field(default=None, description="list: what takes items out.")
    aggregations: list[Aggregation] | None = Field(default=None, description="list: its values.")
    counterType: Literal["sliding", "total"] | None = Field(
        default=None, description="counter: sums up the window (sliding, the default), or everything."
    )
    increment: Increment | None = Field(default=None, description="counter: what each event adds.")
    subDurations: list[SubDuration] | None = Field(
        default=None, description="counter: shorter windows, each with a value of its own."
    )
    column: Name | None = Field(default=None, description="imported: the batch profile's column.")
    realtimeAttributeKind: Literal["batch"] | None = Field(default=None, description="imported: where it comes from.")
    lookupCatalogTableName: Name | None = Field(default=None, description="lookupCatalog: one of catalog_tables.")
    lookupCatalogColumns: list[CatalogColumn] | None = Field(
        default=None, min_length=1, description="lookupCatalog: what is taken of the row."
    )
    lookupKeys: list[LookupKey] | None = Field(
        default=None, min_length=1, description="lookupCatalog: attributes to look up, in the order of preference."
    )

    def check(self, path: str) -> None:
        """Raises `SectionError` for a key that is missing or makes no sense for the type."""
        required = _REQUIRED[self.type]
        if self.type == "counter" and self.counterType != "total":
            required = (*required, "duration")
        for key in required:
            if getattr(self, key) is None:
                raise SectionError(f"{path}.{key}", f"is required for an attribute of type {self.type}")
        for key in sorted(self.model_fields_set & (_SPECIAL - _KNOWN[self.type])):
            if getattr(self, key) is not None:
                raise SectionError(f"{path}.{key}", f"an attribute of type {self.type} has no {key}")
        if self.counterType == "total" and self.subDurations:
            raise SectionError(f"{path}.subDurations", "a total counter has no window to divide")
        for name, identifiers in (
            ("aggregations", [part.identifier for part in self.aggregations or ()]),
            ("subDurations", [part.identifier for part in self.subDurations or ()]),
        ):
            found = ((one, f"{path}.{name}[{index}].identifier") for index, one in enumerate(identifiers))
            refuse_repeated(found, "a part")
        if self.increment is not None:
            self.increment.check(f"{path}.increment.value")


class ImportedAttribute(Section):
    id: Id | None = Field(default=None, description="What payloads and conditions call it; else the identifier.")
    name: str | None = Field(default=None, description="For people.")
    identifier: Name | None = Field(default=None, description="The System ID; else the column.")
    description: str | None = Field(default=None, description="For people.")
    type: Literal["imported"] = Field(default="imported", description="The only type in this list.")
    column: Name = Field(description="The batch profile's column.")
    dataType: str | None = Field(default=None, description="For people: values are sent as the batch profile has them.")
    realtimeAttributeKind: Literal["batch"] = Field(default="batch", description="Where it comes from.")
    sensitive: bool = Field(
        default=False, description="Never sent to browsers, and elsewhere only by sections with includeSensitive."
    )
