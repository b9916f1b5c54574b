"""Events: what happened, as it is remembered and answered."""

from collections.abc import Mapping
from typing import Any

import orjson

from emulator.core.clock import rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.contract.events import Event
from emulator.vendors.talonone.errors import RESERVED_EVENT, Complaint
from emulator.vendors.talonone.service import loyalty
from emulator.vendors.talonone.service.sessions import Session
from emulator.vendors.talonone.service.transitions import SESSION_EVENTS
from emulator.vendors.talonone.tables import ADD_EVENT

ATTRIBUTES = Rule(
    "talonone.event_attributes", Level.INFERRED, "Talon.One developer pages, V1 example of an event",
    "A built-in event of V1 has the attributes isNew and params, the members of the request, as the one published "
    "example shows.",
)  # fmt: skip
NO_ATTRIBUTES = Rule(
    "talonone.event_without_attributes", Level.ASSUMED, "emulator's choice",
    "A built-in event of V2 has no attributes: no example of one is published.",
)  # fmt: skip
RESERVED = Rule(
    "talonone.reserved_events", Level.ASSUMED, "talon_go 2.1.1, NewEvent.type",
    "Every event type that starts with talon_ is reserved for built-in events, not only the known ones.",
)  # fmt: skip

BUILT_IN = "talon_"
PROFILE_EVENTS = ("talon_profile_created", "talon_profile_updated")


def record(
    work: Work, session: Session, event_type: str, effects: str = "[]", attributes: Mapping[str, Any] | None = None
) -> int:
    """Remember an event of a session, with its effects as JSON; its id."""
    return work.db.insert(
        ADD_EVENT,
        application_id=session.application,
        profile_id=session.profile_id,
        session_id=session.id,
        type=event_type,
        attributes=orjson.dumps(attributes).decode() if attributes else "{}",
        effects=effects,
        created=work.now,
    )


def reserved(work: Work, event_type: str) -> list[Complaint]:
    """What is wrong with a custom event of this type."""
    if not event_type.startswith(BUILT_IN):
        return []
    if event_type not in (*SESSION_EVENTS, *PROFILE_EVENTS):
        work.rely(RESERVED)
    details = f'The event type "{event_type}" is reserved for built-in events.'
    return [Complaint(RESERVED_EVENT, "Reserved", details, {"pointer": "/type"})]


def answered(
    work: Work, session: Session, event_type: str, event_id: int, attributes: Mapping[str, Any] | None = None
) -> Event:
    """In the form of V2, without effects. The event of a dry run has id 0."""
    if event_type.startswith(BUILT_IN):
        work.rely(ATTRIBUTES if attributes else NO_ATTRIBUTES)
    shown = 0 if work.discarded else event_id
    entries = loyalty.ledger_entries(work, event_id)
    for entry in entries:
        entry["eventId"] = shown
    answer: Event = {
        "id": shown,
        "created": rfc3339(work.now),
        "applicationId": session.application,
        "profileId": session.profile_id,
        "type": event_type,
        "attributes": dict(attributes or {}),
        "effects": [],
        "ledgerEntries": entries,
    }
    if session.integration_id:
        answer["sessionId"] = session.integration_id
    if session.store_integration_id:
        answer["storeIntegrationId"] = session.store_integration_id
    return answer
