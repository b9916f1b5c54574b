"""The profile search."""

from collections.abc import Collection, Mapping
from typing import Final

import orjson

from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.primedata.contract.bodies import java_text
from emulator.vendors.primedata.contract.profiles import ProfileSearch
from emulator.vendors.primedata.contract.times import last_updated_text
from emulator.vendors.primedata.errors import INVALID_FIELD, LENIENT_BODY, SELECTED_SECTIONS
from emulator.vendors.primedata.service.identities import resolve
from emulator.vendors.primedata.tables import IDENTITIES_OF_PROFILE

SECTIONS: Final = ("identity", "trait", "ptrait")
_ANSWERED: Final = ("identity", "trait", "p_trait")


def search_profile(work: Work, search: ProfileSearch) -> dict[str, Json]:
    if unknown := [one for one in search.type if one not in SECTIONS]:
        raise INVALID_FIELD(field="Type", value=java_text(unknown))
    if search.tolerated:
        work.rely(LENIENT_BODY)
    row = resolve(work, search.profile_id, search.identities)
    chosen, names = search.type or SECTIONS, set(search.include)
    data: dict[str, Json] = {
        "profile_id": row["profile_id"],
        "last_updated": last_updated_text(row["last_updated"]),
    }
    if "identity" in chosen:
        data["identity"] = _identities(work, row["key"], names)
    if "trait" in chosen:
        data["trait"] = _section(row["trait"], names)
    if "ptrait" in chosen:
        data["p_trait"] = _section(row["p_trait"], names)
    if (search.type or names) and _leaves_something_out(data, names):
        work.rely(SELECTED_SECTIONS)
    return {"data": data}


def _leaves_something_out(data: Mapping[str, Json], names: Collection[str]) -> bool:
    """A section that was not asked for, a name that is nowhere, or all that a section has."""
    sections = [data[section] for section in _ANSWERED if section in data]
    if len(sections) < len(_ANSWERED):
        return True
    return bool(names) and (not all(sections) or set().union(*sections) != names)


def _identities(work: Work, profile: int, names: Collection[str]) -> dict[str, list[str]]:
    """Names and values in order of first appearance."""
    found: dict[str, list[str]] = {}
    for name, value in work.db.all(IDENTITIES_OF_PROFILE, profile=profile):
        if not names or name in names:
            found.setdefault(name, []).append(value)
    return found


def _section(stored: str, names: Collection[str]) -> Json:
    if not names:
        return orjson.Fragment(stored)
    return {name: value for name, value in orjson.loads(stored).items() if name in names}
