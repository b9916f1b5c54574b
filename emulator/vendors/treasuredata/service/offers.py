"""Which sections an event enters, and what each carries."""

from collections.abc import Mapping
from typing import Any

from emulator.core.errors import Json, Level, Rule
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import Channel
from emulator.vendors.treasuredata.contract import (
    BATCH_SEGMENTS,
    CATALOG_LOOKUPS,
    MISSING_ATTRIBUTE,
    PersonalizationSettings,
)
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service.configuration import EventTable, Section
from emulator.vendors.treasuredata.service.criteria import CONDITIONS
from emulator.vendors.treasuredata.service.payloads import NODES
from emulator.vendors.treasuredata.service.profiles import Profile
from emulator.vendors.treasuredata.service.states import Columns

UNKNOWN_PROFILES = Rule(
    "treasuredata.unknown_profiles",
    Level.INFERRED,
    "CDP API, acceptUnknownProfiles",
    "A profile is unknown while no batch profile is linked to it, and matches only sections that accept unknown ones.",
)
UNDECIDED = Rule(
    "treasuredata.unknown_profiles_undecided",
    Level.ASSUMED,
    CHOICE,
    "A section whose acceptUnknownProfiles is null, or absent, refuses unknown profiles, unless the setting "
    "`unknown_profiles` says otherwise.",
)
SENSITIVITY = Rule(
    "treasuredata.sensitivity",
    Level.INFERRED,
    "Real-time Personalization 2.0 Client-side Use Case Guide; CDP API, includeSensitive",
    "A token of a public service never gets sensitive attributes, one of a private service only in sections with "
    "includeSensitive; the setting `sensitive_attributes` shows them to it always. Attributes of every type may be "
    "sensitive; a look-up is where its key or its lookupCatalog attribute is. Conditions see sensitive attributes.",
)
EMPTY_PARTS = Rule(
    "treasuredata.empty_parts",
    Level.ASSUMED,
    CHOICE,
    "A section that defines attributes carries `attributes` even where all of them are left out, and one that defines "
    "segments `batch_segments` even where the profile is in none.",
)
_NOWHERE: frozenset[str] = frozenset()


def offers(
    work: Work, channel: Channel, table: EventTable, profile: Profile | None, event: Columns, happened: frozenset[str]
) -> dict[str, Any]:
    """Payloads of all sections that match, by name, in the order of definition."""
    return {
        section.name: _offer(work, channel, section, profile)
        for section in table.sections
        if section.key_event in happened and section.filters(event, work) and _admits(work, section, profile)
    }


def _admits(work: Work, section: Section, profile: Profile | None) -> bool:
    if (profile is None or profile.batch is None) and not _accepts_unknown(work, section):
        return False
    if section.criteria is None:
        return True
    if profile is None:
        return False
    work.rely(CONDITIONS)
    return section.criteria(profile.value, work)


def _accepts_unknown(work: Work, section: Section) -> bool:
    work.rely(UNKNOWN_PROFILES)
    if section.accepts_unknown is None:
        work.rely(UNDECIDED)
        return _settings(work).unknown_profiles == "accept"
    return section.accepts_unknown


def _offer(work: Work, channel: Channel, section: Section, profile: Profile | None) -> Mapping[str, Json]:
    """One section that matched, its members in the order of every example on record."""
    payload, settings = section.payload, _settings(work)
    answer: dict[str, Json] = {}
    if payload.outputs or payload.texts:
        answer["attributes"] = {**_attributes(work, channel, section, profile), **payload.texts}
    if payload.look_ups:
        found = _look_ups(work, channel, section, profile)
        answer = _with_look_ups(answer, found, separate=settings.catalog_lookups == "separate")
    if payload.segments is not None:
        member_of = profile.batch.segments if profile is not None and profile.batch is not None else _NOWHERE
        work.rely(BATCH_SEGMENTS)
        answer.update(_batch_segments(settings, [one for one in payload.segments if one in member_of]))
    if any(part in ({}, []) for part in answer.values()):
        work.rely(EMPTY_PARTS)
    if payload.nodes > 1:
        work.rely(NODES)
    return answer


def _with_look_ups(answer: Mapping[str, Json], found: Mapping[str, Json], *, separate: bool) -> dict[str, Json]:
    if separate:
        return {**answer, "catalog_lookups": found}
    return {**answer, "attributes": {**answer.get("attributes", {}), **found}}


def _attributes(work: Work, channel: Channel, section: Section, profile: Profile | None) -> Mapping[str, Json]:
    return _shown(
        work,
        {
            output.name: profile.value(output.attribute, output.part) if profile is not None else None
            for output in section.payload.outputs
            if not output.attribute.sensitive or _shows(work, channel, section)
        },
    )


def _look_ups(work: Work, channel: Channel, section: Section, profile: Profile | None) -> Mapping[str, Json]:
    work.rely(CATALOG_LOOKUPS)
    return _shown(
        work,
        {
            output.name: profile.looked_up(output) if profile is not None else None
            for output in section.payload.look_ups
            if not output.sensitive or _shows(work, channel, section)
        },
    )


def _shown(work: Work, found: dict[str, Json]) -> Mapping[str, Json]:
    """What is left of values where there may be none."""
    if None not in found.values():
        return found
    work.rely(MISSING_ATTRIBUTE)
    if _settings(work).missing_attribute == "null":
        return found
    return {name: value for name, value in found.items() if value is not None}


def _shows(work: Work, channel: Channel, section: Section) -> bool:
    work.rely(SENSITIVITY)
    if channel.public:
        return False
    return section.include_sensitive or _settings(work).sensitive_attributes == "always"


def _settings(work: Work) -> PersonalizationSettings:
    settings: PersonalizationSettings = work.settings
    return settings


def _batch_segments(settings: PersonalizationSettings, ids: list[str]) -> Mapping[str, Json]:
    match settings.batch_segments:
        case "ids":
            return {"batch_segments": ids}
        case "number":
            return {"batch_segments": int(ids[0]) if ids[0].isdecimal() else ids[0]} if ids else {}
    return {"batch_segments": [{"id": one} for one in ids]}
