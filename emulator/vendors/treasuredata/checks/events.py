"""What a body holds, and what keeps a record from being an event."""

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

import orjson

from emulator.core.errors import Json, Refusal
from emulator.core.request import Request
from emulator.core.slips import Reread, reread, short
from emulator.vendors.treasuredata.contract import LATEST_SECOND, MOST_BATCH_BYTES, MOST_NESTING, Event

Record: TypeAlias = dict[str, Json]

_SPANS = (("milliseconds", 1_000), ("microseconds", 1_000_000), ("nanoseconds", 1_000_000_000))
_PLAUSIBLE = 4_102_444_800
"""2100-01-01: what `time` would be beyond as seconds, and is not as parts of seconds."""
_DIGITS = re.compile(r"-?[0-9]{1,20}")


def coding_of(request: Request) -> str:
    return ", ".join(request.all_headers("content-encoding")).strip().lower() or "identity"


def packing_fault(request: Request) -> str | None:
    """What is wrong with a body that says to be gzip."""
    if coding_of(request) == "identity":
        return None
    body = request.raw_body
    if not body.startswith(b"\x1f\x8b"):
        return "The body is not packed, and Content-Encoding says gzip: leave that out."
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        stream.decompress(body, MOST_BATCH_BYTES + 1)
    except zlib.error:
        return "The body's gzip stream is damaged."
    if stream.eof and stream.unused_data:
        return "The body has something after the end of its gzip stream."
    return None if stream.eof else "The body's gzip stream breaks off."


def content_of(request: Request) -> bytes:
    """The body, unpacked as far as it can be."""
    body = request.raw_body
    if coding_of(request) == "identity" or not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(body, MOST_BATCH_BYTES + 1)
    except zlib.error:
        return b""


def read(request: Request) -> tuple[Json, Reread | None]:
    """The body's JSON, or what it can be read as, and what is wrong with it as JSON."""
    content = content_of(request)
    slip = reread(content)
    return (orjson.loads(content), None) if slip is None else (slip.value, slip)


def is_event(record: Json) -> bool:
    """Asked of the contract itself."""
    try:
        Event.from_request(Request("POST", "/", body=orjson.dumps(record)))
    except (Refusal, TypeError):
        return False
    return True


def faults(record: Json, noun: str = "The event") -> Iterator[str]:
    """Why a record cannot be an event, in sentences."""
    if not isinstance(record, dict):
        yield f"{noun} is {short(record)}, and no object."
        return
    if "time" in record and not is_event({"time": record["time"]}):
        yield _time_fault(record["time"])
    if "uuid" in record and not is_event({"uuid": record["uuid"]}):
        yield _uuid_fault(record["uuid"])
    deep = [name for name, value in record.items() if name not in ("time", "uuid") and not is_event({name: value})]
    if deep:
        yield f"The column {deep[0]} is nested deeper than {MOST_NESTING} levels."


def _time_fault(value: Json) -> str:
    meant = seconds(value)
    write = f"; write {meant}" if meant is not None else ""
    if value is None:
        return "time is null: leave it out, and the moment of the call counts."
    if isinstance(value, str):
        return f"time is the text {short(value)}: it is Unix seconds as a whole number{write}."
    if isinstance(value, float):
        return f"time is {short(value)}: it is Unix seconds as a whole number{write}."
    if isinstance(value, int) and not isinstance(value, bool) and value > LATEST_SECOND:
        unit = next((unit for unit, parts in _SPANS if value // parts < _PLAUSIBLE), "beyond the year 9999")
        return f"time is {value}, which is {unit}: it is Unix seconds{write}."
    return f"time is {short(value)}: it is Unix seconds, from 0 to {LATEST_SECOND}."


def seconds(value: Json) -> int | None:
    """The Unix second that was meant."""
    if isinstance(value, str):
        return seconds(int(value)) if _DIGITS.fullmatch(value.strip()) else _second_of(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**19:
        return None
    for _, parts in (("seconds", 1), *_SPANS):
        if value // parts < _PLAUSIBLE:
            return int(value // parts)
    return None


def _second_of(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        return seconds((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def _uuid_fault(value: Json) -> str:
    if value is None:
        return "uuid is null: leave it out, and one is made."
    if not isinstance(value, str):
        return f"uuid is {short(value)}, and no text."
    meant = uuid_in(value)
    return f"uuid is {short(value)}, and no UUID{f': write {meant}' if meant else ''}."


def uuid_in(value: Json) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def repaired(record: Record) -> Record:
    """With `time` and `uuid` as they were meant, or without them; without columns that nobody could store."""
    made = dict(record)
    for name, meant in (("time", seconds(record.get("time"))), ("uuid", uuid_in(record.get("uuid")))):
        if name in record and not is_event({name: record[name]}):
            del made[name]
            if meant is not None:
                made[name] = meant
    return {name: value for name, value in made.items() if is_event({name: value})}
