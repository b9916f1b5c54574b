"""Presenting a token: whether there is one, and whether it is good where the call went."""

from collections.abc import Iterator

from emulator.core.checks import Case, Check, Draft
from emulator.core.clock import SECOND, Micros, rfc3339
from emulator.core.credentials import masked
from emulator.core.slips import as_typed, nearest, spoiled, unspoiled
from emulator.vendors.algonomy.auth import environment_of
from emulator.vendors.algonomy.checks.clients import (
    TOKEN_PATH,
    KnownClient,
    KnownToken,
    all_tokens,
    best_client,
    clients,
    clients_here,
    log_in,
    move,
    sites,
    tokens,
    went_to,
)
from emulator.vendors.algonomy.contract import TOKEN_LENGTH, TokenRequest, read_parameters
from emulator.vendors.algonomy.errors import INVALID_TOKEN, RATE_LIMITED, TOKEN_MISSING

_NEAR = 0.85
_SHORTEST_BEGINNING = 8
_LONGEST = 100


def _got(case: Case) -> str:
    return case.header("Authorization")


def _words(case: Case) -> list[str]:
    """Of the header that counts, which is the first."""
    header = case.request.header("authorization") or ""
    return [word.decode("latin-1") for word in header.encode("latin-1").split()]


def presented(case: Case) -> str:
    """The token, whatever stands before it."""
    words = _words(case)
    return words[-1] if words else ""


# there at all ---------------------------------------------------------------------------------------------------------


def _missing_causes(case: Case) -> Iterator[str]:
    parameter = read_parameters(case.request).get("access_token")
    if parameter is not None:
        yield (
            "The token is the parameter access_token, which the gateway reads with the setting kong_token_leniencies "
            "only: it belongs in Authorization, after Bearer."
        )
    for name, octets in case.request.headers:
        header = "-".join(part.capitalize() for part in name.decode("latin-1").split("-"))
        words = octets.decode("latin-1").split()
        if words and tokens(case, words[-1]):
            yield f"The token is in the header {header}: it belongs in Authorization, after Bearer."
    if case.request.header("authorization") is not None:
        yield "The header Authorization is empty: it is Bearer, a space, and a token."
    yield f"The header Authorization is missing: it is Bearer, a space, and a token from {TOKEN_PATH}."


def _mend_token(case: Case, draft: Draft) -> None:
    """The token that the call has somewhere, if it is good; or else a new one of its client."""
    draft.set_query("access_token", None)
    found = next((token for text in _texts(case) for token in tokens(case, text)), None)
    if found is None:
        client = best_client(case, _owner(case))
        if client is not None:
            log_in(case, draft, client)
        return
    client = clients_here(case).get(found.client_id) or _client_of(case, found)
    if found.ends >= case.work.now and (client is None or client.environment == found.environment):
        move(draft, found.environment)
        draft.set_header("Authorization", f"Bearer {found.value}")
    elif client is not None:
        log_in(case, draft, client)


def _texts(case: Case) -> Iterator[str]:
    """Whatever in the call could be a token."""
    yield unspoiled(presented(case))
    yield from (*_words(case), *map(str, read_parameters(case.request).values()))
    for _, octets in case.request.headers:
        yield from octets.decode("latin-1").split()[-1:]


def _client_of(case: Case, token: KnownToken) -> KnownClient | None:
    owner = (token.environment, token.client_id)
    return next((one for one in clients(case) if (one.environment, one.client_id) == owner), None)


def _owner(case: Case) -> str | None:
    """The client that the call names in place of a token."""
    value = unspoiled(presented(case))
    asked = TokenRequest.from_request(case.request)
    return next((one.client_id for one in clients(case) if value in (one.client_id, one.secret)), asked.client_id)


PRESENT = Check(
    name="access token",
    expects="Authorization: Bearer and a token",
    failures=(TOKEN_MISSING,),
    got=_got,
    cause=lambda case: next(_missing_causes(case), None),
    mend=_mend_token,
)


# good here and now ----------------------------------------------------------------------------------------------------


