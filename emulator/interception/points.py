"""Where the HTTP libraries are held: functions of theirs that are replaced while a policy is in force.

A replacement asks for the policy at every call, so that clients that were built before are led as well, and none is led
after it has ended.

Others replace these functions too: mocks, instrumentation, a test's own patches. Ours lies above what is there when a
test's fixtures are set up, and again when its body begins; calls that are not the emulator's go on to theirs. Whoever
undoes a patch puts back what was found, which may be ours, and long after the test's fixtures are gone. So a hold is
released first, and settled when all of the test is torn down: then what is ours is taken off wherever it came back, and
what is nobody's any more is put right and told.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import BuiltinFunctionType, MethodDescriptorType, TracebackType
from typing import Any, Protocol, Self
from weakref import WeakKeyDictionary, WeakSet

from emulator.interception.policy import Head, HostRefused, Policy, at_the_call
from emulator.interception.targets import Target

__tracebackhide__ = at_the_call
_lock = threading.RLock()
_policy: Policy | None = None
_holder: "Hold | None" = None
_ABSENT = object()
_beneath: "WeakKeyDictionary[Callable[..., Any], Any]" = WeakKeyDictionary()
"""Of every replacement of ours that is still somewhere, what it was put on."""
_foreign: "WeakSet[Callable[..., Any]]" = WeakSet()
"""Replacements of others' that were found beneath ours."""
_own: dict[tuple[Any, str], Callable[..., Any]] = {}
"""The libraries' own functions, as they were when nobody had replaced them."""


def policy() -> Policy | None:
    """In force now."""
    return _policy


def target_of(head: Head, beneath: Callable[..., Any] | None = None) -> Target | None:
    """Who answers a call, as the policy in force has it; `None` where there is no policy. Raises `HostRefused`.

    A host that nobody emulates is left to a mock that lies `beneath`, whose answer it may be: should that go to the
    network after all, the last gate is shut.
    """
    chosen = _policy
    if chosen is None:
        return None
    try:
        return chosen.decide(head)
    except HostRefused as refused:
        if type(refused) is not HostRefused or beneath is None or not is_foreign(beneath):
            raise
        chosen.refused.remove(str(refused))
        return None


def is_foreign(found: Callable[..., Any]) -> bool:
    """Whether somebody else has put it in the place of a library's function that is held."""
    return found in _foreign


class Busy(RuntimeError):
    """Somebody holds the libraries already."""


class Held(Protocol):
    """What is held while a policy is in force: one function, or whatever else leads calls away."""

    def hold(self) -> None: ...

    def release(self) -> str | None:
        """Let go. What it says was found amiss."""
        ...


def hold_too(points: Iterable[Held]) -> None:
    """What came after the libraries were held, if they still are."""
    with _lock:
        if _holder is not None:
            _holder.take(points)


@dataclass(slots=True)
class Point:
    """`replace` is given the function that is there and gives back the one that stands in its place. `leads` says that
    calls pass through it, so that whoever else replaces it stands in their way."""

    owner: Any  # a class or module of a library's
    name: str
    replace: Callable[[Callable[..., Any]], Callable[..., Any]]
    leads: bool = True
    found_first: Any = _ABSENT
    others: list[Any] = field(default_factory=list)

    @property
    def where(self) -> str:
        home = f"{self.owner.__module__}." if isinstance(self.owner, type) else ""
        return f"{home}{self.owner.__name__}.{self.name}"

    @property
    def own(self) -> Callable[..., Any] | None:
        """The library's own function, where it has been seen."""
        return _own.get((self.owner, self.name))

    def hold(self) -> None:
        found = self.found_first = self._without_ours()
        if self._is_own():
            _own.setdefault((self.owner, self.name), getattr(self.owner, self.name))
        elif found is not _ABSENT:
            self._meet(found)
        self.put_on_top()

    def come_to_top(self) -> None:
        """Above what others have put there since."""
        found = self._found()
        if _is_ours(found):
            return
        if found is not self.found_first and not self._is_own():
            self._meet(found)
        self.put_on_top()

    def put_on_top(self) -> None:
        found = self._found()
        ours = self.replace(getattr(self.owner, self.name))
        _beneath[ours] = found
        setattr(self.owner, self.name, ours)

    def release(self) -> str | None:
        """Let others find what they would have found without us. What they have put on top stays."""
        found = self._found()
        if _is_ours(found):
            self._put(_beneath[found])
        return None

    def settle(self) -> str | None:
        """All of the test is over: what it left there is taken off. What it says."""
        found = self._without_ours()
        if found is self.found_first or found is _ABSENT or self._is_own():
            return None
        self._put(self.found_first)
        return f"{self.where} replaced by {_called(found)}"

    def in_the_way(self) -> str | None:
        """Who else stands there now, and what to do about it."""
        found = self._found()
        if not _is_ours(found):
            return self._above(found) if self.leads else None
        if not (self.others and self.leads):
            return None
        return (
            f"{self.where} is also replaced by {' and '.join(map(_called, self.others))}, beneath the emulator: calls "
            "to the vendors' hosts reach the emulator, all others are answered there. Arrange those there, or leave it "
            "out here"
        )

    def _above(self, found: Any) -> str | None:
        return (
            f"{self.where} is replaced by {_called(found)}, above the emulator: calls that it answers never reach the "
            "emulator. Replace it in a fixture instead, and the emulator lies above it, or leave it out here"
        )

    def _is_own(self) -> bool:
        found = getattr(self.owner, self.name)
        return found is self.own or _looks_own(self.owner, found)

    def _meet(self, found: Any) -> None:
        self.others.append(found)
        with suppress(TypeError):  # what cannot be referred to weakly, or hashed
            _foreign.add(getattr(self.owner, self.name))

    def _found(self) -> Any:
        return vars(self.owner).get(self.name, _ABSENT)

    def _without_ours(self) -> Any:
        """What is there once those replacements are taken off that somebody's undoing has brought back."""
        found = self._found()
        while _is_ours(found):
            found = _beneath[found]
            self._put(found)
        return found

    def _put(self, found: Any) -> None:
        if found is not _ABSENT:
            setattr(self.owner, self.name, found)
        elif self.name in vars(self.owner):
            delattr(self.owner, self.name)


