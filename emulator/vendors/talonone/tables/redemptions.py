"""What closed sessions have redeemed, and what else they have to give back when they are cancelled."""

from sqlalchemy import JSON, Column, Index, Integer, Numeric, String, Table, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import and_, delete

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA
from emulator.vendors.talonone.tables.referrals import referrals

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
    Index("talonone_redemptions_by_profile", "profile_id"),
)
closings = Table(
    "talonone_closings",
    METADATA,
    Column("session_id", Integer, primary_key=True),
    Column("moves", JSON, nullable=False),
    Column("returned", Numeric, nullable=False),
)
"""`moves` are the budgets that a closing has used, ``[[campaign, address, action, amount], …]``; `returned` is what the
items that came back since were worth."""
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
REFERRED_BY_CAMPAIGN = Statement(
    select(redemptions.c.id)
    .join(referrals, referrals.c.id == redemptions.c.referral_id)
    .where(redemptions.c.profile_id == bindparam("profile_id"), referrals.c.campaign_id == bindparam("campaign_id"))
    .limit(1)
)
ADD_REDEMPTION = Statement(insert(redemptions))
FIND_CLOSING = Statement(select(closings).where(closings.c.session_id == bindparam("session_id")))
PUT_CLOSING = Statement(insert(closings).prefix_with("OR REPLACE"))
FORGET_CLOSING = Statement(delete(closings).where(closings.c.session_id == bindparam("session_id")))
