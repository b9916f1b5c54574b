"""Referrals."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import update

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.campaigns import campaigns
from emulator.vendors.talonone.tables.metadata import METADATA

referrals = Table(
    "talonone_referrals",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("code", String, nullable=False),
    Column("value", String, nullable=False),
    Column("application_id", Integer, nullable=False),
    Column("campaign_id", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("advocate", String, nullable=False),
    Column("friend", String),
    Column("usage_limit", Integer, nullable=False),
    Column("usage_counter", Integer, nullable=False),
    Column("start_date", Integer),
    Column("expiry_date", Integer),
    Column("attributes", JSON),
    Column("import_id", Integer),
    Column("batch_id", String),
    Index("talonone_referrals_by_code", "account_id", "code", unique=True),
)
FIND_REFERRAL = Statement(
    select(referrals, campaigns.c.active_ruleset_id)
    .outerjoin(campaigns, campaigns.c.id == referrals.c.campaign_id)
    .where(
        referrals.c.account_id == bindparam("account_id"),
        referrals.c.code == bindparam("code"),
        referrals.c.application_id == bindparam("application_id"),
    )
)
REFERRAL_BY_ID = Statement(select(referrals).where(referrals.c.id == bindparam("referral_id")))
COUNT_REFERRAL = Statement(
    update(referrals)
    .where(referrals.c.id == bindparam("referral"))
    .values(usage_counter=referrals.c.usage_counter + bindparam("uses"))
)
HIGHEST_REFERRAL = Statement(select(func.max(referrals.c.id).label("id")))
ADD_REFERRAL = Statement(insert(referrals))
TAKEN_REFERRALS = Statement(
    select(referrals.c.code).where(
        referrals.c.account_id == bindparam("account_id"),
        referrals.c.code.in_(select(func.json_each(bindparam("codes")).table_valued("value").c.value)),
    )
)
