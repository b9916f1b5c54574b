"""What is worth telling of a call that was accepted: what it looked at and what not."""

from collections.abc import Iterable, Iterator, Mapping

import orjson

from emulator.core.checks import Case
from emulator.core.clock import rfc3339
from emulator.core.errors import Json, Refusal
from emulator.core.fitting import spot
from emulator.core.slips import nearest
from emulator.vendors.primedata.auth import CLIENT_ID
from emulator.vendors.primedata.checks.bodies import identity_names, sent_object
from emulator.vendors.primedata.checks.people import matches, profile_meant
from emulator.vendors.primedata.checks.rows import EVENTS_OF_ID
from emulator.vendors.primedata.checks.tracking import events
from emulator.vendors.primedata.contract.cursors import Place as Position
from emulator.vendors.primedata.contract.times import Instant, parse_instant
from emulator.vendors.primedata.contract.tracking import IDENTIFY
from emulator.vendors.primedata.service.event_types import event_type
from emulator.vendors.primedata.service.events import MOST_EVENTS
from emulator.vendors.primedata.service.identities import find_profile
from emulator.vendors.primedata.tables import FIND_SESSION, IDENTITIES_OF_PROFILE

_NONE_MATCHES = "the emulator has no segments, so that none matches."
WITHOUT_EFFECT: Mapping[str, Mapping[str, str]] = {
    "context": {
        "filters": "the emulator evaluates no conditions, and answers false for each.",
        "personalizations": "the emulator personalizes nothing, and answers an empty list for each.",
        "requireSegments": _NONE_MATCHES,
        "requiredSessionProperties": "the emulator keeps no properties of sessions.",
    },
}
_MOST_NAMED = 5
_OF_EVENTS = dict.fromkeys(("start", "end", "sort", "limit", "cursor"), "/pub/events/advanced-search")
_OF_PROFILES = {"type": "/pub/profiles/advanced-search"}


def remarks(case: Case) -> Iterable[str]:
    body = sent_object(case)
    if case.operation.id in ("searchProfiles", "searchEvents"):
        yield from _who(case, body)
        yield from _unread(case, body)
        yield from (_events(case, body) if case.operation.id == "searchEvents" else _sections(case, body))
    elif case.operation.id in ("smile", "context") and case.failure is None:
        yield from _tracked(case, body)
    media_type = case.request.media_type
    if case.request.raw_body and media_type not in ("", "application/json"):
        yield f"Content-Type is {media_type}: the body was read as JSON all the same."


# searches -------------------------------------------------------------------------------------------------------------


