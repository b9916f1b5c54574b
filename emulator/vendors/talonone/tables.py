"""What is stored. Amounts are NUMERIC, which keeps whole numbers whole; moments are microseconds.

Codes are stored as their Application compares them (`code`) and as they are answered (`value`). An account never has
the same code twice, so one unique index finds a code among millions and keeps that promise.
"""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, MetaData, Numeric, String, Table, bindparam, func, select
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.sql import and_, delete, or_, update

from emulator.core.store import Statement

METADATA = MetaData()

applications = Table(
    "talonone_applications",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("description", String),
    Column("currency", String, nullable=False),
    Column("timezone", String, nullable=False),
    Column("case_sensitivity", String, nullable=False),
    Column("signing_key", String),
    Column("created", Integer, nullable=False),
)
api_keys = Table(
    "talonone_api_keys",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("application_id", Integer, nullable=False),
    Column("title", String),
    Column("expires", Integer),
)
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
    Column("applications", JSON),
    Index("talonone_additional_costs_by_name", "account_id", "name", unique=True),
)
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
coupons = Table(
    "talonone_coupons",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("code", String, nullable=False),
    Column("value", String, nullable=False),
    Column("application_id", Integer, nullable=False),
    Column("campaign_id", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("usage_limit", Integer, nullable=False),
    Column("usage_counter", Integer, nullable=False),
    Column("discount_limit", Numeric),
    Column("discount_counter", Numeric, nullable=False),
    Column("start_date", Integer),
    Column("expiry_date", Integer),
    Column("recipient", String),
    Column("reservation", Boolean, nullable=False),
    Column("attributes", JSON),
    Column("batch_id", String),
    Index("talonone_coupons_by_code", "account_id", "code", unique=True),
)
reservations = Table(
    "talonone_reservations",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("coupon_id", Integer, nullable=False),
    Column("profile_id", String, nullable=False),
    Column("created", Integer, nullable=False),
    Index("talonone_reservations_by_coupon", "coupon_id", "profile_id", unique=True),
)
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
    Index("talonone_referrals_by_code", "account_id", "code", unique=True),
)
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
    Index("talonone_profiles_by_integration_id", "account_id", "integration_id", unique=True),
)
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
    Index("talonone_sessions_by_integration_id", "application_id", "integration_id", unique=True),
)
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
redemptions = Table(
    "talonone_redemptions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("session_id", Integer, nullable=False, index=True),
    Column("profile_id", String, nullable=False),
    Column("coupon_id", Integer),
    Column("referral_id", Integer),
    Column("discount", Numeric, nullable=False),
    Column("created", Integer, nullable=False),
    Index("talonone_redemptions_by_coupon", "coupon_id", "profile_id"),
    Index("talonone_redemptions_by_referral", "referral_id"),
)

