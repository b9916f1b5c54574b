"""What an account has defined: custom attributes and additional costs."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA

attributes = Table(
    "talonone_attributes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("entity", String, nullable=False),
    Column("event_type", String, nullable=False),
    Column("name", String, nullable=False),
    Column("type", String, nullable=False),
    Column("title", String),
    Column("description", String),
    Column("suggestions", JSON),
    Column("editable", Boolean),
    Column("applications", JSON),
    Index("talonone_attributes_by_name", "account_id", "entity", "event_type", "name", unique=True),
)
additional_costs = Table(
    "talonone_additional_costs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("title", String),
    Column("description", String),
    Column("type", String),
    Column("applications", JSON),
    Index("talonone_additional_costs_by_name", "account_id", "name", unique=True),
)
ATTRIBUTES = Statement(
    select(attributes.c.name, attributes.c.type, attributes.c.applications).where(
        attributes.c.account_id == bindparam("account_id"),
        attributes.c.entity == bindparam("entity"),
        attributes.c.event_type == bindparam("event_type"),
    )
)
ADDITIONAL_COSTS = Statement(
    select(
        additional_costs.c.id, additional_costs.c.name, additional_costs.c.type, additional_costs.c.applications
    ).where(additional_costs.c.account_id == bindparam("account_id"))
)
ADD_ATTRIBUTE = Statement(insert(attributes))
ADD_ADDITIONAL_COST = Statement(insert(additional_costs))
