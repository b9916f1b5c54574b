"""The Dockerfile keeps its promises. No engine is needed: it is read, and what it starts is started."""

import json
import re
import subprocess
from typing import NamedTuple

import pytest

from emulator import __version__
from emulator.cli import cli
from emulator.server import Background
from tests.cli.program import ROOT, run

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")


class Instruction(NamedTuple):
    word: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    """Without comments, continued lines put together."""
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", "", lines)
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


ALL = instructions(TEXT)
LAST_STAGE = ALL[max(n for n, one in enumerate(ALL) if one.word == "FROM") :]


def the(word: str) -> str:
    (one,) = (instruction.rest for instruction in LAST_STAGE if instruction.word == word)
    return one


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for one in LAST_STAGE if one.word == "ENV" for pair in one.rest.split())


def labels() -> dict[str, str]:
    found = re.findall(r'(\S+?)="([^"]*)"', the("LABEL"))
    return {name.removeprefix("org.opencontainers.image."): value for name, value in found}


def test_there_are_two_stages_on_the_same_named_version_of_python() -> None:
    bases = [one.rest.split()[0] for one in ALL if one.word == "FROM"]
    assert bases == ["python:3.13-slim", "python:3.13-slim"]
    assert labels()["base.name"] == f"docker.io/library/{bases[1]}"


def test_the_user_is_a_number_and_not_the_superuser() -> None:
    user, group = map(int, the("USER").split(":"))
    assert user > 0
    assert group > 0


@pytest.mark.parametrize("word", ["ENTRYPOINT", "CMD", "HEALTHCHECK"])
def test_no_shell_stands_between_the_engine_and_the_process(word: str) -> None:
    """A shell would keep SIGTERM to itself."""
    command = the(word).partition("CMD ")[2] if word == "HEALTHCHECK" else the(word)
    assert all(isinstance(one, str) for one in json.loads(command))


def test_it_serves_unless_another_verb_is_named() -> None:
    assert json.loads(the("ENTRYPOINT")) == ["martech-emulator"]
    assert json.loads(the("CMD")) == ["serve"]
    assert the("STOPSIGNAL") == "SIGTERM"
    assert the("EXPOSE") == "4680"


def test_the_labels_tell_what_it_is() -> None:
    told = labels()
    assert told.keys() >= {"title", "description", "licenses"}
    assert told["version"] == __version__


def test_its_variables_are_options_and_all_addresses_are_listened_on() -> None:
    options = {param.envvar for param in cli.get_command(None, "serve").params}
    ours = {name: value for name, value in variables().items() if name.startswith("EMULATOR_")}
    assert ours.keys() <= options
    assert ours["EMULATOR_HOST"] == "0.0.0.0"


def test_with_its_variables_an_emulator_starts_and_its_health_check_is_content() -> None:
    check = json.loads(the("HEALTHCHECK").partition("CMD ")[2])
    assert check[0] == json.loads(the("ENTRYPOINT"))[0]
    with Background() as running:
        port = running.url.rpartition(":")[2]
        ours = {name: value for name, value in variables().items() if name.startswith("EMULATOR_")}
        done = run(*check[1:], EMULATOR_PORT=port, **ours)
    assert (done.returncode, done.stdout) == (0, f"martech-emulator ready on http://127.0.0.1:{port}\n")


def test_without_an_emulator_its_health_check_fails() -> None:
    assert run("ready", EMULATOR_PORT="1", EMULATOR_HOST="0.0.0.0").returncode == 1


def test_the_health_check_has_time_for_what_it_waits() -> None:
    options = dict(re.findall(r"--(\S+?)=([\d.]+)s", the("HEALTHCHECK")))
    waits = json.loads(the("HEALTHCHECK").partition("CMD ")[2])[-1]
    assert float(options["timeout"]) > 2 * float(waits.removesuffix("s"))
    assert float(options["interval"]) < 1


def test_directories_that_volumes_go_to_are_for_whichever_user() -> None:
    assert re.search(r"--mode=1777 [^&]*/data\b", the("RUN"))
    assert re.search(rf"--mode=1777 [^&]*{variables()['EMULATOR_CA_DIR']}\b", the("RUN"))
    assert the("WORKDIR") == variables()["EMULATOR_FIXTURES"]


def test_nothing_is_left_that_builds_or_writes() -> None:
    assert "pip uninstall" in the("RUN")
    assert "--without-pip" in TEXT
    assert "compileall" in the("RUN")
    assert variables()["PYTHONDONTWRITEBYTECODE"] == "1"
    assert not [one for one in ALL if one.word == "RUN" and re.search(r"\bapt|\bcurl\b|\bwget\b", one.rest)]


def test_everything_that_is_installed_has_a_hash() -> None:
    installed = [
        command for one in ALL if one.word == "RUN" for command in one.rest.split("&&")
        if re.search(r"pip .*(install|wheel) ", command) and "uninstall" not in command
    ]  # fmt: skip
    assert len(installed) == 4
    for command in installed:
        own = command.strip().endswith(" .")
        assert "--require-hashes" in command or "--no-index" in command or own, command
        assert "--no-build-isolation" in command or "wheel " not in command, command


# What is copied


def copied() -> list[str]:
    """From the checkout."""
    found = [one.rest.split() for one in ALL if one.word == "COPY" and "--from=" not in one.rest]
    return [source for words in found for source in words[:-1]]


def test_all_that_is_copied_is_in_a_plain_clone() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *copied()]
    known = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for source in copied():
        assert any(name == source or name.startswith(f"{source}/") for name in known), source


def test_what_is_copied_is_all_that_is_sent_to_the_engine() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == set(copied())
    assert {"**/__pycache__", "**/*.py[cod]"} < set(rules)


def test_what_a_wheel_is_made_of_is_copied() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for source in re.findall(
        r'^readme = "(.+)"|^packages = \["(.+)"\]|^(\S+) = "emulator/fixtures"', text, re.MULTILINE
    ):
        assert next(filter(None, source)) in copied()


def test_other_images_of_ours_name_a_version_and_a_user_too() -> None:
    found = [path for path in ROOT.glob("examples/**/Dockerfile") if "node_modules" not in path.parts]
    for path in found:
        last = instructions(path.read_text(encoding="utf-8"))
        assert all(":" in one.rest and ":latest" not in one.rest for one in last if one.word == "FROM"), path
        assert [one.rest for one in last if one.word == "USER"][-1].split(":")[0] not in ("root", "0"), path


def test_the_tools_that_build_are_locked_as_pyproject_asks() -> None:
    lock = (ROOT / "requirements-build.lock").read_text(encoding="utf-8")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (backend,) = re.findall(r'requires = \["([a-z]+)', text)
    for name in (backend, "setuptools"):
        assert re.search(rf"^{name}==\S+ \\\n    --hash=sha256:", lock, re.MULTILINE), f"{name}: ./run lock"
