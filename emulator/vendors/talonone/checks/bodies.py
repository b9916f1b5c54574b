"""The body: how large it is, whether it is JSON, and of what shape."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError

from emulator.core.checks import Case, Check, Draft
from emulator.core.errors import Json, Problem
from emulator.core.fitting import MISSING, Fitting, Misfit, Place, at, replaced, spot
from emulator.core.journal import is_cut
from emulator.core.routes import problems
from emulator.core.slips import reread
from emulator.vendors.talonone.checks.callers import caller
from emulator.vendors.talonone.checks.things import a_campaign_with_referrals, a_profile
from emulator.vendors.talonone.contract.sessions import NewCustomerSession
from emulator.vendors.talonone.errors import BAD_ENUM, BODY_TOO_LARGE, MALFORMED_JSON, SCHEMA_VIOLATION

_Object: TypeAlias = Mapping[str, Any]  # Any: a JSON document
_IN_V2: Mapping[str, Callable[[Json], Mapping[str, Json]]] = {
    "coupon": lambda code: {"couponCodes": [code]} if code else {},
    "referral": lambda code: {"referralCode": code},
    "total": lambda total: {},
}
"""What became of the members of a session in V1 that V2 does not have."""
_SESSION = "customerSession"


def sent(case: Case) -> Json:
    """The body as JSON, `MISSING` where it is none: half a surrogate pair is no character."""
    try:
        value = json.loads(case.request.raw_body)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return MISSING
    return value


def sent_object(case: Case) -> dict[str, Any]:
    value = sent(case)
    return value if isinstance(value, dict) else {}


def write(draft: Draft, value: Json) -> None:
    draft.body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def fitting(case: Case) -> Fitting:
    adapter: TypeAdapter[Any] = TypeAdapter(case.operation.models["body"])

    def found(value: Json) -> Sequence[Problem]:
        try:
            adapter.validate_json(json.dumps(value))
        except ValidationError as error:
            details = error.errors(include_url=False)
            return [] if details[0]["type"] == "json_invalid" else problems(details)
        return []

    return Fitting(found, adapter.json_schema(), lambda place: _invented(case, place))


def _invented(case: Case, place: Place) -> Json:
    """A value for a required member that the caller has not sent."""
    own = caller(case)
    match place[-1]:
        case "advocateProfileIntegrationId" | "profileId":
            return a_profile(case, own) or "example"
        case "integrationIDs":
            return [a_profile(case, own) or "example"]
        case "campaignId":
            return a_campaign_with_referrals(case, own) or 1
    return MISSING


# size -----------------------------------------------------------------------------------------------------------------


def _bytes(case: Case) -> str:
    size = len(case.request.raw_body)
    return f"more than {size} bytes" if is_cut(case.request.raw_body) else f"{size} bytes"


SIZE = Check(
    name="size of the body",
    expects="not more than the emulator takes",
    failures=(BODY_TOO_LARGE,),
    got=_bytes,
    cause=lambda case: "The body is larger than the emulator takes; Talon.One publishes no limit.",
)


# JSON -----------------------------------------------------------------------------------------------------------------


def _json_got(case: Case) -> str:
    media_type = case.request.media_type
    return f"{_bytes(case)}{f' of {media_type}' if media_type else ', no Content-Type'}"


def _json_cause(case: Case) -> str | None:
    again = None if is_cut(case.request.raw_body) else reread(case.request.raw_body)
    return None if again is None else f"The body {again.slip}."


def _json_mend(case: Case, draft: Draft) -> None:
    again = reread(draft.body)
    write(draft, again.value if again is not None and isinstance(again.value, dict) else fitting(case).fitted({}))
    draft.set_header("Content-Type", "application/json")


JSON = Check(
    name="JSON",
    expects="a body that is JSON in UTF-8, whatever its Content-Type",
    failures=(MALFORMED_JSON,),
    got=_json_got,
    cause=_json_cause,
    mend=_json_mend,
)


# shape ----------------------------------------------------------------------------------------------------------------


def _shape_got(case: Case) -> str:
    value = sent(case)
    if isinstance(value, dict):
        return f"an object with {', '.join(map(str, value)) or 'no members'}"
    kinds = {list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number", type(None): "null"}
    return "no JSON" if value is MISSING else kinds[type(value)]


def of_v1(case: Case, value: Json) -> bool:
    """Whether the body of a session in V2 is one of V1: the members without the wrapper."""
    members = NewCustomerSession.model_fields.keys()
    return (
        case.operation.id == "updateCustomerSessionV2"
        and isinstance(value, dict)
        and _SESSION not in value
        and not value.keys().isdisjoint(members)
        and value.keys() - {"responseContent"} <= members | {"couponCodes", "referralCode", "additionalCosts"}
    )


def _nameless(case: Case) -> list[Place]:
    """The cart items that a world with a switch for it does not take without a name."""
    if not case.work.settings.cart_item_name_required:
        return []
    place: Place = (_SESSION, "cartItems") if case.operation.id == "updateCustomerSessionV2" else ("cartItems",)
    items = at(sent(case), place)
    lacking = [n for n, item in enumerate(items or ()) if isinstance(item, dict) and item.get("name") is None]
    return [(*place, n) for n in lacking]


def misfit(case: Case) -> Misfit | None:
    value = sent(case)
    return None if value is MISSING else fitting(case).first(value)


def _shape_cause(case: Case) -> str | None:
    if of_v1(case, sent(case)):
        return "The body is one of V1, PUT /v1/customer_sessions: V2 takes its members wrapped in customerSession."
    found = misfit(case)
    if found is not None:
        return f"{found.sentence[:-1]}{_other_version(case, found.sentence)}."
    nameless = _nameless(case)
    if nameless:
        return f"{spot(nameless[0])} has no name, and the setting cart_item_name_required of this world asks for one."
    return None


def _other_version(case: Case, sentence: str) -> str:
    """An event that has what the other version asks for."""
    body = sent_object(case)
    if case.operation.id == "trackEvent" and sentence.startswith("sessionId is required"):
        return ": an event of V1 belongs to a session; one of a profile alone is POST /v2/events"
    if case.operation.id == "trackEventV2" and sentence.startswith("profileId is required") and "sessionId" in body:
        return ": an event of V2 belongs to a profile; one of a session is POST /v1/events"
    return ""


def shape_mend(case: Case, draft: Draft) -> None:
    value = sent(case)
    if of_v1(case, value):
        members = [_IN_V2.get(name, lambda one, name=name: {name: one})(one) for name, one in value.items()]
        session = {name: one for each in members for name, one in each.items()}
        content = {"responseContent": session.pop("responseContent")} if "responseContent" in session else {}
        value = {_SESSION: session, **content}
    for place in _nameless(case):
        value = replaced(value, (*place, "name"), (at(value, place) or {}).get("sku"))
    write(draft, fitting(case).fitted({} if value is MISSING else value))


SHAPE = Check(
    name="shape of the body",
    expects="the documented members, each of its type and within its bounds",
    failures=(SCHEMA_VIOLATION, BAD_ENUM),
    got=_shape_got,
    cause=_shape_cause,
    mend=shape_mend,
)
PLAIN_SHAPE = Check(
    name=SHAPE.name,
    expects=SHAPE.expects,
    failures=(SCHEMA_VIOLATION,),
    got=_shape_got,
    cause=_shape_cause,
    mend=shape_mend,
)
"""Of bodies without a choice of values."""
