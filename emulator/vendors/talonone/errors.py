"""What Talon.One says when it says no.

Two shapes: ErrorResponse ``{message, errors}`` and ErrorResponseWithStatus, which adds ``StatusCode`` (capital S and
C). A 400 of a session of either version, of a referral, and of the V1 profile and event calls, which are older than
the second shape, has the first; everything else has the second. Several problems of one body are answered together,
one entry of ``errors`` each; the refusal is then named after the first.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired

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
    Problem,
    Refusal,
)

ERRORS_PAGE = "Talon.One developer pages, Getting Started, Errors (2021-05-07)"
AUTHENTICATION_PAGE = "Talon.One developer pages, Integration API, Authentication"
API_2020 = "talon_go 2.1.1"
API_2026 = "Talon.One Integration API 26.16, response codes"
OURS = "emulator's choice"


class ErrorSource(TypedDict):
    pointer: NotRequired[str]
    parameter: NotRequired[str]
    line: NotRequired[str]
    resource: NotRequired[str]


class APIError(TypedDict):
    title: str
    details: NotRequired[str]
    source: NotRequired[ErrorSource]


class ErrorResponse(TypedDict):
    message: str
    errors: NotRequired[list[APIError]]


class ErrorResponseWithStatus(TypedDict):
    message: str
    errors: NotRequired[list[APIError]]
    StatusCode: int


class EdgeError(TypedDict):
    """Of what stands before Talon.One."""

    message: str
    RequestUUID: str


INVALID_DATA = "The submitted data was invalid"


def _errors(title: str, details: str, **source: str) -> dict[str, Any]:
    return {"message": INVALID_DATA, "errors": [{"title": title, "details": details, "source": source}]}


def _missing(details: str) -> dict[str, Any]:
    error = {"title": "Not Found", "details": details, "source": {"resource": "{resource}"}}
    return {"message": "Not Found", "errors": [error], "StatusCode": 404}


INVALID_API_KEY = Failure(
    name="invalid_api_key", status=401, body={"message": "Invalid API key", "StatusCode": 401},
    level=Level.INFERRED, source=API_2026,
    says="No `Authorization: ApiKey-v1 KEY`, or a key that is unknown or has expired. On V1 operations also a "
    "Content-Signature that cannot be read or whose signer is unknown. The text is the emulator's.",
)  # fmt: skip
SIGNATURE_MISMATCH = Failure(
    name="hmac_signature_mismatch", status=400, body={"message": "HMAC signature mismatch."},
    level=Level.DOCUMENTED, source=ERRORS_PAGE,
    says="The Content-Signature of a V1 operation is not the HMAC-MD5 of its body, in lower-case hex.",
)  # fmt: skip
UNKNOWN_ATTRIBUTE = Failure(
    name="unknown_attribute", status=400,
    body=_errors(
        "Unknown", 'The attribute "{attribute}" is not defined on {entity} entities.', pointer="/attributes/{attribute}"
    ),
    example={"attribute": "MyAttribute", "entity": "CustomerSession"},
    level=Level.DOCUMENTED, source=ERRORS_PAGE,
    says="An attribute that nobody has defined. In a V2 session body the pointer starts with /customerSession.",
)  # fmt: skip
INVALID_TYPE = Failure(
    name="invalid_attribute_type", status=400,
    body=_errors(
        "Invalid type", 'Value of "{attribute}" attribute ({value}) is not a {type}', pointer="/attributes/{attribute}"
    ),
    example={"attribute": "Name", "value": "false", "type": "string"},
    level=Level.DOCUMENTED, source=ERRORS_PAGE, says="An attribute's value is not of the type it was defined with.",
)  # fmt: skip
BAD_ENUM = Failure(
    name="enum", status=400,
    body=_errors("enum", 'state must be one of the following: "open", "closed", "cancelled"', pointer="/state"),
    level=Level.DOCUMENTED, source=ERRORS_PAGE, says="A value that is none of those allowed.",
)  # fmt: skip
SCHEMA_VIOLATION = Failure(
    name="schema_violation", status=400,
    body=_errors("required", "customerSession is required", pointer="/customerSession"),
    level=Level.INFERRED, source=ERRORS_PAGE,
    says="The body breaks its schema; the title is the violated keyword: required, type, minLength, maxLength, "
    "minimum, maximum, minItems, maxItems.",
)  # fmt: skip
MALFORMED_JSON = Failure(
    name="malformed_json", status=400, body=_errors("Malformed JSON", "{reason}", pointer=""),
    example={"reason": "EOF while parsing a value at line 1 column 0"},
    level=Level.ASSUMED, source=OURS, says="The body is not JSON. That the status is 400 is documented, the text not.",
)  # fmt: skip
UNKNOWN_ADDITIONAL_COST = Failure(
    name="unknown_additional_cost", status=400,
    body=_errors(
        "Unknown", 'The additional cost "{cost}" is not defined.', pointer="/customerSession/additionalCosts/{cost}"
    ),
    example={"cost": "handling"},
    level=Level.INFERRED, source="Talon.One Integration API 25.17, NewCustomerSessionV2.additionalCosts",
    says="An additional cost that nobody has defined. That it is refused is documented, the text is the emulator's.",
)  # fmt: skip
ILLEGAL_STATE = Failure(
    name="illegal_state_change", status=400,
    body=_errors("enum", "{details}", pointer="/customerSession/state"),
    example={"details": 'state must be one of the following: "cancelled"'},
    level=Level.ASSUMED, source="Talon.One documentation, Customer session states",
    says="A session cannot go from its state to the one asked for: a closed one can only be cancelled, a cancelled one "
    "is final, a new one is open or closed. The states are documented, the answer is not.",
)  # fmt: skip
NOT_ALLOWED = Failure(
    name="not_allowed_here", status=400,
    body=_errors("Not allowed", "{member} can only be used with {needed}", pointer="/{member}"),
    example={"member": "responseContent", "needed": "runRuleEngine=true"},
    level=Level.INFERRED, source="Talon.One Integration API 26.16, parameters",
    says="A member or parameter that needs another: responseContent and dry of a profile need runRuleEngine; now, "
    "evaluableCampaignIds and forceCompleteEvaluation need dry. That they do is documented, the answer is not.",
)  # fmt: skip
RESERVED_EVENT = Failure(
    name="reserved_event_type", status=400,
    body=_errors("Reserved", 'The event type "{type}" is reserved for built-in events.', pointer="/type"),
    example={"type": "talon_session_created"},
    level=Level.INFERRED, source=f"{API_2020}, NewEvent.type",
    says="A custom event with the name of a built-in one. That it is refused is documented, the text is not.",
)  # fmt: skip
WRONG_PROFILE = Failure(
    name="session_of_another_profile", status=400,
    body=_errors("Conflict", 'The session "{session}" belongs to another profile.', pointer="/profileId"),
    example={"session": "s-1"},
    level=Level.INFERRED, source=f"{API_2020}, trackEvent",
    says="The event's session exists and belongs to another profile. The error is documented, status and text are not.",
)  # fmt: skip
UNKNOWN_CAMPAIGN = Failure(
    name="unknown_campaign", status=400,
    body=_errors("Unknown", "There is no campaign {campaign} in this Application.", pointer="/campaignId"),
    example={"campaign": "99"},
    level=Level.INFERRED, source=f"{API_2026} of createReferral",
    says="A referral of a campaign that the Application does not have; no 404 is documented for it.",
)  # fmt: skip
NO_REFERRALS = Failure(
    name="campaign_without_referrals", status=400,
    body=_errors("Not allowed", "Campaign {campaign} does not have the feature referrals.", pointer="/campaignId"),
    example={"campaign": "4"},
    level=Level.INFERRED, source=f"{API_2020}, Campaign.features",
    says="A referral of a campaign whose features do not name referrals.",
)  # fmt: skip
NO_CODES_LEFT = Failure(
    name="no_codes_left", status=400,
    body=_errors("Conflict", "{reason}", pointer="/campaignId"),
    example={"reason": "the pattern allows 1 different codes, of which 1 are taken, and 1 are wanted"},
    level=Level.ASSUMED, source=OURS, says="Every code that the campaign's pattern allows is taken.",
)  # fmt: skip
UNKNOWN_ITEM = Failure(
    name="unknown_cart_item", status=400,
    body=_errors("Unknown", "{details}", pointer="/return/returnedCartItems/0/position"),
    example={"details": "The session has no cart item at position 3."},
    level=Level.ASSUMED, source="Talon.One Integration API 25.17, ReturnedCartItem",
    says="What is to be returned is not in the cart, or its SKU is another one.",
)  # fmt: skip
LONG_IDEMPOTENCY_KEY = Failure(
    name="idempotency_key_too_long", status=400,
    body=_errors("maxLength", "String length must be less than or equal to 255", parameter="Idempotency-Key"),
    level=Level.INFERRED, source="Talon.One Integration API 26.16, idempotency",
    says="An Idempotency-Key of more than 255 characters. The bound is documented, the answer is not.",
)  # fmt: skip
OTHER_REQUEST = Failure(
    name="idempotency_key_reused", status=400,
    body=_errors("Conflict", "This key belongs to another request.", parameter="Idempotency-Key"),
    level=Level.ASSUMED, source=OURS,
    says="An Idempotency-Key that came with another path, query or body within the last 24 hours. To replay the answer "
    "of a different request would hide a mistake.",
)  # fmt: skip
BAD_PARAMETER = Failure(
    name="invalid_query_parameter", status=400,
    body=_errors("type", 'Invalid type. Expected: boolean, given: "{value}"', parameter="{parameter}"),
    example={"parameter": "dry", "value": "maybe"},
    level=Level.ASSUMED, source=OURS,
    says="A query parameter that is no boolean; `silent` that is neither yes nor no; `now` that is no moment ahead.",
)  # fmt: skip
MALFORMED_PATH = Failure(
    name="malformed_path", status=400,
    body={"message": "The path is not valid percent-encoded UTF-8", "StatusCode": 400},
    level=Level.ASSUMED, source=OURS, says="A broken percent escape in the path.",
)  # fmt: skip
NOT_FOUND = Failure(
    name="not_found", status=404, body={"message": "Not Found", "StatusCode": 404},
    level=Level.INFERRED, source=API_2026,
    says="There is nothing of this path. The status is documented, the text is not.",
)  # fmt: skip
COUPON_NOT_FOUND = Failure(
    name="coupon_not_found", status=404, body=_missing('There is no coupon "{code}".'),
    example={"code": "SUMMER10", "resource": "/v1/coupon_reservations/SUMMER10"},
    level=Level.INFERRED, source=API_2026,
    says="The Application has no coupon of this code. The status is documented, the text is not.",
)  # fmt: skip
PROFILE_NOT_FOUND = Failure(
    name="profile_not_found", status=404, body=_missing('There is no profile "{id}".'),
    example={"id": "ana", "resource": "/v1/customer_data/ana"},
    level=Level.INFERRED, source=API_2026,
    says="The account has no profile of this id. The status is documented, the text is not.",
)  # fmt: skip
SESSION_NOT_FOUND = Failure(
    name="session_not_found", status=404, body=_missing('There is no session "{id}".'),
    example={"id": "s-1", "resource": "/v2/customer_sessions/s-1"},
    level=Level.ASSUMED, source=OURS,
    says="The Application has no session of this id: for the calls that read, reopen or return one. Only 400 and 401 "
    "are documented for them.",
)  # fmt: skip
METHOD_NOT_ALLOWED = Failure(
    name="method_not_allowed", status=405, body={"message": "Method Not Allowed", "StatusCode": 405},
    headers=(("allow", "{allowed}"),), example={"allowed": "PUT"},
    level=Level.ASSUMED, source=OURS, says="The path is known, the method is not.",
)  # fmt: skip
BUSY_PROFILE = Failure(
    name="too_many_requests_for_profile", status=409,
    body={"message": "Too many requests are updating this profile at the same time", "errors": [], "StatusCode": 409},
    level=Level.DOCUMENTED, source=API_2026,
    says="One request for this profile runs and two wait already. Requests here run one after another, so this has to "
    "be asked for.",
)  # fmt: skip
BUSY_SESSION = Failure(
    name="too_many_requests_for_session", status=409,
    body={"message": "Too many requests are updating this session at the same time", "errors": [], "StatusCode": 409},
    level=Level.DOCUMENTED, source=API_2026,
    says="One request for this session runs and two wait already. Requests here run one after another, so this has to "
    "be asked for.",
)  # fmt: skip
BODY_TOO_LARGE = Failure(
    name="body_too_large", status=413, body={"message": "Request Entity Too Large", "StatusCode": 413},
    level=Level.ASSUMED, source=OURS, says="The body is larger than the emulator takes; Talon.One publishes no limit.",
)  # fmt: skip
RATE_LIMITED = Failure(
    name="rate_limited", status=429, body={"message": "Too Many Requests", "StatusCode": 429},
    level=Level.INFERRED, source=API_2026,
    says="More calls than the rate limit allows: neither its size nor headers are published, so this has to be asked "
    "for.",
)  # fmt: skip
INTERNAL_ERROR = Failure(
    name="internal_error", status=500, body={"message": "Internal Server Error", "StatusCode": 500},
    level=Level.INFERRED, source=API_2026, says="Talon.One fails; try again.",
)  # fmt: skip
BAD_GATEWAY = Failure(
    name="bad_gateway", status=502,
    body={"message": "Bad Gateway", "RequestUUID": "3f0e4d1c-8a51-4c0e-9d61-2f7b5a9c1e08"},
    level=Level.INFERRED, source=API_2026, says="The edge before Talon.One fails and leaves its request id; try again.",
)  # fmt: skip
SERVICE_UNAVAILABLE = Failure(
    name="service_unavailable", status=503,
    body={"message": "Service Unavailable", "RequestUUID": "3f0e4d1c-8a51-4c0e-9d61-2f7b5a9c1e08"},
    level=Level.INFERRED, source=API_2026, says="Talon.One cannot be reached behind its edge; try again.",
)  # fmt: skip

CATALOGUE = (
    INVALID_API_KEY, SIGNATURE_MISMATCH, UNKNOWN_ATTRIBUTE, INVALID_TYPE, BAD_ENUM, SCHEMA_VIOLATION, MALFORMED_JSON,
    UNKNOWN_ADDITIONAL_COST, ILLEGAL_STATE, NOT_ALLOWED, RESERVED_EVENT, WRONG_PROFILE, UNKNOWN_CAMPAIGN, NO_REFERRALS,
    NO_CODES_LEFT, UNKNOWN_ITEM, LONG_IDEMPOTENCY_KEY, OTHER_REQUEST, BAD_PARAMETER, MALFORMED_PATH, NOT_FOUND,
    COUPON_NOT_FOUND, PROFILE_NOT_FOUND, SESSION_NOT_FOUND, METHOD_NOT_ALLOWED, BUSY_PROFILE, BUSY_SESSION,
    BODY_TOO_LARGE, RATE_LIMITED, INTERNAL_ERROR, BAD_GATEWAY, SERVICE_UNAVAILABLE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Complaint:
    """One entry of ``errors``. `source` is ``{"pointer": …}`` into the body or ``{"parameter": …}`` of the query."""

    failure: Failure
    title: str
    details: str
    source: Mapping[str, str]


def refusal(complaints: Sequence[Complaint], *, status_code: bool) -> Refusal:
    """All complaints in one answer. `status_code`: whether the operation's 400 carries ``StatusCode``."""
    entries = [{"title": one.title, "details": one.details, "source": dict(one.source)} for one in complaints]
    body: dict[str, Any] = {"message": INVALID_DATA, "errors": entries}
    if status_code:
        body["StatusCode"] = complaints[0].failure.status
    return complaints[0].failure(body=body)


