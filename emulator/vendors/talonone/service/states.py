"""What is answered when something has happened, in the form of either version."""

from collections.abc import Callable, Container, Mapping
from typing import Any

from emulator.vendors.talonone.contract.events import Event
from emulator.vendors.talonone.contract.loyalty import Loyalty
from emulator.vendors.talonone.contract.states import IntegrationState, IntegrationStateV2
from emulator.vendors.talonone.service import campaigns, coupons, events, loyalty, referrals, returns, tuples
from emulator.vendors.talonone.service.changes import DRY, Change


def v1(change: Change) -> IntegrationState:
    session, outcome = change.session, change.outcome
    if change.work.discarded:
        change.work.rely(DRY)
    event = _event(change)
    event["effects"] = list(tuples.tuples(change.occasion, outcome.effects))
    event["meta"] = tuples.meta(outcome)
    state: IntegrationState = {
        "session": session.answered_v1(tuples.discounts(session.held())),
        "profile": change.profile.answered(change.work),
        "event": event,
        "loyalty": _loyalty(change),
    }
    for coupon in _coupons(change):
        state["coupon"] = coupon
    return state


def v2(change: Change, content: Container[str]) -> IntegrationStateV2:
    """`content`: the parts that ``responseContent`` asks for. A part that there is not is left out."""
    outcome = change.outcome
    if change.work.discarded and _tells_ids(change, content):
        change.work.rely(DRY)
    state: Any = {
        "effects": outcome.effects,
        "createdCoupons": outcome.created_coupons(change.occasion),
        "createdReferrals": outcome.created_referrals(),
    }
    for name, part in _PARTS.items():
        if name in content and (value := part(change)) is not None:
            state[name] = value
    answer: IntegrationStateV2 = state
    return answer


def _tells_ids(change: Change, content: Container[str]) -> bool:
    """Whether the answer tells the id, or the code, of anything that has just been made."""
    return bool(
        change.outcome.created
        or change.outcome.points
        or "event" in content
        or ("customerSession" in content and change.session.update_count == 1)
        or ("customerProfile" in content and change.profile.created == change.work.now)
    )


def _profile(change: Change) -> object:
    return change.profile.answered(change.work) if change.profile.integration_id else None


def _event(change: Change) -> Event:
    return events.answered(change.work, change.session, change.event_type, change.event_id, change.event_attributes)


def _loyalty(change: Change) -> Loyalty:
    """The points that an open session is about to give are tentative."""
    pending = () if change.final or change.session.state != "open" else change.outcome.points
    return loyalty.answered(change.work, change.occasion.caller, change.profile.integration_id, pending)


def _referral(change: Change) -> object:
    accepted = [code for code in change.outcome.accepted if code.kind == "Referral"]
    return referrals.answered(change.work, accepted[0].id) if accepted else None


def _coupons(change: Change) -> list[Any]:
    accepted = [code for code in change.outcome.accepted if code.kind == "Coupon"]
    return [coupons.answered(change.work, code.id, change.session.profile_id) for code in accepted]


_PARTS: Mapping[str, Callable[[Change], object]] = {
    "customerSession": lambda change: change.session.answered(),
    "customerProfile": _profile,
    "event": _event,
    "loyalty": _loyalty,
    "referral": _referral,
    "coupons": _coupons,
    "triggeredCampaigns": lambda change: [campaigns.answered(change.work, one) for one in change.outcome.triggered],
    "ruleFailureReasons": lambda change: change.outcome.failures,
    "awardedGiveaways": lambda change: [],
    "previousReturns": lambda change: returns.of_session(
        change.work, change.occasion.caller, change.session, change.profile
    ),
    "achievements": lambda change: [],
}
"""In the order in which they are answered. The emulator says nothing about ``campaignEligibility``."""
