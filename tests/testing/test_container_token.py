"""An emulator that runs elsewhere and was started with a control token."""

from collections.abc import Iterator

import pytest

from emulator.client import Client
from emulator.server import Background
from emulator.settings import Options
from tests.testing.conftest import Run
from tests.testing.test_container import ASK, told
from tests.testing.test_container_troubles import THREE

TOKEN = "correct-horse-battery-staple"
VARIABLE = "EMULATOR_CONTROL_TOKEN"


@pytest.fixture(scope="module")
def locked() -> Iterator[str]:
    """No test run may leave anything in it."""
    with Background(Options(port=0, control_token=TOKEN)) as running:
        yield running.url
        names = Client(running.url, token=TOKEN).namespaces()["namespaces"]
    assert [name for name in names if name.startswith("pytest-")] == []


def test_with_the_variable_tests_play_there(run: Run, locked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    result = run(
        ASK
        + """
    import subprocess, sys

    def test_it(emulator, talonone, emulator_server):
        assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
        emulator.clock.advance(days=1)
        emulator.load({"name": "mine"})
        assert len(emulator.control.requests()["requests"]) == 0
        said = emulator_server.environment()
        assert said["EMULATOR_CONTROL_TOKEN"] == "%s"
        verb = [sys.executable, "-P", "-m", "emulator", "clock"]
        subprocess.run(verb, env={**os.environ, **said}, check=True)

    def test_another(emulator):
        assert emulator.control.clock()["mode"] == "real"
    """.replace("import subprocess", "import os, subprocess")
        % TOKEN,
        "--emulator-url",
        locked,
    )
    result.assert_outcomes(passed=2)
    assert TOKEN not in told(result)


@pytest.mark.parametrize(
    ("token", "had"), [("", "none was given"), ("another-one", "another one was given")], ids=["none", "another"]
)
def test_without_it_that_is_told_in_full_once(
    run: Run, locked: str, monkeypatch: pytest.MonkeyPatch, token: str, had: str
) -> None:
    monkeypatch.setenv(VARIABLE, token)
    result = run(THREE, "--emulator-url", locked)
    result.assert_outcomes(errors=3)
    said = f"the emulator at {locked} asks for its control token, and {had}: set the variable {VARIABLE} to it"
    assert told(result).count(f"E   Failed: {said}") + told(result).count(f"\n{said}") == 1
    brief = f"the emulator at {locked} asks for its control token: the first test that needed it says more"
    assert told(result).count(f"\n{brief}") == 2
    assert "Traceback" not in told(result)


def test_a_token_that_cannot_be_sent_ends_the_run_at_once(
    run: Run, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "two words")
    result = run(THREE, "--emulator-url", locked)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{VARIABLE}: the control token cannot be sent in a header" in result.stderr.str()
    assert "two words" not in told(result)


def test_workers_share_it_and_leave_nothing(run: Run, locked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    result = run(THREE, "--emulator-url", locked, "-p", "xdist", "-n", "2", apart=True)
    result.assert_outcomes(passed=3)


def test_in_process_nobody_asks_for_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    result = run(
        """
    import httpx

    def test_it(emulator, emulator_server):
        assert emulator.control.clock()["mode"] == "real"
        assert httpx.get(emulator_server.url + "/_emulator/clock").status_code == 200
        assert "EMULATOR_CONTROL_TOKEN" not in emulator_server.environment()
    """
    )
    result.assert_outcomes(passed=1)
