"""``--control-token``: asked for by those that start an emulator, given by those that talk to one."""

import json
import sys
from collections.abc import Iterator

import httpx
import pytest
from click.testing import CliRunner, Result

from emulator.cli import cli
from emulator.server import Background
from emulator.settings import Options
from tests.cli.program import COMMAND, run, start

TOKEN = "correct-horse-battery-staple"
MACHINE = "other machines may reach http://0.0.0.0:"


@pytest.fixture(scope="module")
def locked() -> Iterator[Background]:
    with Background(Options(port=0, control_token=TOKEN)) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch, locked: Background) -> None:
    monkeypatch.delenv("EMULATOR_CONTROL_TOKEN", raising=False)
    monkeypatch.delenv("EMULATOR_NAMESPACE", raising=False)
    monkeypatch.setenv("EMULATOR_URL", locked.url)


def say(*arguments: str, exit_code: int = 0) -> Result:
    done = CliRunner().invoke(cli, arguments, prog_name="martech-emulator")
    assert done.exit_code == exit_code, (done.stdout, done.stderr, done.exception)
    return done


VERBS = [
    ("reset",),
    ("seed", "empty"),
    ("snapshot", "list"),
    ("clock",),
    ("clock", "advance", "8h"),
    ("fault", "list"),
    ("limits",),
    ("requests",),
    ("explain", "last"),
]


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_verb_without_it_says_how_to_give_it(locked: Background, verb: tuple[str, ...]) -> None:
    sentence = (
        f"martech-emulator: the emulator at {locked.url} asks for its control token, and none was given: "
        "--control-token TOKEN, or the variable EMULATOR_CONTROL_TOKEN\n"
    )
    done = say(*verb, exit_code=1)
    assert (done.stdout, done.stderr) == ("", sentence)
    problem = json.loads(say(*verb, "--json", exit_code=1).stdout)
    assert (problem["status"], problem["title"]) == (401, "Control token wanted")
    assert "another one was given" in say(*verb, "--control-token", "guess", exit_code=1).stderr


