"""Sessions: what one visitor does, whether or not it is known who that is."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.primedata.errors import ANONYMOUS, SESSIONS
from emulator.vendors.primedata.service.holders import hand_over_events
from emulator.vendors.primedata.service.traits import overwrite_traits, united
from emulator.vendors.primedata.tables import ADD_SESSION, BIND_SESSION, FIND_SESSION, TELL_SESSION


@dataclass(slots=True)
class Session:
    """`profile` is the key of the profile that it belongs to; `trait` was told while there was none."""

    number: int
    profile: int | None
    trait: Mapping[str, Json]

    @property
    def holder(self) -> int:
        """Whose its events are: see `tables`."""
        return -self.number if self.profile is None else self.profile


def session_of(work: Work, session_id: str | None) -> Session | None:
    """The session of that id, opened where it is a new one."""
    if session_id is None:
        return None
    row = work.db.one(FIND_SESSION, id=session_id)
    if row is None:
        return Session(work.db.insert(ADD_SESSION, id=session_id, profile=None, trait="{}"), None, {})
    return Session(row["number"], row["profile"], orjson.loads(row["trait"]))


def tell(work: Work, session: Session, traits: Mapping[str, Json]) -> None:
    """Keep traits of whoever this will turn out to be."""
    if traits:
        work.rely(ANONYMOUS)
        told = united([session.trait, traits])
        session.trait = {**session.trait, **traits}
        work.db.run(TELL_SESSION, of_number=session.number, all_trait=told)


def bind(work: Work, session: Session, profile: int) -> None:
    """Events and traits that waited arrive at the profile now."""
    work.rely(SESSIONS)
    if session.profile is None and hand_over_events(work, session.holder, profile):
        work.rely(ANONYMOUS)
    if session.trait:
        overwrite_traits(work, profile, session.trait)
    session.profile, session.trait = profile, {}
    work.db.run(BIND_SESSION, of_number=session.number, taker=profile)
