"""``exec``: a command with an emulator of its own."""

import json
import os
import pty
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.program import COMMAND, environment, run, start

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"
ASK = "import os, urllib.request as u; print(u.urlopen(os.environ['{}'] + '{}').read().decode())"
PASSED_ON = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2]
LISTEN = """
import signal, sys, time
got = []
for number in ({numbers}):
    signal.signal(number, lambda number, frame: got.append(number))
print("up", flush=True)
while len(got) < {wanted}:
    time.sleep(0.01)
time.sleep(0.3)
print(*got, flush=True)
sys.exit(9)
"""


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def listener(numbers: list[signal.Signals], wanted: int) -> tuple[str, ...]:
    return python(LISTEN.format(numbers=", ".join(str(int(one)) for one in numbers) + ",", wanted=wanted))


def variables(*options: str, **more: str) -> dict[str, str]:
    done = run("exec", *options, "--", *python(SHOW), **more)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_command_finds_each_vendors_base_url() -> None:
    found = variables()
    url = found["EMULATOR_URL"]
    assert url.startswith("http://127.0.0.1:")
    assert {name: value for name, value in found.items() if name.endswith("_BASE_URL")} == {
        f"{slug.upper()}_BASE_URL": f"{url}/{slug}" for slug in ("treasuredata", "primedata", "algonomy", "talonone")
    }
    assert "EMULATOR_NAMESPACE" not in found


def test_in_a_namespace_they_are_that_namespaces() -> None:
    found = variables("-n", "ci")
    assert found["TALONONE_BASE_URL"] == f"{found['EMULATOR_URL']}/ns/ci/talonone"
    assert found["EMULATOR_NAMESPACE"] == "ci"


def test_on_all_addresses_the_command_is_given_one_that_it_can_call() -> None:
    assert variables("--host", "0.0.0.0")["EMULATOR_URL"].startswith("http://127.0.0.1:")


def test_with_tls_the_command_finds_where_that_is_and_whom_to_trust(tmp_path: Path) -> None:
    found = variables("--tls-port", "0", "--ca-dir", str(tmp_path))
    assert found["EMULATOR_TLS_URL"].startswith("https://127.0.0.1:")
    assert found["EMULATOR_CA_FILE"] == str(tmp_path / "ca.pem")


def test_the_emulator_answers_and_the_other_verbs_find_it() -> None:
    done = run("exec", "--scenario", "empty", "--", *python(ASK.format("EMULATOR_URL", "/_emulator/scenarios")))
    assert json.loads(done.stdout)["current"] == "empty"
    shown = run("exec", "-n", "ci", "--", "sh", "-c", " ".join([*COMMAND, "clock", "freeze", "2026-01-05T09:00:00Z"]))
    assert shown.stdout == "2026-01-05T09:00:00Z  frozen\n"


def test_the_emulator_is_gone_afterwards() -> None:
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{variables()['EMULATOR_URL']}/_emulator/health")


@pytest.mark.parametrize("code", [7, 255])
def test_the_exit_code_is_the_commands(code: int) -> None:
    assert run("exec", "--", "sh", "-c", f"exit {code}").returncode == code


def test_the_exit_code_of_a_command_that_a_signal_ended_is_128_and_its_number() -> None:
    assert run("exec", "--", "sh", "-c", "kill -9 $$").returncode == 128 + 9


def test_streams_are_the_commands_own() -> None:
    done = run("exec", "--", "sh", "-c", "cat; echo complaint >&2", stdin="words")
    assert (done.stdout, done.stderr) == ("words", "complaint\n")


def test_an_option_of_the_command_is_the_commands() -> None:
    assert run("exec", "--", "echo", "--port", "--help", "-n").stdout == "--port --help -n\n"
    assert run("exec", "printf", "%s", "--help").stdout == "--help"


def test_with_json_a_line_on_stderr_tells_what_was_added() -> None:
    done = run("exec", "--json", "--", "printenv", "EMULATOR_URL")
    assert json.loads(done.stderr)["EMULATOR_URL"] == done.stdout.strip()


@pytest.mark.parametrize("command", ["no-such-command-here", "./no-such-file"])
def test_a_command_that_is_not_there_is_127(command: str) -> None:
    done = run("exec", "--", command)
    assert (done.returncode, done.stdout) == (127, "")
    assert f"{command}: there is no such command" in done.stderr


def test_a_file_that_may_not_be_executed_is_126(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no program")
    assert run("exec", "--", str(tmp_path / "data")).returncode == 126
    assert run("exec", "--", str(tmp_path)).returncode == 126
    (tmp_path / "data").chmod(0o755)
    done = run("exec", "--", str(tmp_path / "data"))
    assert done.returncode == 126
    assert "cannot be executed: exec format error" in done.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--scenario", "dmeo"), "did you mean demo?"),
        (("--host", ""), "the host is empty"),
        (("--set", "primedata.time_fromat=iso"), "did you mean time_format?"),
        (("--port", "70000"), "70000 is not in the range"),
    ],
)
def test_an_emulator_that_cannot_start_is_2_and_the_command_is_not_run(
    options: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    done = run("exec", *options, "--", "touch", str(tmp_path / "ran"))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_command_it_is_wrong_usage() -> None:
    assert run("exec").returncode == run("exec", "--").returncode == 2


# Signals


def test_signals_are_passed_on_and_the_command_decides() -> None:
    with start("exec", "--", *listener(PASSED_ON, len(PASSED_ON))) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        for number in PASSED_ON:
            process.send_signal(number)
        out, complaints = process.communicate(timeout=30)
    assert sorted(map(int, out.split())) == sorted(PASSED_ON)
    assert (process.returncode, complaints) == (9, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_ends_the_command_ends_all(number: signal.Signals) -> None:
    with start("exec", "--", "sh", "-c", "echo $EMULATOR_URL; exec sleep 60") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == 128 + number
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{url}/_emulator/health")


def test_the_command_begins_with_signals_as_usual() -> None:
    """None is held back from it, and a closed pipe ends it, which Python would have ignored."""
    code = "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGCHLD))"
    assert run("exec", "--", *python(code)).stdout == f"set() {signal.SIG_DFL}\n"
    ignored = "sed -n 's/^SigIgn:\\t//p' /proc/self/status"
    if Path("/proc/self/status").exists():
        assert int(run("exec", "--", "sh", "-c", ignored).stdout, 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_an_interrupt_from_the_terminal_reaches_the_command_once() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], [*COMMAND, "exec", "--", *listener([signal.SIGINT], 1)], environment())
    seen = b""
    interrupted = False
    while True:
        try:
            piece = os.read(terminal, 1_000)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if b"up" in seen and not interrupted:
            os.write(terminal, b"\x03")
            interrupted = True
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 9
    assert seen.split()[-1].removeprefix(b"^C") == b"2"  # the terminal shows what was typed, with no line of its own


def test_a_command_leaves_no_child_that_keeps_it_waiting() -> None:
    """What the command has started in the background, with a stream of its own, is none of our business."""
    done = subprocess.run(
        [*COMMAND, "exec", "--", "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    os.kill(int(done.stdout), signal.SIGTERM)
