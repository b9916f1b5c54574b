"""The API key: whose call it is, and whether that account may write where the call wants to."""

import re
from collections.abc import Iterator
from sqlite3 import Row

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.core.credentials import masked, scheme_and_value
from emulator.core.slips import as_typed, likest, nearest, spoiled, unspoiled
from emulator.vendors.treasuredata.errors import FORBIDDEN, UNAUTHORIZED
from emulator.vendors.treasuredata.tables import FIND_API_KEY, FIND_TOKEN, LIST_API_KEYS

SCHEME = "TD1"
_TOKEN_HEADER = "wp13n-token"
_TOKEN = re.compile(r"([0-9]+)/([0-9]+)/([0-9a-fA-F]{32})")
_SHORTEST_BEGINNING = 8
_NEAR = 0.85
_MOST_NAMED = 4


def presented(case: Case) -> str:
    return ", ".join(case.request.all_headers("authorization")).strip()


def key_of(case: Case) -> Row | None:
    """The row of the key that the call presents, whatever else is wrong with it."""
    scheme, value = scheme_and_value(presented(case))
    return case.work.db.one(FIND_API_KEY, value=value) if scheme == SCHEME else None


def named(key: Row) -> str:
    return f"the {key['type']} key {masked(key['value'])} of account {key['account']}"


def _known(case: Case) -> dict[str, Row]:
    return {row["value"]: row for row in case.work.db.all(LIST_API_KEYS)}


def _at_home(case: Case, key: Row) -> bool:
    return not (case.request.realm and key["region"]) or case.request.realm == key["region"]


# the key --------------------------------------------------------------------------------------------------------------


def _key_cause(case: Case) -> str | None:
    return next(_key_causes(case), None)


def _key_causes(case: Case) -> Iterator[str]:
    """The likeliest mistake first."""
    headers = case.request.all_headers("authorization")
    if not "".join(headers).strip():
        yield from _elsewhere(case)
        state = "is empty" if headers else "is missing"
        yield f"The header Authorization {state}: it is TD1, a space, and an API key."
    if len(headers) > 1:
        yield f"The header Authorization is sent {len(headers)} times, and counts as one with commas in it: send one."
    scheme, value = scheme_and_value(presented(case))
    known = _known(case)
    if value in known:
        yield from _misworded(case, scheme, known[value])
    yield from _of_another_kind(case, value)
    if not known:
        yield (
            "This world has no Treasure Data account, so that no key is right: load a scenario with "
            "treasuredata.account.api_keys, such as demo."
        )
    yield from _misspelt(value, known)
    if (slip := spoiled(value)) is not None:
        yield f"The key {slip}."
    yield _unknown(value, known)


def _elsewhere(case: Case) -> Iterator[str]:
    """A key that stands in another header, or in the query string."""
    known = _known(case)
    for name, octets in case.request.headers:
        if scheme_and_value(octets.decode("latin-1"))[1] in known:
            header = "-".join(part.capitalize() for part in name.decode("latin-1").split("-"))
            yield f"The key is in the header {header}: it belongs in Authorization, after TD1 and a space."
    for parameter, value in case.request.query:
        if scheme_and_value(value)[1] in known:
            yield f"The key is the query parameter {parameter}: it belongs in Authorization, after TD1 and a space."


def _misworded(case: Case, scheme: str, key: Row) -> Iterator[str]:
    if scheme == SCHEME:
        yield (
            f"The key is of an account in {key['region']}, and the call went to {case.request.realm}: the hosts of a "
            "region know its own accounts only."
        )
    elif not scheme:
        yield "The key stands without its scheme word: write Authorization: TD1, a space, and the key."
    else:
        yield f"The scheme word is {as_typed(scheme)}: Treasure Data's is TD1, written so."


def _of_another_kind(case: Case, value: str) -> Iterator[str]:
    token = _TOKEN.fullmatch(value)
    if token is not None and case.work.db.one(FIND_TOKEN, value=token[3].lower()):
        if scheme_and_value(case.request.header(_TOKEN_HEADER) or "")[1] in _known(case):
            yield "Key and token have changed places: the key is in WP13n-Token, and the token in Authorization."
        yield "The header Authorization has a token: that belongs in WP13n-Token, and here comes TD1 and an API key."
    whole = presented(case)
    owner = case.owner_of(value) or case.owner_of(whole)
    if owner is not None and value not in _known(case):
        yield f"The key is {owner}: Treasure Data wants Authorization: TD1 and a key of its own."


