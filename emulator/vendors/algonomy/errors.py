"""Every refusal, and the vendor's words for what core merely states.

Three voices: the gateway's oauth2 plugin (``error_description`` before ``error``), the gateway itself (``message``),
and the service behind it, whose refusals are not documented and are given the plugin's shape.
"""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from emulator.core.errors import (
    BodyTooLarge,
    Fact,
    Failure,
    InvalidBody,
    InvalidQuery,
    Level,
    LimitExhausted,
    MalformedBody,
    MalformedPath,
    MethodNotAllowed,
    NoSuchOperation,
    Refusal,
    Rule,
)
from emulator.vendors.algonomy.contract import GATEWAY_JSON, whole_seconds

_PAGE = "Profile Command API"
_OAUTH2 = "Kong 3.9 oauth2 plugin"
_KONG = "Kong error handlers"
_OURS = "emulator's choice"
_BASIC = ("WWW-Authenticate", 'Basic realm="OAuth2.0"')


class OAuthError(TypedDict):
    """Of the oauth2 plugin, and of the service. `state` where the request for a token had one."""

    error_description: str
    error: Literal[
        "invalid_client", "unsupported_grant_type", "invalid_request", "invalid_provision_key", "invalid_scope",
        "access_denied", "invalid_method", "invalid_token", "not_found",
    ]  # fmt: skip
    state: NotRequired[str | list[str]]


class GatewayError(TypedDict):
    """Of the gateway itself."""

    message: str


def _token_error(
    name: str, error: str, description: str, says: str, *, status: int = 400, level: Level = Level.INFERRED,
    source: str = _OAUTH2, headers: tuple[tuple[str, str], ...] = (), example: dict[str, str] | None = None,
) -> Failure:  # fmt: skip
    return Failure(
        name=name,
        status=status,
        body={"error_description": description, "error": error},
        level=level,
        source=source,
        says=says,
        headers=(("Cache-Control", "no-store"), ("Pragma", "no-cache"), *headers),
        media_type=GATEWAY_JSON,
        example=example or {},
    )


def _challenge(name: str, status: int, error: str, description: str, says: str, challenge: str) -> Failure:
    return Failure(
        name=name,
        status=status,
        body={"error_description": description, "error": error},
        level=Level.INFERRED,
        source=f"{_PAGE}, Updating Opt Out, and {_OAUTH2} up to 3.7" if error == "invalid_token" else _OAUTH2,
        says=says,
        headers=(("WWW-Authenticate", challenge),),
        media_type=GATEWAY_JSON,
        example={"method": "GET"} if "{method}" in description else {},
    )


def _command_error(name: str, status: int, error: str, description: str, says: str, source: str = _OURS) -> Failure:
    body = {"error_description": description, "error": error}
    return Failure(name=name, status=status, body=body, level=Level.ASSUMED, source=source, says=says)


def _gateway(
    name: str, status: int, message: str, says: str, *, level: Level = Level.INFERRED, source: str = _KONG,
    headers: tuple[tuple[str, str], ...] = (),
) -> Failure:  # fmt: skip
    return Failure(
        name=name,
        status=status,
        body={"message": message},
        level=level,
        source=source,
        says=says,
        headers=headers,
        media_type=GATEWAY_JSON,
    )


# the token endpoint ---------------------------------------------------------------------------------------------------

