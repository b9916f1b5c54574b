"""Effects of V2: what the caller is to do. The props of each type are those of its V1 tuple, by name."""

from collections.abc import Mapping
from typing import Any, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_NUMBER = {"type": "number"}
_MOMENT = {"type": "string", "format": "date-time"}
_CODE = {"value": _TEXT}
_REASON = {**_CODE, "rejectionReason": _TEXT}
_MORE_REASON = {"conditionIndex?": _WHOLE, "effectIndex?": _WHOLE, "details?": _TEXT, "campaignExclusionReason?": _TEXT}
_DISCOUNT = {"name": _TEXT, "value": _NUMBER, "desiredValue?": _NUMBER}
_COST = {"additionalCostId": _WHOLE, "additionalCost": _TEXT}
_POINTS = {"programId": _WHOLE, "subLedgerId": _TEXT, "value": _NUMBER}
_RECIPIENT = {"recipientIntegrationId": _TEXT}

PROPS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "acceptCoupon": _CODE,
    "rejectCoupon": {**_REASON, **_MORE_REASON},
    "acceptReferral": _CODE,
    "rejectReferral": {**_REASON, **_MORE_REASON},
    "redeemReferral": {"id": _WHOLE, **_CODE},
    "couponCreated": {**_CODE, "profileId": _TEXT},
    "referralCreated": _CODE,
    "setDiscount": {**_DISCOUNT, "scope?": _TEXT},
    "setDiscountPerItem": {**_DISCOUNT, "position": _WHOLE, "subPosition?": _WHOLE},
    "setDiscountPerAdditionalCost": {**_DISCOUNT, **_COST},
    "setDiscountPerAdditionalCostPerItem": {**_DISCOUNT, **_COST, "position": _WHOLE},
    "showBundleMetadata": {
        "description": _TEXT,
        "bundleAttributes": {"type": "array", "items": _TEXT},
        "itemsIndices": {"type": "array", "items": _NUMBER},
    },
    "addFreeItem": {"sku": _TEXT, "name": _TEXT},
    "addLoyaltyPoints": {
        "name": _TEXT,
        **_POINTS,
        **_RECIPIENT,
        "expiryCondition": _TEXT,
        "transactionUUID": _TEXT,
        "startDate?": _MOMENT,
        "expiryDate?": _MOMENT,
    },
    "deductLoyaltyPoints": {"ruleTitle": _TEXT, **_POINTS, "transactionUUID": _TEXT, "name": _TEXT},
    "showNotification": {"notificationType": _TEXT, "title": _TEXT, "body": _TEXT},
    "triggerWebhook": {"webhookId": _WHOLE, "webhookName": _TEXT},
    "updateAttribute": {"path": _TEXT, "value": {}},
    "customEffect": {"effectId": _WHOLE, "name": _TEXT, "payload": {"type": "object"}},
    "rollbackCoupon": _CODE,
    "rollbackReferral": _CODE,
    "rollbackDiscount": {
        "name": _TEXT,
        "value": _NUMBER,
        "cartItemPosition?": _WHOLE,
        "cartItemSubPosition?": _WHOLE,
        "additionalCostId?": _WHOLE,
        "additionalCost?": _TEXT,
        "scope?": _TEXT,
    },
    "rollbackAddedLoyaltyPoints": {**_POINTS, **_RECIPIENT, "transactionUUID": _TEXT},
    "rollbackDeductedLoyaltyPoints": {**_POINTS, **_RECIPIENT, "transactionUUID": _TEXT},
    "error": {"message": _TEXT},
}
"""By type, with ``?`` behind the name of what may be absent. Other types have any props."""


def _by_type(schema: dict[str, Any]) -> None:
    schema["allOf"] = [
        {"if": {"properties": {"effectType": {"const": name}}}, "then": {"properties": {"props": _closed(members)}}}
        for name, members in PROPS.items()
    ]


def _closed(members: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name.removesuffix("?"): member for name, member in members.items()},
        "required": [name for name in members if not name.endswith("?")],
        "additionalProperties": False,
    }


@with_config(ConfigDict(json_schema_extra=_by_type))
class Effect(TypedDict):
    """`triggeredByCoupon` is the id of the coupon whose rule this is (published responses of 2021 and 2022)."""

    campaignId: int
    rulesetId: int
    ruleIndex: int
    ruleName: str
    effectType: str
    triggeredByCoupon: NotRequired[int]
    props: dict[str, Any]
