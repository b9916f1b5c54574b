"""The parameters of a request for a token: where they stand, why some are not read, and how they are put right."""

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlencode

import orjson

from emulator.core.checks import Case, Draft
from emulator.core.errors import Json
from emulator.core.request import Request
from emulator.core.slips import as_typed, nearest, reread
from emulator.vendors.algonomy.contract import FORM, JSON, MULTIPART, TokenParameters, TokenRequest, read_parameters

KNOWN = tuple(TokenParameters.__annotations__)
_NEEDED = ("grant_type", "client_id", "client_secret")
_READ = (FORM, JSON, MULTIPART)


def asked_of(case: Case) -> TokenRequest:
    return TokenRequest.from_request(case.request)


def in_query(case: Case) -> Mapping[str, Json]:
    return read_parameters(Request("GET", "/", query_string=case.request.query_string))


def in_body(request: Request) -> Mapping[str, Json]:
    """Those of the body as they are read."""
    return read_parameters(Request("POST", "/", headers=request.headers, body=request.raw_body))


def unread(case: Case) -> Iterator[str]:
    """Why a body's parameters are not read, as a clause."""
    body, media = case.request.raw_body, case.request.media_type
    if not body.strip() or case.request.method not in ("POST", "PUT", "PATCH"):
        return
    if media not in _READ:
        yield f"its Content-Type is {as_typed(media)[:100]}" if media else "it has no Content-Type"
    elif media == JSON and not in_body(case.request):
        slip = reread(body)
        yield f"it {slip.slip}" if slip is not None else "it is no JSON object with parameters in it"
    elif media == FORM and body.lstrip().startswith(b"{"):
        yield "it is JSON, and its Content-Type is that of a form"
    elif media == MULTIPART and not in_body(case.request):
        yield "it is no multipart body with the boundary that its Content-Type names"


def unread_cause(case: Case) -> Iterator[str]:
    for why in unread(case):
        yield f"The body's parameters are not read: {why}."


def misnamed(case: Case) -> Iterator[str]:
    """Parameters that look like one that is needed and is not there."""
    asked = asked_of(case)
    missing = [name for name in _NEEDED if name not in asked.parameters]
    for name in asked.parameters:
        meant = nearest(name, missing) if name not in KNOWN else None
        if meant is not None:
            yield f"The parameter {name[:100]} is misspelt: it is {meant}."
    for header, _ in case.request.headers:
        name = header.decode("latin-1").replace("-", "_")
        if name in missing:
            yield f"{name} is a header here: it belongs in the query string or in a form."


def said(value: Json) -> str | None:
    """What is wrong with a value that is no text, or empty."""
    if isinstance(value, list):
        return "is sent more than once, which is as good as not at all"
    if value == "":
        return "is empty"
    return None if isinstance(value, str) else "is no text"


def put(draft: Draft, pairs: Mapping[str, str | None]) -> None:
    """In the body where there is one that has parameters, else in the query string; `None` leaves one out."""
    meant = meant_in_body(draft.request())
    for name, value in pairs.items():
        draft.set_query(name, None if meant else value)
    if not meant:
        draft.body = b""
        return
    kept = {name: value for name, value in meant.items() if nearest(name, pairs) is None and _is_plain(value)}
    members = {**kept, **{name: value for name, value in pairs.items() if value is not None}}
    if draft.request().media_type == JSON:
        draft.body = orjson.dumps(members)
    else:
        draft.set_header("Content-Type", FORM)
        draft.body = urlencode(members, doseq=True).encode()


def _is_plain(value: Json) -> bool:
    """What a form could say, too."""
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def meant_in_body(request: Request) -> dict[str, Json]:
    """The body's parameters, as they are read or as they were meant."""
    body = request.raw_body
    if not body.strip():
        return {}
    found = dict(in_body(request)) if request.media_type in _READ else {}
    if found and not body.lstrip().startswith(b"{"):
        return found
    slip = reread(body)
    value = orjson.loads(body) if slip is None else slip.value
    if not isinstance(value, dict):
        value = dict(parse_qsl(body.decode("utf-8", "replace")))
    return value
