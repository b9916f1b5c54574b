"""Updates of a session in both versions: from what was sent to what is stored and evaluated."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application, application
from emulator.vendors.talonone.contract.queries import DryRun, SessionRun
from emulator.vendors.talonone.contract.sessions import IntegrationRequest, NewCustomerSession
from emulator.vendors.talonone.contract.states import IntegrationState, IntegrationStateV2
from emulator.vendors.talonone.errors import Complaint, refusal
from emulator.vendors.talonone.service import changes, closing, events, sessions, states, transitions
from emulator.vendors.talonone.service.attributes import Definitions, merged
from emulator.vendors.talonone.service.carts import Checks
from emulator.vendors.talonone.service.changes import Change
from emulator.vendors.talonone.service.evaluation import Outcome, evaluate
from emulator.vendors.talonone.service.money import exact
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.service.sessions import SENT_TOTAL, Session

OMITTED = Rule(
    "talonone.omitted_members", Level.INFERRED, "Talon.One Integration API 26.16, updateCustomerSessionV2",
    "A member that an update leaves out, or sends as null, keeps its stored value; attributes are merged, everything "
    "else is replaced whole. Documented for couponCodes and referralCode.",
)  # fmt: skip
NEW_PROFILE = Rule(
    "talonone.profile_change", Level.ASSUMED, "emulator's choice",
    "An open session that is updated with another profileId goes over to that profile.",
)  # fmt: skip
PAYLOAD_ONLY = Rule(
    "talonone.dry_closing", Level.DOCUMENTED, "Talon.One Integration API 26.16, parameter dry",
    "A dry run of V2 that closes a session considers only what it was sent with; any other dry run builds on what is "
    "stored.",
)  # fmt: skip

_PLACE = ("customerSession",)
_EXTRAS = ("storeIntegrationId", "loyaltyCards", "experimentVariantAllocations")


@dataclass(frozen=True, slots=True)
class _Wish:
    """An update as either version asks for it: `members` fit to be stored, `params` as they were sent."""

    members: Mapping[str, Any]
    state: str | None
    params: Mapping[str, Any]
    version: int
    place: tuple[str, ...]
    only: tuple[int, ...] | None = None
    dry: bool = False


def update_session(work: Work, integration_id: str, query: SessionRun, asked: IntegrationRequest) -> IntegrationStateV2:
    caller, wanted = application(work), asked.customerSession
    moment = query.moment(work.now)
    if query.dry:
        changes.rehearse(work)
    definitions = changes.definitions(work, caller)
    given = {name: value for name, value in wanted if value is not None}
    complaints = changes.only_dry(given.pop("evaluableCampaignIds", None), *_PLACE, dry=query.dry)
    _check(work, caller, definitions, given, _PLACE, complaints)
    only = tuple(wanted.evaluableCampaignIds or ()) or None
    with changes.at(work, moment) if moment is not None else nullcontext():
        wish = _Wish(given, wanted.state, {}, 2, _PLACE, only, query.dry)
        change = _update(work, caller, definitions, integration_id, wish)
        return states.v2(change, asked.responseContent or ())


def update_session_v1(work: Work, integration_id: str, query: DryRun, asked: NewCustomerSession) -> IntegrationState:
    caller = application(work)
    if query.dry:
        changes.rehearse(work)
    definitions = changes.definitions(work, caller)
    given = {name: value for name, value in asked if value is not None}
    _check(work, caller, definitions, given, (), [])
    params = _params(given)
    if "coupon" in given:
        given["couponCodes"] = [given.pop("coupon")]
    if "referral" in given:
        given["referralCode"] = given.pop("referral")
    wish = _Wish(given, asked.state, params, 1, (), dry=query.dry)
    return states.v1(_update(work, caller, definitions, integration_id, wish))


def _params(given: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a request as its event tells them: without what is worked out."""
    params = dict(given)
    if "cartItems" in params:
        items = params["cartItems"]
        params["cartItems"] = [{name: item[name] for name in item if name != "position"} for item in items]
    return params


