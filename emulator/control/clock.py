"""A world's clock, told and set."""

from typing import Any

from emulator.control.problems import BadCall
from emulator.control.schemas import Advance, ClockOrder
from emulator.core.clock import SECOND, Clock, parse_moment, rfc3339


def told(clock: Clock) -> dict[str, Any]:
    """`offset_seconds` is how far a shifted clock is ahead of the machine's."""
    mode, value = clock.state
    now = {"mode": mode, "now": rfc3339(clock.now())}
    return {**now, "offset_seconds": value / SECOND} if mode == "shifted" else now


def put(clock: Clock, order: ClockOrder) -> None:
    """Raises `BadCall` and leaves the clock as it was."""
    if order.mode == "real" and order.now is not None:
        raise BadCall(["now: the real clock cannot be set; use mode frozen or shifted"])
    try:
        clock.set(order.mode, None if order.now is None else parse_moment(order.now, clock.now()))
    except ValueError as error:
        raise BadCall([f"now: {error}"]) from None


def advance(clock: Clock, order: Advance) -> None:
    """Raises `BadCall` and leaves the clock as it was."""
    try:
        clock.advance(round(order.seconds * SECOND))
    except ValueError as error:
        raise BadCall([f"seconds: {error}"]) from None
