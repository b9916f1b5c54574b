"""A workspace as a scenario describes it."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import orjson
from pydantic import Field, JsonValue, StringConstraints

from emulator.core.clock import Micros
from emulator.core.section import Section, SectionError, Settings
from emulator.core.work import Work
from emulator.vendors.primedata.contract import Nanos, TimeFormat, clamped, parse_instant
from emulator.vendors.primedata.service import find_profile, new_profile_id
from emulator.vendors.primedata.tables import (
    ADD_ALIAS,
    ADD_API_KEY,
    ADD_EVENT,
    ADD_EVENT_TYPE,
    ADD_IDENTITY_TYPE,
    ADD_IDENTITY_VALUE,
    ADD_PROFILE,
    ADD_SOURCE,
    Order,
)

Name: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[!-~]+$")]  # what an HTTP header can carry
Time: TypeAlias = Annotated[str, Field(description="ISO 8601, 2023:01:01T20:00:00Z, or a distance from now: -3d")]
Interval: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\d{1,9}[smhdw]$")] | Annotated[int, Field(ge=0)]
Values: TypeAlias = dict[str, JsonValue]

_FIRST_VERSION = "0.1"
_NOW = "+0s"
BUILT_IN_EVENTS = ("identify", "SaveEntity")
"""Event types that every workspace has (Entities and events, built-in events)."""


class PrimeDataSettings(Settings):
    time_format: TimeFormat = Field(
        default="colon",
        description="How time_stamp and sent_at are written: colon 2023:01:01T20:00:00Z, iso with hyphens.",
    )
    limit_over_100: Literal["reject", "clamp"] = Field(
        default="reject", description="What a limit above 100 does: refuse the call, or count as 100."
    )
    default_order: Order = Field(
        default="arrival", description="Order of events without sort: as they arrived, or by time_stamp (asc, desc)."
    )
    requests_per_second: int = Field(default=100, ge=0, description="Calls per key within any second; 0 is no limit.")


class IdentityTypeSeed(Section):
    """An entry of the identity-resolution configuration; priority 1 decides before 2."""

    name: Name
    priority: int


class EventTypeSeed(Section):
    name: Name
    schema_version: str = _FIRST_VERSION
    required: list[str] = []
    properties: dict[str, Literal["boolean", "number", "string", "array"]] = {}


class SourceSeed(Section):
    id: Name
    write_key: Name
    name: str = ""


class ProfileSeed(Section):
    """Without a profile_id it gets a new one; `aliases` are ids of profiles that were merged into it."""

    profile_id: Name | None = None
    last_updated: Time | None = None
    identity: dict[str, Annotated[list[str], Field(min_length=1)]] = {}
    trait: Values = {}
    p_trait: Values = {}
    aliases: list[Name] = []


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


class PrimeDataSection(Section):
    settings: PrimeDataSettings = PrimeDataSettings()
    api_keys: list[Key] = []
    identity_config: list[IdentityTypeSeed] = []
    event_catalogue: list[EventTypeSeed] = []
    sources: list[SourceSeed] = []
    profiles: list[ProfileSeed] = []
    events: list[EventSeed] = []
    event_series: list[EventSeriesSeed] = []


def plant(work: Work, section: PrimeDataSection) -> None:
    _plant_configuration(work, section)
    _plant_profiles(work, section)
    _plant_events(work, section)


def _plant_configuration(work: Work, section: PrimeDataSection) -> None:
    _no_repetition("api_keys", section.api_keys)
    _no_repetition("identity_config", [one.name for one in section.identity_config])
    _no_repetition("event_catalogue", [one.name for one in section.event_catalogue])
    _no_repetition("sources", [one.id for one in section.sources])
    work.db.many(ADD_API_KEY, ({"number": number, "key": key} for number, key in enumerate(section.api_keys, 1)))
    work.db.many(ADD_IDENTITY_TYPE, (one.model_dump() for one in section.identity_config))
    work.db.many(ADD_SOURCE, (one.model_dump() for one in section.sources))
    listed = {one.name for one in section.event_catalogue}
    built_in = [EventTypeSeed(name=name) for name in BUILT_IN_EVENTS if name not in listed]
    for event_type in [*section.event_catalogue, *built_in]:
        schema = _json({"required": event_type.required, "properties": event_type.properties}, "event_catalogue")
        work.db.run(ADD_EVENT_TYPE, name=event_type.name, version=event_type.schema_version, schema=schema)


def _no_repetition(path: str, names: list[str]) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            raise SectionError(f"{path}[{number}]", f"{name!r} is here already")
        seen.add(name)


# profiles -------------------------------------------------------------------------------------------------------------


def _plant_profiles(work: Work, section: PrimeDataSection) -> None:
    configured = {one.name for one in section.identity_config}
    ids: set[str] = set()
    owners: dict[tuple[str, str], str] = {}
    for number, profile in enumerate(section.profiles):
        path = f"profiles[{number}]"
        profile_id = profile.profile_id or new_profile_id(work)
        for one in (profile_id, *profile.aliases):
            if one in ids:
                raise SectionError(path, f"the id {one!r} belongs to another profile already")
            ids.add(one)
        updated = _nanos(work, profile.last_updated or _NOW, f"{path}.last_updated") // 1_000
        work.db.run(
            ADD_PROFILE,
            key=number + 1,
            profile_id=profile_id,
            last_updated=updated,
            trait=_json(profile.trait, f"{path}.trait"),
            p_trait=_json(profile.p_trait, f"{path}.p_trait"),
        )
        work.db.many(ADD_ALIAS, ({"old_id": old_id, "profile": number + 1} for old_id in profile.aliases))
        _plant_identity(work, profile, number, configured, owners)


def _plant_identity(
    work: Work, profile: ProfileSeed, number: int, configured: set[str], owners: dict[tuple[str, str], str]
) -> None:
    position = 0
    for name, values in profile.identity.items():
        path = f"profiles[{number}].identity.{name}"
        if name not in configured:
            raise SectionError(path, f"{name!r} is not in identity_config")
        for value in values:
            if other := owners.get((name, value)):
                raise SectionError(path, f"{value!r} belongs to {other} already: a value identifies one profile")
            owners[name, value] = f"profiles[{number}]"
            work.db.run(ADD_IDENTITY_VALUE, name=name, value=value, profile=number + 1, position=position)
            position += 1


# events ---------------------------------------------------------------------------------------------------------------

_Row: TypeAlias = dict[str, Any]  # Any: whatever sqlite3 binds


class _Catalogue:
    """What an event may refer to, and the place in its profile's order of arrival that it gets."""

    def __init__(self, work: Work, section: PrimeDataSection) -> None:
        self._work = work
        self._versions: Mapping[str, str] = {
            **dict.fromkeys(BUILT_IN_EVENTS, _FIRST_VERSION),
            **{one.name: one.schema_version for one in section.event_catalogue},
        }
        self._profiles: dict[str, int] = {}
        self._arrived: Counter[int] = Counter()

    def version(self, name: str, path: str) -> str:
        version = self._versions.get(name)
        if version is None:
            raise SectionError(path, f"{name!r} is not in event_catalogue")
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


