"""A program in another language, with an HTTP stack of its own: it gets the world's address in its environment."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.testing import Emulator, EmulatorServer, PrimeData

NODE = shutil.which("node")
STOREFRONT = Path(__file__).with_name("storefront.mjs")
PAGE = "https://shop.example/shoes"

pytestmark = pytest.mark.skipif(NODE is None, reason="this machine has no node")

Visit = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def visit(emulator_server: EmulatorServer, primedata: PrimeData) -> Visit:
    environment = {
        **os.environ,
        **emulator_server.environment(),
        "PRIMEDATA_CLIENT_ID": primedata.client_id,
        "PRIMEDATA_ACCESS_TOKEN": primedata.access_token,
    }

    def visitor(email: str) -> "subprocess.CompletedProcess[str]":
        command = [str(NODE), str(STOREFRONT), "visit-1", email, PAGE]
        return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=30)

    return visitor


def test_a_look_at_a_page_is_in_the_shoppers_history(visit: Visit, primedata: PrimeData) -> None:
    assert visit("linh@example.com").returncode == 0
    (view,) = primedata.events(include="cdp_page_view", email="linh@example.com")
    assert view.properties == {"url": PAGE}


def test_a_shopper_who_is_known_stays_the_same(visit: Visit, primedata: PrimeData) -> None:
    before = primedata.profile(email="ana@example.com")
    visit("ana@example.com")
    assert primedata.profile(email="ana@example.com").id == before.id


def test_it_says_so_when_primedata_is_down(visit: Visit, emulator: Emulator) -> None:
    emulator.fail("primedata", "smile", status=503, times=1)
    done = visit("ana@example.com")
    assert done.returncode == 1
    assert done.stderr.startswith("PrimeData answers 503")


def test_it_says_so_when_primedata_is_gone(visit: Visit, emulator: Emulator) -> None:
    emulator.fail("primedata", "smile", "drop", times=1)
    assert "fetch failed" in visit("ana@example.com").stderr
