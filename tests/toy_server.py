"""The emulator with nothing in it but the toy vendor, for the tests of what is the same for every vendor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator.server import Background
from emulator.settings import Options
from tests.toy_vendor import VENDOR

KEY = {"Authorization": "Toy k-1"}

TOYS = """
name: toys
description: A bear on a shelf, and a key to the box
clock: 2026-01-05T09:00:00Z
seed: toys
toybox:
  keys:
    k-1: maker
  toys:
    - name: bear
      made: -3d
      price: 5
"""


@contextmanager
def toy_server(directory: Path, **options: Any) -> Iterator[Background]:
    """Starts with `TOYS`; the clock stands still until a test moves it."""
    (directory / "toys.yaml").write_text(TOYS, encoding="utf-8")
    chosen = Options(port=0, scenario="toys", fixtures=directory, **{"max_namespaces": 100_000, **options})
    with Background(chosen, vendors=(VENDOR,)) as running:
        yield running
