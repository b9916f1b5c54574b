"""What a test asks of its world: the marker's arguments over the suite's ini options over the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from emulator.interception.policy import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """`scenario` is a name, a file, or the scenario itself; `clock` a moment at which time stands still, or "real";
    `fail_on` the level of provenance from which on nothing may shape an answer. `None` leaves it to the product."""

    scenario: str | Mapping[str, Any] | None = None
    clock: str | datetime | None = None
    fail_on: str | None = None
    network: Network = "vendors"


def arrangement_of(item: pytest.Item) -> Arrangement:
    """Raises `Unusable` for a marker that says what no test can have."""
    said: dict[str, Any] = {}
    for mark in item.iter_markers("emulator"):
        said = {**mark.kwargs, **said}
    return Arrangement(**said)
