"""Verbs for the shell around: ``env``, ``completion``, ``version``."""

import os
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emulator import __version__
from emulator.cli import speech
from emulator.cli.parameters import HELP, control, json_option, option
from emulator.cli.verbs import Verb

if TYPE_CHECKING:
    from emulator.client import Client

_UNQUOTED = re.compile(r"[A-Za-z0-9_.:/@%+,=-]*")


def _sh(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{escaped}'"


def _powershell(name: str, value: str) -> str:
    escaped = value.replace("'", "''")
    return f"$env:{name} = '{escaped}'"


def _dotenv(name: str, value: str) -> str:
    """Bare where it can be, because not every reader of such files takes quotes away. URLs have no apostrophes."""
    return f"{name}={value}" if _UNQUOTED.fullmatch(value) else f"{name}='{value}'"


_SHELLS: Mapping[str, Callable[[str, str], str]] = {
    "sh": _sh,
    "fish": _fish,
    "powershell": _powershell,
    "dotenv": _dotenv,
}


def _usual_shell() -> str:
    login = Path(os.environ.get("SHELL", "")).name
    if login in ("fish", "pwsh"):
        return "fish" if login == "fish" else "powershell"
    return "powershell" if os.name == "nt" and not login else "sh"


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ('eval "$(martech-emulator env --shell sh)"', "in sh, bash and zsh; in fish: martech-emulator env | source"),
        ("martech-emulator env -n worker-3 --shell fish", "base URLs of a namespace"),
        ("martech-emulator env --shell dotenv > emulator.env", "for docker --env-file and the like"),
    ),
)
@control
@option(
    "--shell",
    type=click.Choice(list(_SHELLS)),
    default=_usual_shell,
    show_default="by $SHELL",
    help="Whose words: sh also for bash and zsh.",
)
def env(client: "Client", shell: str) -> None:
    """Print what sets the vendors' base URLs in a shell.

    It sets EMULATOR_URL too, and EMULATOR_NAMESPACE where there is one. In PowerShell:
    martech-emulator env --shell powershell | Out-String | Invoke-Expression. It prints them for an emulator that does
    not run too, and says so on stderr.
    """
    from emulator.client import EmulatorError

    slugs = None
    try:
        slugs = list(client.index()["vendors"])
    except (EmulatorError, KeyError, TypeError) as error:
        reason = str(error) if isinstance(error, EmulatorError) else f"{client.url} is no emulator"
        speech.complain(f"{reason} (the variables are printed all the same)")
    variables = client.environment(slugs)
    speech.answer(variables, "\n".join(_SHELLS[shell](name, value) for name, value in variables.items()))


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator completion bash > completion.bash", "to be sourced by ~/.bashrc"),
        ("martech-emulator completion zsh > _martech-emulator", "in a directory of $fpath"),
        ("martech-emulator completion fish > martech-emulator.fish", "in ~/.config/fish/completions"),
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option()
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete words.

    Verbs and options, and names: of vendors, operations and failures, scenarios, snapshots, drills, ids of calls. Those
    that only a running emulator knows come from the one that the options name.
    """
    from click.shell_completion import get_completion_class

    from emulator.cli import COMPLETE, PROGRAM

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, PROGRAM, COMPLETE).source()
    speech.answer({"shell": shell, "script": script}, script)


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator version", "of this program; `doctor` also tells that of the running one"),
        ("martech-emulator version --json", "for programs"),
    ),
)
@json_option()
def version() -> None:
    """Print the version."""
    speech.answer({"version": __version__}, __version__)
