"""Customer profiles."""

from sqlalchemy import JSON, Column, Index, Integer, Numeric, String, Table, bindparam, select

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA, upsert

profiles = Table(
    "talonone_profiles",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("integration_id", String, nullable=False),
    Column("created", Integer, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("closed_sessions", Integer, nullable=False),
    Column("total_sales", Numeric, nullable=False),
    Column("last_activity", Integer, nullable=False),
    Column("first_session_id", Integer),
    Column("audiences", JSON),
    Index("talonone_profiles_by_integration_id", "account_id", "integration_id", unique=True),
)
FIND_PROFILE = Statement(
    select(profiles).where(
        profiles.c.account_id == bindparam("account_id"), profiles.c.integration_id == bindparam("integration_id")
    )
)
PUT_PROFILE = Statement(upsert(profiles, "account_id", "integration_id", "created"))