INVALID_CLIENT = _token_error(
    "invalid_client", "invalid_client", "Invalid client authentication",
    "Unknown client_id, or a wrong or missing secret.",
    level=Level.DOCUMENTED, source=f"{_PAGE}, Creating Tokens; the status from Content Update API",
)  # fmt: skip
INVALID_CLIENT_BASIC = _token_error(
    "invalid_client_basic", "invalid_client", "Invalid client authentication",
    "A known client_id with a wrong secret in an Authorization header, or any wrong client there with another grant.",
    status=401, headers=(_BASIC,),
)  # fmt: skip
UNSUPPORTED_GRANT_TYPE = _token_error(
    "unsupported_grant_type", "unsupported_grant_type", "Invalid grant_type",
    "A good client asks for a grant other than client_credentials, or for none.",
    level=Level.DOCUMENTED, source=f"{_PAGE}, Creating Tokens; the status from Content Update API",
)  # fmt: skip
INVALID_CODE = _token_error(
    "invalid_code", "invalid_request", "Invalid code", "Grant authorization_code: there are no codes to exchange."
)
INVALID_REFRESH_TOKEN = _token_error(
    "invalid_refresh_token", "invalid_request", "Invalid refresh_token",
    "Grant refresh_token: refresh tokens are never issued.",
)  # fmt: skip
INVALID_PROVISION_KEY = _token_error(
    "invalid_provision_key", "invalid_provision_key", "Invalid provision_key",
    "authenticated_userid without the gateway's provision key.",
)  # fmt: skip
INVALID_SCOPE = _token_error(
    "invalid_scope", "invalid_scope", '"{scope}" is an invalid scope',
    "A scope that is not among those configured.", example={"scope": "profiles"},
)  # fmt: skip
SCOPE_NOT_TEXT = _token_error(
    "scope_not_a_string", "invalid_scope", "scope must be a string", "A repeated scope, where scopes are configured."
)
HTTPS_REQUIRED = _token_error(
    "https_required", "access_denied", "You must use HTTPS", "The token request came over plain HTTP."
)
FORWARDED_PROTO_REPEATED = _token_error(
    "forwarded_proto_repeated", "access_denied", "Only one X-Forwarded-Proto header allowed",
    "Plain HTTP, and X-Forwarded-Proto with several values.",
)  # fmt: skip
_INVALID_METHOD = "The HTTP method {method} is invalid for the token endpoint"
INVALID_METHOD = _challenge(
    "invalid_method", 405, "invalid_method", _INVALID_METHOD, "The token endpoint takes POST only.",
    f'Bearer realm="service" error="invalid_method" error_description="{_INVALID_METHOD}"',
)  # fmt: skip

# authentication -------------------------------------------------------------------------------------------------------

TOKEN_MISSING = _challenge(
    "access_token_missing", 401, "invalid_request", "The access token is missing", "The call carries no access token.",
    'Bearer realm="service"',
)  # fmt: skip
_INVALID_TOKEN = "The access token is invalid or has expired"
INVALID_TOKEN = _challenge(
    "invalid_token", 401, "invalid_token", _INVALID_TOKEN,
    "The access token is unknown, expired, revoked, or of another environment or service.",
    f'Bearer realm="service" error="invalid_token" error_description="{_INVALID_TOKEN}"',
)  # fmt: skip

# the command ----------------------------------------------------------------------------------------------------------

SITE_UNKNOWN = _command_error("unknown_site", 404, "not_found", "The apiKey is unknown", "No site has this apiKey.")
SITE_FOREIGN = _command_error(
    "foreign_site", 403, "access_denied", "The access token does not belong to this apiKey",
    "The site exists, the token's client has no part in it.",
)  # fmt: skip
NO_SUCH_RESOURCE = _command_error(
    "not_found", 404, "not_found", "There is no such resource",
    "A path around the opt-out: no userId, no apiKey, or more segments after the userId.",
    f"{_OURS}; Content Update API warns of 404 for a path without apiKey",
)  # fmt: skip
METHOD_NOT_ALLOWED = _command_error(
    "method_not_allowed",
    405,
    "invalid_request",
    "The resource takes PUT only",
    "Another method than PUT on an opt-out.",
)
BODY_UNREADABLE = _command_error(
    "unreadable_body", 400, "invalid_request", "The request body must be a JSON object",
    "An empty body, no JSON, octets that are not UTF-8, or JSON that is no object.",
)  # fmt: skip
TYPE_UNSUPPORTED = _command_error(
    "unsupported_type", 400, "invalid_request", "type must be optOut", "type is missing or anything but optOut."
)
ENABLE_INVALID = _command_error(
    "invalid_enable_opt_out", 400, "invalid_request", "enableOptOut must be true or false",
    "enableOptOut is missing, or neither a boolean nor the text true or false.",
)  # fmt: skip
OPT_IN_REFUSED = _command_error(
    "opt_in_refused", 400, "invalid_request", "enableOptOut must be true",
    "enableOptOut is false, and the setting refuse_enable_false is on.",
)  # fmt: skip
MEDIA_TYPE_UNSUPPORTED = _command_error(
    "unsupported_media_type", 415, "invalid_request", "The Content-Type must be application/json",
    "Another Content-Type, and the setting require_json_content_type is on.",
)  # fmt: skip

