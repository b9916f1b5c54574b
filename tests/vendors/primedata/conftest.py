from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.world import World
from tests.vendors.primedata.tracking import ADDITIONS, Tracker
from tests.vendors.primedata.workspace import NOW, WORKSPACE, Caller


@pytest.fixture
def workspace(load: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    """Start the world anew with the small workspace, some of its keys replaced."""

    def loader(**changes: Any) -> None:
        settings = {**WORKSPACE["settings"], **changes.pop("settings", {})}
        load({"clock": NOW, "primedata": {**WORKSPACE, **changes, "settings": settings}})

    return loader


@pytest.fixture
def caller(client: httpx.Client, world: World, workspace: Callable[..., None]) -> Caller:
    workspace()
    return Caller(client, world)


@pytest.fixture
def tracker(caller: Caller, workspace: Callable[..., None]) -> Tracker:
    workspace(**ADDITIONS)
    return Tracker(caller)
