"""The wire of the two tracking calls: what data sources send, and what they are told.

Events Push API for the rules, and what the SDKs really send for the exceptions to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import orjson
from typing_extensions import TypedDict

from emulator.core.description import Schema
from emulator.core.errors import BodyTooLarge, Json, Refusal
from emulator.core.request import Request
from emulator.vendors.primedata.contract.schemas import Violation, violations
from emulator.vendors.primedata.contract.times import Nanos, parse_iso
from emulator.vendors.primedata.errors import SCHEMA_INVALID, TRACKING_BAD_REQUEST

MOST_EVENTS: Final = 500
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_TRAIT_BYTES: Final = 256 * 1024
"""What tracking may tell of one person, as JSON."""
"""Five hundred events of a web page with its page objects and campaigns, and room to spare."""
IDENTIFY: Final = "identify"
ANALYTICS_USER: Final = "analyticsUser"

_TEXT: Schema = {"type": "string", "minLength": 1}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_PERHAPS_TEXT: Schema = {"type": ["string", "null"]}
_PERHAPS_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
_PERHAPS_OBJECT: Schema = {"type": ["object", "null"]}
_SOURCE: Schema = {
    "type": "object",
    "required": ["itemId", "itemType", "scope"],
    "properties": {"itemId": _TEXT, "itemType": _TEXT, "scope": _TEXT, "properties": _PERHAPS_OBJECT},
}
_TARGET: Schema = {
    "type": ["object", "null"],
    "required": ["itemId", "itemType"],
    "properties": {"itemId": _TEXT, "itemType": _TEXT, "scope": _PERHAPS_TEXT, "properties": _PERHAPS_OBJECT},
}
_USER: Schema = {
    "type": "object",
    "required": ["itemType"],
    "properties": {**_TARGET["properties"], "itemType": {"type": "string", "const": ANALYTICS_USER}},
}
_EVENT: Schema = {
    "type": "object",
    "required": ["eventType", "scope", "timeStamp", "source", "target"],
    "properties": {
        "eventType": _TEXT,
        "scope": _TEXT,
        "timeStamp": _MOMENT,
        "sendAt": _PERHAPS_MOMENT,
        "sessionId": _PERHAPS_TEXT,
        "properties": _PERHAPS_OBJECT,
        "source": _SOURCE,
        "target": _TARGET,
    },
}
_IDENTIFY_EVENT: Schema = {
    **_EVENT,
    "properties": {**_EVENT["properties"], "eventType": {"type": "string", "const": IDENTIFY}, "target": _USER},
}
_BODY: Schema = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "events": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_EVENTS,
            "items": {"anyOf": [_IDENTIFY_EVENT, _EVENT]},
        },
        "sessionId": _PERHAPS_TEXT,
        "sendAt": _PERHAPS_MOMENT,
    },
}


_EVENT_NAMES = {*_EVENT["properties"], "id", "profileId"}
_BODY_NAMES = {
    *_BODY["properties"],
    "profileId", "requiredProfileProperties", "requiredSessionProperties", "requireSegments", "filters",
    "personalizations",
}  # fmt: skip
"""Those that some rule of their own speaks of, and those that the pages name."""


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """One event whose shape is right. Of its target only the properties count, and those in identify only."""

    event_type: str
    scope: str
    time_stamp: Nanos
    sent_at: Nanos | None
    properties: Mapping[str, Json]
    target_properties: Mapping[str, Json]
    id: str | None = None
    session_id: str | None = None
    profile_id: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one call. `tolerated`: some of it is not as documented, but as an SDK sends it."""

    bodies: ClassVar[Mapping[str, Schema]] = {"application/json": _BODY, "text/plain": _BODY}

    events: Sequence[TrackedEvent]
    session_id: str | None
    content: Mapping[str, Json]
    tolerated: bool

    @classmethod
    def from_request(cls, request: Request) -> Self:
        content = _content(request)
        _check(_BODY, content)
        tolerated = request.media_type != "application/json" or bool(content.keys() - _BODY_NAMES)
        told: list[TrackedEvent] = []
        for event in content["events"]:
            usual = _as_documented(event)
            _check(_IDENTIFY_EVENT if _is_identify(usual) else _EVENT, usual)
            tolerated = tolerated or usual is not event or _is_undocumented(usual, content)
            told.append(_event(usual, content))
        return cls(told, told[-1].session_id, content, tolerated)


def _content(request: Request) -> Json:
    try:
        content = orjson.loads(request.body)
        orjson.dumps(content)  # what is nested deeper than this can write could not be stored
    except (BodyTooLarge, orjson.JSONDecodeError, TypeError):
        raise TRACKING_BAD_REQUEST() from None
    return content


def _check(schema: Schema, value: Json) -> None:
    if found := list(violations(schema, value)):
        raise invalid(found)


def invalid(found: Sequence[Violation]) -> Refusal:
    """The refusal that tells of them."""
    return SCHEMA_INVALID(body={"error": {"details": found, "message": "Schema is invalid"}})


def _is_identify(event: Json) -> bool:
    return isinstance(event, dict) and event.get("eventType") == IDENTIFY


def _as_documented(event: Json) -> Json:
    """The event with ``{}`` where PHP wrote an empty array; the very same object where nothing had to be changed."""
    if not isinstance(event, dict):
        return event
    changed: dict[str, Json] = {}
    if event.get("properties") == []:
        changed["properties"] = {}
    for name in ("source", "target"):
        item = event.get(name)
        if isinstance(item, dict) and item.get("properties") == []:
            changed[name] = {**item, "properties": {}}
    return {**event, **changed} if changed else event


def _is_undocumented(event: Mapping[str, Json], body: Mapping[str, Json]) -> bool:
    target = event["target"] or {}
    lacks = target.get("scope") is None or "itemId" not in target
    unsaid = None in (event.get("properties", {}), event["source"].get("properties", {}), target.get("properties", {}))
    sessions = {_text(event.get("sessionId")), _text(body.get("sessionId"))} - {None}
    return lacks or unsaid or len(sessions) > 1 or bool(event.keys() - _EVENT_NAMES)


def _event(event: Mapping[str, Json], body: Mapping[str, Json]) -> TrackedEvent:
    target = event["target"] or {}
    sent_at = event.get("sendAt") or body.get("sendAt")
    return TrackedEvent(
        event_type=event["eventType"],
        scope=event["scope"],
        time_stamp=parse_iso(event["timeStamp"]).nanos,
        sent_at=parse_iso(sent_at).nanos if sent_at else None,
        properties=event.get("properties") or {},
        target_properties=target.get("properties") or {},
        id=_text(event.get("id")),
        session_id=_text(event.get("sessionId")) or _text(body.get("sessionId")),
        profile_id=_text(event.get("profileId")) or _text(body.get("profileId")),
    )


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


class Processed(TypedDict):
    """Events Push API, Response."""

    processedEvents: int
    profileId: str | None


class Context(TypedDict):
    """Apache Unomi, ContextResponse. What nobody asked for is null."""

    profileId: str | None
    sessionId: str | None
    profileProperties: dict[str, Any] | None  # Any: whatever JSON the workspace stored
    sessionProperties: dict[str, Any] | None
    profileSegments: list[str] | None
    filteringResults: dict[str, bool] | None
    processedEvents: int
    personalizations: dict[str, list[str]] | None
    trackedConditions: list[Any]
    anonymousBrowsing: bool
    consents: dict[str, Any]
