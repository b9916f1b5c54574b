"""Asking for a token: transport, client, grant, and what else Kong looks at."""

import base64
from collections.abc import Iterator

from emulator.core.checks import Case, Check, Draft
from emulator.core.credentials import masked, scheme_and_value
from emulator.core.request import Request
from emulator.core.slips import as_typed, likest, nearest, short, spoiled, unspoiled
from emulator.vendors.algonomy.auth import environment_of
from emulator.vendors.algonomy.checks.clients import (
    KnownClient,
    best_client,
    clients,
    clients_here,
    move,
    settings_of,
    sites,
    went_to,
)
from emulator.vendors.algonomy.checks.parameters import (
    asked_of,
    in_body,
    in_query,
    meant_in_body,
    misnamed,
    put,
    said,
    unread_cause,
)
from emulator.vendors.algonomy.contract import TokenRequest, text
from emulator.vendors.algonomy.errors import (
    FORWARDED_PROTO_REPEATED,
    HTTPS_REQUIRED,
    INVALID_CLIENT,
    INVALID_CLIENT_BASIC,
    INVALID_CODE,
    INVALID_METHOD,
    INVALID_PROVISION_KEY,
    INVALID_REFRESH_TOKEN,
    INVALID_SCOPE,
    SCOPE_NOT_TEXT,
    UNSUPPORTED_GRANT_TYPE,
)

GRANT = "client_credentials"
_PROTO = "x-forwarded-proto"
_NEAR = 0.85
_SHORTEST_BEGINNING = 8
_MOST_NAMED = 5
_LONGEST = 100

# how it comes ---------------------------------------------------------------------------------------------------------


def _mend_method(case: Case, draft: Draft) -> None:
    draft.method = "POST"


METHOD = Check(
    name="method of the token endpoint",
    expects="POST",
    failures=(INVALID_METHOD,),
    got=lambda case: case.request.method,
    cause=lambda case: f"The method is {case.request.method}: tokens are fetched by POST.",
    mend=_mend_method,
)


def _transport(case: Case) -> str:
    named = case.request.all_headers(_PROTO)
    return f"{case.request.scheme}, " + (
        " and ".join(f"X-Forwarded-Proto: {as_typed(one)[:_LONGEST]}" for one in named) or "no X-Forwarded-Proto"
    )


def _transport_cause(case: Case) -> str:
    named = case.request.all_headers(_PROTO)
    if len(named) > 1 or "," in "".join(named):
        return "X-Forwarded-Proto has several values, one of each server on the way: the gateway takes one."
    if named:
        return f"X-Forwarded-Proto says {as_typed(named[0])[:_LONGEST]}: tokens are given over https only."
    return (
        "The call came over plain http: tokens are given over https only, as the setting require_https says; a server "
        "that ends TLS before says X-Forwarded-Proto: https."
    )


def _mend_transport(case: Case, draft: Draft) -> None:
    draft.set_header("X-Forwarded-Proto", "https")


TRANSPORT = Check(
    name="transport",
    expects="any, or https where the setting require_https is on",
    failures=(FORWARDED_PROTO_REPEATED, HTTPS_REQUIRED),
    got=_transport,
    cause=_transport_cause,
    mend=_mend_transport,
)


# the client -----------------------------------------------------------------------------------------------------------


def _pair(case: Case) -> str:
    asked = asked_of(case)
    where = "by Authorization" if asked.by_header else "among the parameters"
    client_id, secret = asked.client_id, asked.client_secret
    if not asked.by_header:
        client_id, secret = (text(asked.parameters.get(name)) for name in ("client_id", "client_secret"))
    client = f"client_id {_told_id(case, client_id)}" if client_id else "no client_id"
    return (
        f"{client} and {f'client_secret {masked(secret.strip())}' if secret else 'no client_secret'} {where}, in "
        f"{environment_of(case.work)}"
    )


def _told_id(case: Case, client_id: str) -> str:
    """Not of those who put the secret there."""
    secrets = {client.secret for client in clients(case)}
    return masked(client_id) if client_id in secrets else client_id[:_LONGEST]


def _client_causes(case: Case) -> Iterator[str]:
    """The likeliest mistake first."""
    asked = asked_of(case)
    yield from _incomplete(case, asked)
    here = clients_here(case)
    known = here.get(asked.client_id or "")
    yield from _wrong_secret(case, asked, known) if known is not None else _unknown_client(case, asked)
    if not here:
        yield f"Environment {environment_of(case.work)} of this world has no clients."
    there = ", ".join(likest(asked.client_id or "", here)[:_MOST_NAMED])
    client_id = _told_id(case, asked.client_id or "")
    yield f"Environment {environment_of(case.work)} has no client {client_id}; there are {there}."


