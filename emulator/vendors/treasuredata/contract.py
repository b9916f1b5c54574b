"""What goes over the wire, and the switches for what no document settles.

Sources: "Personalization Service OpenAPI 1.0" (the event; error bodies), the Personalization API quickstart, and the
clients td-js-sdk 4.4.3 and treasuredata-go-sdk for the shape of an answer, which the OpenAPI leaves out. For records
"Importing Table Records Using the Data Ingestion API", and the SDKs for browsers and phones.
"""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, NotRequired, Self

import orjson
from pydantic import BeforeValidator, Field
from typing_extensions import TypedDict

from emulator.core.description import Schema
from emulator.core.errors import Json, Level, Refusal, Rule
from emulator.core.request import Request
from emulator.core.section import Settings
from emulator.vendors.treasuredata.errors import (
    CHOICE,
    GUIDE,
    INVALID_BATCH,
    INVALID_EVENT,
    PAYLOAD_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
)

PUBLIC = "/public/"
"""Leads the paths that browsers use."""
RECORDS = "/records/"
"""Leads the paths of the records host, which has them at its root."""
MEDIA_TYPE = "application/vnd.treasuredata.v1+json"
SINGLE_MEDIA_TYPE = "application/vnd.treasuredata.v1.single+json"
BROWSER_MEDIA_TYPE = "application/vnd.treasuredata.v1.js+json"
MOBILE_MEDIA_TYPE = "application/vnd.treasuredata.v1.mobile+json"
NAME_PATTERN = r"[0-9a-z_]{3,128}"
"""Of a database and of a table. The OpenAPI's pattern is unanchored; a whole match is meant."""