# the gateway ----------------------------------------------------------------------------------------------------------

RATE_LIMITED = Failure(
    name="rate_limit_exceeded",
    status=429,
    body={"message": "API rate limit exceeded"},
    level=Level.INFERRED,
    source=f"{_PAGE}, Throttling of API requests (the status); Kong rate-limiting plugin (body and headers)",
    says="More calls of one client in one second of the clock than updates_per_second.",
    headers=(
        ("RateLimit-Limit", "{quota}"),
        ("RateLimit-Remaining", "0"),
        ("RateLimit-Reset", "{seconds}"),
        ("Retry-After", "{seconds}"),
        ("X-RateLimit-Limit-Second", "{quota}"),
        ("X-RateLimit-Remaining-Second", "0"),
    ),
    media_type=GATEWAY_JSON,
    example={"quota": "100", "seconds": "1"},
)
NO_ROUTE = _gateway(
    "no_route",
    404,
    "no Route matched with those values",
    "The gateway has no route for this path.",
    source="Kong router",
)
BAD_REQUEST = _gateway("bad_request", 400, "Bad request", "A malformed request, such as a broken percent escape.")
HEADER_TOO_LARGE = _gateway(
    "header_too_large", 400, "Request header or cookie too large", "The request's headers exceed the gateway's buffers."
)
BODY_TOO_LARGE = _gateway(
    "payload_too_large", 413, "Payload too large", "The body is larger than a mebibyte; the vendor names no limit.",
    level=Level.ASSUMED, source=f"{_KONG}; the limit is the {_OURS}",
)  # fmt: skip
URI_TOO_LONG = _gateway("uri_too_long", 414, "URI too long", "The request line exceeds the gateway's buffers.")
UPGRADE_REQUIRED = _gateway(
    "upgrade_required", 426, "Please use HTTPS protocol", "Plain HTTP on a route that is HTTPS only.",
    source="Kong runloop", headers=(("Connection", "Upgrade"), ("Upgrade", "TLS/1.2, HTTP/1.1")),
)  # fmt: skip
UNEXPECTED = _gateway("unexpected_error", 500, "An unexpected error occurred", "The gateway itself failed.")
BAD_UPSTREAM = _gateway(
    "invalid_upstream_response", 502, "An invalid response was received from the upstream server",
    "The service behind the gateway broke off.",
)  # fmt: skip
UNAVAILABLE = _gateway(
    "upstream_unavailable", 503, "The upstream server is currently unavailable", "The service is down."
)
NO_PEER = _gateway(
    "no_peer", 503, "failure to get a peer from the ring-balancer", "No healthy instance of the service.",
    source="Kong balancer",
)  # fmt: skip
UNRESOLVED = _gateway(
    "name_resolution_failed", 503, "name resolution failed", "The gateway cannot find the service.",
    source="Kong balancer",
)  # fmt: skip
UPSTREAM_TIMEOUT = _gateway(
    "upstream_timeout", 504, "The upstream server is timing out", "The service did not answer in time."
)

