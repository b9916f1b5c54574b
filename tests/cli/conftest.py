"""`talk` is the command line in this process, talking to the test's own namespace."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emulator.cli import cli
from emulator.server import Background

Talk = Callable[..., Result]


@pytest.fixture
def talk(server: Background, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """``talk("clock", "advance", "8h")``; the exit code is checked unless it is asked for."""
    monkeypatch.setenv("EMULATOR_URL", server.url)
    monkeypatch.setenv("EMULATOR_NAMESPACE", namespace)

    def talker(*arguments: str, exit_code: int = 0, stdin: str | bytes | None = None) -> Result:
        done = CliRunner().invoke(cli, arguments, input=stdin, prog_name="martech-emulator")
        assert done.exit_code == exit_code, (done.stdout, done.stderr, done.exception)
        return done

    return talker


@pytest.fixture
def told(talk: Talk) -> Callable[..., Any]:
    """What a verb answers with --json."""

    def teller(*arguments: str, **options: Any) -> Any:
        return json.loads(talk(*arguments, "--json", **options).stdout)

    return teller
