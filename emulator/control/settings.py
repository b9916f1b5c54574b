"""The vendors' switches as a world has them, and a user's changes to them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from emulator.control.problems import BadCall
from emulator.control.sentences import sentences
from emulator.core.errors import Json
from emulator.core.store import LEAST_INTEGER, MOST_INTEGER
from emulator.core.vendor import Vendor
from emulator.core.world import World


def described(vendor: Vendor, values: BaseModel) -> list[dict[str, Any]]:
    chosen, defaults = values.model_dump(mode="json"), vendor.settings().model_dump(mode="json")
    return [
        {"name": name, "value": chosen[name], "default": defaults[name], "says": info.description or ""}
        for name, info in vendor.settings.model_fields.items()
    ]


def told(world: World, vendor: Vendor) -> dict[str, Any]:
    values: BaseModel = world.settings[vendor.slug]
    return values.model_dump(mode="json")


def change(world: World, vendor: Vendor, changes: Mapping[str, Json]) -> None:
    """Set what is named and keep the rest, until a reset. Raises `BadCall` and changes nothing."""
    if wide := [name for name, value in changes.items() if _is_too_wide(value)]:
        raise BadCall([f"settings.{name}: the number does not fit into 64 bits" for name in wide])
    wanted = to_json({**told(world, vendor), **changes}, inf_nan_mode="constants")
    try:
        world.settings[vendor.slug] = vendor.settings.model_validate_json(wanted)
    except ValidationError as error:
        raise BadCall(sentences(vendor.settings, error, "settings")) from None
    world.journal.changed("settings", vendor=vendor.slug, settings=told(world, vendor))


def _is_too_wide(value: Json) -> bool:
    """What JSON can carry, but neither a store nor an answer."""
    return isinstance(value, int) and not LEAST_INTEGER <= value <= MOST_INTEGER
