"""Rows of Treasure Data's world, and the statements over them.

Configuration comes first, then what events leave behind. Everything about a profile is found by its `rid` or by one
of its ids, so no call costs more because there are more events or more other profiles. Its attributes are one document,
which most events read once and write once.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from emulator.core.store import Statement

METADATA = MetaData()

api_keys = Table(
    "treasuredata_api_keys",
    METADATA,
    Column("value", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("region", String),  # NULL is known in every region
    Column("type", String, nullable=False),
    Column("databases", JSON),  # those it may write to; NULL is all
)
reactors = Table(
    "treasuredata_reactors",
    METADATA,
    Column("account", String, nullable=False),
    Column("id", String, nullable=False),
    Column("parent_segment", String, nullable=False),
    Column("deployment", String, nullable=False),  # digest of the configuration that it runs
    PrimaryKeyConstraint("account", "id"),
)
tokens = Table(
    "treasuredata_tokens",
    METADATA,
    Column("value", String, primary_key=True),  # 32 hex digits, lower-case
    Column("account", String, nullable=False),
    Column("reactor", String, nullable=False),
    Column("service", String, nullable=False),
    Column("name", String, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("allowed_ips", JSON, nullable=False),
    Column("allowed_origins", JSON, nullable=False),
    Column("deployed", Boolean, nullable=False),
)
parent_segments = Table(
    "treasuredata_parent_segments",
    METADATA,
    Column("id", String, primary_key=True),
    Column("configuration", JSON, nullable=False),  # see service/configuration.py
)
batch_profiles = Table(
    "treasuredata_batch_profiles",
    METADATA,
    Column("parent_segment", String, nullable=False),
    Column("key", String, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("segments", JSON, nullable=False),
    PrimaryKeyConstraint("parent_segment", "key"),
)
catalog_rows = Table(
    "treasuredata_catalog_rows",
    METADATA,
    Column("parent_segment", String, nullable=False),
    Column("catalog", String, nullable=False),
    Column("key", String, nullable=False),
    Column("columns", JSON, nullable=False),
    PrimaryKeyConstraint("parent_segment", "catalog", "key"),
)
events = Table(
    "treasuredata_events",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("account", String, nullable=False),
    Column("database", String, nullable=False),
    Column("table", String, nullable=False),
    Column("time", Integer, nullable=False),  # seconds
    Column("uuid", String, nullable=False),
    Column("json", JSON, nullable=False),  # the columns, `time` among them, `uuid` not
)
profiles = Table(
    "treasuredata_profiles",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("rid", String, nullable=False, unique=True),
    Column("parent_segment", String, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("states", JSON, nullable=False),  # of its attributes, by id; see service/states.py
)
profile_ids = Table(
    "treasuredata_profile_ids",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("parent_segment", String, nullable=False),
    Column("key", String, nullable=False),
    Column("value", String, nullable=False),
    Column("rid", String, nullable=False),
    Column("added_at", Integer, nullable=False),
    UniqueConstraint("parent_segment", "key", "value"),
    Index("treasuredata_profile_ids_of", "rid", "seq"),
)
id_changes = Table(
    "treasuredata_id_changes",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("parent_segment", String, nullable=False),
    Column("time", Integer, nullable=False),  # seconds
    Column("event_type", String, nullable=False),
    Column("reactor_instance_id", String, nullable=False),
    Column("profile_change_type", String, nullable=False),
    Column("current_id_attributes", JSON),
    Column("current_rid", String, nullable=False),
    Column("merged_rids", JSON),
)

ADD_API_KEY = Statement(insert(api_keys))
FIND_API_KEY = Statement(select(api_keys).where(api_keys.c.value == bindparam("value")))
LIST_API_KEYS = Statement(select(api_keys).order_by(api_keys.c.account, api_keys.c.type, api_keys.c.value))

ADD_REACTOR = Statement(insert(reactors))
ADD_TOKEN = Statement(insert(tokens))
_reactor_of = and_(reactors.c.account == tokens.c.account, reactors.c.id == tokens.c.reactor)
FIND_TOKEN = Statement(
    select(tokens, reactors.c.parent_segment, reactors.c.deployment)
    .join(reactors, _reactor_of)
    .where(tokens.c.value == bindparam("value"))
)
LIST_REACTORS = Statement(
    select(func.min(reactors.c.id).label("reactor"), reactors.c.parent_segment, reactors.c.deployment)
    .where(reactors.c.account == bindparam("account"))
    .group_by(reactors.c.parent_segment, reactors.c.deployment)
    .order_by(reactors.c.parent_segment)
)
"""One per parent segment, because reactors of the same one share its profiles."""
LIST_TOKENS = Statement(select(tokens).order_by(tokens.c.account, tokens.c.service, tokens.c.name, tokens.c.value))

ADD_PARENT_SEGMENT = Statement(insert(parent_segments))
FIND_CONFIGURATION = Statement(
    select(parent_segments.c.configuration).where(parent_segments.c.id == bindparam("parent_segment"))
)
LIST_CONFIGURATIONS = Statement(select(parent_segments.c.configuration).order_by(parent_segments.c.id))
ADD_BATCH_PROFILE = Statement(insert(batch_profiles))
ADD_EVENT = Statement(insert(events))

ADD_PROFILE = Statement(insert(profiles))
SAVE_STATES = Statement(
    update(profiles).where(profiles.c.rid == bindparam("owner")).values(states=bindparam("content", type_=String))
)
REMOVE_PROFILE = Statement(delete(profiles).where(profiles.c.rid == bindparam("old")))

FIND_PROFILE = Statement(
    select(profiles.c.seq, profiles.c.rid, profiles.c.states)
    .join(profile_ids, profile_ids.c.rid == profiles.c.rid)
    .where(
        profile_ids.c.parent_segment == bindparam("parent_segment"),
        profile_ids.c.key == bindparam("key"),
        profile_ids.c.value == bindparam("value"),
    )
)
ADD_ID = Statement(insert(profile_ids))
MOVE_IDS = Statement(update(profile_ids).where(profile_ids.c.rid == bindparam("old")).values(rid=bindparam("new")))
COUNT_IDS = Statement(select(func.count()).select_from(profile_ids).where(profile_ids.c.rid == bindparam("owner")))
_oldest = (
    select(profile_ids.c.seq)
    .where(profile_ids.c.rid == bindparam("owner"))
    .order_by(profile_ids.c.seq)
    .limit(bindparam("surplus"))
)
EJECT_IDS = Statement(delete(profile_ids).where(profile_ids.c.seq.in_(_oldest)))

FIND_BATCH_PROFILE = Statement(
    select(batch_profiles.c.attributes, batch_profiles.c.segments)
    .join(
        profile_ids,
        and_(
            batch_profiles.c.parent_segment == profile_ids.c.parent_segment,
            batch_profiles.c.key == profile_ids.c.value,
        ),
    )
    .where(profile_ids.c.rid == bindparam("owner"), profile_ids.c.key == bindparam("key"))
    .order_by(profile_ids.c.seq)
    .limit(1)
)
ADD_CATALOG_ROW = Statement(insert(catalog_rows))
_keys = func.json_each(bindparam("keys")).table_valued("value")
FIND_CATALOG_ROWS = Statement(
    select(catalog_rows.c.key, catalog_rows.c.columns).where(
        catalog_rows.c.parent_segment == bindparam("parent_segment"),
        catalog_rows.c.catalog == bindparam("catalog"),
        catalog_rows.c.key.in_(select(_keys.c.value)),
    )
)
ADD_ID_CHANGE = Statement(insert(id_changes))
