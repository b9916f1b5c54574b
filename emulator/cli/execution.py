"""``exec``: a command with an emulator of its own, as if there were none around it: its streams, signals and exit code.

A signal that a terminal sends reaches the command by itself, being of the same group of processes; it is not passed on
a second time, because two interrupts are more than one to most programs.
"""

import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from emulator.cli import speech
from emulator.cli.parameters import HELP, namespace_option
from emulator.cli.serving import starting
from emulator.cli.verbs import NAMESPACE, Verb
from emulator.settings import TOKEN_VARIABLE, Options

if TYPE_CHECKING:
    from emulator.server import Background

CANNOT_START = 2
NOT_EXECUTABLE = 126
NOT_FOUND = 127
_SIGNALLED = 128
_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_OF_A_TERMINAL = ("SIGINT", "SIGQUIT")
_CHANGED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}


@click.command(
    "exec",
    cls=Verb,
    context_settings={**HELP, "allow_interspersed_args": False},
    examples=(
        ("martech-emulator exec -- printenv TALONONE_BASE_URL", "any command; its own exit code comes back"),
        (
            "martech-emulator exec --scenario empty -- sh -c 'curl -s $EMULATOR_URL/_emulator/health'",
            "the whole address",
        ),
        ("martech-emulator exec -n ci -- printenv PRIMEDATA_BASE_URL EMULATOR_NAMESPACE", "in a namespace"),
    ),
)
@starting(port=0)
@namespace_option()
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]...")
@click.pass_context
def execute(ctx: click.Context, options: Options, command: tuple[str, ...]) -> None:
    """Run a command with an emulator of its own.

    The command finds a base URL per vendor in its environment (TREASUREDATA_BASE_URL, PRIMEDATA_BASE_URL,
    ALGONOMY_BASE_URL, TALONONE_BASE_URL), and EMULATOR_URL, with which this program's other verbs reach the emulator.
    With --namespace they are those of that namespace. With --tls-port there are EMULATOR_TLS_URL and EMULATOR_CA_FILE
    too, and SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and NODE_EXTRA_CA_CERTS, by which it trusts the emulator
    and whom it trusted before. With --control-token there is EMULATOR_CONTROL_TOKEN, which is never shown.

    Streams, signals and the exit code are the command's own. The exit code is 128 and the number for a command that a
    signal ended, 127 for one that is not found, 126 for one that may not be executed, 2 where the emulator cannot
    start. With --json a line on stderr tells what was put into the environment.
    """
    if (code := _unusable(command[0])) is not None:
        ctx.exit(code)
    with _running(ctx, options) as background:
        added = _environment(ctx, background, options)
        if speech.wants_json():
            click.echo(speech.as_json(added, indent=None), err=True)
        token = options.control_token
        secret = {} if token is None else {TOKEN_VARIABLE: token}
        ctx.exit(_child(command, {**os.environ, **added, **secret}))


def _unusable(program: str) -> int | None:
    """Said before an emulator is started for nothing."""
    if shutil.which(program) is not None:
        return None
    if os.path.exists(program) and os.path.dirname(program):
        speech.complain(f"{program} may not be executed")
        return NOT_EXECUTABLE
    speech.complain(f"{program}: there is no such command")
    return NOT_FOUND


@contextmanager
def _running(ctx: click.Context, options: Options) -> "Iterator[Background]":
    """An emulator in this process. Until it runs, an interrupt ends all as usual; from then on, signals wait for
    whoever asks for them, in all of its threads."""
    from emulator.control.scenario import ScenarioError
    from emulator.core.keeping import KeepingError
    from emulator.server import Background, StartError, exposure, progress

    background = Background(options)
    try:
        if background.log is not None:
            background.log.take_over()
        with progress(background.emulator.scenarios):
            background.emulator.prepare()
        with _held_back(), background:
            for sentence in exposure(background.url, options):
                speech.complain(sentence)
            yield background
    except (StartError, KeepingError) as error:
        speech.complain(str(error))
        ctx.exit(CANNOT_START)
    except ScenarioError as error:
        speech.complain("the scenario cannot be used")
        click.echo("\n".join(error.problems), err=True)
        ctx.exit(CANNOT_START)


def _environment(ctx: click.Context, background: "Background", options: Options) -> dict[str, str]:
    from emulator.client import Client

    slugs = [vendor.slug for vendor in background.emulator.vendors]
    found = Client(_from_here(background.url), ctx.meta.get(NAMESPACE)).environment(slugs)
    secure, tls = background.secure, background.emulator.tls
    if secure is not None and tls is not None:
        from emulator.cli import trust

        for sentence in secure.news:
            speech.complain(sentence)
        found |= {trust.TLS_URL: _from_here(secure.url), trust.CA_FILE: str(secure.authority)}
        found |= trust.trusting(tls.certificate, options.ca_dir)
    return found


def _from_here(url: str) -> str:
    for everywhere, here in _EVERYWHERE.items():
        url = url.replace(f"//{everywhere}:", f"//{here}:")
    return url


def _numbers(names: Sequence[str]) -> list[signal.Signals]:
    """Of the signals that this system has."""
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


@contextmanager
def _held_back() -> Iterator[None]:
    """All threads that are started meanwhile hold them back too."""
    if sys.platform == "win32":
        yield
        return
    handler = signal.signal(signal.SIGCHLD, lambda *_: None)  # what is ignored by default need not be kept for us
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [*_numbers(_PASSED_ON), signal.SIGCHLD])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGCHLD, handler)


def _child(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run it, pass signals on to it, and give its exit code."""
    try:
        return _spawned(command, environment)
    except OSError as error:
        speech.complain(f"{command[0]} cannot be executed: {(error.strerror or str(error)).lower()}")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


if sys.platform == "win32":

    def _spawned(command: Sequence[str], environment: Mapping[str, str]) -> int:
        import subprocess

        with subprocess.Popen(command, env=environment) as child:
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:  # the child was interrupted too and decides what to do
                    continue

else:

    def _spawned(command: Sequence[str], environment: Mapping[str, str]) -> int:
        passed_on = _numbers(_PASSED_ON)
        waited_for = [*passed_on, signal.SIGCHLD]
        usual = signal.pthread_sigmask(signal.SIG_BLOCK, []) - set(waited_for)
        defaults = _numbers(_CHANGED_BY_PYTHON)
        child = os.posix_spawnp(command[0], list(command), environment, setsigmask=usual, setsigdef=defaults)
        while True:
            number, by_terminal = _next_signal(waited_for)
            if number in passed_on and not by_terminal:
                os.kill(child, number)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else _SIGNALLED - code

    def _next_signal(waited_for: Sequence[signal.Signals]) -> tuple[int, bool]:
        """The next one to come, and whether the command has got it too, by a terminal."""
        if hasattr(signal, "sigwaitinfo"):
            told = signal.sigwaitinfo(waited_for)
            return told.si_signo, told.si_signo in _numbers(_OF_A_TERMINAL) and told.si_code > 0
        number = signal.sigwait(waited_for)
        return number, number in _numbers(_OF_A_TERMINAL) and _in_foreground()

    def _in_foreground() -> bool:
        """Where a system does not tell who sent a signal, one that a terminal can send is taken for the terminal's."""
        try:
            with open("/dev/tty", "rb") as terminal:
                return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
        except OSError:
            return False
