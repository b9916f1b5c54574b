"""Libraries that a test may import at any time: they are held if they are here, and otherwise when they come. None is
imported for it, so that a suite does not pay for what it does not use."""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TypeAlias

from emulator.interception.points import Point, hold_too

Doors: TypeAlias = Mapping[str, Callable[[ModuleType], Iterator[Point]]]
"""Names of modules, and where each of them is held."""


class Arrivals(MetaPathFinder):
    """Stands at the door while the libraries are held."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def hold(self) -> None:
        here = [name for name in self._doors if name in sys.modules]
        sys.meta_path.insert(0, self)
        for name in here:
            self.arrived(importlib.import_module(name))  # which waits for a thread that is still at it

    def release(self) -> str | None:
        with suppress(ValueError):  # somebody has put the list back as it was
            sys.meta_path.remove(self)
        return None

    def arrived(self, module: ModuleType) -> None:
        hold_too(self._doors[module.__name__](module))

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._doors:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Announcing(spec.loader, self)
                return spec
        return None


class _Announcing(Loader):
    """Tells of a module when it is complete, and leaves no trace in it."""

    def __init__(self, loader: Loader, arrivals: Arrivals) -> None:
        self._loader = loader
        self._arrivals = arrivals

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._arrivals.arrived(module)
