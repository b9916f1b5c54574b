"""Custom events: their type, and whose session they happen in."""

from emulator.core.checks import Case, Check, Draft
from emulator.core.fitting import replaced
from emulator.vendors.talonone.checks.bodies import sent, sent_object, write
from emulator.vendors.talonone.checks.callers import caller
from emulator.vendors.talonone.checks.sessions import session_of
from emulator.vendors.talonone.errors import RESERVED_EVENT, WRONG_PROFILE
from emulator.vendors.talonone.service.events import BUILT_IN


def _type(case: Case) -> str:
    return str(sent_object(case).get("type", ""))


def _mend_type(case: Case, draft: Draft) -> None:
    name = _type(case)
    while name.startswith(BUILT_IN):
        name = name.removeprefix(BUILT_IN)
    write(draft, replaced(sent(case), ("type",), name or "example"))


RESERVED = Check(
    name="event type",
    expects=f"a type of one's own, that does not begin with {BUILT_IN}",
    failures=(RESERVED_EVENT,),
    got=lambda case: repr(_type(case)),
    cause=lambda case: (
        f"{_type(case)!r} begins with {BUILT_IN}, as the events do that Talon.One itself records of sessions and "
        "profiles: a custom event needs another name."
    ),
    mend=_mend_type,
)


def _owner(case: Case) -> str | None:
    """The profile that the event's session belongs to, ``""`` where it is nobody's."""
    own = caller(case)
    session = session_of(case, own, str(sent_object(case).get("sessionId", ""))) if own is not None else None
    return session.profile_id if session is not None else None


def _got(case: Case) -> str:
    body = sent_object(case)
    profile = body.get("profileId")
    return f"session {body.get('sessionId')!r}, {'no profile' if profile is None else f'profile {profile!r}'}"


def _cause(case: Case) -> str | None:
    owner, body = _owner(case), sent_object(case)
    if owner is None:
        return None
    whose = f"belongs to the profile {owner!r}" if owner else "is anonymous"
    return f"The session {body.get('sessionId')!r} {whose}, and the event names {body.get('profileId')!r}."


def _mend(case: Case, draft: Draft) -> None:
    owner = _owner(case)
    value = {name: one for name, one in sent_object(case).items() if name != "profileId"}
    write(draft, {**value, "profileId": owner} if owner else value)


OWN_SESSION = Check(
    name="profile of the session",
    expects="no profileId, or that of the session",
    failures=(WRONG_PROFILE,),
    got=_got,
    cause=_cause,
    mend=_mend,
)
