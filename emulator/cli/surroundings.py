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
from emulator.cli.parameters import HELP, ca_dir_option, control, json_option, option
from emulator.cli.verbs import Verb

if TYPE_CHECKING:
    from emulator.client import Client

_UNQUOTED = re.compile(r"[A-Za-z0-9_.:/@%+,=-]*")
_SPECIAL = re.compile(r'[\\"$`]')
_ESCAPED = r"\\\g<0>"


def _sh(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{escaped}'"


def _powershell(name: str, value: str) -> str:
    escaped = value.replace("'", "''")
    return f"$env:{name} = '{escaped}'"


def _dotenv(name: str, value: str) -> str:
    """Bare where it can be, because not every reader of such files takes quotes away."""
    if _UNQUOTED.fullmatch(value):
        return f"{name}={value}"
    return f"{name}='{value}'" if "'" not in value else f'{name}="{_SPECIAL.sub(_ESCAPED, value)}"'


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
@option("--tls", is_flag=True, help="Base URLs with https, of an emulator that speaks TLS.")
@ca_dir_option("Directory for the file with the certificates to trust, where the emulator speaks TLS.")
def env(client: "Client", shell: str, tls: bool, ca_dir: Path) -> None:
    """Print what sets the vendors' base URLs in a shell.

    It sets EMULATOR_URL too, and EMULATOR_NAMESPACE where there is one. In PowerShell:
    martech-emulator env --shell powershell | Out-String | Invoke-Expression. It prints them for an emulator that does
    not run too, and says so on stderr.

    Where the emulator speaks TLS it sets EMULATOR_TLS_URL, and has programs trust it: SSL_CERT_FILE (Python, OpenSSL),
    REQUESTS_CA_BUNDLE (requests), CURL_CA_BUNDLE (curl) and NODE_EXTRA_CA_CERTS (Node) name a file with whatever those
    variables, or else this machine, let programs trust before, and the emulator's own authority.
    """
    from emulator.client import EmulatorError

    slugs, port = None, None
    try:
        index = client.index()
        slugs = list(index["vendors"])
        port = int(tls_there["port"]) if (tls_there := index.get("tls")) else None
    except (EmulatorError, KeyError, TypeError, ValueError) as error:
        reason = str(error) if isinstance(error, EmulatorError) else f"{client.url} is no emulator"
        if tls:
            raise EmulatorError(reason) from None
        speech.complain(f"{reason} (the variables are printed all the same)")
    variables = client.environment(slugs)
    if tls or port is not None:
        from emulator.cli import trust

        authority = trust.authority_of(client)
        secure = trust.secure_client(client, port)
        if tls:
            variables |= {**secure.environment(slugs), "EMULATOR_URL": client.url}
        variables |= {trust.TLS_URL: secure.url, **trust.trusting(authority, ca_dir)}
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
