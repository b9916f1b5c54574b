"""Applications and their keys."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulator.core.section import SectionError
from emulator.vendors.talonone import tables
from emulator.vendors.talonone.seed.applications import Application
from emulator.vendors.talonone.seed.planting.ground import Ground, Ids, Once, owned
from emulator.vendors.talonone.seed.planting.limits import checked


def plant(ground: Ground) -> None:
    applications = ground.section.applications
    ids = Ids("application", ())
    key_ids = Ids("API key", (key.id for one in applications for key in one.apiKeys))
    keys = Once(lambda _: "this key is given to two applications, or twice to one")
    for index, one in enumerate(applications):
        path = f"applications[{index}]"
        ids.take(one.id, f"{path}.id")
        _timezone(one.timezone, f"{path}.timezone")
        _loyalty_programs(ground, one, f"{path}.loyaltyPrograms")
        _mandatory(ground, one, f"{path}.attributesSettings.mandatory")
        ground.work.db.run(
            tables.ADD_APPLICATION, id=one.id, account_id=one.accountId, name=one.name, description=one.description,
            currency=one.currency, timezone=one.timezone, case_sensitivity=one.caseSensitivity, signing_key=one.key,
            attributes=ground.attributes(one.attributes, one.accountId, "Application", f"{path}.attributes"),
            limits=checked(one.limits, f"{path}.limits"), campaign_priority=one.campaignPriority,
            attributes_settings=one.attributesSettings.model_dump_json(),
            cascading_discounts=one.enableCascadingDiscounts, partial_discounts=one.enablePartialDiscounts,
            flattened_cart_items=one.enableFlattenedCartItems, sandbox=one.sandbox,
            created=ground.moment(one.created),
        )  # fmt: skip
        for number, key in enumerate(one.apiKeys):
            place = f"{path}.apiKeys[{number}]"
            keys.take(key.key, f"{place}.key")
            owned(key.applicationID, one.id, f"{place}.applicationID")
            owned(key.accountID, one.accountId, f"{place}.accountID")
            ground.work.db.run(
                tables.ADD_KEY, id=key_ids.take(key.id, f"{place}.id"), key=key.key, application_id=one.id,
                title=key.title, expires=ground.optional(key.expires),
            )  # fmt: skip


def _timezone(name: str, path: str) -> None:
    """A machine without a time zone database takes any name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if _database():
            raise SectionError(path, f"{name!r} is no IANA time zone such as Europe/Berlin") from None


def _database() -> bool:
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return False
    return True


def _loyalty_programs(ground: Ground, one: Application, path: str) -> None:
    programs = {program.id: program.accountID for program in ground.section.loyaltyPrograms}
    for index, number in enumerate(one.loyaltyPrograms):
        if number not in programs:
            raise SectionError(f"{path}[{index}]", f"there is no loyalty program {number}")
        if programs[number] != one.accountId:
            message = f"loyalty program {number} belongs to another account than {one.accountId}"
            raise SectionError(f"{path}[{index}]", message)


def _mandatory(ground: Ground, one: Application, path: str) -> None:
    mandatory = one.attributesSettings.mandatory
    for entity, key, names in (
        ("Campaign", "campaigns", mandatory.campaigns),
        ("Coupon", "coupons", mandatory.coupons),
    ):
        defined = ground.defined(one.accountId, entity)
        for index, name in enumerate(names):
            if name not in defined:
                message = f'The attribute "{name}" is not defined on {entity} entities.'
                raise SectionError(f"{path}.{key}[{index}]", message)
