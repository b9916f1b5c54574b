"""Failures that a test arranges, each of which must strike: what never happens is not tested."""

from collections.abc import Mapping
from typing import Any

from emulator.client import Client


class StandingFault:
    """A failure that waits for its calls. As a context manager it ends with the block."""

    def __init__(self, control: Client, told: Mapping[str, Any]) -> None:
        self._control = control
        self._told = told

    @property
    def id(self) -> str:
        return str(self._told["id"])


class Faults:
    """Those that one test has arranged, and an account of them."""

    def __init__(self, control: Client) -> None:
        self._control = control

    def arrange(self, vendor: str, fault: str, **more: Any) -> StandingFault:
        return StandingFault(self._control, self._control.add_fault(vendor, fault, **more))

    def never_fired(self) -> list[str]:
        """A sentence for each that was to strike and has not."""
        return []
