"""The states of a session and the ways between them, each with its built-in event."""

from collections.abc import Mapping

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.errors import ILLEGAL_STATE, Complaint, pointer, refusal
from emulator.vendors.talonone.service.sessions import Session

CREATED_CLOSED = Rule(
    "talonone.created_closed", Level.ASSUMED, "Talon.One Integration API 26.16, NewCustomerSessionV2.state",
    "A session may be created closed (2020 says that all start open: setting created_closed). Rules then see "
    "talon_session_closed, and both events are recorded.",
)  # fmt: skip

CREATED = "talon_session_created"
REOPENED = "talon_session_reopened"
RETURNED = "talon_session_partially_returned"

_AFTER: Mapping[str, Mapping[str, str]] = {
    "": {"open": CREATED, "closed": "talon_session_closed"},
    "open": {
        "open": "talon_session_updated",
        "closed": "talon_session_closed",
        "cancelled": "talon_session_cancelled",
    },
    "closed": {"cancelled": "talon_session_revoked"},
    "partially_returned": {"cancelled": "talon_session_revoked"},
    "cancelled": {},
}
"""Built-in event by the state before and the state asked for; what is not here is refused."""

SESSION_EVENTS = frozenset({REOPENED, RETURNED, *(event for after in _AFTER.values() for event in after.values())})
OPEN = ("", "open")
"""States in which a session can be modified."""
RETURNABLE = ("closed", "partially_returned")


def move(work: Work, session: Session, wanted: str | None, *place: str) -> str:
    """Bring the session into the state asked for, by default open or the one it has; the event that this is."""
    before = session.state
    allowed = _AFTER[before]
    if not before and not work.settings.created_closed:
        allowed = {"open": CREATED}
    after = wanted or before or "open"
    if after not in allowed:
        raise illegal(*allowed, place=(*place, "state"))
    if not before and after == "closed":
        work.rely(CREATED_CLOSED)
    _count(work, session, after)
    return allowed[after]


def reopen(work: Work, session: Session) -> str:
    """A closed session opens again, and no other."""
    if session.state != "closed":
        raise _not_from(session, "reopened")
    _count(work, session, "open")
    return REOPENED


def give_back(work: Work, session: Session) -> str:
    """Items of a closed session come back."""
    if session.state not in RETURNABLE:
        raise _not_from(session, "returned")
    _count(work, session, "partially_returned")
    return RETURNED


def _count(work: Work, session: Session, after: str) -> None:
    session.state = after
    session.update_count += 1
    session.updated = work.now


def illegal(*allowed: str, place: tuple[str, ...]) -> Exception:
    choice = ", ".join(f'"{state}"' for state in allowed)
    details = f"state must be one of the following: {choice}" if allowed else "A cancelled session is final"
    return refusal([Complaint(ILLEGAL_STATE, "enum", details, {"pointer": pointer(*place)})], status_code=False)


def _not_from(session: Session, done: str) -> Exception:
    details = f"A session that is {session.state} cannot be {done}"
    return refusal([Complaint(ILLEGAL_STATE, "enum", details, {"pointer": ""})], status_code=False)
