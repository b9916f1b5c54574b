"""Returns: which items of a session came back, and when."""

from collections.abc import Sequence
from sqlite3 import Row
from typing import Any

import orjson

from emulator.core.clock import rfc3339
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.contract.returns import AnsweredReturnedCartItem, Return
from emulator.vendors.talonone.service.profiles import Profile
from emulator.vendors.talonone.service.sessions import Session
from emulator.vendors.talonone.tables import ADD_RETURN, RETURNS_OF_SESSION


def record(work: Work, session: Session, event_id: int, items: Sequence[AnsweredReturnedCartItem]) -> None:
    work.db.run(
        ADD_RETURN, session_id=session.id, event_id=event_id, items=orjson.dumps(items).decode(), created=work.now
    )


def of_session(work: Work, caller: Application, session: Session, profile: Profile) -> list[Return]:
    """All so far, the oldest first."""
    if session.id is None:
        return []
    return [_answered(caller, session, profile, row) for row in work.db.all(RETURNS_OF_SESSION, session_id=session.id)]


def _answered(caller: Application, session: Session, profile: Profile, row: Row) -> Return:
    items: Any = orjson.loads(row["items"])
    answer: Return = {
        "id": row["id"],
        "created": rfc3339(row["created"]),
        "applicationId": caller.number,
        "accountId": caller.account,
        "returnedCartItems": items,
        "eventId": row["event_id"],
        "sessionId": row["session_id"],
        "sessionIntegrationId": session.integration_id,
    }
    if profile.id is not None:
        answer["profileId"] = profile.id
        answer["profileIntegrationId"] = profile.integration_id
    return answer
