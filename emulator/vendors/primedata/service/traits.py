"""Traits: what is said of a profile, the last word counting."""

from collections.abc import Mapping, Sequence

import orjson

from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.primedata.contract.tracking import MOST_TRAIT_BYTES
from emulator.vendors.primedata.errors import TRACKING_BAD_REQUEST
from emulator.vendors.primedata.tables import READ_PROFILE, UPDATE_PROFILE


def overwrite_traits(work: Work, profile: int, traits: Mapping[str, Json]) -> None:
    row = work.db.one(READ_PROFILE, key=profile)
    assert row is not None
    trait = united([orjson.loads(row["trait"]), traits])
    work.db.run(UPDATE_PROFILE, of_key=profile, moment=work.now, all_trait=trait, all_p_trait=row["p_trait"])


def united(all_traits: Sequence[Mapping[str, Json]]) -> str:
    """As JSON; of what several have, the last value counts. Raises `Refusal` for more than anybody can have: all of
    it is written anew with every event."""
    together: dict[str, Json] = {}
    for traits in all_traits:
        together |= traits
    content = orjson.dumps(together)
    if len(content) > MOST_TRAIT_BYTES:
        raise TRACKING_BAD_REQUEST()
    return content.decode()
