"""Verbs that arrange how a world behaves in time and in number: ``clock``, ``limits``."""

from typing import TYPE_CHECKING, Any

import click

from emulator.cli import speech, suggestions
from emulator.cli.parameters import HELP, Duration, control, json_option, option, placed
from emulator.cli.speech import Cell
from emulator.cli.verbs import Family, unless_another

if TYPE_CHECKING:
    from emulator.client import Client


@click.group(
    cls=Family,
    context_settings=HELP,
    invoke_without_command=True,
    examples=(
        ("martech-emulator clock", "what time it is there"),
        ("martech-emulator clock advance 8h", "tokens expire, coupons end, windows roll"),
        ("martech-emulator clock freeze 2026-01-05T09:00:00Z", "and let it stand"),
    ),
)
@placed()
@json_option()
@click.pass_context
def clock(ctx: click.Context) -> None:
    """Show the clock of a namespace, and move it. Without a verb of its own: show."""
    unless_another(ctx, show_clock)


@clock.command(
    "show",
    examples=(
        ("martech-emulator clock show", "mode and moment"),
        ("martech-emulator clock show --json", "for programs"),
    ),
)
@control
def show_clock(client: "Client") -> None:
    """What time it is there, and whether it runs."""
    _tell(client.clock())


@clock.command(
    "set",
    signed=True,
    examples=(
        ("martech-emulator clock set 2026-01-05T09:00:00Z", "it runs on from there"),
        ("martech-emulator clock set 2026-12-24", "a date is its midnight in UTC"),
        ("martech-emulator clock set -3d", "three days back from where it is"),
    ),
)
@click.argument("moment")
@control
def set_clock(client: "Client", moment: str) -> None:
    """Let it run on from a moment.

    A timestamp, a date (its midnight in UTC), or a distance from where it is, such as -3d or +8h.
    """
    _tell(client.set_clock("shifted", moment))


@clock.command(
    signed=True,
    examples=(
        ("martech-emulator clock advance 8h", "units: ms, s, m, h, d, w"),
        ("martech-emulator clock advance 1h30m", "several of them"),
        ("martech-emulator clock advance -3d", "back"),
    ),
)
@click.argument("duration", type=Duration())
@control
def advance(client: "Client", duration: float) -> None:
    """Move it forward, or back. A clock that stands still stands still again afterwards."""
    _tell(client.advance_clock(duration))


@clock.command(
    signed=True,
    examples=(
        ("martech-emulator clock freeze", "where it is"),
        ("martech-emulator clock freeze 2026-01-05T09:00:00Z", "at a moment"),
    ),
)
@click.argument("moment", required=False)
@control
def freeze(client: "Client", moment: str | None) -> None:
    """Let it stand still, now or at a moment."""
    _tell(client.set_clock("frozen", moment))


@clock.command(
    examples=(
        ("martech-emulator clock real", "the machine's own time again"),
        ("martech-emulator -n worker-3 clock real", "in a namespace"),
    )
)
@control
def real(client: "Client") -> None:
    """Let it be the machine's own again."""
    _tell(client.set_clock("real"))


def _tell(told: dict[str, Any]) -> None:
    offset = f", {told['offset_seconds']:+g} s from the machine's" if "offset_seconds" in told else ""
    speech.answer(told, f"{told['now']}  {told['mode']}{offset}")


@click.group(
    cls=Family,
    context_settings=HELP,
    invoke_without_command=True,
    examples=(
        ("martech-emulator limits", "all limits, and what each caller has left"),
        ("martech-emulator limits set primedata requests --scale 0.02", "two calls, and then the vendor's 429"),
        ("martech-emulator limits set primedata requests --off", "none"),
    ),
)
@placed()
@json_option()
@click.pass_context
def limits(ctx: click.Context) -> None:
    """Show the vendors' rate limits, scale them, switch them off. Without a verb of its own: show."""
    unless_another(ctx, show_limits)


@limits.command(
    "show",
    examples=(
        ("martech-emulator limits show", "all"),
        ("martech-emulator limits show --vendor talonone", "of one vendor"),
    ),
)
@control
@option("--vendor", shell_complete=suggestions.vendors, help="Only this vendor's.")
def show_limits(client: "Client", vendor: str | None) -> None:
    """All limits, and what each caller has left."""
    found = client.limits(vendor)
    speech.answer({"limits": found}, _limits(found))


@limits.command(
    "set",
    examples=(
        ("martech-emulator limits set primedata requests --scale 0.02", "to test back-off with a few calls"),
        ("martech-emulator limits set primedata requests --observe", "let all pass, and count what would be refused"),
        ("martech-emulator limits set primedata requests --on --scale 1", "as it was"),
    ),
)
@click.argument("vendor", shell_complete=suggestions.vendors)
@click.argument("name", shell_complete=suggestions.limits)
@control
@option("--scale", type=float, help="Multiply the vendor's number: 0.1 is a tenth of it.")
@option("--on/--off", "enabled", default=None, help="Have the limit, or have none.")
@option(
    "--enforce/--observe", default=None, help="Refuse calls over the limit, or only tell that they would have been."
)
def set_limit(client: "Client", /, vendor: str, name: str, **changes: float | bool | None) -> None:
    """Change a limit until the next reset. What is not said stays as it is."""
    told = client.change_limit(vendor, name, **changes)
    speech.answer(told, _limits([told]))


def _limits(found: list[Any]) -> str:
    rows: list[list[str | Cell]] = []
    for limit in found:
        quota = "off" if limit["quota"] is None else str(limit["quota"]) + ("" if limit["enforce"] else ", observed")
        changed = limit["scale"] != 1 or not limit["enabled"] or not limit["enforce"]
        about = [limit["vendor"], limit["name"], Cell(quota, "yellow" if changed else None)]
        window = f"{limit['window_seconds']:g} s"
        callers = [[str(one[key]) for key in ("caller", "used", "remaining", "over")] for one in limit["headroom"]]
        rows += [[*about, window, *caller] for caller in callers or [[]]]
    return speech.table(["vendor", "limit", "calls", "per", "caller", "used", "left", "over"], rows)
