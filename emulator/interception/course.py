"""How an answer goes its way: at once and whole, or late, in pieces, cut short, or not at all, as its damage says."""

from collections.abc import Iterator
from dataclasses import dataclass

from emulator.core.delivery import pieces
from emulator.direct import Reply


@dataclass(frozen=True, slots=True)
class Course:
    """`wait` is before anything comes, `gap` before each of `pieces`, in seconds. Without a head (`arrives` is false)
    the connection ends there; `ends_early` is after the last piece, although the headers promise more."""

    wait: float
    arrives: bool
    pieces: tuple[bytes, ...]
    gap: float
    ends_early: bool


def course(reply: Reply) -> Course:
    damage, body = reply.damage, reply.body
    wait = damage.delay_ms / 1_000
    if damage.drop or (damage.truncate and not body):
        return Course(wait, False, (), 0.0, True)
    if damage.truncate:
        body = body[: len(body) // 2]
    parts = tuple(pieces(body, damage.slow_ms))
    gap = damage.slow_ms / 1_000 / len(parts) if damage.slow_ms and parts else 0.0
    return Course(wait, True, parts, gap, damage.truncate)


def waits(seconds: float, timeout: float | None) -> Iterator[float]:
    """The one wait there is to sleep through, none for nothing to wait for. Raises `TimeoutError` after it where the
    client would not wait so long."""
    if seconds > 0:
        if timeout is not None and timeout < seconds:
            yield timeout
            raise TimeoutError
        yield seconds
