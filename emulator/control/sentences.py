"""What pydantic found wrong, as sentences: the path of the key, what is wrong with it, the nearest name that exists."""

import difflib
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from emulator.core.errors import dotted

REQUIRED = "this key is required"
_MOST = 20
_LONGEST_FINDING = 80


def sentences(model: type[BaseModel], error: ValidationError, root: str = "", most: int = _MOST) -> list[str]:
    """A sentence for each thing wrong, the first `most` of them; `root` is the path of the model itself."""
    found = error.errors(include_url=False)[:most]
    return [_sentence(model, one, root) for one in found]


def _sentence(model: type[BaseModel], error: ErrorDetails, root: str) -> str:
    place, kind = error["loc"], error["type"]
    path = dotted([root, *place] if root else place)
    if kind == "extra_forbidden":
        known = _fields(model, place[:-1])
        nearest = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.6)
        hint = f", did you mean {nearest[0]}?" if nearest else f"; known: {', '.join(known) or 'none'}"
        return f"{path}: unknown key{hint}"
    if kind == "missing":
        return f"{path}: {REQUIRED}"
    message = error["msg"].removeprefix("Value error, ")
    finding = repr(error["input"])
    if len(finding) > _LONGEST_FINDING:
        finding = finding[:_LONGEST_FINDING] + "…"
    return f"{path}: {message}, found {finding}".removeprefix(": ")


def _fields(model: Any, place: Sequence[str | int]) -> list[str]:
    """The keys that there may be at this place, found by walking the models' annotations."""
    kinds = [model]
    for step in place:
        kinds = [below for kind in kinds for below in _below(kind, step)]
    return [
        info.alias or name
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, info in kind.model_fields.items()
    ]


def _below(kind: Any, step: str | int) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        infos = {info.alias or name: info.annotation for name, info in kind.model_fields.items()}
        return _plain(infos.get(str(step)))
    arguments = get_args(kind)
    return _plain(arguments[-1]) if arguments else [kind]


def _plain(annotation: Any) -> list[Any]:
    """A union's members, each by itself."""
    arguments = [one for one in get_args(annotation) if one is not type(None)]
    if not arguments or isinstance(annotation, type) or getattr(annotation, "__origin__", None) in (list, dict, tuple):
        return [annotation]
    return [plain for one in arguments for plain in _plain(one)]
