"""Quotas on the world's clock: fixed and rolling windows, exact to the call.

Check, then count: a refused call does not use up quota. Windows live in memory and go with a reset.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from emulator.core.answers import Headers
from emulator.core.clock import LATEST, SECOND, Micros, rfc3339
from emulator.core.errors import Json, Level, LimitExhausted
from emulator.core.plain import plain, revive

if TYPE_CHECKING:
    from emulator.core.work import Work

MOST_WINDOWS = 10_000


@dataclass(frozen=True, slots=True)
class Usage:
    """A limit as one caller sees it after a call. `reset_after` is microseconds until quota comes back; `over` says
    that the call has passed only because the limit is not enforced."""

    name: str
    quota: int
    used: int
    reset_after: Micros
    over: bool = False

    @property
    def remaining(self) -> int:
        return max(0, self.quota - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`quota` calls in `window` microseconds, counted apart for every value of `per`.

    A ``fixed`` window starts at whole multiples of its length since 1970 (a wall-clock second), a ``rolling`` one ends
    now. `setting` names a field of the vendor's settings that replaces `quota`; 0 there switches the limit off.
    `operations` are the operation ids it counts, all guarded ones by default. `headers` go on every counted answer.
    """

    name: str
    quota: int
    per: Callable[["Work"], str]
    window: Micros = SECOND
    kind: Literal["fixed", "rolling"] = "fixed"
    operations: frozenset[str] | None = None
    setting: str | None = None
    headers: Callable[[Usage], Headers] | None = None
    source: str = ""
    level: Level = Level.DOCUMENTED


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a user changed about a limit: its size, whether it counts at all, and whether it refuses or only tells."""

    scale: float = 1.0
    enabled: bool = True
    enforce: bool = True


@dataclass(slots=True)
class _FixedWindow:
    index: int = -1
    count: int = 0
    over: int = 0

    def used(self, limit: Limit, now: Micros) -> int:
        index = now // limit.window
        if index != self.index:
            self.index, self.count = index, 0
        return self.count

    def add(self, now: Micros) -> None:
        self.count += 1

    def take_back(self) -> None:
        self.count -= 1

    def reset_after(self, limit: Limit, now: Micros, surplus: int = 0) -> Micros:
        return limit.window - now % limit.window


@dataclass(slots=True)
class _RollingWindow:
    calls: deque[Micros] = field(default_factory=deque)
    over: int = 0

    def used(self, limit: Limit, now: Micros) -> int:
        calls = self.calls
        if calls and calls[-1] > now:  # the clock was set back
            calls.clear()
        while calls and calls[0] <= now - limit.window:
            calls.popleft()
        return len(calls)

    def add(self, now: Micros) -> None:
        self.calls.append(now)

    def take_back(self) -> None:
        self.calls.pop()

    def reset_after(self, limit: Limit, now: Micros, surplus: int = 0) -> Micros:
        """Until the oldest call leaves the window, and with it `surplus` more that a smaller quota would not have
        let in."""
        return self.calls[surplus] + limit.window - now if self.calls else 0


class Limits:
    """The windows and adjustments of one world."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str, str], _FixedWindow | _RollingWindow] = {}
        self._adjustments: dict[tuple[str, str], Adjustment] = {}

    def count(self, vendor: str, limit: Limit, key: str, now: Micros, settings: object) -> Usage | None:
        """Count one call. Raises `LimitExhausted`; `None` where the limit is off.

        Where it is not enforced, a call that would have been refused is counted apart, and uses up no quota either: so
        exactly those are told that would have been refused.
        """
        quota = self.quota(vendor, limit, settings)
        if quota is None:
            return None
        window = self._window(vendor, limit, key)
        used = window.used(limit, now)
        if used >= quota:
            retry_after = window.reset_after(limit, now, used - quota) or limit.window
            if self.adjustment(vendor, limit.name).enforce:
                raise LimitExhausted(limit.name, quota, retry_after)
            window.over += 1
            return Usage(limit.name, quota, used, retry_after, over=True)
        window.add(now)
        return Usage(limit.name, quota, used + 1, window.reset_after(limit, now))

    def take_back(self, vendor: str, limit: Limit, key: str) -> None:
        """Undo the last `count`, which took the call in."""
        self._window(vendor, limit, key).take_back()

    def quota(self, vendor: str, limit: Limit, settings: object) -> int | None:
        """Calls per window after settings and adjustments, at least 1; `None` where the limit is off."""
        adjustment = self._adjustments.get((vendor, limit.name))
        configured = limit.quota if limit.setting is None else int(getattr(settings, limit.setting))
        if configured == 0 or (adjustment and not adjustment.enabled):
            return None
        return max(1, int(round(configured * adjustment.scale, 6))) if adjustment else configured

    def adjustment(self, vendor: str, name: str) -> Adjustment:
        return self._adjustments.get((vendor, name), Adjustment())

    def adjust(self, vendor: str, name: str, adjustment: Adjustment) -> None:
        """Where the limit is no longer enforced, the calls over it are counted from now on."""
        if self.adjustment(vendor, name).enforce and not adjustment.enforce:
            for place, window in self._windows.items():
                if place[:2] == (vendor, name):
                    window.over = 0
        self._adjustments[vendor, name] = adjustment

    def headroom(self, vendor: str, limit: Limit, now: Micros, settings: object) -> list[Mapping[str, Any]]:
        """Per caller that has been counted: used, remaining, when quota comes back, and the calls over quota that
        passed since the limit was last taken out of force."""
        quota = self.quota(vendor, limit, settings)
        rows: list[Mapping[str, Any]] = []
        for (slug, name, key), window in self._windows.items():
            if (slug, name) != (vendor, limit.name) or not ((used := window.used(limit, now)) or window.over):
                continue
            remaining = None if quota is None else max(0, quota - used)
            resets_at = rfc3339(min(now + window.reset_after(limit, now), LATEST))
            row = {"caller": key, "used": used, "remaining": remaining, "resets_at": resets_at, "over": window.over}
            rows.append(row)
        return rows

    def clear(self, vendor: str | None = None) -> None:
        """Forget windows and adjustments, of one vendor or of all."""
        self._windows = {key: value for key, value in self._windows.items() if vendor not in (None, key[0])}
        self._adjustments = {key: value for key, value in self._adjustments.items() if vendor not in (None, key[0])}

    def dump(self) -> Json:
        """All of it as JSON values, the oldest window first."""
        return {
            "windows": [[*place, plain(window)] for place, window in self._windows.items()],
            "adjustments": [[*place, plain(adjustment)] for place, adjustment in self._adjustments.items()],
        }

    @classmethod
    def load(cls, dumped: Json, known: Mapping[tuple[str, str], Limit]) -> "Limits":
        """What `dump` told, about the limits that there are by vendor and name. Raises `ValueError`."""
        limits = cls()
        for slug, name, key, window in dumped["windows"]:
            limit = _found(known, slug, name)
            kind = _FixedWindow if limit.kind == "fixed" else _RollingWindow
            limits._windows[slug, name, key] = revive(kind, window, {}, f"limits of {slug}: {name}")
        for slug, name, adjustment in dumped["adjustments"]:
            _found(known, slug, name)
            limits._adjustments[slug, name] = revive(Adjustment, adjustment, {}, f"limits of {slug}: {name}")
        return limits

    def _window(self, vendor: str, limit: Limit, key: str) -> _FixedWindow | _RollingWindow:
        place = (vendor, limit.name, key)
        window = self._windows.get(place)
        if window is None:
            if len(self._windows) >= MOST_WINDOWS:
                self._windows.pop(next(iter(self._windows)))
            window = self._windows[place] = _FixedWindow() if limit.kind == "fixed" else _RollingWindow()
        return window


def _found(known: Mapping[tuple[str, str], Limit], slug: str, name: str) -> Limit:
    if (slug, name) not in known:
        raise ValueError(f"there is no limit {name!r} of {slug} in this version")
    return known[slug, name]
