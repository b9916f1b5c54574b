"""The command: the path around it, its site, and its body."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.core.errors import Json
from emulator.core.journal import is_cut
from emulator.core.slips import Reread, as_typed, likest, nearest, reread, short
from emulator.vendors.algonomy.auth import environment_of
from emulator.vendors.algonomy.checks.clients import (
    best_client,
    caller,
    clients,
    clients_here,
    log_in,
    sites,
    went_to,
)
from emulator.vendors.algonomy.contract import JSON
from emulator.vendors.algonomy.errors import (
    BODY_TOO_LARGE,
    BODY_UNREADABLE,
    ENABLE_INVALID,
    MEDIA_TYPE_UNSUPPORTED,
    NO_SUCH_RESOURCE,
    OPT_IN_REFUSED,
    SITE_FOREIGN,
    SITE_UNKNOWN,
    TYPE_UNSUPPORTED,
)

OPT_OUT = "optOut"
ENABLE = "enableOptOut"
EXAMPLE = {"type": OPT_OUT, ENABLE: True}
EXAMPLE_USER = "userId"
_PREFIX = "/profile-command/v1/"
_USER_NAMES = ("userId", "user_id", "userid", "user", "uid")
_NO = ("false", "no", "off", "0", "n")
_MOST_NAMED = 5
_LONGEST = 100

# the path around the resource -----------------------------------------------------------------------------------------


def _path_causes(case: Case) -> Iterator[str]:
    pattern = case.operation.path
    if pattern.endswith(":path}"):
        rest = case.found.get("rest", "")
        if not rest:
            yield "The path ends in a slash after the userId: it ends with the userId."
        user = quote(f"{case.found.get('userId', '')}/{rest}", safe="")
        yield f"The path goes on after the userId: a slash that belongs to it is written %2F, as in {user[:_LONGEST]}."
    if pattern.startswith(f"{_PREFIX}optOut"):
        yield "The path has no apiKey before optOut."
    if any(name in dict(case.request.query) for name in _USER_NAMES):
        yield "The userId is a query parameter: it belongs in the path, after optOut."
    yield "The path has no userId after optOut."


def _mend_path(case: Case, draft: Draft) -> None:
    pattern = case.operation.path
    if pattern.endswith(":path}"):
        head, rest = draft.path.split("/optOut/", 1)
        draft.path = f"{head}/optOut/{rest.rstrip('/').replace('/', '%2F')}"
        return
    if pattern.startswith(f"{_PREFIX}optOut"):
        found = caller(case, draft) or best_client(case)
        site = next(iter(sorted(found.sites)), None) if found is not None else None
        if site is not None:
            draft.path = f"{_PREFIX}{quote(site, safe='')}/{draft.path.removeprefix(_PREFIX)}"
        return
    given = dict(case.request.query)
    name = next((name for name in _USER_NAMES if name in given), None)
    draft.path = f"{draft.path.rstrip('/')}/{quote(given[name] if name else EXAMPLE_USER, safe='')}"
    if name is not None:
        draft.set_query(name, None)


PATH = Check(
    name="path of the command",
    expects=f"{_PREFIX}{{apiKey}}/optOut/{{userId}}",
    failures=(NO_SUCH_RESOURCE,),
    got=lambda case: case.request.path,
    cause=lambda case: next(_path_causes(case), None),
    mend=_mend_path,
)


def _mend_size(case: Case, draft: Draft) -> None:
    draft.body = orjson.dumps(EXAMPLE)


SIZE = Check(
    name="size",
    expects="a body that the gateway takes",
    failures=(BODY_TOO_LARGE,),
    got=lambda case: f"{len(case.request.raw_body)} bytes or more",
    mend=_mend_size,
)


# the site -------------------------------------------------------------------------------------------------------------


def _site(case: Case) -> str:
    owner = caller(case)
    whose = " and ".join(sorted(owner.sites)) or "no site" if owner is not None else "nobody's sites"
    return f"apiKey {case.found.get('apiKey', '')[:_LONGEST]} with a token for {whose}, in {environment_of(case.work)}"


def _unknown_site_causes(case: Case) -> Iterator[str]:
    api_key, known = case.found.get("apiKey", ""), sites(case)
    here = [site for site, environments in known.items() if environment_of(case.work) in environments]
    if unquote(api_key) != api_key and unquote(api_key) in here:
        yield f"The apiKey {api_key!r} is percent-encoded twice."
    if api_key in known:
        home = " and ".join(known[api_key])
        yield f"The apiKey {api_key} is of a site in {home}, and the call went to {went_to(case)}."
    if any(client.client_id == api_key for client in clients(case)):
        yield f"The apiKey in the path is a client_id: the apiKey is that of a site, such as {', '.join(here[:1])}."
    if (owner := case.owner_of(api_key)) is not None:
        yield f"The apiKey in the path is {owner}: Algonomy wants that of a site of its own."
    same = next((site for site in here if site.lower() == api_key.lower()), None)
    if same is not None:
        yield f"The apiKey is written {same}: its letter case counts."
    if (near := nearest(api_key, here)) is not None:
        yield f"The apiKey {api_key[:_LONGEST]} is mistyped: it is nearly {near}."
    there = ", ".join(likest(api_key, here)[:_MOST_NAMED]) or "none"
    yield f"No site in {environment_of(case.work)} has the apiKey {api_key[:_LONGEST]}; there are {there}."


def _mend_unknown_site(case: Case, draft: Draft) -> None:
    owner = caller(case, draft)
    if owner is None or not owner.sites:
        owner = best_client(case)
        if owner is None or not owner.sites:
            return
        log_in(case, draft, owner)
    draft.set_value(case.operation, "apiKey", likest(unquote(case.found.get("apiKey", "")), owner.sites)[0])


SITE = Check(
    name="site",
    expects="the apiKey of a site of this environment",
    failures=(SITE_UNKNOWN,),
    got=_site,
    cause=lambda case: next(_unknown_site_causes(case), None),
    mend=_mend_unknown_site,
)


def _foreign_site_cause(case: Case) -> str:
    owner, site = caller(case), case.found.get("apiKey", "")
    named = (
        f"client {owner.client_id}, whose sites are {', '.join(sorted(owner.sites)) or 'none'}" if owner else "a client"
    )
    others = [client.client_id for client in clients_here(case).values() if site in client.sites]
    whose = f"that of {' and '.join(sorted(others))}" if others else "no client's"
    return f"The token is of {named}; the site {site} is {whose}."


def _mend_foreign_site(case: Case, draft: Draft) -> None:
    site = case.found.get("apiKey", "")
    others = sorted((one for one in clients_here(case).values() if site in one.sites), key=lambda one: one.client_id)
    owner = caller(case, draft)
    if others:
        log_in(case, draft, others[0])
    elif owner is not None and owner.sites:
        draft.set_value(case.operation, "apiKey", likest(site, owner.sites)[0])


SITE_OF_CLIENT = Check(
    name="site of the token's client",
    expects="a site that the token's client is for",
    failures=(SITE_FOREIGN,),
    got=_site,
    cause=_foreign_site_cause,
    mend=_mend_foreign_site,
)


# the body -------------------------------------------------------------------------------------------------------------


def _media_got(case: Case) -> str:
    sent = case.request.all_headers("content-type")
    return " and ".join(f"Content-Type: {as_typed(one)[:_LONGEST]}" for one in sent) or "no header Content-Type"


def _media_cause(case: Case) -> str:
    media = as_typed(case.request.media_type)[:_LONGEST]
    return (
        f"The Content-Type is {media}" if media else "The call has no Content-Type"
    ) + f", and with the setting require_json_content_type a command is {JSON}."


def _mend_media(case: Case, draft: Draft) -> None:
    draft.set_header("Content-Type", JSON)


MEDIA = Check(
    name="media type",
    expects=f"any, or Content-Type {JSON} where the setting require_json_content_type is on",
    failures=(MEDIA_TYPE_UNSUPPORTED,),
    got=_media_got,
    cause=_media_cause,
    mend=_mend_media,
)


def members_of(case: Case) -> tuple[Json, Reread | None]:
    """The body's JSON, or what it can be read as and what is wrong with it. A byte order mark does no harm."""
    body = case.request.raw_body.removeprefix(b"\xef\xbb\xbf")
    slip = reread(body)
    return (orjson.loads(body), None) if slip is None else (slip.value, slip)


