"""Effects that the emulator only reports: the caller, or nobody, acts on them. Webhooks are never called."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from emulator.vendors.talonone.service.effects.turn import Turn, whole
from emulator.vendors.talonone.talang import Evaluation, HostFunction, Kind, TalangError, to_json


def add_free_item(evaluation: Evaluation, name: str, sku: str) -> None:
    turn = evaluation.host_as(Turn)
    if turn.spend("addFreeItemEffect"):
        turn.give("addFreeItem", {"sku": sku, "name": name})


def add_free_item_as_tuple(evaluation: Evaluation, _: str, sku: str, name: str) -> None:
    """With the arguments of the V1 tuple, whose first differs between two clients of the vendor."""
    add_free_item(evaluation, name, sku)


def show_notification(evaluation: Evaluation, kind: str, title: str, body: str) -> None:
    evaluation.host_as(Turn).give("showNotification", {"notificationType": kind, "title": title, "body": body})


def show_bundle_metadata(evaluation: Evaluation, description: str, attributes: list[Any], indices: list[Any]) -> None:
    if not all(isinstance(name, str) for name in attributes):
        raise TalangError("the attributes of a bundle are a list of names")
    if not all(isinstance(index, Decimal) for index in indices):
        raise TalangError("the indices of a bundle are a list of numbers")
    places = [whole(index) for index in indices]
    props = {"description": description, "bundleAttributes": attributes, "itemsIndices": places}
    evaluation.host_as(Turn).give("showBundleMetadata", props)


def trigger_webhook(evaluation: Evaluation, webhook_id: Decimal, name: str) -> None:
    turn = evaluation.host_as(Turn)
    if turn.spend("callApi"):
        turn.give("triggerWebhook", {"webhookId": whole(webhook_id), "webhookName": name})


def custom_effect(
    evaluation: Evaluation, effect_id: Decimal, name: str, payload: Mapping[str, Any] | None = None
) -> None:
    turn = evaluation.host_as(Turn)
    if turn.spend("customEffect"):
        turn.give("customEffect", {"effectId": whole(effect_id), "name": name, "payload": to_json(payload or {})})


def error(evaluation: Evaluation, message: str) -> None:
    evaluation.host_as(Turn).give("error", {"message": message})


def _said(name: str, *members: str) -> Callable[..., None]:
    """An effect that is otherwise the engine's own, said as it stands: nothing is redeemed or rolled back by it."""

    def say(evaluation: Evaluation, *values: Any) -> None:
        evaluation.host_as(Turn).give(name, dict(zip(members, map(to_json, values), strict=True)))

    return say


_TEXT, _NUMBER = Kind.STRING, Kind.DECIMAL

FUNCTIONS = (
    HostFunction("addFreeItem", (_TEXT, _TEXT), add_free_item),
    HostFunction("addFreeItem", (_TEXT, _TEXT, _TEXT), add_free_item_as_tuple),
    HostFunction("showNotification", (_TEXT, _TEXT, _TEXT), show_notification),
    HostFunction("showBundleMetadata", (_TEXT, Kind.LIST, Kind.LIST), show_bundle_metadata),
    HostFunction("triggerWebhook", (_NUMBER, _TEXT), trigger_webhook),
    HostFunction("customEffect", (_NUMBER, _TEXT), custom_effect),
    HostFunction("customEffect", (_NUMBER, _TEXT, Kind.MAP), custom_effect),
    HostFunction("error", (_TEXT,), error),
    HostFunction("acceptCoupon", (_TEXT,), _said("acceptCoupon", "value")),
    HostFunction("rejectCoupon", (_TEXT, _TEXT), _said("rejectCoupon", "value", "rejectionReason")),
    HostFunction("acceptReferral", (_TEXT,), _said("acceptReferral", "value")),
    HostFunction("rejectReferral", (_TEXT, _TEXT), _said("rejectReferral", "value", "rejectionReason")),
    HostFunction("rollbackCoupon", (_TEXT,), _said("rollbackCoupon", "value")),
    HostFunction("rollbackDiscount", (_TEXT, _NUMBER), _said("rollbackDiscount", "name", "value")),
)