@pytest.mark.parametrize("verb", VERBS[:-1], ids=" ".join)
def test_it_is_given_before_the_verb_or_after_it_or_by_its_variable(
    verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    say("--control-token", TOKEN, *verb)
    say(*verb, "--control-token", TOKEN)
    say("--control-token", "guess", *verb, "--control-token", TOKEN)
    monkeypatch.setenv("EMULATOR_CONTROL_TOKEN", TOKEN)
    say(*verb)
    monkeypatch.setenv("EMULATOR_CONTROL_TOKEN", "guess")
    say(*verb, "--control-token", TOKEN)


def test_an_address_of_x_emulator_explain_is_asked_with_it(locked: Background) -> None:
    refused = httpx.put(f"{locked.url}/talonone/v2/customer_sessions/s-1", json={})
    explained = refused.headers["x-emulator-explain"]
    assert httpx.get(explained).status_code == 401
    assert "asks for its control token" in say("explain", explained, exit_code=1).stderr
    assert "PUT /v2/customer_sessions/s-1" in say("explain", explained, "--control-token", TOKEN).stdout


def test_doctor_says_that_it_is_asked_for_it(locked: Background) -> None:
    def says(*options: str) -> list[str]:
        done = say("doctor", "--json", "--port", "0", "--url", locked.url, *options)
        return [one["says"] for one in json.loads(done.stdout)["checks"] if one["name"] == "emulator"]

    assert "asks for its control token, and none was given" in says()[-1]
    assert says("--control-token", TOKEN) == [f"the emulator at {locked.url} is ready"]


def test_env_prints_all_but_the_token(locked: Background) -> None:
    done = say("env", "--shell", "sh", "--control-token", TOKEN)
    assert f"export EMULATOR_URL={locked.url}\n" in done.stdout
    assert TOKEN not in done.output
    assert done.stderr == ""


def test_names_are_completed_by_its_variable(locked: Background) -> None:
    asked = {"COMP_WORDS": "martech-emulator snapshot restore ", "COMP_CWORD": "3", "EMULATOR_URL": locked.url}
    asked["_MARTECH_EMULATOR_COMPLETE"] = "bash_complete"
    say("snapshot", "save", "before", "--control-token", TOKEN)
    assert run(**asked, EMULATOR_CONTROL_TOKEN=TOKEN).stdout == "plain,before\n"
    done = run(**asked)
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize("verb", ["serve", "exec", "reset", "doctor"])
@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("", "the control token is empty, which would ask for nothing: name one, or leave the option out"),
        ("two words", "the control token cannot be sent in a header: write up to 1024 ASCII letters, digits and signs"),
        ("Zoë", "the control token cannot be sent in a header"),
    ],
)
def test_a_token_that_can_be_none_is_wrong_usage(
    verb: str, token: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty variable is most likely a secret that did not arrive."""
    command = ("--", "true") if verb == "exec" else ()
    given = say(verb, "--control-token", token, *command, exit_code=2)
    assert "--control-token" in given.stderr
    assert sentence in given.stderr
    assert not token or token not in given.output
    monkeypatch.setenv("EMULATOR_CONTROL_TOKEN", token)
    inherited = say(verb, *command, exit_code=2)
    assert "EMULATOR_CONTROL_TOKEN" in inherited.stderr
    assert sentence in inherited.stderr
    assert not token or token not in inherited.output


@pytest.mark.parametrize("place", ["before", "after", "variable"])
def test_a_server_asks_for_it_wherever_it_was_given(place: str) -> None:
    before = ("--control-token", TOKEN) if place == "before" else ()
    after = ("--control-token", TOKEN) if place == "after" else ()
    variable = {"EMULATOR_CONTROL_TOKEN": TOKEN} if place == "variable" else {}
    with start(*before, "serve", "--port", "0", *after, **variable) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        asked = httpx.get(f"{url}/_emulator/clock")
        told = httpx.get(f"{url}/_emulator/clock", headers={"Authorization": f"Bearer {TOKEN}"})
        process.terminate()
        out, complaints = process.communicate(timeout=10)
    assert (asked.status_code, told.status_code) == (401, 200)
    assert TOKEN not in out + complaints + asked.text + told.text


def test_exec_gives_it_to_its_command_and_shows_it_to_nobody() -> None:
    ask = [*COMMAND, "clock", "--json"]
    done = run("exec", "--control-token", TOKEN, "--json", "--", *ask)
    assert (done.returncode, json.loads(done.stdout)["mode"]) == (0, "real")
    assert "EMULATOR_URL" in json.loads(done.stderr)
    assert TOKEN not in done.stderr
    show = "import os; print(os.environ.get('EMULATOR_CONTROL_TOKEN'))"
    assert run("exec", "--", sys.executable, "-c", show).stdout == "None\n"
    assert run("exec", "--control-token", TOKEN, "--", sys.executable, "-c", show).stdout == f"{TOKEN}\n"


# Who can reach it


def complaints_of(*options: str) -> str:
    with start("serve", "--port", "0", *options) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("martech-emulator ready on http://")
        process.terminate()
        out, complaints = process.communicate(timeout=10)
    assert out == ""
    return complaints


def test_where_other_machines_can_reach_it_a_line_says_so() -> None:
    said = complaints_of("--host", "0.0.0.0")
    assert said.startswith(f"martech-emulator: {MACHINE}")
    assert said.endswith(
        ", and who does may read and change everything there: --control-token asks for a token first; --host "
        "127.0.0.1, or a port published there only, keeps them out\n"
    )
    assert said.count("\n") == 1


def test_on_this_machine_or_with_a_token_there_is_nothing_to_say() -> None:
    assert complaints_of() == complaints_of("--host", "localhost") == complaints_of("--host", "127.0.0.2") == ""
    assert complaints_of("--host", "0.0.0.0", "--control-token", TOKEN) == ""


def test_exec_says_it_too() -> None:
    done = run("exec", "--host", "0.0.0.0", "--", "true")
    assert (done.returncode, done.stderr.count(MACHINE)) == (0, 1)
