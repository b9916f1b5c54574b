"""The command line. Option over environment over default; a bad value refuses to start with exit code 2."""

import gc
import sys
from pathlib import Path
from typing import Any, Literal

import click

from emulator import __version__
from emulator.settings import Options


class _VendorSetting(click.ParamType[Any]):
    """``VENDOR.NAME=VALUE``, the value as YAML writes it."""

    name = "VENDOR.NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str, Any]:
        from emulator.control.scenario import ScenarioError, parse  # noqa: PLC0415 - only where the option is used

        key, equals, text = str(value).partition("=")
        vendor, dot, name = key.partition(".")
        if not (equals and dot and vendor and name):
            self.fail(f"{value!r}: write VENDOR.NAME=VALUE, such as primedata.time_format=iso", param, ctx)
        try:
            return vendor, name, parse(f"value: {text}".encode())["value"]
        except ScenarioError as error:
            self.fail(f"{value!r}: {error.detail}", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Four marketing vendors' HTTP APIs on one machine, with the network cable out."""


@cli.command()
@click.option("--host", envvar="EMULATOR_HOST", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    envvar="EMULATOR_PORT",
    default=4680,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--tls-port",
    envvar="EMULATOR_TLS_PORT",
    type=click.IntRange(0, 65535),
    help="Speak TLS as well, on this port, with certificates of a local authority; 0 picks a free one.",
)
@click.option(
    "--ca-dir",
    envvar="EMULATOR_CA_DIR",
    default="~/.martech-emulator",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory that keeps the local authority; clients trust its ca.pem.",
)
@click.option(
    "--scenario",
    envvar="EMULATOR_SCENARIO",
    default="demo",
    show_default=True,
    help="Scenario that every new namespace starts with.",
)
@click.option(
    "--fixtures",
    envvar="EMULATOR_FIXTURES",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory with scenario files of your own.",
)
@click.option(
    "--unimplemented",
    envvar="EMULATOR_UNIMPLEMENTED",
    default="emulator",
    show_default=True,
    type=click.Choice(["emulator", "vendor"]),
    help="Who answers for a path that is not emulated: a clear 501, or the vendor's own wording.",
)
@click.option("--bare", envvar="EMULATOR_BARE", is_flag=True, help="Leave out the X-Emulator headers.")
@click.option(
    "--max-namespaces",
    envvar="EMULATOR_MAX_NAMESPACES",
    default=256,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="How many namespaces there may be at once.",
)
@click.option(
    "--max-body",
    envvar="EMULATOR_MAX_BODY",
    show_default="each vendor's own",
    type=click.IntRange(1, 1024**3),
    help="Largest request body, in bytes, to whichever vendor.",
)
@click.option(
    "--journal",
    envvar="EMULATOR_JOURNAL",
    default=1_000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many calls each namespace remembers.",
)
@click.option(
    "--set",
    "overrides",
    envvar="EMULATOR_SET",
    multiple=True,
    type=_VendorSetting(),
    help="A vendor's setting, such as primedata.time_format=iso. May be given several times.",
)
def serve(
    unimplemented: Literal["emulator", "vendor"], overrides: tuple[tuple[str, str, Any], ...], **options: Any
) -> None:
    """Serve all vendors until a signal comes."""
    gc.disable()  # what a start imports is never garbage; looking through it costs a sixth of the start
    from emulator.server import serve as run  # noqa: PLC0415 - other verbs need no server

    chosen: dict[str, dict[str, Any]] = {}
    for vendor, name, value in overrides:
        chosen.setdefault(vendor, {})[name] = value
    sys.exit(run(Options(unimplemented=unimplemented, overrides=chosen, **options)))


@cli.command()
def schema() -> None:
    """Print the JSON Schema of a scenario, for editors that check while you type."""
    import json  # noqa: PLC0415 - only here

    from emulator.control.scenario import Scenarios  # noqa: PLC0415 - reads all vendors
    from emulator.control.scenario_schema import scenario_schema  # noqa: PLC0415
    from emulator.vendors import VENDORS  # noqa: PLC0415

    click.echo(json.dumps(scenario_schema(Scenarios(VENDORS, []).model), indent=2))


@cli.command()
def version() -> None:
    """Print the version."""
    click.echo(__version__)


def main() -> None:
    cli(prog_name="martech-emulator")
