"""One mistake for every check of every operation, that can be made together with those of the other checks."""

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.vendors.talonone.conftest import KEY, SIGNING_KEY
from tests.vendors.talonone.operations import CALLS, CODE, RESERVATIONS, Call

LONG = "k" * 256
USED = "order-1"
"""An Idempotency-Key that `settle` has used for something else."""
SCHEME_CAUSE = "The header lacks its scheme word: Authorization: ApiKey-v1 and the key."
SIGNER_CAUSE = "There is no Application 99 with a key to sign with."
SIZE_CAUSE = "The body is larger than the emulator takes; Talon.One publishes no limit."
SPELLING_CAUSE = (
    "The signature fits the body as json.dumps(…, separators=(',', ':')) writes it: sign the very bytes that are sent."
)
NO_BODY_CAUSE = "The signature fits the body null: sign the very bytes that are sent."
RUNS_CAUSE = "dry was sent without runRuleEngine=true in the query: without that no rules are run."


@dataclass
class Attempt:
    """A call in the making. `signed`: instead of the API key; the signature is made when everything else is there."""

    method: str
    path: str
    value: Any
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"ApiKey-v1 {KEY}"})
    query: dict[str, str] = field(default_factory=dict)
    after: bytes = b""
    signed: bool = False
    signer: int = 7
    other_spelling: bool = False

    @classmethod
    def of(cls, call: Call, *, signed: bool) -> "Attempt":
        path, _, query = call.path.partition("?")
        parameters = dict(pair.split("=") for pair in query.split("&")) if query else {}
        value = json.loads(json.dumps(call.body))
        return cls(call.method, path, value, query=parameters, signed=signed, **({"headers": {}} if signed else {}))

    def send(self, client: httpx.Client) -> httpx.Response:
        written = b"" if self.value is None else json.dumps(self.value).encode()
        body = written + self.after
        if self.signed:
            other = b"null" if self.value is None else json.dumps(self.value, separators=(",", ":")).encode()
            over = other + self.after if self.other_spelling else body
            signature = hmac.digest(bytes.fromhex(SIGNING_KEY), over, "md5").hex()
            self.headers["Content-Signature"] = f"signer={self.signer}; signature={signature}"
        url = f"/talonone{self.path}"
        return client.request(self.method, url, content=body, headers=self.headers, params=self.query or None)


@dataclass(frozen=True)
class Mistake:
    """`make` spoils an attempt, `cause` is the sentence that names it. `mended`: whether a command can be shown."""

    make: Callable[[Attempt], object]
    cause: str
    mended: bool = True


def plant(shop: Any) -> None:
    """What the mistakes are about."""

    def campaign(number: int, **members: Any) -> dict[str, Any]:
        ruleset = {"id": number * 10 + 1, "rules": []}
        return {"id": number, "applicationId": 7, "name": f"Campaign {number}", "rulesets": [ruleset], **members}

    full = {"couponPattern": "ABCD", "validCharacters": ["A"]}
    taken = [{"code": "ABCD", "advocateProfileIntegrationId": "ana"}]
    shop.open(
        campaign(1, coupons=[{"value": CODE}]),
        campaign(2, features=["coupons"]),
        campaign(4, referralSettings=full, referrals=taken),
        profiles=[{"integrationId": "ana"}],
    )


def settle(shop: Any) -> None:
    """What the accepted calls need besides."""
    shop.session("s-1")
    shop.session("done", state="closed", cartItems=[{"sku": "a", "quantity": 2, "price": 5}])
    shop.put("/customer_profiles/zoe", {}, headers={"Idempotency-Key": USED})


def _path(path: str) -> Callable[[Attempt], object]:
    return lambda attempt: setattr(attempt, "path", path)


def _header(name: str, value: str) -> Callable[[Attempt], object]:
    return lambda attempt: attempt.headers.update({name: value})


def _query(**parameters: str) -> Callable[[Attempt], object]:
    return lambda attempt: attempt.query.update(parameters)


def _member(*place: str | int, value: Any) -> Callable[[Attempt], object]:
    def make(attempt: Attempt) -> None:
        holder = attempt.value
        for step in place[:-1]:
            holder = holder.setdefault(step, {}) if isinstance(holder, dict) else holder[step]
        holder[place[-1]] = value

    return make


def _wrapped(name: str) -> Callable[[Attempt], object]:
    """In a list of its own."""
    return lambda attempt: attempt.value.update({name: [attempt.value[name]]})


