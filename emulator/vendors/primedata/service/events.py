"""The event search: one page of one profile's events."""

import heapq
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import orjson

from emulator.core.cursor import Page, page_of
from emulator.core.errors import Json
from emulator.core.store import LEAST_INTEGER, MOST_INTEGER
from emulator.core.work import Work
from emulator.vendors.primedata.contract.bodies import java_text
from emulator.vendors.primedata.contract.cursors import Place
from emulator.vendors.primedata.contract.events import EventSearch
from emulator.vendors.primedata.contract.times import Instant, Nanos, clamped, parse_instant, time_text
from emulator.vendors.primedata.errors import (
    BUILT_IN,
    CLAMPED_LIMIT,
    CURSOR_BESIDE_DATA,
    CURSOR_FORMAT,
    CURSOR_READ,
    INVALID_FIELD,
    LENIENT_BODY,
    NAIVE_TIMES,
    TIME_PATTERN,
    UNSORTED,
)
from emulator.vendors.primedata.service.event_types import BUILT_IN_EVENTS, SDK_EVENTS
from emulator.vendors.primedata.service.identities import resolve
from emulator.vendors.primedata.tables import (
    EVENT_NAMES,
    EVENTS_PAGE,
    EVENTS_PAGE_OF_NAME,
    FIND_EVENT_OF_ID_AND_SEQ,
    FIND_EVENTS_OF_ID,
    Order,
)

MOST_EVENTS: Final = 100
_DOUBT: Final[Nanos] = 36 * 3_600 * 1_000_000_000
"""Offsets reach from +14:00 to -12:00, and a date could be meant to its end."""
_SORTS: Final[Mapping[str, Order]] = {"asc": "asc", "desc": "desc"}


@dataclass(slots=True)
class _Span:
    """Between two positions of (time, seq), and behind one of arrival; all excluded. `vague` are moments whose offset
    was not said."""

    after: tuple[Nanos, int]
    before: tuple[Nanos, int]
    arrived_after: int = 0
    vague: Sequence[Nanos] = ()

    def begin_with(self, position: tuple[Nanos, int], order: Order) -> None:
        ts_ns, seq = position
        if order == "asc":
            self.after = max(self.after, (ts_ns, seq - 1))
        elif order == "desc":
            self.before = min(self.before, (ts_ns, seq + 1))
        else:
            self.arrived_after = seq - 1

    def values(self) -> dict[str, int]:
        (after_ts, after_seq), (before_ts, before_seq) = self.after, self.before
        return {
            "after_ts": after_ts,
            "after_seq": after_seq,
            "before_ts": before_ts,
            "before_seq": before_seq,
            "arrived_after": self.arrived_after,
        }


def search_events(work: Work, search: EventSearch) -> dict[str, Json]:
    span = _span(work, search)
    names = _known_names(work, search.include)
    order = _order(work.settings.default_order, search.sort)
    limit = _limit(work, search.limit)
    place = _place(search.cursor)
    if search.tolerated:
        work.rely(LENIENT_BODY)
    profile = resolve(work, search.profile_id, search.identities)
    if any(_is_near(work, profile["key"], names, moment) for moment in span.vague):
        work.rely(NAIVE_TIMES)
    if place is not None:
        work.reach(CURSOR_READ, field="Cursor", value=str(search.cursor))
        work.rely(CURSOR_FORMAT)
        span.begin_with(_position(work, profile["key"], place, search.cursor), order)
    page = _page(work, profile["key"], names, order, span, limit)
    if search.sort is None and (place is not None or page.following is not None or len(page.rows) > 1):
        work.rely(UNSORTED)
    work.rely(CURSOR_BESIDE_DATA)
    if page.rows:
        work.rely(TIME_PATTERN)
    following = "" if page.following is None else _cursor(work, profile["key"], page.following)
    return {
        "data": [_event(work, profile["profile_id"], row) for row in page.rows],
        "cursor": {"has_more": page.following is not None, "next": following},
    }


def _span(work: Work, search: EventSearch) -> _Span:
    start = Instant(LEAST_INTEGER, True) if search.start is None else _instant("Start", search.start)
    end = Instant(work.now * 1_000, True) if search.end is None else _instant("End", search.end)
    vague = [one.nanos for one in (start, end) if not one.zoned]
    return _Span((clamped(start.nanos), MOST_INTEGER), (clamped(end.nanos), LEAST_INTEGER), vague=vague)


