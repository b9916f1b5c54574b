"""Where the HTTP libraries are held: functions of theirs that are replaced while a policy is in force.

A replacement asks for the policy at every call, so that clients that were built before are led as well, and none is led
after it has ended.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from emulator.interception.policy import Policy

_lock = threading.RLock()
_policy: Policy | None = None
_held: list["Point"] = []


def policy() -> Policy | None:
    """In force now."""
    return _policy


@dataclass(slots=True)
class Point:
    """`replace` is given the library's own function and gives back the one that stands in its place."""

    owner: Any  # a class or module of a library's
    name: str
    replace: Callable[[Callable[..., Any]], Callable[..., Any]]
    original: Callable[..., Any] | None = None
    ours: Callable[..., Any] | None = None

    def hold(self) -> None:
        self.original = getattr(self.owner, self.name)
        self.ours = self.replace(self.original)
        setattr(self.owner, self.name, self.ours)

    def release(self) -> str | None:
        """Put the library's own back. What it says: somebody else's replacement was found there, and is gone too."""
        found = getattr(self.owner, self.name)
        setattr(self.owner, self.name, self.original)
        if found is self.ours:
            return None
        who = f"{getattr(found, '__module__', '?')}.{getattr(found, '__qualname__', found)}"
        return f"{self.owner.__name__}.{self.name} had been replaced by {who}, which was not taken off again"


@contextmanager
def in_force(chosen: Policy, points: Callable[[], Iterator[Point]]) -> Iterator[list[str]]:
    """Lead calls as the policy says until the end. What is yielded has then what was found amiss."""
    global _policy  # noqa: PLW0603 - the libraries' functions are global, and so is who holds them
    amiss: list[str] = []
    with _lock:
        if _policy is not None:
            raise RuntimeError("calls of this process are led to an emulator already; end that first")
        _policy = chosen
        for point in points():
            point.hold()
            _held.append(point)
    try:
        yield amiss
    finally:
        with _lock:
            while _held:
                if (said := _held.pop().release()) is not None:
                    amiss.append(said)
            _policy = None
