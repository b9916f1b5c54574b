"""Cart items that came back."""

from sqlalchemy import JSON, Column, Index, Integer, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA

returns = Table(
    "talonone_returns",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("session_id", Integer, nullable=False),
    Column("event_id", Integer, nullable=False),
    Column("items", JSON, nullable=False),
    Column("created", Integer, nullable=False),
    Index("talonone_returns_by_session", "session_id"),
)
ADD_RETURN = Statement(insert(returns))
RETURNS_OF_SESSION = Statement(
    select(returns).where(returns.c.session_id == bindparam("session_id")).order_by(returns.c.id)
)
