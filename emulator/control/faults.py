"""Standing faults: arranged, listed with an account of each."""

import re
from collections.abc import Mapping
from typing import Any

from emulator.control import catalogue
from emulator.control.problems import BadCall
from emulator.control.schemas import FaultOrder
from emulator.core.errors import Misuse
from emulator.core.faults import Damage, Fault, parse_damage
from emulator.core.vendor import Vendor
from emulator.core.world import World

_OWN_PREFIX = "x-emulator-"
_MOST = 20
MOST_HEADERS = 100
_LONGEST_SHOWN = 80
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # token of RFC 9110, 5.6.2
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$")  # RFC 9110, 5.5: no value has these on arrival


def arrange(world: World, order: FaultOrder) -> Fault:
    """Raises `BadCall` naming what does not exist, and the nearest that does; `Misuse` where there are too many."""
    vendor = catalogue.named(world.vendors, order.vendor)
    if order.operation is not None:
        catalogue.check_operation([vendor], order.operation)
    check_headers(order.headers)
    damage = damage_of(vendor, order.fault, "fault")
    world.faults.check_room()
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


def damage_of(vendor: Vendor, text: str, key: str) -> Damage:
    """What a fault's text means for a vendor. Raises `BadCall` about the key of the call that said it."""
    try:
        return parse_damage(text, vendor.catalogue)
    except Misuse as misuse:
        raise BadCall([f"{key}: {misuse.detail}"]) from None


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises `BadCall` for headers that no call can be told by."""
    if len(headers) > MOST_HEADERS:
        raise BadCall([f"headers: a call is told by {MOST_HEADERS} headers at most, and these are {len(headers)}"])
    spelt = {name.lower(): name for name in headers}
    found = ((name, _unfit(name, value, spelt)) for name, value in headers.items())
    if problems := [f"headers.{name[:_LONGEST_SHOWN]}: {problem}" for name, problem in found if problem]:
        raise BadCall(problems[:_MOST])


def _unfit(name: str, value: str, spelt: Mapping[str, str]) -> str | None:
    """What is wrong with a header; of two spellings of one name `spelt` has the last."""
    lowered = name.lower()
    if not _NAME.fullmatch(name):
        return "no header can be called that: write letters, digits and !#$%&'*+-.^_`|~ only"
    if lowered.startswith(_OWN_PREFIX):
        return "headers that begin with X-Emulator- are the emulator's own, and single out no call"
    if spelt[lowered] != name:
        return f"{spelt[lowered]} is the same header: say one of them"
    if _UNSENDABLE.search(value):
        return "no header arrives with such a value: leave out control characters and outer spaces"
    return None


def told(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "vendor": fault.vendor,
        "operation": fault.operation,
        "fault": fault.text,
        "times": fault.times,
        "probability": fault.probability,
        "headers": fault.headers,
        "drill": fault.drill,
        "fired": fault.fired,
        "skipped": fault.skipped,
        "missed": fault.missed,
        "spent": fault.spent,
        "requests": fault.requests,
    }
