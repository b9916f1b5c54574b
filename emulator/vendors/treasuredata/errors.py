"""What Treasure Data says when it says no: the documented codes, and a few statuses that no document mentions.

The code is the contract, `message` is free text: the vendor's own examples pair codes with texts of other codes. We
send the text that the list of codes gives. 3010 to 3013 are 500s although they are numbered like the 400s.
"""

from dataclasses import replace
from typing import NotRequired

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

GUIDE = "Creating a Real Time Activation Using Real-time Personalization API, Responses"
OPENAPI = "Personalization Service OpenAPI 1.0"
CHOICE = "emulator's choice"
EVENT_CHECKED = "event checked"
"""The milestone of a call that nothing is wrong with: failures that no caller causes strike here at the earliest."""
EVENT_STORED = "event stored"
"""The milestone after which a failure leaves the event in its table."""


class CodedError(TypedDict):
    """OpenAPI, ErrorResponse: the code is the contract."""

    code: int
    message: NotRequired[str]


class StatusError(TypedDict):
    """Of the statuses that no document lists."""

    message: str


def _code(
    code: int, status: int, text: str, says: str, source: str = GUIDE, level: Level = Level.DOCUMENTED
) -> Failure:
    body = {"code": code, "message": text}
    return Failure(name=str(code), status=status, body=body, level=level, source=source, says=says)


def _infrastructure_code(code: int, status: int, text: str, says: str, source: str = GUIDE) -> Failure:
    """A failure behind a call that nothing is wrong with, before the event is stored."""
    return replace(_code(code, status, text, says, source), strikes_at=EVENT_CHECKED)


def _reactor_code(code: int, status: int, text: str, says: str) -> Failure:
    """A failure of what comes after the event store: the event stays."""
    return replace(_code(code, status, text, says), keeps_rows=True, strikes_at=EVENT_STORED)


def _status(name: str, status: int, text: str, says: str, source: str = CHOICE) -> Failure:
    return Failure(name=name, status=status, body={"message": text}, level=Level.ASSUMED, source=source, says=says)


TOKEN_MISSING = _code(
    3000,
    400,
    "RT token was not provided (WP13n-Token header)",
    "The header WP13n-Token is absent or blank.",
    f"{GUIDE}; the header's name as in the {OPENAPI}",
)
TOKEN_UNKNOWN = _code(
    3001, 400, "RT token is not in the configuration", "The token is well formed, and no service has it."
)
ACCOUNT_CONFLICT = _code(
    3002,
    400,
    "RT token account conflicts with Authed user account",
    "The account in WP13n-Token is not the account of the API key.",
)
TOKEN_MALFORMED = _code(
    3003, 400, "RT token is in an invalid format", "WP13n-Token is not {account id}/{instance id}/{32 hex digits}."
)
INVALID_EVENT = _code(
    3004,
    400,
    "Invalid event object",
    "The body is not one JSON object, or has a byte order mark; `time` is no second of the years 1970 to 9999 or "
    "`uuid` no UUID, null included; it is nested deeper than 100 levels; its gzip stream is cut, damaged or goes on "
    "after its end. Of a key given twice the last value counts. The documents name no conditions.",
    level=Level.INFERRED,
)
IP_REFUSED = _code(
    3005,
    400,
    "Request origin not in IP whitelist",
    "The caller's address is in none of the token's allowedIps.",
    OPENAPI,
)
TOKEN_TYPE = _code(
    3006,
    400,
    "Invalid token type. Token type is not matching the one in the configuration",
    "A token of a public service on the server path, or one of a private service on the browsers' path.",
    OPENAPI,
    Level.INFERRED,
)
ORIGIN_INVALID = _code(
    3007,
    400,
    "Invalid or missing Origin",
    "A browser call or its preflight names no origin such as https://shop.example, or one that the token does not "
    "allow.",
    OPENAPI,
    Level.INFERRED,
)
METHOD_MISSING = _code(
    3008,
    400,
    "Request method is required",
    "A preflight without Access-Control-Request-Method.",
    OPENAPI,
    Level.INFERRED,
)
METHOD_UNSUPPORTED = _code(
    3009, 400, "Unsupported method", "A preflight for another method than POST.", OPENAPI, Level.INFERRED
)
REACTOR_CONFLICT = _code(
    3010,
    500,
    "RT Token is configured with a reactor whose token is inconsistent (account or reactor ID)",
    "The token exists, but account or instance in the header are not those it was made for.",
)
CLIENT_IP_UNKNOWN = _infrastructure_code(
    3013,
    500,
    "Unable to retrieve Client IP from request",
    "The token has allowedIps, and the caller's address is unknown: no network address, or an unreadable one in the "
    "header that the setting `client_ip_header` names.",
    OPENAPI,
)
UNDIAGNOSED = _infrastructure_code(
    9999, 500, "Unknown/undiagnosed", "Anything else; also a crash of the emulator itself."
)
KINESIS_LIMIT = _infrastructure_code(
    2003,
    429,
    "Kinesis error due to limit being exceeded",
    "Shared capacity is exhausted; no Retry-After is documented.",
)
TOKEN_NOT_DEPLOYED = _reactor_code(
    2015,
    500,
    "Lambda reactor configuration doesn't have the token yet",
    "The token was made, and the reactor has not been deployed since.",
)

