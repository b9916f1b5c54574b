"""Every model of every answer carries what any version of the API, from 2020 to 2026, requires of it."""

import pytest

REQUIRED = {
    "Coupon": {"campaignId", "created", "id", "usageCounter", "usageLimit", "value"},
    "IntegrationCoupon": {
        "campaignId", "created", "id", "profileRedemptionCount", "usageCounter", "usageLimit", "value",
    },
    "InventoryCoupon": {
        "campaignId", "created", "id", "profileRedemptionCount", "state", "usageCounter", "usageLimit", "value",
    },
    "Referral": {"advocateProfileIntegrationId", "campaignId", "code", "created", "id", "usageCounter", "usageLimit"},
    "InventoryReferral": {
        "advocateProfileIntegrationId", "campaignId", "code", "created", "id", "referredCustomers", "usageCounter",
        "usageLimit",
    },
    "CustomerProfile": {
        "accountId", "attributes", "closedSessions", "created", "id", "integrationId", "lastActivity", "totalSales",
    },
    "CustomerProfileUpdate": {"customerProfile"},
    "CustomerSession": {
        "applicationId", "attributes", "cartItems", "coupon", "created", "discounts", "firstSession", "integrationId",
        "profileId", "referral", "state", "total", "updateCount", "updated",
    },
    "CustomerSessionV2": {
        "additionalCostTotal", "applicationId", "attributes", "cartItemAdditionalCostTotal", "cartItemTotal",
        "cartItems", "coupon", "created", "firstSession", "id", "integrationId", "profileId", "referral", "state",
        "total", "updateCount", "updated",
    },
    "IntegrationState": {"event", "profile", "session"},
    "IntegrationStateV2": {"createdCoupons", "createdReferrals", "effects"},
    "ReopenSessionResponse": {"effects"},
    "Event": {"applicationId", "attributes", "created", "effects", "id", "ledgerEntries", "type"},
    "LedgerEntry": {
        "accountId", "amount", "created", "eventId", "expiryDate", "id", "loyaltyProgramId", "profileId", "reason",
    },
    "Loyalty": {"programs"},
    "LoyaltyProgramLedgers": {"id", "ledger", "name", "title"},
    "LedgerInfo": {"currentBalance", "expiredBalance", "pendingBalance", "spentBalance", "tentativeCurrentBalance"},
    "LoyaltyMembership": {"loyaltyProgramId"},
    "Effect": {"campaignId", "effectType", "props", "ruleIndex", "ruleName", "rulesetId"},
    "CartItem": {"name", "price", "quantity", "sku"},
    "AdditionalCost": {"price"},
    "Campaign": {
        "applicationId", "created", "description", "features", "frontendState", "id", "limits", "name",
        "reevaluateOnReturn", "state", "storesImported", "tags", "type", "userId",
    },
    "RuleFailureReason": {"campaignID", "campaignName", "ruleIndex", "ruleName", "rulesetID"},
    "Return": {
        "accountId", "applicationId", "created", "eventId", "id", "returnedCartItems", "sessionId",
        "sessionIntegrationId",
    },
}  # fmt: skip

PARTS = {
    "IntegrationState": {"session": "CustomerSession", "profile": "CustomerProfile", "event": "Event",
                         "loyalty": "Loyalty", "coupon": "Coupon"},
    "IntegrationStateV2": {
        "effects": ["Effect"], "createdCoupons": ["Coupon"], "createdReferrals": ["Referral"],
        "customerSession": "CustomerSessionV2", "customerProfile": "CustomerProfile", "event": "Event",
        "loyalty": "Loyalty", "referral": "InventoryReferral", "coupons": ["IntegrationCoupon"],
        "triggeredCampaigns": ["Campaign"], "ruleFailureReasons": ["RuleFailureReason"], "return": "Return",
        "previousReturns": ["Return"],
    },
    "CustomerInventory": {"profile": "CustomerProfile", "referrals": ["InventoryReferral"],
                          "coupons": ["InventoryCoupon"], "loyalty": "Loyalty"},
    "IntegrationCustomerSessionResponse": {"customerSession": "CustomerSessionV2", "effects": ["Effect"]},
    "ReopenSessionResponse": {"effects": ["Effect"]},
    "ReservedCustomers": {"data": ["CustomerProfile"]},
    "CustomerSession": {"cartItems": ["CartItem"]},
    "CustomerSessionV2": {"cartItems": ["CartItem"]},
    "CustomerProfile": {"loyaltyMemberships": ["LoyaltyMembership"]},
    "Event": {"ledgerEntries": ["LedgerEntry"]},
}  # fmt: skip


def missing(model, value, seen):
    """Paths of what is missing, all the way down; `seen` collects the models that were looked at."""
    seen.add(model)
    for name in sorted(REQUIRED.get(model, set()) - value.keys()):
        yield f"{model}.{name}"
    for member, part in PARTS.get(model, {}).items():
        found = value.get(member)
        for one in found or [] if isinstance(part, list) else [found]:
            if one is not None:
                yield from missing(part[0] if isinstance(part, list) else part, one, seen)
    for program in value["programs"].values() if model == "Loyalty" else []:
        yield from missing("LoyaltyProgramLedgers", program, seen)
        for ledger in (program["ledger"], *program["subLedgers"].values()):
            yield from missing("LedgerInfo", ledger, seen)


