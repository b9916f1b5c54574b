"""Verbs for those who write scenarios: ``validate``, ``schema``. They need no emulator that runs."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.cli import speech
from emulator.cli.parameters import HELP, json_option, option
from emulator.cli.speech import SAID_NO
from emulator.cli.verbs import Verb
from emulator.cli.worlds import SCENARIO_SUFFIXES, STDIN, read_file
from emulator.settings import Options, scenario_directories

if TYPE_CHECKING:
    from emulator.control.marks import Spot
    from emulator.control.validation import Checked

_MOST_PROBLEMS = 100_000


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator validate my-world.yaml", "file:line:column of everything that is wrong"),
        (
            "martech-emulator validate scenarios --fixtures scenarios",
            "all files of a directory, which extend each other",
        ),
        ("cat my-world.yaml | martech-emulator validate - --json", "from stdin, for programs"),
    ),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True), metavar="FILE...")
@option(
    "--fixtures",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    show_default="the file's own",
    help="Directory with the scenarios that the files extend.",
)
@json_option()
@click.pass_context
def validate(ctx: click.Context, files: tuple[str, ...], fixtures: Path | None) -> None:
    """Check scenario files, without an emulator. The exit code is 1 where anything is wrong.

    Everything that is wrong is told, as FILE:LINE:COLUMN: PATH: SENTENCE; but of what only shows when a vendor's rows
    are written, the first thing for each vendor. Credentials and e-mail addresses that look real are warnings, which
    leave a file valid.
    """
    told = []
    for file in _expanded(files):
        with speech.waiting(f"checking {file}"):
            problems, warnings = _checked(file, fixtures)
        told.append({
            "file": file,
            "valid": not problems,
            "problems": [_told(one) for one in problems],
            "warnings": [_told(one) for one in warnings],
        })  # fmt: skip
        if not speech.wants_json():
            for one in warnings:
                click.echo(_line(one, click.style("warning: ", fg="yellow")))
            click.echo("\n".join(_line(one) for one in problems) or f"{file}: {click.style('valid', fg='green')}")
    valid = all(one["valid"] for one in told)
    if speech.wants_json():
        click.echo(speech.as_json({"valid": valid, "files": told}))
    if not valid:
        ctx.exit(SAID_NO)


def _expanded(files: Sequence[str]) -> Iterator[str]:
    """Directories as the scenarios in them."""
    for file in files:
        if file != STDIN and Path(file).is_dir():
            yield from sorted(str(path) for path in Path(file).iterdir() if path.suffix in SCENARIO_SUFFIXES)
        else:
            yield file


def _checked(file: str, fixtures: Path | None) -> "Checked":
    from emulator.control.scenario import Scenarios
    from emulator.control.validation import Checked, checked
    from emulator.vendors import VENDORS

    content = read_file(file)
    own = Path(file).parent if file != STDIN else Path()
    directories = scenario_directories(Options(fixtures=fixtures or own))
    found = checked(Scenarios(VENDORS, directories, most_problems=_MOST_PROBLEMS), file, content)
    return Checked(*([one._replace(file=_near(one.file)) for one in spots] for spots in found))


def _near(file: str) -> str:
    """As it is called from here, where that is shorter."""
    return min(file, os.path.relpath(file), key=len) if os.path.isabs(file) else file


def _line(one: "Spot", kind: str = "") -> str:
    place = click.style(f"{one.file}:{one.line}:{one.column}:", bold=True)
    path = f"{speech.printable(one.path)}: " if one.path else ""
    return f"{place} {kind}{path}{speech.printable(one.sentence)}"


def _told(one: "Spot") -> dict[str, Any]:
    return {"file": one.file, "line": one.line, "column": one.column, "path": one.path, "says": one.sentence}


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator schema > scenario.schema.json", "for an editor that checks while you type"),
        ("martech-emulator schema | head -c 300", "the first line of a file: # yaml-language-server: $schema=FILE"),
    ),
)
@json_option()
def schema() -> None:
    """Print the JSON Schema of a scenario.

    Editors check by it while you type.
    """
    from emulator.control.scenario import Scenarios
    from emulator.control.scenario_schema import scenario_schema
    from emulator.vendors import VENDORS

    click.echo(json.dumps(scenario_schema(Scenarios(VENDORS, []).model), indent=2))
