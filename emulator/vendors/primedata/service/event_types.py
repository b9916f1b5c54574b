"""Registered event types: which events may be tracked, and with which properties."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from emulator.core.description import Schema
from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.primedata.contract.schemas import violations
from emulator.vendors.primedata.contract.tracking import IDENTIFY, invalid
from emulator.vendors.primedata.errors import EVENT_TYPE_UNKNOWN, OPEN_SCHEMA
from emulator.vendors.primedata.tables import FIND_EVENT_TYPE

BUILT_IN_EVENTS = (IDENTIFY, "SaveEntity")
"""Event types that every workspace has (Events Dynamics, built-in events; Entities)."""
SDK_EVENTS = ("view", "open_app")
"""What the SDKs for pages and for iOS track by themselves when they start."""


@dataclass(frozen=True, slots=True)
class EventType:
    """`names` are the properties that it keeps; `None` is all."""

    version: str
    schema: Schema
    names: frozenset[str] | None

    def kept(self, work: Work, properties: Mapping[str, Json]) -> Mapping[str, Json]:
        """What an event of the type keeps of its properties. Raises the refusal of those that it cannot have."""
        if found := list(violations(self.schema, properties, "properties")):
            raise invalid(found)
        if self.names is None:
            if properties:
                work.rely(OPEN_SCHEMA)
            return properties
        return {name: value for name, value in properties.items() if name in self.names}


def event_type(work: Work, name: str) -> EventType:
    """Raises the refusal of a name that is not registered."""
    row = work.db.one(FIND_EVENT_TYPE, name=name)
    if row is None:
        raise EVENT_TYPE_UNKNOWN()
    registered = orjson.loads(row["schema"])
    kinds = registered["properties"]
    schema = {
        "type": "object",
        "required": registered["required"],
        "properties": {name: {"type": kind} for name, kind in (kinds or {}).items()},
    }
    return EventType(row["version"], schema, None if kinds is None else frozenset(kinds))