def _incomplete(case: Case, asked: TokenRequest) -> Iterator[str]:
    """What keeps one of both from being there at all."""
    if asked.client_id and asked.client_secret:
        return
    if asked.by_header:
        yield from _unreadable_header(case)
    for name in ("client_id", "client_secret"):
        if name in asked.parameters and (wrong := said(asked.parameters[name])) is not None:
            yield f"{name} {wrong}."
    if not asked.by_header:
        yield from unread_cause(case)
        yield from misnamed(case)
    missing = [name for name in ("client_id", "client_secret") if name not in asked.parameters]
    if len(missing) == 1:
        yield f"{missing[0]} is missing: it takes both to name a client."
    yield "client_id and client_secret are missing, in query string and body, and there is no Authorization."


def _unreadable_header(case: Case) -> Iterator[str]:
    scheme, value = scheme_and_value(case.request.header("authorization") or "")
    if scheme.lower() != "basic":
        shown = f"the scheme word {as_typed(scheme)[:_LONGEST]}" if scheme else "no scheme word"
        yield f"Authorization has {shown}: for a token it is Basic, or else the pair stands among the parameters."
    if ":" in value:
        yield "Authorization has the pair as it is: after Basic it is written in Base64."
    yield "What follows Basic is not client_id, a colon and client_secret in Base64."


def _wrong_secret(case: Case, asked: TokenRequest, known: KnownClient) -> Iterator[str]:
    secret = asked.client_secret or ""
    if not asked.by_header:
        yield from _overruled(case, known)
    plain = unspoiled(secret)
    if plain != secret and plain == known.secret:
        yield f"The client_secret {spoiled(secret) or 'has spaces around it'}."
    for other in clients(case):
        if other.secret == secret and other.client_id == known.client_id:
            yield (
                f"The client_secret is that of {known.client_id} in {other.environment}, and the call went to "
                f"{went_to(case)}: credentials are valid in their own environment only."
            )
        if other.secret == secret:
            yield f"The client_secret is that of {other.client_id}, and the client_id is {known.client_id}."
    if secret == known.client_id:
        yield "The client_secret is the client_id once more."
    if (owner := case.owner_of(secret)) is not None:
        yield f"The client_secret is {owner}: Algonomy wants one of its own."
    if len(secret) >= _SHORTEST_BEGINNING and known.secret.startswith(secret):
        yield f"The client_secret is cut off: it has {len(secret)} characters of {len(known.secret)}."
    if (slip := spoiled(secret)) is not None:
        yield f"The client_secret {slip}."
    if nearest(secret, [known.secret], _NEAR) is not None:
        yield "The client_secret is mistyped: nearly all of it is right."
    yield (
        f"The client_secret {masked(secret)} is not that of {known.client_id}, which ends in {masked(known.secret)}."
    )


def _overruled(case: Case, known: KnownClient) -> Iterator[str]:
    """A right secret in a place that does not count."""
    header = case.request.header("authorization")
    basic = TokenRequest.from_request(_only_header(case)) if header is not None else None
    if basic is not None and (basic.client_id, basic.client_secret) == (known.client_id, known.secret):
        yield "The pair in Authorization is right and does not count, because another stands among the parameters."
    in_both = in_query(case).get("client_secret"), in_body(case.request).get("client_secret")
    if in_both[0] == known.secret and in_both[1] is not None:
        yield "The client_secret in the query string is right and does not count, because the body has another."


def _only_header(case: Case) -> Request:
    return Request("POST", "/", headers=[pair for pair in case.request.headers if pair[0] == b"authorization"])


def _unknown_client(case: Case, asked: TokenRequest) -> Iterator[str]:
    client_id, secret = asked.client_id or "", asked.client_secret or ""
    here = clients_here(case)
    if secret in here:
        yield "client_id and client_secret have changed places."
    for other in clients(case):
        if other.client_id == client_id:
            yield (
                f"The client {client_id} is of environment {other.environment}, and the call went to {went_to(case)}: "
                "credentials are valid in their own environment only."
            )
    if client_id in sites(case):
        yield f"The client_id {client_id} is the apiKey of a site: that stands in the path of a command."
    for name, value in (("client_id", client_id), ("client_secret", secret)):
        if (owner := case.owner_of(value)) is not None:
            yield f"The {name} is {owner}: Algonomy wants one of its own."
    if (slip := spoiled(client_id)) is not None:
        yield f"The client_id {slip}."
    if (near := nearest(client_id, here, _NEAR)) is not None:
        yield f"The client_id is mistyped: it is nearly {near}."


def _mend_client(case: Case, draft: Draft) -> None:
    client = _meant_client(case)
    if client is None:
        return
    move(draft, client.environment)
    if asked_of(case).by_header:
        packed = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
        draft.set_header("Authorization", f"Basic {packed}")
        return
    _put(case, draft, {"client_id": client.client_id, "client_secret": client.secret})


def _put(case: Case, draft: Draft, pairs: dict[str, str | None]) -> None:
    put(draft, pairs)
    if draft.header("authorization") is not None and "client_id" in pairs:
        draft.drop_header("Authorization")