def _plant_events(work: Work, section: PrimeDataSection) -> None:
    catalogue = _Catalogue(work, section)
    work.db.many(ADD_EVENT, _event_rows(work, section.events, catalogue))
    for number, series in enumerate(section.event_series):
        work.db.many(ADD_EVENT, _series_rows(work, series, catalogue, f"event_series[{number}]"))


def _event_rows(work: Work, events: list[EventSeed], catalogue: _Catalogue) -> Iterator[_Row]:
    for number, event in enumerate(events):
        path = f"events[{number}]"
        profile = catalogue.profile(event.profile_id, path)
        version = catalogue.version(event.event_name, f"{path}.event_name")
        yield {
            "profile": profile,
            "seq": catalogue.next_seq(profile),
            "id": event.id,
            "event_name": event.event_name,
            "ts_ns": _nanos(work, event.time_stamp, f"{path}.time_stamp"),
            "sent_ns": _nanos(work, event.sent_at or _NOW, f"{path}.sent_at"),
            "schema_version": event.input_schema_version or version,
            "properties": _json(event.properties, f"{path}.properties"),
        }


def _series_rows(work: Work, series: EventSeriesSeed, catalogue: _Catalogue, path: str) -> Iterator[_Row]:
    profile = catalogue.profile(series.profile_id, path)
    versions = [catalogue.version(name, f"{path}.event_names") for name in series.event_names]
    start, every, sent_after = (
        _nanos(work, series.start, f"{path}.start"),
        _length(series.every),
        _length(series.sent_after),
    )
    _storable(start + (series.count - 1) * every + sent_after, path)
    properties = _json(series.properties, f"{path}.properties").replace('"{i}"', "{i}")
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


def _nanos(work: Work, text: str, path: str) -> Nanos:
    try:
        nanos = parse_instant(text).nanos
    except ValueError:
        nanos = _relative(work, text, path) * 1_000
    return _storable(nanos, path)


def _relative(work: Work, text: str, path: str) -> Micros:
    try:
        return work.moment(text)
    except ValueError:
        raise SectionError(
            path, f"{text!r} is no moment: write 2023-01-01T20:00:00Z, 2023:01:01T20:00:00Z or a distance such as -3d"
        ) from None


def _storable(nanos: Nanos, path: str) -> Nanos:
    if clamped(nanos) != nanos:
        raise SectionError(path, "moments lie between the years 1677 and 2262, where nanoseconds fit 64 bits")
    return nanos


_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def _length(interval: str | int) -> Nanos:
    seconds = interval if isinstance(interval, int) else int(interval[:-1]) * _SECONDS[interval[-1]]
    return seconds * 1_000_000_000


def _json(value: Any, path: str) -> str:  # Any: what a scenario's author wrote
    """orjson alone would quietly write null for NaN and the infinities."""
    try:
        json.dumps(value, allow_nan=False)
        return orjson.dumps(value).decode()
    except (TypeError, ValueError) as error:
        raise SectionError(path, f"cannot be written as JSON: {error}") from None
