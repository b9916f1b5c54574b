"""Verbs about a world as a whole: ``reset``, ``seed``, ``snapshot``."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from emulator.cli import speech, suggestions
from emulator.cli.parameters import HELP, Name, control, json_option, option, placed
from emulator.cli.verbs import Family, Verb

if TYPE_CHECKING:
    from emulator.client import Client

P = ParamSpec("P")
R = TypeVar("R")

SCENARIO_SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator reset", "rows, clock, limits, faults and ids, back to the scenario"),
        ("martech-emulator reset --vendor talonone", "of one vendor only"),
        ("martech-emulator reset --scenario empty -n worker-3", "to another scenario, in a namespace"),
    ),
)
@control
@option("--vendor", shell_complete=suggestions.vendors, help="Only this vendor.")
@option("--scenario", shell_complete=suggestions.scenarios, help="Back to this scenario, and not to the current one.")
def reset(client: "Client", vendor: str | None, scenario: str | None) -> None:
    """Go back to the scenario."""
    with speech.waiting("resetting"):
        client.reset(vendor, scenario)
    to = f" to {scenario}" if scenario else ""
    speech.answer({"reset": True, "vendor": vendor, "scenario": scenario}, f"reset {vendor or 'everything'}{to}")


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator seed my-world.yaml", "check a file, load it, and reset to it"),
        ("martech-emulator seed demo", "reset to a scenario that the emulator has"),
        ("sed 's/Ana/Zoë/' my-world.yaml | martech-emulator seed -", "from stdin"),
    ),
)
@click.argument("source", metavar="FILE|NAME|-", shell_complete=suggestions.scenarios_and_files)
@control
def seed(client: "Client", source: str) -> None:
    """Load a scenario from a file, or one that the emulator has.

    A file is YAML or JSON. What has a suffix such as .yaml, a slash, or is a file here, counts as a file. Nothing is
    half-applied.
    """
    if not _is_file(source):
        with speech.waiting(f"loading {source}"):
            client.reset(scenario=source)
        speech.answer({"name": source}, f"loaded {source}")
        return
    content = read_file(source)
    with speech.waiting(f"loading {source}"):
        loaded = client.seed(content)
    for warning in loaded.get("warnings", ()):
        click.echo(f"martech-emulator: warning: {speech.printable(warning)}", err=True)
    rows = [
        [vendor, table, str(count)]
        for vendor, tables in loaded["rows"].items()
        for table, count in tables.items()
        if count
    ]
    text = speech.table(["vendor", "table", "rows"], rows) if rows else "it has no rows"
    speech.answer(loaded, f"loaded {loaded['name']}\n{text}")


def _is_file(source: str) -> bool:
    return source == STDIN or os.sep in source or source.endswith(SCENARIO_SUFFIXES) or Path(source).is_file()


def read_file(name: str) -> bytes:
    """Of a file, or of stdin. What cannot be read is wrong usage."""
    try:
        return sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise click.BadParameter(f"{name} cannot be read: {reason}", param_hint="FILE") from None


def write_file(name: str, content: bytes) -> None:
    """Whole or not at all; to stdout for ``-``. What cannot be written is wrong usage. A link is followed, and what is
    no file, such as /dev/null or a named pipe, is written to and never replaced."""
    import tempfile

    named, target = Path(name), Path(os.path.realpath(name))
    draft: str | None = None
    try:
        if name == STDIN:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            return
        if named.exists() and not named.is_file():
            named.write_bytes(content)
            return
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(draft).chmod(0o666 & ~_umask())
        os.replace(draft, target)
        draft = None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise click.BadParameter(f"{name} cannot be written: {reason}", param_hint="FILE") from None
    finally:
        if draft is not None:
            Path(draft).unlink(missing_ok=True)


def _umask() -> int:
    """There is no way to ask without setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@click.group(
    cls=Family,
    context_settings=HELP,
    examples=(
        ("martech-emulator snapshot save before-checkout", "keep the whole state of the namespace"),
        ("martech-emulator snapshot restore before-checkout", "and go back to it"),
        ("martech-emulator snapshot export before-checkout world.snapshot", "as a file, for another machine"),
    ),
)
@placed()
@json_option()
def snapshot() -> None:
    """Keep the whole state of a namespace, and go back to it."""


def _name(**about: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    return click.argument("name", type=Name(), **about)


@snapshot.command(
    examples=(
        ("martech-emulator snapshot save before-checkout", "rows, clock, limits, faults and randomness"),
        ("martech-emulator snapshot save before-checkout --json", "for programs"),
    )
)
@_name()
@control
def save(client: "Client", name: str) -> None:
    """Keep the state as it is now, under a name."""
    speech.answer(client.save_snapshot(name), f"saved {name}")


@snapshot.command(
    "list",
    examples=(
        ("martech-emulator snapshot list", "those of this namespace"),
        ("martech-emulator snapshot list --json", "for programs"),
    ),
)
@control
def list_snapshots(client: "Client") -> None:
    """Show the snapshots there are."""
    found = client.snapshots()
    rows = [
        [
            one["name"],
            one["taken_at"],
            one["scenario"],
            str(sum(one["rows"].values())),
            str(one["bytes"]),
            one["made_by"],
        ]
        for one in found
    ]
    text = speech.table(["name", "taken at", "scenario", "rows", "bytes", "made by"], rows)
    speech.answer({"snapshots": found}, text if found else "there are no snapshots")


@snapshot.command(
    examples=(
        ("martech-emulator snapshot restore before-checkout", "everything as it was then"),
        ("martech-emulator -n worker-3 snapshot restore before-checkout || true", "each namespace has its own"),
    )
)
@_name(shell_complete=suggestions.snapshots)
@control
def restore(client: "Client", name: str) -> None:
    """Go back to a snapshot."""
    client.restore_snapshot(name)
    speech.answer({"restored": name}, f"restored {name}")


@snapshot.command(
    "export",
    examples=(
        ("martech-emulator snapshot export before-checkout world.snapshot", "into a file, whole or not at all"),
        ("martech-emulator snapshot export before-checkout - | wc -c", "to stdout"),
    ),
)
@_name(shell_complete=suggestions.snapshots)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@control
def export_snapshot(client: "Client", name: str, file: str) -> None:
    """Write a snapshot into a file, or to stdout (-)."""
    content = client.export_snapshot(name)
    write_file(file, content)
    if file != STDIN:
        speech.answer({"name": name, "file": file, "bytes": len(content)}, f"wrote {file}, {len(content)} bytes")


@snapshot.command(
    "import",
    examples=(
        ("martech-emulator snapshot import from-ci world.snapshot", "a file that export wrote, under a name of yours"),
        ("martech-emulator snapshot restore from-ci", "which changes nothing until it is restored"),
    ),
)
@_name()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@control
def import_snapshot(client: "Client", name: str, file: str) -> None:
    """Take in a snapshot from a file, or from stdin (-)."""
    speech.answer(client.import_snapshot(name, read_file(file)), f"imported {file} as {name}")


@snapshot.command(
    examples=(
        ("martech-emulator snapshot delete before-checkout", "for good"),
        ("martech-emulator snapshot list", "what is left"),
    )
)
@_name(shell_complete=suggestions.snapshots)
@control
def delete(client: "Client", name: str) -> None:
    """Forget a snapshot."""
    client.delete_snapshot(name)
    speech.answer({"deleted": name}, f"deleted {name}")