UNAUTHORIZED = _status(
    "unauthorized", 401, "Unauthorized", "The Authorization header is absent, not `TD1 {key}`, or names an unknown key."
)
FORBIDDEN = _status("forbidden", 403, "Forbidden", "The API key may not write to the database.")
NOT_FOUND = _status(
    "not_found",
    404,
    "Not Found",
    "Database or table are not 3 to 128 of 0-9, a-z and _; with the vendor's own 404, any other path too.",
)
METHOD_NOT_ALLOWED = Failure(
    name="method_not_allowed",
    status=405,
    body={"message": "Method Not Allowed"},
    headers=(("allow", "{allowed}"),),
    example={"allowed": "POST, OPTIONS"},
    level=Level.ASSUMED,
    source=CHOICE,
    says="The path is an operation's, the method is not.",
)
PAYLOAD_TOO_LARGE = _status(
    "payload_too_large",
    413,
    "Payload Too Large",
    "The event is larger than one mebibyte, or an import than five, as it came or unpacked.",
    "1 MB an event and 5 MB a batch in the Data Ingestion API, 413 in the Postback API",
)
UNSUPPORTED_MEDIA_TYPE = _status(
    "unsupported_media_type",
    415,
    "Unsupported Media Type",
    "Content-Type is not application/vnd.treasuredata.v1+json, which for records may also be v1.single, v1.js or "
    "v1.mobile; or Content-Encoding is neither gzip nor identity.",
)

INVALID_BATCH = Failure(
    name="invalid_batch",
    status=400,
    body={"message": "{reason}"},
    example={"reason": "the body is not JSON"},
    level=Level.ASSUMED,
    source=CHOICE,
    says="The body of an import is none of the shapes that its media type has, or holds no or more than 500 records.",
)

PROVOKED_ONLY = (
    _reactor_code(
        2013,
        429,
        "Lambda total concurrent execution exceeds the reserved concurrency",
        "The reactor is overloaded; no Retry-After is documented.",
    ),
    _infrastructure_code(1001, 500, "TD API is unreachable or timed out", "The API key could not be checked."),
    _infrastructure_code(
        1002, 500, "Table API is unreachable or timed out", "Database and table could not be looked up."
    ),
    _infrastructure_code(1003, 500, "Kinesis is unreachable or timed out", "The event store did not answer."),
    _reactor_code(1004, 500, "Lambda is unreachable or timed out", "The reactor did not answer."),
    _reactor_code(1005, 500, "MemoryDB is unreachable or timed out", "The profile store did not answer."),
    _infrastructure_code(2001, 500, "Kinesis stream was not found", "The event store has no stream for the event."),
    _infrastructure_code(2002, 500, "Kinesis operation threw an error", "The event store failed."),
    _reactor_code(2011, 500, "Lambda function was not found", "There is no reactor."),
    _reactor_code(2012, 500, "Lambda function threw an error, or the response was unhandled", "The reactor failed."),
    _reactor_code(2014, 500, "Lambda invocation failed", "The reactor could not be called."),
    _reactor_code(2021, 500, "MemoryDB operation threw an error", "The profile store failed."),
    _infrastructure_code(
        3011,
        500,
        "RT Token is configured with a reactor whose name is inconsistent (site or stage different from this API)",
        "The reactor belongs to another region.",
        OPENAPI,
    ),
    _infrastructure_code(
        3012,
        500,
        "RT Token is configured with a reactor whose name is completely invalid",
        "The reactor's name cannot be read.",
        OPENAPI,
    ),
)
"""Codes that no call causes: only a fault has them raised. So with 2003 and 9999, which also put facts into words."""

STATUSES = (
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    PAYLOAD_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
)
"""Refusals without a code of their own."""
CODES = tuple(
    sorted(
        (
            TOKEN_MISSING,
            TOKEN_UNKNOWN,
            ACCOUNT_CONFLICT,
            TOKEN_MALFORMED,
            INVALID_EVENT,
            IP_REFUSED,
            TOKEN_TYPE,
            ORIGIN_INVALID,
            METHOD_MISSING,
            METHOD_UNSUPPORTED,
            REACTOR_CONFLICT,
            CLIENT_IP_UNKNOWN,
            UNDIAGNOSED,
            KINESIS_LIMIT,
            TOKEN_NOT_DEPLOYED,
            *PROVOKED_ONLY,
        ),
        key=lambda failure: failure.name,
    )
)
FAILURES = (*STATUSES, INVALID_BATCH, *CODES)
PASSING = tuple(one for one in CODES if one.name in ("1001", "1003", "1004", "1005", "2002", "2012", "9999"))
"""Server errors that pass by themselves: what lies behind cannot be reached, or fails once."""


CHECK_ORDER = Rule(
    "treasuredata.check_order",
    Level.ASSUMED,
    CHOICE,
    "Refusals come in this order: API key, its right to write, media type, database and table names, token present "
    "(3000), its form (3003), known (3001), accounts (3002), reactor (3010), token type (3006), origin (3007), address "
    "(3005), event (3004), standing failures of what lies behind (1001 to 2021, 3011 to 3013, 9999), token deployed "
    "(2015); of a preflight: names, origin (3007), method named (3008), method (3009). Only that the key is checked "
    "before 3002 follows from a document.",
)
EVENT_KEPT = Rule(
    "treasuredata.event_kept",
    Level.ASSUMED,
    CHOICE,
    "The event is written before the reactor is called: standing failures 1004, 1005, 2011 to 2015 and 2021 leave it "
    "stored, all other failures do not.",
)


def dialect(fact: Fact) -> Refusal:
    match fact:
        case NoSuchOperation() | MalformedPath():
            return NOT_FOUND()
        case MethodNotAllowed():
            return METHOD_NOT_ALLOWED(allowed=", ".join(fact.allowed))
        case BodyTooLarge():
            return PAYLOAD_TOO_LARGE()
        case MalformedBody() | InvalidBody() | InvalidQuery():
            return INVALID_EVENT()
        case LimitExhausted():
            return KINESIS_LIMIT()
        case _:
            return UNDIAGNOSED()