CONTENT = [
    "customerSession", "customerProfile", "coupons", "triggeredCampaigns", "referral", "loyalty", "event",
    "ruleFailureReasons", "awardedGiveaways", "previousReturns", "achievements",
]  # fmt: skip
PROFILE_CONTENT = ["customerProfile", "triggeredCampaigns", "loyalty", "event", "ruleFailureReasons"]
CART = [{"name": "A", "sku": "a", "quantity": 2, "price": 5}, {"sku": "nameless", "quantity": 1, "price": 1}]
SESSION = {"profileId": "bob", "couponCodes": ["CODE1"], "referralCode": "REF-1", "cartItems": CART}
CALLS = [
    ("IntegrationStateV2", "PUT", "/v2/customer_sessions/s-1", {
        "customerSession": SESSION, "responseContent": CONTENT,
    }),
    ("IntegrationStateV2", "PUT", "/v2/customer_sessions/s-1", {
        "customerSession": {"state": "closed"}, "responseContent": CONTENT,
    }),
    ("IntegrationCustomerSessionResponse", "GET", "/v2/customer_sessions/s-1", None),
    ("ReopenSessionResponse", "PUT", "/v2/customer_sessions/s-1/reopen", None),
    ("IntegrationStateV2", "PUT", "/v2/customer_sessions/s-1", {"customerSession": {"state": "closed"}}),
    *[
        ("IntegrationStateV2", "POST", "/v2/customer_sessions/s-1/returns", {
            "return": {"returnedCartItems": [{"position": 0, "quantity": 1}]},
            "responseContent": [part for part in CONTENT if part not in CONTENT[7:9] and part != "achievements"],
        })
        for _ in range(2)
    ],
    ("IntegrationState", "PUT", "/v1/customer_sessions/s-2", {
        "profileId": "bob", "coupon": "CODE1", "referral": "REF-1", "cartItems": CART, "total": 10, "state": "closed",
    }),
    ("IntegrationState", "PUT", "/v1/customer_sessions/s-3", {}),
    ("IntegrationState", "PUT", "/v1/customer_profiles/bob", {}),
    ("IntegrationState", "POST", "/v1/events", {"type": "viewed_page", "attributes": {}, "sessionId": "s-4"}),
    ("IntegrationState", "POST", "/v1/events", {
        "type": "viewed_page", "attributes": {}, "sessionId": "s-5", "profileId": "bob",
    }),
    ("CustomerProfileUpdate", "PUT", "/v2/customer_profiles/bob", {}),
    ("IntegrationStateV2", "PUT", "/v2/customer_profiles/bob", {}),
    ("IntegrationStateV2", "PUT", "/v2/customer_profiles/bob?runRuleEngine=true", {"responseContent": PROFILE_CONTENT}),
    ("IntegrationStateV2", "POST", "/v2/events?silent=no", {
        "type": "viewed_page", "profileId": "bob", "responseContent": PROFILE_CONTENT,
    }),
    ("Coupon", "POST", "/v1/coupon_reservations/CODE1", {"integrationIDs": ["bob"]}),
    ("ReservedCustomers", "GET", "/v1/coupon_reservations/customerprofiles/CODE1", None),
    ("Referral", "POST", "/v1/referrals", {"campaignId": 1, "advocateProfileIntegrationId": "bob"}),
    ("CustomerInventory", "GET", "/v1/customer_profiles/bob/inventory?profile=1&referrals=1&coupons=1&loyalty=1", None),
]  # fmt: skip


@pytest.fixture
def rich(shop, campaign, rule):
    """A shop in which every call gives something of everything."""
    shop.open(
        campaign(
            1,
            rule(["couponValid"], ["setDiscount", "Ten", 10], ["setDiscountPerItem", "Each", 1, 0, 0]),
            rule(["referralValid"], ["addFreeItem", "Sticker", "sticker-1"]),
            rule(["and"], ["addLoyaltyPoints", "Points", 1, "", 5], ["createCoupon"]),
            rule(["!=", [".", "Profile", "IntegrationId"], ""], ["createReferral"]),
            rule(["and", False]),
            coupons=[{"value": "CODE1"}],
            referrals=[{"code": "REF-1", "advocateProfileIntegrationId": "ana"}],
        )
    )
    return shop


def test_no_answer_lacks_what_some_client_requires(rich):
    seen = set()
    for model, method, path, body in CALLS:
        response = rich.call(method, path, body)
        assert response.status_code in (200, 201), response.text
        assert [*missing(model, response.json(), seen)] == [], f"{method} {path}"
    assert set(REQUIRED) - seen == {"AdditionalCost"}


def test_whole_numbers_have_no_decimal_point_anywhere(rich):
    for _, method, path, body in CALLS:
        text = rich.call(method, path, body).text
        assert ".0," not in text
        assert ".0}" not in text