def _check(
    work: Work, caller: Application, definitions: Definitions, given: dict[str, Any], place: tuple[str, ...],
    complaints: list[Complaint],
) -> None:  # fmt: skip
    """Make the members fit to be stored. Raises with all that is wrong with them."""
    checks = Checks(work, caller, definitions)
    if "attributes" in given:
        given["attributes"], found = definitions.check(given["attributes"], "CustomerSession", *place, "attributes")
        complaints += found
    if "additionalCosts" in given:
        complaints += checks.costs(given["additionalCosts"], "session", *place, "additionalCosts")
    if "cartItems" in given:
        given["cartItems"], found = checks.cart(given["cartItems"], *place, "cartItems")
        complaints += found
    if complaints:
        raise refusal(complaints, status_code=False)
    checks.settle()


def _update(work: Work, caller: Application, definitions: Definitions, integration_id: str, wish: _Wish) -> Change:
    session = sessions.find(work, caller, integration_id, wish.members)
    before = session.state
    event_type = transitions.move(work, session, wish.state, *wish.place)
    if wish.dry and wish.version == 2 and before == "open" and session.state == "closed":
        work.rely(PAYLOAD_ONLY)
        session = session.emptied()
    if before in transitions.OPEN:
        _apply(work, session, wish)
    profile = changes.profile_of(work, caller, session)
    occasion = Occasion(work, caller, definitions, session, profile, event_type, version=wish.version)
    if session.state == "cancelled":
        outcome = Outcome(effects=closing.rollbacks(work, session, redeemed=before in transitions.RETURNABLE))
    else:
        outcome = evaluate(occasion, session.coupon_codes, session.referral_code, wish.only)
    change = Change(work, occasion, outcome)
    if session.state != "cancelled":
        session.effects = change.effects
    if wish.version == 1:
        change.event_attributes = {"isNew": not before, "params": wish.params}
    _store(change, before)
    return change


def _apply(work: Work, session: Session, wish: _Wish) -> None:
    given = wish.members
    if session.id is not None and _keeps_something(session, given):
        work.rely(OMITTED)
    profile_id = given.get("profileId", session.profile_id)
    if session.profile_id and profile_id != session.profile_id:
        work.rely(NEW_PROFILE)
    session.profile_id = profile_id
    if "couponCodes" in given:
        session.coupon_codes = [code for code in given["couponCodes"] if code]
    session.referral_code = given.get("referralCode", session.referral_code)
    session.cart_items = given.get("cartItems", session.cart_items)
    session.additional_costs = given.get("additionalCosts", session.additional_costs)
    session.identifiers = given.get("identifiers", session.identifiers)
    if "attributes" in given:
        session.attributes = merged(work, session.attributes, given["attributes"])
    session.extras.update({name: given[name] for name in _EXTRAS if name in given})
    session.add_up()
    if wish.version == 2:
        session.sent_total = None
    elif "total" in given:
        session.sent_total = exact(given["total"])
    elif session.id is None:
        session.sent_total = exact(0)
    if session.sent_total is not None and session.sent_total != session.worked_out:
        work.rely(SENT_TOTAL)


def _keeps_something(session: Session, given: Mapping[str, Any]) -> bool:
    """Whether the update leaves anything of the stored session as it is, or merges attributes into it."""
    return bool(
        session.attributes
        or (session.profile_id and "profileId" not in given)
        or (session.coupon_codes and "couponCodes" not in given)
        or (session.referral_code and "referralCode" not in given)
        or (session.cart_items and "cartItems" not in given)
        or (session.additional_costs and "additionalCosts" not in given)
        or (session.identifiers and "identifiers" not in given)
        or any(value and name not in given for name, value in session.extras.items())
    )


def _store(change: Change, before: str) -> None:
    work, session, profile = change.work, change.session, change.profile
    sessions.store(work, session)
    if not before and session.state == "closed":
        events.record(work, session, transitions.CREATED)
    change.event_id = events.record(work, session, change.event_type, change.effects, change.event_attributes)
    if session.state == "closed":
        closing.close(change.occasion, change.outcome, change.event_id)
    elif before in transitions.RETURNABLE:
        closing.revoke(work, session, profile, change.event_id)
    changes.active(work, profile, session)
