"""Pytest inside pytest: ``run("def test_it(emulator): …")`` writes a test file, runs it with the plugin, and tells what
came out, as its author would see it."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Protocol

import pytest

import emulator.certificates
import emulator.control.router
import emulator.interception
import emulator.testing
from emulator.client import Client
from emulator.core.world import World
from emulator.server import Background

for _room in (emulator.testing, emulator.interception):
    for _module in pkgutil.walk_packages(_room.__path__, f"{_room.__name__}."):
        importlib.import_module(_module.name)  # here, lest a run in this process forgets it at its end

PLUGIN = ("-p", "emulator.pytest_plugin", "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")

CREDENTIALS = {
    "TREASUREDATA_API_KEY": "1/abcdef0123456789012345678901230123456789",
    "TREASUREDATA_TOKEN": "1/8/12345789abcdef012345678901234567",
    "PRIMEDATA_API_KEY": "aGdqZ2tqaGtqZzoxMjM0NTY3",
    "ALGONOMY_CLIENT_ID": "5934de97c95e1ced",
    "ALGONOMY_CLIENT_SECRET": "2l9dr0jkink11ad49hg93it52d",
    "ALGONOMY_SITE_ID": "4faeaf752ee40a0f",
    "TALONONE_API_KEY": "d1c2b3a4" * 8,
}
PATHS = {"treasuredata": "", "primedata": "", "algonomy": "/qa", "talonone": ""}


class Run(Protocol):
    def __call__(self, source: str, *args: str, apart: bool = False) -> pytest.RunResult: ...


@pytest.fixture(autouse=True)
def _no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the shell says that runs these tests, theirs are to play in process."""
    monkeypatch.delenv("EMULATOR_TARGET", raising=False)
    monkeypatch.delenv("EMULATOR_URL", raising=False)


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor has it any real vendor's, or knows where one is."""
    for name in (*CREDENTIALS, *(f"{slug.upper()}_BASE_URL" for slug in PATHS)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """In this process, which is fast; `apart` in one of its own, where imports or the whole machine matter."""

    def runner(source: str, *args: str, apart: bool = False) -> pytest.RunResult:
        pytester.makepyfile(source)
        called = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return called(*PLUGIN, *args)

    return runner


@pytest.fixture
def url(server: Background) -> Iterator[str]:
    """Of an emulator that runs elsewhere. No test run may leave anything in it."""
    yield server.url
    assert own(server.url) == []


def own(url: str) -> list[str]:
    """The namespaces that test runs have there."""
    return [name for name in Client(url).namespaces()["namespaces"] if name.startswith("pytest-")]


@pytest.fixture(params=["in-process", "container"])
def where(request: pytest.FixtureRequest) -> list[str]:
    """The options that say it: a test that uses it is run in both venues."""
    if request.param == "in-process":
        return []
    return ["--emulator-url", request.getfixturevalue("url")]


@pytest.fixture
def vendors(server: Background, world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The real ones, as the environment names them, and a look behind their scenes."""
    behind = Client(server.url, world.name)
    for slug, path in PATHS.items():
        monkeypatch.setenv(f"{slug.upper()}_BASE_URL", f"{behind.base_url(slug)}{path}/")
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return behind