TOKEN_FAILURES = (
    INVALID_CLIENT, INVALID_CLIENT_BASIC, UNSUPPORTED_GRANT_TYPE, INVALID_CODE, INVALID_REFRESH_TOKEN,
    INVALID_PROVISION_KEY, INVALID_SCOPE, SCOPE_NOT_TEXT, HTTPS_REQUIRED, FORWARDED_PROTO_REPEATED, INVALID_METHOD,
)  # fmt: skip
OPT_OUT_FAILURES = (
    TOKEN_MISSING, INVALID_TOKEN, RATE_LIMITED, SITE_UNKNOWN, SITE_FOREIGN, METHOD_NOT_ALLOWED, BODY_UNREADABLE,
    TYPE_UNSUPPORTED, ENABLE_INVALID, OPT_IN_REFUSED, MEDIA_TYPE_UNSUPPORTED, NO_SUCH_RESOURCE,
)  # fmt: skip
GATEWAY_FAILURES = (
    NO_ROUTE, BAD_REQUEST, HEADER_TOO_LARGE, BODY_TOO_LARGE, URI_TOO_LONG, UPGRADE_REQUIRED, UNEXPECTED, BAD_UPSTREAM,
    UNAVAILABLE, NO_PEER, UNRESOLVED, UPSTREAM_TIMEOUT,
)  # fmt: skip
FAILURES = (*TOKEN_FAILURES, *OPT_OUT_FAILURES, *GATEWAY_FAILURES)

KONG = Rule(
    "algonomy.kong", Level.INFERRED, f"{_OAUTH2} and its documentation",
    "What the vendor does not say about getting and presenting tokens goes as in Kong, whose error bodies these are: "
    "credentials by Basic, JSON or multipart, a body that counts before the query, an ignored scope, an echoed state, "
    "and leniencies behind a setting.",
)  # fmt: skip
ENABLE_FALSE = Rule(
    "algonomy.enableOptOut.false", Level.ASSUMED, _OURS,
    "enableOptOut false is accepted and changes nothing: nobody can be opted back in.",
)  # fmt: skip
ENABLE_SPELLING = Rule(
    "algonomy.enableOptOut.spelling", Level.ASSUMED, _OURS, "As a text, enableOptOut may be in any letter case."
)
REPEATED = Rule(
    "algonomy.repeated", Level.ASSUMED, _OURS,
    "Opting out again is accepted: the first moment stays, the repeat is counted.",
)  # fmt: skip
UNSEEN_USER = Rule(
    "algonomy.unseen_user", Level.ASSUMED, _OURS,
    "A user without a stored profile is opted out all the same, so that later data is refused.",
)  # fmt: skip
ANY_MEDIA_TYPE = Rule(
    "algonomy.content_type", Level.ASSUMED, _OURS, "A command is read as JSON whatever its Content-Type says."
)
MORE_THAN_ASKED = Rule(
    "algonomy.body", Level.ASSUMED, _OURS,
    "Members of a command other than type and enableOptOut are ignored, and so is a byte order mark before it.",
)  # fmt: skip
RULES = (KONG, ENABLE_FALSE, ENABLE_SPELLING, REPEATED, UNSEEN_USER, ANY_MEDIA_TYPE, MORE_THAN_ASKED)


def token_refusal(failure: Failure, state: str | list[str] | None, **words: str) -> Refusal:
    """A token error; it carries back the caller's `state`, if there was one."""
    body = {member: said.format_map(words) for member, said in failure.body.items()}
    return failure(body=body if state is None else {**body, "state": state})


def dialect(fact: Fact) -> Refusal:
    match fact:
        case LimitExhausted():
            return RATE_LIMITED(quota=str(fact.quota), seconds=whole_seconds(fact.retry_after))
        case MethodNotAllowed():
            return METHOD_NOT_ALLOWED(headers=(("Allow", ", ".join(fact.allowed)),))
        case NoSuchOperation():
            return NO_ROUTE()
        case MalformedPath():
            return BAD_REQUEST()
        case BodyTooLarge():
            return BODY_TOO_LARGE()
        case MalformedBody() | InvalidBody() | InvalidQuery():
            return BODY_UNREADABLE()
        case _:
            return UNEXPECTED()
