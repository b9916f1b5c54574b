"""Who is meant: names of identities, and the profile that they find."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.core.errors import Json
from emulator.core.fitting import replaced
from emulator.core.slips import nearest, short, unspoiled
from emulator.vendors.primedata.checks.bodies import identity_names, sent, sent_object, somebody, write
from emulator.vendors.primedata.checks.rows import HIGHEST, OWNERS_OF_VALUES, PROFILES_LIKE, VALUES_LIKE
from emulator.vendors.primedata.errors import NOT_FOUND, VALIDATION
from emulator.vendors.primedata.service.identities import find_profile
from emulator.vendors.primedata.tables import FIND_PROFILE_BY_IDENTITY

_BEGINNING = 2
_ALIKE = 0.75


def _identities(body: Mapping[str, Json]) -> dict[str, list[str]]:
    """As they are compared: numbers and booleans by their JSON text."""
    given = body.get("identities")
    return {
        name: [one if isinstance(one, str) else short(one) for one in values]
        for name, values in (given.items() if isinstance(given, dict) else ())
        if isinstance(values, list)
    }


def matches(case: Case, body: Mapping[str, Json]) -> list[str]:
    """The profiles that the identities find, that of the highest priority first."""
    found: list[tuple[int, str]] = []
    for name, values in _identities(body).items():
        for value in values:
            row = case.work.db.one(FIND_PROFILE_BY_IDENTITY, name=name, value=value)
            if row is not None and row["profile_id"] is not None:
                found.append((row["priority"], row["profile_id"]))
    return list(dict.fromkeys(profile for _, profile in sorted(found, key=lambda one: one[0])))


def profile_meant(case: Case) -> str | None:
    """The id of the profile that the call is about, if there is one."""
    body = sent_object(case)
    given = body.get("profile_id")
    if isinstance(given, str) and given:
        row = find_profile(case.work, given)
        return str(row["profile_id"]) if row is not None else None
    return next(iter(matches(case, body)), None)


# names of identities --------------------------------------------------------------------------------------------------


def _unknown(case: Case) -> list[str]:
    known = identity_names(case)
    return [name for name in _identities(sent_object(case)) if name not in known]


def _names_got(case: Case) -> str:
    return ", ".join(_identities(sent_object(case))) or "no identities"


def _names_cause(case: Case) -> str | None:
    unknown, known = _unknown(case), identity_names(case)
    if not unknown:
        return None
    alike = nearest(unknown[0], known)
    if alike is not None:
        return f"identities.{unknown[0]} is misspelt: the identity is {alike}."
    if unknown[0] in ("profile_id", "profileId", "id"):
        return f"{unknown[0]} is no identity: profile_id stands beside identities, not in it."
    return f"{unknown[0]} is no identity of this workspace, which has {', '.join(known) or 'none'}."


def _names_mend(case: Case, draft: Draft) -> None:
    body, known = sent_object(case), identity_names(case)
    given = body["identities"]
    kept: dict[str, Any] = {}
    for name, values in given.items():
        meant = name if name in known else nearest(name, known)
        if meant is not None:
            kept[meant] = [*kept.get(meant, []), *values]
    write(draft, replaced(sent(case), ("identities",), kept or somebody(case)))


NAMES = Check(
    name="names of identities",
    expects="names of the identity-resolution configuration",
    failures=(VALIDATION,),
    got=_names_got,
    cause=_names_cause,
    mend=_names_mend,
)


# the profile ----------------------------------------------------------------------------------------------------------


def _spellings(value: str) -> list[str]:
    """How the value may stand in the workspace: without encoding and white space, in lower case, as a phone number
    with and without its country."""
    plain = unspoiled(value)
    digits = re.sub(r"[^\d]", "", value)
    phones = (
        [digits, f"+{digits}", f"0{digits[2:]}", f"84{digits[1:]}", f"0{digits}"] if len(digits) > _BEGINNING else []
    )
    every = [plain, value.strip(), plain.lower(), value.strip().lower(), value.title(), value.upper(), *phones]
    return [one for one in dict.fromkeys(every) if one and one != value]


def _owners(case: Case, values: Sequence[str]) -> list[tuple[str, str, str]]:
    """Name, value and profile of whoever has one of the values, in their order."""
    rows = case.work.db.all(OWNERS_OF_VALUES, wanted=orjson.dumps(list(values)).decode())
    found = [(row["name"], row["value"], row["profile_id"]) for row in rows]
    return sorted(found, key=lambda one: list(values).index(one[1]))


def _near_profile(case: Case, text: str) -> str | None:
    names: list[str] = []
    for low, high in ((text[:_BEGINNING], text[:_BEGINNING] + HIGHEST), ("", HIGHEST)):
        names += [row["profile_id"] for row in case.work.db.all(PROFILES_LIKE, low=low, high=high)]
    return nearest(text, names, _ALIKE)


def _near_value(case: Case, name: str, value: str) -> str | None:
    begin = value[:_BEGINNING]
    rows = case.work.db.all(VALUES_LIKE, name=name, low=begin, high=begin + HIGHEST)
    return nearest(value, [row["value"] for row in rows], _ALIKE)


def _who(case: Case) -> str:
    body = sent_object(case)
    if body.get("profile_id"):
        return f"profile_id {short(body['profile_id'])}"
    return f"identities {short(body.get('identities'))}"


def _profile_cause(case: Case) -> str | None:
    body = sent_object(case)
    given = body.get("profile_id")
    if isinstance(given, str) and given:
        return _about_id(case, given)
    for name, values in _identities(body).items():
        for value in values:
            if (sentence := _about_value(case, name, value)) is not None:
                return sentence
    return "No profile has any of these values: one comes to be by a scenario, or by identify in a tracking call."


def _about_id(case: Case, given: str) -> str:
    plain = unspoiled(given)
    if plain != given and find_profile(case.work, plain) is not None:
        return f"profile_id is {short(given)}: the profile is {plain}, without encoding, quotes or spaces."
    for name, value, _ in _owners(case, [given, *_spellings(given)]):
        return f'profile_id is a value of {name}: send identities, {{"{name}": ["{value}"]}}.'
    alike = _near_profile(case, given)
    return f"There is no profile {short(given)}{f'; the nearest is {alike}' if alike else ''}."


def _about_value(case: Case, name: str, value: str) -> str | None:
    for other, same, _ in _owners(case, [value]):
        if other != name:
            return f"{short(same)} is a value of {other}, not of {name}."
    for other, spelt, _ in _owners(case, _spellings(value)):
        whose = "" if other == name else f" of {other}"
        there = f"there is {short(spelt)}{whose}"
        return f"identities.{name} is {short(value)}: values are compared to the letter, and {there}."
    alike = _near_value(case, name, value)
    return f"Nobody has the {name} {short(value)}; the nearest is {short(alike)}." if alike is not None else None


def _profile_mend(case: Case, draft: Draft) -> None:
    body = sent_object(case)
    given = body.get("profile_id")
    rest = {name: value for name, value in body.items() if name not in ("profile_id", "identities")}
    if isinstance(given, str) and given:
        write(draft, {**_by_id(case, given), **rest})
        return
    for name, values in _identities(body).items():
        for value in values:
            for other, spelt, _ in _owners(case, [value, *_spellings(value)]):
                write(draft, {"identities": {other: [spelt]}, **rest})
                return
            if (alike := _near_value(case, name, value)) is not None:
                write(draft, {"identities": {name: [alike]}, **rest})
                return
    write(draft, {**(_anybody(case)), **rest})


def _by_id(case: Case, given: str) -> dict[str, Json]:
    plain = unspoiled(given)
    if find_profile(case.work, plain) is not None:
        return {"profile_id": plain}
    for name, value, _ in _owners(case, [given, *_spellings(given)]):
        return {"identities": {name: [value]}}
    alike = _near_profile(case, given)
    return {"profile_id": alike} if alike is not None else _anybody(case)


def _anybody(case: Case) -> dict[str, Json]:
    identities = somebody(case)
    if identities:
        return {"identities": identities}
    rows = case.work.db.all(PROFILES_LIKE, low="", high=HIGHEST)
    return {"profile_id": rows[0]["profile_id"]} if rows else {}


PROFILE = Check(
    name="profile",
    expects="the id of a profile, or values of which one belongs to somebody",
    failures=(NOT_FOUND,),
    got=_who,
    cause=_profile_cause,
    mend=_profile_mend,
)
