"""The tools that a checkout starts with: `run`, the lock files, `.ci/run`, and what no file may tell."""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.metadata import packages_distributions
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
posix_only = pytest.mark.skipif(os.name != "posix", reason="processes are handed over by exec on POSIX only")

# Written in pieces or as patterns, so that this file has no traces itself.
TRACES = re.compile(
    r"index[-_]url|find[-]links|/[s]imple/|[r]egistry\.[a-z]+\.|pypi[.]org|files[.]pythonhosted[.]org"
    r"|(?<![\w.])/(?:root|home|work|Users)/",
    re.IGNORECASE,
)


def test_no_file_has_traces_of_a_package_index_or_a_machine() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.split("\0")
    found = []
    for path in (ROOT / name for name in names if name):
        if path.is_file():  # not one that is deleted but still listed
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            found += [f"{path.relative_to(ROOT)}:{n}: {line}" for n, line in enumerate(lines, 1) if TRACES.search(line)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "--extra-index" + "-url https://packages.example",
        "PIP_INDEX" + "_URL=x",
        "https://mirror.example/sim" + "ple/click",
        '"resolved": "https://regis' + 'try.npmjs.org/left-pad"',
        "https://files.python" + "hosted.org/packages/x.whl",
        "see /ho" + "me/ada/notes",
        'open("/ro' + 'ot/x")',
    ],
)
def test_traces_are_recognised(line: str) -> None:
    assert TRACES.search(line)


@pytest.mark.parametrize("line", ["a simple index", "https://api.example/home/work/", "tests/work/x", "./home/page"])
def test_ordinary_words_are_no_traces(line: str) -> None:
    assert not TRACES.search(line)


# The lock files


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_what_is_tested_is_what_is_served() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize(("lock", "extras"), [("requirements.lock", []), ("requirements-dev.lock", ["dev"])])
def test_a_lock_fits_what_pyproject_asks_for(lock: str, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [text for extra in extras for text in project["optional-dependencies"][extra]]
    for requirement in map(Requirement, wanted):
        pinned = pins(lock).get(canonicalize_name(requirement.name))
        assert pinned, f"{lock} has no {requirement.name}: ./run lock"
        assert requirement.specifier.contains(pinned, prereleases=True), f"{requirement} against {pinned}: ./run lock"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_a_lock_holds_pins_and_hashes_and_nothing_else(lock: str) -> None:
    line = re.compile(r"[a-z0-9-]+==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [text for text in (ROOT / lock).read_text().splitlines() if not line.fullmatch(text)] == []


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_everything_that_is_imported_is_asked_for_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["pytest"]]
    asked_for = {canonicalize_name(Requirement(text).name) for text in wanted}
    asked_for |= {"starlette", "pydantic-core"}  # the other halves of fastapi and pydantic
    providers = packages_distributions()
    missing = set()
    for path in (ROOT / "emulator").rglob("*.py"):
        for name in imported(ast.parse(path.read_text())) - sys.stdlib_module_names - {"emulator"}:
            packages = {canonicalize_name(provider) for provider in providers.get(name, [name])}
            missing |= packages if packages.isdisjoint(asked_for) else set()
    assert missing == set(), "add to pyproject.toml, then ./run lock"


# The set-up: a small checkout with the real `run`, whose installer only takes notes


class Checkout:
    def __init__(self, root: Path) -> None:
        self.root, self.venv = root, root / ".venv"
        (root / "emulator").mkdir(parents=True)
        shutil.copy(ROOT / "run", root / "run")
        for read in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
            (root / read).write_text("")
        self.emulator("import sys; print(sys.argv[1:])")

    def emulator(self, code: str) -> None:
        (self.root / "emulator" / "__main__.py").write_text(code)

    def tool(self) -> ModuleType:
        loader = SourceFileLoader("run_tool", str(self.root / "run"))
        spec = spec_from_loader("run_tool", loader)
        assert spec
        module = module_from_spec(spec)
        write_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            loader.exec_module(module)
        finally:
            sys.dont_write_bytecode = write_bytecode
        return module

    def prepare(self, kind: str, trouble: BaseException | None = None) -> list[tuple[str, bool]]:
        """Set up, and return what was installed: from which lock, and whether as a repair."""
        tool, installed = self.tool(), []

        def install(lock: str, mend: bool) -> None:
            installed.append((lock, mend))
            if trouble:
                raise trouble

        tool.install = install  # type: ignore[attr-defined]
        before = signal.getsignal(signal.SIGTERM)
        try:
            tool.prepare(kind)
        finally:
            signal.signal(signal.SIGTERM, before)
        return installed

    def run(self, *args: str, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(self.root / "run"), *args]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a check out")


SERVING, DEVELOPING = ("requirements.lock", False), ("requirements-dev.lock", False)


def test_a_finished_set_up_is_left_alone(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    assert checkout.prepare("serve") == [SERVING]
    assert checkout.prepare("serve") == []
    assert capsys.readouterr().out == "", "standard output belongs to the product"


def test_a_new_lock_file_is_installed(checkout: Checkout) -> None:
    checkout.prepare("serve")
    (checkout.root / "requirements.lock").write_text("# new")
    assert checkout.prepare("serve") == [SERVING]


def test_a_new_pyproject_is_installed(checkout: Checkout) -> None:
    checkout.prepare("serve")
    (checkout.root / "pyproject.toml").write_text("# new")
    assert checkout.prepare("serve") == [SERVING]


def test_bytecode_is_compiled_ahead(checkout: Checkout) -> None:
    checkout.prepare("serve")
    assert list((checkout.root / "emulator" / "__pycache__").glob("__main__.*.pyc"))


def test_another_python_is_set_up_anew(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.prepare("serve")
    monkeypatch.setattr(sys, "version", "3.99")
    assert checkout.prepare("serve") == [SERVING]


def test_a_moved_checkout_is_set_up_anew(checkout: Checkout, tmp_path: Path) -> None:
    checkout.prepare("serve")
    checkout.root = checkout.root.rename(tmp_path / "elsewhere")
    assert checkout.prepare("serve") == [SERVING]


def test_a_half_made_environment_is_made_anew(checkout: Checkout) -> None:
    left_behind = checkout.venv / "left-behind"
    left_behind.mkdir(parents=True)
    assert checkout.prepare("serve") == [SERVING]
    assert not left_behind.exists()


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.prepare("serve")
    Path(checkout.tool().PYTHON).unlink()
    assert checkout.prepare("serve") == [SERVING]


def test_development_adds_to_what_serves(checkout: Checkout) -> None:
    checkout.prepare("serve")
    (checkout.venv / "in-use").touch()
    assert checkout.prepare("dev") == [DEVELOPING]
    assert (checkout.venv / "in-use").exists()


def test_serving_needs_nothing_more_where_development_is_set_up(checkout: Checkout) -> None:
    checkout.prepare("dev")
    assert checkout.prepare("serve") == []


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), SystemExit(143), OSError("No space left on device")])
def test_a_set_up_that_fails_leaves_nothing(checkout: Checkout, trouble: BaseException) -> None:
    with pytest.raises(type(trouble)):
        checkout.prepare("serve", trouble)
    assert not checkout.venv.exists()


