"""Verbs about what was asked and answered: ``requests``, ``replay``."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from emulator.cli import speech, suggestions
from emulator.cli.parameters import HELP, control, option
from emulator.cli.speech import SAID_NO, Cell
from emulator.cli.verbs import Verb
from emulator.cli.worlds import STDIN, read_file, write_file

if TYPE_CHECKING:
    from emulator.client import Client

_HEADINGS = ("id", "at", "vendor", "operation", "call", "status", "ms", "why")
_WIDTHS = (6, 20, 12, 28, 48, 6, 8)
"""Of the columns of lines that come one by one."""
_PAUSE = 0.3
_EVERYTHING = 1_000_000


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator requests --vendor talonone --status 4xx --limit 20", "the last refusals"),
        ("martech-emulator requests --export journal.jsonl", "as JSON lines, whole or not at all"),
        ("timeout 2 martech-emulator requests --follow || true", "new calls as they come, until interrupted"),
    ),
)
@control
@option("--vendor", shell_complete=suggestions.vendors, help="Only calls to this vendor.")
@option("--operation", shell_complete=suggestions.operations, help="Only calls of this operation.")
@option("--status", help="Only answers of this status, such as 404, or of a class, such as 4xx.")
@option("--since", help="Only calls after this id, or from this moment on.")
@option("--limit", type=click.IntRange(1, _EVERYTHING), default=100, show_default=True, help="The newest so many.")
@option("--follow", is_flag=True, help="Show new calls as they come, until interrupted.")
@option(
    "--export",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write the journal into a file, or to stdout (-), as JSON lines that replay reads.",
)
@option("--clear", is_flag=True, help="Forget all calls afterwards.")
def requests(client: "Client", /, follow: bool, export: str | None, clear: bool, **filters: Any) -> None:
    """Show what was asked and answered, credentials masked. `explain ID` tells more of one call."""
    if follow and (export or clear):
        raise click.UsageError("--follow goes with neither --export nor --clear")
    if follow:
        _follow(client, filters)
    elif export:
        _export(client, export, filters)
    else:
        _show(client, filters, quiet=clear)
    if clear:
        client.clear_requests()
        if not speech.wants_json() and export != STDIN:
            click.echo("forgot all calls")


def _show(client: "Client", filters: dict[str, Any], *, quiet: bool) -> None:
    told = client.requests(**filters)
    found = told["requests"]
    more = f"{told['total'] - len(found)} older ones match too; " if told["total"] > len(found) else ""
    dropped = f"{told['dropped']} were dropped from the journal before; " if told["dropped"] else ""
    text = speech.table(_HEADINGS, [_row(one) for one in found]) if found else "no calls match"
    if not quiet or found or speech.wants_json():
        lost = [f"at {one['at']} {speech.printable(one['says'])}" for one in told.get("misdirected", ())]
        speech.answer(told, "\n".join(filter(None, [text, f"{more}{dropped}".removesuffix("; "), *lost])))


def _row(one: dict[str, Any]) -> list[str | Cell]:
    query = one["request"]["query"]
    call = f"{one['method']} {one['path']}" + (f"?{query}" if query else "")
    observed = one.get("would_refuse")
    why = [one["refusal"], one["fault"] and f"fault {one['fault']}", observed and f"would be refused: {observed}"]
    about = [one["id"], one["at"], one["vendor"], one["operation"] or "-", call]
    return [*about, speech.of_status(one["status"]), f"{one['duration_ms']:.1f}", ", ".join(filter(None, why))]


def _export(client: "Client", file: str, filters: dict[str, Any]) -> None:
    given = click.get_current_context().get_parameter_source("limit")
    if given is click.core.ParameterSource.DEFAULT:
        filters = {**filters, "limit": None}
    content = client.export_requests(**filters)
    write_file(file, content)
    if file != STDIN:
        size = {"file": file, "lines": content.count(b"\n"), "bytes": len(content)}
        speech.answer(size, f"wrote {file}, {size['lines']} lines")


def _follow(client: "Client", filters: dict[str, Any]) -> None:
    """Ends well with an interrupt: there is no other end."""
    try:
        for one in _new_ones(client, filters):
            line = speech.table(None, [_row(one)], least=_WIDTHS)
            click.echo(speech.as_json(one, indent=None) if speech.wants_json() else line)
    except KeyboardInterrupt:
        return


def _new_ones(client: "Client", filters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Calls as they come. After a reset, or once the last one that was shown has been dropped, all there are are new:
    a journal that was reset counts from 1 again."""
    client.requests(**{**filters, "limit": 1})  # a filter that cannot be is refused before anything is waited for
    everything = {**filters, "limit": _EVERYTHING}
    last = _newest(client)
    if last and filters["since"] is not None:
        yield from _up_to(last, client.requests(**everything))
    while True:
        newest = _newest(client)
        if newest and newest != last:
            after = last["id"] if last and _is_there(client, last) else None
            if last and after is None:
                _tell_of_lost(client, last, newest)
            yield from _up_to(newest, client.requests(**{**everything, "since": after}))
        last = newest
        time.sleep(_PAUSE)


def _tell_of_lost(client: "Client", last: dict[str, Any], newest: dict[str, Any]) -> None:
    """A busy emulator with a short journal forgets calls before they are shown. After a reset nothing is lost."""
    lost = int(newest["id"]) - client.requests(limit=1)["total"] - int(last["id"])
    if lost > 0:
        click.echo(
            f"{lost} calls fell out of the journal before they could be shown; --journal makes it longer", err=True
        )


def _newest(client: "Client") -> dict[str, Any] | None:
    return next(iter(client.requests(limit=1)["requests"]), None)


def _up_to(newest: dict[str, Any], told: dict[str, Any]) -> list[dict[str, Any]]:
    """What came after that is left for the next time."""
    return [one for one in told["requests"] if int(one["id"]) <= int(newest["id"])]


def _is_there(client: "Client", one: dict[str, Any]) -> bool:
    from emulator.client import Refused

    try:
        return bool(client.request(one["id"]) == one)
    except Refused:
        return False


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator requests --export journal.jsonl", "a journal, from wherever it went wrong"),
        ("martech-emulator replay journal.jsonl", "the same calls against a fresh namespace: the same answers?"),
        ("martech-emulator requests --export - | martech-emulator replay - --json", "at once, for programs"),
    ),
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@control
@click.pass_context
def replay(ctx: click.Context, client: "Client", file: str) -> None:
    """Play an exported journal again, and compare the answers.

    It is played against a fresh world with the recorded scenario, seed and clock. The exit code is 1 where an answer
    differs, and the first that does is shown.
    """
    with speech.waiting(f"playing {file}"):
        told = client.replay(read_file(file))
    lines = [
        f"{told['compared']} of {told['calls']} answers were compared: " + ("all the same" if told["same"] else "")
    ]
    if not told["same"]:
        lines[0] += "they differ"
        lines += ["", "the first that differs:", *speech.outline(told["first_difference"])]
    speech.answer(told, "\n".join([*lines, *(f"note: {speech.printable(note)}" for note in told["notes"])]))
    if not told["same"]:
        ctx.exit(SAID_NO)
