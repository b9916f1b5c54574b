"""Identity resolution: from an id, or from what a shopper is known by, to the one profile."""

import sqlite3
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Final

from ksuid import Ksuid

from emulator.core.clock import SECOND, to_datetime
from emulator.core.errors import Refusal
from emulator.core.work import Work
from emulator.vendors.primedata.contract.bodies import Spelled, java_text
from emulator.vendors.primedata.errors import (
    EITHER_IDENTITY,
    HIGHEST_PRIORITY,
    INVALID_FIELD,
    LITERAL_TEXT,
    MERGED,
    NOT_FOUND,
    SOME_INVALID,
    VALIDATION,
)
from emulator.vendors.primedata.tables import FIND_PROFILE, FIND_PROFILE_BY_ALIAS, FIND_PROFILE_BY_IDENTITY

_KSUID_EPOCH: Final = 1_400_000_000


def new_ksuid(work: Work) -> str:
    """A KSUID of 27 characters; before its epoch of 2014 and after 2150 the time part stays at its end."""
    seconds = min(max(work.now // SECOND, _KSUID_EPOCH), _KSUID_EPOCH + 2**32 - 1)
    return str(Ksuid(to_datetime(seconds * SECOND), work.random.randbytes(16)))


def find_profile(work: Work, profile_id: str) -> sqlite3.Row | None:
    """By its id, or by that of a profile that was merged into it."""
    row = work.db.one(FIND_PROFILE, profile_id=profile_id)
    if row is None:
        row = work.db.one(FIND_PROFILE_BY_ALIAS, old_id=profile_id)
        if row is not None:
            work.rely(MERGED)
    return row


def resolve(work: Work, profile_id: str, identities: Mapping[str, Sequence[str]]) -> sqlite3.Row:
    """The one profile that a search is about: `profile_id` alone decides where it is given."""
    row = find_profile(work, profile_id) if profile_id else _identified(work, identities)
    if row is None:
        raise NOT_FOUND()
    return row


def _identified(work: Work, identities: Mapping[str, Sequence[str]]) -> sqlite3.Row | None:
    """By values that the profile has. One unknown name spoils the whole request, whatever the others would find."""
    rows = {
        name: [work.db.one(FIND_PROFILE_BY_IDENTITY, name=name, value=value) for value in values]
        for name, values in identities.items()
    }
    if invalid := {name: identities[name] for name, found in rows.items() if not found or found[0] is None}:
        raise _of_invalid(work, identities, invalid)
    asked = [value for values in identities.values() for value in values]
    if Spelled in map(type, asked):
        work.rely(LITERAL_TEXT)
    matches = [row for found in rows.values() for row in found if row is not None and row["key"] is not None]
    owners = {row["key"] for row in matches}
    if owners and (len(matches) < len(asked) or len(owners) > 1):
        work.rely(EITHER_IDENTITY)
    if len(owners) > 1:
        work.rely(HIGHEST_PRIORITY)
    return min(matches, key=itemgetter("priority"), default=None)


def _of_invalid(work: Work, asked: Mapping[str, Sequence[str]], invalid: Mapping[str, Sequence[str]]) -> Refusal:
    """A name that is unknown spoils the request, and so does a known one without values."""
    entries = java_text(invalid)
    if not any(invalid.values()):
        return INVALID_FIELD(field="Identities", value=entries)
    if len(asked) > 1 or any(len(values) > 1 for values in asked.values()):
        work.rely(SOME_INVALID)
    return VALIDATION(entries=entries)
