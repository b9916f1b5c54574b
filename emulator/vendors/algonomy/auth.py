"""Who is calling: bearer tokens, valid in the environment that issued them, for 28,800 seconds.

Sources: Profile Command API, "Requests to Algonomy Gateway Require the Bearer Token"; Kong 3.9 oauth2 plugin.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.core.credentials import Caller, OwnCredential
from emulator.core.description import SecurityScheme
from emulator.core.limits import Usage
from emulator.core.work import Work
from emulator.vendors.algonomy.contract import PRODUCTION, TOKEN_LIFE, read_parameters, text, whole_seconds
from emulator.vendors.algonomy.errors import INVALID_TOKEN, KONG, TOKEN_MISSING
from emulator.vendors.algonomy.tables import FIND_TOKEN, LIST_CLIENTS, SECRETS

BEARER = "bearer_token"
BASIC = "client_by_header"
SECURITY: Mapping[str, SecurityScheme] = {
    BEARER: {
        "type": "oauth2",
        "description": "Profile Command API, Authentication: grant client_credentials; a token lives for 28,800 s.",
        "flows": {"clientCredentials": {"tokenUrl": "/algonomy/profile-command/v1/oauth2/token", "scopes": {}}},
    },
    BASIC: {
        "type": "http",
        "scheme": "basic",
        "description": "Kong 3.9 oauth2 plugin: client_id and client_secret, where they are not among the parameters.",
    },
}


@dataclass(frozen=True, slots=True)
class Client(Caller):
    """One customer's client in one environment."""

    environment: str
    client_id: str


def environment_of(work: Work) -> str:
    """The environment that host or path prefix named: never inferred from the token."""
    return work.request.realm or PRODUCTION


def authenticate(work: Work) -> Client:
    """A token is valid up to and including its 28,800th second; using it does not prolong it."""
    environment = environment_of(work)
    row = work.db.one(FIND_TOKEN, environment=environment, access_token=_presented_token(work))
    if row is None or work.now - row["created_at"] > TOKEN_LIFE:
        raise INVALID_TOKEN()
    client_id: str = row["client_id"]
    return Client(f"{environment}/{client_id}", environment, client_id)


def _presented_token(work: Work) -> str:
    header = work.request.header("authorization")
    if header is None:
        return _parameter_token(work)
    if not header:
        raise TOKEN_MISSING()
    words = header.encode("latin-1").split()  # as octets: a no-break space, as pasted from a page, separates nothing
    scheme = words[0].lower() if len(words) == 2 else None
    if scheme == b"bearer":
        return words[1].decode("latin-1")
    if not work.settings.kong_token_leniencies:
        raise INVALID_TOKEN()
    work.rely(KONG)
    return words[1].decode("latin-1") if scheme == b"token" else header


def _parameter_token(work: Work) -> str:
    token = text(read_parameters(work.request).get("access_token")) if work.settings.kong_token_leniencies else None
    if not token:
        raise TOKEN_MISSING()
    work.rely(KONG)
    return token


def quota_headers(usage: Usage) -> list[tuple[str, str]]:
    """Kong's rate-limiting plugin, 2.0 and later: on every call that was counted."""
    limit, remaining = str(usage.quota), str(usage.remaining)
    return [
        ("RateLimit-Limit", limit),
        ("RateLimit-Remaining", remaining),
        ("RateLimit-Reset", whole_seconds(usage.reset_after)),
        ("X-RateLimit-Limit-Second", limit),
        ("X-RateLimit-Remaining-Second", remaining),
    ]


OWN_CREDENTIALS = (
    OwnCredential(
        {
            "client_id": "{ALGONOMY_CLIENT_ID}",
            "client_secret": "{ALGONOMY_CLIENT_SECRET}",
            "apiKey": "{ALGONOMY_SITE_ID}",
        }
    ),
)
PUBLISHED = ("2l9dr0jkink11ad49hg93it52d",)
"""The secret of the documentation's example."""


def credentials(work: Work) -> list[Mapping[str, str]]:
    return [
        {
            "environment": row["environment"],
            "client_id": row["client_id"],
            "client_secret": row["client_secret"],
            "apiKey": row["sites"] or "",
        }
        for row in work.db.all(LIST_CLIENTS)
    ]


def secrets(work: Work) -> list[str]:
    """What opens something: client secrets and tokens. An apiKey only names a site; it stands in every path."""
    return [row["value"] for row in work.db.all(SECRETS)]
