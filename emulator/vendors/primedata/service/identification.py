"""identify: a visitor says who it is, and a profile comes of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import orjson

from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.primedata.contract.tracking import TrackedEvent
from emulator.vendors.primedata.errors import IDENTIFICATION
from emulator.vendors.primedata.service.identities import new_ksuid
from emulator.vendors.primedata.service.merging import last_position, merged
from emulator.vendors.primedata.service.sessions import Session, bind, tell
from emulator.vendors.primedata.service.traits import overwrite_traits
from emulator.vendors.primedata.tables import (
    ADD_IDENTITY_VALUE,
    ADD_PROFILE,
    FIND_OWNER,
    IDENTITY_NAMES,
)

Identity: TypeAlias = tuple[str, str]


def identify(work: Work, event: TrackedEvent, session: Session | None, known: int | None) -> int | None:
    """The profile's key; `None` where nothing names one. `known` is the profile that the event belongs to anyway."""
    work.rely(IDENTIFICATION)
    identities, traits = _told(work, event.target_properties)
    owners = [row["profile"] for name, value in identities if (row := work.db.one(FIND_OWNER, name=name, value=value))]
    if known is not None:
        owners.append(known)
    if not owners and not identities:
        if session is not None:
            tell(work, session, traits)
        return None
    profile = merged(work, dict.fromkeys(owners)) if owners else _created(work)
    _add_identities(work, profile, identities)
    if session is not None:
        bind(work, session, profile)
    overwrite_traits(work, profile, traits)
    return profile


def _told(work: Work, properties: Mapping[str, Json]) -> tuple[Sequence[Identity], Mapping[str, Json]]:
    """Identities in their order, each once, and traits."""
    configured = {row["name"] for row in work.db.all(IDENTITY_NAMES)}
    identities = [
        (name, text) for name, value in properties.items() if name in configured for text in _identity_texts(value)
    ]
    traits = {name: value for name, value in properties.items() if name not in configured}
    return list(dict.fromkeys(identities)), traits


def _identity_texts(value: Json) -> Iterator[str]:
    """What may identify, as text; SDKs send null and empty texts for what they do not know."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str | int | float) and one != "":
            yield one if isinstance(one, str) else orjson.dumps(one).decode()


def _created(work: Work) -> int:
    return work.db.insert(ADD_PROFILE, profile_id=new_ksuid(work), last_updated=work.now, trait="{}", p_trait="{}")


def _add_identities(work: Work, profile: int, identities: Sequence[Identity]) -> None:
    position = last_position(work, profile)
    for name, value in identities:
        if work.db.one(FIND_OWNER, name=name, value=value) is None:
            position += 1
            work.db.run(ADD_IDENTITY_VALUE, name=name, value=value, profile=profile, position=position)
