"""Events that the caller's own application knows of: in V1 always in a session, in V2 never."""

from collections.abc import Mapping
from typing import Any

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application, application
from emulator.vendors.talonone.contract.events import IntegrationEventV2Request, NewEvent
from emulator.vendors.talonone.contract.queries import DryRun, EventRun
from emulator.vendors.talonone.contract.states import IntegrationState, IntegrationStateV2
from emulator.vendors.talonone.errors import WRONG_PROFILE, Complaint, refusal
from emulator.vendors.talonone.service import changes, closing, events, sessions, states
from emulator.vendors.talonone.service.attributes import Definitions, note_nulls
from emulator.vendors.talonone.service.changes import Change
from emulator.vendors.talonone.service.evaluation import evaluate
from emulator.vendors.talonone.service.money import exact
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.service.sessions import Session

IN_SESSION = Rule(
    "talonone.event_in_session", Level.INFERRED, "talon_go 2.1.1, trackEvent",
    "An event of an unknown session opens an empty one. An event that names no profile belongs to its session's; one "
    "that names another, or nobody's with an empty text, is refused. The codes of an open session are looked at again, "
    "but only closing redeems them; those of a finished one are not. Discounts cascade in a session of V2, as they did "
    "in its updates.",
)  # fmt: skip

_REDEEMED = ("redeemCoupon", "redeemReferral", "setDiscount", "setDiscountEffect")
"""Budgets that only a closing session uses."""


def track_event(work: Work, query: DryRun, asked: NewEvent) -> IntegrationState:
    caller = application(work)
    if query.dry:
        changes.rehearse(work)
    definitions = changes.definitions(work, caller)
    attributes = _checked(work, definitions, asked.type, asked.attributes, [], status_code=False)
    session = _joined(work, caller, asked)
    profile = changes.profile_of(work, caller, session)
    occasion = Occasion(work, caller, definitions, session, profile, asked.type, attributes, session.version)
    own = session.coupon_codes, session.referral_code
    codes = own if session.state == "open" else ((), "")
    if any(own) or session.version == 2:
        work.rely(IN_SESSION)
    change = Change(work, occasion, evaluate(occasion, *codes), attributes, final=True)
    if session.state == "open":
        session.effects = change.effects
    sessions.store(work, session)
    _keep(change)
    return states.v1(change)


def track_event_v2(work: Work, query: EventRun, asked: IntegrationEventV2Request) -> IntegrationStateV2:
    caller = application(work)
    if query.dry:
        changes.rehearse(work)
    definitions = changes.definitions(work, caller)
    complaints = changes.only_dry(asked.evaluableCampaignIds, dry=query.dry)
    attributes = _checked(work, definitions, asked.type, asked.attributes or {}, complaints, status_code=True)
    session = changes.no_session(work, caller, asked.profileId)
    if asked.storeIntegrationId is not None:
        session.extras["storeIntegrationId"] = asked.storeIntegrationId
    profile = changes.profile_of(work, caller, session)
    occasion = Occasion(work, caller, definitions, session, profile, asked.type, attributes)
    only = tuple(asked.evaluableCampaignIds or ()) or None
    change = Change(work, occasion, evaluate(occasion, only=only), attributes, final=True)
    _keep(change)
    return states.v2(change, asked.responseContent or ())


def _checked(
    work: Work, definitions: Definitions, event_type: str, given: Mapping[str, Any], complaints: list[Complaint],
    *, status_code: bool,
) -> dict[str, Any]:  # fmt: skip
    """The event's attributes, without nulls. Raises with all that is wrong."""
    values, found = definitions.check(given, "Event", "attributes", event_type=event_type)
    if complaints := [*complaints, *events.reserved(work, event_type), *found]:
        raise refusal(complaints, status_code=status_code)
    note_nulls(work, values)
    return {name: value for name, value in values.items() if value is not None}


def _joined(work: Work, caller: Application, asked: NewEvent) -> Session:
    """The event's session, a new one where there is none, not stored yet."""
    session = sessions.find(work, caller, asked.sessionId)
    if session.id is None or asked.profileId is None:
        work.rely(IN_SESSION)
    if session.id is None:
        session.profile_id = asked.profileId or ""
        session.state, session.update_count = "open", 1
        session.sent_total = exact(0)
    elif asked.profileId is not None and asked.profileId != session.profile_id:
        raise WRONG_PROFILE(session=asked.sessionId)
    session.updated = work.now
    return session


def _keep(change: Change) -> None:
    """Store what happened. Its gifts are final at once; what a session redeems waits for its closing."""
    work, outcome = change.work, change.outcome
    changes.active(work, change.profile, change.session)
    change.event_id = events.record(work, change.session, change.event_type, change.effects, change.event_attributes)
    if change.session.integration_id:
        outcome.moves = {move: number for move, number in outcome.moves.items() if move[2] not in _REDEEMED}
    closing.conclude(change.occasion, outcome, change.event_id)
