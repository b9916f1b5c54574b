"""The clock of a test's world."""

from datetime import UTC, datetime, timedelta

from emulator.client import Client, Json, at_the_call

__tracebackhide__ = at_the_call


class Clock:
    """Token life, rate windows, coupon dates: everything follows it, and nothing sleeps.

    Each call that moves it answers with the new moment. One that cannot be raises a `TypeError`, `ValueError` or
    `emulator.client.Refused` with a sentence, and the clock stays as it was.
    """

    def __init__(self, control: Client) -> None:
        self._control = control

    def __repr__(self) -> str:
        told = self._control.clock()
        return f"<Clock, {told['mode']}: {told['now']}>"

    @property
    def now(self) -> datetime:
        """With its time zone, which is UTC."""
        return _moment(self._control.clock())

    @property
    def mode(self) -> str:
        """real, frozen or shifted."""
        return str(self._control.clock()["mode"])

    def advance(
        self,
        by: timedelta | None = None,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> datetime:
        """Move it, back with a negative number. A frozen clock stands still at the new moment, another runs on."""
        parts = {"weeks": weeks, "days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
        span = _span(parts, by)
        return _moment(self._control.advance_clock(span.total_seconds()))

    def freeze(self, at: datetime | str | None = None) -> datetime:
        """Let it stand still, at a moment or now: a datetime, or text as in a scenario file, such as
        ``2026-01-05T09:00:00Z``, or ``+3d``, which counts from where the clock is."""
        return self._set("frozen", at)

    def shift(self, to: datetime | str) -> datetime:
        """Let it run on from another moment."""
        return self._set("shifted", to)

    def real(self) -> datetime:
        """The machine's own time."""
        return self._set("real", None)

    def _set(self, mode: str, moment: datetime | str | None) -> datetime:
        if isinstance(moment, datetime):
            moment = written(moment)
        elif not (moment is None or isinstance(moment, str)):
            raise TypeError(f"{moment!r} is no moment: give a datetime with its time zone, or 2026-01-05T09:00:00Z")
        return _moment(self._control.set_clock(mode, moment))


def written(moment: datetime) -> str:
    """As the control plane reads it. Raises `ValueError` for one that does not say where it is, or that no clock of an
    emulator can show."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: write datetime(…, tzinfo=UTC)")
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        raise ValueError(f"{moment!r} lies outside the years 1 to 9999 of UTC") from None


def _moment(told: Json) -> datetime:
    return datetime.fromisoformat(told["now"])


def _span(parts: dict[str, float], by: timedelta | None) -> timedelta:
    for name, amount in parts.items():
        if isinstance(amount, bool) or not isinstance(amount, int | float):
            raise TypeError(f"{name}={amount!r} is no number: write emulator.clock.advance({name}=8)")
    if not (by is None or isinstance(by, timedelta)):
        raise TypeError(f"advance({by!r}) does not say of what: write advance(seconds=28801), or advance(timedelta(…))")
    try:
        return (by or timedelta()) + timedelta(**parts)
    except (ValueError, OverflowError):
        said = [f"{name}={amount!r}" for name, amount in parts.items() if amount]
        raise ValueError(f"advance({', '.join(said)}) leads out of the calendar") from None
