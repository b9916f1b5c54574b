"""The front door: what headers and path decide before anybody looks at the event, in order.

The Authorization header says who calls; WP13n-Token says which reactor is meant, and may be narrower: to browsers or
servers, to origins, to addresses. A caller is only through when both agree. Records need no token.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from sqlite3 import Row
from typing import TypeAlias

import orjson

from emulator.core.cors import origin_of
from emulator.core.credentials import Caller, OwnCredential, scheme_and_value
from emulator.core.description import SecurityScheme
from emulator.core.errors import Fact, Refusal
from emulator.core.work import Work
from emulator.vendors.treasuredata.contract import (
    NAME_PATTERN,
    PUBLIC,
    RECORDS,
    Batch,
    Event,
    PersonalizationSettings,
)
from emulator.vendors.treasuredata.errors import (
    ACCOUNT_CONFLICT,
    CHECK_ORDER,
    CLIENT_IP_UNKNOWN,
    FORBIDDEN,
    IP_REFUSED,
    METHOD_MISSING,
    METHOD_UNSUPPORTED,
    NOT_FOUND,
    ORIGIN_INVALID,
    REACTOR_CONFLICT,
    TOKEN_MALFORMED,
    TOKEN_MISSING,
    TOKEN_TYPE,
    TOKEN_UNKNOWN,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
)
from emulator.vendors.treasuredata.tables import FIND_API_KEY, FIND_TOKEN, LIST_API_KEYS, LIST_TOKENS

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

SECURITY: Mapping[str, SecurityScheme] = {
    "td_api_key": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "OpenAPI: `TD1 {key}`, where the key is {account number}/{40 hex digits}; write-only, write or "
        "master.",
    }
}

_NAME = re.compile(NAME_PATTERN)
_TOKEN = re.compile(r"([0-9]+)/([0-9]+)/([0-9a-fA-F]{32})")


@dataclass(frozen=True, slots=True)
class KeyHolder(Caller):
    account: str


@dataclass(frozen=True, slots=True)
class Channel(KeyHolder):
    """A caller with the way that its token opens: to one reactor of one parent segment.

    `deployment` tells which configuration the reactor runs, `deployed` whether that one has the token.
    """

    reactor: str
    parent_segment: str
    deployment: str
    public: bool = False
    deployed: bool = True


def authenticate(work: Work) -> KeyHolder:
    try:
        return _admitted(work)
    except Refusal:
        if sum(_faults(work)) > 1:
            work.rely(CHECK_ORDER)
        raise


def _faults(work: Work) -> Iterator[bool]:
    """Of everything that can be wrong with a call, in the order in which it is told, whether it is."""
    database, table = work.request.segments[-2:]
    body = Batch if _is_below(work, RECORDS) else Event
    account = _of(_account, work, database)
    yield account is None
    yield work.request.media_type not in body.bodies
    yield not _are_names(database, table)
    if body is Event:
        parts = _TOKEN.fullmatch(_header(work, "wp13n-token").strip())
        token = None if parts is None else work.db.one(FIND_TOKEN, value=parts[3].lower())
        yield token is None
        if parts is not None and token is not None:
            yield account not in (None, parts[1])
            yield (parts[1], parts[2]) != (token["account"], token["reactor"])
            yield bool(token["public"]) != _is_below(work, PUBLIC)
            yield bool(token["public"]) and _of(_check_origin, work, token) is None
            yield _of(_check_address, work, token) is None
    yield _of(body.from_request, work.request) is None


def _of(check: Callable[..., object], *about: object) -> object:
    """What the check gives, `True` where that is nothing; `None` where it refuses."""
    try:
        found = check(*about)
    except (Refusal, Fact):
        return None
    return True if found is None else found


def _admitted(work: Work) -> KeyHolder:
    database, table = work.request.segments[-2:]
    imports = _is_below(work, RECORDS)
    account = _account(work, database)
    if work.request.media_type not in (Batch if imports else Event).bodies:
        raise UNSUPPORTED_MEDIA_TYPE()
    check_names(database, table)
    return KeyHolder(f"account {account}", account) if imports else _channel(work, account)


def _are_names(database: str, table: str) -> bool:
    return bool(_NAME.fullmatch(database) and _NAME.fullmatch(table))


def check_names(database: str, table: str) -> None:
    if not _are_names(database, table):
        raise NOT_FOUND()


def check_preflight(work: Work, database: str, table: str) -> None:
    """A preflight has no token, so a token's own origins cannot be asked here."""
    method = _header(work, "access-control-request-method").strip()
    faults = not _are_names(database, table), origin_of(work.request) is None, method != "POST"
    if sum(faults) > 1:
        work.rely(CHECK_ORDER)
    check_names(database, table)
    if origin_of(work.request) is None:
        raise ORIGIN_INVALID()
    if not method:
        raise METHOD_MISSING()
    if method != "POST":
        raise METHOD_UNSUPPORTED()


def _channel(work: Work, account: str) -> Channel:
    token = _token(work, account)
    if bool(token["public"]) != _is_below(work, PUBLIC):
        raise TOKEN_TYPE()
    if token["public"]:
        _check_origin(work, token)
    _check_address(work, token)
    return Channel(
        id=f"account {account}, token {token['name']} of {token['service']}",
        account=account,
        reactor=token["reactor"],
        parent_segment=token["parent_segment"],
        deployment=token["deployment"],
        public=bool(token["public"]),
        deployed=bool(token["deployed"]),
    )


