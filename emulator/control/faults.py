"""Standing faults: arranged, listed with how often each fired."""

from typing import Any

from emulator.control import catalogue
from emulator.control.problems import BadCall
from emulator.control.schemas import FaultOrder
from emulator.core.errors import Misuse
from emulator.core.faults import Damage, Fault, parse_damage
from emulator.core.vendor import Vendor
from emulator.core.world import World


def arrange(world: World, order: FaultOrder) -> Fault:
    """Raises `BadCall` naming what does not exist, and the nearest that does."""
    vendor = catalogue.named(world.vendors, order.vendor)
    if order.operation is not None:
        catalogue.check_operation([vendor], order.operation)
    damage = _damage(vendor, order.fault)
    fault = Fault(
        id=world.faults.new_id(),
        vendor=vendor.slug,
        operation=order.operation,
        text=order.fault,
        damage=damage,
        times=order.times,
        probability=order.probability,
        headers=order.headers,
    )
    world.faults.add(fault)
    return fault


def _damage(vendor: Vendor, text: str) -> Damage:
    try:
        return parse_damage(text, vendor.catalogue)
    except Misuse as misuse:
        raise BadCall([f"fault: {misuse.detail}"]) from None


def told(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "vendor": fault.vendor,
        "operation": fault.operation,
        "fault": fault.text,
        "times": fault.times,
        "probability": fault.probability,
        "headers": fault.headers,
        "fired": fault.fired,
        "spent": fault.spent,
    }
