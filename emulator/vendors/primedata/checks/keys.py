"""Who calls: the key of the searches, and the data source of the tracking calls with its write key."""

import base64
import binascii
from collections.abc import Sequence
from sqlite3 import Row

from emulator.core.checks import Case, Check, Draft, told
from emulator.core.credentials import masked
from emulator.core.slips import likest, nearest, spoiled, unspoiled
from emulator.vendors.primedata.auth import ACCESS_TOKEN, CLIENT_ID
from emulator.vendors.primedata.checks.bodies import sent_object
from emulator.vendors.primedata.errors import AUTHENTICATION, RATE_LIMIT, TRACKING_UNAUTHORIZED
from emulator.vendors.primedata.tables import API_KEYS, SOURCES

_KEY = "x-api-key"
_ID, _TOKEN = "X-Client-Id", "X-Client-Access-Token"
_SHORTEST_PIECE = 6
_WHERE = "GET /_emulator/vendors lists those that work"


def _keys(case: Case) -> list[str]:
    return [str(row["key"]) for row in case.work.db.all(API_KEYS)]


def _sources(case: Case) -> list[Row]:
    return case.work.db.all(SOURCES)


def _named(source: Row) -> str:
    return f"{source['id']} ({source['name']})" if source["name"] else str(source["id"])


def _secret(text: str) -> str:
    """Without a scheme word in front."""
    return unspoiled(text.strip().rpartition(" ")[2])


