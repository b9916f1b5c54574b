"""Where names are looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from emulator.vendors.talonone.talang.errors import TalangError

if TYPE_CHECKING:
    from emulator.vendors.talonone.talang.evaluation import Allowance, Block

NOTHING: Mapping[str, object] = MappingProxyType({})
MISSING = object()


@dataclass(frozen=True, slots=True)
class Template:
    """A stored block with numbered slots; `masks` are the kinds of its arguments."""

    masks: tuple[int, ...]
    variadic: bool
    body: Block


class Scope:
    """Bindings, what the program itself has set, and the scope around them.

    The caller's bindings may be any mapping, computed on demand or not: nothing is read before a path asks for it, a
    `KeyError` means "not there", and nothing is ever written into it. What `set` and `setTemplate` store lives in the
    scope, so one scope carries the bindings of a ruleset to its rules; make a fresh one for each request.

    What is evaluated in a scope, or in one inside it, draws on its `allowance`, where it has one.
    """

    __slots__ = ("allowance", "bindings", "host", "now", "parent", "templates", "written")

    def __init__(
        self,
        bindings: Mapping[str, object] = NOTHING,
        *,
        now: datetime,
        host: object = None,
        parent: Scope | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        if now.utcoffset() is None:
            raise ValueError("`now` needs an offset from UTC")
        self.bindings = bindings
        self.now = now
        self.host = host
        self.parent = parent
        self.allowance: Allowance | None = parent.allowance if parent is not None else allowance
        self.written: dict[str, object] = {}
        self.templates: dict[str, tuple[Template, ...]] = {}

    def nested(self, bindings: Mapping[str, object] = NOTHING) -> Scope:
        return Scope(bindings, now=self.now, host=self.host, parent=self)

    def find(self, keys: Sequence[str]) -> object:
        """What the path leads to: innermost scope first, the next one out where any key of the path is missing."""
        scope: Scope | None = self
        first = keys[0] if keys else ""
        while scope is not None:
            written, bindings = scope.written, scope.bindings
            if first in written and (found := walk(written, keys)) is not MISSING:
                return found
            if bindings is not NOTHING and (found := walk(bindings, keys)) is not MISSING:
                return found
            scope = scope.parent
        path = ".".join(keys)
        raise TalangError(f"Unable to find `{path[:200]}'")

    def write(self, keys: Sequence[str], value: object) -> int:
        """Bind the value under the path and say how many entries had to be copied.

        Maps on the way are copied, not changed: the caller's belong to the caller, and a map read earlier keeps its
        content. Anything on the way that is no map gives way to one.
        """
        copied = 0
        target = self.written
        source: object = self.written if keys[0] in self.written else self.bindings
        for key in keys[:-1]:
            source = walk(source, (key,)) if isinstance(source, Mapping) else MISSING
            branch = dict(source) if isinstance(source, Mapping) else {}
            copied += len(branch)
            target[key] = branch
            target = branch
        target[keys[-1]] = value
        return copied


def walk(bindings: object, keys: Sequence[str]) -> object:
    """Follow the keys, ending early and without complaint at the first value that is not a map."""
    value = bindings
    for key in keys:
        if not isinstance(value, dict) and not isinstance(value, Mapping):  # dict first: the look at an ABC is slow
            return value
        try:
            value = value[key]
        except KeyError:
            return MISSING
    return value
