"""What a profile holds: reservations, coupons and referrals, each found by an index of its own."""

from sqlalchemy import BindParameter, Index, bindparam, func, select, text, union
from sqlalchemy.sql import delete

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.campaigns import campaigns
from emulator.vendors.talonone.tables.coupons import coupons, reservations
from emulator.vendors.talonone.tables.events import events
from emulator.vendors.talonone.tables.profiles import profiles
from emulator.vendors.talonone.tables.redemptions import redemptions
from emulator.vendors.talonone.tables.referrals import referrals
from emulator.vendors.talonone.tables.sessions import sessions

Index("talonone_reservations_by_profile", reservations.c.profile_id)
Index("talonone_coupons_by_recipient", coupons.c.recipient, sqlite_where=coupons.c.recipient.is_not(None))
Index("talonone_coupons_for_all", coupons.c.implicitly_reserved, sqlite_where=text("implicitly_reserved = 1"))
Index("talonone_referrals_by_advocate", referrals.c.account_id, referrals.c.advocate)
Index("talonone_sessions_by_profile", sessions.c.profile_id)
Index("talonone_events_by_profile", events.c.profile_id)

_profile: BindParameter[str] = bindparam("profile_id")

COUPONS_OF_PROFILE = Statement(
    select(coupons, campaigns.c.state.label("campaign_state"))
    .outerjoin(campaigns, campaigns.c.id == coupons.c.campaign_id)
    .where(
        coupons.c.application_id == bindparam("application_id"),
        coupons.c.id.in_(
            union(
                select(reservations.c.coupon_id).where(reservations.c.profile_id == _profile),
                select(redemptions.c.coupon_id).where(redemptions.c.profile_id == _profile),
                select(coupons.c.id).where(coupons.c.recipient == _profile),
                select(coupons.c.id).where(coupons.c.implicitly_reserved),
            )
        ),
    )
    .order_by(coupons.c.id)
)
REFERRALS_OF_PROFILE = Statement(
    select(referrals.c.id)
    .where(
        referrals.c.account_id == bindparam("account_id"),
        referrals.c.advocate == _profile,
        referrals.c.application_id == bindparam("application_id"),
    )
    .order_by(referrals.c.id)
)
COUNT_RESERVATIONS = Statement(
    select(func.count().label("number")).where(reservations.c.coupon_id == bindparam("coupon_id"))
)
FORGET_RESERVATIONS = Statement(
    delete(reservations).where(
        reservations.c.coupon_id == bindparam("coupon_id"),
        reservations.c.profile_id.in_(select(func.json_each(bindparam("profiles")).table_valued("value").c.value)),
    )
)
HOLDERS = Statement(
    select(reservations.c.profile_id.label("holder"), profiles)
    .select_from(reservations)
    .outerjoin(
        profiles,
        (profiles.c.account_id == bindparam("account_id")) & (profiles.c.integration_id == reservations.c.profile_id),
    )
    .where(reservations.c.coupon_id == bindparam("coupon_id"))
    .order_by(reservations.c.id)
)
"""A scenario may name holders that have no profile yet."""
