"""Campaigns and their rulesets."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA

campaigns = Table(
    "talonone_campaigns",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("application_id", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("description", String, nullable=False),
    Column("state", String, nullable=False),
    Column("start_time", Integer),
    Column("end_time", Integer),
    Column("active_ruleset_id", Integer),
    Column("attributes", JSON),
    Column("tags", JSON),
    Column("features", JSON),
    Column("coupon_settings", JSON),
    Column("referral_settings", JSON),
    Column("limits", JSON),
    Column("priority", String),
    Column("created", Integer, nullable=False),
    Index("talonone_campaigns_by_application", "application_id", "state"),
)
rulesets = Table(
    "talonone_rulesets",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("campaign_id", Integer, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("created", Integer, nullable=False),
)
campaign_sets = Table(
    "talonone_campaign_sets",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("application_id", Integer, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("set", JSON, nullable=False),
    Column("created", Integer, nullable=False),
)
ENABLED_CAMPAIGNS = Statement(
    select(campaigns, rulesets.c.id.label("ruleset_id"), rulesets.c.rules)
    .join(rulesets, rulesets.c.id == campaigns.c.active_ruleset_id)
    .where(campaigns.c.application_id == bindparam("application_id"), campaigns.c.state == "enabled")
    .order_by(campaigns.c.id)
)
CHOSEN_CAMPAIGNS = Statement(
    select(campaigns, rulesets.c.id.label("ruleset_id"), rulesets.c.rules)
    .join(rulesets, rulesets.c.id == campaigns.c.active_ruleset_id)
    .where(
        campaigns.c.application_id == bindparam("application_id"),
        campaigns.c.state != "archived",
        campaigns.c.id.in_(select(func.json_each(bindparam("ids")).table_valued("value").c.value)),
    )
    .order_by(campaigns.c.id)
)
FIND_CAMPAIGN = Statement(select(campaigns).where(campaigns.c.id == bindparam("campaign_id")))
ADD_CAMPAIGN = Statement(insert(campaigns))
ADD_RULESET = Statement(insert(rulesets))
CAMPAIGN_SET = Statement(
    select(campaign_sets.c.set)
    .where(campaign_sets.c.application_id == bindparam("application_id"))
    .order_by(campaign_sets.c.version.desc())
    .limit(1)
)
ADD_CAMPAIGN_SET = Statement(insert(campaign_sets))
