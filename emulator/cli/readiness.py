"""``ready``: whether the emulator is, for health checks and for scripts that wait."""

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from emulator.cli import speech
from emulator.cli.parameters import HELP, Duration, Host, control, option
from emulator.cli.verbs import URL, Verb
from emulator.readiness import SENTENCE, started_with, url_of

if TYPE_CHECKING:
    from emulator.client import Client

P = ParamSpec("P")
R = TypeVar("R")

_PATIENCE = 2.0
"""Seconds within which one that is ready answers."""
_PAUSE = 0.1
_TYPED = click.core.ParameterSource.COMMANDLINE


def _found_by_port(function: Callable[P, R]) -> Callable[P, R]:
    """The emulator may be named as `serve` was told where to listen, instead of by its URL."""

    @functools.wraps(function)
    def finding(*arguments: P.args, **options: P.kwargs) -> R:
        _find(click.get_current_context(), str(options.pop("host")), int(str(options.pop("port"))))
        return function(*arguments, **options)

    port = option("--port", default=4680, show_default=True, type=click.IntRange(0, 65535), help="Port it listens on.")
    host = option("--host", default="127.0.0.1", show_default=True, type=Host(), help="Address it listens on.")
    return host(port(finding))


def _find(ctx: click.Context, host: str, port: int) -> None:
    """What is typed wins over what the environment says."""
    by_port = [name for name in ("host", "port") if ctx.get_parameter_source(name) is _TYPED]
    by_url = any(one.get_parameter_source("url") is _TYPED for one in (ctx, ctx.parent) if one is not None)
    if by_port and by_url:
        raise click.UsageError(f"--url and --{by_port[0]} both say where the emulator is: give one of them")
    if not by_port and URL in ctx.meta:
        return
    host = host if "host" in by_port else started_with("--host") or host
    port = port if "port" in by_port else int(started_with("--port") or port)
    if port == 0:
        raise click.UsageError("port 0 lets the emulator pick one: name the one that it picked with --port")
    ctx.meta[URL] = url_of(host, port)


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator ready", "as a health check"),
        ("martech-emulator ready --wait 30s && martech-emulator reset", "in a script that has just started it"),
    ),
)
@_found_by_port
@control
@option("--wait", default="0s", show_default=True, type=Duration(), help="How long to wait for it.")
def ready(client: "Client", wait: float) -> None:
    """Tell whether the emulator is ready.

    The exit code is 0 as soon as it is, and 1 if it is not, or nothing is there, or something else.
    """
    from emulator.core.clock import SECOND, machine_now

    end = machine_now() + wait * SECOND
    with speech.waiting(f"waiting for {client.url}"):
        while not _is_ready(client, last=machine_now() >= end):
            time.sleep(_PAUSE)
    speech.answer({"url": client.url, "ready": True}, SENTENCE.format(client.url))


def _is_ready(client: "Client", *, last: bool) -> bool:
    """The last time that it is asked, why not is raised."""
    from emulator.client import EmulatorError, Refused

    try:
        if client.ready(_PATIENCE):
            return True
        says = f"the emulator at {client.url} is not ready: it is still loading its scenario; --wait 30s waits for it"
        raise Refused({"type": "about:blank", "title": "Not ready", "status": 503, "detail": says})
    except EmulatorError:
        if last:
            raise
        return False
