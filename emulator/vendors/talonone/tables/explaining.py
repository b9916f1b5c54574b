"""What only an explanation reads: keys and things of other Applications, and those that are named alike.

Imported with the checks, which nobody needs to answer a call.
"""

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, select

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.applications import api_keys, applications
from emulator.vendors.talonone.tables.attributes import additional_costs, attributes
from emulator.vendors.talonone.tables.campaigns import campaigns, rulesets
from emulator.vendors.talonone.tables.coupons import coupons
from emulator.vendors.talonone.tables.profiles import profiles
from emulator.vendors.talonone.tables.referrals import referrals
from emulator.vendors.talonone.tables.sessions import sessions

MOST_READ = 300

ALL_KEYS = Statement(
    select(api_keys.c.key, api_keys.c.expires, applications.c.id, applications.c.name, applications.c.account_id)
    .join(applications, applications.c.id == api_keys.c.application_id)
    .order_by(api_keys.c.id)
    .limit(MOST_READ)
)
ALL_SIGNERS = Statement(
    select(applications.c.id, applications.c.name, applications.c.signing_key)
    .where(applications.c.signing_key.is_not(None))
    .order_by(applications.c.id)
    .limit(MOST_READ)
)
NAME_OF_APPLICATION = Statement(select(applications.c.name).where(applications.c.id == bindparam("application_id")))
ALL_ATTRIBUTES = Statement(
    select(
        attributes.c.account_id, attributes.c.entity, attributes.c.event_type, attributes.c.name, attributes.c.type,
        attributes.c.applications,
    ).order_by(attributes.c.id)
)  # fmt: skip
ALL_COSTS = Statement(
    select(
        additional_costs.c.account_id, additional_costs.c.name, additional_costs.c.type, additional_costs.c.applications
    ).order_by(additional_costs.c.id)
)
CAMPAIGNS = Statement(
    select(campaigns.c.id, campaigns.c.name, campaigns.c.features, campaigns.c.referral_settings)
    .where(campaigns.c.application_id == bindparam("application_id"))
    .order_by(campaigns.c.id)
    .limit(MOST_READ)
)
CAMPAIGN_OF_RULESET = Statement(
    select(campaigns.c.id, campaigns.c.name)
    .join(rulesets, rulesets.c.campaign_id == campaigns.c.id)
    .where(rulesets.c.id == bindparam("ruleset_id"), campaigns.c.application_id == bindparam("application_id"))
)
_accounts = select(applications.c.account_id).distinct()
_listed = select(func.json_each(bindparam("codes")).table_valued("value").c.value)
COUPONS_ANYWHERE = Statement(
    select(coupons.c.application_id, coupons.c.value)
    .where(coupons.c.account_id.in_(_accounts), coupons.c.code.in_(_listed))
    .order_by(coupons.c.id)
)
REFERRALS_ANYWHERE = Statement(
    select(referrals.c.application_id, referrals.c.value)
    .where(referrals.c.account_id.in_(_accounts), referrals.c.code.in_(_listed))
    .order_by(referrals.c.id)
)
PROFILES_ANYWHERE = Statement(
    select(profiles.c.account_id, profiles.c.integration_id)
    .where(profiles.c.account_id.in_(_accounts), profiles.c.integration_id == bindparam("integration_id"))
    .order_by(profiles.c.id)
)
PROFILE_BY_NUMBER = Statement(
    select(profiles.c.integration_id).where(
        profiles.c.id == bindparam("number"), profiles.c.account_id == bindparam("account_id")
    )
)
SESSIONS_ANYWHERE = Statement(
    select(sessions.c.application_id, sessions.c.integration_id)
    .where(
        sessions.c.application_id.in_(select(applications.c.id)), sessions.c.integration_id == bindparam("session_id")
    )
    .order_by(sessions.c.id)
)
SESSION_BY_NUMBER = Statement(
    select(sessions.c.integration_id).where(
        sessions.c.id == bindparam("number"), sessions.c.application_id == bindparam("application_id")
    )
)
SESSION_IN_STATE = Statement(
    select(sessions.c.integration_id)
    .where(
        sessions.c.application_id == bindparam("application_id"),
        sessions.c.state.in_(select(func.json_each(bindparam("states")).table_valued("value").c.value)),
    )
    .order_by(sessions.c.id)
    .limit(MOST_READ)
)
OPEN_SESSIONS_NAMING = Statement(
    select(sessions.c.integration_id, sessions.c.effects)
    .where(
        sessions.c.application_id == bindparam("application_id"),
        sessions.c.state == "open",
        func.instr(sessions.c.effects, bindparam("code")) > 0,
    )
    .order_by(sessions.c.id)
    .limit(MOST_READ)
)
"""The open sessions whose effects name a code, accepted, rejected or made."""


def _neighbours(table: Table, name: str, *scope: ColumnElement[bool]) -> Statement:
    """What begins like a text, by the index of the names: `low` inclusive, `high` exclusive."""
    column = table.columns[name]
    found: Select[tuple[str]] = select(column.label("name")).where(
        *scope, column >= bindparam("low"), column < bindparam("high")
    )
    return Statement(found.order_by(column).limit(MOST_READ))


COUPONS_LIKE = _neighbours(
    coupons, "code",
    coupons.c.account_id == bindparam("account_id"), coupons.c.application_id == bindparam("application_id"),
)  # fmt: skip
PROFILES_LIKE = _neighbours(profiles, "integration_id", profiles.c.account_id == bindparam("account_id"))
SESSIONS_LIKE = _neighbours(sessions, "integration_id", sessions.c.application_id == bindparam("application_id"))
