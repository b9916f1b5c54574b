"""The control plane as a test has it, in the presence of whoever keeps account of its faults."""

import re
from collections.abc import Callable
from typing import TypeAlias

from emulator.client import Client, Said, at_the_call

__tracebackhide__ = at_the_call
Sending: TypeAlias = Callable[[], Said]
REMOVED, REPLACED = "was removed", "was arranged anew"
_ENDINGS = (
    (re.compile(r"DELETE (faults|drills)\b.*"), REMOVED),
    (re.compile(r"POST (reset|scenarios)"), "was reset away"),
    (re.compile(r"POST snapshots/[^/]+/restore"), "was left behind by going back to a snapshot"),
    (re.compile(r"POST drills/.*"), REPLACED),
)
"""Calls after which a standing fault may be gone, and what became of it then."""


class Witness(Client):
    """Says what `control` says. `ending` is given every call that can take faults away, to send it, and in words what
    it does to them."""

    def __init__(self, control: Client, ending: Callable[[str, Sending], Said]) -> None:
        super().__init__(control.url, control.namespace)
        self._control = control
        self._ending = ending

    def send(self, method: str, path: str, body: bytes, media_type: str | None, timeout: float) -> Said:
        def sent() -> Said:
            return self._control.send(method, path, body, media_type, timeout)

        for call, became in _ENDINGS:
            if call.fullmatch(f"{method} {path}"):
                return self._ending(became, sent)
        return sent()