def _who(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    given = body.get("profile_id")
    if isinstance(given, str) and given:
        if body.get("identities"):
            yield "identities was not looked at: profile_id decides alone where both are given."
        row = find_profile(case.work, given)
        if row is not None and row["profile_id"] != given:
            yield f"{given} is the id of a profile that was merged into {row['profile_id']}."
        return
    found = matches(case, body)
    if len(found) > 1:
        owners = ", ".join(found[:_MOST_NAMED])
        yield f"The identities belong to several profiles, {owners}: the highest priority decided."


def _unread(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    elsewhere = _OF_EVENTS if case.operation.id == "searchProfiles" else _OF_PROFILES
    for name in elsewhere:
        if name in body:
            yield f"{name} was not looked at: it is a field of POST {elsewhere[name]}."
    if case.operation.id == "searchEvents" and "next" in body and "cursor" not in body:
        yield "next was not looked at: cursor.next of an answer is sent as cursor."


def _sections(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    include, profile_id = body.get("include"), profile_meant(case)
    row = find_profile(case.work, profile_id) if profile_id is not None else None
    if not isinstance(include, list) or row is None:
        return
    identities = [one["name"] for one in case.work.db.all(IDENTITIES_OF_PROFILE, profile=row["key"])]
    names = {*identities, *orjson.loads(row["trait"]), *orjson.loads(row["p_trait"])}
    for name in include:
        if isinstance(name, str) and name not in names:
            alike = nearest(name, names)
            yield f"include has {name}, which the profile has not{f'; the nearest is {alike}' if alike else ''}."


def _events(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    bounds = {name: _instant(body.get(name)) for name in ("start", "end")}
    for name, instant in bounds.items():
        if instant is not None and not instant.zoned:
            yield f"{name} has no offset, and was read as UTC."
    start, end = bounds["start"], bounds["end"]
    last = end.nanos if end is not None else case.work.now * 1_000
    if start is not None and start.nanos >= last:
        until = "end" if end is not None else f"now, {rfc3339(case.work.now)}, which is the end where none is given"
        yield f"start is not before {until}: nothing can lie between them."
    limit = body.get("limit")
    if isinstance(limit, int) and limit > MOST_EVENTS and case.work.settings.limit_over_100 == "clamp":
        yield f"limit counted as {MOST_EVENTS}: the setting limit_over_100 is clamp."
    if case.failure is None:
        yield from _resumed(case, body, start, end)


def _resumed(case: Case, body: Mapping[str, Json], start: Instant | None, end: Instant | None) -> Iterator[str]:
    """A cursor holds nothing of the query that it came from: only the event it names can tell."""
    value, include = body.get("cursor"), body.get("include")
    if not isinstance(value, str):
        return
    position = Position.parse(value)
    rows = case.work.db.all(EVENTS_OF_ID, id=position.id)
    names = [row["event_name"] for row in rows if row["ts_ns"] == position.ts_ns]
    if names and include and not set(names) & set(include):
        yield f"The cursor is of another query: it names a {names[0]}, which include leaves out. Its place counts."
    if (start is not None and position.ts_ns <= start.nanos) or (end is not None and position.ts_ns >= end.nanos):
        yield "The cursor is of another query: it names an event that start and end leave out. Its place counts."


def _instant(value: Json) -> Instant | None:
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except ValueError:
        return None


# tracking -------------------------------------------------------------------------------------------------------------


def _tracked(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    for index, event in enumerate(events(case)):
        place = spot(("events", index))
        yield from _whose(case, place, event, body)
        yield from _kept(case, place, event)
        yield from _scopes(case, place, event)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _whose(case: Case, place: str, event: Mapping[str, Json], body: Mapping[str, Json]) -> Iterator[str]:
    session = _text(event.get("sessionId")) or _text(body.get("sessionId"))
    profile = _text(event.get("profileId")) or _text(body.get("profileId"))
    known = find_profile(case.work, profile) if profile is not None else None
    if profile is not None and known is None:
        yield f"{place} names the profile {profile}, which there is not: it counts as none."
    identities = _told_identities(case, event)
    if event.get("eventType") == IDENTIFY and not identities:
        names = ", ".join(identity_names(case)) or "none is configured"
        yield f"{place} identifies nobody: target.properties has no identity of this workspace ({names})."
    if session is None and known is None and not identities:
        yield f"{place} has neither a session nor a profile: it was processed, and is kept by nobody."
    elif session is not None and known is None and not identities:
        row = case.work.db.one(FIND_SESSION, id=session)
        if row is None or row["profile"] is None:
            yield f"{place} waits with the session {session}, which no identify has bound yet: no search finds it."


def _told_identities(case: Case, event: Mapping[str, Json]) -> list[str]:
    target = event.get("target")
    properties = target.get("properties") if isinstance(target, dict) else None
    if event.get("eventType") != IDENTIFY or not isinstance(properties, dict):
        return []
    return [name for name in identity_names(case) if properties.get(name) not in (None, "", [])]


def _kept(case: Case, place: str, event: Mapping[str, Json]) -> Iterator[str]:
    properties = event.get("properties")
    try:
        kind = event_type(case.work, str(event.get("eventType")))
    except Refusal:
        return
    if kind.names is None or not isinstance(properties, dict):
        return
    for name in properties:
        if name not in kind.names:
            alike = nearest(name, kind.names)
            near = f"; the nearest is {alike}" if alike else ""
            yield f"{place}.properties.{name} is not registered for {event['eventType']}, and was dropped{near}."


def _scopes(case: Case, place: str, event: Mapping[str, Json]) -> Iterator[str]:
    for name in ("source", "target"):
        item = event.get(name)
        scope = item.get("scope") if isinstance(item, dict) else None
        if scope is not None and scope != case.request.header(CLIENT_ID):
            yield f"{place}.{name}.scope is another one than the data source: it is not looked at."
