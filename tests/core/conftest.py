"""Here `server`, and with it `client`, `world` and `load`, have the toy vendor only."""

from collections.abc import Iterator

import pytest

from emulator.server import Background
from tests.toy_server import toy_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    with toy_server(tmp_path_factory.mktemp("fixtures")) as running:
        yield running
