"""What the gateway and the user profile service remember. Everything belongs to one environment."""

from sqlalchemy import JSON, Column, Integer, MetaData, String, Table, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from emulator.core.store import Statement

METADATA = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, String, primary_key=True)


clients = Table(
    "algonomy_clients",
    METADATA,
    _key("environment"),
    _key("client_id"),
    Column("client_secret", String, nullable=False),
    sqlite_with_rowid=False,
)
sites = Table("algonomy_sites", METADATA, _key("environment"), _key("api_key"), sqlite_with_rowid=False)
grants = Table(
    "algonomy_grants", METADATA, _key("environment"), _key("client_id"), _key("api_key"), sqlite_with_rowid=False
)
tokens = Table(
    "algonomy_tokens",
    METADATA,
    _key("environment"),
    _key("access_token"),
    Column("client_id", String, nullable=False),
    Column("created_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)
profiles = Table(
    "algonomy_profiles",
    METADATA,
    _key("environment"),
    _key("api_key"),
    _key("user_id"),
    Column("attributes", JSON, nullable=False),
    Column("history", JSON, nullable=False),
    Column("stored_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)
opt_outs = Table(
    "algonomy_opt_outs",
    METADATA,
    _key("environment"),
    _key("api_key"),
    _key("user_id"),
    Column("opted_out_at", Integer, nullable=False),
    Column("repeats", Integer, nullable=False),
    sqlite_with_rowid=False,
)

ADD_CLIENT = Statement(insert(clients))
ADD_SITE = Statement(insert(sites))
ADD_GRANT = Statement(insert(grants))
ADD_TOKEN = Statement(insert(tokens))

FIND_CLIENT = Statement(
    select(clients.c.client_secret).where(
        clients.c.environment == bindparam("environment"), clients.c.client_id == bindparam("client_id")
    )
)
FIND_TOKEN = Statement(
    select(tokens.c.client_id, tokens.c.created_at).where(
        tokens.c.environment == bindparam("environment"), tokens.c.access_token == bindparam("access_token")
    )
)
FIND_GRANT = Statement(
    select(grants.c.api_key).where(
        grants.c.environment == bindparam("environment"),
        grants.c.client_id == bindparam("client_id"),
        grants.c.api_key == bindparam("api_key"),
    )
)
FIND_SITE = Statement(
    select(sites.c.api_key).where(
        sites.c.environment == bindparam("environment"), sites.c.api_key == bindparam("api_key")
    )
)
FIND_OPT_OUT = Statement(
    select(opt_outs.c.opted_out_at).where(
        opt_outs.c.environment == bindparam("environment"),
        opt_outs.c.api_key == bindparam("api_key"),
        opt_outs.c.user_id == bindparam("user_id"),
    )
)

SECRETS = Statement(
    select(clients.c.client_secret.label("value")).union_all(select(tokens.c.access_token.label("value")))
)
FIND_TOKEN_ANYWHERE = Statement(
    select(tokens).where(tokens.c.access_token == bindparam("access_token")).order_by(tokens.c.environment)
)
LIST_TOKENS = Statement(select(tokens).order_by(tokens.c.created_at.desc(), tokens.c.access_token))
LIST_SITES = Statement(select(sites))
LIST_GRANTS = Statement(select(grants))
LIST_USERS = Statement(
    select(profiles.c.user_id).where(
        profiles.c.environment == bindparam("environment"), profiles.c.api_key == bindparam("api_key")
    )
)
LIST_CLIENTS = Statement(
    select(clients, func.group_concat(grants.c.api_key, ", ").label("sites"))
    .select_from(
        clients.outerjoin(
            grants, (grants.c.environment == clients.c.environment) & (grants.c.client_id == clients.c.client_id)
        )
    )
    .group_by(clients.c.environment, clients.c.client_id)
)

_opt_out = insert(opt_outs)
OPT_OUT = Statement(
    _opt_out.on_conflict_do_update(
        index_elements=["environment", "api_key", "user_id"], set_={"repeats": opt_outs.c.repeats + 1}
    ).returning(opt_outs.c.repeats)
)
"""Keeps the first moment and counts the repeats: 0 comes back the first time."""

_profile = insert(profiles)
STORE_PROFILE = Statement(
    _profile.on_conflict_do_update(
        index_elements=["environment", "api_key", "user_id"],
        set_={
            "attributes": _profile.excluded.attributes,
            "history": _profile.excluded.history,
            "stored_at": _profile.excluded.stored_at,
        },
    )
)
REMOVE_PROFILE = Statement(
    delete(profiles).where(
        profiles.c.environment == bindparam("environment"),
        profiles.c.api_key == bindparam("api_key"),
        profiles.c.user_id == bindparam("user_id"),
    )
)
