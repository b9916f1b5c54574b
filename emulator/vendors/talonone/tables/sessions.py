"""Customer sessions."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, Numeric, String, Table, bindparam, select

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA, upsert

sessions = Table(
    "talonone_sessions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("application_id", Integer, nullable=False),
    Column("integration_id", String, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("update_count", Integer, nullable=False),
    Column("profile_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("coupon_codes", JSON, nullable=False),
    Column("referral_code", String, nullable=False),
    Column("cart_items", JSON, nullable=False),
    Column("additional_costs", JSON, nullable=False),
    Column("identifiers", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("first_session", Boolean, nullable=False),
    Column("effects", JSON, nullable=False),
    Column("sent_total", Numeric),
    Column("extras", JSON),
    Index("talonone_sessions_by_integration_id", "application_id", "integration_id", unique=True),
)
"""`sent_total` is the total of V1, which is taken as it was sent; `extras` are the members that later versions add."""

FIND_SESSION = Statement(
    select(sessions).where(
        sessions.c.application_id == bindparam("application_id"),
        sessions.c.integration_id == bindparam("integration_id"),
    )
)
HAS_SESSION = Statement(
    select(sessions.c.id).where(
        sessions.c.application_id == bindparam("application_id"),
        sessions.c.integration_id == bindparam("integration_id"),
    )
)
PUT_SESSION = Statement(upsert(sessions, "application_id", "integration_id", "created"))
