"""What is worth telling of a call that was accepted: what it did not do, though somebody may think it did."""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from emulator.core.checks import Case
from emulator.core.errors import Json
from emulator.vendors.talonone.auth import SCHEME, SIGNED_VERSION
from emulator.vendors.talonone.checks.attributes import misplaced
from emulator.vendors.talonone.checks.bodies import sent_object
from emulator.vendors.talonone.checks.callers import caller
from emulator.vendors.talonone.checks.codes import is_coupon, why_unknown
from emulator.vendors.talonone.checks.parameters import known_parameters, truth
from emulator.vendors.talonone.contract.sessions import NewCustomerSessionV2
from emulator.vendors.talonone.service.idempotency import HEADER
from emulator.vendors.talonone.tables import FIND_KEY

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_KEPT_ONLY = "it is kept and answered, and no rule can read it here."
_NO_CARDS = "the emulator has no loyalty cards."
_NO_EXPERIMENTS = "the emulator runs no experiments; it is kept and answered."
_ITEM = {
    "product": _KEPT_ONLY,
    "adjustment": "it is kept and answered, and no points are taken for it here.",
}
WITHOUT_EFFECT: Mapping[str, Mapping[str, str]] = {
    "updateCustomerSession": {f"cartItems.{name}": reason for name, reason in _ITEM.items()},
    "updateCustomerSessionV2": {
        **{f"customerSession.cartItems.{name}": reason for name, reason in _ITEM.items()},
        "customerSession.loyaltyCards": f"{_NO_CARDS[:-1]}; it is kept and answered.",
        "customerSession.experimentVariantAllocations": _NO_EXPERIMENTS,
    },
    "returnCartItems": {"runRuleEngine": "no campaign has reevaluateOnReturn, so that no rules are run for a return."},
    "trackEventV2": {
        "loyaltyCards": _NO_CARDS,
        "forceCompleteEvaluation": "every evaluation is a complete one here.",
    },
    "getCustomerInventory": {
        "giveaways": "the emulator knows no giveaways, and the list is empty.",
        "achievements": "the emulator knows no achievements, and the list is empty.",
    },
}
_EMPTY_PARTS = {
    "awardedGiveaways": "responseContent has awardedGiveaways, of which the emulator knows none: the list is empty.",
    "achievements": "responseContent has achievements, of which the emulator knows none: the list is empty.",
    "campaignEligibility": "responseContent has campaignEligibility, about which the emulator says nothing.",
}
_ID_MEMBERS = (
    "profileId", "sessionId", "advocateProfileIntegrationId", "friendProfileIntegrationId", "integrationIDs",
    "couponCodes", "coupon", "referralCode", "referral", "storeIntegrationId",
)  # fmt: skip


def remarks(case: Case) -> Iterable[str]:
    body = sent_object(case)
    yield from _credentials(case)
    yield from _of_the_other_version(case, body)
    yield from _ids(case, body)
    yield from _attributes(case, body)
    yield from _headers(case)
    if case.failure is None:
        yield from _parts(case, body)
        yield from _dry(case)
        yield from _codes(case, body)
        yield from _nulls(case, body)


def _credentials(case: Case) -> Iterator[str]:
    header, signature = case.request.header("authorization"), case.request.header("content-signature")
    if signature is None:
        return
    if case.operation.pattern[0] != SIGNED_VERSION:
        yield "Content-Signature is not looked at: operations of V2 take the key only."
    elif header is not None and case.work.db.one(FIND_KEY, key=header.removeprefix(SCHEME)) is not None:
        yield "Content-Signature is not looked at where the API key is right: one of the two is enough."


def _of_the_other_version(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    if case.operation.id == "updateCustomerSession" and "customerSession" in body:
        yield (
            "customerSession is the wrapper of V2, PUT /v2/customer_sessions: V1 takes the members themselves, so that "
            "nothing in it was read."
        )
    if case.operation.id == "updateCustomerSessionV2":
        outside = [name for name in body if name in NewCustomerSessionV2.model_fields]
        if outside and "customerSession" in body:
            yield f"{' and '.join(outside)} beside customerSession was not read: it belongs inside."


def _parts(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    content = body.get("responseContent")
    for name in content if isinstance(content, list) else ():
        if isinstance(name, str) and name in _EMPTY_PARTS:
            yield _EMPTY_PARTS[name]
    query = dict(case.request.query)
    if case.operation.id == "trackEventV2" and content and query.get("silent", "yes") == "yes":
        yield "responseContent is not answered without silent=no: by default the answer is 204 and has no body."
    if case.operation.id == "getCustomerInventory":
        parts = [name for name in known_parameters(case) if truth(query.get(name))]
        if not parts:
            yield f"No part of the inventory was asked for: say {', '.join(known_parameters(case))}, each =true."


def _dry(case: Case) -> Iterator[str]:
    if "dry" in known_parameters(case) and truth(dict(case.request.query).get("dry")):
        yield "With dry=true nothing of the call is stored."


def _ids(case: Case, value: Json, name: str = "") -> Iterator[str]:
    """Ids that are percent-encoded, which is for paths."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            if key == "customerSession" or key in _ID_MEMBERS:
                yield from _ids(case, below, key)
    elif isinstance(value, list):
        for below in value:
            yield from _ids(case, below, name)
    elif isinstance(value, str) and _ESCAPE.search(value) and "\ufffd" not in unquote(value):
        yield f"{name} is {value!r}: in a body an id is not percent-encoded, so that this is not {unquote(value)!r}."


def _codes(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    """Coupon codes that nobody has: the answer says CouponNotFound, here is why."""
    own = caller(case)
    inner = body.get("customerSession", body)
    if own is None or not isinstance(inner, Mapping):
        return
    codes = inner.get("couponCodes") or [inner.get("coupon")]
    for code in codes if isinstance(codes, list) else ():
        if isinstance(code, str) and code and not is_coupon(case, own, code):
            why = why_unknown(case, own, code)
            yield f"The coupon code {code!r} is unknown.{f' {why}' if why else ''}"


def _attributes(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    inner = body.get("customerSession", body)
    for name in misplaced(case, inner) if isinstance(inner, Mapping) else ():
        yield f"{name} is a custom attribute: it belongs in attributes, and was not read where it stands."


def _nulls(case: Case, body: Mapping[str, Json]) -> Iterator[str]:
    inner = body.get("customerSession", body)
    attributes = inner.get("attributes") if isinstance(inner, Mapping) else None
    names = [name for name, value in attributes.items() if value is None] if isinstance(attributes, Mapping) else []
    if names and case.work.settings.null_attributes == "ignored":
        verb = (
            "is null, which leaves its value as it is" if len(names) == 1 else "are null, which leaves them as they are"
        )
        yield f"The attribute{'s' if len(names) > 1 else ''} {' and '.join(names)} {verb}."


def _headers(case: Case) -> Iterator[str]:
    takes_key = any(one.name.lower() == HEADER for one in case.operation.parameters)
    if case.request.header(HEADER) is not None and not takes_key:
        yield "Idempotency-Key is not looked at: only the writes of V2 take one."
    media_type = case.request.media_type
    if case.request.raw_body and media_type not in ("", "application/json") and "body" in case.operation.models:
        yield f"Content-Type is {media_type}: the body was read as JSON all the same, which is not documented."
