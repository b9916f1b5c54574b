"""Loyalty programs and their ledgers."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, Numeric, String, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import update

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA

loyalty_programs = Table(
    "talonone_loyalty_programs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("description", String),
    Column("applications", JSON),
    Column("default_validity", String, nullable=False),
    Column("allow_subledger", Boolean),
)
ledger = Table(
    "talonone_ledger",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("program_id", Integer, nullable=False),
    Column("subledger", String, nullable=False),
    Column("account_id", Integer, nullable=False),
    Column("profile_id", String, nullable=False),
    Column("session_id", Integer),
    Column("event_id", Integer),
    Column("transaction_uuid", String, nullable=False),
    Column("name", String, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("remaining", Numeric, nullable=False),
    Column("start", Integer),
    Column("expiry", Integer),
    Column("spending", JSON),
    Column("balances", Integer),
    Column("created", Integer, nullable=False),
    Index("talonone_ledger_by_profile", "account_id", "profile_id"),
    Index("talonone_ledger_by_session", "session_id"),
    Index("talonone_ledger_by_event", "event_id"),
)
"""Additions and, with a negative `amount`, deductions. `remaining` is what of an addition is still there, or below zero
what was taken back after it had been spent. `spending` of a deduction lists the additions it drew on, `balances` of a
roll-back is the entry it undoes."""
FIND_LOYALTY_PROGRAM = Statement(
    select(loyalty_programs).where(
        loyalty_programs.c.id == bindparam("program_id"), loyalty_programs.c.account_id == bindparam("account_id")
    )
)
ADD_LOYALTY_PROGRAM = Statement(insert(loyalty_programs))
LEDGER_OF_PROFILE = Statement(
    select(ledger)
    .where(ledger.c.account_id == bindparam("account_id"), ledger.c.profile_id == bindparam("profile_id"))
    .order_by(ledger.c.id)
)
LEDGER_OF_SESSION = Statement(
    select(ledger).where(ledger.c.session_id == bindparam("session_id")).order_by(ledger.c.id)
)
LEDGER_OF_EVENT = Statement(select(ledger).where(ledger.c.event_id == bindparam("event_id")).order_by(ledger.c.id))
LEDGER_ENTRY = Statement(select(ledger.c.remaining).where(ledger.c.id == bindparam("entry")))
ADD_LEDGER_ENTRY = Statement(insert(ledger))
SET_REMAINING = Statement(update(ledger).where(ledger.c.id == bindparam("entry")).values(remaining=bindparam("left")))
LOYALTY_PROGRAMS = Statement(
    select(loyalty_programs)
    .where(loyalty_programs.c.account_id == bindparam("account_id"))
    .order_by(loyalty_programs.c.id)
)
