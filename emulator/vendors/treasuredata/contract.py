"""What goes over the wire, and the switches for what no document settles.

Sources: "Personalization Service OpenAPI 1.0" (the event; error bodies), the Personalization API quickstart, and the
clients td-js-sdk 4.4.3 and treasuredata-go-sdk for the shape of an answer, which the OpenAPI leaves out.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, NotRequired, Self

import orjson
from pydantic import Field
from typing_extensions import TypedDict

from emulator.core.errors import Json, Level, Rule
from emulator.core.request import Request
from emulator.core.section import Settings
from emulator.vendors.treasuredata.errors import CHOICE, INVALID_EVENT, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE

MEDIA_TYPE = "application/vnd.treasuredata.v1+json"
NAME_PATTERN = r"[0-9a-z_]{3,128}"
"""Of a database and of a table. The OpenAPI's pattern is unanchored; a whole match is meant."""

MOST_EVENT_BYTES = 1024 * 1024
MOST_NESTING = 100
LATEST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, the end of the documented range of `time`; it starts at 0."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

EVENT_DEFAULTS = Rule(
    "treasuredata.event_defaults",
    Level.OBSERVED,
    "td-js-sdk 4.4.3 sends neither; the OpenAPI requires both",
    "`time` and `uuid` are optional; the world's clock and a random UUID fill them in.",
)
EVENT_BODY = Rule(
    "treasuredata.event_body",
    Level.ASSUMED,
    CHOICE,
    "3004 also for a byte order mark, a `time` or `uuid` that is null, nesting deeper than 100 levels, and a gzip "
    "stream that is cut, damaged or followed by anything. Whole numbers beyond 64 bits are taken as floating point, of "
    'a key given twice the last value counts, and {"events":[…]} is an event with one column.',
)
OFFERS = Rule(
    "treasuredata.offers",
    Level.OBSERVED,
    "td-js-sdk PERSONALIZATION_2.md, treasuredata-go-sdk personalization.go",
    "200 carries `offers`, keyed by section name, each with `attributes` keyed by output name and `batch_segments`; a "
    "part that the section's payload does not define is left out.",
)
NO_MATCH = Rule(
    "treasuredata.no_match",
    Level.ASSUMED,
    f"204 in {CHOICE}; clients handle both",
    "Where no section matches the answer is 204 without a body; the setting `no_match` makes it 200 with no offers.",
)
BATCH_SEGMENTS = Rule(
    "treasuredata.batch_segments",
    Level.INFERRED,
    "treasuredata-go-sdk; the configuration's batchSegments have the same shape",
    "`batch_segments` lists those of the section's segments that the profile is in, as objects with an `id`.",
)
MISSING_ATTRIBUTE = Rule(
    "treasuredata.missing_attribute",
    Level.ASSUMED,
    CHOICE,
    "An attribute without a value for this profile is left out; the setting `missing_attribute` makes it null.",
)


class PersonalizationSettings(Settings):
    no_match: Literal["204", "empty_offers"] = Field(
        default="204", description='Answer when no section matches: 204 without a body, or 200 with `{"offers":{}}`.'
    )
    batch_segments: Literal["objects", "ids", "number"] = Field(
        default="objects",
        description='Shape of `batch_segments`: `[{"id":"55352"}]`, `["55352"]`, or the number of the first one, '
        "`55352`, and nothing where there is none.",
    )
    missing_attribute: Literal["omit", "null"] = Field(
        default="omit", description="What becomes of an attribute without a value for this profile."
    )
    unknown_profiles: Literal["refuse", "accept"] = Field(
        default="refuse", description="What a section's `acceptUnknownProfiles` of null, or none, means."
    )
    sensitive_attributes: Literal["include_sensitive", "always"] = Field(
        default="include_sensitive",
        description="When a token of a private service sees sensitive attributes: in sections with `includeSensitive`, "
        "or always. A public one never does.",
    )


class BatchSegment(TypedDict):
    id: str


class Offer(TypedDict):
    """One section that matched. Members in the order of every example on record."""

    attributes: NotRequired[dict[str, Json]]
    batch_segments: NotRequired[list[BatchSegment]]


class Personalized(TypedDict):
    offers: dict[str, Offer]


@dataclass(frozen=True, slots=True)
class Event:
    """One event, its columns as they came; `time` and `uuid` are right where they are given at all."""

    schema: ClassVar[Mapping[str, Json]] = {
        "type": "object",
        "properties": {
            "time": {"type": "integer", "format": "int64", "minimum": 0, "maximum": LATEST_SECOND},
            "uuid": {"type": "string", "format": "uuid"},
        },
        "additionalProperties": True,
    }

    columns: dict[str, Json]

    @classmethod
    def from_request(cls, request: Request) -> Self:
        body = _unpacked(request.body, request.header("content-encoding"))
        if len(body) > MOST_EVENT_BYTES:
            raise PAYLOAD_TOO_LARGE()
        try:
            columns = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise INVALID_EVENT() from None
        if not isinstance(columns, dict) or _too_deep(columns, body):
            raise INVALID_EVENT()
        if "time" in columns and not _is_second(columns["time"]):
            raise INVALID_EVENT()
        if "uuid" in columns and not _is_uuid(columns["uuid"]):
            raise INVALID_EVENT()
        return cls(columns)


def _unpacked(body: bytes, encoding: str | None) -> bytes:
    """Never more than one byte beyond the limit, so that a small body cannot become a large one."""
    coding = (encoding or "identity").strip().lower()
    if coding == "identity":
        return body
    if coding not in ("gzip", "x-gzip"):
        raise UNSUPPORTED_MEDIA_TYPE()
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = stream.decompress(body, MOST_EVENT_BYTES + 1)
    except zlib.error:
        raise INVALID_EVENT() from None
    if len(content) > MOST_EVENT_BYTES:
        raise PAYLOAD_TOO_LARGE()
    if not stream.eof or stream.unused_data:
        raise INVALID_EVENT()
    return content


def _too_deep(value: Json, body: bytes) -> bool:
    """What is nested deeper cannot be written as JSON again."""
    if body.count(b"[") + body.count(b"{") <= MOST_NESTING:
        return False
    level = [value]
    for _ in range(MOST_NESTING):
        level = [
            below
            for one in level
            if isinstance(one, dict | list)
            for below in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return any(isinstance(one, dict | list) for one in level)


def _is_second(value: Json) -> bool:
    return type(value) is int and 0 <= value <= LATEST_SECOND


def _is_uuid(value: Json) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None
