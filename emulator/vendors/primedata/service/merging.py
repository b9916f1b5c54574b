"""Several profiles that turn out to be one."""

import sqlite3
from collections.abc import Collection, Sequence

import orjson

from emulator.core.work import Work
from emulator.vendors.primedata.errors import MERGING
from emulator.vendors.primedata.service.holders import hand_over_events
from emulator.vendors.primedata.service.traits import united
from emulator.vendors.primedata.tables import (
    ADD_ALIAS,
    DROP_PROFILE,
    HAND_OVER_ALIASES,
    HAND_OVER_IDENTITIES,
    HAND_OVER_SESSIONS,
    LAST_POSITION,
    READ_PROFILE,
    UPDATE_PROFILE,
)


def merged(work: Work, keys: Collection[int]) -> int:
    """The one profile that is left of these, at least one: the one with the oldest id."""
    rows = [row for key in keys if (row := work.db.one(READ_PROFILE, key=key))]
    survivor, *others = sorted(rows, key=lambda row: str(row["profile_id"]))
    key: int = survivor["key"]
    if others:
        work.rely(MERGING)
        _unite_traits(work, key, rows)
        for other in others:
            _absorb(work, key, other)
    return key


def _unite_traits(work: Work, key: int, rows: Sequence[sqlite3.Row]) -> None:
    by_age = sorted(rows, key=lambda row: (row["last_updated"], row["key"] == key))
    work.db.run(
        UPDATE_PROFILE,
        of_key=key,
        moment=work.now,
        all_trait=united([orjson.loads(row["trait"]) for row in by_age]),
        all_p_trait=united([orjson.loads(row["p_trait"]) for row in by_age]),
    )


def _absorb(work: Work, taker: int, other: sqlite3.Row) -> None:
    giver = other["key"]
    hand_over_events(work, giver, taker)
    work.db.run(HAND_OVER_IDENTITIES, giver=giver, taker=taker, beyond=last_position(work, taker) + 1)
    work.db.run(HAND_OVER_SESSIONS, giver=giver, taker=taker)
    work.db.run(HAND_OVER_ALIASES, giver=giver, taker=taker)
    work.db.run(ADD_ALIAS, old_id=other["profile_id"], profile=taker)
    work.db.run(DROP_PROFILE, of_key=giver)


def last_position(work: Work, profile: int) -> int:
    """Of its identity values; -1 where it has none."""
    row = work.db.one(LAST_POSITION, profile=profile)
    return -1 if row is None or row["position"] is None else int(row["position"])
