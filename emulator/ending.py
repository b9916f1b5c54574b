"""How a process that serves comes to its end: in good order and soon after a first signal, at once after a second.

Signals are heeded from the moment on that it is known what the process is for, and not only once there is a server: the
first process of a container would not hear them otherwise, and any other would end by them.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

_LAST = 1.8
"""Seconds after which a process that was told to end is over, whatever it is busy with."""
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


class Ending:
    """That the process was told to end. `stop` is what ends it in good order; until there is such a thing, nothing has
    begun that needs it."""

    def __init__(self) -> None:
        self.told = False
        self.stop: Callable[[], None] | None = None

    def heed(self) -> None:
        """From now on and for good: a signal while the last lines are written must not be what the process ends by."""
        for name in _SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.told:
            os._exit(0)
        self.told = True
        if self.stop is None:
            sys.exit(0)
        deadline = threading.Timer(_LAST, os._exit, [0])
        deadline.daemon = True
        deadline.start()
        self.stop()


def leave(code: int) -> NoReturn:
    """End the process with threads in it that plant a scenario or play a journal: nobody waits for them any more."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # there is none, or nobody reads it
            stream.flush()
    os._exit(code)
