"""The `talonone` fixture."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar, cast

import httpx

from emulator.client import Json
from emulator.core.credentials import masked
from emulator.core.faults import unknown
from emulator.testing.vendors.talonone_documents import Coupon, CustomerProfile, Effects, Session
from emulator.testing.vendors.view import Admission, VendorView, header_value, segment
from emulator.vendors.talonone.contract.sessions import NewCustomerSessionV2

__tracebackhide__ = True
_SCHEME = "ApiKey-v1 "
T = TypeVar("T")
SettableState = Literal["open", "closed", "cancelled"]


class TalonOne(VendorView):
    """Talon.One's Integration API. Amounts are in the currency of the Application, ids are those that callers chose.

    Verbs raise `VendorRefused` where Talon.One refuses, and `NotFound`, a LookupError, of what is not there.
    """

    slug = "talonone"

    @property
    def _usual_url(self) -> str:
        """Every deployment has a host of its own below talon.one; all of them lead to the emulator."""
        return "https://demo.talon.one"

    @property
    def api_key(self) -> str:
        """64 hex digits, without the word ApiKey-v1: of the first Application that has a key which has not expired.

        Raises `Unusable` where the scenario has none.
        """
        for credential in self._taken:
            if (key := header_value(credential, f"Authorization: {_SCHEME}")) is not None:
                return key
        raise self._lacks("API key", "talonone.applications[].apiKeys[]", "TALONONE_API_KEY")

    def _auth(self) -> httpx.Auth:
        return Admission(self._admit)

    def _admit(self, request: httpx.Request) -> None:
        if "Authorization" not in request.headers:
            request.headers["Authorization"] = _SCHEME + self.api_key

    def _shown_credential(self) -> str:
        return _SCHEME + masked(self.api_key)

    # Sessions

    def session(self, session_id: str) -> Session:
        """A session and the effects that hold in it: getCustomerSession. Raises `NotFound`."""
        return Session(self._call("GET", _session(session_id)).json())

    def update_session(
        self,
        session_id: str,
        *,
        profile_id: str | None = None,
        items: Iterable[Mapping[str, Json]] | None = None,
        coupons: Iterable[str] | None = None,
        referral: str | None = None,
        state: SettableState | None = None,
        attributes: Mapping[str, Json] | None = None,
        dry: bool = False,
        **members: Json,
    ) -> Effects:
        """Create a session or change it, and what Talon.One makes of it: updateCustomerSessionV2.

        What is not given stays as it is. `items` are the whole cart, by Talon.One's names (sku, price, quantity, …);
        one without quantity is one, one without name is called by its sku. No `coupons` (``[]``) takes them away.
        With `dry` nothing is stored. `members` are any others of a session, by their names: ``identifiers=["i-1"]``.
        """
        for name in members.keys() - NewCustomerSessionV2.model_fields.keys():
            raise TypeError(unknown(name, NewCustomerSessionV2.model_fields, "member of a session"))
        given = {
            "profileId": profile_id,
            "cartItems": None if items is None else [_cart_item(item) for item in _several(items, Mapping)],
            "couponCodes": None if coupons is None else _several(coupons, str),
            "referralCode": referral,
            "state": state,
            "attributes": attributes,
            **members,
        }
        session = {name: value for name, value in given.items() if value is not None}
        answer = self._call("PUT", _session(session_id), params=_dry(dry), json={"customerSession": session})
        return Effects.of(answer.json())

    def close_session(self, session_id: str, *, dry: bool = False) -> Effects:
        """Close it as it is: its coupons are redeemed, its points given."""
        return self.update_session(session_id, state="closed", dry=dry)

    def cancel_session(self, session_id: str, *, dry: bool = False) -> Effects:
        """What its closing did is taken back."""
        return self.update_session(session_id, state="cancelled", dry=dry)

    # Profiles

    def profile(self, profile_id: str) -> CustomerProfile:
        """A profile as getCustomerInventory tells it. Raises `NotFound`."""
        return CustomerProfile(self._inventory(profile_id, "profile"))

    def update_profile(self, profile_id: str, /, **attributes: Json) -> CustomerProfile:
        """Create a profile, or set attributes of one: updateCustomerProfileV2, no rules run."""
        path = f"/v2/customer_profiles/{segment(profile_id)}"
        answer = self._call("PUT", path, json={"attributes": attributes}).json()
        return CustomerProfile(answer["customerProfile"])

    def track(self, event_type: str, profile_id: str, /, *, dry: bool = False, **attributes: Json) -> Effects:
        """A custom event, and what Talon.One makes of it: trackEventV2."""
        event = {"type": event_type, "profileId": profile_id, "attributes": attributes}
        answer = self._call("POST", "/v2/events", params={"silent": "no", **_dry(dry)}, json=event)
        return Effects.of(answer.json())

    def loyalty_points(self, profile_id: str, program: str | None = None) -> float:
        """The points that a profile can spend now, 0 of a program that it has not joined: getCustomerInventory.

        `program` is a name, needed where the profile is in several. Raises `NotFound` for an unknown profile.
        """
        programs = [*self._inventory(profile_id, "loyalty")["programs"].values()]
        found = [one for one in programs if program in (None, one["name"])]
        if len(found) > 1:
            names = [one["name"] for one in found]
            said = f"{profile_id!r} is in several loyalty programs, {', '.join(names)}"
            raise ValueError(f"{said}: say which, program={names[0]!r}")
        points: float = found[0]["ledger"]["currentBalance"] if found else 0
        return points

    def _inventory(self, profile_id: str, part: str) -> Json:
        path = f"/v1/customer_profiles/{segment(profile_id)}/inventory"
        return self._call("GET", path, params={part: "true"}).json()[part]

    # Coupons

    def coupon(self, code: str) -> Coupon:
        """A coupon as it is stored: Talon.One has no call that would tell. Compared as its Application compares codes.

        Raises LookupError for a code that no coupon has, and `NotHere` at the real Talon.One.
        """
        state = self._state()
        exact = {one["id"]: one["case_sensitivity"] == "sensitive" for one in state["applications"]}
        for row in state["coupons"]:
            if row["value"] == code or (not exact[row["application_id"]] and row["value"].lower() == code.lower()):
                return Coupon(row)
        raise LookupError(unknown(code, [row["value"] for row in state["coupons"]], "coupon"))

    def redeemed(self, code: str) -> int:
        """How often a coupon has been redeemed: closing a session does it, cancelling that one undoes it."""
        return self.coupon(code).usage_counter


def _session(session_id: str) -> str:
    return f"/v2/customer_sessions/{segment(session_id)}"


def _several(given: Iterable[T], one: type) -> list[T]:
    """A cart of one item, or one code, need not be a list."""
    return [cast(T, given)] if isinstance(given, one) else [*given]


def _dry(dry: bool) -> Mapping[str, str]:
    return {"dry": "true"} if dry else {}


def _cart_item(item: Mapping[str, Json]) -> Mapping[str, Json]:
    named = {"name": item["sku"]} if "sku" in item else {}
    return {**named, "quantity": 1, **item}
