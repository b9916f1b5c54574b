"""What PrimeData says when it says no, and the choices behind what it says when it says yes.

One envelope for everything: ``{"error": {"code": …, "message": …}}``.
"""

from collections.abc import Mapping

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

_ERROR_BODY = "Profile API, Error body"
_STATUS_TABLE = "Profile API, API Error"
_INVALID_REQUEST_TEXT = "Invalid request errors arise when your request has invalid parameters."


def _failure(
    name: str,
    status: int,
    message: str,
    level: Level,
    source: str,
    says: str,
    *,
    code: str | None = None,
    example: Mapping[str, str] | None = None,
) -> Failure:
    body = {"error": {"code": code or name, "message": message}}
    return Failure(name=name, status=status, body=body, level=level, source=source, says=says, example=example or {})


AUTHENTICATION = _failure(
    "authentication_error", 401, "Failure to properly authenticate yourself in the request.",
    Level.DOCUMENTED, _ERROR_BODY, "x-api-key is missing, empty or unknown.",
)  # fmt: skip
RATE_LIMIT = _failure(
    "rate_limit_error", 429, "Too many requests hit the API too quickly.",
    Level.DOCUMENTED, _ERROR_BODY,
    "More calls of one key within a second than requests_per_second; back off exponentially. No header says how long.",
)  # fmt: skip
INVALID_REQUEST = _failure(
    "invalid_request_error", 400, _INVALID_REQUEST_TEXT,
    Level.INFERRED, f"{_ERROR_BODY} for code and message",
    "The body is no JSON object, a field has the wrong JSON type, or neither profile_id nor identities is given.",
)  # fmt: skip
VALIDATION = _failure(
    "validation_error", 400, "Invalid Identities {entries}",
    Level.DOCUMENTED, _ERROR_BODY, "identities has names that are not in the identity-resolution configuration.",
    example={"entries": "{phone_numdber=[0123456789]}"},
)  # fmt: skip
INVALID_FIELD = _failure(
    "invalid_field", 400, "Invalid {field} {value}",
    Level.ASSUMED, f"{_ERROR_BODY} for the code; the message by analogy with Invalid Identities",
    "A field has the right JSON type and a value that is not allowed.",
    code="validation_error", example={"field": "Limit", "value": "0"},
)  # fmt: skip
NOT_FOUND = _failure(
    "not_found", 404, "Profile was not found.",
    Level.INFERRED, f"{_STATUS_TABLE} for the status; Segment Profile API for code and message",
    "No profile has this id, or none has any of these identities.",
)  # fmt: skip
METHOD_NOT_ALLOWED = _failure(
    "method_not_allowed", 405, _INVALID_REQUEST_TEXT,
    Level.ASSUMED, "emulator's choice", "Both operations are POST.", code="invalid_request_error",
)  # fmt: skip
NO_SUCH_PATH = _failure(
    "no_such_path", 404, "The requested resource doesn’t exist.",
    Level.ASSUMED, f"{_STATUS_TABLE} for status and message", "The path is none of the API's.", code="not_found",
)  # fmt: skip


def _server_error(name: str, status: int) -> Failure:
    return _failure(
        name, status, "Something went wrong on PrimeData’s side.",
        Level.ASSUMED, f"{_STATUS_TABLE} (5xx; 500, 502, 503, 504 until 2023-11-28) for status and message",
        "Server errors. No code is documented.", code="internal_error",
    )  # fmt: skip


INTERNAL = _server_error("internal_error", 500)
BAD_GATEWAY = _server_error("bad_gateway", 502)
UNAVAILABLE = _server_error("service_unavailable", 503)
GATEWAY_TIMEOUT = _server_error("gateway_timeout", 504)

FAILURES = (
    AUTHENTICATION, RATE_LIMIT, INVALID_REQUEST, VALIDATION, INVALID_FIELD, NOT_FOUND, METHOD_NOT_ALLOWED,
    NO_SUCH_PATH, INTERNAL, BAD_GATEWAY, UNAVAILABLE, GATEWAY_TIMEOUT,
)  # fmt: skip


