"""Templates: blocks stored under a signature and expanded in place.

A template is called with its arguments in its numbered slots, `["#", 0]` being the first. Slots whose kind includes
Token (`Any` does) get calls unevaluated and evaluate them at each use, in the scope of the use. The result kind of a
signature is read and not enforced, as in the open-source interpreter; setting a signature again replaces it, where
that one refuses.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from emulator.vendors.talonone.talang.errors import TalangError
from emulator.vendors.talonone.talang.evaluation import Argument, Block, Evaluation
from emulator.vendors.talonone.talang.kinds import KINDS, Kind, Value
from emulator.vendors.talonone.talang.scope import Scope, Template
from emulator.vendors.talonone.talang.signature import Function, Shape, no_form, spread

LONGEST_SIGNATURE = 200

_SIGNATURE = re.compile(r"([^()\s]+)(?:\(([^()]*)\)(\w*))?")
_KIND_NAMES = {name.casefold(): kind for name, kind in Kind.__members__.items()} | {"bool": Kind.BOOLEAN}


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    kinds: tuple[int, ...]
    variadic: bool


@lru_cache(maxsize=512)
def _read_signature(text: str) -> Signature:
    """Read `name(Kind, Kind|Kind...)Kind`. A bare name takes any arguments."""
    read = _SIGNATURE.fullmatch(text.strip())
    if not read:
        raise TalangError("Invalid signature")
    name, parameters, _ = read.groups()
    if parameters is None:
        return Signature(name.casefold(), (int(Kind.ANY),), variadic=True)
    variadic = parameters.rstrip().endswith("...")
    listed = parameters.rstrip().removesuffix("...").split(",") if parameters.strip() else []
    return Signature(name.casefold(), tuple(_read_kind(each) for each in listed), variadic)


def _read_kind(text: str) -> int:
    mask = 0
    for name in text.split("|"):
        kind = _KIND_NAMES.get(name.strip().casefold())
        if kind is None:
            raise TalangError(f"`{name.strip()}' is not a kind")
        mask |= kind
    return mask


def set_template(evaluation: Evaluation, signature: str, body: Block) -> None:
    if len(signature) > LONGEST_SIGNATURE:
        raise TalangError("Invalid signature")
    read = _read_signature(signature)
    templates = evaluation.scope.templates
    others = [
        each for each in templates.get(read.name, ()) if (each.masks, each.variadic) != (read.kinds, read.variadic)
    ]
    evaluation.charge(len(others))
    templates[read.name] = (*others, Template(read.kinds, read.variadic, body))


def expand_template(evaluation: Evaluation, name: str, *arguments: Argument) -> Value:
    known = False
    values: dict[int, Value] = {}
    scope: Scope | None = evaluation.scope
    while scope is not None:
        for template in scope.templates.get(name.casefold(), ()):
            known = True
            evaluation.charge(1)
            slots = _slots(evaluation, template, arguments, values)
            if slots is not None:
                return evaluation.expand(template.body, slots)
        scope = scope.parent
    if not known:
        raise TalangError(f"template `{name[:LONGEST_SIGNATURE]}' not found")
    raise no_form(name, arguments)


def _slots(
    evaluation: Evaluation, template: Template, arguments: tuple[Argument, ...], values: dict[int, Value]
) -> tuple[Argument, ...] | None:
    """The arguments as the template wants them, None when it wants others; `values` holds what is evaluated already."""
    masks = spread(template.masks, len(arguments), template.variadic)
    if masks is None:
        return None
    slots: list[Argument] = []
    for position, (slot, mask) in enumerate(zip(arguments, masks, strict=True)):
        if isinstance(slot, Block):
            if mask & Kind.TOKEN:
                slots.append(Block(slot.node, slot.height, slots=evaluation.slots))
                continue
            if position not in values:
                values[position] = slot.evaluate(evaluation)
            slot = values[position]
        if not KINDS[type(slot)] & mask:
            return None
        slots.append(slot)
    return tuple(slots)


FUNCTIONS = (
    Function("!", (Kind.STRING, Kind.ANY), expand_template, variadic=True),
    Function("setTemplate", (Kind.STRING, Kind.TOKEN), set_template, shape=Shape.TEMPLATE),
)
