"""``serve``, and the options of a start."""

import functools
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

import click

from emulator.cli import speech
from emulator.cli.parameters import (
    HELP,
    Host,
    NewDirectory,
    TlsHost,
    VendorSetting,
    ca_dir_option,
    json_option,
    option,
    token_option,
)
from emulator.cli.suggestions import scenario_files
from emulator.cli.verbs import CONTROL_TOKEN, Verb
from emulator.ending import Ending
from emulator.settings import Options

P = ParamSpec("P")
R = TypeVar("R")

_OPTIONS = (
    option("--host", default="127.0.0.1", show_default=True, type=Host(), help="Address to listen on."),
    option(
        "--also-port",
        type=click.IntRange(0, 65535),
        help="Listen on this port as well, as on 80 for URLs of the vendors' that name none.",
    ),
    option(
        "--tls-port",
        type=click.IntRange(0, 65535),
        help="Speak TLS as well, on this port, with certificates of a local authority; 0 picks a free one.",
    ),
    option(
        "--tls-host",
        "tls_hosts",
        multiple=True,
        type=TlsHost(),
        help="Another name or address of this machine, such as a container's service, that certificates are to be good "
        "for. May be given several times.",
    ),
    ca_dir_option("Directory that keeps the local authority; clients trust its ca.pem."),
    option(
        "--scenario",
        default="demo",
        show_default=True,
        shell_complete=scenario_files,
        help="Scenario that every new namespace starts with.",
    ),
    option(
        "--fixtures",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Directory with scenario files of your own.",
    ),
    option(
        "--unimplemented",
        default="emulator",
        show_default=True,
        type=click.Choice(["emulator", "vendor"]),
        help="Who answers for a path that is not emulated: a clear 501, or the vendor's own wording.",
    ),
    option(
        "--fail-on",
        type=click.Choice(["observed", "inferred", "assumed"]),
        help="Answer 501 to whatever would rest on an entry of this level of provenance, or a weaker one.",
    ),
    option(
        "--data-dir",
        type=NewDirectory(file_okay=False, path_type=Path),
        help="Directory that keeps every namespace's state; without one it goes with the process.",
    ),
    token_option(
        "Ask control calls for this: Authorization: Bearer TOKEN. Better as a variable, as others can see a command "
        "line."
    ),
    option(
        "--log-format",
        default="off",
        show_default=True,
        type=click.Choice(["json", "text", "off"]),
        help="Write a line per call to stderr. Errors are always written.",
    ),
    option("--bare", is_flag=True, help="Leave out the X-Emulator headers."),
    option(
        "--max-namespaces",
        default=256,
        show_default=True,
        type=click.IntRange(1, 100_000),
        help="How many namespaces there may be at once.",
    ),
    option(
        "--max-body",
        show_default="each vendor's own",
        type=click.IntRange(1, 1024**3),
        help="Largest request body, in bytes, to whichever vendor.",
    ),
    option(
        "--journal",
        default=1_000,
        show_default=True,
        type=click.IntRange(0, 1_000_000),
        help="How many calls each namespace remembers; with 0 none, and none can be explained.",
    ),
    option(
        "--set",
        "overrides",
        multiple=True,
        type=VendorSetting(),
        help="A vendor's setting, such as primedata.time_format=iso. May be given several times.",
    ),
)


def starting(*, port: int) -> Callable[[Callable[Concatenate[Options, P], R]], Callable[P, R]]:
    """A verb that starts an emulator gets the options of the start; `port` is the default one."""
    port_option = option(
        "--port",
        default=port,
        show_default=True,
        type=click.IntRange(0, 65535),
        help="Port to listen on; 0 picks a free one.",
    )
    names = Options.__dataclass_fields__

    def decorate(function: Callable[Concatenate[Options, P], R]) -> Callable[P, R]:
        @functools.wraps(function)
        def started(*arguments: P.args, **options: P.kwargs) -> R:
            start: dict[str, Any] = {name: options.pop(name) for name in names if name in options}
            start["control_token"] = click.get_current_context().meta.get(CONTROL_TOKEN)
            overrides: dict[str, dict[str, Any]] = {}
            for vendor, name, value in start.pop("overrides"):
                overrides.setdefault(vendor, {})[name] = value
            return function(Options(overrides=overrides, **start), *arguments, **options)

        decorated = json_option()(started)
        for one in reversed((_OPTIONS[0], port_option, *_OPTIONS[1:])):
            decorated = one(decorated)
        return decorated

    return decorate


@click.command(
    cls=Verb,
    context_settings=HELP,
    examples=(
        ("martech-emulator serve --scenario empty", "start with nothing in it"),
        ("EMULATOR_PORT=0 martech-emulator serve", "any option as an environment variable; 0 picks a free port"),
        ("martech-emulator serve --set primedata.time_format=iso --journal 10000", "a vendor's switch, a long memory"),
    ),
)
@starting(port=4680)
def serve(options: Options) -> NoReturn:
    """Serve all vendors until a signal comes.

    One line on stdout tells when it is ready; with --json it is a JSON object.
    """
    ending = Ending()
    ending.heed()
    gc.disable()  # what a start imports is never garbage; looking through it costs a sixth of the start
    from emulator.server import serve as run

    run(options, ending, as_json=speech.wants_json())
