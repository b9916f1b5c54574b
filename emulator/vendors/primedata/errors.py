"""What PrimeData says when it says no, and the choices behind what it says when it says yes.

One envelope for the Profile API: ``{"error": {"code": …, "message": …}}``. The tracking calls, another service in
another language, say ``{"error": {"message": …}}``, with details where a schema is not met.
"""

from collections.abc import Mapping
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from emulator.core.answers import Headers
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
_PUSH = "Events Push API"
_PUSH_STATUSES = f"{_PUSH}, API Response"
_OURS = "emulator's choice"
TRACKING = "/powehi/"
"""Leads the paths of the tracking calls."""


class ErrorOfSearch(TypedDict):
    code: Literal[
        "authentication_error", "rate_limit_error", "invalid_request_error", "validation_error", "not_found",
        "internal_error",
    ]  # fmt: skip
    message: str


class SearchRefusal(TypedDict):
    """Profile API, Error body."""

    error: ErrorOfSearch


class Detail(TypedDict):
    field: str
    description: str


class ErrorOfTracking(TypedDict):
    details: NotRequired[list[Detail]]
    message: str


class TrackingRefusal(TypedDict):
    """Events Push API, Error body."""

    error: ErrorOfTracking


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
    "More calls of one key within a second than requests_per_second; no header says how long to wait.",
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
CURSOR_READ = "cursor read"
"""The milestone of an event search that brings a cursor."""
NOT_FOUND = _failure(
    "not_found", 404, "Profile was not found.",
    Level.INFERRED, f"{_STATUS_TABLE} for the status; Segment Profile API for code and message",
    "No profile has this id, or none has any of these identities to the letter.",
)  # fmt: skip
METHOD_NOT_ALLOWED = _failure(
    "method_not_allowed", 405, _INVALID_REQUEST_TEXT,
    Level.ASSUMED, "emulator's choice", "Both searches are POST.", code="invalid_request_error",
)  # fmt: skip
NO_SUCH_PATH = _failure(
    "no_such_path", 404, "The requested resource doesn’t exist.",
    Level.ASSUMED, f"{_STATUS_TABLE} for status and message",
    "The path is none of the API's: the searches answer at /pub alone, since no base URL is published, and a prefix as "
    "those of other services (/v1/chiron, /prile) may be mistyped.",
    code="not_found",
)  # fmt: skip


def _server_error(name: str, status: int) -> Failure:
    return _failure(
        name, status, "Something went wrong on PrimeData’s side.",
        Level.ASSUMED, f"{_STATUS_TABLE} (5xx; 500, 502, 503, 504 until 2023-11-28) for status and message",
        "The server failed; no code for this is documented.", code="internal_error",
    )  # fmt: skip


INTERNAL = _server_error("internal_error", 500)
BAD_GATEWAY = _server_error("bad_gateway", 502)
UNAVAILABLE = _server_error("service_unavailable", 503)
GATEWAY_TIMEOUT = _server_error("gateway_timeout", 504)


def _tracking_failure(
    name: str,
    status: int,
    message: str,
    says: str,
    level: Level = Level.ASSUMED,
    source: str = f"{_PUSH_STATUSES} for the status; the text is ours",
    headers: Headers = (),
) -> Failure:
    body = {"error": {"message": message}}
    return Failure(name=name, status=status, body=body, level=level, source=source, says=says, headers=headers)


TRACKING_UNAUTHORIZED = _tracking_failure(
    "tracking_unauthorized", 401, "client: unauthorized",
    "X-Client-Id names no data source, or X-Client-Access-Token is not its write key.",
    Level.DOCUMENTED, f"{_PUSH}, Error body",
)  # fmt: skip
SCHEMA_INVALID = Failure(
    name="schema_is_invalid",
    status=422,
    body={
        "error": {
            "details": [
                {
                    "field": "source.itemId",
                    "description": "String length must be greater than or equal to 1",
                }
            ],
            "message": "Schema is invalid",
        }
    },
    level=Level.DOCUMENTED,
    source=f"{_PUSH}, Error body; its one description is a default of gojsonschema, which has the others too",
    says="The body, an event or an event's properties are not what is documented or registered: fields are named from "
    "the event on, only the first event that is wrong is told of, and nothing of the call is taken.",
)
SCOPE_UNKNOWN = _tracking_failure(
    "scope_is_not_exists", 422, "scope is not exists",
    "The scope of an event is not the data source that X-Client-Id names; those of source and target are not compared.",
    Level.INFERRED, f"{_PUSH_STATUSES} for the message; events' object attributes for the condition",
)  # fmt: skip
EVENT_TYPE_UNKNOWN = _tracking_failure(
    "item_not_found", 422, "Item not found",
    "The eventType is not registered: it is not in event_catalogue, nor in event_schemas, nor built in.",
    Level.INFERRED, f"{_PUSH_STATUSES} for the message; Setup for the condition",
)  # fmt: skip
TRACKING_BAD_REQUEST = _tracking_failure(
    "tracking_bad_request", 400, "Bad Request",
    "The body is not JSON, is larger than eight mebibytes, or nested too deep to be written again; or a profile, or an "
    "anonymous session, would have more than 256 kibibytes of traits.",
)  # fmt: skip
TRACKING_METHOD_NOT_ALLOWED = _tracking_failure(
    "tracking_method_not_allowed", 405, "Method Not Allowed", "Both calls are POST.", source=_OURS,
    headers=(("allow", "POST, OPTIONS"),),
)  # fmt: skip
_TRACKING_PROVOKED = (
    _tracking_failure(
        "tracking_not_found", 404, "Not Found", "The requested resource does not exist; nothing says which."
    ),
    _tracking_failure(
        "tracking_too_many_requests", 429, "Too Many Requests",
        "More than 1024 concurrent requests from one address, which are only provoked: calls of a world take turns.",
    ),
    *(
        _tracking_failure(f"tracking_{name}", status, text, "Something went wrong on PrimeData's side.")
        for name, status, text in (
            ("internal_error", 500, "Internal Server Error"),
            ("bad_gateway", 502, "Bad Gateway"),
            ("service_unavailable", 503, "Service Unavailable"),
            ("gateway_timeout", 504, "Gateway Timeout"),
        )
    ),
)  # fmt: skip
TRACKING_FAILURES = (
    TRACKING_UNAUTHORIZED, TRACKING_BAD_REQUEST, SCHEMA_INVALID, SCOPE_UNKNOWN, EVENT_TYPE_UNKNOWN,
    TRACKING_METHOD_NOT_ALLOWED, *_TRACKING_PROVOKED,
)  # fmt: skip

