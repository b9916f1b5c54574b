"""How the personal data of a customer is wiped: all attributes of the profile and of what refers to it."""

from sqlalchemy import Column, ScalarSelect, bindparam, func, select
from sqlalchemy.sql import delete, or_, update

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.applications import applications
from emulator.vendors.talonone.tables.coupons import coupons
from emulator.vendors.talonone.tables.events import events
from emulator.vendors.talonone.tables.idempotency import kept_answers
from emulator.vendors.talonone.tables.profiles import profiles
from emulator.vendors.talonone.tables.referrals import referrals
from emulator.vendors.talonone.tables.sessions import sessions

_OWN = select(applications.c.id).where(applications.c.account_id == bindparam("account"))


def _without_values(effects: Column[str]) -> ScalarSelect[str]:
    """The effects but for those that tell the value of an attribute."""
    each = func.json_each(effects).table_valued("value")
    tells = func.json_extract(each.c.value, "$.effectType") == "updateAttribute"
    return select(func.json_group_array(func.json(each.c.value))).where(~tells).scalar_subquery()


ERASE_PROFILE = Statement(
    update(profiles)
    .where(profiles.c.account_id == bindparam("account"), profiles.c.integration_id == bindparam("profile"))
    .values(attributes=bindparam("nothing"))
)
ERASE_EVENTS = Statement(
    update(events)
    .where(events.c.profile_id == bindparam("profile"), events.c.application_id.in_(_OWN))
    .values(attributes=bindparam("nothing"), effects=_without_values(events.c.effects))
)
ERASE_COUPONS = Statement(
    update(coupons)
    .where(coupons.c.account_id == bindparam("account"), coupons.c.recipient == bindparam("profile"))
    .values(attributes=bindparam("nothing"))
)
ERASE_REFERRALS = Statement(
    update(referrals)
    .where(
        referrals.c.account_id == bindparam("account"),
        or_(referrals.c.advocate == bindparam("profile"), referrals.c.friend == bindparam("profile")),
    )
    .values(attributes=bindparam("nothing"))
)
SESSIONS_OF_PROFILE = Statement(
    select(sessions.c.id, sessions.c.cart_items).where(
        sessions.c.profile_id == bindparam("profile"), sessions.c.application_id.in_(_OWN)
    )
)
ERASE_SESSION = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("session"))
    .values(
        attributes=bindparam("nothing"), cart_items=bindparam("items"), effects=_without_values(sessions.c.effects)
    )
)  # fmt: skip
FORGET_ANSWERS_ABOUT = Statement(
    delete(kept_answers).where(
        kept_answers.c.application_id.in_(_OWN),
        or_(
            func.instr(kept_answers.c.body, '"integrationId":' + bindparam("named")) > 0,
            func.instr(kept_answers.c.body, '"profileId":' + bindparam("named")) > 0,
        ),
    )
)