def _meant_client(case: Case) -> KnownClient | None:
    """Here if it is known here; or else where it is known."""
    asked, here = asked_of(case), clients_here(case)
    others = [*asked.parameters.values(), *meant_in_body(case.request).values()]
    headers = [value.decode("latin-1").rpartition(" ")[2] for _, value in case.request.headers]
    given = [asked.client_id, asked.client_secret, *map(text, others), *headers]
    meant = [unspoiled(piece) for one in given if one for piece in (one, one.partition(":")[0])]
    for one in meant:
        if one in here:
            return here[one]
    for client in clients(case):
        if client.secret in meant and client.environment == environment_of(case.work):
            return client
    elsewhere = next((client for client in clients(case) if client.client_id in meant), None)
    return elsewhere or best_client(case, next(iter(meant), None))


CLIENT = Check(
    name="client",
    expects="client_id and client_secret of one client of the environment, as parameters or by Basic",
    failures=(INVALID_CLIENT, INVALID_CLIENT_BASIC),
    got=_pair,
    cause=lambda case: next(_client_causes(case), None),
    mend=_mend_client,
)


# the grant ------------------------------------------------------------------------------------------------------------


def _grant(case: Case) -> str:
    parameters = asked_of(case).parameters
    return f"grant_type {short(parameters['grant_type'])}" if "grant_type" in parameters else "no grant_type"


def _grant_causes(case: Case) -> Iterator[str]:
    asked = asked_of(case)
    if asked.grant_type == GRANT:
        yield "The setting client_credentials_grant is off, so that the gateway of this world gives no tokens at all."
    if "grant_type" not in asked.parameters:
        yield from unread_cause(case)
        yield from misnamed(case)
        yield f"The grant_type is missing: it is {GRANT}."
    grant = asked.parameters.get("grant_type")
    if (wrong := said(grant)) is not None:
        yield f"grant_type {wrong}."
    if grant == "refresh_token":
        yield f"There are no refresh tokens: whoever needs another token asks again, with grant_type {GRANT}."
    if nearest(str(grant), [GRANT]) is not None:
        yield f"The grant_type {short(grant)} is misspelt: it is {GRANT}."
    yield f"The grant_type is {short(grant)}, and {GRANT} is the only one that there is."


def _mend_grant(case: Case, draft: Draft) -> None:
    _put(case, draft, {"grant_type": GRANT})


GRANT_TYPE = Check(
    name="grant",
    expects=f"grant_type {GRANT}",
    failures=(UNSUPPORTED_GRANT_TYPE, INVALID_CODE, INVALID_REFRESH_TOKEN),
    got=_grant,
    cause=lambda case: next(_grant_causes(case), None),
    mend=_mend_grant,
)


# what only Kong asks --------------------------------------------------------------------------------------------------


def _provision(case: Case) -> str:
    parameters = asked_of(case).parameters
    named = [name for name in ("authenticated_userid", "provision_key") if name in parameters]
    return " and ".join(named) or "neither authenticated_userid nor provision_key"


def _provision_cause(case: Case) -> str:
    wants = "authenticated_userid asks for a token in a user's name"
    if settings_of(case).provision_key is None:
        return f"{wants}, and this gateway has no provision_key that would allow it: leave it out."
    if "provision_key" not in asked_of(case).parameters:
        return f"{wants}, and the provision_key that it takes is missing."
    return f"{wants}, and the provision_key is not the gateway's."


def _mend_provision(case: Case, draft: Draft) -> None:
    _put(case, draft, {"authenticated_userid": None, "provision_key": None})


PROVISION_KEY = Check(
    name="provision key",
    expects="the gateway's provision_key, where authenticated_userid is given",
    failures=(INVALID_PROVISION_KEY,),
    got=_provision,
    cause=_provision_cause,
    mend=_mend_provision,
)


def _scope(case: Case) -> str:
    parameters = asked_of(case).parameters
    return f"scope {short(parameters['scope'])}" if "scope" in parameters else "no scope"


def _scope_cause(case: Case) -> str:
    known, scope = settings_of(case).scopes, asked_of(case).parameters.get("scope")
    there = " and ".join(known) or "none"
    if not isinstance(scope, str):
        return f"scope {said(scope)}: several stand in one, with spaces between them."
    wrong = next((word for word in scope.split() if word not in known), "")
    near = nearest(wrong, known)
    return f"The scope {wrong[:_LONGEST]} is {f'misspelt: it is {near}' if near else f'none of those: {there}'}."


def _mend_scope(case: Case, draft: Draft) -> None:
    known, scope = settings_of(case).scopes, asked_of(case).parameters.get("scope")
    words = scope.split() if isinstance(scope, str) else [one for one in scope or () if isinstance(one, str)]
    kept = [near for word in words if (near := nearest(word, known)) is not None]
    _put(case, draft, {"scope": " ".join(dict.fromkeys(kept)) or None})


SCOPE = Check(
    name="scope",
    expects="scopes that the gateway knows, where it knows any",
    failures=(SCOPE_NOT_TEXT, INVALID_SCOPE),
    got=_scope,
    cause=_scope_cause,
    mend=_mend_scope,
)
