"""What Talon.One's documents show, and what its own client sends.

docs/IntegrationApi.md names the parameters and shows no body: the requests are those of that very client, talon_one.js
4.1.1, as recorded from it, with the ids that were chosen to be awkward. Answers are published for the newer calls only;
they have been given the members that later versions require.
"""

from collections.abc import Mapping

from emulator.core.description import Example, Examples
from emulator.core.errors import Json

_CLIENT = "docs/IntegrationApi.md; the request as talon_one.js 4.1.1 sends it"
_ACCELERATOR = "commercetools-talonone-accelerator, responses of 2021 and 2022"
_EFFECTS = "Talon.One developer pages, Handling effects"
_OURS = "emulator's choice; members as of Talon.One Integration API 25.17"
_PROFILE = {"integrationId": "cust 1"}
_RESERVATIONS = {"integrationIDs": ["cust 1", "cust/2"]}
_CREATED = "2022-02-02T10:10:10.1Z"
_PIZZA = {"name": "Pizza", "sku": "pz-1", "quantity": 2, "price": 10.5}


def _profile(integration_id: str, created: str, last_activity: str) -> Mapping[str, Json]:
    return {
        "id": 3,
        "integrationId": integration_id,
        "created": created,
        "attributes": {},
        "accountId": 1,
        "closedSessions": 0,
        "totalSales": 0,
        "lastActivity": last_activity,
        "loyaltyMemberships": None,
        "sandbox": False,
    }


_RESERVING: Examples = (
    Example(
        operation="createCouponReservation",
        name="two_profiles",
        source=_CLIENT,
        says="Reserve a code, percent sign and all, for two profiles.",
        path={"couponValue": "SUMMER25%OFF"},
        body=_RESERVATIONS,
        status=201,
    ),
    Example(
        operation="deleteCouponReservation",
        name="two_profiles",
        source=_CLIENT,
        says="Take two reservations back: a DELETE with a body.",
        path={"couponValue": "SUMMER25%OFF"},
        body=_RESERVATIONS,
        status=204,
    ),
    Example(
        operation="getReservedCustomers",
        name="awkward_code",
        source=_CLIENT,
        says="A code with a space in it.",
        path={"couponValue": "SUMMER 10"},
    ),
    Example(
        operation="createReferral",
        name="for_a_friend",
        source=_CLIENT,
        says="A code that one friend may use in 2020.",
        body={
            "campaignId": 3,
            "advocateProfileIntegrationId": "cust 1",
            "friendProfileIntegrationId": "friend-9",
            "startDate": "2020-05-01T00:00:00.000Z",
            "expiryDate": "2020-12-31T23:59:59.000Z",
        },
        status=201,
    ),
)

_PROFILES: Examples = (
    Example(
        operation="deleteCustomerData",
        name="awkward_id",
        source=_CLIENT,
        says="An id with a slash, a space and an accent is one segment of the path.",
        path={"integrationId": "cust/1 é"},
        status=204,
    ),
    Example(
        operation="getCustomerInventory",
        name="two_parts",
        source=_CLIENT,
        says="The profile and its coupons, not its referrals.",
        path=_PROFILE,
        query={"profile": True, "referrals": False, "coupons": True},
    ),
    Example(
        operation="updateCustomerProfile",
        name="attributes",
        source=_CLIENT,
        says="Merge two attributes into a profile.",
        path=_PROFILE,
        query={"dry": False},
        body={"attributes": {"Email": "a@example.com", "SignupDate": "2020-01-02T03:04:05Z"}},
    ),
    Example(
        operation="updateCustomerProfileV2",
        name="attributes",
        source=f"{_CLIENT}; {_ACCELERATOR}",
        says="Merge an attribute into a profile; no rules are run.",
        path={"customerProfileId": "cust 1"},
        body={"attributes": {"Email": "a@example.com"}},
        answer={
            "effects": [],
            "createdCoupons": [],
            "createdReferrals": [],
            "customerProfile": _profile(
                "66277d9c-f359-45cb-9b4e-e1c6194666d0", "2021-02-23T10:07:04.343Z", "2021-03-06T19:26:04.79Z"
            ),
        },
    ),
)

_EVENTS: Examples = (
    Example(
        operation="trackEvent",
        name="viewed_page",
        source=_CLIENT,
        says="An event of a session.",
        query={"dry": True},
        body={
            "type": "viewed_page",
            "attributes": {"URL": "http://example.com"},
            "sessionId": "s 1",
            "profileId": "cust 1",
        },
        status=201,
    ),
    Example(
        operation="trackEventV2",
        name="viewed_page",
        source="talon-one-sdk 26.2 for Python, as it sends it",
        says="An event of a profile.",
        query={"silent": "no", "dry": True},
        body={"profileId": "cust 1", "type": "viewed_page", "attributes": {"URL": "http://example.com"}},
    ),
)

