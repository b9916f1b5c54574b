"""Names that a call uses and no document has: the nearest that one has, and where it belongs.

Looks at the body, the query string and the headers with the vendor's own OpenAPI document at hand.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from emulator.core.errors import Json, dotted
from emulator.core.slips import nearest

Object: TypeAlias = Mapping[str, Any]  # Any: a JSON document
Place: TypeAlias = tuple[str | int, ...]

_NEAR = 0.7
_NEAR_HEADER = 0.8
_MOST = 5


@dataclass(frozen=True, slots=True)
class Stray:
    """A name that is not documented where it stands. `nearest` is the documented one at the same place, `homes` are
    other places that document the name itself."""

    place: Place
    nearest: str | None
    homes: Sequence[str] = ()

    @property
    def sentence(self) -> str:
        name = dotted(self.place)
        if self.nearest is not None:
            return f"{name} is not documented; did you mean {dotted((*self.place[:-1], self.nearest))}?"
        return f"{name} is not documented there; it belongs at {' or '.join(self.homes)}"


class Shape:
    """A schema of a document, with its references resolved."""

    def __init__(self, schema: Object, document: Object) -> None:
        self._document = document
        self._kinds = list(self._resolved(schema, 0))

    def _resolved(self, schema: Object, depth: int) -> Iterator[Object]:
        if depth > 20:
            return
        if "$ref" in schema:
            found: Any = self._document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found.get(step.replace("~1", "/").replace("~0", "~"), {})
            yield from self._resolved(found, depth + 1)
            return
        below = [one for word in ("anyOf", "oneOf", "allOf") for one in schema.get(word, ())]
        for one in below:
            yield from self._resolved(one, depth + 1)
        if not below or "properties" in schema:
            yield schema

    @property
    def members(self) -> Mapping[str, Object]:
        """The documented members; none where the names are the caller's own."""
        if any(kind.get("additionalProperties") not in (None, False) for kind in self._kinds):
            return {}
        return {name: below for kind in self._kinds for name, below in kind.get("properties", {}).items()}

    def below(self, schema: Object) -> "Shape":
        return Shape(schema, self._document)

    def element(self) -> "Shape | None":
        found = next((kind["items"] for kind in self._kinds if isinstance(kind.get("items"), Mapping)), None)
        return None if found is None else self.below(found)

    def homes(self, name: str, path: str = "", depth: int = 0) -> Iterator[str]:
        """The dotted places at which a member of that name is documented."""
        if depth > 4:
            return
        for member, schema in self.members.items():
            here = f"{path}.{member}" if path else member
            if member == name:
                yield here
            shape = self.below(schema)
            element = shape.element()
            yield from shape.homes(name, here, depth + 1)
            if element is not None:
                yield from element.homes(name, f"{here}[]", depth + 1)


def strays(value: Json, shape: Shape, whole: Shape | None = None, place: Place = ()) -> Iterator[Stray]:
    """The undocumented members of a body for which a documented name or place can be told, outermost first."""
    whole = whole or shape
    if isinstance(value, list):
        element = shape.element()
        if element is not None:
            for index, one in enumerate(value[:100]):
                yield from strays(one, element, whole, (*place, index))
    if not isinstance(value, dict) or not (known := shape.members):
        return
    for name in value:
        if name not in known and (stray := _stray(name, known, value, whole, place)):
            yield stray
    for name, below in value.items():
        if name in known:
            yield from strays(below, shape.below(known[name]), whole, (*place, name))


def _stray(name: str, known: Mapping[str, Object], siblings: Object, whole: Shape, place: Place) -> Stray | None:
    missing = [one for one in known if one not in siblings]
    meant = nearest(name, missing, _NEAR)
    if meant is not None:
        return Stray((*place, name), meant)
    homes = list(dict.fromkeys(whole.homes(name)))[:_MOST]
    return Stray((*place, name), None, homes) if homes else None


def stray_parameters(
    sent: Sequence[str], parameters: Sequence[Object], *, where: str, ignored: Sequence[str] = ()
) -> Iterator[Stray]:
    """Undocumented query parameters or headers that look like a documented one which was not sent."""
    known = [one["name"] for one in parameters if one["in"] == where]
    by_name = {name.lower() if where == "header" else name for name in known}
    here = {name.lower() if where == "header" else name for name in sent}
    missing = [name for name in known if (name.lower() if where == "header" else name) not in here]
    for name in sent:
        if (name.lower() if where == "header" else name) in by_name or name.lower() in ignored:
            continue
        meant = nearest(name, missing, _NEAR_HEADER if where == "header" else _NEAR)
        if meant is not None:
            yield Stray((name,), meant)


def renamed(value: Json, stray: Stray) -> Json:
    """The body with the stray member under its documented name, where it stood."""
    if stray.nearest is None:
        return value
    step, *rest = stray.place
    if isinstance(value, list) and isinstance(step, int):
        return [renamed(one, Stray(tuple(rest), stray.nearest)) if i == step else one for i, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if rest:
        inner = Stray(tuple(rest), stray.nearest)
        return {name: renamed(one, inner) if name == step else one for name, one in value.items()}
    return {(stray.nearest if name == step else name): one for name, one in value.items()}
