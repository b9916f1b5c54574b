"""The recipes for containers in README.md and examples/compose: they name what is there, and run as far as they can."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.cli import cli
from emulator.server import Background
from tests.readers import ROOT, run_pytest
from tests.toy_engine import Engine, engine

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOP_README = (ROOT / "examples" / "compose" / "README.md").read_text(encoding="utf-8")
FILES = [ROOT / "Dockerfile", *sorted(ROOT.glob("*compose*.yml"))]
OF_THE_PLUGIN = {"EMULATOR_URL", "EMULATOR_TARGET"}
SHOP = """
def test_a_coupon_is_there(emulator, talonone):
    assert talonone.redeemed("ONCEONLY") == 0
"""


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def recipe(first_line: str) -> dict[str, Any]:
    (block,) = [block for block in blocks("yaml") if block.startswith(f"# {first_line}")]
    read: dict[str, Any] = yaml.safe_load(block)
    return read


GITHUB = recipe(".github/workflows/")["jobs"]["test"]["steps"]
GITLAB = recipe(".gitlab-ci.yml")
LINES = [
    *(step["run"] for step in GITHUB if "run" in step),
    *(line for job in GITLAB.values() for line in job["script"]),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "shop"
    directory.mkdir()
    (directory / "test_shop.py").write_text(SHOP, encoding="utf-8")
    return directory


def images() -> list[str]:
    """As commands and programs name them."""
    return re.findall(r"\bmartech-emulator:[a-z]+", README)


def test_there_is_one_name_for_the_image() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert set(images()) == {compose["services"]["emulator"]["image"]}


def test_every_variable_is_one_that_something_reads() -> None:
    options = {str(param.envvar) for param in cli.get_command(None, "serve").params}
    for text in [README, SHOP_README, *(path.read_text(encoding="utf-8") for path in FILES)]:
        assert set(re.findall(r"\bEMULATOR_[A-Z][A-Z_]*\b", text)) <= options | OF_THE_PLUGIN


@pytest.mark.parametrize("text", [README, SHOP_README], ids=["README.md", "examples/compose/README.md"])
def test_every_compose_file_that_is_named_is_there(text: str) -> None:
    written = {f"{name}.yml" for name in re.findall(r"^# (\w+)\.yml: ", text, re.MULTILINE)}
    named = set(re.findall(r"-f (?:martech-emulator/)?(\S+\.yml)", text)) - written
    assert named
    assert named <= {path.name for path in FILES}


# GitHub Actions and GitLab CI


@pytest.mark.skipif(shutil.which("bash") is None, reason="this machine has no bash")
@pytest.mark.parametrize("line", LINES)
def test_a_shell_understands_each_line(line: str) -> None:
    subprocess.run(["bash", "-n", "-c", line], check=True)


def test_on_github_tests_find_the_emulator_by_its_address(project: Path, server: Background) -> None:
    (line,) = [step["run"] for step in GITHUB if step.get("run", "").startswith("pytest")]
    done = run_pytest(project, *shlex.split(line.replace("http://127.0.0.1:4680", server.url))[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def test_on_gitlab_tests_find_the_emulator_by_a_variable(project: Path, server: Background) -> None:
    job = GITLAB["test"]
    (service,) = job["services"]
    assert job["variables"]["EMULATOR_URL"] == f"http://{service['alias']}:4680"
    done = run_pytest(project, **{**job["variables"], "EMULATOR_URL": server.url})
    assert done.returncode == 0, done.stdout + done.stderr


def test_on_gitlab_the_emulator_starts_with_the_variables_of_the_job() -> None:
    """GitLab hands them to services, too."""
    job = GITLAB["test"]
    variables = {**os.environ, **job["variables"], **job["services"][0]["variables"], "EMULATOR_PORT": "0"}
    start = [sys.executable, "-P", "-m", "emulator", "serve"]
    with subprocess.Popen(start, env=variables, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        process.terminate()
    assert line.startswith("martech-emulator ready on http://127.0.0.1:")


# Testcontainers


@pytest.fixture
def containers(server: Background) -> Iterator[Engine]:
    with engine(images()[0], int(server.url.rpartition(":")[2])) as one:
        yield one


@pytest.fixture
def suite(project: Path, containers: Engine) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs the project's tests with the recipe's conftest.py, and `containers` for an engine."""
    (conftest,) = [block for block in blocks("python") if block.startswith("# conftest.py")]
    (project / "conftest.py").write_text(conftest, encoding="utf-8")
    surroundings = {
        "HOME": str(project),
        "DOCKER_HOST": f"tcp://127.0.0.1:{containers.server_port}",
        "TESTCONTAINERS_RYUK_DISABLED": "true",
        "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
    }
    return lambda *args, **variables: run_pytest(project, *args, **surroundings, **variables)


def test_a_container_is_started_for_all_tests_and_removed_after_them(suite, containers: Engine) -> None:
    done = suite("-n", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    (asked,) = containers.created
    assert list(asked["ExposedPorts"]) == ["4680/tcp"]
    assert containers.removed == ["container-1"]
    assert containers.refused == []


def test_a_container_tells_the_address_of_each_vendor(suite, project: Path, containers: Engine, server) -> None:
    (project / "test_shop.py").write_text(
        "from conftest import EmulatorContainer\n"
        "def test_its_addresses():\n"
        "    with EmulatorContainer(env={'EMULATOR_SCENARIO': 'empty'}) as one:\n"
        f"        assert one.base_url('talonone') == '{server.url}/talonone'\n"
    )
    done = suite()
    assert done.returncode == 0, done.stdout + done.stderr
    assert containers.created[1]["Env"] == ["EMULATOR_SCENARIO=empty"]


def test_an_emulator_that_runs_already_is_enough(suite, containers: Engine, server: Background) -> None:
    done = suite(EMULATOR_URL=server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert containers.created == []
