"""Whose credentials they are: clients, sites and tokens of all environments, and a call that fetches a token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Row
from urllib.parse import parse_qsl, urlencode

from emulator.core.checks import TOKEN, Case, Draft
from emulator.core.slips import likest
from emulator.vendors.algonomy.auth import environment_of
from emulator.vendors.algonomy.contract import PRODUCTION, TOKEN_LIFE, AlgonomySettings
from emulator.vendors.algonomy.tables import FIND_TOKEN_ANYWHERE, LIST_CLIENTS, LIST_GRANTS, LIST_SITES, LIST_TOKENS

TOKEN_PATH = "/profile-command/v1/oauth2/token"


@dataclass(frozen=True, slots=True)
class KnownClient:
    environment: str
    client_id: str
    secret: str
    sites: frozenset[str]


@dataclass(frozen=True, slots=True)
class KnownToken:
    environment: str
    value: str
    client_id: str
    ends: int
    """The last microsecond at which it is valid."""


def settings_of(case: Case) -> AlgonomySettings:
    settings: AlgonomySettings = case.work.settings
    return settings


def clients(case: Case) -> list[KnownClient]:
    granted = [(row["environment"], row["client_id"], row["api_key"]) for row in case.work.db.all(LIST_GRANTS)]
    return [
        KnownClient(
            row["environment"],
            row["client_id"],
            row["client_secret"],
            frozenset(site for *who, site in granted if who == [row["environment"], row["client_id"]]),
        )
        for row in case.work.db.all(LIST_CLIENTS)
    ]


def clients_here(case: Case) -> dict[str, KnownClient]:
    here = environment_of(case.work)
    return {one.client_id: one for one in clients(case) if one.environment == here}


def sites(case: Case) -> Mapping[str, Sequence[str]]:
    """The environments of each apiKey."""
    found: dict[str, list[str]] = {}
    for row in case.work.db.all(LIST_SITES):
        found.setdefault(row["api_key"], []).append(row["environment"])
    return found


def token_here(case: Case, value: str) -> KnownToken | None:
    return next((one for one in tokens(case, value) if one.environment == environment_of(case.work)), None)


def tokens(case: Case, value: str) -> list[KnownToken]:
    """The tokens of that value, of whatever environment."""
    return [_token(row) for row in case.work.db.all(FIND_TOKEN_ANYWHERE, access_token=value)]


def all_tokens(case: Case) -> list[KnownToken]:
    """The newest first."""
    return [_token(row) for row in case.work.db.all(LIST_TOKENS)]


def _token(row: Row) -> KnownToken:
    return KnownToken(
        row["environment"],
        row["access_token"],
        row["client_id"],
        row["created_at"] + TOKEN_LIFE,
    )


def went_to(case: Case) -> str:
    """For sentences: where the call went, and how that came about."""
    here = environment_of(case.work)
    return here if case.request.realm else f"{PRODUCTION}, since neither host nor path names another"


# fetching a token -----------------------------------------------------------------------------------------------------


def log_in(case: Case, draft: Draft, client: KnownClient) -> None:
    """Let the draft fetch its own token first, in the client's environment; where tokens are not to be had, use one
    that is valid already."""
    move(draft, client.environment)
    if settings_of(case).client_credentials_grant:
        pair = {"client_id": client.client_id, "client_secret": client.secret}
        query = urlencode({"grant_type": "client_credentials", **pair})
        headers = [("X-Forwarded-Proto", "https")] if settings_of(case).require_https else []
        draft.login = Draft("POST", TOKEN_PATH, draft.realm, query, headers, scheme=draft.scheme)
        draft.token_member = "access_token"
        draft.set_header("Authorization", f"Bearer {TOKEN}")
        return
    for token in all_tokens(case):
        owner = (token.environment, token.client_id)
        if owner == (client.environment, client.client_id) and token.ends >= case.work.now:
            draft.set_header("Authorization", f"Bearer {token.value}")
            return


def move(draft: Draft, environment: str) -> None:
    """Production is where a call goes that names no environment."""
    if (draft.realm or PRODUCTION) != environment:
        draft.realm = environment


def caller(case: Case, draft: Draft | None = None) -> KnownClient | None:
    """Whose token the call has; of a draft, whose it fetches."""
    if draft is not None and draft.login is not None:
        wanted = dict(parse_qsl(draft.login.query)).get("client_id", "")
        return clients_here(case).get(wanted)
    words = (case.request.header("authorization") or "").split()
    token = token_here(case, words[-1]) if words else None
    return None if token is None else clients_here(case).get(token.client_id)


def best_client(case: Case, meant: str | None = None) -> KnownClient | None:
    """The client that was meant, or one that has the path's site: in the call's environment, if that has any."""
    here = environment_of(case.work)
    site = case.found.get("apiKey", "")
    found = {(one.environment, one.client_id): one for one in clients(case)}
    order = likest(meant or "", {client_id for _, client_id in found})
    return min(
        found.values(),
        key=lambda one: (
            one.environment != here,
            one.client_id != meant,
            site not in one.sites,
            order.index(one.client_id),
        ),
        default=None,
    )