MOST_EVENT_BYTES = 1024 * 1024
MOST_BATCH_BYTES = 5 * 1024 * 1024
MOST_RECORDS = 500
MOST_NESTING = 100
LATEST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, the end of the documented range of `time`; it starts at 0."""

_FIRST_BEYOND_64_BITS = float(2**63)
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
    'Whole numbers beyond 64 bits are taken as floating point, and {"events":[…]}, which is a batch elsewhere, is an '
    "event with one column.",
)
RECORD_BODY = Rule(
    "treasuredata.record_body",
    Level.ASSUMED,
    CHOICE,
    "A record that cannot be an event (no object, `time` or `uuid` wrong, larger than one mebibyte, nested deeper than "
    '100 levels) gets `{"success":false}`, the others are stored. A body that has not the shape of its media type, or '
    "no or more than 500 records, is a 400 as a whole.",
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
    Level.INFERRED,
    f"{GUIDE}, 204 Successful Ingestion; td-js-sdk 4.4.3 reads it as no offers. A document with 200 and no offers is "
    "on record, too",
    "Where no section matches the answer is 204 without a body; the setting `no_match` makes it 200 with no offers.",
)
BATCH_SEGMENTS = Rule(
    "treasuredata.batch_segments",
    Level.INFERRED,
    "treasuredata-go-sdk; the configuration's batchSegments have the same shape",
    "`batch_segments` lists those of the section's segments that the profile is in, as objects with an `id`.",
)
CATALOG_LOOKUPS = Rule(
    "treasuredata.catalog_lookups",
    Level.ASSUMED,
    CHOICE,
    "What is looked up in catalogs is shown among the section's `attributes`; the setting `catalog_lookups` gives it a "
    "part of its own.",
)
MISSING_ATTRIBUTE = Rule(
    "treasuredata.missing_attribute",
    Level.ASSUMED,
    CHOICE,
    "An attribute without a value for this profile is left out; the setting `missing_attribute` makes it null.",
)


def _unquoted(value: object) -> object:
    """What YAML makes of ``204`` and ``null`` without quotes."""
    return "null" if value is None else str(value) if value == 204 else value


class PersonalizationSettings(Settings):
    no_match: Annotated[
        Literal["204", "empty_offers"],
        BeforeValidator(_unquoted, json_schema_input_type=Literal["204", 204, "empty_offers"]),
    ] = Field(
        default="204",
        description='Answer when no section matches: 204 without a body, or 200 with `{"offers":{}}`.',
        json_schema_extra={"level": "inferred", "source": NO_MATCH.source},
    )
    batch_segments: Literal["objects", "ids", "number"] = Field(
        default="objects",
        description='Shape of `batch_segments`: `[{"id":"55352"}]`, `["55352"]`, or the number of the first one, '
        "`55352`, and nothing where there is none.",
        json_schema_extra={"level": "inferred", "source": BATCH_SEGMENTS.source},
    )
    missing_attribute: Annotated[
        Literal["omit", "null"], BeforeValidator(_unquoted, json_schema_input_type=Literal["omit", "null"] | None)
    ] = Field(default="omit", description="What becomes of an attribute without a value for this profile.")
    catalog_lookups: Literal["attributes", "separate"] = Field(
        default="attributes",
        description="Where a section shows what is looked up in catalogs: among its `attributes`, or in a part "
        "`catalog_lookups` of its own.",
    )
    unknown_profiles: Literal["refuse", "accept"] = Field(
        default="refuse", description="What a section's `acceptUnknownProfiles` of null, or none, means."
    )
    sensitive_attributes: Literal["include_sensitive", "always"] = Field(
        default="include_sensitive",
        description="When a token of a private service sees sensitive attributes: in sections with `includeSensitive`, "
        "or always. A public one never does.",
        json_schema_extra={"level": "inferred", "source": "CDP API OpenAPI 1.0.0, includeSensitive"},
    )
    client_ip_header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]+$",
        description="A request header, such as `X-Forwarded-For`, whose first address is taken for the caller's, which "
        "allowedIps and `td_ip` are about. With none, and in calls without it, that is the address of the connection.",
    )
    receipt_uuids: Literal["given", "always"] = Field(
        default="given",
        description="Which receipts of imported records carry a `uuid`: those of records that brought one, or all.",
        json_schema_extra={"level": "observed", "source": "td-android-sdk, TDClientTest"},
    )
    records_routing: Literal["event_tables", "off"] = Field(
        default="event_tables",
        description="Whether imported records reach the reactors of the account: in their event tables, or never.",
        json_schema_extra={"level": "inferred", "source": "td-js-sdk STREAMING_INGESTION.md"},
    )


_EVENT: Schema = {
    "type": "object",
    "properties": {
        "time": {"type": "integer", "format": "int64", "minimum": 0, "maximum": LATEST_SECOND},
        "uuid": {"type": "string", "format": "uuid"},
    },
    "additionalProperties": True,
}


def _batch(name: str) -> Schema:
    records = {"type": "array", "items": _EVENT, "minItems": 1, "maxItems": MOST_RECORDS}
    return {"type": "object", "properties": {name: records}, "required": [name]}


class BatchSegment(TypedDict):
    id: str


class Offer(TypedDict):
    """One section that matched. Members in the order of every example on record; `catalog_lookups` and the other shapes
    of `batch_segments` where a setting says so."""

    attributes: NotRequired[dict[str, Json]]
    catalog_lookups: NotRequired[dict[str, Json]]
    batch_segments: NotRequired[list[BatchSegment] | list[str] | int]


class Personalized(TypedDict):
    offers: dict[str, Offer]


class Receipt(TypedDict):
    success: bool
    uuid: NotRequired[str]


class Receipts(TypedDict):
    """One for each record, in their order."""

    receipts: list[Receipt]


@dataclass(frozen=True, slots=True)
class Event:
    """One event, its columns as they came; `time` and `uuid` are right where they are given at all."""

    bodies: ClassVar[Mapping[str, Schema]] = {MEDIA_TYPE: _EVENT}

    columns: dict[str, Json]

    @classmethod
    def from_request(cls, request: Request) -> Self:
        body = _unpacked(request, MOST_EVENT_BYTES, INVALID_EVENT)
        try:
            columns = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise INVALID_EVENT() from None
        if not _is_event(columns, _may_be_deep(body)):
            raise INVALID_EVENT()
        return cls(columns)

    @property
    def is_unusual(self) -> bool:
        """Whether it is read by `EVENT_BODY`."""
        return isinstance(self.columns.get("events"), list) or any(
            type(value) is float and abs(value) >= _FIRST_BEYOND_64_BITS for value in self.columns.values()
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Records to import, as they came; `None` stands for one that cannot be an event. With `placeholders` a column
    that has its own name as value is the server's to fill."""

    bodies: ClassVar[Mapping[str, Schema]] = {
        MEDIA_TYPE: {"oneOf": [_batch("events"), _batch("records")]},
        SINGLE_MEDIA_TYPE: _EVENT,
        BROWSER_MEDIA_TYPE: _batch("events"),
        MOBILE_MEDIA_TYPE: _batch("events"),
    }

    records: Sequence[dict[str, Json] | None]
    placeholders: bool

    @classmethod
    def from_request(cls, request: Request) -> Self:
        body = _unpacked(request, MOST_BATCH_BYTES, lambda: INVALID_BATCH(reason="the body is no whole gzip stream"))
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise INVALID_BATCH(reason=f"the body is not JSON: {error.msg}") from None
        records = _records(content, request.media_type)
        if not 1 <= len(records) <= MOST_RECORDS:
            raise INVALID_BATCH(reason=f"an import has 1 to {MOST_RECORDS} records, found {len(records)}")
        heavy, deep = len(body) > MOST_EVENT_BYTES, _may_be_deep(body)
        return cls(
            [one if _is_event(one, deep) and not (heavy and _is_too_large(one)) else None for one in records],
            request.media_type in (BROWSER_MEDIA_TYPE, MOBILE_MEDIA_TYPE),
        )


