from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.world import World
from tests.vendors.treasuredata.shop import Shop


@pytest.fixture
def td(client: httpx.Client, world: World, load: Callable[[dict[str, Any]], None]) -> Shop:
    """The shop, open, with nothing on offer."""
    made = Shop(client, world, load)
    made.open()
    return made
