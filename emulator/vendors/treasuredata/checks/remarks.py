"""What will surprise about a call that was accepted: no offers, and why; what was sent and read by nobody."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from sqlite3 import Row

import orjson

from emulator.core.checks import Case
from emulator.core.cors import origin_of
from emulator.core.errors import Json
from emulator.core.request import Request
from emulator.core.slips import nearest, short
from emulator.core.work import Work
from emulator.vendors.treasuredata.checks.bodies import NAMES
from emulator.vendors.treasuredata.checks.events import Record, faults, is_event, read
from emulator.vendors.treasuredata.checks.keys import key_of
from emulator.vendors.treasuredata.checks.pages import REQUESTED_METHOD
from emulator.vendors.treasuredata.checks.places import place_of
from emulator.vendors.treasuredata.checks.tokens import HEADER, is_public_path, token_of
from emulator.vendors.treasuredata.contract import (
    BROWSER_MEDIA_TYPE,
    MOBILE_MEDIA_TYPE,
    SINGLE_MEDIA_TYPE,
    PersonalizationSettings,
)
from emulator.vendors.treasuredata.router import CORS
from emulator.vendors.treasuredata.service.configuration import (
    Configuration,
    EventTable,
    KeyColumn,
    Section,
    configuration,
)
from emulator.vendors.treasuredata.service.profiles import Profile
from emulator.vendors.treasuredata.tables import FIND_CONFIGURATION, FIND_PROFILE, LIST_REACTORS

_PERSONALIZATION = ("personalize", "personalizePublic")
_MOST_TOLD = 5


def remarks(case: Case) -> Iterator[str]:
    if case.failure is not None:
        return
    yield from _unread_headers(case)
    if case.operation.id in _PERSONALIZATION:
        yield from _on_event(case)
    elif case.operation.id == "importRecords":
        yield from _on_records(case)
    elif case.request.method == "OPTIONS":
        yield from _on_preflight(case)


def _unread_headers(case: Case) -> Iterator[str]:
    if case.request.header("x-token") is not None:
        yield "The header X-Token is ignored: older texts of code 3000 speak of it, and WP13n-Token is what is read."
    if case.operation.id == "importRecords" and case.request.header(HEADER.lower()) is not None:
        yield "The header WP13n-Token has no effect here: records need no token, and get no offers."


# one event ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scene:
    """The event, and what it met: a reactor's configuration, and who is calling. `work` notes no provenance that
    counts."""

    case: Case
    work: Work
    token: Row
    event: Record
    configured: Configuration

    @property
    def settings(self) -> PersonalizationSettings:
        settings: PersonalizationSettings = self.work.settings
        return settings


def _on_event(case: Case) -> Iterator[str]:
    event, slip = read(case.request)
    if slip is not None or not isinstance(event, dict):
        return
    yield from _on_columns(case, event)
    if not is_public_path(case) and origin_of(case.request) is not None:
        yield "The call names an Origin, and the servers' path has no CORS: a page cannot read this answer."
    token = token_of(case)
    row = token and case.work.db.one(FIND_CONFIGURATION, parent_segment=token["parent_segment"])
    if token is not None and row is not None:
        work = Work(case.work.db, case.work.now, case.work.random, case.work.settings, case.request)
        yield from _on_offers(_Scene(case, work, token, event, configuration(row["configuration"])))


def _on_columns(case: Case, event: Record) -> Iterator[str]:
    database, table = place_of(case)
    for name in NAMES:
        if isinstance(event.get(name), list):
            yield (
                f"{name} is one column of one event here: batches are unpacked at /records/{database}/{table} only, "
                "where there are no offers."
            )
    if case.request.query:
        names = " and ".join(dict.fromkeys(name for name, _ in case.request.query))
        yield f"The query string has no effect here ({names}): columns of the event stand in the body."


def _on_offers(scene: _Scene) -> Iterator[str]:
    place = place_of(scene.case)
    table = scene.configured.tables.get(place)
    if table is None:
        yield _unregistered(scene, place)
        return
    yield from _unusable_ids(scene)
    happened = table.happened(scene.event, scene.work)
    profile = _profile(scene)
    reasons = [(section, _refusal(scene, section, happened, profile)) for section in table.sections]
    entered = [section for section, reason in reasons if reason is None]
    if not entered:
        yield from _no_offers(scene, table, happened, [(section, reason or "") for section, reason in reasons])
    for section in entered:
        yield from _on_offer(scene, section, profile)


def _unregistered(scene: _Scene, place: tuple[str, str]) -> str:
    known = [".".join(one) for one in scene.configured.tables]
    near = nearest(".".join(place), known)
    hint = f"did you mean {near}?" if near else f"there are {' and '.join(known[:_MOST_TOLD]) or 'none'}."
    return (
        f"No offers: {'.'.join(place)} is no event table of parent segment {scene.token['parent_segment']}, so the "
        f"event was stored and reached no profile; {hint}"
    )


def _no_offers(
    scene: _Scene, table: EventTable, happened: frozenset[str], reasons: list[tuple[Section, str]]
) -> Iterator[str]:
    where = ".".join(place_of(scene.case))
    if not table.sections:
        yield f"No offers: no section is entered by events of {where}."
    elif not happened:
        names = " and ".join(list(table.key_events)[:_MOST_TOLD])
        yield f"No offers: the event meets the filters of none of the key events of {where}: {names}."
    else:
        for section, reason in reasons[:_MOST_TOLD]:
            yield f"No offers: the section {section.name} is not entered, because {reason}."


def _refusal(scene: _Scene, section: Section, happened: frozenset[str], profile: Profile | None) -> str | None:
    """Why the event does not enter the section; `None` where it does."""
    if section.key_event not in happened:
        return f"the event is not its key event {section.key_event}"
    if not section.filters(scene.event, scene.work):
        return "the event does not meet its keyEventFilters"
    accepts = section.accepts_unknown
    if accepts is None:
        accepts = scene.settings.unknown_profiles == "accept"
    if not accepts and (profile is None or profile.batch is None):
        return f"it does not accept unknown profiles, and {_unknown(scene)}"
    if section.criteria is not None and profile is None:
        return "it asks something of the profile, and the event has no usable id, so that it has none"
    if section.criteria is not None and profile is not None and not section.criteria(profile.value, scene.work):
        return "the profile does not meet its profileCriteria"
    return None


def _unknown(scene: _Scene) -> str:
    key = scene.configured.lookup_key
    if key is None:
        return "its parent segment has no extLookupKey that would link a batch profile"
    value = scene.event.get(key)
    if value is None:
        return f"no batch profile is linked: the event has no {key}, which would link one"
    return f"no batch profile is linked: none has the {key} {short(value)}"


def _unusable_ids(scene: _Scene) -> Iterator[str]:
    """Key columns whose value is no id."""
    columns = scene.configured.key_columns
    for column in columns:
        if column.name in scene.event and column.id_of(scene.event) is None:
            value, why = short(scene.event[column.name]), _why_no_id(column, scene.event)
            yield f"{column.name} is {value}, which is no id: {why}."
    if columns and not any(column.name in scene.event for column in columns):
        names = " nor ".join(column.name for column in columns[:_MOST_TOLD])
        yield f"The event belongs to no profile: it has no {names}."


def _why_no_id(column: KeyColumn, event: Mapping[str, Json]) -> str:
    value = event[column.name]
    if not isinstance(value, str):
        return "only texts are"
    if not value:
        return "it is empty"
    return "it is one of the invalidTexts" if value in column.invalid_texts else "validRegexp rules it out"


def _profile(scene: _Scene) -> Profile | None:
    """The profile that the event belongs to, as it is now."""
    for column in scene.configured.key_columns:
        value = column.id_of(scene.event)
        if value is None:
            continue
        segment = scene.token["parent_segment"]
        row = scene.work.db.one(FIND_PROFILE, parent_segment=segment, key=column.name, value=value)
        if row is not None:
            return Profile(scene.work, segment, scene.configured, row["rid"], orjson.loads(row["states"]))
    return None


def _on_offer(scene: _Scene, section: Section, profile: Profile | None) -> Iterator[str]:
    outputs = section.payload.outputs
    public = bool(scene.token["public"])
    shows = not public and (section.include_sensitive or scene.settings.sensitive_attributes == "always")
    hidden = [output.name for output in outputs if output.attribute.sensitive and not shows]
    if hidden:
        why = "a public token never gets them" if public else "the section has no includeSensitive"
        yield f"The offer {section.name} leaves out {' and '.join(hidden)}, which is sensitive: {why}."
    if scene.settings.missing_attribute != "omit":
        return
    shown = [output for output in outputs if output.name not in hidden]
    missing = [one.name for one in shown if profile is None or profile.value(one.attribute, one.part) is None]
    if missing:
        yield f"The offer {section.name} leaves out {' and '.join(missing)}: the profile has no value for it."


# records --------------------------------------------------------------------------------------------------------------


def _on_records(case: Case) -> Iterator[str]:
    value, slip = read(case.request)
    media = case.request.media_type
    if slip is not None or not isinstance(value, dict):
        return
    records = [value]
    if media == SINGLE_MEDIA_TYPE:
        for name in NAMES:
            if isinstance(value.get(name), list):
                yield f"{name} is one column of one record here: {SINGLE_MEDIA_TYPE} has no batches."
    else:
        records = next((value[name] for name in NAMES if isinstance(value.get(name), list)), [])
    yield from _refused_records(records)
    yield from _unfilled(media, records)
    yield from _unrouted(case)
    for name in ("modified", "time"):
        if name in dict(case.request.query):
            yield f"The query parameter {name} is accepted and has no effect."


def _refused_records(records: list[Json]) -> Iterator[str]:
    refused = [(index, record) for index, record in enumerate(records) if not is_event(record)]
    for index, record in refused[:_MOST_TOLD]:
        why = next(faults(record, f"Record {index}"), "It is too large.")
        yield f'Record {index} was not stored, and its receipt says {{"success":false}}: {why[0].lower()}{why[1:]}'
    if len(refused) > _MOST_TOLD:
        yield f"{len(refused) - _MOST_TOLD} more records were not stored."


def _unfilled(media: str, records: list[Json]) -> Iterator[str]:
    if media in (BROWSER_MEDIA_TYPE, MOBILE_MEDIA_TYPE):
        return
    for name in ("td_ip", "td_global_id"):
        if any(isinstance(record, dict) and record.get(name) == name for record in records):
            yield f"{name} is stored as the text {name}: only v1.js and v1.mobile imports fill it in."


def _unrouted(case: Case) -> Iterator[str]:
    settings: PersonalizationSettings = case.work.settings
    key = key_of(case)
    if settings.records_routing == "off":
        yield "The records reach no reactor: the setting records_routing is off."
        return
    if key is None:
        return
    for row in case.work.db.all(LIST_REACTORS, account=key["account"]):
        found = case.work.db.one(FIND_CONFIGURATION, parent_segment=row["parent_segment"])
        if found is not None and place_of(case) in configuration(found["configuration"]).tables:
            return
    yield (
        f"The records were stored and reach no profile: {'.'.join(place_of(case))} is no event table of a reactor of "
        f"account {key['account']}."
    )


# preflights -----------------------------------------------------------------------------------------------------------


def _on_preflight(case: Case) -> Iterator[str]:
    """What a browser does not go on after, whatever the status says."""
    if case.operation.catch:
        yield (
            "The servers' path has no CORS: a browser does not go on after this answer. Pages call "
            f"/public/{'/'.join(place_of(case))}."
        )
        return
    if origin_of(case.request) is None:
        yield "The preflight names no usable Origin, so that the answer grants nothing and a browser does not go on."
    method = _requested(case.request, REQUESTED_METHOD)
    if method and method != ["POST"]:
        yield f"The page wants to send {' and '.join(method)}, and only POST is granted: a browser does not go on."
    wanted = _requested(case.request, "Access-Control-Request-Headers")
    refused = [
        name for name in wanted if name.lower() not in CORS.headers and not name.lower().startswith("x-emulator-")
    ]
    if refused:
        yield f"The page wants to send {' and '.join(refused)}, which is not granted: a browser does not go on."


def _requested(request: Request, header: str) -> list[str]:
    lines = request.all_headers(header.lower())
    return [one.strip() for line in lines for one in line.split(",") if one.strip()]
