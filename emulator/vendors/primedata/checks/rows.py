"""What only an explanation reads: who has a value under whatever name, and what is called almost so."""

from sqlalchemy import bindparam, func, select

from emulator.core.store import Statement
from emulator.vendors.primedata.tables import events, identity_types, identity_values, profiles

MOST_READ = 300
HIGHEST = chr(0x10FFFF)

_names = select(identity_types.c.name)
_listed = select(func.json_each(bindparam("wanted")).table_valued("value").c.value)

OWNERS_OF_VALUES = Statement(
    select(identity_values.c.name, identity_values.c.value, profiles.c.profile_id)
    .join(profiles, profiles.c.key == identity_values.c.profile)
    .where(identity_values.c.name.in_(_names), identity_values.c.value.in_(_listed))
)
"""Of identities that are configured."""
VALUES_LIKE = Statement(
    select(identity_values.c.value)
    .where(
        identity_values.c.name == bindparam("name"),
        identity_values.c.value >= bindparam("low"),
        identity_values.c.value < bindparam("high"),
    )
    .order_by(identity_values.c.value)
    .limit(MOST_READ)
)
PROFILES_LIKE = Statement(
    select(profiles.c.profile_id)
    .where(profiles.c.profile_id >= bindparam("low"), profiles.c.profile_id < bindparam("high"))
    .order_by(profiles.c.profile_id)
    .limit(MOST_READ)
)
SOME_IDENTITIES = Statement(
    select(identity_types.c.name, identity_values.c.value)
    .join(identity_values, identity_values.c.name == identity_types.c.name)
    .order_by(identity_types.c.priority, identity_values.c.value)
    .limit(1)
)
IDENTITY_NAMES_BY_PRIORITY = Statement(select(identity_types.c.name).order_by(identity_types.c.priority))
EVENTS_OF_ID = Statement(
    select(events.c.profile, events.c.ts_ns, events.c.event_name, profiles.c.profile_id)
    .outerjoin(profiles, profiles.c.key == events.c.profile)
    .where(events.c.id == bindparam("id"))
    .order_by(events.c.profile, events.c.seq)
    .limit(MOST_READ)
)
"""A session that belongs to nobody yet has no profile_id."""