def test_a_failure_to_add_development_leaves_serving_and_is_mended(checkout: Checkout) -> None:
    checkout.prepare("serve")
    with pytest.raises(KeyboardInterrupt):
        checkout.prepare("dev", KeyboardInterrupt())
    assert checkout.prepare("serve") == []
    assert checkout.prepare("dev") == [("requirements-dev.lock", True)]


@posix_only
def test_two_first_calls_at_once_set_up_once(checkout: Checkout) -> None:
    slow = (
        "import time, importlib.machinery as m; run = m.SourceFileLoader('run', 'run').load_module()\n"
        "def install(*_):\n  print('installed', flush=True); time.sleep(0.5)\n"
        "run.install = install; run.prepare('serve')"
    )
    command = [sys.executable, "-B", "-W", "ignore", "-c", slow]
    calls = [subprocess.Popen(command, cwd=checkout.root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [call.communicate(timeout=60)[0] for call in calls]
    assert sorted(said) == ["", "installed\n"]
    assert [call.returncode for call in calls] == [0, 0]


def commands_of(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, failing: str) -> list[str]:
    """What set-up would start, and let those fail that have the given word."""
    commands: list[str] = []

    def call(command: list[str], output: list[str]) -> bool:
        commands.append(" ".join(command))
        output.append("something\nNo space left on device\n")
        return re.search(failing, commands[-1]) is None

    monkeypatch.setattr(tool, "call", call)
    return commands


def test_uv_installs_with_hashes(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = checkout.tool()
    commands = commands_of(tool, monkeypatch, failing="nothing")
    tool.install("requirements.lock", False)
    assert re.search(r"uv pip install .*--require-hashes --requirement requirements\.lock$", commands[-1])


@pytest.mark.parametrize("failing", [r"--target", r"uv pip install"])
def test_pip_takes_over_where_uv_cannot_be_had_or_fails(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    tool = checkout.tool()
    commands = commands_of(tool, monkeypatch, failing)
    tool.install("requirements.lock", False)
    assert re.search(r"-m pip .*install .*--require-hashes --requirement requirements\.lock$", commands[-1])


def test_an_installer_that_fails_is_quoted(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = checkout.tool()
    commands_of(tool, monkeypatch, failing="install")
    with pytest.raises(tool.SetUpFailed, match=r"could not install the packages of requirements.lock(.|\n)*No space"):
        tool.install("requirements.lock", False)


def test_an_old_python_is_refused_in_one_sentence(checkout: Checkout) -> None:
    complaint = checkout.tool().complaint
    assert "needs Python 3.11 or newer, and this is 3.9" in complaint((3, 9, 2))
    assert complaint((3, 11, 0)) is complaint((3, 14, 1)) is None


# The hand-over: `run` becomes the product


def test_help_names_every_command() -> None:
    told = subprocess.run([sys.executable, ROOT / "run", "help"], capture_output=True, text=True, check=True).stdout
    assert all(f"./run {command}" in told for command in ("[serve]", "test", "check", "bench", "lock", "help"))


@pytest.mark.parametrize(
    ("given", "handed_over"),
    [
        ([], ["serve"]),
        (["--port", "0"], ["serve", "--port", "0"]),
        (["serve", "--port", "0"], ["serve", "--port", "0"]),
        (["version"], ["version"]),
        (["validate", "a b.yaml"], ["validate", "a b.yaml"]),
    ],
)
def test_arguments_reach_the_emulator(checkout: Checkout, given: list[str], handed_over: list[str]) -> None:
    checkout.prepare("serve")
    assert checkout.run(*given).stdout == f"{handed_over}\n"


def test_the_exit_code_is_the_emulators(checkout: Checkout) -> None:
    checkout.prepare("serve")
    checkout.emulator("import sys; sys.exit(3)")
    assert checkout.run("version").returncode == 3


@posix_only
def test_a_signal_reaches_the_emulator(checkout: Checkout) -> None:
    checkout.prepare("serve")
    checkout.emulator(
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit('stopped in good order'))\n"
        "print('ready', flush=True)\n"
        "signal.pause()"
    )
    command = [sys.executable, str(checkout.root / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (1, "stopped in good order\n")


def test_neither_folder_nor_environment_of_the_caller_leads_astray(checkout: Checkout, tmp_path: Path) -> None:
    checkout.prepare("serve")
    checkout.emulator("import json, os, sys; print(json.dumps([os.getcwd(), sys.prefix, dict(os.environ)]))")
    foreign = Checkout(tmp_path / "foreign")
    foreign.emulator("raise SystemExit('the wrong emulator')")
    lead = {name: str(foreign.root) for name in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = checkout.run("version", cwd=foreign.root, env={**os.environ, **lead, "KEPT": "yes"})
    folder, prefix, environment = json.loads(done.stdout or "[]") or pytest.fail(done.stderr)
    assert (Path(folder), Path(prefix)) == (foreign.root, checkout.venv)
    assert lead.keys().isdisjoint(environment)
    assert environment["KEPT"] == "yes"


@posix_only
def test_run_may_be_called_by_a_link_without_standard_input(checkout: Checkout, tmp_path: Path) -> None:
    checkout.prepare("serve")
    (tmp_path / "link").symlink_to(checkout.root / "run")
    command = ["sh", "-c", f"'{sys.executable}' '{tmp_path}/link' version <&-"]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == "['version']\n"


# .ci/run, between stand-ins


class Ci:
    """A checkout with the real `.ci/run` and a `run` that only says what it was asked to do."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "checkout"
        self.programs = directory / "bin"
        (self.root / ".ci").mkdir(parents=True)
        shutil.copy(ROOT / ".ci" / "run", self.root / ".ci" / "run")
        (self.root / "docker-compose.yml").touch()
        (self.root / "compose.data.yml").touch()
        self.place(self.root / "run", 'echo "did $1"')
        self.place(self.programs / "id", "echo 0")
        self.place(self.programs / "apt-get", "true")
        self.place(self.programs / "docker", '[ "$1 $2" = "compose version" ] || echo "read $*"')

    def place(self, program: Path, script: str) -> None:
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def container_check(self, script: str) -> None:
        self.place(self.root.parent / "shared" / "tools" / "container-check", script)

    def run(self) -> subprocess.CompletedProcess[str]:
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        variables = {**os.environ, "PATH": path, "CONTAINER_CHECK_CACHE": str(self.root / "no cache")}
        return subprocess.run(
            ["bash", self.root / ".ci" / "run"], env=variables, capture_output=True, text=True, check=False, timeout=60
        )


@pytest.fixture
def ci(tmp_path: Path) -> Ci:
    return Ci(tmp_path)


@posix_only
@pytest.mark.parametrize(("failing", "status"), [("neither", 0), ("check", 1), ("test", 1), ("clients", 0)])
def test_ci_runs_check_and_test_whatever_fails(ci: Ci, failing: str, status: int) -> None:
    ci.place(ci.root / "run", f'echo "did $1"\n[ "$1" != {failing} ]')
    done = ci.run()
    assert ("did check" in done.stdout, "did test" in done.stdout, done.returncode) == (True, True, status)
    assert ("FAILED: ./run " in done.stdout) == bool(status)


@posix_only
def test_ci_builds_and_runs_the_containers(ci: Ci) -> None:
    ci.container_check('echo "$0: ok $*"; pwd')
    done = ci.run()
    assert (
        f"../shared/tools/container-check: ok --compose . http://127.0.0.1:4680/_emulator/ready\n{ci.root}\n"
        in done.stdout
    )
    assert done.returncode == 0


@posix_only
def test_ci_fails_with_the_words_of_containers_that_do_not_run(ci: Ci) -> None:
    ci.container_check("echo 'the last lines of a log' >&2; echo 'container-check: FAILED at health'; exit 1")
    done = ci.run()
    assert "the last lines of a log\ncontainer-check: FAILED at health\n" in done.stdout
    assert done.stdout.endswith("\nFAILED: ../shared/tools/container-check\n")
    assert (done.returncode, "did test" in done.stdout) == (1, True)


@posix_only
@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("at fetching the engine", 0),
        ("at fetching docker compose", 0),
        ("at starting the engine", 0),
        ("at installing mmdebstrap", 0),
        ("at making the base for python:3.13-slim", 0),
        ("no local base for FROM alpine", 1),
        ("cache is in use", 1),
    ],
)
def test_ci_goes_on_where_no_engine_can_be_had_and_nowhere_else(ci: Ci, reason: str, status: int) -> None:
    ci.container_check(f"echo 'container-check: FAILED {reason}'; exit 3")
    done = ci.run()
    assert f"container-check: FAILED {reason}\n" in done.stdout
    assert ("skipped: no engine can be had here" in done.stdout, done.returncode) == (not status, status)


@posix_only
def test_ci_says_why_it_leaves_the_containers_out(ci: Ci) -> None:
    assert "skipped: there is no ../shared/tools/container-check\n" in ci.run().stdout
    ci.container_check("echo built")
    ci.place(ci.programs / "id", "echo 1000")
    done = ci.run()
    assert "skipped: ../shared/tools/container-check needs root on Debian\n" in done.stdout
    assert ("built" in done.stdout, done.returncode) == (False, 0)


@posix_only
def test_ci_reads_the_compose_files_and_every_overlay(ci: Ci) -> None:
    said = ci.run().stdout
    assert "read compose -f docker-compose.yml --profile * config --quiet\n" in said
    assert "read compose -f docker-compose.yml -f compose.data.yml --profile * config --quiet\n" in said
    assert "ok     docker-compose.yml compose.data.yml\n" in said


@posix_only
@pytest.mark.parametrize("wrong", ["docker-compose.yml --profile", "compose.data.yml --profile"])
def test_ci_fails_with_a_compose_file_that_cannot_be_read(ci: Ci, wrong: str) -> None:
    ci.place(ci.programs / "docker", f"case \"$*\" in *'{wrong}'*) echo 'yaml: line 3'; exit 15 ;; esac")
    done = ci.run()
    assert "yaml: line 3\n" in done.stdout
    assert done.stdout.endswith("\nFAILED: docker compose config\n")
    assert done.returncode == 1


@posix_only
def test_ci_reads_them_with_what_container_check_has_unpacked_where_docker_has_no_compose(ci: Ci) -> None:
    ci.place(ci.programs / "docker", "exit 1")
    assert "skipped: there is no docker compose\n" in ci.run().stdout
    place = ci.root / "no cache" / "root" / "usr" / "libexec" / "docker" / "cli-plugins" / "docker-compose"
    ci.place(place, 'echo "unpacked $*"')
    assert "unpacked -f docker-compose.yml --profile * config --quiet\n" in ci.run().stdout


@posix_only
@pytest.mark.parametrize("tool", ["run", ".ci/run"])
def test_a_tool_can_be_started(tool: str) -> None:
    assert os.access(ROOT / tool, os.X_OK)
