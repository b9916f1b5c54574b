"""The token of the header WP13n-Token: which reactor is meant, and whether this account and this path may have it."""

import re
from collections.abc import Iterator
from sqlite3 import Row

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.core.cors import origin_of
from emulator.core.credentials import masked, scheme_and_value
from emulator.core.slips import likest, nearest, spoiled, unspoiled
from emulator.vendors.treasuredata.auth import allowed_networks, client_address
from emulator.vendors.treasuredata.checks.bodies import holds_records, to_records
from emulator.vendors.treasuredata.checks.keys import key_of
from emulator.vendors.treasuredata.checks.places import place_of
from emulator.vendors.treasuredata.contract import PUBLIC
from emulator.vendors.treasuredata.errors import (
    TOKEN_MALFORMED,
    TOKEN_MISSING,
    TOKEN_UNKNOWN,
)
from emulator.vendors.treasuredata.service.configuration import configuration
from emulator.vendors.treasuredata.tables import (
    FIND_API_KEY,
    FIND_CONFIGURATION,
    FIND_TOKEN,
    LIST_TOKENS,
)

HEADER = "WP13n-Token"
_FORM = re.compile(r"([0-9]+)/([0-9]+)/([0-9a-fA-F]{32})")
_DIGITS = re.compile(r"[0-9a-fA-F]{32}")
_LENGTH = 32
_NEAR = 0.85
_SHORTEST_BEGINNING = 8
_MOST_NAMED = 4


def presented(case: Case) -> str:
    return ", ".join(case.request.all_headers(HEADER.lower())).strip()


def parts_of(case: Case) -> tuple[str, str, str] | None:
    parts = _FORM.fullmatch(presented(case))
    return None if parts is None else (parts[1], parts[2], parts[3].lower())


def token_of(case: Case) -> Row | None:
    """The row of the token that the call presents, with its reactor's parent segment and deployment."""
    parts = parts_of(case)
    return None if parts is None else case.work.db.one(FIND_TOKEN, value=parts[2])


def named(token: Row) -> str:
    kind = "public" if token["public"] else "private"
    return f"the {kind} token {token['name']} of {token['service']}"


def written(token: Row) -> str:
    return f"{token['account']}/{token['reactor']}/{token['value']}"


def _known(case: Case) -> dict[str, Row]:
    return {row["value"]: row for row in case.work.db.all(LIST_TOKENS)}


def is_public_path(case: Case) -> bool:
    return case.operation.path.startswith(PUBLIC)


def _got(case: Case) -> str:
    return case.header(HEADER)


# which token is meant -------------------------------------------------------------------------------------------------


def is_open(case: Case, token: Row) -> bool:
    """Whether nothing of the token's own stands in the way of this call but its kind and account."""
    origins, networks = orjson.loads(token["allowed_origins"]), allowed_networks(token["allowed_ips"])
    origin, address = origin_of(case.request), client_address(case.work)
    if networks and not (address and any(address in network for network in networks)):
        return False
    return bool(token["deployed"]) and (not origins or (origin is not None and origin.lower() in origins))


def _serves(case: Case, token: Row) -> bool:
    """Whether events of the path's table reach the token's reactor."""
    row = case.work.db.one(FIND_TOKEN, value=token["value"])
    found = row and case.work.db.one(FIND_CONFIGURATION, parent_segment=row["parent_segment"])
    return found is not None and place_of(case) in configuration(found["configuration"]).tables


def substitute(case: Case, *, public: bool, anywhere: bool = True) -> Row | None:
    """The token that this call could use instead of its own: of the key's account if there is one, open to this call,
    and as much like the call's own as can be. Not `anywhere`: of that account and kind only."""
    known = _known(case)
    key, own = key_of(case), token_of(case)
    account = key["account"] if key is not None else None
    reactor = own["reactor"] if own is not None else None
    candidates = [known[value] for value in likest(presented(case), known)]
    if not anywhere:
        candidates = [one for one in candidates if (one["account"], bool(one["public"])) == (account, public)]
    if not candidates:
        return None
    return min(
        candidates,
        key=lambda one: (
            one["account"] != account,
            bool(one["public"]) != public,
            not is_open(case, one),
            not _serves(case, one),
            one["reactor"] != reactor,
        ),
    )


def _meant(case: Case) -> Row | None:
    """The token that the call has in some form or in some place."""
    known = _known(case)
    texts = [presented(case), *(value.decode("latin-1") for _, value in case.request.headers)]
    for text in [*texts, *(value for _, value in case.request.query)]:
        plain = unspoiled(text).lower().replace("-", "")
        for value in known:
            if value in plain:
                return known[value]
    return None


