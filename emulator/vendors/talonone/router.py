"""The operations. Everything else of the Integration API is answered by the emulator itself, as not emulated yet."""

from dataclasses import replace

from emulator.core.answers import Answer, empty_answer, json_answer
from emulator.core.description import Parameter
from emulator.core.routes import Routes
from emulator.core.work import Work
from emulator.vendors.talonone.auth import API_KEY, SIGNATURE
from emulator.vendors.talonone.contract.coupons import Coupon, CouponReservations, ReservedCustomers
from emulator.vendors.talonone.contract.events import IntegrationEventV2Request, NewEvent
from emulator.vendors.talonone.contract.profiles import CustomerProfileIntegrationRequestV2, NewCustomerProfile
from emulator.vendors.talonone.contract.queries import (
    TRIAL,
    TRIAL_OF_PROFILE,
    DryRun,
    EventRun,
    Parts,
    ProfileRun,
    ReturnRun,
    SessionRun,
)
from emulator.vendors.talonone.contract.referrals import NewReferral, Referral
from emulator.vendors.talonone.contract.returns import ReturnIntegrationRequest
from emulator.vendors.talonone.contract.sessions import IntegrationRequest, NewCustomerSession
from emulator.vendors.talonone.contract.states import (
    CustomerInventory,
    IntegrationCustomerSessionResponse,
    IntegrationState,
    IntegrationStateOfProfile,
    IntegrationStateOfReturn,
    IntegrationStateV2,
    ReopenSessionResponse,
)
from emulator.vendors.talonone.errors import (
    BAD_ENUM,
    BAD_PARAMETER,
    BODY_TOO_LARGE,
    BUSY_PROFILE,
    BUSY_SESSION,
    COUPON_NOT_FOUND,
    ILLEGAL_STATE,
    INVALID_API_KEY,
    INVALID_TYPE,
    LONG_IDEMPOTENCY_KEY,
    MALFORMED_JSON,
    NO_CODES_LEFT,
    NO_REFERRALS,
    NOT_ALLOWED,
    OTHER_REQUEST,
    PROFILE_NOT_FOUND,
    RATE_LIMITED,
    RESERVED_EVENT,
    SCHEMA_VIOLATION,
    SESSION_NOT_FOUND,
    SIGNATURE_MISMATCH,
    UNKNOWN_ADDITIONAL_COST,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_CAMPAIGN,
    UNKNOWN_ITEM,
    WRONG_PROFILE,
)
from emulator.vendors.talonone.service.custom_events import track_event, track_event_v2
from emulator.vendors.talonone.service.erasure import erase
from emulator.vendors.talonone.service.finished import reopen_session, return_items
from emulator.vendors.talonone.service.idempotency import LONGEST_KEY, idempotent
from emulator.vendors.talonone.service.inventory import inventory
from emulator.vendors.talonone.service.profile_updates import update_profile, update_profile_v1
from emulator.vendors.talonone.service.referring import create_referral
from emulator.vendors.talonone.service.reservations import holders, release, reserve
from emulator.vendors.talonone.service.sessions import details
from emulator.vendors.talonone.service.updates import update_session, update_session_v1

ROUTES = Routes()

_SEED = "talon_one.js 4.1.1, docs/IntegrationApi.md; answers as of 25.17"
_LATER = "Talon.One Integration API 25.17 and 26.16: beyond the source document"

_SIGNED = (API_KEY, SIGNATURE)
_KEYED = (API_KEY,)
_KEY_OF_REPEATS = (
    Parameter(
        name="Idempotency-Key",
        schema={"type": "string", "maxLength": LONGEST_KEY},
        says="The same request under the same key is answered as the first time, for 24 hours.",
    ),
)
_COUPON = Parameter(name="couponValue", place="path", says="The value of a coupon.")
_PROFILE = Parameter(
    name="integrationId",
    place="path",
    says="The custom identifier for this profile, must be unique within the account.",
)
_PROFILE_V2 = replace(_PROFILE, name="customerProfileId")
_SESSION = Parameter(
    name="customerSessionId",
    place="path",
    says="The custom identifier for this session, must be unique within the account.",
)
_V2 = (INVALID_API_KEY, RATE_LIMITED)
_V1 = (*_V2, SIGNATURE_MISMATCH, BODY_TOO_LARGE)
_BODY = (MALFORMED_JSON, SCHEMA_VIOLATION)
_ATTRIBUTES = (UNKNOWN_ATTRIBUTE, INVALID_TYPE)
_CART = (*_BODY, *_ATTRIBUTES, BAD_ENUM, UNKNOWN_ADDITIONAL_COST, ILLEGAL_STATE, BAD_PARAMETER)
_KEPT = (LONG_IDEMPOTENCY_KEY, OTHER_REQUEST, BODY_TOO_LARGE)