def _body_got(case: Case) -> str:
    value, slip = members_of(case)
    if is_cut(case.request.raw_body):
        return f"a body of more than {len(case.request.raw_body) - 1} bytes"
    return f"a body that {slip.slip}" if slip is not None else short(value)


def _body_cause(case: Case) -> str | None:
    value, slip = members_of(case)
    if is_cut(case.request.raw_body):
        return None
    if slip is not None:
        return f"The body {slip.slip}."
    if isinstance(value, list):
        return "The body is an array: a command is one object, for one user."
    return f"The body is {short(value)}, and no object."


def _mend_body(case: Case, draft: Draft) -> None:
    value, _ = members_of(case)
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, dict)), None)
    _write(draft, value if isinstance(value, dict) and value else EXAMPLE)


BODY = Check(
    name="body",
    expects="a JSON object",
    failures=(BODY_UNREADABLE,),
    got=_body_got,
    cause=_body_cause,
    mend=_mend_body,
)


def _write(draft: Draft, members: Mapping[str, Json]) -> None:
    """Without members that are nested too deep to be written."""
    try:
        draft.body = orjson.dumps(members)
    except TypeError:
        draft.body = orjson.dumps({name: said for name, said in members.items() if not isinstance(said, dict | list)})


def _members(case: Case) -> Mapping[str, Json]:
    value, _ = members_of(case)
    return value if isinstance(value, dict) else {}


