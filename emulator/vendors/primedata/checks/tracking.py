"""What the tracking calls take: a body of events, each of its shape, of this data source and of a registered type."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.core.checks import Case, Check, Draft
from emulator.core.clock import rfc3339
from emulator.core.errors import Json, Problem, Refusal
from emulator.core.fitting import MISSING, Fitting, Misfit, Place, at, replaced, spot
from emulator.core.journal import is_cut
from emulator.core.request import Request
from emulator.core.slips import nearest, short
from emulator.vendors.primedata.auth import CLIENT_ID
from emulator.vendors.primedata.checks.bodies import got, readable, reading_cause, sent, sent_object, write
from emulator.vendors.primedata.contract.tracking import ANALYTICS_USER, IDENTIFY, MOST_BYTES, MOST_TRAIT_BYTES, Batch
from emulator.vendors.primedata.errors import (
    EVENT_TYPE_UNKNOWN,
    SCHEMA_INVALID,
    SCOPE_UNKNOWN,
    TRACKING_BAD_REQUEST,
)
from emulator.vendors.primedata.service.event_types import BUILT_IN_EVENTS, SDK_EVENTS, event_type
from emulator.vendors.primedata.tables import EVENT_NAMES, SOURCES

_TYPES = {"string": "string_type", "object": "dict_type", "array": "list_type", "number": "float_type",
          "integer": "int_type", "boolean": "bool_type"}  # fmt: skip
_MOST_DIGITS = 19
_EXPECTED = re.compile(r"Invalid type\. Expected: \[?(\w+)")
_REQUIRED = re.compile(r"(.+) is required")
_BOUND = re.compile(r"Array must have at (least|most) (\d+) items")
_OBSOLETE = {"updateIdentify": IDENTIFY, "switchIdentify": IDENTIFY}
_MOST_NAMED = 8


def _source(case: Case) -> str:
    return case.request.header(CLIENT_ID) or ""


def events(case: Case) -> list[dict[str, Any]]:
    given = sent_object(case).get("events")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


# JSON -----------------------------------------------------------------------------------------------------------------


def _json_cause(case: Case) -> str | None:
    traits = f"The traits of a profile, or of an anonymous session, would be more than {MOST_TRAIT_BYTES} bytes: send "
    if is_cut(case.request.raw_body) and sent(case) is MISSING:
        if _declared(case) in range(1, MOST_BYTES + 1):
            return traits + "fewer or shorter ones; or the JSON is broken beyond what the journal has kept of it."
        return f"The body is larger than {MOST_BYTES} bytes: send fewer events at a time."
    return reading_cause(case) or traits + "fewer or shorter ones."


def _declared(case: Case) -> int:
    """How long the body was by its own account; 0 where that cannot be told."""
    said = case.request.header("content-length") or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < _MOST_DIGITS else 0


def _json_mend(case: Case, draft: Draft) -> None:
    write(draft, _fitting(case).fitted(readable(draft)))
    draft.set_header("Content-Type", "application/json")


JSON = Check(
    name="JSON",
    expects=f"JSON in UTF-8 of at most {MOST_BYTES} bytes, whatever its Content-Type",
    failures=(TRACKING_BAD_REQUEST,),
    got=got,
    cause=_json_cause,
    mend=_json_mend,
)


# shape ----------------------------------------------------------------------------------------------------------------


def _good_event(case: Case) -> dict[str, Json]:
    item = {"itemId": "_", "itemType": "_", "scope": _source(case)}
    return {
        "eventType": SDK_EVENTS[0],
        "scope": _source(case),
        "timeStamp": rfc3339(case.work.now),
        "source": item,
        "target": item,
        "properties": {},
    }


def _refused(value: Json) -> list[Mapping[str, str]]:
    """What the service says of a body; nothing where it takes it."""
    try:
        Batch.from_request(Request("POST", "/", body=json.dumps(value).encode()))
    except Refusal as refusal:
        if refusal.failure is SCHEMA_INVALID:
            found: list[Mapping[str, str]] = json.loads(refusal.answer().body)["error"]["details"]
            return found
    return []


def _problems(case: Case, value: Json) -> Sequence[Problem]:
    if not isinstance(value, dict) or not isinstance(value.get("events"), list) or not value["events"]:
        return [_problem((), value, one) for one in _refused(value)]
    if _refused({**value, "events": value["events"][:1] * len(value["events"])}) and (
        whole := _refused({**value, "events": [_good_event(case)] * len(value["events"])})
    ):
        return [_problem((), value, one) for one in whole]
    return list(_of_events(case, value))


def _of_events(case: Case, value: Mapping[str, Json]) -> Iterator[Problem]:
    for index, event in enumerate(value["events"]):
        for told in _refused({"events": [event]}) or _unregistered(case, event):
            yield _problem(("events", index), value, told)


def _unregistered(case: Case, event: Mapping[str, Json]) -> list[Mapping[str, str]]:
    """What the registered type says of the properties."""
    try:
        event_type(case.work, str(event.get("eventType"))).kept(case.work, event.get("properties") or {})
    except Refusal as refusal:
        if refusal.failure is SCHEMA_INVALID:
            found: list[Mapping[str, str]] = json.loads(refusal.answer().body)["error"]["details"]
            return found
    return []


def _problem(root: Place, value: Json, told: Mapping[str, str]) -> Problem:
    """A violation in the words of gojsonschema, as others speak of one."""
    steps = () if told["field"] == "(root)" else tuple(told["field"].split("."))
    place, says = (*root, *steps), told["description"]
    if (missing := _REQUIRED.fullmatch(says)) is not None:
        return Problem((*place, missing[1]), "missing", says)
    found = at(value, place)
    if (expected := _EXPECTED.match(says)) is not None:
        kind = "format" if place[-1:] == ("timeStamp",) else _TYPES.get(expected[1], "")
        return Problem(place, kind, says, found)
    if (bound := _BOUND.fullmatch(says)) is not None:
        kind, name = ("too_short", "min_length") if bound[1] == "least" else ("too_long", "max_length")
        return Problem(place, kind, says, found, {name: int(bound[2])})
    if "does not match:" in says:
        return Problem(place, "literal_error", says, found, {"expected": f"'{ANALYTICS_USER}'"})
    if says.startswith("String length"):
        return Problem(place, "string_too_short", says, found, {"min_length": 1})
    return Problem(place, "format", says, found)


def _fitting(case: Case) -> Fitting:
    schema = Batch.bodies["application/json"]
    return Fitting(lambda value: _problems(case, value), schema, lambda place: _invented(case, place))


def _invented(case: Case, place: Place) -> Json:
    good = _good_event(case)
    match place:
        case ("events",):
            return [good]
        case ("events", _, "target") if _is_identify(case, place):
            return {"itemType": ANALYTICS_USER, "properties": {}}
        case ("events", _, "properties", str(name)):
            return _property(case, place, name)
        case ("events", _, _, "itemType"):
            return ANALYTICS_USER if _is_identify(case, place) and place[2] == "target" else "_"
        case ("events", _, _, "itemId"):
            return "_"
        case ("events", _, _, "scope"):
            return _source(case)
        case ("events", _, str(name)):
            return good.get(name, MISSING)
    return MISSING


def _is_identify(case: Case, place: Place) -> bool:
    return bool(at(sent(case), (*place[:2], "eventType")) == IDENTIFY)


def _property(case: Case, place: Place, name: str) -> Json:
    """A value of the registered type."""
    try:
        schema = event_type(case.work, str(at(sent(case), (*place[:2], "eventType")))).schema
    except Refusal:
        return MISSING
    kind = schema["properties"].get(name, {}).get("type")
    values: Mapping[str, Json] = {
        "string": "example",
        "number": 1,
        "integer": 1,
        "boolean": True,
        "array": [],
        "object": {},
    }
    return values.get(kind, "example") if isinstance(kind, str) else "example"


def misfit(case: Case) -> Misfit | None:
    value = sent(case)
    return None if value is MISSING else _fitting(case).first(value)


def _shape_cause(case: Case) -> str | None:
    body = sent(case)
    if isinstance(body, list):
        return 'The body is a list of events: wrap it, {"events": […]}.'
    if isinstance(body, dict) and "events" not in body and "eventType" in body:
        return 'The body is an event itself: wrap it, {"events": [{…}]}.'
    found = misfit(case)
    if found is None:
        return None
    registered = re.match(r"events\[\d+\]\.properties\.", found.sentence)
    name = _type_at(case, found.sentence) if registered else None
    return f"{found.sentence[:-1]}, as registered for {name}." if name else found.sentence


def _type_at(case: Case, sentence: str) -> str | None:
    index = re.match(r"events\[(\d+)\]", sentence)
    return str(at(sent(case), ("events", int(index[1]), "eventType"))) if index else None


def _shape_mend(case: Case, draft: Draft) -> None:
    value = sent(case)
    if isinstance(value, list):
        value = {"events": value}
    elif isinstance(value, dict) and "events" not in value and "eventType" in value:
        value = {"events": [value]}
    write(draft, _fitting(case).fitted({} if value is MISSING else value))


SHAPE = Check(
    name="schema",
    expects="1 to 500 events of the documented shape, with the properties that are registered for their types",
    failures=(SCHEMA_INVALID,),
    got=got,
    cause=_shape_cause,
    mend=_shape_mend,
)


# scope ----------------------------------------------------------------------------------------------------------------


def _foreign(case: Case) -> list[tuple[int, str]]:
    own = _source(case)
    return [(index, str(one.get("scope"))) for index, one in enumerate(events(case)) if one.get("scope") != own]


def _scope_got(case: Case) -> str:
    scopes = list(dict.fromkeys(str(one.get("scope")) for one in events(case)))
    return f"{', '.join(scopes) or 'no scope'} from {_source(case)}"


def _scope_cause(case: Case) -> str | None:
    for index, scope in _foreign(case):
        place = spot(("events", index, "scope"))
        if any(scope == source["id"] for source in case.work.db.all(SOURCES)):
            return f"{place} is another data source, {scope}, and the keys are of {_source(case)}."
        return f"{place} is {short(scope)}: it is the id of the data source that calls, {_source(case)}."
    return None


def _scope_mend(case: Case, draft: Draft) -> None:
    value = sent(case)
    for index, _ in _foreign(case):
        value = replaced(value, ("events", index, "scope"), _source(case))
    write(draft, value)


SCOPE = Check(
    name="scope",
    expects="in every event the data source that X-Client-Id names",
    failures=(SCOPE_UNKNOWN,),
    got=_scope_got,
    cause=_scope_cause,
    mend=_scope_mend,
)


# event types ----------------------------------------------------------------------------------------------------------


def _registered(case: Case) -> list[str]:
    return [*(row["name"] for row in case.work.db.all(EVENT_NAMES)), *BUILT_IN_EVENTS, *SDK_EVENTS]


def _strange(case: Case) -> list[tuple[int, str]]:
    """As it is looked up: a name that the workspace stores for all, or its own."""
    found = []
    for index, one in enumerate(events(case)):
        name = str(one.get("eventType"))
        try:
            event_type(case.work, name)
        except Refusal:
            found.append((index, name))
    return found


def _types_got(case: Case) -> str:
    return ", ".join(dict.fromkeys(str(one.get("eventType")) for one in events(case))) or "no events"


def _types_cause(case: Case) -> str | None:
    known = _registered(case)
    for index, name in _strange(case):
        place = spot(("events", index, "eventType"))
        if name in _OBSOLETE:
            return f"{place} is {name}, which is obsolete: the event is {_OBSOLETE[name]}."
        alike = nearest(name, known)
        if alike is not None:
            return f"{place} is {short(name)}; the registered type is {alike}."
        own = ", ".join(sorted(set(known) - {*BUILT_IN_EVENTS, *SDK_EVENTS})[:_MOST_NAMED]) or "no types of its own"
        return f"{place} is {short(name)}, which nobody has registered: the workspace has {own}."
    return None


def _types_mend(case: Case, draft: Draft) -> None:
    value, known = sent(case), _registered(case)
    for index, name in _strange(case):
        meant = _OBSOLETE.get(name) or nearest(name, known) or SDK_EVENTS[0]
        value = replaced(value, ("events", index, "eventType"), meant)
    write(draft, value)


TYPES = Check(
    name="event types",
    expects="types that are registered: in event_catalogue, in event_schemas, or built in",
    failures=(EVENT_TYPE_UNKNOWN,),
    got=_types_got,
    cause=_types_cause,
    mend=_types_mend,
)
