"""The plugin as it is installed: found without being named, and nothing to pay for who does not use it."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import emulator
from tests.testing.conftest import PLUGIN

ROOT = Path(emulator.__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture
def installed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """The package on the path of a subprocess, with the metadata that a wheel would have."""
    metadata = pytester.mkdir("site").joinpath(f"martech_emulator-{emulator.__version__}.dist-info")
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {PROJECT['name']}\nVersion: {emulator.__version__}\n"
    )
    lines = [
        line
        for group, entries in PROJECT["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(metadata.parent), str(ROOT)]))
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    return pytester


def test_the_package_declares_the_plugin() -> None:
    assert PROJECT["entry-points"]["pytest11"] == {"emulator.pytest_plugin": "emulator.pytest_plugin"}


def test_an_installed_plugin_is_found_without_being_named(installed: pytest.Pytester) -> None:
    installed.makepyfile("""
        import httpx

        def test_it(emulator):
            assert httpx.get("https://demo.talon.one/v2/customer_sessions/s-9").status_code == 401
    """)
    result = installed.runpytest_subprocess(*PLUGIN[2:])
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"plugins: *martech-emulator-{emulator.__version__}*"])


@pytest.mark.parametrize("where", ["the command line", "a conftest"])
def test_it_may_be_named_all_the_same(installed: pytest.Pytester, where: str) -> None:
    named = () if where == "a conftest" else PLUGIN[:2]
    if not named:
        installed.makeconftest("pytest_plugins = ['emulator.pytest_plugin']")
    installed.makepyfile("def test_it(talonone): assert talonone.api_key")
    installed.runpytest_subprocess(*PLUGIN[2:], *named).assert_outcomes(passed=1)


def test_it_can_be_left_out(installed: pytest.Pytester) -> None:
    installed.makepyfile("def test_it(emulator): pass")
    result = installed.runpytest_subprocess(*PLUGIN[2:], "-p", "no:emulator.pytest_plugin")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *fixture 'emulator' not found"])


LOOK = """
    import sys

    def pytest_unconfigure():
        ours = sorted(name for name in sys.modules if name.partition(".")[0] == "emulator")
        heavy = [name for name in ("pydantic", "sqlalchemy", "httpx", "yaml", "ssl", "asyncio") if name in sys.modules]
        print("loaded:", ours, heavy)
"""


def test_a_run_that_does_not_use_it_imports_nothing_of_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(LOOK)
    pytester.makepyfile("""
        import unittest, pytest

        @pytest.mark.parametrize("number", range(3))
        def test_it(number): pass

        def test_that_fails(): assert False

        class TestCase(unittest.TestCase):
            def test_it(self): pass
    """)
    pytester.makeini("[pytest]\nemulator_scenario = edges\nemulator_fixtures = nowhere\n")
    result = pytester.runpytest_subprocess(*PLUGIN[:4], "--doctest-modules")
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["loaded: ['emulator', 'emulator.pytest_plugin'] []"])


def test_importing_it_imports_nothing_else() -> None:
    """Plugins are imported before a coverage plugin begins to watch: what came with ours would look unused."""
    code = (
        "import sys, pytest; before = set(sys.modules); import emulator.pytest_plugin; "
        "print(sorted(set(sys.modules) - before))"
    )
    told = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "['emulator', 'emulator.pytest_plugin']"


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "emulator" / "py.typed").read_bytes() == b""
