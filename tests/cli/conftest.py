"""`talk` is the command line in this process, talking to the test's own namespace."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emulator.cli import cli
from emulator.server import Background

Talk = Callable[..., Result]


@pytest.fixture(autouse=True, scope="session")
def usual_signals() -> Iterator[None]:
    """A process that was started in the background, or by nohup, ignores some signals, and so would all that it starts.
    What has a handler here begins there as usual."""
    numbers = [signal.SIGINT, *([signal.SIGHUP, signal.SIGQUIT] if sys.platform != "win32" else [])]
    ignored = [number for number in numbers if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


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
