"""deleteCustomerData: no attribute of a customer is left, the entities are."""

import orjson

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import application
from emulator.vendors.talonone.service import profiles
from emulator.vendors.talonone.tables import (
    ERASE_COUPONS,
    ERASE_EVENTS,
    ERASE_PROFILE,
    ERASE_REFERRALS,
    ERASE_SESSION,
    FORGET_ANSWERS_ABOUT,
    SESSIONS_OF_PROFILE,
)

ERASED = Rule(
    "talonone.erasure", Level.INFERRED, "talon_go 2.1.1, deleteCustomerData",
    "All attributes of the profile, and in every Application of the account of its sessions with their cart items, its "
    "events, the coupons it is the recipient of, and the referrals it is the advocate or the friend of; effects that "
    "updated an attribute, and answers kept for an Idempotency-Key that tell of the profile, are forgotten. Calling "
    "again does no harm.",
)  # fmt: skip

NOTHING = "{}"


def erase(work: Work, integration_id: str) -> None:
    account = application(work).account
    profiles.known(work, account, integration_id)
    work.rely(ERASED)
    for statement in (ERASE_PROFILE, ERASE_EVENTS, ERASE_COUPONS, ERASE_REFERRALS):
        work.db.run(statement, account=account, profile=integration_id, nothing=NOTHING)
    for row in work.db.all(SESSIONS_OF_PROFILE, account=account, profile=integration_id):
        items = [
            {name: value for name, value in item.items() if name != "attributes"}
            for item in orjson.loads(row["cart_items"])
        ]
        work.db.run(ERASE_SESSION, session=row["id"], nothing=NOTHING, items=orjson.dumps(items).decode())
    work.db.run(FORGET_ANSWERS_ABOUT, account=account, named=orjson.dumps(integration_id).decode())