PREFIX = Rule(
    "primedata.prefix", Level.ASSUMED, "emulator's choice",
    "No base URL is published, and the other services of a PrimeData site live below prefixes of their own (/powehi, "
    "/v1/chiron, /prile): the operations answer at /pub alone, so that a mistyped prefix is not taken for a right one.",
)  # fmt: skip
EITHER_IDENTITY = Rule(
    "primedata.identity_matching", Level.INFERRED, "Profile API, Overview (\"one of the identities\")",
    "A profile is found by any value of any name. Values compare exactly, numbers and booleans by their JSON text.",
)  # fmt: skip
HIGHEST_PRIORITY = Rule(
    "primedata.several_profiles", Level.ASSUMED, "emulator's choice",
    "Where identities belong to several profiles, the name of the highest priority decides, then the order of its "
    "values in the request.",
)  # fmt: skip
MERGED = Rule(
    "primedata.merged_profiles", Level.ASSUMED, "emulator's choice",
    "The id of a profile that was merged into another still finds it; the answer carries the id that survived.",
)  # fmt: skip
SELECTED_SECTIONS = Rule(
    "primedata.sections", Level.INFERRED, "Profile API 1.1, type and include",
    "A section that type leaves out is absent. include filters the names of all sections alike and drops names that "
    "the profile has not; a section with nothing left is {}.",
)  # fmt: skip
CURSOR_BESIDE_DATA = Rule(
    "primedata.answer_shape", Level.INFERRED, "Profile API 1.2, read beside Segment Profile API, Events",
    "The documented sample has cursor inside the data array, which is not JSON: data and cursor are siblings, and the "
    "last page has has_more false and next \"\".",
)  # fmt: skip
TIME_PATTERN = Rule(
    "primedata.time_format", Level.INFERRED, "Profile API 1.2, sample",
    "time_stamp and sent_at are written as in the sample, 2023:01:01T20:00:00Z, in whole seconds; start, end and "
    "Segment's API are ISO 8601, so a site may differ: setting time_format.",
)  # fmt: skip
CURSOR_FORMAT = Rule(
    "primedata.cursor", Level.INFERRED, "Profile API 1.2, sample, decoded",
    "A cursor is base64 of the next event's time in nanoseconds, '::' and its id, with '::' and a number behind where "
    "that names several events. It is a position only: it holds no filter, never expires, and the event it names "
    "comes first on the next page, whatever else the call asks for. One of another profile is refused.",
)  # fmt: skip
UNSORTED = Rule(
    "primedata.default_order", Level.ASSUMED, "Profile API 1.2, sort (\"no order\")",
    "Without sort, events come in the order in which they arrived: setting default_order.",
)  # fmt: skip
NAIVE_TIMES = Rule(
    "primedata.naive_times", Level.ASSUMED, "emulator's choice",
    "A start or end without an offset is UTC; a date is its midnight.",
)  # fmt: skip
CLAMPED_LIMIT = Rule(
    "primedata.clamped_limit", Level.ASSUMED, "Profile API 1.2, limit (\"at most 100\")",
    "With limit_over_100: clamp, a larger limit counts as 100.",
)  # fmt: skip

RULES = (
    PREFIX, EITHER_IDENTITY, HIGHEST_PRIORITY, MERGED, SELECTED_SECTIONS, CURSOR_BESIDE_DATA, TIME_PATTERN,
    CURSOR_FORMAT, UNSORTED, NAIVE_TIMES, CLAMPED_LIMIT,
)  # fmt: skip


def dialect(fact: Fact) -> Refusal:
    match fact:
        case MalformedBody() | InvalidBody() | InvalidQuery() | BodyTooLarge() | MalformedPath():
            return INVALID_REQUEST()
        case LimitExhausted():
            return RATE_LIMIT()
        case MethodNotAllowed():
            return METHOD_NOT_ALLOWED(headers=(("allow", ", ".join(fact.allowed)),))
        case NoSuchOperation():
            return NO_SUCH_PATH()
        case _:
            return INTERNAL()
