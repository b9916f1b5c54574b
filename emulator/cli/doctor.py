"""``doctor``: whether an emulator could start here, and be reached."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from emulator.cli import speech
from emulator.cli.parameters import HELP, client, namespace_option, url_option
from emulator.cli.serving import starting
from emulator.cli.speech import SAID_NO, Cell
from emulator.cli.verbs import URL, Verb
from emulator.readiness import url_of
from emulator.settings import Options

if TYPE_CHECKING:
    from emulator.cli.checks import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}
_LEFT_BY_EXEC: tuple[str, ...] = ("EMULATOR_TLS_URL", "EMULATOR_CA_FILE")


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator doctor", "with the options and variables that serve would have"),
        ("martech-emulator doctor --port 0 --fixtures scenarios", "another port, scenarios of your own"),
        ("martech-emulator doctor --json", "for programs"),
    ),
)
@starting(port=4680)
@url_option()
@namespace_option()
@click.pass_context
def doctor(ctx: click.Context, options: Options) -> None:
    """Look for what would keep the emulator from working.

    What would keep it from starting, or programs from reaching it, and what to do about it. It makes no call that
    leaves this machine. The exit code is 1 where something has to be done.
    """
    found = list(_checks(ctx, options))
    rows: list[list[str | Cell]] = [[Cell(one.verdict, _COLOURS[one.verdict]), one.name, one.says] for one in found]
    healthy = all(one.verdict != "fail" for one in found)
    speech.answer({"healthy": healthy, "checks": [asdict(one) for one in found]}, speech.table(None, rows))
    if not healthy:
        ctx.exit(SAID_NO)


def _checks(ctx: click.Context, options: Options) -> "Iterator[Check]":
    from emulator.cli import checks

    somewhere = URL in ctx.meta or options.port != 0
    ctx.meta.setdefault(URL, url_of(options.host, options.port))
    one = client(ctx)
    yield from checks.python_version()
    yield from checks.dependencies()
    yield from checks.options_in_environment(_variables(ctx))
    yield from checks.port(options)
    if somewhere:
        yield from checks.emulator(one)
    yield from checks.scenarios(options)
    yield from checks.authority(options)
    yield from checks.trust(one if somewhere else None)
    yield from checks.local_names()
    yield from checks.production_hosts()
    yield from checks.proxies(one)
    yield from checks.ipv6(options)


def _variables(ctx: click.Context) -> list[str]:
    """Of all options of all verbs, and those that `exec` leaves to its command."""
    names = set(_LEFT_BY_EXEC)
    waiting: list[click.Command] = [ctx.find_root().command]
    while waiting:
        one = waiting.pop()
        names |= {param.envvar for param in one.params if isinstance(param.envvar, str)}
        if isinstance(one, click.Group):
            found = [one.get_command(ctx, name) for name in one.list_commands(ctx)]
            waiting += [command for command in found if command is not None]
    return sorted(names)
