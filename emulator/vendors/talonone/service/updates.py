"""updateCustomerSessionV2: from what was sent to what is stored, evaluated and answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application, application
from emulator.vendors.talonone.contract.sessions import (
    IntegrationRequest,
    IntegrationStateV2,
    NewCustomerSessionV2,
)
from emulator.vendors.talonone.errors import (
    ILLEGAL_STATE,
    SCHEMA_VIOLATION,
    UNKNOWN_ADDITIONAL_COST,
    Complaint,
    pointer,
    refusal,
)
from emulator.vendors.talonone.service import campaigns, coupons, events, profiles, referrals, sessions
from emulator.vendors.talonone.service.attributes import Definitions, merged, subscribed
from emulator.vendors.talonone.service.closing import close, revoke, rollbacks
from emulator.vendors.talonone.service.codes import Code
from emulator.vendors.talonone.service.evaluation import Outcome, evaluate
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.service.profiles import Profile
from emulator.vendors.talonone.service.sessions import Session
from emulator.vendors.talonone.tables import ADDITIONAL_COSTS

OMITTED = Rule(
    "talonone.omitted_members", Level.INFERRED, "Talon.One Integration API 26.16, updateCustomerSessionV2",
    "A member that an update leaves out, or sends as null, keeps its stored value; attributes are merged, everything "
    "else is replaced whole. Documented for couponCodes and referralCode.",
)  # fmt: skip
CREATED_CLOSED = Rule(
    "talonone.created_closed", Level.ASSUMED, "Talon.One Integration API 26.16, NewCustomerSessionV2.state",
    "A session may be created closed (2020 says that all start open: setting created_closed). Rules then see "
    "talon_session_closed, and both events are recorded.",
)  # fmt: skip
SESSION_SCOPE = Rule(
    "talonone.session_scope", Level.ASSUMED, "emulator's choice",
    "Session ids are apart for each Application; the text of 2020 says that they are unique within the account.",
)  # fmt: skip
NEW_PROFILE = Rule(
    "talonone.profile_change", Level.ASSUMED, "emulator's choice",
    "An open session that is updated with another profileId goes over to that profile.",
)  # fmt: skip
DRY_EVENT = Rule(
    "talonone.dry_run_ids", Level.ASSUMED, "emulator's choice", "The event of a dry run has id 0."
)  # fmt: skip

_PLACE = ("customerSession",)
_AFTER: Mapping[str, Mapping[str, str]] = {
    "": {"open": "talon_session_created", "closed": "talon_session_closed"},
    "open": {
        "open": "talon_session_updated",
        "closed": "talon_session_closed",
        "cancelled": "talon_session_cancelled",
    },
    "closed": {"cancelled": "talon_session_revoked"},
    "cancelled": {},
}
"""Built-in event by the state before and the state asked for; what is not here is refused."""


@dataclass(slots=True)
class _Update:
    """What an update has come to."""

    session: Session
    profile: Profile
    event_type: str
    outcome: Outcome = field(default_factory=Outcome)
    codes: Sequence[Code] = ()
    event_id: int = 0


def update_session(work: Work, integration_id: str, asked: IntegrationRequest, *, dry: bool) -> IntegrationStateV2:
    caller, wanted = application(work), asked.customerSession
    definitions = Definitions(work, caller.account, caller.number)
    given = _checked(work, caller, definitions, wanted)
    session = sessions.find(work, caller, integration_id)
    before = session.state
    event_type = _transition(work, session, wanted)
    if before != "closed":
        _apply(work, session, given)
    update = _Update(session, _profile(work, caller, session), event_type)
    if session.state == "cancelled":
        update.outcome.effects = rollbacks(work, session, redeemed=before == "closed")
    else:
        _evaluate(work, caller, definitions, update)
    _store(work, update, before)
    work.rely(SESSION_SCOPE)
    if dry:
        work.rely(DRY_EVENT)
        work.discard()
        update.event_id = 0
    return _answered(work, asked.responseContent or (), update)


def _evaluate(work: Work, caller: Application, definitions: Definitions, update: _Update) -> None:
    session = update.session
    running = campaigns.running(work, caller)
    found = coupons.examined(work, caller, session.profile_id, session.coupon_codes, running)
    referral = referrals.examined(work, caller, session.profile_id, session.referral_code, running)
    occasion = Occasion(work, caller, definitions, session, update.profile, update.event_type, found, referral)
    update.outcome = evaluate(occasion, running)
    update.codes = [*found, referral] if referral else found


def _store(work: Work, update: _Update, before: str) -> None:
    session, profile = update.session, update.profile
    session.effects = orjson.dumps(update.outcome.effects).decode()
    sessions.store(work, session)
    if session.state == "closed":
        close(work, session, profile, update.codes)
    elif before == "closed":
        revoke(work, session, profile)
    if profile.integration_id:
        if session.first_session:
            profile.first_session_id = session.id
        profile.last_activity = work.now
        profiles.store(work, profile)
    if not before and session.state == "closed":
        events.record(work, session, "talon_session_created")
    update.event_id = events.record(work, session, update.event_type, session.effects)


def _checked(work: Work, caller: Application, definitions: Definitions, wanted: NewCustomerSessionV2) -> dict[str, Any]:
    """The members that were sent, fit to be stored. Raises with all that is wrong with them."""
    given = {name: value for name, value in wanted if value is not None}
    complaints: list[Complaint] = []
    if "attributes" in given:
        given["attributes"], found = definitions.check(given["attributes"], "CustomerSession", *_PLACE, "attributes")
        complaints += found
    if "additionalCosts" in given:
        complaints += _undefined_costs(work, caller, given["additionalCosts"])
    if "cartItems" in given:
        given["cartItems"], found = _cart(work, definitions, given["cartItems"])
        complaints += found
    if complaints:
        raise refusal(complaints, status_code=False)
    return given


def _undefined_costs(work: Work, caller: Application, costs: dict[str, Any]) -> list[Complaint]:
    rows = work.db.all(ADDITIONAL_COSTS, account_id=caller.account) if costs else []
    defined = {row["name"] for row in rows if subscribed(row, caller.number)}
    return [
        Complaint(
            UNKNOWN_ADDITIONAL_COST, "Unknown", f'The additional cost "{name}" is not defined.',
            {"pointer": pointer(*_PLACE, "additionalCosts", name)},
        )
        for name in costs
        if name not in defined
    ]  # fmt: skip


def _cart(work: Work, definitions: Definitions, items: Sequence[Any]) -> tuple[list[dict[str, Any]], list[Complaint]]:
    """The cart as it is stored: no nulls, every item with its position."""
    kept: list[dict[str, Any]] = []
    complaints: list[Complaint] = []
    for position, sent in enumerate(items):
        item = {name: value for name, value in sent.items() if value is not None}
        place = (*_PLACE, "cartItems", position)
        if "name" not in item and work.settings.cart_item_name_required:
            source = {"pointer": pointer(*place, "name")}
            complaints.append(Complaint(SCHEMA_VIOLATION, "required", "name is required", source))
        if "attributes" in item:
            values, found = definitions.check(item["attributes"], "CartItem", *place, "attributes")
            item["attributes"] = {name: value for name, value in values.items() if value is not None}
            complaints += found
        item["position"] = position
        kept.append(item)
    return kept, complaints


def _transition(work: Work, session: Session, wanted: NewCustomerSessionV2) -> str:
    """Move the session to the state asked for, by default open or the one it has; the event that this is."""
    before = session.state
    allowed = _AFTER[before]
    if not before and not work.settings.created_closed:
        allowed = {"open": allowed["open"]}
    after = wanted.state or before or "open"
    if after not in allowed:
        choice = ", ".join(f'"{state}"' for state in allowed)
        details = f"state must be one of the following: {choice}" if allowed else "A cancelled session is final"
        complaint = Complaint(ILLEGAL_STATE, "enum", details, {"pointer": pointer(*_PLACE, "state")})
        raise refusal([complaint], status_code=False)
    if not before and after == "closed":
        work.rely(CREATED_CLOSED)
    session.state = after
    session.update_count += 1
    session.updated = work.now
    return allowed[after]


def _apply(work: Work, session: Session, given: dict[str, Any]) -> None:
    if session.id is not None:
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
    session.attributes = merged(work, session.attributes, given.get("attributes", {}))
    session.add_up()


def _profile(work: Work, caller: Application, session: Session) -> Profile:
    """The session's profile; an empty one without an id, never stored, for an anonymous session."""
    if not session.profile_id:
        session.first_session = True
        return Profile(caller.account, "", created=work.now, last_activity=work.now)
    profile = profiles.find(work, caller.account, session.profile_id)
    first = profile.first_session_id
    session.first_session = not profile.closed_sessions if first is None else first == session.id
    return profile


