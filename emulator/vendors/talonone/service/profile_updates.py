"""Updates of a profile: in V1 with rules, in V2 of 2020 without, in V2 since 4.2 as the caller wishes."""

from collections.abc import Mapping
from typing import Any

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application, application
from emulator.vendors.talonone.contract.profiles import CustomerProfileIntegrationRequestV2, NewCustomerProfile
from emulator.vendors.talonone.contract.queries import DryRun, ProfileRun
from emulator.vendors.talonone.contract.states import IntegrationState, IntegrationStateV2
from emulator.vendors.talonone.errors import NOT_ALLOWED, Complaint, refusal
from emulator.vendors.talonone.service import changes, closing, events, profiles, states
from emulator.vendors.talonone.service.attributes import MERGED, merged
from emulator.vendors.talonone.service.changes import EMPTY_SESSION, Change
from emulator.vendors.talonone.service.evaluation import evaluate
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.service.profiles import Profile

NO_RULES = Rule(
    "talonone.profile_rules", Level.INFERRED, "talon_go 2.1.1, CustomerProfileUpdate",
    "updateCustomerProfileV2 runs no rules unless it is asked to, so lastActivity stays.",
)  # fmt: skip

CREATED, UPDATED = events.PROFILE_EVENTS


def update_profile(
    work: Work, integration_id: str, query: ProfileRun, asked: CustomerProfileIntegrationRequestV2
) -> IntegrationStateV2:
    caller = application(work)
    if query.dry:
        changes.rehearse(work)
    complaints = changes.only_dry(asked.evaluableCampaignIds, dry=query.dry)
    if asked.responseContent and not query.runRuleEngine:
        details = "responseContent can only be used with runRuleEngine=true"
        complaints.append(Complaint(NOT_ALLOWED, "Not allowed", details, {"pointer": "/responseContent"}))
    values = _checked(work, caller, asked.attributes, complaints, status_code=True)
    profile = _merged(work, caller, integration_id, values)
    if asked.audiencesChanges is not None:
        profile.move(asked.audiencesChanges.adds, asked.audiencesChanges.deletes)
    if not query.runRuleEngine:
        work.rely(NO_RULES)
        work.rely(MERGED)
        profiles.store(work, profile)
        return {
            "effects": [],
            "createdCoupons": [],
            "createdReferrals": [],
            "customerProfile": profile.answered(work),
        }
    only = tuple(asked.evaluableCampaignIds or ()) or None
    change = _happen(work, caller, profile, 2, {}, only)
    return states.v2(change, {"customerProfile", *(asked.responseContent or ())})


def update_profile_v1(work: Work, integration_id: str, query: DryRun, asked: NewCustomerProfile) -> IntegrationState:
    caller = application(work)
    if query.dry:
        changes.rehearse(work)
    values = _checked(work, caller, asked.attributes, [], status_code=False)
    profile = _merged(work, caller, integration_id, values)
    work.rely(EMPTY_SESSION)
    return states.v1(_happen(work, caller, profile, 1, {"attributes": values} if values else {}))


def _checked(
    work: Work, caller: Application, given: Mapping[str, Any] | None, complaints: list[Complaint], *, status_code: bool
) -> dict[str, Any]:
    """The attributes fit to be stored. Raises with all that is wrong."""
    values, found = profiles.checked(work, caller, given)
    if complaints := [*complaints, *found]:
        raise refusal(complaints, status_code=status_code)
    return values


def _merged(work: Work, caller: Application, integration_id: str, values: Mapping[str, Any]) -> Profile:
    """The profile with the new attributes, not stored yet."""
    profile = profiles.find(work, caller.account, integration_id)
    profile.attributes = merged(work, profile.attributes, values)
    return profile


def _happen(
    work: Work, caller: Application, profile: Profile, version: int, params: Mapping[str, Any],
    only: tuple[int, ...] | None = None,
) -> Change:  # fmt: skip
    """Run the rules over the profile; what they give is final at once."""
    session = changes.no_session(work, caller, profile.integration_id)
    new = profile.id is None
    session.first_session = not profile.closed_sessions and profile.first_session_id is None
    definitions = changes.definitions(work, caller)
    occasion = Occasion(work, caller, definitions, session, profile, CREATED if new else UPDATED, version=version)
    change = Change(work, occasion, evaluate(occasion, only=only), final=True)
    if version == 1:
        change.event_attributes = {"isNew": new, "params": params}
    changes.active(work, profile, session)
    change.event_id = events.record(work, session, change.event_type, change.effects, change.event_attributes)
    closing.conclude(occasion, change.outcome, change.event_id)
    return change