FAILURES = (
    AUTHENTICATION, RATE_LIMIT, INVALID_REQUEST, VALIDATION, INVALID_FIELD, NOT_FOUND, METHOD_NOT_ALLOWED,
    NO_SUCH_PATH, INTERNAL, BAD_GATEWAY, UNAVAILABLE, GATEWAY_TIMEOUT, *TRACKING_FAILURES,
)  # fmt: skip


EITHER_IDENTITY = Rule(
    "primedata.identity_matching", Level.INFERRED, "Profile API, Overview (\"one of the identities\")",
    "Of several identity values one that a profile has is enough, whatever its name.",
)  # fmt: skip
LITERAL_TEXT = Rule(
    "primedata.identity_texts", Level.ASSUMED, _OURS,
    "An identity value that is a JSON number or boolean is the text that it was written with.",
)  # fmt: skip
SOME_INVALID = Rule(
    "primedata.invalid_identities", Level.INFERRED, f"{_ERROR_BODY}, read as Java prints a map of lists",
    "Of several identities a refusal lists those that are not configured, in the order of the request.",
)  # fmt: skip
LENIENT_BODY = Rule(
    "primedata.search_bodies", Level.ASSUMED, _OURS,
    "A search is JSON whatever its Content-Type says; fields that no page names are ignored, and null, an empty list, "
    "empty identities and an empty profile_id count as not given.",
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
    "A section that type leaves out is absent, include drops names that the profile has not, and a section with "
    "nothing left is {}.",
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
    "that names several events; it is no more than the position where a page starts: it holds no filter and never "
    "expires.",
)  # fmt: skip
UNSORTED = Rule(
    "primedata.default_order", Level.ASSUMED, "Profile API 1.2, sort (\"no order\")",
    "Several events without sort come in the order in which they arrived: setting default_order.",
)  # fmt: skip
NAIVE_TIMES = Rule(
    "primedata.naive_times", Level.ASSUMED, "emulator's choice",
    "A start or end without an offset is UTC, and a date is its midnight, which matters to events close to it.",
)  # fmt: skip
CLAMPED_LIMIT = Rule(
    "primedata.clamped_limit", Level.ASSUMED, "Profile API 1.2, limit (\"at most 100\")",
    "With limit_over_100: clamp, a larger limit counts as 100.",
)  # fmt: skip

