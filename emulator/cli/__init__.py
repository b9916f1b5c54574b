"""The command line. Option over environment over default; a bad value refuses to start with exit code 2.

Exit codes: 0 done; 1 the emulator or the check said no; 2 wrong usage, or it cannot start. `exec` gives its command's.
"""

import os
import sys
from typing import Any

import click

from emulator.cli.parameters import HELP, json_option, placed
from emulator.cli.verbs import Verbs, write_examples

PROGRAM = "martech-emulator"
COMPLETE = "_MARTECH_EMULATOR_COMPLETE"
"""The variable through which a shell asks for completions."""

_VERBS = {
    "Run": {"serve": "serving.serve", "exec": "execution.execute"},
    "Arrange": {
        "reset": "worlds.reset",
        "seed": "worlds.seed",
        "snapshot": "worlds.snapshot",
        "clock": "arrangements.clock",
        "fault": "faults.fault",
        "limits": "arrangements.limits",
    },
    "Look": {
        "ready": "readiness.ready",
        "requests": "journal.requests",
        "explain": "explaining.explain",
        "replay": "journal.replay",
        "env": "surroundings.env",
        "doctor": "doctor.doctor",
    },
    "Write scenarios": {"validate": "scenarios.validate", "schema": "scenarios.schema"},
    "Other": {"completion": "surroundings.completion", "version": "surroundings.version"},
}


class _Program(Verbs):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        examples = (
            ("martech-emulator exec -- printenv TALONONE_BASE_URL", "a command with an emulator of its own"),
            ("martech-emulator -n worker-3 reset", "back to the scenario, in a namespace"),
            ("martech-emulator explain last", "why the last refused call was refused"),
        )
        write_examples(examples, formatter)


@click.group(cls=_Program, places=_VERBS, context_settings=HELP)
@placed(before_the_verb=True)
@json_option(before_the_verb=True)
@click.pass_context
def cli(ctx: click.Context, /, **_: Any) -> None:
    """Four marketing vendors' HTTP APIs on one machine, with the network cable out.

    `serve` runs the emulator, the verbs under Arrange and Look talk to one that runs. Each verb's own --help shows
    commands that work. --url, --namespace, --control-token and --json may stand before the verb or after it. Every
    option has an environment variable, EMULATOR_ and its name: EMULATOR_URL, EMULATOR_NAMESPACE, EMULATOR_PORT.
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        ctx.color = False


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no ✓ is no reason to stop
    cli(prog_name=PROGRAM, complete_var=COMPLETE)