@dataclass(slots=True)
class Detour(Point):
    """A function above the points, which others replace to answer calls themselves: held only where they have.
    `lead` is given the library's own and theirs. What was there before ours was ever seen stays on top."""

    lead: Callable[[Callable[..., Any], Callable[..., Any]], Callable[..., Any]] = field(kw_only=True)
    replace: Callable[[Callable[..., Any]], Callable[..., Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.replace = self._led

    def _led(self, theirs: Callable[..., Any]) -> Callable[..., Any]:
        assert self.own is not None
        return self.lead(self.own, theirs)

    def put_on_top(self) -> None:
        if self.own is not None and not self._is_own():
            Point.put_on_top(self)

    def _above(self, found: Any) -> str | None:
        return None if self._is_own() else Point._above(self, found)


class Hold:
    """The libraries, in the hands of one test: ``with Hold(points, "a test") as hold: hold.lead(policy)``."""

    def __init__(self, points: Callable[[], Iterator[Held]], holder: str) -> None:
        self.holder = holder
        self._points = points
        self._held: list[Held] = []
        self._amiss: list[str] = []

    def __enter__(self) -> Self:
        """Raises `Busy`."""
        global _holder  # noqa: PLW0603 - the libraries' functions are global, and so is who holds them
        with _lock:
            if _holder is not None:
                raise Busy(
                    f"the HTTP libraries of this process lead to the emulator of {_holder.holder} already, and only "
                    f"one test at a time can have them: run {self.holder} after it, or in a process of its own "
                    "(pytester.runpytest_subprocess, pytest-xdist's -n)"
                )
            _holder = self
        try:
            self.take(self._points())  # not in the lock's hands: a thread that imports may want it, and be waited for
        except BaseException:
            self._release()
            raise
        return self

    def take(self, points: Iterable[Held]) -> None:
        for point in points:
            point.hold()
            self._held.append(point)

    def lead(self, chosen: Policy) -> None:
        global _policy  # noqa: PLW0603 - as above
        _policy = chosen

    def come_to_top(self) -> None:
        with _lock:
            for point in self._of_functions():
                point.come_to_top()

    def in_the_way(self) -> list[str]:
        """Who else stands between the libraries and the emulator now: a sentence each."""
        with _lock:
            return [said for point in self._of_functions() if (said := point.in_the_way()) is not None]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        global _policy, _holder  # noqa: PLW0603 - as above
        with _lock:
            for point in reversed(self._held):
                if (said := point.release()) is not None:
                    self._amiss.append(said)
            _policy = _holder = None

    def settle(self) -> list[str]:
        """To be called when all that others have put in place for the test has had its time to go. What was left is
        taken off; what it was, a phrase each."""
        with _lock:
            left = [said for point in reversed(self._of_functions()) if (said := point.settle()) is not None]
            amiss, self._amiss, self._held = self._amiss, [], []
            return amiss + left

    def _of_functions(self) -> list[Point]:
        return [point for point in self._held if isinstance(point, Point)]


@contextmanager
def in_force(chosen: Policy, points: Callable[[], Iterator[Held]], holder: str = "this program") -> Iterator[list[str]]:
    """Lead calls as the policy says until the end. What is yielded has then what was left behind. Raises `Busy`."""
    amiss: list[str] = []
    with Hold(points, holder) as hold:
        hold.lead(chosen)
        yield amiss
    amiss.extend(hold.settle())


def _is_ours(found: Any) -> bool:
    try:
        return found in _beneath
    except TypeError:  # what cannot be referred to weakly, or hashed, is none of ours
        return False


def _looks_own(owner: Any, found: Any) -> bool:
    """Whether a function comes from the library's own files, or from no file at all. Its name says nothing: mocks bear
    that of what they replace."""
    code = getattr(found, "__code__", None)
    if code is None:
        return isinstance(found, BuiltinFunctionType | MethodDescriptorType)
    module = owner.__module__ if isinstance(owner, type) else owner.__name__
    library = sys.modules.get(str(module).partition(".")[0])
    home = getattr(library, "__file__", None)
    if home is None:
        return False
    written = Path(code.co_filename)
    return Path(home).parent in written.parents if hasattr(library, "__path__") else written == Path(home)


def _called(found: Any) -> str:
    module, name = getattr(found, "__module__", None), getattr(found, "__qualname__", None)
    if isinstance(module, str) and isinstance(name, str):
        return f"{module}.{name}"
    kind = type(found)
    return f"a {kind.__qualname__}" if kind.__module__ == "builtins" else f"a {kind.__module__}.{kind.__qualname__}"
