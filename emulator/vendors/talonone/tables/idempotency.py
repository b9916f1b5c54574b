"""Answers that are kept for 24 hours under the caller's own key."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import delete

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA

kept_answers = Table(
    "talonone_kept_answers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("application_id", Integer, nullable=False),
    Column("key", String, nullable=False),
    Column("request", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", String, nullable=False),
    Column("relied", JSON, nullable=False),
    Column("created", Integer, nullable=False),
    Index("talonone_kept_answers_by_key", "application_id", "key", unique=True),
    Index("talonone_kept_answers_by_age", "created"),
)
"""`request` is a digest of method, path, query and body; `relied` the choices that the answer relies
on: id, level, source, sentence."""

FIND_ANSWER = Statement(
    select(kept_answers).where(
        kept_answers.c.application_id == bindparam("application_id"), kept_answers.c.key == bindparam("key")
    )
)
KEEP_ANSWER = Statement(insert(kept_answers).prefix_with("OR REPLACE"))
FORGET_ANSWERS = Statement(delete(kept_answers).where(kept_answers.c.created <= bindparam("before")))
