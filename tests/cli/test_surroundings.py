"""``env``, ``completion``, ``schema`` and ``version``."""

import json
import shutil
import subprocess
from collections.abc import Callable

import pytest

from emulator import __version__
from emulator.cli import COMPLETE
from emulator.client import vendor_slugs
from emulator.vendors import VENDORS
from tests.cli.program import COMMAND, environment, run

NAMES = [f"{vendor.slug.upper()}_BASE_URL" for vendor in VENDORS]
NOBODY = "http://127.0.0.1:1"


def test_the_vendors_are_known_without_importing_them() -> None:
    assert vendor_slugs() == sorted(vendor.slug for vendor in VENDORS)


def test_a_shell_that_reads_it_has_the_base_urls(server) -> None:
    script = f'eval "$({" ".join(COMMAND)} env)"; printenv {" ".join(NAMES)} EMULATOR_URL EMULATOR_NAMESPACE'
    variables = environment(EMULATOR_URL=server.url, EMULATOR_NAMESPACE="w-3", SHELL="/bin/bash")
    done = subprocess.run(["sh", "-c", script], env=variables, capture_output=True, text=True, check=True)
    bases = [f"{server.url}/ns/w-3/{vendor.slug}" for vendor in VENDORS]
    assert done.stdout.split() == [*bases, server.url, "w-3"]


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("sh", "export TALONONE_BASE_URL={url}/talonone"),
        ("fish", "set -gx TALONONE_BASE_URL '{url}/talonone'"),
        ("powershell", "$env:TALONONE_BASE_URL = '{url}/talonone'"),
        ("dotenv", "TALONONE_BASE_URL={url}/talonone"),
    ],
)
def test_each_shell_is_told_in_its_own_words(server, talk, monkeypatch, shell: str, line: str) -> None:
    monkeypatch.delenv("EMULATOR_NAMESPACE")
    lines = talk("env", "--shell", shell).stdout.splitlines()
    assert line.format(url=server.url) in lines
    assert len(lines) == len(VENDORS) + 1


@pytest.mark.parametrize(
    ("login", "begins"), [("/usr/bin/fish", "set -gx "), ("/usr/bin/zsh", "export "), ("/opt/pwsh", "$env:")]
)
def test_the_login_shell_is_the_default(talk, monkeypatch, login: str, begins: str) -> None:
    monkeypatch.setenv("SHELL", login)
    assert all(line.startswith(begins) for line in talk("env").stdout.splitlines())


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("sh", "export EMULATOR_URL='http://127.0.0.1:1/$(x)&;*'"),
        ("fish", "set -gx EMULATOR_URL 'http://127.0.0.1:1/$(x)&;*'"),
        ("powershell", "$env:EMULATOR_URL = 'http://127.0.0.1:1/$(x)&;*'"),
        ("dotenv", "EMULATOR_URL='http://127.0.0.1:1/$(x)&;*'"),
    ],
)
def test_no_address_runs_anything(shell: str, line: str) -> None:
    assert line in run("env", "--shell", shell, "--url", "http://127.0.0.1:1/$(x)&;*").stdout.splitlines()


def test_without_an_emulator_the_variables_are_printed_all_the_same_and_that_is_said() -> None:
    done = run("env", "--url", NOBODY, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["TALONONE_BASE_URL"] == f"{NOBODY}/talonone"
    assert f"no emulator answers at {NOBODY}" in done.stderr


def test_the_version_is_told_to_people_and_to_programs(talk, told) -> None:
    assert talk("version").stdout == f"{__version__}\n"
    assert told("version") == {"version": __version__}


def test_the_schema_is_json_whatever_was_asked(talk, told) -> None:
    assert told("schema") == json.loads(talk("schema").stdout)
    assert told("schema")["title"] == "Scenario"


# Completion


@pytest.fixture
def complete(server, namespace) -> Callable[[str], list[str]]:
    """What a shell offers for the last word of a line."""

    def completer(line: str, shell: str = "bash") -> list[str]:
        words = line.split(" ")
        asked = {
            "_MARTECH_EMULATOR_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        done = run(EMULATOR_URL=server.url, EMULATOR_NAMESPACE=namespace, **asked)
        assert (done.returncode, done.stderr) == (0, "")
        return [one.partition(",")[2] for one in done.stdout.splitlines() if one]

    return completer


def test_the_variable_is_the_one_that_the_scripts_set() -> None:
    assert COMPLETE == "_MARTECH_EMULATOR_COMPLETE"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("martech-emulator sn", ["snapshot"]),
        ("martech-emulator clock a", ["advance"]),
        ("martech-emulator reset --ven", ["--vendor"]),
        ("martech-emulator reset --vendor ", sorted(vendor.slug for vendor in VENDORS)),
        ("martech-emulator fault add t", ["talonone", "treasuredata"]),
        ("martech-emulator fault add talonone invalid_api", ["invalid_api_key"]),
        ("martech-emulator fault add primedata drop --operation searchP", ["searchProfiles"]),
        ("martech-emulator fault drill re", ["retry-storm"]),
        ("martech-emulator limits set primedata req", ["requests"]),
        ("martech-emulator reset --scenario em", ["empty"]),
        ("martech-emulator seed de", ["demo"]),
        ("martech-emulator serve --scenario em", ["empty"]),
        ("martech-emulator explain la", ["last"]),
        ("martech-emulator env --shell po", ["powershell"]),
    ],
)
def test_words_are_completed(complete, line: str, offered: list[str]) -> None:
    assert complete(line) == offered


def test_names_that_only_the_emulator_knows_are_completed(complete, client) -> None:
    client.post("/_emulator/snapshots", json={"name": "before"})
    client.post("/_emulator/faults", json={"vendor": "primedata", "fault": "drop"})
    client.put("/talonone/v2/customer_sessions/s-1", json={})
    assert complete("martech-emulator snapshot restore ") == ["before"]
    assert complete("martech-emulator fault remove ") == ["f1"]
    assert complete("martech-emulator explain ") == ["last", "1"]


def test_scenarios_that_were_posted_are_completed(complete, client) -> None:
    client.post("/_emulator/scenarios", content="name: my-own\n")
    assert complete("martech-emulator reset --scenario my") == ["my-own"]


def test_completion_follows_the_options_of_the_line(complete, server, client, namespace: str) -> None:
    client.post("/_emulator/snapshots", json={"name": "before"})
    assert complete(f"martech-emulator snapshot restore -n {namespace} ") == ["before"]
    assert complete("martech-emulator -n somewhere-else snapshot restore ") == []
    server.emulator.worlds.drop("somewhere-else")


def test_without_an_emulator_scenarios_come_from_files_and_nothing_complains() -> None:
    def offered(line: str) -> str:
        asked = {"_MARTECH_EMULATOR_COMPLETE": "bash_complete", "COMP_WORDS": line, "EMULATOR_URL": NOBODY}
        done = run(COMP_CWORD=str(len(line.split(" ")) - 1), **asked)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert "plain,empty\n" in offered("martech-emulator reset --scenario ")
    assert offered("martech-emulator fault drill ").strip() == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_for_each_shell(talk, told, shell: str) -> None:
    script = talk("completion", shell).stdout
    assert "_MARTECH_EMULATOR_COMPLETE" in script
    assert "martech-emulator" in script
    assert told("completion", shell)["script"].strip() == script.strip()


@pytest.mark.skipif(shutil.which("bash") is None, reason="this machine has no bash")
def test_bash_takes_the_script(talk) -> None:
    script = talk("completion", "bash").stdout + "\ncomplete -p martech-emulator\n"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "martech-emulator" in done.stdout
