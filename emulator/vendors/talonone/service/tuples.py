"""V1's own words for an outcome: effects as tuples, discounts by label, and what it says about campaigns and codes."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from emulator.core.errors import Level, Rule
from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.contract.events import Attributed, CouponRejection, Meta, ReferralRejection
from emulator.vendors.talonone.service.evaluation import Outcome
from emulator.vendors.talonone.service.money import Number, amount, exact
from emulator.vendors.talonone.service.occasion import Occasion

ARGUMENTS = Rule(
    "talonone.v1_tuples", Level.INFERRED, "Talon.One developer pages, Handling effects; clients of the vendor",
    "An effect of V1 is [campaignId, rulesetId, ruleIndex, [name, argument, …]]. The arguments of setDiscount and of "
    "accept and reject effects are documented; addFreeItem has the profile id, the SKU and the label, others the props "
    "of V2 in their order of 2020. Effects that came later are given in the same way.",
)  # fmt: skip

Tuple: TypeAlias = tuple[int, int, int, list[Any]]
_ORDER: Mapping[str, tuple[str, ...]] = {
    "setDiscount": ("name", "value"),
    "setDiscountPerItem": ("name", "value", "position"),
    "acceptCoupon": ("value",),
    "rejectCoupon": ("value",),
    "acceptReferral": ("value",),
    "rejectReferral": ("value",),
    "couponCreated": ("value", "profileId"),
    "referralCreated": ("value",),
    "redeemReferral": ("id", "value"),
    "addLoyaltyPoints": ("name", "programId", "subLedgerId", "value", "recipientIntegrationId"),
    "deductLoyaltyPoints": ("ruleTitle", "programId", "subLedgerId", "value"),
    "showNotification": ("notificationType", "title", "body"),
    "showBundleMetadata": ("description", "bundleAttributes", "itemsIndices"),
    "triggerWebhook": ("webhookId", "webhookName"),
    "updateAttribute": ("path", "value"),
    "rollbackCoupon": ("value",),
    "rollbackReferral": ("value",),
    "rollbackDiscount": ("name", "value"),
    "error": ("message",),
}


_DOCUMENTED = frozenset({"setDiscount", "acceptCoupon", "rejectCoupon", "acceptReferral", "rejectReferral"})


def tuples(occasion: Occasion, effects: Iterable[Effect]) -> list[Tuple]:
    """Effects in the form of V1, ``event.effects``."""
    given = [*effects]
    if any(one["effectType"] not in _DOCUMENTED for one in given):
        occasion.work.rely(ARGUMENTS)
    return [
        (one["campaignId"], one["rulesetId"], one["ruleIndex"], [one["effectType"], *_arguments(occasion, one)])
        for one in given
    ]


def _arguments(occasion: Occasion, effect: Effect) -> list[Any]:
    props = effect["props"]
    if effect["effectType"] == "addFreeItem":
        return [occasion.profile.integration_id, props["sku"], props["name"]]
    names = _ORDER.get(effect["effectType"])
    return list(props.values()) if names is None else [props[name] for name in names]


def discounts(effects: Iterable[Effect]) -> dict[str, Number]:
    """``session.discounts``: the values of all setDiscount effects by their label."""
    sums: dict[str, Decimal] = {}
    for one in effects:
        if one["effectType"] == "setDiscount":
            label = one["props"]["name"]
            sums[label] = sums.get(label, Decimal(0)) + exact(one["props"]["value"])
    return {label: amount(value) for label, value in sums.items()}


def meta(outcome: Outcome) -> Meta:
    """``event.meta``: attributes of the evaluated campaigns and the submitted coupons, and why codes were rejected."""
    answer: Meta = {}
    evaluated = outcome.evaluated.values()
    if campaigns := {str(one.id): Attributed(attributes=one.attributes) for one in evaluated if one.attributes}:
        answer["campaigns"] = campaigns
    known = [code for code in outcome.codes if code.kind == "Coupon" and code.row is not None]
    if coupons := {code.value: Attributed(attributes=code.attributes) for code in known if code.attributes}:
        answer["coupons"] = coupons
    for code, reason in _rejected(outcome):
        if code.kind == "Coupon":
            coupon: CouponRejection = {"campaignId": code.campaign_id, "couponId": code.id, "reason": reason}
            answer.setdefault("couponRejectionReason", coupon)
        else:
            referral: ReferralRejection = {"campaignId": code.campaign_id, "referralId": code.id, "reason": reason}
            answer.setdefault("referralRejectionReason", referral)
    return answer


def _rejected(outcome: Outcome) -> list[tuple[Any, str]]:
    reasons = {
        (one["effectType"], one["props"]["value"]): one["props"]["rejectionReason"]
        for one in outcome.effects
        if one["effectType"] in ("rejectCoupon", "rejectReferral")
    }
    pairs = ((code, reasons.get((f"reject{code.kind}", code.value))) for code in outcome.codes)
    return [(code, reason) for code, reason in pairs if reason is not None]
