"""The operations. Everything else of the Integration API is answered by the emulator itself, as not emulated yet."""

from emulator.core.answers import Answer, json_answer
from emulator.core.errors import Level
from emulator.core.routes import Routes
from emulator.core.work import Work
from emulator.vendors.talonone.contract.profiles import CustomerProfileUpdate, NewCustomerProfile
from emulator.vendors.talonone.contract.queries import DryRun, RuleEngineRun
from emulator.vendors.talonone.contract.sessions import IntegrationRequest, IntegrationStateV2
from emulator.vendors.talonone.errors import (
    BAD_ENUM,
    BAD_PARAMETER,
    BUSY_PROFILE,
    BUSY_SESSION,
    ILLEGAL_STATE,
    INVALID_API_KEY,
    INVALID_TYPE,
    MALFORMED_JSON,
    RATE_LIMITED,
    SCHEMA_VIOLATION,
    UNKNOWN_ADDITIONAL_COST,
    UNKNOWN_ATTRIBUTE,
)
from emulator.vendors.talonone.service.profiles import update_profile
from emulator.vendors.talonone.service.updates import update_session

ROUTES = Routes()

_BODY = (INVALID_API_KEY, MALFORMED_JSON, SCHEMA_VIOLATION, UNKNOWN_ATTRIBUTE, INVALID_TYPE, RATE_LIMITED)


@ROUTES.put(
    "/v2/customer_sessions/{customerSessionId}",
    "updateCustomerSessionV2",
    answer=IntegrationStateV2,
    failures=(*_BODY, BAD_ENUM, UNKNOWN_ADDITIONAL_COST, ILLEGAL_STATE, BAD_PARAMETER, BUSY_SESSION),
    level=Level.DOCUMENTED,
    source="talon_one.js 4.1.1, docs/IntegrationApi.md; answers as of 25.17",
    says="Create or update a session, evaluate the rules of all running campaigns, answer with their effects. 200 on "
    "creation too.",
)
def update_customer_session_v2(work: Work, customerSessionId: str, query: DryRun, body: IntegrationRequest) -> Answer:
    return json_answer(update_session(work, customerSessionId, body, dry=query.dry))


@ROUTES.put(
    "/v2/customer_profiles/{customerProfileId}",
    "updateCustomerProfileV2",
    answer=CustomerProfileUpdate,
    failures=(*_BODY, BAD_PARAMETER, BUSY_PROFILE),
    level=Level.DOCUMENTED,
    source="talon_one.js 4.1.1, docs/IntegrationApi.md; answers as of 25.17",
    says="Create a profile, or merge attributes into one. No rules are run; asking for that answers 501.",
)
def update_customer_profile_v2(
    work: Work, customerProfileId: str, query: RuleEngineRun, body: NewCustomerProfile
) -> Answer:
    return json_answer(update_profile(work, customerProfileId, body))
