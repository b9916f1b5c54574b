"""Coupons and their reservations."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    bindparam,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import update

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.campaigns import campaigns
from emulator.vendors.talonone.tables.metadata import METADATA

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
    Column("referral_id", Integer),
    Column("import_id", Integer),
    Column("limits", JSON),
    Column("reservation_limit", Integer),
    Column("reservation_mandatory", Boolean),
    Column("implicitly_reserved", Boolean),
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
ADD_RESERVATION = Statement(insert(reservations))
HIGHEST_COUPON = Statement(select(func.max(coupons.c.id).label("id")))
ADD_COUPON = Statement(insert(coupons))
_listed = func.json_each(bindparam("codes")).table_valued("key", "value")
_own = {"id": _listed.c.key + bindparam("first_id"), "code": _listed.c.value, "value": _listed.c.value}
_own |= {"usage_counter": literal(0), "discount_counter": literal(0), "referral_id": null(), "import_id": null()}
ADD_COUPONS = Statement(
    insert(coupons).from_select(
        [column.name for column in coupons.columns],
        select(*(_own.get(column.name, bindparam(column.name)) for column in coupons.columns)),
    )
)
"""Many coupons that differ in nothing but their codes, a JSON list."""
TAKEN_COUPONS = Statement(
    select(coupons.c.code).where(
        coupons.c.account_id == bindparam("account_id"),
        coupons.c.code.in_(select(func.json_each(bindparam("codes")).table_valued("value").c.value)),
    )
)
