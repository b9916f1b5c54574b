"""The examples do what they say, run as their readers would: a copy of one, with the plugin installed."""

import shutil
from pathlib import Path

import pytest

from emulator.server import Background
from tests.readers import ROOT, run_pytest

EXAMPLES = sorted({path.parent for path in (ROOT / "examples").glob("*/test_*.py")})


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.name)
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if list(request.param.glob("*.mjs")) and shutil.which("node") is None:
        pytest.skip("this machine has no node")
    return copied(request.param, tmp_path)


def copied(directory: Path, to: Path) -> Path:
    return shutil.copytree(directory, to / directory.name, ignore=shutil.ignore_patterns("__pycache__"))


def test_there_is_one_for_every_vendor() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "examples").glob("*/test_*.py"))
    for name in ("TreasureData", "PrimeData", "Algonomy", "TalonOne"):
        assert name in tests


def test_no_program_knows_the_emulator() -> None:
    for directory in EXAMPLES:
        for program in set(directory.glob("*.*")) - set(directory.glob("test_*.py")):
            assert "emulator" not in program.read_text(encoding="utf-8"), program


def test_it_passes_in_process(example: Path) -> None:
    done = run_pytest(example)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout


def test_it_passes_against_a_container(example: Path, server: Background, monkeypatch: pytest.MonkeyPatch) -> None:
    taken_away: list[str] = []
    drop = server.emulator.worlds.drop
    monkeypatch.setattr(server.emulator.worlds, "drop", lambda name: taken_away.append(name) or drop(name))
    done = run_pytest(example, "--emulator-url", server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
    assert taken_away, "the run had no namespace here"


def test_they_pass_together_and_in_parallel(tmp_path: Path) -> None:
    done = run_pytest(copied(ROOT / "examples", tmp_path), "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_only_reads_passes_at_the_vendor(tmp_path: Path, server: Background, namespace: str) -> None:
    """Another emulator stands in for it: to the run it is an address and a key in the environment."""
    done = run_pytest(
        copied(ROOT / "examples" / "customer_lookup", tmp_path),
        "--emulator-target=real",
        "-rs",
        PRIMEDATA_BASE_URL=f"{server.url}/ns/{namespace}/primedata",
        PRIMEDATA_API_KEY="aGdqZ2tqaGtqZzoxMjM0NTY3",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout, done.stdout
