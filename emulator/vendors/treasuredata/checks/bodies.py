"""Content-Type, size and content: of one event, and of an import of records."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.core.errors import Json
from emulator.core.journal import is_cut
from emulator.core.slips import as_typed, nearest
from emulator.vendors.treasuredata.checks.events import (
    Record,
    coding_of,
    content_of,
    faults,
    packing_fault,
    read,
    repaired,
)
from emulator.vendors.treasuredata.checks.places import place_of
from emulator.vendors.treasuredata.contract import (
    MEDIA_TYPE,
    MOST_BATCH_BYTES,
    MOST_EVENT_BYTES,
    MOST_RECORDS,
    PUBLIC,
    RECORDS,
    SINGLE_MEDIA_TYPE,
    Batch,
)
from emulator.vendors.treasuredata.errors import (
    INVALID_BATCH,
    INVALID_EVENT,
    PAYLOAD_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
)

_CODINGS = ("identity", "gzip", "x-gzip")
NAMES = ("events", "records")
_TOKEN_HEADER = "wp13n-token"
_LONGEST = 100
_FIRST_EVENT: Record = {"string": "hello", "number": 3}


def _write(draft: Draft, value: Json) -> None:
    """A packed body is sent unpacked. What is nested too deep to be written is left as it is."""
    with contextlib.suppress(TypeError):
        draft.body = orjson.dumps(value)
    draft.drop_header("content-encoding")


def _has_token(case: Case) -> bool:
    return bool(case.request.all_headers(_TOKEN_HEADER))


def holds_records(case: Case) -> bool:
    """Whether the body is a batch, as only the records hosts unpack it."""
    value, _ = read(case.request)
    return isinstance(value, dict) and any(isinstance(value.get(name), list) for name in NAMES)


def to_records(draft: Draft) -> None:
    draft.path = RECORDS[:-1] + draft.path.removeprefix(PUBLIC[:-1])


# media types ----------------------------------------------------------------------------------------------------------


def _media_got(case: Case) -> str:
    sent = case.request.all_headers("content-type")
    said = [f"Content-Type: {as_typed(one)[:_LONGEST]}" for one in sent] or ["no header Content-Type"]
    if coding_of(case.request) != "identity":
        said.append(f"Content-Encoding: {as_typed(coding_of(case.request))[:_LONGEST]}")
    return " and ".join(said)


def _media_cause(known: Sequence[str]) -> Callable[[Case], str | None]:
    return lambda case: next(_media_causes(case, known), None)


def _media_causes(case: Case, known: Sequence[str]) -> Iterator[str]:
    media = case.request.media_type
    if media in known:
        yield f"The Content-Encoding is {as_typed(coding_of(case.request))[:_LONGEST]}: only gzip is unpacked."
    if not media:
        yield f"The call has no Content-Type: it is {MEDIA_TYPE}."
    if media in Batch.bodies:
        database, table = place_of(case)
        yield (
            f"The Content-Type is one of the records hosts, and the call went to personalization: that takes "
            f"{MEDIA_TYPE}, and records go to /records/{database}/{table}."
        )
    shown = as_typed(media)[:_LONGEST]
    if media.replace(" ", "/", 1) in known:
        yield f"The Content-Type has lost its slash: {media.replace(' ', '/', 1)}."
    if (near := nearest(media, known, 0.85)) is not None:
        yield f"The Content-Type {shown} is misspelt: it is {near}."
    if media == "application/x-www-form-urlencoded":
        yield f"The Content-Type is {shown}, as curl sets it by itself: it is {MEDIA_TYPE}."
    yield f"The Content-Type is {shown}: Treasure Data takes its own, {MEDIA_TYPE}, only."


def _mend_media(known: Sequence[str]) -> Callable[[Case, Draft], None]:
    def mend(case: Case, draft: Draft) -> None:
        if coding_of(case.request) not in _CODINGS:
            draft.drop_header("content-encoding")
        media = case.request.media_type
        if media in known:
            return
        if media in Batch.bodies and not _has_token(case):
            to_records(draft)
            return
        meant = media.replace(" ", "/", 1)
        draft.set_header(
            "Content-Type", meant if meant in known else nearest(media, known, 0.85) or _fitting(case, known)
        )

    return mend


def _fitting(case: Case, known: Sequence[str]) -> str:
    value, _ = read(case.request)
    is_single = isinstance(value, dict) and not any(name in value for name in NAMES)
    return SINGLE_MEDIA_TYPE if is_single and SINGLE_MEDIA_TYPE in known else MEDIA_TYPE


def _media_check(known: Sequence[str], expects: str) -> Check:
    return Check(
        name="media type",
        expects=expects,
        failures=(UNSUPPORTED_MEDIA_TYPE,),
        got=_media_got,
        cause=_media_cause(known),
        mend=_mend_media(known),
    )


EVENT_TYPE = _media_check((MEDIA_TYPE,), f"Content-Type {MEDIA_TYPE}, and no Content-Encoding but gzip")
BATCH_TYPE = _media_check(
    tuple(Batch.bodies),
    f"Content-Type {MEDIA_TYPE}, or with v1.single, v1.js or v1.mobile in place of v1; no Content-Encoding but gzip",
)


# sizes ----------------------------------------------------------------------------------------------------------------


def _size(case: Case) -> int:
    """As the call says where its body has not been kept whole."""
    said = case.request.header("content-length") or ""
    kept = max(len(case.request.raw_body), len(content_of(case.request)))
    return max(kept, int(said) if said.isascii() and said.isdigit() and len(said) < _LONGEST else 0)


def _size_check(most: int, noun: str, small: Json) -> Check:
    def cause(case: Case) -> str:
        packed = ", unpacked," if coding_of(case.request) != "identity" else ""
        return f"The body{packed} has {_size(case)} bytes or more: {noun} has {most} at most."

    return Check(
        name="size",
        expects=f"{most} bytes at most",
        failures=(PAYLOAD_TOO_LARGE,),
        got=lambda case: f"{_size(case)} bytes",
        cause=cause,
        mend=lambda case, draft: _write(draft, small),
    )


EVENT_SIZE = _size_check(MOST_EVENT_BYTES, "one event", _FIRST_EVENT)
BATCH_SIZE = _size_check(MOST_BATCH_BYTES, "an import", {"events": [_FIRST_EVENT]})


# one event ------------------------------------------------------------------------------------------------------------


def _kind(value: Json) -> str:
    if isinstance(value, list):
        return f"a JSON array of {len(value)}"
    if isinstance(value, dict):
        return f"a JSON object with {', '.join(list(value)[:8]) or 'no members'}"
    return (
        "a JSON text" if isinstance(value, str) else f"JSON, but no object: {orjson.dumps(value).decode()[:_LONGEST]}"
    )


def _body_got(case: Case) -> str:
    value, slip = read(case.request)
    if is_cut(case.request.raw_body):
        return f"a body of {_size(case)} bytes, which the journal keeps only the beginning of"
    return f"a body that {slip.slip}" if slip is not None else _kind(value)


def _event_causes(case: Case) -> Iterator[str]:
    if is_cut(case.request.raw_body):
        return
    if (fault := packing_fault(case.request)) is not None:
        yield fault
    value, slip = read(case.request)
    if slip is not None:
        yield f"The body {slip.slip}."
    database, table = place_of(case)
    if isinstance(value, list):
        yield (
            f"The body is an array, and this call takes one event: several go to /records/{database}/{table} as "
            '{"events":[…]}.'
        )
    yield from faults(value, "The body")


def _mend_event(case: Case, draft: Draft) -> None:
    value, _ = read(case.request)
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, dict)), None)
    _write(draft, repaired(value) if isinstance(value, dict) else _FIRST_EVENT)


EVENT = Check(
    name="event",
    expects="one JSON object; time in Unix seconds and uuid a UUID, where they are given",
    failures=(INVALID_EVENT,),
    got=_body_got,
    cause=lambda case: next(_event_causes(case), None),
    mend=_mend_event,
)


# records --------------------------------------------------------------------------------------------------------------


def _allowed(media: str) -> tuple[str, ...]:
    return NAMES if media == MEDIA_TYPE else NAMES[:1]


def _batch_causes(case: Case) -> Iterator[str]:
    if is_cut(case.request.raw_body):
        return
    if (fault := packing_fault(case.request)) is not None:
        yield fault
    value, slip = read(case.request)
    if slip is not None:
        yield f"The body {slip.slip}."
    if isinstance(value, dict) and case.request.media_type != SINGLE_MEDIA_TYPE:
        yield from _wrapping_causes(case, value)
    elif isinstance(value, list):
        yield 'The body is an array: records come as {"events":[…]}' + (
            f" with Content-Type {MEDIA_TYPE}." if case.request.media_type == SINGLE_MEDIA_TYPE else "."
        )
    yield f"The body is {_kind(value)}, and no object."


def _wrapping_causes(case: Case, value: Record) -> Iterator[str]:
    media, database, table = case.request.media_type, *place_of(case)
    names = _allowed(media)
    found = [name for name in names if name in value]
    if len(found) > 1:
        yield "The body has events and records: one of them is taken."
    for name in found:
        yield from _list_causes(name, value[name])
    if "records" in value:
        yield f"records is a name that goes with {MEDIA_TYPE} only: with {media} it is events."
    if _is_flat(value):
        if _has_token(case):
            yield (
                f"The call has a WP13n-Token and one flat event, as personalization takes them: /{database}/{table} is "
                "the path for that."
            )
        yield (
            f'The body is one flat record: with {media} it stands in {{"events":[…]}}, and alone only with '
            f"{SINGLE_MEDIA_TYPE}."
        )
    yield f"The records stand under {', '.join(list(value)[:3])}: with {media} they stand under {' or '.join(names)}."


def _is_flat(value: Record) -> bool:
    wrapped = any(isinstance(one, list) and any(isinstance(item, dict) for item in one) for one in value.values())
    return not wrapped and not any(name in value for name in NAMES)


def _list_causes(name: str, found: Json) -> Iterator[str]:
    if not isinstance(found, list):
        yield f"{name} is {_kind(found)}: it is an array, of one record too."
    elif not found:
        yield f"{name} is empty: an import has one record at least."
    elif len(found) > MOST_RECORDS:
        yield f"{name} has {len(found)} records: an import has {MOST_RECORDS} at most, so send several."


def _mend_batch(case: Case, draft: Draft) -> None:
    value, _ = read(case.request)
    if isinstance(value, dict) and _is_flat(value) and _has_token(case):
        draft.path = draft.path.removeprefix(RECORDS[:-1])
        return
    records = _records(value)
    if case.request.media_type == SINGLE_MEDIA_TYPE and len(records) > 1:
        draft.set_header("Content-Type", MEDIA_TYPE)
    elif case.request.media_type == SINGLE_MEDIA_TYPE:
        _write(draft, records[0])
        return
    _write(draft, {"events": records})


def _records(value: Json) -> list[Record]:
    """Those that the body holds, under whatever name."""
    if isinstance(value, dict):
        named = [value[name] for name in NAMES if name in value]
        lists = [one for one in (*named, *value.values()) if isinstance(one, list)]
        value = next((one for one in lists if _some(one)), named or [value])
    return _some(value) or [_FIRST_EVENT]


def _some(value: Json) -> list[Record]:
    records = value if isinstance(value, list) else []
    return [repaired(one) for one in records if isinstance(one, dict)][:MOST_RECORDS]


BATCH = Check(
    name="records",
    expects='{"events":[…]}, with the plain media type also {"records":[…]}, with v1.single one object; '
    f"1 to {MOST_RECORDS} records",
    failures=(INVALID_BATCH,),
    got=_body_got,
    cause=lambda case: next(_batch_causes(case), None),
    mend=_mend_batch,
)