def _absent(case: Case, name: str) -> Iterator[str]:
    """Where a member may be that is not where it belongs."""
    members = _members(case)
    near = nearest(name, [one for one in members if one not in EXAMPLE])
    if near is not None:
        yield f"The member {near[:_LONGEST]} is misspelt: it is {name}."
    if name in dict(case.request.query):
        yield f"{name} is a query parameter: it belongs in the body."
    for outer, inner in members.items():
        if isinstance(inner, dict) and name in inner:
            yield f"{name} stands below {outer[:_LONGEST]}: it belongs at the top of the body."
    yield f"The member {name} is missing."


def _lifted(case: Case, name: str) -> Json:
    """The member's value from where it stands; `None` where it is nowhere."""
    members = _members(case)
    near = nearest(name, [one for one in members if one not in EXAMPLE])
    below = [inner[name] for inner in members.values() if isinstance(inner, dict) and name in inner]
    value = members.get(name, members.get(near or "", None))
    return value if value is not None else next(iter(below), dict(case.request.query).get(name))


def _put(case: Case, draft: Draft, name: str, value: Json) -> None:
    near = nearest(name, [one for one in _members(case) if one not in EXAMPLE])
    kept: dict[str, Json] = {}
    for one, said in _members(case).items():
        if isinstance(said, dict) and name in said:
            kept |= said
        elif one != near:
            kept[one] = said
    _write(draft, {**kept, name: value})
    draft.set_query(name, None)


def _type_causes(case: Case) -> Iterator[str]:
    if "type" not in _members(case):
        yield from _absent(case, "type")
    said = _members(case).get("type")
    if isinstance(said, str) and nearest(said, [OPT_OUT]) is not None:
        yield f"type is {short(said)}: it is written {OPT_OUT}."
    yield f"type is {short(said)}: {OPT_OUT} is the only command that there is."


def _mend_type(case: Case, draft: Draft) -> None:
    _put(case, draft, "type", OPT_OUT)


TYPE = Check(
    name="type",
    expects=f"{OPT_OUT}, written so",
    failures=(TYPE_UNSUPPORTED,),
    got=lambda case: short(_members(case)["type"]) if "type" in _members(case) else "no type",
    cause=lambda case: next(_type_causes(case), None),
    mend=_mend_type,
)


def _enable_causes(case: Case) -> Iterator[str]:
    said = _members(case).get(ENABLE)
    if ENABLE not in _members(case):
        yield from _absent(case, ENABLE)
    if said is False or str(said).lower() == "false":
        yield (
            f"{ENABLE} is false, and the setting refuse_enable_false is on: nobody is opted back in, so that only true "
            "means anything."
        )
    yield f"{ENABLE} is {short(said)}: it is true or false, as a boolean or as a text."


def _mend_enable(case: Case, draft: Draft) -> None:
    said = _lifted(case, ENABLE)
    is_no = case.failure is ENABLE_INVALID and (said == 0 or str(said).strip().lower() in _NO)
    _put(case, draft, ENABLE, not is_no)


ENABLED = Check(
    name=ENABLE,
    expects="true or false, as booleans or as texts; only true where the setting refuse_enable_false is on",
    failures=(ENABLE_INVALID, OPT_IN_REFUSED),
    got=lambda case: short(_members(case)[ENABLE]) if ENABLE in _members(case) else f"no {ENABLE}",
    cause=lambda case: next(_enable_causes(case), None),
    mend=_mend_enable,
)