def _records(content: Json, media_type: str) -> Sequence[Json]:
    if media_type == SINGLE_MEDIA_TYPE:
        if not isinstance(content, dict):
            raise INVALID_BATCH(reason="the body must be one object, the record")
        return [content]
    names = ("events", "records") if media_type == MEDIA_TYPE else ("events",)
    found = [name for name in names if name in content] if isinstance(content, dict) else []
    if len(found) != 1 or not isinstance(content[found[0]], list):
        raise INVALID_BATCH(reason=f"the body must be an object with an array {' or '.join(names)}")
    records: Sequence[Json] = content[found[0]]
    return records


def _unpacked(request: Request, most: int, broken: Callable[[], Refusal]) -> bytes:
    """The body, and never more than one byte beyond the limit, so that a small one cannot become a large one."""
    body = request.body
    if len(body) > most:
        raise PAYLOAD_TOO_LARGE()
    coding = ", ".join(request.all_headers("content-encoding")).strip().lower() or "identity"
    if coding == "identity":
        return body
    if coding not in ("gzip", "x-gzip"):
        raise UNSUPPORTED_MEDIA_TYPE()
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = stream.decompress(body, most + 1)
    except zlib.error:
        raise broken() from None
    if len(content) > most:
        raise PAYLOAD_TOO_LARGE()
    if not stream.eof or stream.unused_data:
        raise broken()
    return content


def _is_event(value: Json, may_be_deep: bool) -> bool:
    """Whether it can be stored."""
    return (
        isinstance(value, dict)
        and ("time" not in value or _is_second(value["time"]))
        and ("uuid" not in value or _is_uuid(value["uuid"]))
        and not (may_be_deep and _is_too_deep(value))
    )


def _is_too_large(record: Json) -> bool:
    return len(orjson.dumps(record)) > MOST_EVENT_BYTES


def _may_be_deep(body: bytes) -> bool:
    """Almost no body has that many brackets, and counting them costs nothing."""
    return body.count(b"[") + body.count(b"{") > MOST_NESTING


def _is_too_deep(value: Json) -> bool:
    """What is nested deeper cannot be written as JSON again."""
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
