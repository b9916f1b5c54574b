"""Who answers a call that was led away: the emulator in this process, or one elsewhere."""

from typing import Protocol

from emulator import direct
from emulator.app import Emulator
from emulator.direct import Call, Reply


class Target(Protocol):
    """`waits` says that an answer comes over a socket, so that an event loop asks for it from a thread."""

    waits: bool

    def answer(self, call: Call, timeout: float | None) -> Reply:
        """`timeout` in seconds, as the client has it for reading; `None` is for ever. Raises `TimeoutError` where
        another process takes longer, and `ConnectionError` where none is there."""
        ...


class InProcess:
    """The emulator in this process. Never waits: delays are in the reply's damage."""

    waits = False

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def answer(self, call: Call, timeout: float | None) -> Reply:
        return direct.answer(self.emulator, call)
