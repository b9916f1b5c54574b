"""Applications, the keys that select them, and what their accounts define for all of them."""

from sqlalchemy import JSON, Boolean, Column, Integer, String, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import or_

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA

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
    Column("attributes", JSON),
    Column("limits", JSON),
    Column("campaign_priority", String),
    Column("attributes_settings", JSON),
    Column("cascading_discounts", Boolean),
    Column("flattened_cart_items", Boolean),
    Column("partial_discounts", Boolean),
    Column("sandbox", Boolean),
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
FIND_KEY = Statement(
    select(
        api_keys.c.id,
        api_keys.c.expires,
        applications.c.id.label("application_id"),
        applications.c.account_id,
        applications.c.case_sensitivity,
        applications.c.sandbox,
    )
    .join(applications, applications.c.id == api_keys.c.application_id)
    .where(api_keys.c.key == bindparam("key"))
)
APPLICATION = Statement(select(applications).where(applications.c.id == bindparam("application_id")))
APPLICATIONS_OF_ACCOUNT = Statement(
    select(applications.c.id).where(applications.c.account_id == bindparam("account_id")).order_by(applications.c.id)
)
USABLE_KEYS = Statement(
    select(api_keys.c.key, applications.c.id, applications.c.name)
    .join(applications, applications.c.id == api_keys.c.application_id)
    .where(or_(api_keys.c.expires.is_(None), api_keys.c.expires > bindparam("now")))
    .order_by(api_keys.c.id)
)
KEYS = Statement(select(api_keys.c.key).order_by(api_keys.c.id))
FIND_SIGNER = Statement(
    select(
        applications.c.id.label("application_id"),
        applications.c.account_id,
        applications.c.case_sensitivity,
        applications.c.sandbox,
        applications.c.signing_key,
    ).where(applications.c.id == bindparam("application_id"), applications.c.signing_key.is_not(None))
)
SIGNERS = Statement(
    select(applications.c.id, applications.c.name, applications.c.signing_key)
    .where(applications.c.signing_key.is_not(None))
    .order_by(applications.c.id)
)
ADD_APPLICATION = Statement(insert(applications))
ADD_KEY = Statement(insert(api_keys))
