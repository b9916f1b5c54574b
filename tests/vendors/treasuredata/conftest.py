from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.control.scenario import ScenarioError
from emulator.core.world import World
from emulator.server import Background
from tests.vendors.treasuredata.mistakes import two_accounts
from tests.vendors.treasuredata.shop import Refused, Shop


@pytest.fixture
def td(client: httpx.Client, world: World, load: Callable[[dict[str, Any]], None]) -> Shop:
    """The shop, open, with nothing on offer."""
    made = Shop(client, world, load)
    made.open()
    return made


@pytest.fixture(params=["server", "page"])
def either(td: Shop, request: pytest.FixtureRequest) -> Shop:
    """The shop, called on the path for servers and once more on the path for pages."""
    if request.param == "page":
        td.open_to_pages()
    return td


@pytest.fixture
def both(td: Shop, load: Callable[[dict[str, Any]], None]) -> Shop:
    """The shop with two accounts and tokens of all kinds, and another vendor beside it."""
    load(two_accounts())
    return td


@pytest.fixture
def refused(server: Background) -> Refused:
    """The one problem of a section, without the vendor's slug before it."""

    def problem(made: dict[str, Any]) -> str:
        with pytest.raises(ScenarioError) as caught:
            server.emulator.scenarios.plant({"name": "test", "treasuredata": made})
        [sentence] = caught.value.problems
        assert sentence.startswith("treasuredata.")
        return sentence.removeprefix("treasuredata.")

    return problem
