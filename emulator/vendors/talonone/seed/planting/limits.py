"""Limits, of campaigns, Applications and coupons."""

from collections.abc import Sequence

from emulator.core.section import SectionError
from emulator.vendors.talonone.seed.campaigns import LimitConfig
from emulator.vendors.talonone.seed.planting.ground import json


def checked(limits: Sequence[LimitConfig], path: str) -> str:
    """As they are stored."""
    seen: dict[object, str] = {}
    for index, one in enumerate(limits):
        place = f"{path}[{index}]"
        for number, entity in enumerate(one.entities):
            if entity in one.entities[:number]:
                raise SectionError(f"{place}.entities[{number}]", f"{entity} is listed twice")
        first = seen.setdefault((one.action, one.period, frozenset(one.entities)), place)
        if first is not place:
            message = f"there is a limit of {one.action} for the same entities and period already, at {first}"
            raise SectionError(place, message)
    return json([one.model_dump(exclude_none=True) for one in limits])


def of_coupon(limits: Sequence[LimitConfig], path: str) -> str | None:
    """Those of a coupon count for each profile (talon_go 25.17, Coupon.limits)."""
    for index, one in enumerate(limits):
        if "Profile" not in one.entities:
            raise SectionError(f"{path}[{index}].entities", "limits of a coupon are limits per Profile")
    return checked(limits, path) if limits else None