_DYNAMICS = "Events Dynamics, the E.S.P. model"
_SDKS = "web SDK miner.js, sdk-php 0.4.0, analytics-ios"
TOLERANCE = Rule(
    "primedata.tracking_tolerance", Level.OBSERVED, _SDKS,
    "The body is JSON whatever its Content-Type; properties may be [] or null; target may be null or without scope, as "
    "an analyticsUser also without itemId; a sessionId in the event counts before the body's; other keys are ignored.",
)  # fmt: skip
TRACKED_EVENT = Rule(
    "primedata.tracked_events", Level.INFERRED, f"{_PUSH} read beside the Profile API",
    "eventType becomes event_name and timeStamp time_stamp; id is the text that the event brings; sent_at is its "
    "sendAt, else the body's, else the moment of receipt; input_schema_version is that of the registered schema.",
)  # fmt: skip
EVENT_IDS = Rule(
    "primedata.event_ids", Level.INFERRED, "the ids of profiles; no SDK sends one for an event",
    "An event that brings no id gets a new KSUID.",
)  # fmt: skip
RESENT = Rule(
    "primedata.resent_events", Level.ASSUMED, _OURS,
    "An event whose name and id are known already is counted as processed, and changes nothing.",
)  # fmt: skip
OPEN_SCHEMA = Rule(
    "primedata.open_schemas", Level.ASSUMED, _OURS,
    "An event type of event_catalogue that lists no properties keeps all that are tracked, so do the built-in ones.",
)  # fmt: skip
BUILT_IN = Rule(
    "primedata.built_in_events", Level.OBSERVED, f"{_DYNAMICS}, built-in events; {_SDKS}",
    "identify and SaveEntity are registered in every workspace, and so are view and open_app, which the SDKs track by "
    "themselves on start; SaveEntity is stored like any event, entities are not emulated.",
)  # fmt: skip
SESSIONS = Rule(
    "primedata.sessions", Level.INFERRED, _DYNAMICS,
    "identify binds its session to the profile that it creates or finds, and all later events of the session are that "
    "profile's, whichever data source they come from and however late.",
)  # fmt: skip
ANONYMOUS = Rule(
    "primedata.anonymous_sessions", Level.INFERRED, f"{_DYNAMICS}: events belong to sessions, sessions to a profile",
    "Events before identify wait with their session, where no search finds them and profileId is null; once the "
    "session is bound they are the profile's, and arrive there at that moment.",
)  # fmt: skip
LONE = Rule(
    "primedata.lone_events", Level.ASSUMED, _OURS,
    "An event with neither a session nor a profile is processed and kept by nobody; without a session id each event of "
    "a call stands alone.",
)  # fmt: skip
GIVEN_PROFILE = Rule(
    "primedata.given_profiles", Level.INFERRED, "sdk-php sends profileId in an event, analytics-ios in the body",
    "Where the session belongs to nobody, a profileId that exists names the profile and binds the session, an unknown "
    "one counts as none; that in the event counts before the body's.",
)  # fmt: skip
IDENTIFICATION = Rule(
    "primedata.identification", Level.INFERRED, f"{_DYNAMICS}, The Flow; Profile API 1.1",
    "Of the target's properties in identify, names of the identity-resolution configuration are identities (texts, "
    "numbers, booleans, or lists of them), the others overwrite traits; a new profile needs an identity, and without "
    "one traits wait with the session.",
)  # fmt: skip
MERGING = Rule(
    "primedata.merging", Level.ASSUMED, f"{_OURS}, as Segment and Apache Unomi do",
    "Where identities and session of one identify belong to several profiles, they become one: the older id (the "
    "smaller KSUID) stays and the others lead to it; identities, sessions and events are united, traits of the profile "
    "that was updated last win.",
)  # fmt: skip
UPDATED = Rule(
    "primedata.last_updated", Level.INFERRED, f"{_PUSH}, Response (\"no profile get updated\")",
    "Every event that reaches a profile updates it: last_updated is the moment of processing.",
)  # fmt: skip
PROCESSED = Rule(
    "primedata.processed_events", Level.INFERRED, f"{_PUSH}, Response",
    "Of events that do not all reach the same profile, all are counted as processed, and profileId is that of the last "
    "that reached one.",
)  # fmt: skip
CONTEXT = Rule(
    "primedata.context", Level.INFERRED, "Apache Unomi, ContextResponse; the web SDK reads three of its members",
    "context takes what smile takes, and answers as Unomi does: profileProperties are the traits that "
    "requiredProfileProperties names, '*' all; no segments, filters or personalizations match.",
)  # fmt: skip
PAGES = Rule(
    "primedata.pages", Level.OBSERVED, "web SDK miner.js: it sends JSON and credentials, so browsers ask first",
    "Tracking answers echo a usable Origin and allow credentials; preflights also name POST and the headers that the "
    "SDK sends; the Profile API tells browsers nothing.",
)  # fmt: skip

RULES = (
    EITHER_IDENTITY, LITERAL_TEXT, SOME_INVALID, LENIENT_BODY, HIGHEST_PRIORITY, MERGED, SELECTED_SECTIONS,
    CURSOR_BESIDE_DATA, TIME_PATTERN, CURSOR_FORMAT, UNSORTED, NAIVE_TIMES, CLAMPED_LIMIT, TOLERANCE, TRACKED_EVENT,
    EVENT_IDS, RESENT, OPEN_SCHEMA, BUILT_IN, SESSIONS, ANONYMOUS, LONE, GIVEN_PROFILE, IDENTIFICATION, MERGING,
    UPDATED, PROCESSED, CONTEXT, PAGES,
)  # fmt: skip


def dialect(fact: Fact) -> Refusal:
    match fact:
        case MalformedBody() | InvalidBody() | InvalidQuery() | BodyTooLarge() | MalformedPath():
            return INVALID_REQUEST()
        case LimitExhausted():
            return RATE_LIMIT()
        case MethodNotAllowed() if fact.path.startswith(TRACKING):
            return TRACKING_METHOD_NOT_ALLOWED()
        case MethodNotAllowed():
            return METHOD_NOT_ALLOWED(headers=(("allow", ", ".join(fact.allowed)),))
        case NoSuchOperation():
            return NO_SUCH_PATH()
        case _:
            return INTERNAL()
