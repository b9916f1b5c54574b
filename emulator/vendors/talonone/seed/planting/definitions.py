"""Attributes, additional costs and loyalty programs: what an account defines for its Applications."""

from emulator.core.section import SectionError
from emulator.vendors.talonone import tables
from emulator.vendors.talonone.seed.applications import Attribute
from emulator.vendors.talonone.seed.planting.ground import Ground, Ids, Once, json, json_or_null


def plant(ground: Ground) -> None:
    _attributes(ground)
    _additional_costs(ground)
    _loyalty_programs(ground)


def _attributes(ground: Ground) -> None:
    defined = ground.section.attributes
    ids = Ids("attribute", (one.id for one in defined))
    names = Once(lambda name: f"{_entity(name[1], name[2])} entities have two attributes of the name {name[3]}")
    for index, one in enumerate(defined):
        path = f"attributes[{index}]"
        _event_type(one, path)
        names.take((one.accountId, one.entity, one.eventType, one.name), f"{path}.name")
        ground.account(one.accountId, f"{path}.accountId")
        ground.subscribed(one.subscribedApplicationsIds, one.accountId, f"{path}.subscribedApplicationsIds")
        ground.work.db.run(
            tables.ADD_ATTRIBUTE, id=ids.take(one.id, f"{path}.id"), account_id=one.accountId, entity=one.entity,
            event_type=one.eventType, name=one.name, type=one.type, title=one.title, description=one.description,
            suggestions=json(one.suggestions), editable=one.editable,
            applications=json_or_null(one.subscribedApplicationsIds),
        )  # fmt: skip


def _event_type(one: Attribute, path: str) -> None:
    """Attributes of events belong to one type each, those of other entities to none."""
    if one.entity == "Event" and not one.eventType:
        raise SectionError(f"{path}.eventType", "an attribute of the entity Event needs the type of event that has it")
    if one.entity != "Event" and one.eventType:
        raise SectionError(f"{path}.eventType", f"only attributes of the entity Event have one, this is {one.entity}")


def _entity(entity: str, event_type: str) -> str:
    return f"{event_type} {entity}" if event_type else entity


def _additional_costs(ground: Ground) -> None:
    defined = ground.section.additionalCosts
    ids = Ids("additional cost", (one.id for one in defined))
    names = Once(lambda name: f"there are two additional costs {name[1]}")
    for index, one in enumerate(defined):
        path = f"additionalCosts[{index}]"
        names.take((one.accountId, one.name), f"{path}.name")
        ground.account(one.accountId, f"{path}.accountId")
        ground.subscribed(one.subscribedApplicationsIds, one.accountId, f"{path}.subscribedApplicationsIds")
        ground.work.db.run(
            tables.ADD_ADDITIONAL_COST, id=ids.take(one.id, f"{path}.id"), account_id=one.accountId, name=one.name,
            title=one.title, description=one.description, type=one.type,
            applications=json_or_null(one.subscribedApplicationsIds),
        )  # fmt: skip


def _loyalty_programs(ground: Ground) -> None:
    ids = Ids("loyalty program", ())
    names = Once(lambda name: f"there are two loyalty programs {name[1]}")
    for index, one in enumerate(ground.section.loyaltyPrograms):
        path = f"loyaltyPrograms[{index}]"
        names.take((one.accountID, one.name), f"{path}.name")
        ground.account(one.accountID, f"{path}.accountID")
        ground.subscribed(one.subscribedApplications, one.accountID, f"{path}.subscribedApplications")
        ground.work.db.run(
            tables.ADD_LOYALTY_PROGRAM, id=ids.take(one.id, f"{path}.id"), account_id=one.accountID, name=one.name,
            title=one.title or one.name, description=one.description,
            applications=json_or_null(_subscribers(ground, one.id, one.subscribedApplications)),
            default_validity=one.defaultValidity, allow_subledger=one.allowSubledger,
        )  # fmt: skip


def _subscribers(ground: Ground, program: int, listed: list[int] | None) -> list[int] | None:
    """Those that the program lists and those that list the program; all, where nobody lists anything."""
    listing = [one.id for one in ground.section.applications if program in one.loyaltyPrograms]
    return sorted({*(listed or ()), *listing}) if listing or listed is not None else None