def _misspelt(attempt: Attempt) -> None:
    attempt.value["customer_session"] = attempt.value.pop("customerSession")


def _unquoted(attempt: Attempt) -> None:
    items = attempt.value["return"]["returnedCartItems"]
    attempt.value["return"]["returnedCartItems"] = items[0]


def _key(attempt: Attempt) -> None:
    if attempt.signed:
        attempt.signer = 99
    else:
        attempt.headers["Authorization"] = KEY


def _large(attempt: Attempt) -> None:
    if attempt.path.endswith("/reopen"):
        attempt.headers.setdefault("Idempotency-Key", "large")  # the one thing for which its body is read
    attempt.after += b" " * (1024 * 1024 + 1)


def _more(attempt: Attempt) -> None:
    attempt.after = b" and more" + attempt.after


_SHAPES = {
    "createCouponReservation": Mistake(
        _member("integrationIDs", value="ana"), 'integrationIDs is "ana", and is to be a list: ["ana"].'
    ),
    "createReferral": Mistake(
        _member("usageLimit", value="3"), 'usageLimit is "3", and is to be a whole number: 3.'
    ),
    "trackEvent": Mistake(_member("profileId", value=5), 'profileId is 5, and is to be a text: "5".'),
    "updateCustomerProfile": Mistake(
        _wrapped("attributes"), 'attributes is [{"Name":"Ana"}], and is to be an object: {"Name":"Ana"}.'
    ),
    "updateCustomerSession": Mistake(_member("total", value="10"), 'total is "10", and is to be a number: 10.'),
    "updateCustomerSessionV2": Mistake(_misspelt, "customer_session is misspelt: the member is customerSession."),
    "returnCartItems": Mistake(
        _unquoted, 'return.returnedCartItems is {"position":0}, and is to be a list: [{"position":0}].'
    ),
    "trackEventV2": Mistake(
        _member("loyaltyCards", value="c-1"), 'loyaltyCards is "c-1", and is to be a list: ["c-1"].'
    ),
}  # fmt: skip
_SHAPES["deleteCouponReservation"] = _SHAPES["createCouponReservation"]
_SHAPES["updateCustomerProfileV2"] = _SHAPES["updateCustomerProfile"]

_ATTRIBUTES = {
    "createReferral": ("attributes", "sourc", "source"),
    "trackEvent": ("attributes", "Urls", "URL"),
    "trackEventV2": ("attributes", "Urls", "URL"),
    "updateCustomerProfile": ("attributes", "Nmae", "Name"),
    "updateCustomerProfileV2": ("attributes", "Nmae", "Name"),
    "updateCustomerSession": ("attributes", "Citty", "City"),
    "updateCustomerSessionV2": ("customerSession.attributes", "Citty", "City"),
}


def _attributes(operation: str) -> Mistake:
    place, wrong, right = _ATTRIBUTES[operation]
    make = _member(*place.split("."), wrong, value="x")
    return Mistake(make, f"{place}.{wrong} is misspelt: the attribute is {right}.")


def _costs(operation: str) -> Mistake:
    if operation == "updateCustomerSessionV2":
        make = _member("customerSession", "additionalCosts", value={"shiping": {"price": 1}})
        return Mistake(make, "customerSession.additionalCosts.shiping is misspelt: the additional cost is shipping.")
    item = {"sku": "a", "quantity": 1, "price": 1, "additionalCosts": {"shipping": {"price": 1}}}
    cause = "cartItems[0].additionalCosts.shipping stands in the wrong place: shipping is a cost of the session."
    return Mistake(_member("cartItems", value=[item]), cause)


def _state(operation: str) -> Mistake:
    if operation == "reopenCustomerSession":
        cause = "The session 's-1' is open: only one that is closed can be reopened."
        return Mistake(_path("/v2/customer_sessions/s-1/reopen"), cause)
    if operation == "returnCartItems":
        cause = "The session 's-1' is open: only one that is closed or partially returned can be returned."
        return Mistake(_path("/v2/customer_sessions/s-1/returns"), cause)
    version = "v1" if operation == "updateCustomerSession" else "v2"
    cause = (
        "The session 'done' is closed: it can be cancelled, and changed only after PUT /v2/customer_sessions/…/reopen."
    )
    return Mistake(_path(f"/{version}/customer_sessions/done"), cause)


