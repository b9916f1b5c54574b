"""What all verbs have in common: where options come from, what goes to which stream, and exit codes."""

import json
import os
import pty
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from emulator.cli import cli
from emulator.server import Background
from tests.cli.program import COMMAND, ROOT, environment, run

NOBODY = "http://127.0.0.1:1"
TALKING = [
    ("reset",), ("seed", "demo"), ("clock",), ("clock", "advance", "8h"), ("fault", "list"), ("fault", "drill"),
    ("limits",), ("ready",), ("requests",), ("explain", "last"), ("snapshot", "list"), ("env",), ("replay", os.devnull),
]  # fmt: skip
HEAVY = ("emulator.server", "emulator.app", "emulator.vendors", "emulator.control", "pydantic", "sqlalchemy", "fastapi")


def modules_of(arguments: tuple[str, ...], url: str) -> set[str]:
    """All that a verb has imported when it is done."""
    code = (
        "import atexit, sys; atexit.register(lambda: print(' '.join(sys.modules), file=sys.stderr)); "
        "from emulator.cli import main; main()"
    )
    done = run_code(code, *arguments, EMULATOR_URL=url)
    return set(done.splitlines()[-1].split())


def run_code(code: str, *arguments: str, **more: str) -> str:
    command = [sys.executable, "-P", "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(**more), capture_output=True, text=True, check=False)
    return done.stderr


@pytest.mark.parametrize("arguments", [*TALKING, ("version",), ("--help",), ("completion", "zsh")], ids=" ".join)
def test_a_verb_that_only_talks_imports_no_emulator(server: Background, arguments: tuple[str, ...]) -> None:
    imported = modules_of(arguments, server.url)
    assert "emulator.cli" in imported
    assert [name for name in imported if name.startswith(HEAVY)] == []


@pytest.mark.parametrize("arguments", [one for one in TALKING if one != ("env",)], ids=" ".join)
def test_without_an_emulator_a_verb_says_how_to_start_one(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, EMULATOR_URL=NOBODY)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no emulator answers at {NOBODY}: connection refused" in done.stderr
    assert "martech-emulator serve" in done.stderr


def test_without_an_emulator_programs_find_a_problem_document() -> None:
    done = run("reset", "--json", "--url", NOBODY)
    assert done.returncode == 1
    problem = json.loads(done.stdout)
    assert problem["title"] == "Unreachable"
    assert problem["detail"] in done.stderr


def test_what_is_no_emulator_is_told_apart_from_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(4_096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        threading.Thread(target=answer, daemon=True).start()
        done = run("clock", "--url", f"http://127.0.0.1:{other.getsockname()[1]}")
    assert done.returncode == 1
    assert "is no emulator" in done.stderr


def test_a_refusal_is_the_problems_sentences_on_stderr(talk) -> None:
    done = talk("reset", "--vendor", "talonon", exit_code=1)
    assert done.stdout == ""
    assert "vendor: 'talonon' is no vendor here; did you mean talonone?" in done.stderr


def test_a_refusal_is_the_problem_document_for_programs(talk) -> None:
    done = talk("reset", "--vendor", "talonon", "--json", exit_code=1)
    assert json.loads(done.stdout)["status"] == 400


def test_several_things_wrong_are_a_sentence_each(talk, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: bad\nclok: 1\nsed: 2\n")
    done = talk("seed", str(tmp_path / "bad.yaml"), exit_code=1)
    assert [line.partition(": ")[2] for line in done.stderr.splitlines()] == [
        "clok: unknown key, did you mean clock?",
        "sed: unknown key, did you mean seed?",
    ]


# Where an option comes from


@pytest.mark.parametrize(
    "arguments",
    [
        ("--namespace", "here", "clock", "show"),
        ("-n", "elsewhere", "clock", "-n", "here", "show"),
        ("clock", "show", "-n", "here"),
        ("-n", "elsewhere", "clock", "show", "--namespace", "here"),
    ],
    ids=" ".join,
)
def test_namespace_may_stand_before_the_verb_or_after_it_and_the_last_one_counts(
    server: Background, talk, arguments: tuple[str, ...]
) -> None:
    talk("-n", "here", "clock", "freeze", "2026-01-05T09:00:00Z")
    try:
        assert talk(*arguments).stdout == "2026-01-05T09:00:00Z  frozen\n"
    finally:
        server.emulator.worlds.drop("here")
        server.emulator.worlds.drop("elsewhere")


def test_json_may_stand_before_the_verb(talk) -> None:
    assert json.loads(talk("--json", "clock").stdout)["mode"] == "real"


def test_an_option_beats_the_environment_which_beats_the_default(server: Background) -> None:
    assert run("clock", EMULATOR_URL=server.url).returncode == 0
    assert run("--url", server.url, "clock", EMULATOR_URL=NOBODY).returncode == 0
    assert run("clock", "--url", NOBODY, EMULATOR_URL=server.url).returncode == 1


def test_a_bad_variable_that_an_option_beats_does_no_harm(server: Background) -> None:
    assert run("--url", server.url, "clock", EMULATOR_URL="nonsense").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (("clock", "--url", "4680"), {}, ("--url", "'4680' is no address of an emulator", "http://127.0.0.1:4680")),
        (("clock",), {"EMULATOR_URL": "ftp://x"}, ("EMULATOR_URL", "'ftp://x' is no address")),
        (("clock", "--url", "http://127.0.0.1:70000"), {}, ("--url", "is no address")),
        (("clock", "-n", "a b"), {}, ("--namespace", "'a b' cannot be a name", "letters, digits")),
        (("clock", "-n", ".."), {}, ("--namespace", "neither '.' nor '..'")),
        (("clock",), {"EMULATOR_NAMESPACE": "a/b"}, ("EMULATOR_NAMESPACE", "'a/b' cannot be a name")),
        (("clock", "advance", "8 hours"), {}, ("DURATION", "'8 hours' is no duration", "8h, 90s, -3d")),
        (("fault", "add", "talonone", "drop", "--times", "0"), {}, ("--times", "0 is not in the range")),
        (("fault", "add", "talonone", "drop"), {"EMULATOR_TIMES": "often"}, ("EMULATOR_TIMES", "'often' is not a")),
        (("fault", "add", "talonone", "drop", "--header", "x"), {}, ("--header", "'x' is no header")),
        (("fault", "add", "talonone"), {}, ("Missing argument 'FAULT'",)),
        (("requests", "--limit", "0"), {}, ("--limit", "0 is not in the range")),
        (("requests", "--follow", "--clear"), {}, ("--follow goes with neither --export nor --clear",)),
        (("env", "--shell", "tcsh"), {}, ("--shell", "'tcsh' is not one of 'sh', 'fish'")),
        (("serve",), {"EMULATOR_PORT": "often"}, ("EMULATOR_PORT", "--port", "'often' is not a valid integer")),
        (("serve",), {"EMULATOR_FAIL_ON": "documented"}, ("EMULATOR_FAIL_ON", "'documented' is not one of")),
        (("clock", "--jsno"), {}, ("No such option", "--json")),
        (("clock", "--url", "http://127.0.0.1:1/ns/a"), {"EMULATOR_NAMESPACE": "b"}, ("names a namespace already",)),
        (("fautl",), {}, ("No such command 'fautl'",)),
        (("clock", "advnace", "8h"), {}, ("No such command 'advnace'",)),
        (("seed", "no-such.yaml"), {}, ("FILE", "no-such.yaml cannot be read: no such file")),
        (("snapshot", "save", "a/b"), {}, ("NAME", "'a/b' cannot be a name")),
    ],
)  # fmt: skip
def test_wrong_usage_is_exit_code_2_and_a_sentence(
    arguments: tuple[str, ...], variables: dict[str, str], words: tuple[str, ...]
) -> None:
    done = run(*arguments, **variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert [word for word in words if word not in " ".join(done.stderr.split())] == [], done.stderr


# Streams


def on_a_terminal(*arguments: str, **more: str) -> str:
    """What a person sees: stdout and stderr are the same terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], [*COMMAND, *arguments], environment(TERM="xterm", **more))
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 4_096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.waitpid(pid, 0)
    os.close(terminal)
    return seen.decode()


def test_there_are_colours_on_a_terminal_only_and_not_for_who_wants_none(server: Background) -> None:
    arguments = ("limits", "--url", server.url)
    assert "\033[" in on_a_terminal(*arguments)
    assert "\033[" not in on_a_terminal(*arguments, NO_COLOR="1")
    assert "\033[" not in run(*arguments).stdout


def test_on_a_terminal_json_is_json_all_the_same(server: Background) -> None:
    assert json.loads(on_a_terminal("limits", "--json", "--url", server.url))["limits"]


def test_a_terminal_that_knows_few_letters_is_no_reason_to_stop(server: Background, client, talk) -> None:
    client.put("/talonone/v2/customer_sessions/s-1", json={})
    options = {"EMULATOR_URL": server.url, "EMULATOR_NAMESPACE": str(client.base_url).rstrip("/").rsplit("/", 1)[1]}
    done = run("explain", "last", PYTHONIOENCODING="latin-1", **options)
    assert done.returncode == 0
    assert "\\u2717" in done.stdout
    told = run("explain", "last", "--json", PYTHONIOENCODING="latin-1", **options)
    assert json.loads(told.stdout)["request"]["status"] == 401


def test_what_was_sent_cannot_steer_a_terminal(client, talk) -> None:
    client.put("/talonone/v2/customer_sessions/s-1", content=b'{"a":"\x1b[2J"}')
    assert "\x1b" not in talk("explain", "last").stdout


def test_the_verbs_that_there_are() -> None:
    promised = "serve exec reset seed validate clock fault requests explain snapshot env doctor version"
    shown = CliRunner().invoke(cli, ["--help"]).stdout.split()
    assert [verb for verb in promised.split() if verb not in shown] == []