def _answered(work: Work, content: Sequence[str], update: _Update) -> IntegrationStateV2:
    session, profile, outcome = update.session, update.profile, update.outcome
    state: IntegrationStateV2 = {"effects": outcome.effects, "createdCoupons": [], "createdReferrals": []}
    if "customerSession" in content:
        state["customerSession"] = session.answered()
    if "customerProfile" in content and profile.integration_id:
        state["customerProfile"] = profile.answered()
    if "event" in content:
        state["event"] = events.answered(work, session, update.event_type, update.event_id)
    if "loyalty" in content:
        state["loyalty"] = {"programs": {}}
    accepted = [code for code in update.codes if code.accepted]
    for code in accepted:
        if "referral" in content and code.kind == "Referral":
            state["referral"] = referrals.answered(work, code.id)
    if "coupons" in content:
        found = [code for code in accepted if code.kind == "Coupon"]
        state["coupons"] = [coupons.answered(work, code.id, session.profile_id) for code in found]
    if "triggeredCampaigns" in content:
        state["triggeredCampaigns"] = [campaigns.answered(work, number) for number in outcome.triggered]
    if "ruleFailureReasons" in content:
        state["ruleFailureReasons"] = outcome.failures
    _leave_empty(state, content)
    return state


def _leave_empty(state: IntegrationStateV2, content: Sequence[str]) -> None:
    """What clients of 2026 ask for and the emulator has none of."""
    if "awardedGiveaways" in content:
        state["awardedGiveaways"] = []
    if "previousReturns" in content:
        state["previousReturns"] = []
    if "achievements" in content:
        state["achievements"] = []
