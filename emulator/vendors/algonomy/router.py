"""The two operations, and what the gateway does with every path before it looks at anything else."""

import re

from emulator.core.answers import Answer, json_answer
from emulator.core.description import Parameter
from emulator.core.errors import Level
from emulator.core.routes import Routes
from emulator.core.work import Work
from emulator.vendors.algonomy import service
from emulator.vendors.algonomy.auth import BASIC, BEARER, Client
from emulator.vendors.algonomy.contract import (
    ENVIRONMENTS,
    GATEWAY_JSON,
    Accepted,
    AccessToken,
    Command,
    TokenRequest,
)
from emulator.vendors.algonomy.errors import INVALID_METHOD, NO_SUCH_RESOURCE, OPT_OUT_FAILURES, TOKEN_FAILURES

PREFIX = "/profile-command/v1/"
ROUTES = Routes()
_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@ROUTES.post(
    "/profile-command/v1/oauth2/token", "createToken",
    guarded=False, answer=AccessToken, failures=TOKEN_FAILURES, source="Profile Command API, Creating Tokens",
    says="Issues a new bearer token for client credentials in the query string or in a form, and is not throttled.",
    security=(BASIC,), headers=_NOT_STORED, reads=True,
    parameters=(
        Parameter(
            name="grant_type", place="query", schema={"const": "client_credentials"},
            says="In the query or in the body, as all of these; for one in both the body counts.",
        ),
        Parameter(name="client_id", place="query", says="Per environment."),
        Parameter(name="client_secret", place="query", says="Per environment."),
        Parameter(name="state", place="query", says="Kong: comes back in the answer."),
        Parameter(name="scope", place="query", says="Kong: ignored, unless the setting `scopes` names some."),
        Parameter(name="X-Forwarded-Proto", says="https, where the setting `require_https` is on and TLS ends before."),
    ),
)  # fmt: skip
def create_token(work: Work, asked: TokenRequest) -> Answer:
    issued = service.issue_token(work, asked)
    return json_answer(issued, media_type=GATEWAY_JSON, headers=tuple(_NOT_STORED.items()))


@ROUTES.operation("*", "/profile-command/v1/oauth2/token", "createToken", guarded=False, catch=True)
def refuse_other_methods(work: Work) -> Answer:
    raise INVALID_METHOD(method=work.request.method)


@ROUTES.put(
    "/profile-command/v1/{apiKey}/optOut/{userId}", "optOut",
    answer=Accepted, failures=OPT_OUT_FAILURES, level=Level.INFERRED,
    source="Profile Command API, Updating Opt Out",
    says="Opts a user out for good; the body {} is documented, that it comes with 200 is not.",
    security=(BEARER,),
    parameters=(
        Parameter(name="apiKey", place="path", says="One site of the customer's."),
        Parameter(name="userId", place="path", says="Percent-encoded as one segment; any letter counts."),
    ),
)  # fmt: skip
def opt_out(work: Work, apiKey: str, userId: str, command: Command) -> Answer:
    assert isinstance(work.caller, Client)
    service.opt_out(work, work.caller, apiKey, userId, command)
    return json_answer({})


@ROUTES.operation("*", "/profile-command/v1/optOut/{userId}", "optOut", catch=True)
@ROUTES.operation("*", "/profile-command/v1/{apiKey}/optOut", "optOut", catch=True)
@ROUTES.operation("*", "/profile-command/v1/{apiKey}/optOut/", "optOut", catch=True)
@ROUTES.operation("*", "/profile-command/v1/{apiKey}/optOut/{userId}/{rest:path}", "optOut", catch=True)
def refuse_other_paths(work: Work) -> Answer:
    raise NO_SUCH_RESOURCE()


_UNRESERVED = re.compile(r"%(2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)", re.IGNORECASE)
_TOKEN_PATH = re.compile(rf"((?:/(?:{'|'.join(ENVIRONMENTS)}))?{PREFIX})(?:.*/)?oauth2/token/?")


def normalise(path: str) -> str:
    """The path as Kong's router sees it: slashes merged, dot segments resolved, unreserved octets decoded.

    Reserved octets stay encoded, so that ``%2F`` remains inside its segment; what is left is decoded after routing.
    The token endpoint is any path below the service that ends in ``/oauth2/token``, with or without a slash.
    Source: Kong 3.9, kong.tools.uri and oauth2 plugin.
    """
    if not ("//" in path or "/." in path or "%" in path or "/oauth2/token" in path):
        return path
    pieces = _UNRESERVED.sub(lambda escape: chr(int(escape[1], 16)), path).split("/")[1:]
    kept: list[str] = []
    for piece in pieces:
        if piece == "..":
            kept[-1:] = []
        elif piece not in ("", "."):
            kept.append(piece)
    slash = "/" if kept and pieces[-1] in ("", ".", "..") else ""
    tidy = f"/{'/'.join(kept)}{slash}"
    token = _TOKEN_PATH.fullmatch(tidy)
    return f"{token[1]}oauth2/token" if token else tidy
