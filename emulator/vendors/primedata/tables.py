"""One workspace as rows.

Moments of events are nanoseconds since 1970 and fit 64 bits signed (the years 1677 to 2262); `last_updated` is in
microseconds.

Every tracked event with a session has a holder: the profile, or a session that belongs to nobody yet, as the negative
of its number. So what a visitor did before saying who it is moves to the profile like that of a merged profile.

An event's key is (profile, seq), `seq` being its place in the profile's order of arrival, and the table has no rowid:
SQLite uses a row value such as ``(ts_ns, seq) > (?, ?)`` as a range of an index only where no member is the rowid, and
without that a page inside a crowd of events of one moment would walk past the whole crowd.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from emulator.core.store import Statement

Order: TypeAlias = Literal["asc", "desc", "arrival"]

METADATA = MetaData()

api_keys = Table(
    "primedata_api_key",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
)
identity_types = Table(
    "primedata_identity_type",
    METADATA,
    Column("name", String, primary_key=True),
    Column("priority", Integer, nullable=False),  # 1 is the highest
)
event_types = Table(
    "primedata_event_type",
    METADATA,
    Column("name", String, primary_key=True),
    Column("version", String, nullable=False),
    Column("schema", JSON, nullable=False),
)
sources = Table(
    "primedata_source",
    METADATA,
    Column("id", String, primary_key=True),
    Column("write_key", String, nullable=False),
    Column("name", String, nullable=False),
)
profiles = Table(
    "primedata_profile",
    METADATA,
    Column("key", Integer, primary_key=True),
    Column("profile_id", String, nullable=False, unique=True),
    Column("last_updated", Integer, nullable=False),
    Column("trait", JSON, nullable=False),
    Column("p_trait", JSON, nullable=False),
)
profile_aliases = Table(
    "primedata_profile_alias",
    METADATA,
    Column("old_id", String, primary_key=True),
    Column("profile", Integer, nullable=False),
    Index("primedata_profile_alias_of_profile", "profile"),
)
sessions = Table(
    "primedata_session",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("profile", Integer),
    Column("trait", JSON, nullable=False),  # told while the session belonged to nobody
    Index("primedata_session_of_profile", "profile"),
)
identity_values = Table(
    "primedata_identity_value",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("profile", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Index("primedata_identity_value_of_profile", "profile", "position"),
    sqlite_with_rowid=False,
)
events = Table(
    "primedata_event",
    METADATA,
    Column("profile", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("id", String, nullable=False),
    Column("event_name", String, nullable=False),
    Column("ts_ns", Integer, nullable=False),
    Column("sent_ns", Integer, nullable=False),
    Column("schema_version", String, nullable=False),
    Column("properties", JSON, nullable=False),
    Index("primedata_event_by_time", "profile", "ts_ns", "seq"),
    Index("primedata_event_by_name_and_time", "profile", "event_name", "ts_ns", "seq"),
    Index("primedata_event_by_name", "profile", "event_name", "seq"),
    Index("primedata_event_by_id", "id", "profile", "ts_ns"),
    sqlite_with_rowid=False,
)

ADD_API_KEY = Statement(insert(api_keys))
ADD_IDENTITY_TYPE = Statement(insert(identity_types))
ADD_EVENT_TYPE = Statement(insert(event_types))
ADD_SOURCE = Statement(insert(sources))
ADD_PROFILE = Statement(insert(profiles))
ADD_ALIAS = Statement(insert(profile_aliases))
ADD_IDENTITY_VALUE = Statement(insert(identity_values))
ADD_EVENT = Statement(insert(events))
ADD_SESSION = Statement(insert(sessions))

FIND_API_KEY = Statement(select(api_keys.c.number).where(api_keys.c.key == bindparam("key")))
API_KEYS = Statement(select(api_keys).order_by(api_keys.c.number))
EVENT_NAMES = Statement(select(event_types.c.name))
FIND_EVENT_TYPE = Statement(select(event_types).where(event_types.c.name == bindparam("name")))
FIND_SOURCE = Statement(select(sources.c.write_key).where(sources.c.id == bindparam("id")))
SOURCES = Statement(select(sources).order_by(sources.c.id))
FIND_SESSION = Statement(select(sessions).where(sessions.c.id == bindparam("id")))

FIND_PROFILE = Statement(select(profiles).where(profiles.c.profile_id == bindparam("profile_id")))
FIND_PROFILE_BY_ALIAS = Statement(
    select(profiles)
    .join(profile_aliases, profile_aliases.c.profile == profiles.c.key)
    .where(profile_aliases.c.old_id == bindparam("old_id"))
)
FIND_PROFILE_BY_IDENTITY = Statement(
    select(identity_types.c.priority, profiles)
    .outerjoin(
        identity_values,
        (identity_values.c.name == identity_types.c.name) & (identity_values.c.value == bindparam("value")),
    )
    .outerjoin(profiles, profiles.c.key == identity_values.c.profile)
    .where(identity_types.c.name == bindparam("name"))
)
"""No row: no such name. A row without a profile: nobody has this value."""
IDENTITIES_OF_PROFILE = Statement(
    select(identity_values.c.name, identity_values.c.value)
    .where(identity_values.c.profile == bindparam("profile"))
    .order_by(identity_values.c.position)
)

FIND_OWNER = Statement(
    select(identity_values.c.profile).where(
        identity_values.c.name == bindparam("name"), identity_values.c.value == bindparam("value")
    )
)
IDENTITY_NAMES = Statement(select(identity_types.c.name))
READ_PROFILE = Statement(select(profiles).where(profiles.c.key == bindparam("key")))
UPDATE_PROFILE = Statement(
    update(profiles)
    .where(profiles.c.key == bindparam("of_key"))
    .values(last_updated=bindparam("moment"), trait=bindparam("all_trait"), p_trait=bindparam("all_p_trait"))
)
TOUCH_PROFILE = Statement(
    update(profiles).where(profiles.c.key == bindparam("of_key")).values(last_updated=bindparam("moment"))
)
DROP_PROFILE = Statement(delete(profiles).where(profiles.c.key == bindparam("of_key")))
LAST_POSITION = Statement(
    select(func.max(identity_values.c.position).label("position")).where(
        identity_values.c.profile == bindparam("profile")
    )
)
HAND_OVER_IDENTITIES = Statement(
    update(identity_values)
    .where(identity_values.c.profile == bindparam("giver"))
    .values(profile=bindparam("taker"), position=identity_values.c.position + bindparam("beyond", type_=Integer))
)
HAND_OVER_ALIASES = Statement(
    update(profile_aliases).where(profile_aliases.c.profile == bindparam("giver")).values(profile=bindparam("taker"))
)
HAND_OVER_SESSIONS = Statement(
    update(sessions).where(sessions.c.profile == bindparam("giver")).values(profile=bindparam("taker"))
)
BIND_SESSION = Statement(
    update(sessions).where(sessions.c.number == bindparam("of_number")).values(profile=bindparam("taker"), trait="{}")
)
TELL_SESSION = Statement(
    update(sessions).where(sessions.c.number == bindparam("of_number")).values(trait=bindparam("all_trait"))
)

LAST_SEQ = Statement(select(func.max(events.c.seq).label("seq")).where(events.c.profile == bindparam("profile")))
HAND_OVER_EVENTS = Statement(
    update(events)
    .where(events.c.profile == bindparam("giver"))
    .values(profile=bindparam("taker"), seq=events.c.seq + bindparam("beyond", type_=Integer))
)
FIND_EVENT = Statement(
    select(events.c.profile)
    .where(events.c.id == bindparam("id"), events.c.event_name == bindparam("event_name"))
    .limit(1)
)
FIND_EVENTS_OF_ID = Statement(
    select(events.c.seq)
    .where(
        events.c.profile == bindparam("profile"),
        events.c.ts_ns == bindparam("ts_ns"),
        events.c.id == bindparam("id"),
    )
    .order_by(events.c.seq)
    .limit(bindparam("most"))
)
FIND_EVENT_OF_ID_AND_SEQ = Statement(
    select(events.c.seq).where(
        events.c.profile == bindparam("profile"),
        events.c.ts_ns == bindparam("ts_ns"),
        events.c.id == bindparam("id"),
        events.c.seq == bindparam("seq"),
    )
)


def _page(order: Order, of_name: bool) -> Statement:
    """Events of one profile between two positions, both excluded."""
    wanted: Select[tuple[object, ...]] = select(
        events.c.seq,
        events.c.id,
        events.c.event_name,
        events.c.ts_ns,
        events.c.sent_ns,
        events.c.schema_version,
        events.c.properties,
    ).where(events.c.profile == bindparam("profile"))
    if of_name:
        wanted = wanted.where(events.c.event_name == bindparam("event_name"))
    return Statement(_between(wanted, order).limit(bindparam("most")))


def _between(wanted: Select[tuple[object, ...]], order: Order) -> Select[tuple[object, ...]]:
    after_ts, after_seq = bindparam("after_ts", type_=Integer), bindparam("after_seq", type_=Integer)
    before_ts, before_seq = bindparam("before_ts", type_=Integer), bindparam("before_seq", type_=Integer)
    if order == "arrival":
        return wanted.where(
            events.c.seq > bindparam("arrived_after"), events.c.ts_ns > after_ts, events.c.ts_ns < before_ts
        ).order_by(events.c.seq)
    place = tuple_(events.c.ts_ns, events.c.seq)
    wanted = wanted.where(place > tuple_(after_ts, after_seq), place < tuple_(before_ts, before_seq))
    if order == "asc":
        return wanted.order_by(events.c.ts_ns, events.c.seq)
    return wanted.order_by(events.c.ts_ns.desc(), events.c.seq.desc())


_ORDERS: tuple[Order, ...] = ("asc", "desc", "arrival")
EVENTS_PAGE: Mapping[Order, Statement] = {order: _page(order, of_name=False) for order in _ORDERS}
EVENTS_PAGE_OF_NAME: Mapping[Order, Statement] = {order: _page(order, of_name=True) for order in _ORDERS}
"""By time these read as many index entries as they answer, wherever the page lies. In order of arrival that holds only
while the time bounds let everything pass: events outside them are walked past, at most all of the profile's."""