@ROUTES.post(
    "/v1/coupon_reservations/{couponValue}",
    "createCouponReservation",
    status=201,
    answer=Coupon,
    failures=(*_V1, *_BODY, COUPON_NOT_FOUND),
    source=_SEED,
    says="Reserve a coupon for profiles; those that do not exist are created.",
    security=_SIGNED,
    parameters=(_COUPON,),
)
def create_coupon_reservation(work: Work, couponValue: str, body: CouponReservations) -> Answer:
    return json_answer(reserve(work, couponValue, body), 201)


@ROUTES.delete(
    "/v1/coupon_reservations/{couponValue}",
    "deleteCouponReservation",
    status=204,
    failures=(*_V1, *_BODY, COUPON_NOT_FOUND),
    source=_SEED,
    says="Take the reservations of profiles back: a DELETE with a JSON body. Profiles without one are ignored.",
    security=_SIGNED,
    parameters=(_COUPON,),
)
def delete_coupon_reservation(work: Work, couponValue: str, body: CouponReservations) -> Answer:
    release(work, couponValue, body)
    return empty_answer()


@ROUTES.get(
    "/v1/coupon_reservations/customerprofiles/{couponValue}",
    "getReservedCustomers",
    answer=ReservedCustomers,
    failures=(*_V1, COUPON_NOT_FOUND),
    source=_SEED,
    says="The profiles that have reserved a coupon.",
    security=_SIGNED,
    parameters=(_COUPON,),
)
def get_reserved_customers(work: Work, couponValue: str) -> Answer:
    return json_answer(holders(work, couponValue))


@ROUTES.post(
    "/v1/referrals",
    "createReferral",
    status=201,
    answer=Referral,
    failures=(*_V1, *_BODY, *_ATTRIBUTES, UNKNOWN_CAMPAIGN, NO_REFERRALS, NO_CODES_LEFT),
    source=_SEED,
    says="A new referral code for an advocate, by the pattern of the campaign; its referral limits are ignored.",
    security=_SIGNED,
)
def create_referral_(work: Work, body: NewReferral) -> Answer:
    return json_answer(create_referral(work, body), 201)


@ROUTES.delete(
    "/v1/customer_data/{integrationId}",
    "deleteCustomerData",
    status=204,
    failures=(*_V1, PROFILE_NOT_FOUND),
    source=_SEED,
    says="Delete all attributes of a profile and of what refers to it, in every Application of the account.",
    security=_SIGNED,
    parameters=(_PROFILE,),
)
def delete_customer_data(work: Work, integrationId: str) -> Answer:
    erase(work, integrationId)
    return empty_answer()


@ROUTES.get(
    "/v1/customer_profiles/{integrationId}/inventory",
    "getCustomerInventory",
    answer=CustomerInventory,
    failures=(*_V1, BAD_PARAMETER, PROFILE_NOT_FOUND),
    source=_SEED,
    says="What a profile has: the parts that the query asks for.",
    security=_SIGNED,
    parameters=(_PROFILE,),
)
def get_customer_inventory(work: Work, integrationId: str, query: Parts) -> Answer:
    return json_answer(inventory(work, integrationId, query))


@ROUTES.post(
    "/v1/events",
    "trackEvent",
    status=201,
    answer=IntegrationState,
    failures=(*_V1, *_BODY, *_ATTRIBUTES, BAD_PARAMETER, RESERVED_EVENT, WRONG_PROFILE),
    source=_SEED,
    says="A custom event in a session, which is created where there is none, as is its profile; rules are run.",
    security=_SIGNED,
    reads=TRIAL,
)
def track_event_(work: Work, query: DryRun, body: NewEvent) -> Answer:
    return json_answer(track_event(work, query, body), 201)


@ROUTES.put(
    "/v1/customer_profiles/{integrationId}",
    "updateCustomerProfile",
    answer=IntegrationState,
    failures=(*_V1, *_BODY, *_ATTRIBUTES, BAD_PARAMETER),
    source=_SEED,
    says="Create a profile, or merge attributes into one, and run the rules. The answer's session is an empty one.",
    security=_SIGNED,
    reads=TRIAL,
    parameters=(_PROFILE,),
)
def update_customer_profile(work: Work, integrationId: str, query: DryRun, body: NewCustomerProfile) -> Answer:
    return json_answer(update_profile_v1(work, integrationId, query, body))


@ROUTES.put(
    "/v2/customer_profiles/{customerProfileId}",
    "updateCustomerProfileV2",
    answer=IntegrationStateOfProfile,
    failures=(*_V2, *_BODY, *_ATTRIBUTES, BAD_ENUM, BAD_PARAMETER, NOT_ALLOWED, *_KEPT, BUSY_PROFILE),
    source=_SEED,
    says="Create a profile, or merge attributes into one. Rules are run with runRuleEngine=true (since 4.2).",
    security=_KEYED,
    reads=TRIAL_OF_PROFILE,
    parameters=(_PROFILE_V2, *_KEY_OF_REPEATS),
)
def update_customer_profile_v2(
    work: Work, customerProfileId: str, query: ProfileRun, body: CustomerProfileIntegrationRequestV2
) -> Answer:
    return idempotent(
        work,
        lambda: json_answer(update_profile(work, customerProfileId, query, body)),
        status_code=True,
        dry=query.dry,
    )


