"""What a workspace is set up with: keys, identity resolution, event types, data sources."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from pydantic import Field

from emulator.core.section import Section, SectionError
from emulator.core.work import Work
from emulator.vendors.primedata.seed.words import Key, Name, json_of, refuse_repeated
from emulator.vendors.primedata.service.event_types import BUILT_IN_EVENTS, SDK_EVENTS
from emulator.vendors.primedata.tables import ADD_API_KEY, ADD_EVENT_TYPE, ADD_IDENTITY_TYPE, ADD_SOURCE

Kind: TypeAlias = Literal["boolean", "number", "string", "array"]

_FIRST_VERSION = "0.1"


class IdentityTypeSeed(Section):
    """An entry of the identity-resolution configuration; priority 1 decides before 2."""

    name: Name
    priority: int


class EventTypeSeed(Section):
    """Without `properties` it takes whatever properties are tracked; with them, others are trimmed."""

    name: Name
    schema_version: str = _FIRST_VERSION
    required: list[str] = []
    properties: dict[str, Kind] | None = None


class PropertySeed(Section):
    type: Kind
    alias: Name = Field(description="The key of the property, again.")
    title: Name
    description: str = ""


class EventSchemaSeed(Section):
    """A body of the App API's Register an Event Schema, and `schema_version`, which is ours."""

    alias: Name
    title: Name
    description: str = ""
    isPublish: Literal[True] = True
    properties: dict[str, PropertySeed]
    required: list[str] = []
    conversion: bool = False
    tags: list[str] = []
    schema_version: str = _FIRST_VERSION

    def event_type(self, path: str) -> EventTypeSeed:
        for name, one in self.properties.items():
            if one.alias != name:
                raise SectionError(f"{path}.properties.{name}.alias", f"must be the property's key, {name!r}")
        kinds = {name: one.type for name, one in self.properties.items()}
        return EventTypeSeed(
            name=self.alias, schema_version=self.schema_version, required=self.required, properties=kinds
        )


class SourceSeed(Section):
    """A data source: its id is sent as X-Client-Id, its write key as X-Client-Access-Token."""

    id: Key
    write_key: Key
    name: str = ""


def registered(catalogue: Sequence[EventTypeSeed], schemas: Sequence[EventSchemaSeed]) -> Sequence[EventTypeSeed]:
    """All event types of the workspace; what it does not list itself is built in."""
    found = [(one, f"event_catalogue[{number}]") for number, one in enumerate(catalogue)]
    for number, schema in enumerate(schemas):
        path = f"event_schemas[{number}]"
        found.append((schema.event_type(path), path))
    names: set[str] = set()
    for event_type, path in found:
        if event_type.name in names:
            raise SectionError(path, f"{event_type.name!r} is here already")
        names.add(event_type.name)
        _check_required(event_type, path)
    built_in = [EventTypeSeed(name=name) for name in (*BUILT_IN_EVENTS, *SDK_EVENTS) if name not in names]
    return [*(event_type for event_type, _ in found), *built_in]


def _check_required(event_type: EventTypeSeed, path: str) -> None:
    if event_type.properties is None:
        return
    for number, name in enumerate(event_type.required):
        if name not in event_type.properties:
            raise SectionError(f"{path}.required[{number}]", f"{name!r} is none of the properties")


def plant_configuration(
    work: Work,
    api_keys: Sequence[str],
    identity_config: Sequence[IdentityTypeSeed],
    sources: Sequence[SourceSeed],
    event_types: Sequence[EventTypeSeed],
) -> None:
    refuse_repeated("api_keys", api_keys)
    refuse_repeated("identity_config", [one.name for one in identity_config])
    refuse_repeated("sources", [one.id for one in sources])
    work.db.many(ADD_API_KEY, ({"number": number, "key": key} for number, key in enumerate(api_keys, 1)))
    work.db.many(ADD_IDENTITY_TYPE, (one.model_dump() for one in identity_config))
    work.db.many(ADD_SOURCE, (one.model_dump() for one in sources))
    work.db.many(ADD_EVENT_TYPE, map(_event_type_row, event_types))


def _event_type_row(event_type: EventTypeSeed) -> dict[str, Any]:  # Any: whatever sqlite3 binds
    schema = json_of({"required": event_type.required, "properties": event_type.properties}, "event_catalogue")
    return {"name": event_type.name, "version": event_type.schema_version, "schema": schema}