def _session(operation: str) -> Mistake:
    end = {"getCustomerSession": "", "reopenCustomerSession": "/reopen", "returnCartItems": "/returns"}[operation]
    return Mistake(_path(f"/v2/customer_sessions/dome{end}"), "There is no session 'dome'; the nearest is 'done'.")


def _parameters(operation: str) -> Mistake:
    name = "profile" if operation == "getCustomerInventory" else "dry"
    return Mistake(_query(**{name: "yes"}), f"{name} is 'yes': a boolean is true or false.")


def _needs(operation: str) -> Mistake:
    if operation == "updateCustomerProfileV2":
        return Mistake(_query(dry="true"), RUNS_CAUSE)
    name, value = (
        ("now", "2090-01-01T00:00:00Z") if operation.startswith("update") else ("forceCompleteEvaluation", "1")
    )
    cause = f"{name} was sent without dry=true in the query: it is for dry runs only."
    return Mistake(_query(**{name: value}), cause)


def _coupon(operation: str) -> Mistake:
    good = RESERVATIONS.rpartition("/")[2]
    middle = "customerprofiles/" if operation == "getReservedCustomers" else ""
    cause = f"There is no coupon 'SUMMER25%OF'; the nearest is {CODE!r}."
    return Mistake(_path(f"/v1/coupon_reservations/{middle}{good[:-1]}"), cause)


def _profile(operation: str) -> Mistake:
    path = "/v1/customer_data/anna" if operation == "deleteCustomerData" else "/v1/customer_profiles/anna/inventory"
    return Mistake(_path(path), "There is no profile 'anna'; the nearest is 'ana'.")


def _signature(operation: str) -> Mistake:
    body = next(call.body for call in CALLS if call.id == operation)
    make: Callable[[Attempt], object] = lambda attempt: setattr(attempt, "other_spelling", True)  # noqa: E731 - one of many
    return Mistake(make, NO_BODY_CAUSE if body is None else SPELLING_CAUSE)


_OF_ALL: dict[str, Mistake] = {
    "API key": Mistake(_key, SCHEME_CAUSE),
    "size of the body": Mistake(_large, SIZE_CAUSE, mended=False),
    "JSON": Mistake(_more, "The body goes on after its JSON has ended."),
    "length of the Idempotency-Key": Mistake(
        _header("Idempotency-Key", LONG), "The Idempotency-Key has 256 characters, and 255 are taken: send a UUID."
    ),
    "request of the Idempotency-Key": Mistake(
        _header("Idempotency-Key", USED),
        "The Idempotency-Key came first at 2026-01-05T09:00:00Z with another path, query or body: a new request needs "
        "a key of its own for 24 hours.",
    ),
    "event type": Mistake(
        _member("type", value="talon_viewed_page"),
        "'talon_viewed_page' begins with talon_, as the events do that Talon.One itself records of sessions and "
        "profiles: a custom event needs another name.",
    ),
    "profile of the session": Mistake(
        _member("profileId", value="ben"), "The session 's-1' is anonymous, and the event names 'ben'."
    ),
    "campaign": Mistake(_member("campaignId", value=99), "This world has no campaign 99."),
    "referrals of the campaign": Mistake(
        _member("campaignId", value=2), "Campaign 2 (Campaign 2) has the features coupons, and not referrals."
    ),
    "codes of the campaign": Mistake(
        _member("campaignId", value=4),
        "Every code that the pattern 'ABCD' of campaign 4 allows is taken: give it more # characters.",
    ),
    "returned items": Mistake(
        _member("return", "returnedCartItems", 0, "position", value=3),
        "The cart has 1 items, whose positions count from 0 to 0; 3 is none.",
    ),
}
_OF_SOME: dict[str, Callable[[str], Mistake]] = {
    "signature": _signature,
    "query parameters": _parameters,
    "needed parameters": _needs,
    "shape of the body": lambda operation: _SHAPES[operation],
    "attributes": _attributes,
    "additional costs": _costs,
    "state of the session": _state,
    "session": _session,
    "coupon": _coupon,
    "profile": _profile,
}


def mistake(operation: str, check: str) -> Mistake:
    return _OF_ALL[check] if check in _OF_ALL else _OF_SOME[check](operation)


def spoiled(call: Call, checks: Iterable[str], *, signed: bool) -> Attempt:
    """A call with the mistakes of these checks, in the order in which they are checked."""
    attempt = Attempt.of(call, signed=signed)
    for name in reversed(list(checks)):
        mistake(call.id, name).make(attempt)
    return attempt
