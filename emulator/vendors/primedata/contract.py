"""The wire: what the two searches take and give.

PrimeData's service runs on the JVM: its one documented message prints a map as Java does, and request values keep the
text they arrived in. So bodies are read here, with the literal text of numbers, rather than by pydantic.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, Self, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from emulator.core import cursor
from emulator.core.clock import Micros, from_datetime, to_datetime
from emulator.core.errors import Json, MalformedBody
from emulator.core.request import Request
from emulator.core.store import LEAST_INTEGER, MOST_INTEGER

# JSON ----------------------------------------------------------------------------------------------------------------


class _Whole(str):
    """A JSON number without fraction and exponent, as it was written."""

    __slots__ = ()


class _Fraction(str):
    """Any other JSON number, as it was written."""

    __slots__ = ()


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return members


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_Whole, parse_float=_Fraction, parse_constant=_no_number
)


def _read_object(body: bytes) -> dict[str, Json]:
    """Raises `ValueError` or `RecursionError` for anything but one JSON object in UTF-8 without a byte order mark."""
    text = body.decode()
    value = _DECODER.decode(text)
    if not isinstance(value, dict):
        raise ValueError("the body is no object")
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair can be escaped, but is no character
    return value


def java_text(value: Json) -> str:
    """As a JVM prints strings, maps and lists: ``{phone=[a, b], n=null}``, nothing quoted, numbers as they came."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={java_text(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(java_text, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _text(value: Json) -> str:
    if type(value) is not str:
        raise ValueError("a string is required")
    return value


def _texts(value: Json) -> list[str]:
    return [_text(one) for one in _list(value)]


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise ValueError("a list is required")
    return value


def _whole(value: Json) -> int:
    if not isinstance(value, _Whole):
        raise ValueError("an integer is required")
    return int(value)


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ValueError("an object is required")
    return value


def _values_by_name(identities: Mapping[str, Json]) -> dict[str, list[str]]:
    return {name: [_scalar_text(one) for one in _list(values)] for name, values in identities.items()}


def _scalar_text(value: Json) -> str:
    if not isinstance(value, str | bool):
        raise ValueError("a string, number or boolean is required")
    return java_text(value)


_Fields: TypeAlias = Mapping[str, Callable[[Json], Any]]  # Any: each field reads as a type of its own
_WHO: _Fields = {"profile_id": _text, "identities": _object}


def _read(request: Request, fields: _Fields) -> dict[str, Any]:
    """The known fields that are given; null counts as not given, unknown names are ignored.

    Raises `MalformedBody`, also where neither field that could name the profile is given.
    """
    try:
        members = _read_object(request.body)
        found = {name: read(members[name]) for name, read in fields.items() if members.get(name) is not None}
        found["identities"] = _deciding_identities(found)
    except (ValueError, RecursionError) as error:
        raise MalformedBody(str(error)) from None
    return found


def _deciding_identities(found: Mapping[str, Json]) -> dict[str, list[str]]:
    """None beside a `profile_id`, which decides alone: what identities hold is then not even looked at."""
    if found.get("profile_id"):
        return {}
    if not found.get("identities"):
        raise ValueError("profile_id or identities is required")
    return _values_by_name(found["identities"])


# requests -------------------------------------------------------------------------------------------------------------

_ProfileId = Annotated[str, Field(description="PrimeData's id of the profile; decides where identities are given too")]
_Identities = Annotated[dict[str, list[str]], Field(description="Values by identity name, any of which may match")]


@dataclass(slots=True)
class ProfileSearch:
    """Profile API 1.1, request body. One of `profile_id` and `identities` is required."""

    profile_id: _ProfileId = ""
    identities: _Identities = field(default_factory=dict)
    type: Annotated[list[str], Field(description="Sections to return: trait, ptrait, identity")] = field(
        default_factory=list
    )
    include: Annotated[list[str], Field(description="Names to return, of whatever section")] = field(
        default_factory=list
    )

    _FIELDS = {**_WHO, "type": _texts, "include": _texts}

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(**_read(request, cls._FIELDS))


@dataclass(slots=True)
class EventSearch:
    """Profile API 1.2, request body. One of `profile_id` and `identities` is required."""

    profile_id: _ProfileId = ""
    identities: _Identities = field(default_factory=dict)
    start: Annotated[str | None, Field(description="ISO 8601; events after it. From the earliest event")] = None
    end: Annotated[str | None, Field(description="ISO 8601; events before it. Up to now")] = None
    include: Annotated[list[str], Field(description="Names of events, all known to the workspace")] = field(
        default_factory=list
    )
    sort: Annotated[str | None, Field(description="asc or desc, by time_stamp")] = None
    limit: Annotated[int, Field(description="Events to return, 1 to 100")] = 25
    cursor: Annotated[str | None, Field(description="next of the answer before")] = None

    _FIELDS = {
        **_WHO, "start": java_text, "end": java_text, "include": _texts, "sort": _text, "limit": _whole,
        "cursor": _text,
    }  # fmt: skip

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(**_read(request, cls._FIELDS))