def _mend(case: Case, draft: Draft) -> None:
    token = _meant(case) or substitute(case, public=draft.path.startswith(PUBLIC))
    if token is not None:
        draft.set_header(HEADER, written(token))


# there at all, and in form --------------------------------------------------------------------------------------------


def _missing_causes(case: Case) -> Iterator[str]:
    if case.request.all_headers(HEADER.lower()):
        yield "The header WP13n-Token is blank."
    known = _known(case)
    for name, octets in case.request.headers:
        if any(value in octets.decode("latin-1").lower() for value in known):
            header = "-".join(part.capitalize() for part in name.decode("latin-1").split("-"))
            hint = ", whatever older texts of code 3000 say" if header == "X-Token" else ""
            yield f"The token is in the header {header}: only WP13n-Token is read{hint}."
    for parameter, value in case.request.query:
        if any(token in value.lower() for token in known):
            yield f"The token is the query parameter {parameter}: it belongs in the header WP13n-Token."
    if holds_records(case):
        database, table = place_of(case)
        yield (
            f"The call has records and no token, as the records hosts take them: /records/{database}/{table} is the "
            "path for that."
        )
    yield "The header WP13n-Token is missing: it is account, instance and token, with slashes between them."


def _mend_missing(case: Case, draft: Draft) -> None:
    if _meant(case) is None and holds_records(case):
        to_records(draft)
    else:
        _mend(case, draft)


PRESENT = Check(
    name="token header",
    expects="a header WP13n-Token",
    failures=(TOKEN_MISSING,),
    got=_got,
    cause=lambda case: next(_missing_causes(case), None),
    mend=_mend_missing,
)


def _form_causes(case: Case) -> Iterator[str]:
    headers, text, known = case.request.all_headers(HEADER.lower()), presented(case), _known(case)
    if len(headers) > 1:
        yield f"The header WP13n-Token is sent {len(headers)} times, and counts as one with commas in it: send one."
    scheme, value = scheme_and_value(text)
    if case.work.db.one(FIND_API_KEY, value=value) is not None:
        yield "WP13n-Token has an API key: that belongs in Authorization, and here comes the token."
    if (owner := case.owner_of(value) or case.owner_of(text)) is not None and value not in known:
        yield f"The token is {owner}: Treasure Data wants a token of its own in WP13n-Token."
    if scheme and _FORM.fullmatch(value):
        yield f"The token has the scheme word {scheme} before it: WP13n-Token takes none."
    if text.lower() in known:
        token = known[text.lower()]
        yield f"The token lacks its account and instance: write {token['account']}/{token['reactor']}/ before it."
    if (slip := spoiled(text)) is not None:
        yield f"The token {slip}."
    yield from _wrong_parts(text)


def _wrong_parts(text: str) -> Iterator[str]:
    parts = text.split("/")
    if _DIGITS.fullmatch(parts[-1].replace("-", "")) and "-" in parts[-1]:
        yield "The token has dashes in it, as a UUID has: it is the 32 hex digits alone."
    if len(parts) != 3:
        yield f"The token has {len(parts)} parts: it is account, instance and 32 hex digits, with slashes between them."
    elif not all(one.isascii() and one.isdigit() for one in parts[:2]):
        yield "Account and instance, which stand before the token, are not both numbers."
    elif len(parts[2]) != _LENGTH:
        yield f"The token's last part has {len(parts[2])} characters: it is {_LENGTH} hex digits."
    else:
        yield "The token's last part has characters that are no hex digits."


FORM = Check(
    name="token's form",
    expects="{account id}/{instance id}/{32 hex digits}",
    failures=(TOKEN_MALFORMED,),
    got=_got,
    cause=lambda case: next(_form_causes(case), None),
    mend=_mend,
)


# known ---------------------------------------------------------------------------------------------------------------


def _unknown_causes(case: Case) -> Iterator[str]:
    known, parts = _known(case), parts_of(case)
    value = parts[2] if parts else ""
    owner = case.owner_of(value) or case.owner_of(presented(case))
    if owner is not None:
        yield f"The token is {owner}: Treasure Data wants a token of its own in WP13n-Token."
    if not known:
        yield (
            "This world has no personalization service with a token: load a scenario with "
            "treasuredata.personalization_services, such as demo."
        )
    if (near := nearest(value, known, _NEAR)) is not None:
        yield f"The token is mistyped: it is nearly {named(known[near])}."
    there = ", ".join(masked(one) for one in likest(value, known)[:_MOST_NAMED])
    yield (
        f"No personalization service of this world has the token {masked(value)}; the tokens that there are end in "
        f"{there}."
    )


KNOWN = Check(
    name="token's service",
    expects="a token of a personalization service",
    failures=(TOKEN_UNKNOWN,),
    got=_got,
    cause=lambda case: next(_unknown_causes(case), None),
    mend=_mend,
)
