"""Events: what happened, as rules test it and as it is remembered."""

from typing import Any

from emulator.core.clock import rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.contract.sessions import Event
from emulator.vendors.talonone.service.sessions import Session
from emulator.vendors.talonone.tables import ADD_EVENT

ATTRIBUTES = Rule(
    "talonone.event_attributes", Level.ASSUMED, "emulator's choice",
    "Built-in events have no attributes: one published V1 example shows isNew and params, the full set is unknown.",
)  # fmt: skip


def record(work: Work, session: Session, event_type: str, effects: str = "[]") -> int:
    """Remember an event of a session, with its effects as JSON; its id."""
    return work.db.insert(
        ADD_EVENT,
        application_id=session.application,
        profile_id=session.profile_id,
        session_id=session.id,
        type=event_type,
        attributes="{}",
        effects=effects,
        created=work.now,
    )


def answered(work: Work, session: Session, event_type: str, event_id: int) -> Event:
    work.rely(ATTRIBUTES)
    attributes: dict[str, Any] = {}
    return {
        "id": event_id,
        "created": rfc3339(work.now),
        "applicationId": session.application,
        "profileId": session.profile_id,
        "type": event_type,
        "attributes": attributes,
        "sessionId": session.integration_id,
        "effects": [],
        "ledgerEntries": [],
    }
