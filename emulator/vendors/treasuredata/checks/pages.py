"""Where the call comes from: the page's origin, its preflight, the caller's address."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.core.cors import is_origin
from emulator.core.slips import as_typed
from emulator.vendors.treasuredata.auth import Network, allowed_networks, client_address
from emulator.vendors.treasuredata.checks.places import place_of
from emulator.vendors.treasuredata.checks.tokens import HEADER, is_public_path, substitute, token_of, written
from emulator.vendors.treasuredata.contract import PersonalizationSettings
from emulator.vendors.treasuredata.errors import (
    CLIENT_IP_UNKNOWN,
    IP_REFUSED,
    METHOD_MISSING,
    METHOD_UNSUPPORTED,
    ORIGIN_INVALID,
)

EXAMPLE_ORIGIN = "https://shop.example"
REQUESTED_METHOD = "Access-Control-Request-Method"
_LONGEST = 100


# origins --------------------------------------------------------------------------------------------------------------


def _allowed(case: Case) -> list[str]:
    token = token_of(case)
    allowed: list[str] = [] if token is None else orjson.loads(token["allowed_origins"])
    return allowed


def _origin(case: Case) -> str:
    named = case.request.all_headers("origin")
    return " and ".join(f"Origin: {as_typed(one)[:_LONGEST]}" for one in named) or "no header Origin"


def _tidied(text: str) -> str | None:
    """The origin of what was sent as one, if it is a URL."""
    parts = urlsplit(text.strip().strip("\"'"))
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return origin if is_origin(origin) else None


def _origin_causes(case: Case) -> Iterator[str]:
    named, allowed = case.request.all_headers("origin"), _allowed(case)
    if not named:
        hint = ""
        if case.request.method == "POST":
            database, table = place_of(case)
            hint = f", and a server calls /{database}/{table} with a private token"
        yield f"The call has no Origin: browsers send one by themselves{hint}."
    if len(named) > 1:
        yield f"Origin is sent {len(named)} times: a page has one."
    text = as_typed(named[0]) if named else ""
    if text == "null":
        yield "The Origin is null, as of a page opened from a file or in a sandbox: serve the page from a host."
    if not is_origin(text):
        tidy = _safely_tidied(text)
        yield (
            f"The Origin {text[:_LONGEST]!r} is more than scheme, host and port: write {tidy}."
            if tidy
            else f"The Origin {text[:_LONGEST]!r} is no origin such as {EXAMPLE_ORIGIN}."
        )
    token = token_of(case)
    if token is not None and allowed:
        yield (
            f"The token {token['name']} of {token['service']} is for pages of {' and '.join(allowed)}, and the call "
            f"came from {text[:_LONGEST]}{_difference(text.lower(), allowed)}."
        )


def _safely_tidied(text: str) -> str | None:
    try:
        return _tidied(text)
    except ValueError:
        return None


def _difference(origin: str, allowed: Sequence[str]) -> str:
    """What little is different, where it is little."""
    here = urlsplit(origin)
    for one in allowed:
        there = urlsplit(one)
        if here.hostname == there.hostname and here.scheme != there.scheme:
            return f": {here.scheme} is not {there.scheme}"
        if here.hostname == there.hostname:
            return ": the port counts"
        if {here.hostname, there.hostname} == {there.hostname, f"www.{there.hostname}"}:
            return ": www. is another host"
        if {here.hostname, there.hostname} == {here.hostname, f"www.{here.hostname}"}:
            return ": www. is another host"
    return ""


def _mend_origin(case: Case, draft: Draft) -> None:
    allowed = _allowed(case)
    named = case.request.all_headers("origin")
    tidy = next((one for one in map(_safely_tidied, named) if one), None)
    if tidy is None or (allowed and tidy.lower() not in allowed):
        tidy = (allowed or [EXAMPLE_ORIGIN])[0]
    draft.set_header("Origin", tidy)


ORIGIN = Check(
    name="origin",
    expects=f"an Origin such as {EXAMPLE_ORIGIN}, and one that the token allows",
    failures=(ORIGIN_INVALID,),
    got=_origin,
    cause=lambda case: next(_origin_causes(case), None),
    mend=_mend_origin,
)
PREFLIGHT_ORIGIN = Check(
    name="origin",
    expects=f"an Origin such as {EXAMPLE_ORIGIN}",
    failures=(ORIGIN_INVALID,),
    got=_origin,
    cause=lambda case: next(_origin_causes(case), None),
    mend=_mend_origin,
)


# the rest of a preflight ----------------------------------------------------------------------------------------------


def _method(case: Case) -> str:
    return as_typed(", ".join(case.request.all_headers(REQUESTED_METHOD.lower())))[:_LONGEST].strip()


def _method_got(case: Case) -> str:
    return f"{REQUESTED_METHOD}: {_method(case)}" if _method(case) else f"no header {REQUESTED_METHOD}"


def _wrong_method(case: Case) -> str:
    method = _method(case)
    if method.upper() == "POST":
        return f"The method is written {method!r}: it is POST in capitals."
    return f"The page is about to send {method}: events are sent by POST."


def _mend_method(case: Case, draft: Draft) -> None:
    draft.set_header(REQUESTED_METHOD, "POST")


METHOD_NAMED = Check(
    name="method named",
    expects=f"a header {REQUESTED_METHOD}",
    failures=(METHOD_MISSING,),
    got=_method_got,
    cause=lambda case: f"The call has no {REQUESTED_METHOD}: it is OPTIONS, but not a browser's preflight.",
    mend=_mend_method,
)
METHOD_MEANT = Check(
    name="method meant",
    expects=f"{REQUESTED_METHOD}: POST",
    failures=(METHOD_UNSUPPORTED,),
    got=_method_got,
    cause=_wrong_method,
    mend=_mend_method,
)


# addresses ------------------------------------------------------------------------------------------------------------


def _named_header(case: Case) -> str | None:
    settings: PersonalizationSettings = case.work.settings
    return settings.client_ip_header


def _networks(case: Case) -> Sequence[Network]:
    token = token_of(case)
    return () if token is None else allowed_networks(token["allowed_ips"])


def _address(case: Case) -> str:
    where = client_address(case.work)
    only = " and ".join(map(str, _networks(case))) or "anywhere"
    return f"a call from {where or 'an unknown address'}, with a token for calls from {only}"


def _address_cause(case: Case) -> str | None:
    token, header, where = token_of(case), _named_header(case), client_address(case.work)
    if token is None:
        return None
    name = f"The token {token['name']} of {token['service']}"
    only = " and ".join(map(str, _networks(case)))
    if where is not None:
        hint = f", as {header} says" if header and case.request.header(header.lower()) is not None else ""
        return f"{name} is for calls from {only}, and the call came from {where}{hint}."
    said = case.request.header(header.lower()) if header else None
    if said is not None:
        return f"{name} is for calls from {only}, and {header} says {as_typed(said)[:_LONGEST]!r}, which is no address."
    return f"{name} is for calls from {only}, and the connection that the call came over has no address."


def _mend_address(case: Case, draft: Draft) -> None:
    """A token that is not so narrow, if there is one; or an address that this one takes, where a header tells it."""
    other = substitute(case, public=is_public_path(case), anywhere=False)
    networks, header = _networks(case), _named_header(case)
    if other is not None and not allowed_networks(other["allowed_ips"]):
        draft.set_header(HEADER, written(other))
    elif header and networks:
        draft.set_header(header, _first(networks[0]))


def _first(network: Network) -> str:
    return str(next(iter(network.hosts()), network.network_address))


ADDRESS = Check(
    name="caller's address",
    expects="an address that the token's allowedIps have, where it has any",
    failures=(CLIENT_IP_UNKNOWN, IP_REFUSED),
    got=_address,
    cause=_address_cause,
    mend=_mend_address,
)
