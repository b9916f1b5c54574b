"""What a shell completes: names that the files or the running emulator know. Where there are none, or there is no
emulator, there is no suggestion, and never a complaint."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import click
from click.shell_completion import CompletionItem

from emulator.cli.verbs import CONTROL_TOKEN, NAMESPACE, URL
from emulator.settings import DEFAULT_URL, Options, scenario_directories

if TYPE_CHECKING:
    from emulator.client import Client

Items: TypeAlias = list[CompletionItem]
Suggest: TypeAlias = Callable[[click.Context, click.Parameter, str], Items]
_PATIENCE = 0.5
_SUFFIXES = (".yaml", ".yml", ".json")


def vendors(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    from emulator.client import vendor_slugs

    return _items([(slug, None) for slug in vendor_slugs()], incomplete)


def scenario_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Of the directories that a start would search."""
    directories = scenario_directories(Options(fixtures=ctx.params.get("fixtures")))
    names = {path.stem for folder in directories for path in folder.glob("*") if path.suffix in _SUFFIXES}
    return _items([(name, None) for name in sorted(names)], incomplete)


def _asking(ask: Callable[["Client", click.Context], Iterable[tuple[str, str | None]]]) -> Suggest:
    """Suggestions that the running emulator knows."""

    def suggest(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
        from emulator.client import Client, EmulatorError

        try:
            one = Client(
                ctx.meta.get(URL, DEFAULT_URL),
                ctx.meta.get(NAMESPACE),
                token=ctx.meta.get(CONTROL_TOKEN),
                timeout=_PATIENCE,
            )
            return _items(ask(one, ctx), incomplete)
        except (EmulatorError, KeyError, TypeError):
            return []

    return suggest


def _named(found: Sequence[Any], key: str = "name", says: str = "description") -> list[tuple[str, str | None]]:
    return [(str(one[key]), one.get(says)) for one in found]


namespaces = _asking(lambda one, ctx: [(name, None) for name in one.namespaces()["namespaces"]])
drills = _asking(lambda one, ctx: _named(one.drills(), says="says"))
snapshots = _asking(lambda one, ctx: _named(one.snapshots()))
standing_faults = _asking(lambda one, ctx: _named(one.faults(), key="id", says="fault"))
failures = _asking(lambda one, ctx: _named(one.failures(ctx.params.get("vendor")), says="says"))
limits = _asking(lambda one, ctx: _named(one.limits(ctx.params.get("vendor")), says="kind"))
calls = _asking(lambda one, ctx: [("last", "the last refused call"), *_calls(one.requests(limit=50)["requests"])])
operations = _asking(
    lambda one, ctx: [
        (operation["id"], operation.get("says"))
        for vendor in one.vendors()
        for operation in vendor["operations"]
        if ctx.params.get("vendor") in (None, vendor["slug"])
    ]
)
_posted = _asking(lambda one, ctx: _named(one.scenarios()["scenarios"]))


def _calls(found: Sequence[Any]) -> list[tuple[str, str]]:
    return [(one["id"], f"{one['method']} {one['path']}: {one['status']}") for one in reversed(found)]


def scenarios(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Of the running emulator, which also knows those that were posted; without one, of the files."""
    return _posted(ctx, param, incomplete) or scenario_files(ctx, param, incomplete)


def scenarios_and_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    return scenarios(ctx, param, incomplete) or [CompletionItem(incomplete, type="file")]


def _items(found: Iterable[tuple[str, str | None]], incomplete: str) -> Items:
    return [CompletionItem(name, help=says or None) for name, says in found if name.startswith(incomplete)]
