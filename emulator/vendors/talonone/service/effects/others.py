"""Effects of later versions that the emulator has no function for: any type with any props."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from emulator.vendors.talonone.service.effects.turn import Turn
from emulator.vendors.talonone.talang import Evaluation, HostFunction, Kind, TalangError, to_json

_ENGINES_OWN = frozenset({"rollbackReferral", "rollbackAddedLoyaltyPoints", "rollbackDeductedLoyaltyPoints"})


def function(named: Collection[str]) -> HostFunction:
    """`named`: what has a function of its own, without which closing and cancelling could not trust the props."""

    def any_effect(evaluation: Evaluation, effect_type: str, props: Mapping[str, Any]) -> None:
        if not effect_type or effect_type in _ENGINES_OWN:
            raise TalangError(f"{effect_type!r} is no effect that a rule can give")
        if effect_type in named:
            raise TalangError(f"{effect_type} has a function of its own")
        evaluation.host_as(Turn).give(effect_type, cast(dict[str, Any], to_json(props)))

    return HostFunction("effect", (Kind.STRING, Kind.MAP), any_effect)
