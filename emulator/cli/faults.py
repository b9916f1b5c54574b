"""``fault``: what is to go wrong, and how often it did."""

from typing import TYPE_CHECKING, Any

import click

from emulator.cli import speech, suggestions
from emulator.cli.parameters import HELP, Header, control, json_option, option, placed
from emulator.cli.speech import Cell
from emulator.cli.verbs import Family, unless_another

if TYPE_CHECKING:
    from emulator.client import Client

_vendor = option("--vendor", shell_complete=suggestions.vendors, help="Only this vendor.")
_operation = option("--operation", shell_complete=suggestions.operations, help="Only calls of this operation.")
_times = option("--times", type=click.IntRange(1), help="How many calls it hits; without, until it is removed.")
_headers = option(
    "--header",
    "headers",
    type=Header(),
    multiple=True,
    help="Only calls with this header, such as 'X-Session: s-1'. May be given several times.",
)
_probability = option(
    "--probability",
    type=click.FloatRange(0, 1, min_open=True),
    help="The chance that it hits a call, repeatable for a scenario with a seed.",
)


@click.group(
    cls=Family,
    context_settings=HELP,
    invoke_without_command=True,
    examples=(
        ("martech-emulator fault add treasuredata 2003 --times 2", "two calls fail in the vendor's own words"),
        ("martech-emulator fault list", "how often each has fired"),
        ("martech-emulator fault drill retry-storm", "a trouble by name, arranged for all vendors that know it"),
    ),
)
@placed()
@json_option()
@click.pass_context
def fault(ctx: click.Context) -> None:
    """Let calls fail, in the vendor's own words. Without a verb of its own: list."""
    unless_another(ctx, list_faults)


@fault.command(
    examples=(
        ("martech-emulator fault add treasuredata 2003 --times 2", "the next two calls"),
        ("martech-emulator fault add talonone delay=500 --operation updateCustomerSessionV2", "slow, until removed"),
        ("martech-emulator fault add talonone drop --header 'X-Session: s-1' --probability 0.5", "by chance, for some"),
    )
)
@click.argument("vendor", shell_complete=suggestions.vendors)
@click.argument("fault", metavar="FAULT", shell_complete=suggestions.failures)
@control
@_operation
@_times
@_probability
@_headers
def add(client: "Client", /, vendor: str, fault: str, headers: tuple[tuple[str, str], ...], **order: Any) -> None:
    """Let calls to VENDOR meet FAULT.

    A name that `fault names` lists, delay=MILLISECONDS, drop, truncate, or several of them with commas between.
    """
    made = client.add_fault(vendor, fault, headers=dict(headers) or None, **order)
    speech.answer(made, _faults([made]))


@fault.command(
    "list",
    examples=(
        ("martech-emulator fault list", "with how often each fired"),
        ("martech-emulator fault list --vendor talonone --json", "for programs"),
    ),
)
@control
@_vendor
def list_faults(client: "Client", vendor: str | None) -> None:
    """Show the standing faults."""
    found = client.faults(vendor)
    speech.answer({"faults": found}, _faults(found) if found else "there are no standing faults")


def _faults(found: list[Any]) -> str:
    rows = []
    for one in found:
        headers = ", ".join(f"{name}: {value}" for name, value in one["headers"].items())
        times = f"{one['fired']} of {one['times']}" if one["times"] else str(one["fired"])
        fired = Cell(times, "green" if one["spent"] else "yellow" if one["fired"] else None)
        about = [one["id"], one["vendor"], one["operation"] or "any", one["fault"], fired]
        rows.append([*about, f"{one['probability']:g}", headers])
    return speech.table(["id", "vendor", "operation", "fault", "fired", "chance", "headers"], rows)


@fault.command(
    examples=(
        ("martech-emulator fault remove f1", "one, by the id that list shows"),
        ("martech-emulator fault remove f2 f3", "several"),
    )
)
@click.argument("ids", nargs=-1, required=True, metavar="ID...", shell_complete=suggestions.standing_faults)
@control
def remove(client: "Client", ids: tuple[str, ...]) -> None:
    """End standing faults, all of them or none."""
    wanted = list(dict.fromkeys(ids))
    standing = {one["id"] for one in client.faults()}
    for one in sorted(wanted, key=standing.__contains__):  # the first that is not there is refused, and ends it
        client.remove_fault(one)
    speech.answer({"removed": wanted}, f"removed {', '.join(wanted)}")


@fault.command(
    examples=(
        ("martech-emulator fault clear", "all of the namespace"),
        ("martech-emulator fault clear --vendor talonone", "of one vendor"),
    )
)
@control
@_vendor
def clear(client: "Client", vendor: str | None) -> None:
    """End all standing faults."""
    client.clear_faults(vendor)
    speech.answer(
        {"cleared": True, "vendor": vendor}, "there are no standing faults" + (f" of {vendor}" * bool(vendor))
    )


@fault.command(
    examples=(
        ("martech-emulator fault names --vendor treasuredata", "what can be provoked, with the status it has"),
        ("martech-emulator fault names --json", "for programs: with headers, body and source"),
    )
)
@control
@_vendor
def names(client: "Client", vendor: str | None) -> None:
    """Show the failures that can be provoked by name."""
    found = client.failures(vendor)
    rows = [[one["vendor"], one["name"], speech.of_status(one["status"]), one["says"]] for one in found]
    speech.answer({"errors": found}, speech.table(["vendor", "fault", "status", "what it is"], rows))


@fault.command(
    examples=(
        ("martech-emulator fault drill", "the drills there are"),
        ("martech-emulator fault drill retry-storm --vendor primedata", "the next calls get the vendor's 429"),
        ("martech-emulator fault drill retry-storm --end", "enough"),
    )
)
@click.argument("name", required=False, shell_complete=suggestions.drills)
@control
@_vendor
@_operation
@_times
@_probability
@_headers
@option("--delay", metavar="MS", help="For slow-first-byte: milliseconds, or a span such as 100-900.")
@option("--end", is_flag=True, help="End it, and arrange nothing.")
def drill(client: "Client", /, name: str | None, end: bool, headers: tuple[tuple[str, str], ...], **order: Any) -> None:
    """Go through a trouble by name. Without one: show them.

    For one vendor, or for all that know it.
    """
    if name is None:
        found = client.drills()
        rows = [[one["name"], one["says"]] for one in found]
        speech.answer({"drills": found}, speech.table(["drill", "what happens"], rows))
    elif end:
        client.end_drill(name, order["vendor"])
        speech.answer({"ended": name, "vendor": order["vendor"]}, f"ended {name}")
    else:
        arranged = client.drill(name, headers=dict(headers) or None, **order)
        speech.answer(arranged, _faults(arranged["faults"]))