def _account(work: Work, database: str) -> str:
    """The account that the API key belongs to. `TD1` is written so: the published pattern is case-sensitive."""
    scheme, value = scheme_and_value(_header(work, "authorization"))
    key = work.db.one(FIND_API_KEY, value=value) if scheme == "TD1" else None
    if key is None or _elsewhere(work.request.realm, key["region"]):
        raise UNAUTHORIZED()
    if key["databases"] is not None and database not in orjson.loads(key["databases"]):
        raise FORBIDDEN()
    account: str = key["account"]
    return account


def _header(work: Work, name: str) -> str:
    """A header that is sent twice is one header with a comma in it, and right in neither way."""
    return ", ".join(work.request.all_headers(name))


def _elsewhere(asked: str, home: str | None) -> bool:
    """Whether the call went to a production host of a region that does not know the account."""
    return bool(asked and home) and asked != home


def _token(work: Work, account: str) -> Row:
    header = _header(work, "wp13n-token").strip()
    if not header:
        raise TOKEN_MISSING()
    parts = _TOKEN.fullmatch(header)
    if parts is None:
        raise TOKEN_MALFORMED()
    token = work.db.one(FIND_TOKEN, value=parts[3].lower())
    if token is None:
        raise TOKEN_UNKNOWN()
    if parts[1] != account:
        raise ACCOUNT_CONFLICT()
    if (parts[1], parts[2]) != (token["account"], token["reactor"]):
        raise REACTOR_CONFLICT()
    return token


def _is_below(work: Work, prefix: str) -> bool:
    return work.operation is not None and work.operation.path.startswith(prefix)


def _check_origin(work: Work, token: Row) -> None:
    origin = origin_of(work.request)
    allowed = orjson.loads(token["allowed_origins"])
    if origin is None or (allowed and origin.lower() not in allowed):
        raise ORIGIN_INVALID()


def _check_address(work: Work, token: Row) -> None:
    networks = allowed_networks(token["allowed_ips"])
    if not networks:
        return
    address = client_address(work)
    if address is None:
        raise CLIENT_IP_UNKNOWN()
    if not any(address in network for network in networks):
        raise IP_REFUSED()


def client_address(work: Work) -> Address | None:
    """Where the call comes from. An IPv4 address that came over an IPv6 socket counts as IPv4."""
    settings: PersonalizationSettings = work.settings
    named = settings.client_ip_header and work.request.header(settings.client_ip_header.lower())
    text = (work.request.client_ip or "") if named is None else named.partition(",")[0].strip()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=256)
def allowed_networks(allowed_ips: str) -> Sequence[Network]:
    """A token's allowedIps, addresses and CIDR ranges, from their JSON text. Raises `ValueError`."""
    return tuple(ipaddress.ip_network(one, strict=False) for one in orjson.loads(allowed_ips))


OWN_CREDENTIALS = (
    OwnCredential({"header": "Authorization: TD1 {TREASUREDATA_API_KEY}"}),
    OwnCredential({"header": "WP13n-Token: {TREASUREDATA_TOKEN}"}),
)
"""The token is ``account/instance/token``."""
PUBLISHED = ("12345789abcdef012345678901234567", "6b6ea5f8df5845fa8e7962f9e1ba84a3")
"""Tokens of the documentation's examples."""


def credentials(work: Work) -> list[Mapping[str, str]]:
    """Every header that opens something in this world; a call needs one of each kind. `region` is the only one that
    knows a key's account, and `limits` says why a credential does not open everything to everybody."""
    return [
        *[_key_credential(key) for key in work.db.all(LIST_API_KEYS)],
        *[_token_credential(token) for token in work.db.all(LIST_TOKENS)],
    ]


def secrets(work: Work) -> Iterator[str]:
    """Keys, with and without the account that they begin with, and tokens without account and reactor."""
    for key in work.db.all(LIST_API_KEYS):
        yield from (key["value"], key["value"].partition("/")[2])
    yield from (token["value"] for token in work.db.all(LIST_TOKENS))


def _key_credential(key: Row) -> Mapping[str, str]:
    databases = None if key["databases"] is None else orjson.loads(key["databases"])
    limits = [] if databases is None else [f"only for {', '.join(databases) or 'no database'}"]
    region = {"region": key["region"]} if key["region"] else {}
    return {
        "name": f"account {key['account']}, {key['type']} key",
        "kind": f"{key['type']} key",
        "header": f"Authorization: TD1 {key['value']}",
        **region,
        **_told(limits),
    }


def _token_credential(token: Row) -> Mapping[str, str]:
    kind = "public" if token["public"] else "private"
    addresses, pages = orjson.loads(token["allowed_ips"]), orjson.loads(token["allowed_origins"])
    limits = [f"only from {', '.join(addresses)}"] if addresses else []
    limits += [f"only on pages of {', '.join(pages)}"] if pages else []
    limits += [] if token["deployed"] else ["not deployed: 2015"]
    return {
        "name": ", ".join([f"account {token['account']}, {kind} token {token['name']} of {token['service']}", *limits]),
        "kind": f"{kind} token",
        "header": f"WP13n-Token: {token['account']}/{token['reactor']}/{token['value']}",
        **_told(limits),
    }


def _told(limits: Sequence[str]) -> Mapping[str, str]:
    return {"limits": ", ".join(limits)} if limits else {}