_SESSIONS: Examples = (
    Example(
        operation="updateCustomerSession",
        name="cart",
        source=f"{_CLIENT}; the event of the answer: {_EFFECTS}",
        says="A cart with a coupon, and effects as tuples.",
        path={"customerSessionId": "s 1"},
        body={
            "profileId": "cust 1",
            "coupon": "SUMMER10",
            "referral": "",
            "state": "open",
            "cartItems": [{**_PIZZA, "category": "food", "attributes": {"color": "red"}}],
            "identifiers": ["91.11.156.141"],
            "total": 21,
            "attributes": {"ShippingCity": "Berlin"},
        },
        answer={
            "session": {
                "id": 1,
                "created": _CREATED,
                "updated": _CREATED,
                "updateCount": 1,
                "integrationId": "s 1",
                "applicationId": 7,
                "profileId": "cust 1",
                "coupon": "FREESTUFF",
                "referral": "",
                "state": "open",
                "cartItems": [],
                "identifiers": [],
                "total": 100,
                "attributes": {},
                "firstSession": True,
                "discounts": {"My Cool Discount": 34.56},
            },
            "profile": _profile("cust 1", _CREATED, _CREATED),
            "event": {
                "id": 1,
                "created": _CREATED,
                "applicationId": 7,
                "profileId": "cust 1",
                "type": "talon_session_updated",
                "attributes": {"isNew": False, "params": {"coupon": "FREESTUFF"}},
                "sessionId": "s 1",
                "effects": [
                    [59, 124, 0, ["acceptCoupon", "FREESTUFF"]],
                    [59, 124, 0, ["setDiscount", "My Cool Discount", 34.56]],
                ],
                "ledgerEntries": [],
            },
        },
    ),
    Example(
        operation="updateCustomerSession",
        name="minimal",
        source=_CLIENT,
        says="The client adds the state by itself.",
        path={"customerSessionId": "s/1"},
        query={"dry": True},
        body={"total": 100.33, "coupon": "Cool-Summer!", "state": "open"},
    ),
    Example(
        operation="updateCustomerSessionV2",
        name="cart",
        source=f"{_CLIENT}; {_ACCELERATOR}",
        says="A cart with a coupon, and the session in the answer.",
        path={"customerSessionId": "s 1"},
        query={"dry": True},
        body={
            "customerSession": {
                "profileId": "cust 1",
                "couponCodes": ["SUMMER10"],
                "referralCode": "REF1",
                "state": "closed",
                "cartItems": [_PIZZA],
                "additionalCosts": {"shipping": {"price": 4.99}},
                "identifiers": ["dev-1"],
                "attributes": {"ShippingCity": "Berlin"},
            },
            "responseContent": ["customerSession", "customerProfile"],
        },
        answer={
            "effects": [
                {
                    "campaignId": 193,
                    "rulesetId": 791,
                    "ruleIndex": 0,
                    "ruleName": "",
                    "effectType": "acceptCoupon",
                    "triggeredByCoupon": 3749,
                    "props": {"value": "TEST-1"},
                },
                {
                    "campaignId": 193,
                    "rulesetId": 791,
                    "ruleIndex": 0,
                    "ruleName": "",
                    "effectType": "setDiscountPerItem",
                    "triggeredByCoupon": 3749,
                    "props": {"name": "10% off per item#0", "value": 9.999, "position": 0, "subPosition": 0},
                },
            ],
            "createdCoupons": [],
            "createdReferrals": [],
            "customerSession": {
                "id": 1,
                "created": _CREATED,
                "updated": _CREATED,
                "updateCount": 1,
                "integrationId": "0ea03793-f8c3-400c-82f4-66345c8c141a",
                "applicationId": 89,
                "profileId": "",
                "couponCodes": ["TEST-1"],
                "coupon": "",
                "referralCode": "",
                "referral": "",
                "state": "open",
                "cartItems": [
                    {
                        "name": "Sneakers ”Interactive” Hogan beige",
                        "sku": "b37fe29d-0742-4045-aae9-9962af9864ed",
                        "quantity": 1,
                        "price": 99.99,
                        "position": 0,
                    }
                ],
                "additionalCosts": {},
                "identifiers": [],
                "attributes": {},
                "firstSession": True,
                "total": 99.99,
                "cartItemTotal": 99.99,
                "additionalCostTotal": 0,
                "cartItemAdditionalCostTotal": 0,
            },
            "loyalty": {"programs": {}},
            "ruleFailureReasons": [],
        },
    ),
    Example(
        operation="getCustomerSession",
        name="session",
        source=_OURS,
        says="A session by its id.",
        path={"customerSessionId": "s 1"},
    ),
    Example(
        operation="reopenCustomerSession",
        name="session",
        source=_OURS,
        says="A closed session by its id.",
        path={"customerSessionId": "s 1"},
        answer={"effects": []},
    ),
    Example(
        operation="returnCartItems",
        name="one_unit",
        source=_OURS,
        says="One of the two units at the first position of the cart.",
        path={"customerSessionId": "s 1"},
        body={
            "return": {"returnedCartItems": [{"position": 0, "quantity": 1}]},
            "responseContent": ["customerSession"],
        },
    ),
)

EXAMPLES: Examples = (*_RESERVING, *_PROFILES, *_EVENTS, *_SESSIONS)
