"""Every operation with a call that is accepted in the shop once `prepare` has been there, for tests of all of them."""

from dataclasses import dataclass
from typing import Any

CODE = "SUMMER25%OFF"


@dataclass(frozen=True)
class Call:
    """`status_code`: whether a 400 of the operation carries ``StatusCode``. `signed`: whether a signature is enough."""

    id: str
    method: str
    path: str
    status: int
    body: Any = None
    status_code: bool = True

    @property
    def signed(self) -> bool:
        return self.path.startswith("/v1/")

    def __str__(self) -> str:
        return self.id


RESERVATIONS = "/v1/coupon_reservations/SUMMER25%25OFF"
CALLS = [
    Call("createCouponReservation", "POST", RESERVATIONS, 201, {"integrationIDs": ["ana"]}),
    Call("deleteCouponReservation", "DELETE", RESERVATIONS, 204, {"integrationIDs": ["ana"]}),
    Call("getReservedCustomers", "GET", "/v1/coupon_reservations/customerprofiles/SUMMER25%25OFF", 200),
    Call(
        "createReferral", "POST", "/v1/referrals", 201, {"campaignId": 1, "advocateProfileIntegrationId": "ana"}, False
    ),
    Call("deleteCustomerData", "DELETE", "/v1/customer_data/ana", 204),
    Call("getCustomerInventory", "GET", "/v1/customer_profiles/ana/inventory?profile=true&coupons=true", 200),
    Call(
        "trackEvent",
        "POST",
        "/v1/events",
        201,
        {"type": "viewed_page", "attributes": {"URL": "/"}, "sessionId": "s-1"},
        False,
    ),
    Call("updateCustomerProfile", "PUT", "/v1/customer_profiles/ana", 200, {"attributes": {"Name": "Ana"}}, False),
    Call("updateCustomerProfileV2", "PUT", "/v2/customer_profiles/ana", 200, {"attributes": {"Name": "Ana"}}),
    Call("updateCustomerSession", "PUT", "/v1/customer_sessions/s-1", 200, {"total": 10}, False),
    Call("updateCustomerSessionV2", "PUT", "/v2/customer_sessions/s-1", 200, {"customerSession": {}}, False),
    Call("getCustomerSession", "GET", "/v2/customer_sessions/s-1", 200, None, False),
    Call("reopenCustomerSession", "PUT", "/v2/customer_sessions/done/reopen", 200, None, False),
    Call(
        "returnCartItems",
        "POST",
        "/v2/customer_sessions/done/returns",
        200,
        {"return": {"returnedCartItems": [{"position": 0}]}},
        False,
    ),
    Call("trackEventV2", "POST", "/v2/events", 204, {"type": "viewed_page", "profileId": "ana"}),
]
WITH_BODY = [call for call in CALLS if call.body is not None]
SIGNED = [call for call in CALLS if call.signed]
UNSIGNED = [call for call in CALLS if not call.signed]


def prepare(shop: Any) -> None:
    """A coupon, a campaign for referrals, a profile, an open session and a closed one."""
    campaign = {
        "id": 1,
        "applicationId": 7,
        "name": "Summer",
        "rulesets": [{"id": 11, "rules": []}],
        "coupons": [{"value": CODE}],
    }
    shop.open(campaign, profiles=[{"integrationId": "ana"}])
    shop.session("s-1")
    shop.session("done", state="closed", cartItems=[{"sku": "a", "quantity": 2, "price": 5}])
