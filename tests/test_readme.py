"""The README's commands do what it says when pasted in order, and its test passes."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from emulator.server import Background
from tests.readers import run_pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"```sh\n(?P<commands>.*?)```(?:\n\n```json\n(?P<answer>.*?)```)?", re.DOTALL)


def _blocks() -> Iterator[object]:
    heading = ""
    for part in re.split(r"(?=^#{2,3} |^\*\*)", README, flags=re.MULTILINE):
        heading = part.splitlines()[0].strip("# *")[:40] if part else heading
        for match in _BLOCK.finditer(part):
            yield pytest.param(match["commands"], match["answer"], id=heading)


@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
@pytest.mark.parametrize(("commands", "answer"), list(_blocks()))
def test_a_pasted_command_answers_as_shown(
    commands: str, answer: str | None, server: Background, namespace: str
) -> None:
    ours = commands.replace("http://127.0.0.1:4680", f"{server.url}/ns/{namespace}")
    done = subprocess.run(["sh", "-c", ours], capture_output=True, check=True, timeout=30)
    if answer is None:
        assert b'"status":4' not in done.stdout
        assert b"Not emulated" not in done.stdout
    else:
        assert orjson.loads(done.stdout) == orjson.loads(answer)


def test_every_vendor_has_a_command_in_the_readme() -> None:
    commands = "".join(match["commands"] for match in _BLOCK.finditer(README))
    for path in ("/treasuredata/", "/primedata/", "/algonomy/", "/talonone/"):
        assert f"http://127.0.0.1:4680{path}" in commands


def test_the_test_passes_when_pasted(tmp_path: Path) -> None:
    (source,) = [block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "def test_" in block]
    project = tmp_path / "shop"
    project.mkdir()
    (project / "test_shop.py").write_text(source, encoding="utf-8")
    done = run_pytest(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