# answers --------------------------------------------------------------------------------------------------------------


class Profile(TypedDict):
    """Profile API 1.1, response: an object, not a list. The section asked for as ptrait is answered as p_trait."""

    profile_id: str
    last_updated: str
    identity: NotRequired[dict[str, list[str]]]
    trait: NotRequired[dict[str, Any]]  # Any: whatever JSON the workspace stored
    p_trait: NotRequired[dict[str, Any]]


class ProfileAnswer(TypedDict):
    data: Profile


class Event(TypedDict):
    """Profile API 1.2, response, in the sample's order of members."""

    properties: dict[str, Any]  # Any: whatever JSON the workspace stored
    id: str
    profile_id: str
    event_name: str
    time_stamp: str
    sent_at: str
    input_schema_version: str


class Cursor(TypedDict):
    has_more: bool
    next: str


class EventsAnswer(TypedDict):
    """The sample has cursor within data, where JSON allows no member; Segment's answer has them side by side."""

    data: list[Event]
    cursor: Cursor


# times ----------------------------------------------------------------------------------------------------------------

Nanos: TypeAlias = int
TimeFormat: TypeAlias = Literal["colon", "iso"]

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:(T(?:[01]\d|2[0-3]):\d\d)(?:(:\d\d)(?:\.(\d{1,9}))?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?",
    re.ASCII,
)
_COLONS = re.compile(r"(\d{4}):(\d\d):(\d\d)(T\d\d:\d\d:\d\dZ)", re.ASCII)
_SECOND: Nanos = 1_000_000_000


class Instant(NamedTuple):
    """`zoned`: the text said which offset it means."""

    nanos: Nanos
    zoned: bool


def parse_instant(text: str) -> Instant:
    """ISO 8601 down to nanoseconds, a date alone, or the API's own ``2023:01:01T20:00:00Z``; UTC without an offset.

    Raises `ValueError` for anything else.
    """
    match = _ISO.fullmatch(text) or _ISO.fullmatch(_COLONS.sub(r"\1-\2-\3\4", text))
    if match is None:
        raise ValueError(f"{text!r} is no ISO 8601 date")
    date, hour_minute, second, fraction, zone = match.groups("")
    nanos = from_datetime(datetime.fromisoformat(f"{date}{hour_minute or 'T00:00'}{second}Z")) * 1_000
    return Instant(nanos + int(fraction.ljust(9, "0")) - _offset(zone), zone != "")


def _offset(zone: str) -> Nanos:
    if zone in ("", "Z"):
        return 0
    seconds = int(zone[1:3]) * 3_600 + int(zone[4:]) * 60
    return seconds * _SECOND * (-1 if zone[0] == "-" else 1)


def clamped(nanos: Nanos) -> Nanos:
    """As near as the store's 64 bits come."""
    return min(max(nanos, LEAST_INTEGER), MOST_INTEGER)


def time_text(nanos: Nanos, pattern: TimeFormat) -> str:
    """Whole seconds, the fraction cut off."""
    text = to_datetime(nanos // 1_000).isoformat()[:19]
    return (text.replace("-", ":") if pattern == "colon" else text) + "Z"


def last_updated_text(moment: Micros) -> str:
    return to_datetime(moment).isoformat()[:19] + "Z"


# cursors --------------------------------------------------------------------------------------------------------------

_NANOS = re.compile(r"-?[0-9]{1,19}")
_NUMBERED = re.compile(r"(.*)::([0-9]{1,18})", re.DOTALL)


class Place(NamedTuple):
    """What a cursor names: an event's time and id. Ids may contain ``::``, and several events may share both."""

    ts_ns: Nanos
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `ValueError`."""
        nanos, separator, event_id = cursor.decode(text).partition("::")
        if not separator or not _NANOS.fullmatch(nanos) or clamped(int(nanos)) != int(nanos):
            raise ValueError(f"{text!r} is not a cursor")
        return cls(int(nanos), event_id)

    def numbered(self, seq: int) -> "Place":
        return Place(self.ts_ns, f"{self.id}::{seq}")

    def unnumbered(self) -> tuple["Place", int] | None:
        """Read the other way: the id without a number behind it, and the number."""
        match = _NUMBERED.fullmatch(self.id)
        return (Place(self.ts_ns, match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return cursor.encode(f"{self.ts_ns}::{self.id}")
