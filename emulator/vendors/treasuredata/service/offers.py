"""Which sections an event enters, and what each carries."""

from collections.abc import Mapping
from typing import Any

from emulator.core.errors import Json, Level, Rule
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import Channel
from emulator.vendors.treasuredata.contract import BATCH_SEGMENTS, MISSING_ATTRIBUTE, PersonalizationSettings
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service.attributes import Columns
from emulator.vendors.treasuredata.service.configuration import EventTable, Section
from emulator.vendors.treasuredata.service.criteria import CONDITIONS
from emulator.vendors.treasuredata.service.profiles import Profile

UNKNOWN_PROFILES = Rule(
    "treasuredata.unknown_profiles",
    Level.INFERRED,
    "CDP API, acceptUnknownProfiles",
    "A profile is unknown while no batch profile is linked to it; a section without acceptUnknownProfiles refuses it, "
    "unless the setting `unknown_profiles` says otherwise.",
)
SENSITIVITY = Rule(
    "treasuredata.sensitivity",
    Level.INFERRED,
    "Real-time Personalization 2.0 Client-side Use Case Guide; CDP API, includeSensitive",
    "A token of a public service never gets sensitive attributes, one of a private service only in sections with "
    "includeSensitive; the setting `sensitive_attributes` shows them to it always.",
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
        section.name: _payload(work, channel, section, profile)
        for section in table.sections
        if section.key_event in happened and section.filters(event) and _admits(work, section, profile)
    }


def _admits(work: Work, section: Section, profile: Profile | None) -> bool:
    if (profile is None or profile.batch is None) and not _accepts_unknown(work, section):
        return False
    if section.criteria is None:
        return True
    if profile is None:
        return False
    work.rely(CONDITIONS)
    return section.criteria(profile.value)


def _accepts_unknown(work: Work, section: Section) -> bool:
    settings: PersonalizationSettings = work.settings
    work.rely(UNKNOWN_PROFILES)
    if section.accepts_unknown is None:
        return settings.unknown_profiles == "accept"
    return section.accepts_unknown


def _payload(work: Work, channel: Channel, section: Section, profile: Profile | None) -> Mapping[str, Json]:
    payload = section.payload
    answer: dict[str, Json] = {}
    if payload.outputs or payload.texts:
        answer["attributes"] = {**_attributes(work, channel, section, profile), **dict(payload.texts)}
    if payload.segments is not None:
        member_of = profile.batch.segments if profile is not None and profile.batch is not None else _NOWHERE
        ids = [one for one in payload.segments if one in member_of]
        work.rely(BATCH_SEGMENTS)
        settings: PersonalizationSettings = work.settings
        answer.update(_batch_segments(settings, ids))
    if not all(answer.values()):
        work.rely(EMPTY_PARTS)
    return answer


def _attributes(work: Work, channel: Channel, section: Section, profile: Profile | None) -> Mapping[str, Json]:
    settings: PersonalizationSettings = work.settings
    found: dict[str, Json] = {}
    for output in section.payload.outputs:
        if output.attribute.sensitive and not _shows(work, channel, section):
            continue
        value = profile.value(output.attribute, output.part) if profile is not None else None
        if value is None:
            work.rely(MISSING_ATTRIBUTE)
        if value is not None or settings.missing_attribute == "null":
            found[output.name] = value
    return found


def _shows(work: Work, channel: Channel, section: Section) -> bool:
    settings: PersonalizationSettings = work.settings
    work.rely(SENSITIVITY)
    if channel.public:
        return False
    return section.include_sensitive or settings.sensitive_attributes == "always"


def _batch_segments(settings: PersonalizationSettings, ids: list[str]) -> Mapping[str, Json]:
    match settings.batch_segments:
        case "ids":
            return {"batch_segments": ids}
        case "number":
            return {"batch_segments": int(ids[0]) if ids[0].isdecimal() else ids[0]} if ids else {}
    return {"batch_segments": [{"id": one} for one in ids]}