def _instant(name: str, text: str) -> Instant:
    try:
        return parse_instant(text)
    except ValueError:
        raise INVALID_FIELD(field=name, value=text) from None


def _is_near(work: Work, profile: int, names: Sequence[str], moment: Nanos) -> bool:
    """Whether the profile has an event that another reading of the moment could bring in or leave out."""
    around = _Span((clamped(moment - _DOUBT), MOST_INTEGER), (clamped(moment + _DOUBT), LEAST_INTEGER))
    return bool(_page(work, profile, names, "asc", around, 1).rows)


def _known_names(work: Work, include: Sequence[str]) -> Sequence[str]:
    if not include:
        return ()
    known = {row["name"] for row in work.db.all(EVENT_NAMES)}
    if unknown := [name for name in include if name not in known]:
        raise INVALID_FIELD(field="Include", value=java_text(unknown))
    if any(name in BUILT_IN_EVENTS or name in SDK_EVENTS for name in include):
        work.rely(BUILT_IN)
    return tuple(dict.fromkeys(include))


def _order(default: Order, sort: str | None) -> Order:
    if sort is None:
        return default
    if sort not in _SORTS:
        raise INVALID_FIELD(field="Sort", value=sort)
    return _SORTS[sort]


def _limit(work: Work, limit: int) -> int:
    if limit > MOST_EVENTS and work.settings.limit_over_100 == "clamp":
        work.rely(CLAMPED_LIMIT)
        return MOST_EVENTS
    if not 1 <= limit <= MOST_EVENTS:
        raise INVALID_FIELD(field="Limit", value=str(limit))
    return limit


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        return Place.parse(cursor)
    except ValueError:
        raise INVALID_FIELD(field="Cursor", value=cursor) from None


def _position(work: Work, profile: int, place: Place, cursor: str | None) -> tuple[int, int]:
    """Where the event stands that a cursor names."""
    seq = next(_named(work, profile, place), None)
    if seq is None:
        raise INVALID_FIELD(field="Cursor", value=str(cursor))
    return place.ts_ns, seq


def _named(work: Work, profile: int, place: Place) -> Iterator[int]:
    """The events that a cursor may mean, the likeliest first: a number at its end counts before an id that ends so."""
    if numbered := place.unnumbered():
        (ts_ns, event_id), seq = numbered
        for row in work.db.all(FIND_EVENT_OF_ID_AND_SEQ, profile=profile, ts_ns=ts_ns, id=event_id, seq=seq):
            yield row["seq"]
    for row in work.db.all(FIND_EVENTS_OF_ID, profile=profile, ts_ns=place.ts_ns, id=place.id, most=2):
        yield row["seq"]


def _cursor(work: Work, profile: int, row: sqlite3.Row) -> str:
    work.rely(CURSOR_FORMAT)
    place = Place(row["ts_ns"], row["id"])
    unmistakable = list(_named(work, profile, place)) == [row["seq"]]
    return str(place if unmistakable else place.numbered(row["seq"]))


def _page(work: Work, profile: int, names: Sequence[str], order: Order, span: _Span, limit: int) -> Page[sqlite3.Row]:
    """Several names are as many walks along an index, merged: none reads more rows than a page has."""
    values = {**span.values(), "profile": profile, "most": limit + 1}
    if not names:
        return page_of(work.db.all(EVENTS_PAGE[order], **values), limit)
    walks = [work.db.all(EVENTS_PAGE_OF_NAME[order], event_name=name, **values) for name in names]
    merged = heapq.merge(*walks, key=_KEYS[order], reverse=order == "desc")
    return page_of(list(islice(merged, limit + 1)), limit)


def _by_time(row: sqlite3.Row) -> tuple[Nanos, int]:
    return row["ts_ns"], row["seq"]


def _by_arrival(row: sqlite3.Row) -> tuple[Nanos, int]:
    return 0, row["seq"]


_KEYS: Mapping[Order, Callable[[sqlite3.Row], tuple[Nanos, int]]] = {
    "asc": _by_time,
    "desc": _by_time,
    "arrival": _by_arrival,
}


def _event(work: Work, profile_id: str, row: sqlite3.Row) -> dict[str, Json]:
    pattern = work.settings.time_format
    return {
        "properties": orjson.Fragment(row["properties"]),
        "id": row["id"],
        "profile_id": profile_id,
        "event_name": row["event_name"],
        "time_stamp": time_text(row["ts_ns"], pattern),
        "sent_at": time_text(row["sent_ns"], pattern),
        "input_schema_version": row["schema_version"],
    }
