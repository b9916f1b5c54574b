"""What a test's calls were: listed, and asserted with an eye for near misses."""

from dataclasses import dataclass
from typing import Any

from emulator.client import Client


@dataclass(frozen=True)
class Call:
    """One call of a vendor's API, as the journal tells it."""

    id: str
    vendor: str
    operation: str | None
    method: str
    path: str
    status: int


class Journal:
    def __init__(self, control: Client) -> None:
        self._control = control

    def calls(self, vendor: str | None = None, operation: str | None = None, **fields: Any) -> list[Call]:
        """Oldest first."""
        return []
