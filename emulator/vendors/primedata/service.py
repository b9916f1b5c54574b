"""What the two searches do: find the one profile, then its sections or its events."""

import heapq
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Final

import orjson
from ksuid import Ksuid

from emulator.core.clock import SECOND, to_datetime
from emulator.core.cursor import Page, page_of
from emulator.core.errors import Json
from emulator.core.store import LEAST_INTEGER, MOST_INTEGER
from emulator.core.work import Work
from emulator.vendors.primedata.contract import (
    EventSearch,
    Nanos,
    Place,
    ProfileSearch,
    clamped,
    java_text,
    last_updated_text,
    parse_instant,
    time_text,
)
from emulator.vendors.primedata.errors import (
    CLAMPED_LIMIT,
    CURSOR_BESIDE_DATA,
    CURSOR_FORMAT,
    EITHER_IDENTITY,
    HIGHEST_PRIORITY,
    INVALID_FIELD,
    MERGED,
    NAIVE_TIMES,
    NOT_FOUND,
    SELECTED_SECTIONS,
    TIME_PATTERN,
    UNSORTED,
    VALIDATION,
)
from emulator.vendors.primedata.tables import (
    EVENT_NAMES,
    EVENTS_PAGE,
    EVENTS_PAGE_OF_NAME,
    FIND_EVENT_OF_ID_AND_SEQ,
    FIND_EVENTS_OF_ID,
    FIND_PROFILE,
    FIND_PROFILE_BY_ALIAS,
    FIND_PROFILE_BY_IDENTITY,
    IDENTITIES_OF_PROFILE,
    Order,
)

SECTIONS: Final = ("identity", "trait", "ptrait")
MOST_EVENTS: Final = 100
_SORTS: Final[Mapping[str, Order]] = {"asc": "asc", "desc": "desc"}
_KSUID_EPOCH: Final = 1_400_000_000


# identity resolution --------------------------------------------------------------------------------------------------


def new_profile_id(work: Work) -> str:
    """A KSUID of 27 characters; before its epoch of 2014 and after 2150 the time part stays at its end."""
    seconds = min(max(work.now // SECOND, _KSUID_EPOCH), _KSUID_EPOCH + 2**32 - 1)
    return str(Ksuid(to_datetime(seconds * SECOND), work.random.randbytes(16)))


def find_profile(work: Work, profile_id: str) -> sqlite3.Row | None:
    """By its id, or by that of a profile that was merged into it."""
    row = work.db.one(FIND_PROFILE, profile_id=profile_id)
    if row is None:
        row = work.db.one(FIND_PROFILE_BY_ALIAS, old_id=profile_id)
        if row is not None:
            work.rely(MERGED)
    return row


def _resolve(work: Work, profile_id: str, identities: Mapping[str, Sequence[str]]) -> sqlite3.Row:
    """The one profile that a search is about: `profile_id` alone decides where it is given."""
    row = find_profile(work, profile_id) if profile_id else _identified(work, identities)
    if row is None:
        raise NOT_FOUND()
    return row


def _identified(work: Work, identities: Mapping[str, Sequence[str]]) -> sqlite3.Row | None:
    """One unknown name spoils the whole request, whatever the others would find."""
    rows = {
        name: [work.db.one(FIND_PROFILE_BY_IDENTITY, name=name, value=value) for value in values]
        for name, values in identities.items()
    }
    if invalid := {name: identities[name] for name, found in rows.items() if not found or found[0] is None}:
        entries = java_text(invalid)
        raise VALIDATION(entries=entries) if any(invalid.values()) else INVALID_FIELD(field="Identities", value=entries)
    work.rely(EITHER_IDENTITY)
    matches = [row for found in rows.values() for row in found if row is not None and row["key"] is not None]
    if len({row["key"] for row in matches}) > 1:
        work.rely(HIGHEST_PRIORITY)
    return min(matches, key=itemgetter("priority"), default=None)


# profiles -------------------------------------------------------------------------------------------------------------


def search_profile(work: Work, search: ProfileSearch) -> dict[str, Json]:
    if unknown := [one for one in search.type if one not in SECTIONS]:
        raise INVALID_FIELD(field="Type", value=java_text(unknown))
    row = _resolve(work, search.profile_id, search.identities)
    if search.type or search.include:
        work.rely(SELECTED_SECTIONS)
    chosen, names = search.type or SECTIONS, set(search.include)
    data: dict[str, Json] = {
        "profile_id": row["profile_id"],
        "last_updated": last_updated_text(row["last_updated"]),
    }
    if "identity" in chosen:
        data["identity"] = _identities(work, row["key"], names)
    if "trait" in chosen:
        data["trait"] = _section(row["trait"], names)
    if "ptrait" in chosen:
        data["p_trait"] = _section(row["p_trait"], names)
    return {"data": data}


def _identities(work: Work, profile: int, names: Collection[str]) -> dict[str, list[str]]:
    """Names and values in order of first appearance."""
    found: dict[str, list[str]] = {}
    for name, value in work.db.all(IDENTITIES_OF_PROFILE, profile=profile):
        if not names or name in names:
            found.setdefault(name, []).append(value)
    return found


def _section(stored: str, names: Collection[str]) -> Json:
    if not names:
        return orjson.Fragment(stored)
    return {name: value for name, value in orjson.loads(stored).items() if name in names}


# events ---------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Span:
    """Between two positions of (time, seq), and behind one of arrival; all excluded."""

    after: tuple[Nanos, int]
    before: tuple[Nanos, int]
    arrived_after: int = 0

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
    order = _order(work, search.sort)
    limit = _limit(work, search.limit)
    place = _place(search.cursor)
    profile = _resolve(work, search.profile_id, search.identities)
    if place is not None:
        work.rely(CURSOR_FORMAT)
        span.begin_with(_position(work, profile["key"], place, search.cursor), order)
    page = _page(work, profile["key"], names, order, span, limit)
    work.rely(CURSOR_BESIDE_DATA)
    if page.rows:
        work.rely(TIME_PATTERN)
    following = "" if page.following is None else _cursor(work, profile["key"], page.following)
    return {
        "data": [_event(work, profile["profile_id"], row) for row in page.rows],
        "cursor": {"has_more": page.following is not None, "next": following},
    }


def _span(work: Work, search: EventSearch) -> _Span:
    start = LEAST_INTEGER if search.start is None else _instant(work, "Start", search.start)
    end = work.now * 1_000 if search.end is None else _instant(work, "End", search.end)
    return _Span((clamped(start), MOST_INTEGER), (clamped(end), LEAST_INTEGER))


def _instant(work: Work, name: str, text: str) -> Nanos:
    try:
        instant = parse_instant(text)
    except ValueError:
        raise INVALID_FIELD(field=name, value=text) from None
    if not instant.zoned:
        work.rely(NAIVE_TIMES)
    return instant.nanos


def _known_names(work: Work, include: Sequence[str]) -> Sequence[str]:
    if not include:
        return ()
    known = {row["name"] for row in work.db.all(EVENT_NAMES)}
    if unknown := [name for name in include if name not in known]:
        raise INVALID_FIELD(field="Include", value=java_text(unknown))
    return tuple(dict.fromkeys(include))


def _order(work: Work, sort: str | None) -> Order:
    if sort is None:
        work.rely(UNSORTED)
        chosen: Order = work.settings.default_order
        return chosen
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