def _misspelt(value: str, known: dict[str, Row]) -> Iterator[str]:
    text = unspoiled(value)
    if text != value and text in known:
        yield f"The key {spoiled(value) or 'has spaces around it'}."
    if text.lower() in known:
        yield "The key has capital letters: its digits are 0-9 and a-f."
    for one, key in known.items():
        account, _, digits = one.partition("/")
        if text == digits:
            yield f"The key lacks its account: it begins with {account}/."
        if text.endswith("/" + digits):
            yield f"The key is that of account {key['account']}, and has another account before its slash."
        if len(text) >= _SHORTEST_BEGINNING and one.startswith(text):
            yield f"The key is cut off: it has {len(text)} characters of {len(one)}."
        if text.startswith(one):
            yield "The key has something after its end."
    if (near := nearest(text, known, _NEAR)) is not None:
        yield f"The key is mistyped: it is nearly {named(known[near])}."


def _unknown(value: str, known: dict[str, Row]) -> str:
    there = ", ".join(masked(one) for one in likest(value, known)[:_MOST_NAMED])
    return f"No account of this world has the key {masked(value)}; the keys that there are end in {there}."


def _mend_key(case: Case, draft: Draft) -> None:
    known = _known(case)
    if not known:
        return
    key = known[_meant(case, known)]
    if not _at_home(case, key):
        draft.realm = key["region"]
    stray = {name for name, value in draft.headers if scheme_and_value(value)[1] in known}
    for name in stray - {"authorization", "Authorization"}:
        draft.drop_header(name)
    for name, value in case.request.query:
        if scheme_and_value(value)[1] in known:
            draft.set_query(name, None)
    token = _TOKEN.fullmatch(scheme_and_value(presented(case))[1])
    if token is not None and draft.header(_TOKEN_HEADER) is None:
        draft.set_header("WP13n-Token", token[0])
    draft.set_header("Authorization", f"{SCHEME} {key['value']}")


def _meant(case: Case, known: dict[str, Row]) -> str:
    """The key that the call has in some form or place; or else one that is good here, of the token's account."""
    texts = [value.decode("latin-1") for _, value in case.request.headers] + [value for _, value in case.request.query]
    for text in texts:
        for one in (scheme_and_value(text)[1], unspoiled(scheme_and_value(text)[1])):
            if one in known:
                return one
    value = unspoiled(scheme_and_value(presented(case))[1])
    account = (case.request.header(_TOKEN_HEADER) or "").partition("/")[0]
    candidates = [one for one in likest(value, known) if _at_home(case, known[one])] or likest(value, known)
    tail = value[-4:]
    return min(
        candidates,
        key=lambda one: (
            not (tail and one.endswith(tail)),
            not _may_write(known[one], case.found.get("database", "")),
            known[one]["account"] != account,
        ),
    )


API_KEY = Check(
    name="API key",
    expects="Authorization: TD1 and the API key of an account, which its region's hosts know",
    failures=(UNAUTHORIZED,),
    got=lambda case: case.header("Authorization"),
    cause=_key_cause,
    mend=_mend_key,
)


# its right to write ---------------------------------------------------------------------------------------------------


def _databases(key: Row) -> list[str] | None:
    """Those that it may write to; `None` is all."""
    found: list[str] | None = None if key["databases"] is None else orjson.loads(key["databases"])
    return found


def _may_write(key: Row, database: str) -> bool:
    allowed = _databases(key)
    return allowed is None or database in allowed


def _rights(case: Case) -> str:
    key = key_of(case)
    if key is None:
        return "no key"
    allowed = _databases(key)
    where = "all databases" if allowed is None else " and ".join(allowed) or "no database"
    return f"{named(key)}, which may write to {where}; the path names {case.found.get('database')}"


def _rights_cause(case: Case) -> str | None:
    key, database = key_of(case), case.found.get("database", "")
    if key is None:
        return None
    allowed = _databases(key) or []
    near = nearest(database, allowed)
    if near is not None:
        return f"The database {database!r} is misspelt: the key may write to {near}."
    where = " and ".join(allowed) or "no database at all"
    others = [named(one) for one in _known(case).values() if _may_write(one, database) and _at_home(case, one)]
    hint = f"; {others[0]} may write to it" if others else ""
    return f"The key of account {key['account']} may write to {where}, and the path names {database}{hint}."


def _mend_rights(case: Case, draft: Draft) -> None:
    key, database = key_of(case), case.found.get("database", "")
    if key is None:
        return
    allowed = _databases(key) or []
    near = nearest(database, allowed)
    others = [one for one in _known(case).values() if _may_write(one, database) and _at_home(case, one)]
    if near is None and others:
        best = min(others, key=lambda one: one["account"] != key["account"])
        draft.set_header("Authorization", f"{SCHEME} {best['value']}")
    elif allowed:
        draft.set_value(case.operation, "database", near or allowed[0])


RIGHT_TO_WRITE = Check(
    name="right to write",
    expects="a key that may write to the path's database",
    failures=(FORBIDDEN,),
    got=_rights,
    cause=_rights_cause,
    mend=_mend_rights,
)
