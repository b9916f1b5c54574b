"""One thing that happens: its event, what the rules have said to it, and what is kept for the answer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from emulator.core.clock import Micros
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.errors import NOT_ALLOWED, Complaint, pointer
from emulator.vendors.talonone.service import profiles
from emulator.vendors.talonone.service.attributes import Definitions
from emulator.vendors.talonone.service.evaluation import Outcome
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.service.profiles import Profile
from emulator.vendors.talonone.service.sessions import Session

DRY = Rule(
    "talonone.dry_run_ids", Level.ASSUMED, "emulator's choice",
    "The event of a dry run has id 0; what else it makes gets the ids, codes and transactionUUIDs that the next real "
    "call will give.",
)  # fmt: skip
EMPTY_SESSION = Rule(
    "talonone.empty_session", Level.ASSUMED, "talon_go 2.1.1, IntegrationState",
    "A profile update of V1 belongs to no session; the required member session is an empty open one with the "
    "profile's id.",
)  # fmt: skip


@dataclass(slots=True)
class Change:
    """`event_attributes` are those of the event that is answered. `final`: what the rules gave does not wait for a
    session to close. `effects` are those of the outcome as they are stored, with the event and with its session."""

    work: Work
    occasion: Occasion
    outcome: Outcome
    event_attributes: Mapping[str, Any] = field(default_factory=dict)
    event_id: int = 0
    final: bool = False
    effects: str = field(init=False)

    def __post_init__(self) -> None:
        self.effects = effects_of(self.outcome)

    @property
    def session(self) -> Session:
        return self.occasion.session

    @property
    def profile(self) -> Profile:
        return self.occasion.profile

    @property
    def event_type(self) -> str:
        return self.occasion.event_type


def effects_of(outcome: Outcome) -> str:
    return orjson.dumps(outcome.effects).decode()


def profile_of(work: Work, caller: Application, session: Session) -> Profile:
    """The session's profile; an empty one without an id for an anonymous session, which is always a first one."""
    if not session.profile_id:
        session.first_session = True
        return profiles.nobody(work, caller.account)
    profile = profiles.find(work, caller.account, session.profile_id)
    first = profile.first_session_id
    session.first_session = not profile.closed_sessions if first is None else first == session.id
    return profile


def active(work: Work, profile: Profile, session: Session) -> None:
    """The profile has been active."""
    if profile.integration_id and session.id is not None and session.first_session:
        profile.first_session_id = session.id
    profile.last_activity = work.now
    keep(work, profile)


def keep(work: Work, profile: Profile) -> None:
    """Store the profile, if it is anybody's."""
    if profile.integration_id:
        profiles.store(work, profile)


def no_session(work: Work, caller: Application, profile_id: str) -> Session:
    """The empty session of a happening that belongs to none; it is never stored."""
    return Session(caller.number, "", created=work.now, updated=work.now, profile_id=profile_id, state="open")


def definitions(work: Work, caller: Application) -> Definitions:
    return Definitions(work, caller.account, caller.number)


def only_dry(ids: Sequence[int] | None, *place: str, dry: bool) -> list[Complaint]:
    """``evaluableCampaignIds`` are for dry runs (26.16)."""
    if not ids or dry:
        return []
    details = "evaluableCampaignIds can only be used with dry=true"
    return [Complaint(NOT_ALLOWED, "Not allowed", details, {"pointer": pointer(*place, "evaluableCampaignIds")})]


def rehearse(work: Work) -> None:
    """From here on this is a dry run."""
    work.discard()


@contextmanager
def at(work: Work, moment: Micros) -> Iterator[None]:
    """Let the call happen at another moment, as a dry run with ``now`` wants it."""
    real = work.now
    work.now = moment
    try:
        yield
    finally:
        work.now = real
