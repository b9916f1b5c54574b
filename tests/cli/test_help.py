"""Help teaches: every verb has examples, they work when pasted in order, and every option names its variable."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from emulator.cli import cli
from emulator.server import Background
from tests.cli.program import environment, run

MY_WORLD = "name: my-world\ndescription: For Ana\nprimedata:\n  api_keys: [k-1]\n"


def verbs(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield (*path, name), command
            if isinstance(command, click.Group):
                yield from verbs(command, (*path, name))


ALL = [pytest.param(path, command, id=" ".join(path)) for path, command in verbs(cli)]


def examples(path: tuple[str, ...]) -> list[str]:
    """As the help shows them."""
    shown = run(*path, "--help", COLUMNS="120").stdout
    return [line.strip().removeprefix("$ ") for line in shown.splitlines() if line.strip().startswith("$ ")]


@pytest.fixture
def world_of_examples(server: Background, namespace: str, client: Any, tmp_path: Path) -> dict[str, str]:
    """The smallest in which they make sense: a refused call, some faults, a snapshot, a scenario's file."""
    client.put("/talonone/v2/customer_sessions/s-1", json={})
    for _ in range(3):
        client.post("/_emulator/faults", json={"vendor": "treasuredata", "fault": "2003"})
    client.post("/_emulator/snapshots", json={"name": "before-checkout"})
    (tmp_path / "world.snapshot").write_bytes(client.get("/_emulator/snapshots/before-checkout").content)
    client.put("/_emulator/snapshots/from-ci", content=(tmp_path / "world.snapshot").read_bytes())
    (tmp_path / "my-world.yaml").write_text(MY_WORLD)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "my-world.yaml").write_text(MY_WORLD)
    program = tmp_path / "bin" / "martech-emulator"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m emulator "$@"\n')
    program.chmod(0o755)
    return environment(
        PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        EMULATOR_URL=server.url,
        EMULATOR_NAMESPACE=namespace,
        EMULATOR_PORT="0",
        EMULATOR_CA_DIR=str(tmp_path / "ca"),
    )


@pytest.mark.parametrize(("path", "command"), [pytest.param((), cli, id="all verbs"), *ALL])
def test_the_examples_of_a_help_text_work(
    path: tuple[str, ...], command: click.Command, world_of_examples: dict[str, str], tmp_path: Path
) -> None:
    shown = examples(path)
    assert 2 <= len(shown) <= 3
    for one in shown:
        assert "martech-emulator" in one
        assert run_example(one, world_of_examples, tmp_path) == 0, one


def run_example(command: str, variables: dict[str, str], directory: Path) -> int:
    with subprocess.Popen(
        ["sh", "-c", command], cwd=directory, env=variables, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        if "martech-emulator serve" in command:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"martech-emulator ready on http://127.0.0.1:")
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=10)
            return 0 if process.returncode in (0, -signal.SIGTERM) else process.returncode
        process.communicate(timeout=60)
        return process.returncode


@pytest.mark.parametrize(("path", "command"), ALL)
def test_every_option_names_its_variable_and_all_speak_json(path: tuple[str, ...], command: click.Command) -> None:
    options = [one for one in command.params if isinstance(one, click.Option)]
    for option in options:
        (long,) = (name for name in option.opts if name.startswith("--"))
        assert option.envvar == "EMULATOR_" + long[2:].upper().replace("-", "_")
        assert option.show_envvar
        assert option.help
    assert "json" in [option.name for option in options] or (len(path) == 1 and isinstance(command, click.Group))


@pytest.mark.parametrize(("path", "command"), ALL)
def test_a_summary_fits_the_list_of_verbs(path: tuple[str, ...], command: click.Command) -> None:
    assert not command.get_short_help_str(60).endswith("...")
    assert command.help
