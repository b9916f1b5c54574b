"""The vendors' limits as they stand in a world, and a user's changes to them."""

from dataclasses import asdict, replace
from typing import Any

from emulator.control.problems import BadCall
from emulator.control.schemas import LimitOrder
from emulator.core.clock import SECOND
from emulator.core.faults import unknown
from emulator.core.limits import Limit
from emulator.core.vendor import Vendor
from emulator.core.world import World


def described(world: World, vendor: Vendor, limit: Limit) -> dict[str, Any]:
    """`quota` is what counts now, null where the limit is off; `configured` is what it is without the user's changes,
    0 for unlimited."""
    adjustment = world.limits.adjustment(vendor.slug, limit.name)
    values = world.settings[vendor.slug]
    return {
        "vendor": vendor.slug,
        "name": limit.name,
        "quota": world.limits.quota(vendor.slug, limit, values),
        "configured": limit.quota if limit.setting is None else getattr(values, limit.setting),
        "setting": limit.setting,
        "window_seconds": limit.window / SECOND,
        "kind": limit.kind,
        "operations": None if limit.operations is None else sorted(limit.operations),
        "scale": adjustment.scale,
        "enabled": adjustment.enabled,
        "enforce": adjustment.enforce,
        "source": limit.source,
    }


def told(world: World, vendor: Vendor, limit: Limit) -> dict[str, Any]:
    """Described, with the headroom of every caller that the current window has counted."""
    headroom = world.limits.headroom(vendor.slug, limit, world.clock.now(), world.settings[vendor.slug])
    return {**described(world, vendor, limit), "headroom": headroom}


def adjust(world: World, vendor: Vendor, order: LimitOrder) -> Limit:
    """Change what is named and keep the rest. Raises `BadCall`."""
    known = {limit.name: limit for limit in vendor.limits}
    if order.name not in known:
        raise BadCall([f"name: {unknown(order.name, known, 'limit')}"])
    changes = order.model_dump(include={"scale", "enabled", "enforce"}, exclude_none=True)
    if not changes:
        raise BadCall(["scale, enabled, enforce: say at least one of them"])
    adjustment = world.limits.adjustment(vendor.slug, order.name)
    wanted = replace(adjustment, **changes)
    world.limits.adjust(vendor.slug, order.name, wanted)
    world.journal.changed("limit", vendor=vendor.slug, name=order.name, adjustment=asdict(wanted))
    return known[order.name]