def _invalid_causes(case: Case) -> Iterator[str]:
    """The likeliest mistake first."""
    words, value = _words(case), presented(case)
    known = tokens(case, value)
    yield from _misworded(case, words, known)
    yield from _elsewhere_or_late(case, known)
    yield from _of_another_kind(case, value)
    if len(case.request.all_headers("authorization")) > 1:
        yield "Authorization is sent more than once, and the first one counts."
    if len(words) > 2:
        yield f"Authorization has {len(words)} words: it is Bearer and the token."
    plain = unspoiled(value)
    if plain != value and tokens(case, plain):
        yield f"The token {spoiled(value) or 'has spaces around it'}."
    yield from _misspelt(case, plain)
    if (slip := spoiled(value)) is not None:
        yield f"The token {slip}."
    if len(value) != TOKEN_LENGTH:
        yield f"The token has {len(value)} characters: the gateway's have {TOKEN_LENGTH}."
    yield (
        f"The token {masked(value)} was never issued in {environment_of(case.work)} of this world, which forgets its "
        "tokens when it is reset: fetch a new one."
    )


def _misworded(case: Case, words: list[str], known: list[KnownToken]) -> Iterator[str]:
    scheme = as_typed(words[0])[:_LONGEST] if words else ""
    if len(words) == 1 and scheme.lower() == "bearer":
        yield "After Bearer there is no token."
    if scheme.lower() == "basic":
        yield (
            f"Authorization has Basic credentials: those fetch a token from {TOKEN_PATH}, and a command takes that, "
            "after Bearer."
        )
    if known and len(words) == 1:
        yield "The token stands without its scheme word: write Authorization: Bearer, a space, and the token."
    if known and len(words) == 2 and scheme.lower() != "bearer":
        yield f"The scheme word is {scheme}: a command takes Bearer."


def _elsewhere_or_late(case: Case, known: list[KnownToken]) -> Iterator[str]:
    here = environment_of(case.work)
    for token in known:
        if token.environment != here and not any(one.environment == here for one in known):
            yield (
                f"The token is of environment {token.environment}, and the call went to {went_to(case)}: tokens are "
                "valid only where they were issued."
            )
        if token.environment == here and token.ends < case.work.now:
            late = _span(case.work.now - token.ends)
            yield f"The token expired at {rfc3339(token.ends)}, {late} before the call."


def _span(micros: Micros) -> str:
    return f"{micros / SECOND:.6f}".rstrip("0").rstrip(".") + " s"


def _of_another_kind(case: Case, value: str) -> Iterator[str]:
    for client in clients(case):
        if value in (client.client_id, client.secret):
            name = "client_id" if value == client.client_id else "client_secret"
            yield f"The token is a {name}: with it a token is fetched from {TOKEN_PATH} first."
    if value in sites(case):
        yield "The token is an apiKey: that stands in the path, and after Bearer a token."
    header = case.request.header("authorization") or ""
    if (owner := case.owner_of(value) or case.owner_of(header)) is not None:
        yield f"The token is {owner}: Algonomy wants one of its own, from {TOKEN_PATH}."


def _misspelt(case: Case, value: str) -> Iterator[str]:
    known = [token.value for token in all_tokens(case)]
    for one in known:
        if _SHORTEST_BEGINNING <= len(value) < len(one) and one.startswith(value):
            yield f"The token is cut off: it has {len(value)} characters of {len(one)}."
    if (near := nearest(value, known, _NEAR)) is not None:
        yield f"The token is mistyped: it is nearly the one that ends in {masked(near)}."


VALID = Check(
    name="token's validity",
    expects="Bearer and a token of this environment, 28,800 s old at most",
    failures=(INVALID_TOKEN,),
    got=_got,
    cause=lambda case: next(_invalid_causes(case), None),
    mend=_mend_token,
)
RATE = Check(
    name="rate of calls",
    expects="as many calls of one client in a second as the setting updates_per_second allows",
    failures=(RATE_LIMITED,),
    got=lambda case: f"a call to {environment_of(case.work)}, by its client",
)
