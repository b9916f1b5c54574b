"""Pytest as a reader of ours has it: in a project of its own, with this one installed beside it, and strict."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import emulator

ROOT = Path(__file__).parent.parent
_STRICT = ["-W", "error", "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"]


def run_pytest(project: Path, *args: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """In the directory `project`, with more environment variables."""
    site = project.parent / "site-packages"
    if not site.exists():
        _install(site)
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "EMULATOR_"))}
    path = os.pathsep.join([str(site), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-P", "-m", "pytest", *_STRICT, *args],
        check=False,
        cwd=project,
        env={**clean, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=110,
    )


def _install(site: Path) -> None:
    """As pip does, but for the code, which stays where it is: pytest finds the plugin by its entry point."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = site / f"martech_emulator-{emulator.__version__}.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {emulator.__version__}\n")
    plugins = [f"{name} = {module}" for name, module in project["entry-points"]["pytest11"].items()]
    (told / "entry_points.txt").write_text("\n".join(["[pytest11]", *plugins, ""]))