def pointer(*steps: str | int) -> str:
    """JSON pointer (RFC 6901): ``pointer("attributes", "a/b")`` is ``/attributes/a~1b``."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


_EXPECTED = {
    "string_type": "string",
    "int_type": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "finite_number": "number",
    "bool_type": "boolean",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
}
_BOUNDS = {
    "string_too_short": ("minLength", "min_length", "String length must be greater than or equal to {}"),
    "string_too_long": ("maxLength", "max_length", "String length must be less than or equal to {}"),
    "too_short": ("minItems", "min_length", "Array must have at least {} items"),
    "too_long": ("maxItems", "max_length", "Array must have at most {} items"),
    "greater_than_equal": ("minimum", "ge", "Must be greater than or equal to {}"),
    "less_than_equal": ("maximum", "le", "Must be less than or equal to {}"),
}


def violations(problems: Sequence[Problem]) -> list[Complaint]:
    """What a validation of a body found, an entry each, titled by the violated keyword of JSON Schema.

    The one sentence that Talon.One publishes, for an enum, is word for word that of the Go library gojsonschema; the
    sentences for the other keywords are that library's too.
    """
    return [_violation(problem) for problem in problems]


def _violation(problem: Problem) -> Complaint:
    place, kind = problem.place, problem.kind
    source = {"pointer": pointer(*place)}
    if kind == "json_invalid":
        return Complaint(MALFORMED_JSON, "Malformed JSON", str(problem.context.get("error", problem.message)), source)
    if kind == "literal_error":
        name = next((step for step in reversed(place) if isinstance(step, str)), "value")
        allowed = ", ".join(f'"{value}"' for value in re.findall(r"'([^']*)'", problem.context["expected"]))
        return Complaint(BAD_ENUM, "enum", f"{name} must be one of the following: {allowed}", source)
    if kind == "missing":
        return Complaint(SCHEMA_VIOLATION, "required", f"{place[-1]} is required", source)
    if kind in _EXPECTED:
        details = f"Invalid type. Expected: {_EXPECTED[kind]}, given: {_json_type(problem.found)}"
        return Complaint(SCHEMA_VIOLATION, "type", details, source)
    if kind in _BOUNDS:
        keyword, bound, sentence = _BOUNDS[kind]
        return Complaint(SCHEMA_VIOLATION, keyword, sentence.format(int(problem.context[bound])), source)
    return Complaint(SCHEMA_VIOLATION, kind, problem.message, source)


def _json_type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
    return "array" if isinstance(value, list) else "object"


def dialect(fact: Fact) -> Refusal:
    match fact:
        case MalformedBody(reason=reason):
            details = reason.removeprefix("Invalid JSON: ")
            complaint = Complaint(MALFORMED_JSON, "Malformed JSON", details, {"pointer": ""})
            return refusal([complaint], status_code=True)
        case InvalidBody(problems=problems) | InvalidQuery(problems=problems):
            return refusal(violations(problems), status_code=True) if problems else SCHEMA_VIOLATION()
        case MalformedPath():
            return MALFORMED_PATH()
        case BodyTooLarge():
            return BODY_TOO_LARGE()
        case NoSuchOperation():
            return NOT_FOUND()
        case MethodNotAllowed(allowed=allowed):
            return METHOD_NOT_ALLOWED(allowed=", ".join(allowed))
        case LimitExhausted():
            return RATE_LIMITED()
        case _:
            return INTERNAL_ERROR()