FIND_KEY = Statement(
    select(
        api_keys.c.id,
        api_keys.c.expires,
        applications.c.id.label("application_id"),
        applications.c.account_id,
        applications.c.case_sensitivity,
    )
    .join(applications, applications.c.id == api_keys.c.application_id)
    .where(api_keys.c.key == bindparam("key"))
)
USABLE_KEYS = Statement(
    select(api_keys.c.key, applications.c.id, applications.c.name)
    .join(applications, applications.c.id == api_keys.c.application_id)
    .where(or_(api_keys.c.expires.is_(None), api_keys.c.expires > bindparam("now")))
    .order_by(api_keys.c.id)
)
ATTRIBUTES = Statement(
    select(attributes.c.name, attributes.c.type, attributes.c.applications).where(
        attributes.c.account_id == bindparam("account_id"),
        attributes.c.entity == bindparam("entity"),
        attributes.c.event_type == bindparam("event_type"),
    )
)
ADDITIONAL_COSTS = Statement(
    select(additional_costs.c.name, additional_costs.c.applications).where(
        additional_costs.c.account_id == bindparam("account_id")
    )
)
FIND_LOYALTY_PROGRAM = Statement(
    select(loyalty_programs).where(
        loyalty_programs.c.id == bindparam("program_id"), loyalty_programs.c.account_id == bindparam("account_id")
    )
)
RUNNING_CAMPAIGNS = Statement(
    select(campaigns.c.id, campaigns.c.name, rulesets.c.id.label("ruleset_id"), rulesets.c.rules)
    .join(rulesets, rulesets.c.id == campaigns.c.active_ruleset_id)
    .where(
        campaigns.c.application_id == bindparam("application_id"),
        campaigns.c.state == "enabled",
        or_(campaigns.c.start_time.is_(None), campaigns.c.start_time <= bindparam("now")),
        or_(campaigns.c.end_time.is_(None), campaigns.c.end_time > bindparam("now")),
    )
    .order_by(campaigns.c.id)
)
FIND_CAMPAIGN = Statement(select(campaigns).where(campaigns.c.id == bindparam("campaign_id")))
FIND_COUPON = Statement(
    select(coupons, campaigns.c.active_ruleset_id)
    .outerjoin(campaigns, campaigns.c.id == coupons.c.campaign_id)
    .where(
        coupons.c.account_id == bindparam("account_id"),
        coupons.c.code == bindparam("code"),
        coupons.c.application_id == bindparam("application_id"),
    )
)
COUPON_BY_ID = Statement(select(coupons).where(coupons.c.id == bindparam("coupon_id")))
FIND_RESERVATION = Statement(
    select(reservations.c.id).where(
        reservations.c.coupon_id == bindparam("coupon_id"), reservations.c.profile_id == bindparam("profile_id")
    )
)
COUNT_COUPON = Statement(
    update(coupons)
    .where(coupons.c.id == bindparam("coupon"))
    .values(usage_counter=coupons.c.usage_counter + bindparam("uses"), discount_counter=bindparam("discounts"))
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
FIND_PROFILE = Statement(
    select(profiles).where(
        profiles.c.account_id == bindparam("account_id"), profiles.c.integration_id == bindparam("integration_id")
    )
)
FIND_SESSION = Statement(
    select(sessions).where(
        sessions.c.application_id == bindparam("application_id"),
        sessions.c.integration_id == bindparam("integration_id"),
    )
)
REDEMPTIONS_OF_SESSION = Statement(
    select(redemptions).where(redemptions.c.session_id == bindparam("session_id")).order_by(redemptions.c.id)
)
FORGET_REDEMPTIONS = Statement(delete(redemptions).where(redemptions.c.session_id == bindparam("session_id")))
PROFILE_REDEMPTIONS = Statement(
    select(func.count().label("number")).where(
        and_(redemptions.c.coupon_id == bindparam("coupon_id"), redemptions.c.profile_id == bindparam("profile_id"))
    )
)
REFERRED_CUSTOMERS = Statement(
    select(redemptions.c.profile_id)
    .where(redemptions.c.referral_id == bindparam("referral_id"))
    .order_by(redemptions.c.id)
)


def _upsert(table: Table, *kept: str) -> Insert:
    """Write a row whole; a row without an id is new. `kept` are the columns that never change."""
    row = insert(table)
    changed = {c.name: row.excluded[c.name] for c in table.columns if c.name not in {"id", *kept}}
    return row.on_conflict_do_update(index_elements=["id"], set_=changed)


PUT_PROFILE = Statement(_upsert(profiles, "account_id", "integration_id", "created"))
PUT_SESSION = Statement(_upsert(sessions, "application_id", "integration_id", "created"))
ADD_EVENT = Statement(insert(events))
ADD_REDEMPTION = Statement(insert(redemptions))
ADD_RESERVATION = Statement(insert(reservations))
ADD_APPLICATION = Statement(insert(applications))
ADD_KEY = Statement(insert(api_keys))
ADD_ATTRIBUTE = Statement(insert(attributes))
ADD_ADDITIONAL_COST = Statement(insert(additional_costs))
ADD_LOYALTY_PROGRAM = Statement(insert(loyalty_programs))
ADD_CAMPAIGN = Statement(insert(campaigns))
ADD_RULESET = Statement(insert(rulesets))
ADD_COUPON = Statement(insert(coupons))
ADD_REFERRAL = Statement(insert(referrals))
