"""Events."""

from sqlalchemy import JSON, Column, Integer, String, Table
from sqlalchemy.dialects.sqlite import insert

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA

events = Table(
    "talonone_events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("application_id", Integer, nullable=False),
    Column("profile_id", String, nullable=False),
    Column("session_id", Integer),
    Column("type", String, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("effects", JSON, nullable=False),
    Column("created", Integer, nullable=False),
)
ADD_EVENT = Statement(insert(events))
