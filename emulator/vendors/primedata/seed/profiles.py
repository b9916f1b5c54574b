"""Profiles that a workspace starts with."""

from collections.abc import Collection, Sequence
from typing import Annotated

from pydantic import Field

from emulator.core.section import Section, SectionError
from emulator.core.work import Work
from emulator.vendors.primedata.seed.words import NOW, Name, Time, Values, json_of, nanos_of
from emulator.vendors.primedata.service.identities import new_ksuid
from emulator.vendors.primedata.tables import ADD_ALIAS, ADD_IDENTITY_VALUE, ADD_PROFILE


class ProfileSeed(Section):
    """Without a profile_id it gets a new one; `aliases` are ids of profiles that were merged into it."""

    profile_id: Name | None = None
    last_updated: Time | None = None
    identity: dict[str, Annotated[list[str], Field(min_length=1)]] = {}
    trait: Values = {}
    p_trait: Values = {}
    aliases: list[Name] = []


def plant_profiles(work: Work, profiles: Sequence[ProfileSeed], configured: Collection[str]) -> None:
    ids: set[str] = set()
    owners: dict[tuple[str, str], str] = {}
    for number, profile in enumerate(profiles):
        path = f"profiles[{number}]"
        profile_id = profile.profile_id or new_ksuid(work)
        for one in (profile_id, *profile.aliases):
            if one in ids:
                raise SectionError(path, f"the id {one!r} belongs to another profile already")
            ids.add(one)
        updated = nanos_of(work, profile.last_updated or NOW, f"{path}.last_updated") // 1_000
        work.db.run(
            ADD_PROFILE,
            key=number + 1,
            profile_id=profile_id,
            last_updated=updated,
            trait=json_of(profile.trait, f"{path}.trait"),
            p_trait=json_of(profile.p_trait, f"{path}.p_trait"),
        )
        work.db.many(ADD_ALIAS, ({"old_id": old_id, "profile": number + 1} for old_id in profile.aliases))
        _plant_identity(work, profile, number, configured, owners)


def _plant_identity(
    work: Work, profile: ProfileSeed, number: int, configured: Collection[str], owners: dict[tuple[str, str], str]
) -> None:
    position = 0
    for name, values in profile.identity.items():
        path = f"profiles[{number}].identity.{name}"
        if name not in configured:
            raise SectionError(path, f"{name!r} is not in identity_config")
        for value in values:
            if other := owners.get((name, value)):
                raise SectionError(path, f"{value!r} belongs to {other} already: a value identifies one profile")
            owners[name, value] = f"profiles[{number}]"
            work.db.run(ADD_IDENTITY_VALUE, name=name, value=value, profile=number + 1, position=position)
            position += 1