def _elsewhere(case: Case, wanted: Sequence[str], usual: Sequence[str]) -> tuple[str, str] | None:
    """Where else in the call one of the keys stands, and the key."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in case.request.headers]
    places = [(f"the header {name}", value) for name, value in headers if name not in usual]
    places += [(f"the query parameter {name}", value) for name, value in case.request.query]
    return next(((place, _secret(value)) for place, value in places if _secret(value) in wanted), None)


def _resembling(secret: str, known: Sequence[str]) -> str | None:
    """The end of a sentence about a key that is almost one of those known."""
    for key in known:
        if key.lower() == secret.lower():
            return "is written in another case: it is compared to the letter"
        if len(secret) >= _SHORTEST_PIECE and secret in key:
            return f"is cut off: the whole of it has {len(key)} characters"
        if len(key) >= _SHORTEST_PIECE and key in secret:
            return "has something before or after it"
    return "is mistyped: another one of this world resembles it" if nearest(secret, known, 0.85) else None


# the searches' key ----------------------------------------------------------------------------------------------------


def _key_cause(case: Case) -> str | None:
    sent, known = case.request.header(_KEY), _keys(case)
    if not sent:
        other = _elsewhere(case, known, (_KEY,))
        if other is not None:
            return f"The key stands in {other[0]}: it belongs in the header {_KEY}."
        if case.request.header(CLIENT_ID) or case.request.header(ACCESS_TOKEN):
            return f"The call has the keys of tracking: the searches take a key of their own, in the header {_KEY}."
        return f"The call has no header {_KEY}." if sent is None else f"The header {_KEY} is empty."
    if _secret(sent) in known:
        slip = spoiled(sent) if " " not in sent.strip() else None
        return f"The key {slip}." if slip else f"The header {_KEY} has the key alone, without a word in front of it."
    return _about_key(case, sent, known)


def _about_key(case: Case, sent: str, known: Sequence[str]) -> str | None:
    for source in _sources(case):
        if sent in (source["write_key"], source["id"]):
            what = "write key" if sent == source["write_key"] else "id"
            return f"The key is the {what} of the data source {_named(source)}, which tracks and does not search."
    if (owner := case.owner_of(sent)) is not None:
        return f"The key is {owner}, not PrimeData's."
    if _encoded(sent) in known:
        return "The key was decoded from Base64: it is sent as it was issued."
    if _decoded(sent) in known:
        return "The key was encoded in Base64: it is sent as it was issued."
    if (slip := spoiled(sent)) is not None:
        return f"The key {slip}."
    if not known:
        return "This workspace has no key: its scenario plants none under primedata.api_keys."
    resembling = _resembling(sent, known)
    return f"The key {resembling}." if resembling else f"This workspace has no key {masked(sent)}; {_WHERE}."


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("latin-1", "replace")).decode()


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _key_mend(case: Case, draft: Draft) -> None:
    sent, known = draft.header(_KEY) or "", _keys(case)
    other = _elsewhere(case, known, (_KEY,)) if not sent else None
    written = (_secret(sent), _encoded(sent), _decoded(sent), other[1] if other else None)
    key = next((one for one in written if one in known), None) or next(iter(likest(sent, known)), None)
    if key is not None:
        draft.set_header(_KEY, key)


KEY = Check(
    name="API key",
    expects=f"{_KEY}: a key of the workspace",
    failures=(AUTHENTICATION,),
    got=lambda case: case.header(_KEY),
    cause=_key_cause,
    mend=_key_mend,
)
LIMIT = Check(
    name="requests per second",
    expects="not more calls of one key within a second than requests_per_second",
    failures=(RATE_LIMIT,),
    got=lambda case: f"a limit of {case.work.settings.requests_per_second or 'none'}",
)


# the data source ------------------------------------------------------------------------------------------------------


def _source_got(case: Case) -> str:
    sent = case.request.header(CLIENT_ID)
    known = sent is not None and any(sent == source["id"] for source in _sources(case))
    written = f"{_ID}: {sent if known else told(sent)}" if sent is not None else f"no header {_ID}"
    return f"{written}, {case.header(_TOKEN)}"


def _source_cause(case: Case) -> str | None:
    client, token = case.request.header(CLIENT_ID), case.request.header(ACCESS_TOKEN)
    sources = _sources(case)
    if not sources:
        return "This workspace has no data source: its scenario plants none under primedata.sources."
    if not client or not token:
        return _lacking(case, client, token, sources)
    by_id = {source["id"]: source for source in sources}
    by_key = {source["write_key"]: source for source in sources}
    if client in by_key and token in by_id:
        return f"{_ID} and {_TOKEN} are swapped: the one is the data source's id, the other its write key."
    if client in by_id:
        return _about_token(case, by_id[client], token, by_key)
    if token in by_key:
        return f"{_ID} is not the id of the data source whose write key this is: {by_key[token]['id']}."
    for value in (token, client):
        if (owner := case.owner_of(value)) is not None:
            return f"The write key is {owner}, not PrimeData's."
    if (slip := spoiled(client)) is not None:
        return f"{_ID} {slip}."
    alike = nearest(client, by_id)
    return f"There is no data source of this id{f'; the nearest is {alike}' if alike else f'; {_WHERE}'}."


def _lacking(case: Case, client: str | None, token: str | None, sources: Sequence[Row]) -> str:
    name, wanted = (_ID, "id") if not client else (_TOKEN, "write_key")
    other = _elsewhere(case, [source[wanted] for source in sources], (CLIENT_ID, ACCESS_TOKEN))
    what = "id" if wanted == "id" else "write key"
    if other is not None:
        return f"The {what} of the data source stands in {other[0]}: it belongs in the header {name}."
    if not client and not token:
        has = f" and has one for the searches, {_KEY}" if case.request.header(_KEY) else ""
        return f"The call has neither {_ID} nor {_TOKEN}{has}: tracking takes a data source's id and its write key."
    owner = next((source for source in sources if source["write_key"] == token), None)
    whose = f", which is {owner['id']} where this is the write key" if owner is not None else ""
    return f"The call has no header {name} for the {what} of the data source{whose}."


def _about_token(case: Case, source: Row, token: str, by_key: dict[str, Row]) -> str | None:
    if token in by_key:
        return f"The write key is that of the data source {_named(by_key[token])}, not of {_named(source)}."
    if token in _keys(case):
        return f"{_TOKEN} is a key for the searches: tracking takes the write key of {_named(source)}."
    if token == source["id"]:
        return f"{_TOKEN} repeats the data source's id: it is for its write key."
    if (owner := case.owner_of(token)) is not None:
        return f"The write key is {owner}, not PrimeData's."
    if _secret(token) == source["write_key"]:
        return f"The header {_TOKEN} has the write key alone, without a word in front of it."
    slip = spoiled(token) or _resembling(token, [source["write_key"]])
    return f"The write key {slip}." if slip else f"The write key is not that of {_named(source)}; {_WHERE}."


def _source_mend(case: Case, draft: Draft) -> None:
    client, token = draft.header(_ID) or "", draft.header(_TOKEN) or ""
    sources = {source["id"]: source["write_key"] for source in _sources(case)}
    by_key = {key: source for source, key in sources.items()}
    events = sent_object(case).get("events")
    scope = events[0].get("scope") if isinstance(events, list) and events and isinstance(events[0], dict) else None
    meant = (
        unspoiled(client),
        by_key.get(_secret(token)),
        by_key.get(client),
        scope if isinstance(scope, str) else None,
    )
    source = next((one for one in meant if one in sources), None) or next(iter(likest(client, sources)), None)
    if source is not None:
        draft.set_header(_ID, source)
        draft.set_header(_TOKEN, sources[source])


SOURCE = Check(
    name="data source",
    expects=f"{_ID}: the id of a data source, and {_TOKEN}: its write key",
    failures=(TRACKING_UNAUTHORIZED,),
    got=_source_got,
    cause=_source_cause,
    mend=_source_mend,
)
