"""What a verb is: a command whose help teaches by examples, found by name without importing the others."""

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

Examples = Sequence[tuple[str, str]]
"""Command lines that work when pasted in order, each with what it does."""

URL = "emulator.url"
NAMESPACE = "emulator.namespace"
AS_JSON = "emulator.json"
CONTROL_TOKEN = "emulator.control_token"
"""What the options that may stand anywhere leave in a context's `meta`."""

_NEGATIVE = re.compile(r"-\d.*")


class Verb(click.Command):
    """`signed`: an argument may begin with a minus, because ``-3h`` is a distance, not the options -3 and -h."""

    def __init__(self, *arguments: Any, examples: Examples = (), signed: bool = False, **about: Any) -> None:
        super().__init__(*arguments, **about)
        self.examples = examples
        self._signed = signed

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        distances = [one for one in args if _NEGATIVE.fullmatch(one)] if self._signed else []
        others = [one for one in args if one not in (*distances, "--")]
        return super().parse_args(ctx, [*others, "--", *distances] if distances else args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(self.examples, formatter)


class Family(click.Group):
    """A verb with verbs of its own, such as ``clock advance``."""

    command_class = Verb

    def __init__(self, *arguments: Any, examples: Examples = (), **about: Any) -> None:
        super().__init__(*arguments, **about)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(self.examples, formatter)


def unless_another(ctx: click.Context, verb: click.Command) -> None:
    """Do that one of a family's where none is named."""
    if ctx.invoked_subcommand is None:
        with verb.make_context(verb.name, [], parent=ctx) as below:
            verb.invoke(below)


class Verbs(click.Group):
    """All verbs: `places` says where each is, as ``room.attribute`` of this package, and in which company it is shown.

    Importing them all would cost each of them more than it has to do.
    """

    def __init__(self, *arguments: Any, places: Mapping[str, Mapping[str, str]], **about: Any) -> None:
        super().__init__(*arguments, **about)
        self._companies = places
        self._places = {name: place for company in places.values() for name, place in company.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return None
        room, _, attribute = self._places[cmd_name].partition(".")
        command: click.Command = getattr(import_module(f"emulator.cli.{room}"), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """With the nearest verb offered, which takes the names of those that have not been imported."""
        name = args[0]
        if name not in self._places and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            nearest = get_close_matches(name, self._places, n=1)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {nearest[0]!r}?" if nearest else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, company in self._companies.items():
            with formatter.section(title):
                found = [(name, self.get_command(ctx, name)) for name in company]
                formatter.write_dl([(name, verb.get_short_help_str(70)) for name, verb in found if verb])


def write_examples(examples: Examples, formatter: click.HelpFormatter) -> None:
    if not examples:
        return
    formatter.write("\nExamples:\n")
    for command, says in examples:
        formatter.write(f"  # {says}\n  $ {command}\n")
