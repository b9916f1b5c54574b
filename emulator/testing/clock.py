"""The clock of a test's world."""

from datetime import UTC, datetime, timedelta

from emulator.client import Client


class Clock:
    """Token life, rate windows, coupon dates: everything follows it, and nothing sleeps."""

    def __init__(self, control: Client) -> None:
        self._control = control

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self._control.clock()["now"])

    def advance(
        self, by: timedelta | None = None, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move it, back with a negative number; the new moment."""
        span = (by or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return datetime.fromisoformat(self._control.advance_clock(span.total_seconds())["now"])

    def freeze(self, at: datetime | str | None = None) -> datetime:
        """Let it stand still, at a moment or now."""
        return self._set("frozen", at)

    def shift(self, to: datetime | str) -> datetime:
        """Let it go on from another moment."""
        return self._set("shifted", to)

    def real(self) -> datetime:
        """The machine's own time."""
        return self._set("real", None)

    def _set(self, mode: str, moment: datetime | str | None) -> datetime:
        return datetime.fromisoformat(self._control.set_clock(mode, written(moment))["now"])


def written(moment: datetime | str | None) -> str | None:
    """As the control plane reads it. Raises `ValueError` for a datetime that does not say where it is."""
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: write datetime(…, tzinfo=UTC)")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
