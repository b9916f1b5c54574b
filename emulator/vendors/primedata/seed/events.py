"""Events that a workspace starts with, one by one or in series."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeAlias

import orjson
from pydantic import Field

from emulator.core.section import Section, SectionError
from emulator.core.work import Work
from emulator.vendors.primedata.seed.words import (
    NOW,
    Interval,
    Name,
    Time,
    Values,
    json_of,
    length_of,
    nanos_of,
    storable,
)
from emulator.vendors.primedata.service.identities import find_profile
from emulator.vendors.primedata.tables import ADD_EVENT


class EventSeed(Section):
    """`profile_id` may be an alias. `sent_at` is the moment of planting where it is left out."""

    id: Name
    profile_id: Name
    event_name: Name
    time_stamp: Time
    sent_at: Time | None = None
    input_schema_version: str | None = None
    properties: Values = {}


class EventSeriesSeed(Section):
    """`count` events, one `every` so long from `start` on, named by `event_names` in turn, sent `sent_after` later.

    ``{i}`` (from 0), ``{i:04}`` (with leading zeros) and ``{event_name}`` are filled in `id` and in the texts of
    `properties`, where ``"{i}"`` alone becomes a number.
    """

    profile_id: Name
    count: Annotated[int, Field(ge=1, le=1_000_000)]
    start: Time
    every: Interval = "1m"
    event_names: Annotated[list[Name], Field(min_length=1)]
    id: Name = "web.{event_name}.{i}"
    sent_after: Interval = 0
    input_schema_version: str | None = None
    properties: Values = {}


_Row: TypeAlias = dict[str, Any]  # Any: whatever sqlite3 binds


class Catalogue:
    """What an event may refer to, and the place in its profile's order of arrival that it gets."""

    def __init__(self, work: Work, versions: Mapping[str, str]) -> None:
        self._work = work
        self._versions = versions
        self._profiles: dict[str, int] = {}
        self._arrived: Counter[int] = Counter()

    def version(self, name: str, path: str) -> str:
        version = self._versions.get(name)
        if version is None:
            raise SectionError(path, f"{name!r} is not in event_catalogue, nor in event_schemas")
        return version

    def profile(self, profile_id: str, path: str) -> int:
        key = self._profiles.get(profile_id)
        if key is None:
            row = find_profile(self._work, profile_id)
            if row is None:
                raise SectionError(f"{path}.profile_id", f"no profile has the id {profile_id!r}")
            key = self._profiles[profile_id] = row["key"]
        return key

    def next_seq(self, profile: int) -> int:
        self._arrived[profile] += 1
        return self._arrived[profile]


def plant_events(work: Work, events: Sequence[EventSeed], catalogue: Catalogue) -> None:
    work.db.many(ADD_EVENT, _event_rows(work, events, catalogue))


def plant_series(work: Work, all_series: Sequence[EventSeriesSeed], catalogue: Catalogue) -> None:
    for number, series in enumerate(all_series):
        work.db.many(ADD_EVENT, _series_rows(work, series, catalogue, f"event_series[{number}]"))


def _event_rows(work: Work, events: Sequence[EventSeed], catalogue: Catalogue) -> Iterator[_Row]:
    for number, event in enumerate(events):
        path = f"events[{number}]"
        profile = catalogue.profile(event.profile_id, path)
        version = catalogue.version(event.event_name, f"{path}.event_name")
        yield {
            "profile": profile,
            "seq": catalogue.next_seq(profile),
            "id": event.id,
            "event_name": event.event_name,
            "ts_ns": nanos_of(work, event.time_stamp, f"{path}.time_stamp"),
            "sent_ns": nanos_of(work, event.sent_at or NOW, f"{path}.sent_at"),
            "schema_version": event.input_schema_version or version,
            "properties": json_of(event.properties, f"{path}.properties"),
        }


def _series_rows(work: Work, series: EventSeriesSeed, catalogue: Catalogue, path: str) -> Iterator[_Row]:
    profile = catalogue.profile(series.profile_id, path)
    versions = [catalogue.version(name, f"{path}.event_names") for name in series.event_names]
    start, every, sent_after = (
        nanos_of(work, series.start, f"{path}.start"),
        length_of(series.every),
        length_of(series.sent_after),
    )
    storable(start + (series.count - 1) * every + sent_after, path)
    properties = json_of(series.properties, f"{path}.properties").replace('"{i}"', "{i}")
    for i in range(series.count):
        turn = i % len(series.event_names)
        name = series.event_names[turn]
        yield {
            "profile": profile,
            "seq": catalogue.next_seq(profile),
            "id": _filled(series.id, i, name),
            "event_name": name,
            "ts_ns": start + i * every,
            "sent_ns": start + i * every + sent_after,
            "schema_version": series.input_schema_version or versions[turn],
            "properties": _filled(properties, i, orjson.dumps(name).decode()[1:-1]),
        }


_PLACEHOLDER = re.compile(r"\{i(?::0(\d))?\}|\{event_name\}")


def _filled(template: str, i: int, event_name: str) -> str:
    return _PLACEHOLDER.sub(
        lambda found: event_name if found[0] == "{event_name}" else str(i).zfill(int(found[1] or 0)), template
    )
