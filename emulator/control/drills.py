"""Drills: named troubles, arranged as standing faults in the vendors' own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.control import catalogue, faults
from emulator.control.problems import BadCall, NotFound
from emulator.control.schemas import DrillOrder
from emulator.core.drills import Drill, NoPart, Part
from emulator.core.faults import ADMITTED, Fault, unknown
from emulator.core.vendor import Vendor
from emulator.core.world import World


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a drill is like where the call says nothing else. `strikes_at` is for parts that name no milestone."""

    says: str
    times: int | None = None
    probability: float = 1.0
    delay: str | None = None
    strikes_at: str | None = None


_PLANS: Mapping[Drill, _Plan] = {
    Drill.RETRY_STORM: _Plan(
        "The next few calls of an operation are refused as too many, with the vendor's own 429; then all is well.",
        times=3,
        strikes_at=ADMITTED,
    ),
    Drill.FLAKY_5XX: _Plan(
        "Now and then a call fails with one of the vendor's own server errors; chance repeats itself after a reset.",
        probability=0.25,
    ),
    Drill.EXPIRED_TOKEN: _Plan(
        "A credential that was good is refused once, with the vendor's own 401, as if it had expired in between.",
        times=1,
        strikes_at=ADMITTED,
    ),
    Drill.CURSOR_GONE: _Plan(
        "The place that a paging cursor names is gone: the next call that brings a cursor is refused.", times=1
    ),
    Drill.SLOW_FIRST_BYTE: _Plan("Every answer is a long time in coming, as told by delay.", delay="1000-3000"),
}


def named(name: str) -> Drill:
    """Raises `NotFound` with the nearest that there is."""
    if name not in list(Drill):
        raise NotFound(unknown(name, list(Drill), "drill"))
    return Drill(name)


def told(world: World, drill: Drill) -> dict[str, Any]:
    """What each vendor's part is, with the faults that stand for it now."""
    plan = _PLANS[drill]
    return {
        "name": drill,
        "says": plan.says,
        "times": plan.times,
        "probability": plan.probability,
        "delay": plan.delay,
        "vendors": [_told_part(world, vendor, drill) for vendor in world.vendors],
    }


def _told_part(world: World, vendor: Vendor, drill: Drill) -> dict[str, Any]:
    part = _part(vendor, drill)
    standing = [fault.id for fault in world.faults if (fault.vendor, fault.drill) == (vendor.slug, drill)]
    if isinstance(part, NoPart):
        return {"vendor": vendor.slug, "arranges": [], "why_not": part.because, "standing": standing}
    text = _text(part, _PLANS[drill].delay)
    arranges = [{"operation": operation, "fault": text} for operation in part.operations or (None,)]
    return {"vendor": vendor.slug, "arranges": arranges, "why_not": None, "standing": standing}


def arrange(world: World, drill: Drill, order: DrillOrder) -> list[Fault]:
    """Arrange it for the vendor named, or for all that have a part. What it had arranged before for the same vendor,
    operation and headers begins anew. Raises `BadCall`, and changes nothing then."""
    plan = _PLANS[drill]
    if order.delay is not None and plan.delay is None:
        raise BadCall([f"delay: {drill} delays nothing; {Drill.SLOW_FIRST_BYTE} does"])
    faults.check_headers(order.headers)
    vendors = catalogue.chosen(world.vendors, order.vendor)
    if order.operation is not None:
        catalogue.check_operation(vendors, order.operation)
    places = [(vendor, operation) for vendor in vendors for operation in _operations(vendor, drill, order.operation)]
    if not places:
        raise BadCall([_why_not(world.vendors, vendors, drill, order.operation)])
    made = [_fault(vendor, operation, drill, order) for vendor, operation in places]
    purposes = [_purpose(fault) for fault in made]
    replaced = [one for one in world.faults if _purpose(one) in purposes]
    world.faults.check_room(len(made) - len(replaced))
    for earlier in replaced:
        world.faults.remove(earlier.id)
    for fault in made:
        fault.id = world.faults.new_id()
        world.faults.add(fault)
    return made


def _purpose(fault: Fault) -> tuple[str | None, str, str | None, Mapping[str, str]]:
    headers = {name.lower(): value for name, value in fault.headers.items()}
    return fault.drill, fault.vendor, fault.operation, headers


def end(world: World, drill: Drill, vendor: str | None) -> None:
    """Raises `BadCall`."""
    catalogue.chosen(world.vendors, vendor)
    world.faults.clear(vendor, drill)


def _part(vendor: Vendor, drill: Drill) -> Part | NoPart:
    """A drill that needs no failure of the vendor's is for everyone."""
    if _PLANS[drill].delay is not None:
        return Part(())
    return vendor.drills.get(drill, NoPart("none of its failures stands for it"))


def _operations(vendor: Vendor, drill: Drill, wanted: str | None) -> Sequence[str | None]:
    """The operations that the drill is to hit, None for whichever is called."""
    part = _part(vendor, drill)
    if isinstance(part, NoPart):
        return ()
    if wanted is None:
        return part.operations or (None,)
    taking_part = part.operations or [operation.id for operation in vendor.routes]
    return (wanted,) if wanted in taking_part else ()


def _why_not(everyone: Sequence[Vendor], asked: Sequence[Vendor], drill: Drill, operation: str | None) -> str:
    if operation is not None:
        taking_part = [f"{vendor.slug} {one}" for vendor in asked for one in _operations(vendor, drill, None) if one]
        if taking_part:
            return f"operation: {operation} has no part in {drill}; these have: {', '.join(taking_part)}"
    reasons = [f"{vendor.slug}: {part.because}" for vendor in asked if isinstance(part := _part(vendor, drill), NoPart)]
    having = [vendor.slug for vendor in everyone if isinstance(_part(vendor, drill), Part)]
    who = f"{', '.join(having)} has it" if having else "no vendor has it"
    return f"vendor: {drill} makes no sense here ({'; '.join(reasons)}); {who}"


def _fault(vendor: Vendor, operation: str | None, drill: Drill, order: DrillOrder) -> Fault:
    plan = _PLANS[drill]
    part = _part(vendor, drill)
    assert isinstance(part, Part)
    text = _text(part, order.delay or plan.delay)
    return Fault(
        id="",  # given once nothing can go wrong any more
        vendor=vendor.slug,
        operation=operation,
        text=text,
        damage=faults.damage_of(vendor, text, "delay"),
        times=order.times or plan.times,
        probability=plan.probability if order.probability is None else order.probability,
        headers=order.headers,
        drill=drill,
        strikes_at=part.strikes_at or plan.strikes_at,
    )


def _text(part: Part, delay: str | None) -> str:
    return f"delay={delay}" if delay is not None else "|".join(failure.name for failure in part.failures)
