"""Work that takes long, done where it keeps nobody waiting: in a thread beside the server's loop. Where there is no
server, as in a call that is answered by the thread that makes it, it is done at once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Result = TypeVar("Result")

_AT_ONCE: ContextVar[bool] = ContextVar("emulator.at_once", default=False)


@contextmanager
def at_once() -> Iterator[None]:
    """Inside, nothing is put aside: whoever calls waits for all of it, and no event loop is needed."""
    token = _AT_ONCE.set(True)
    try:
        yield
    finally:
        _AT_ONCE.reset(token)


async def aside(work: Callable[[], Result]) -> Result:
    return work() if _AT_ONCE.get() else await asyncio.to_thread(work)
