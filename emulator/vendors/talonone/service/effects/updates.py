"""updateAttribute: the one effect that the server applies itself, to the session or the profile."""

from typing import Any

from emulator.core.errors import Level, Rule
from emulator.vendors.talonone.service.effects.turn import Turn
from emulator.vendors.talonone.talang import Evaluation, HostFunction, Kind, TalangError, Value, to_json

APPLIED = Rule(
    "talonone.attribute_updates", Level.ASSUMED, "talon_go 2.1.1, UpdateAttributeEffectProps",
    "updateAttribute writes an attribute of the session or the profile (Session.City, Profile.Attributes.Tier) as soon "
    "as its rule holds, in an open session too; a later rule sees it, and cancelling does not take it back. Undefined "
    "names and wrong types are errors.",
)  # fmt: skip
_ENTITIES = {"Session": "CustomerSession", "Profile": "CustomerProfile"}


def update_attribute(evaluation: Evaluation, path: str, value: Value) -> None:
    turn = evaluation.host_as(Turn)
    occasion = turn.occasion
    entity, _, name = path.partition(".")
    name = name.removeprefix("Attributes.")
    if entity not in _ENTITIES:
        raise TalangError(f"{path!r} is no attribute of Session or Profile")
    if entity == "Profile" and not occasion.profile.integration_id:
        raise TalangError("an anonymous session has no profile to update")
    kept, complaints = occasion.definitions.check({name: to_json(value)}, _ENTITIES[entity])
    if complaints:
        raise TalangError(complaints[0].details)
    occasion.work.rely(APPLIED)
    turn.give("updateAttribute", {"path": path, "value": kept[name]})
    turn.updates = (*turn.updates, (entity, name, kept[name]))


def apply(turn: Turn) -> None:
    """Write what the rule has updated: null takes the value away."""
    occasion = turn.occasion
    for entity, name, value in turn.updates:
        attributes: dict[str, Any] = (occasion.session if entity == "Session" else occasion.profile).attributes
        if value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = value


FUNCTIONS = (HostFunction("updateAttribute", (Kind.STRING, Kind.ATOM | Kind.COLLECTION), update_attribute),)