@ROUTES.put(
    "/v1/customer_sessions/{customerSessionId}",
    "updateCustomerSession",
    answer=IntegrationState,
    failures=(*_V1, *_CART),
    source=_SEED,
    says="Create or update a session with one coupon and a total as sent, and run the rules of all running campaigns.",
    security=_SIGNED,
    reads=TRIAL,
    parameters=(_SESSION,),
)
def update_customer_session(work: Work, customerSessionId: str, query: DryRun, body: NewCustomerSession) -> Answer:
    return json_answer(update_session_v1(work, customerSessionId, query, body))


@ROUTES.put(
    "/v2/customer_sessions/{customerSessionId}",
    "updateCustomerSessionV2",
    answer=IntegrationStateV2,
    failures=(*_V2, *_CART, NOT_ALLOWED, *_KEPT, BUSY_SESSION),
    source=_SEED,
    says="Create or update a session, evaluate the rules of all running campaigns, answer with their effects. 200 on "
    "creation too.",
    security=_KEYED,
    reads=TRIAL,
    parameters=(_SESSION, *_KEY_OF_REPEATS),
)
def update_customer_session_v2(
    work: Work, customerSessionId: str, query: SessionRun, body: IntegrationRequest
) -> Answer:
    return idempotent(
        work,
        lambda: json_answer(update_session(work, customerSessionId, query, body)),
        status_code=False,
        dry=query.dry,
    )


@ROUTES.get(
    "/v2/customer_sessions/{customerSessionId}",
    "getCustomerSession",
    answer=IntegrationCustomerSessionResponse,
    failures=(*_V2, SESSION_NOT_FOUND),
    source=_LATER,
    says="A session and the effects that hold.",
    security=_KEYED,
    parameters=(_SESSION,),
)
def get_customer_session(work: Work, customerSessionId: str) -> Answer:
    return json_answer(details(work, customerSessionId))


@ROUTES.put(
    "/v2/customer_sessions/{customerSessionId}/reopen",
    "reopenCustomerSession",
    answer=ReopenSessionResponse,
    failures=(*_V2, ILLEGAL_STATE, SESSION_NOT_FOUND, *_KEPT, BUSY_SESSION),
    source=_LATER,
    says="Open a closed session again: what its closing did is taken back, the answer says how.",
    security=_KEYED,
    parameters=(_SESSION, *_KEY_OF_REPEATS),
)
def reopen_customer_session(work: Work, customerSessionId: str) -> Answer:
    return idempotent(work, lambda: json_answer(reopen_session(work, customerSessionId)), status_code=False)


@ROUTES.post(
    "/v2/customer_sessions/{customerSessionId}/returns",
    "returnCartItems",
    answer=IntegrationStateOfReturn,
    failures=(*_V2, *_BODY, BAD_ENUM, BAD_PARAMETER, ILLEGAL_STATE, UNKNOWN_ITEM, SESSION_NOT_FOUND, *_KEPT),
    source=_LATER,
    says="Take items of a closed session back, with the discounts that were given for them.",
    security=_KEYED,
    reads=TRIAL,
    parameters=(_SESSION, *_KEY_OF_REPEATS),
)
def return_cart_items(work: Work, customerSessionId: str, query: ReturnRun, body: ReturnIntegrationRequest) -> Answer:
    return idempotent(
        work,
        lambda: json_answer(return_items(work, customerSessionId, query, body)),
        status_code=False,
        dry=query.dry,
    )


@ROUTES.post(
    "/v2/events",
    "trackEventV2",
    answer=IntegrationStateOfProfile,
    failures=(*_V2, *_BODY, *_ATTRIBUTES, BAD_ENUM, BAD_PARAMETER, NOT_ALLOWED, RESERVED_EVENT, *_KEPT, BUSY_PROFILE),
    source=_LATER,
    says="A custom event of a profile; rules are run. 204 without a body, or with silent=no the integration state.",
    security=_KEYED,
    reads=TRIAL,
    parameters=_KEY_OF_REPEATS,
    also={204: "The event is stored: silent=yes, which is the default."},
)
def track_event_v2_(work: Work, query: EventRun, body: IntegrationEventV2Request) -> Answer:
    def answer() -> Answer:
        state = track_event_v2(work, query, body)
        return json_answer(state) if query.silent == "no" else empty_answer()

    return idempotent(work, answer, status_code=True, dry=query.dry)
