"""What the verbs' options have in common: an environment variable each, the same words for the same thing."""

import functools
import ipaddress
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from emulator.cli import speech, suggestions
from emulator.cli.verbs import CONTROL_TOKEN, NAMESPACE, URL
from emulator.core.names import RULE, is_name
from emulator.settings import DEFAULT_URL, TOKEN_VARIABLE, checked_token

if TYPE_CHECKING:
    from emulator.client import Client

P = ParamSpec("P")
R = TypeVar("R")

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_URL = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?(/[A-Za-z0-9._~!$&()*+,;=:@%/-]*)?")
_MOST_PORT = 65_535
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9._-]+)?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_NAME = 253
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_DURATION = re.compile(r"([+-]?)((?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_PLAIN_SECONDS = re.compile(r"[+-]?\d+(\.\d+)?")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class _Url(click.ParamType[str]):
    name = "URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = _URL.fullmatch(str(value))
        if not found or (found[2] and not 0 < int(found[2][1:]) <= _MOST_PORT):
            self.fail(f"{value!r} is no address of an emulator: write {DEFAULT_URL}", param, ctx)
        return str(value).rstrip("/")


class Host(click.ParamType[str]):
    """To listen on. Whether it is one of this machine's, the system knows."""

    name = "HOST"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if not text:
            self.fail("the host is empty, which would open the emulator to every network: write 127.0.0.1", param, ctx)
        if not _HOST.fullmatch(text):
            self.fail(f"{text!r} is no host: write an address such as 127.0.0.1 or ::1, or a name", param, ctx)
        return text


class TlsHost(click.ParamType[str]):
    """That certificates are to be good for: no pattern, lest an authority may speak for more than is meant."""

    name = "HOST"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).lower()
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            labels = text.split(".")
        if len(text) > _LONGEST_NAME or labels[-1].isdecimal() or not all(map(_LABEL.fullmatch, labels)):
            says = "write a name such as emulator or emulator.test, or an address such as 192.168.0.5"
            self.fail(f"{str(value)!r} is no host that a certificate can be good for: {says}", param, ctx)
        return text


class NewDirectory(click.Path):
    """May be made; but not without a name, which would be the directory that one is in by chance."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("the directory has no name: write ., or leave the option out", param, ctx)
        return super().convert(value, param, ctx)


class Name(click.ParamType[str]):
    """Of a namespace or a snapshot."""

    name = "NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not is_name(str(value)):
            self.fail(f"{value!r} cannot be a name: write {RULE}", param, ctx)
        return str(value)


class _Token(click.ParamType[str]):
    name = "TOKEN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return checked_token(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Duration(click.ParamType[float]):
    """``8h``, ``90s``, ``-3d``, ``1h30m``, or a number of seconds; as seconds."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value)
        if _PLAIN_SECONDS.fullmatch(text):
            return float(text)
        found = _DURATION.fullmatch(text)
        if not found:
            self.fail(f"{text!r} is no duration: write 8h, 90s, -3d or 1h30m (units ms, s, m, h, d, w)", param, ctx)
        seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in _AMOUNT.findall(found[2]))
        return -seconds if found[1] == "-" else seconds


class Header(click.ParamType[tuple[str, str]]):
    """``Name: value``, as in HTTP."""

    name = "NAME:VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, colon, text = str(value).partition(":")
        if not colon or not _HEADER_NAME.fullmatch(name):
            self.fail(f"{value!r} is no header: write 'X-Session: s-1'", param, ctx)
        return name, text.strip()

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """One header a line: their values may have blanks."""
        return rv.splitlines()


class VendorSetting(click.ParamType[Any]):
    """``VENDOR.NAME=VALUE``, the value as YAML writes it."""

    name = "VENDOR.NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str, Any]:
        from emulator.control.scenario import ScenarioError, parse

        key, equals, text = str(value).partition("=")
        vendor, dot, name = key.partition(".")
        if not (equals and dot and vendor and name):
            self.fail(f"{value!r}: write VENDOR.NAME=VALUE, such as primedata.time_format=iso", param, ctx)
        try:
            return vendor, name, parse(f"value: {text}".encode())["value"]
        except ScenarioError as error:
            self.fail(f"{value!r}: {error.detail}", param, ctx)


def variable(name: str) -> str:
    """The environment variable of an option ``--some-name``."""
    return "EMULATOR_" + name.removeprefix("--").partition("/")[0].upper().replace("-", "_")


def option(*names: str, **about: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """An option as all are: with an environment variable that its help names."""
    long = next(name for name in names if name.startswith("--"))
    return click.option(*names, envvar=variable(long), show_envvar=True, **about)


def ca_dir_option(says: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    return option(
        "--ca-dir",
        default="~/.martech-emulator",
        show_default=True,
        type=click.Path(file_okay=False, path_type=Path),
        help=says,
    )


class _Anywhere(click.Option):
    """An option that may stand before the verb or after it. The last one given wins, and any over the environment."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        return None if f"emulator.{self.name}" in ctx.meta else super().resolve_envvar_value(ctx)


class _TokenOption(_Anywhere):
    """A variable that is set and empty is most likely a secret that did not arrive: it is refused, and not taken for
    an emulator that is to ask for nothing."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        unheard = self.envvar and CONTROL_TOKEN not in ctx.meta
        return "" if unheard and os.environ.get(TOKEN_VARIABLE) == "" else super().resolve_envvar_value(ctx)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    key = f"emulator.{param.name}"
    given = param.name and ctx.get_parameter_source(param.name) is click.core.ParameterSource.COMMANDLINE
    if given or (key not in ctx.meta and value):
        ctx.meta[key] = value


def _anywhere(
    *names: str, kind: type[_Anywhere] = _Anywhere, **about: Any
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    return click.option(*names, cls=kind, callback=_keep, expose_value=False, **about)


def namespace_option(*, before_the_verb: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    return _anywhere(
        "--namespace",
        "-n",
        type=Name(),
        shell_complete=suggestions.namespaces,
        help="Namespace that the verb is about.",
        **_with_variable("--namespace", before_the_verb),
    )


def url_option(*, before_the_verb: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    return _anywhere(
        "--url",
        type=_Url(),
        show_default=DEFAULT_URL,
        help="Address of the running emulator.",
        **_with_variable("--url", before_the_verb),
    )


def token_option(
    says: str = "What the running emulator was started with, if it was.", *, before_the_verb: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    return _anywhere(
        "--control-token",
        kind=_TokenOption,
        type=_Token(),
        help=says,
        **_with_variable("--control-token", before_the_verb),
    )


def placed(*, before_the_verb: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """``--url``, ``--namespace`` and ``--control-token``."""
    url = url_option(before_the_verb=before_the_verb)
    namespace = namespace_option(before_the_verb=before_the_verb)
    token = token_option(before_the_verb=before_the_verb)
    return lambda function: url(namespace(token(function)))


def json_option(*, before_the_verb: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    about = _with_variable("--json", before_the_verb)
    return _anywhere("--json", is_flag=True, help="JSON on stdout, and nothing else there.", **about)


def _with_variable(name: str, before_the_verb: bool) -> dict[str, Any]:
    """Before the verb an option has none: what stands after the verb, and wins, is not known yet."""
    return {} if before_the_verb else {"envvar": variable(name), "show_envvar": True}


def client(ctx: click.Context) -> "Client":
    """For the emulator and the namespace that the options name."""
    from emulator.client import Client

    url, namespace = ctx.meta.get(URL) or DEFAULT_URL, ctx.meta.get(NAMESPACE)
    if namespace and "/ns/" in url:
        raise click.UsageError(
            f"--url {url} names a namespace already, and --namespace is {namespace}: give one of them"
        )
    return Client(url, namespace, token=ctx.meta.get(CONTROL_TOKEN))


def control(function: "Callable[Concatenate[Client, P], R]") -> Callable[P, R]:
    """A verb that talks to a running emulator: it gets a client, and what goes wrong is a sentence and exit code 1."""

    @functools.wraps(function)
    def talking(*arguments: P.args, **options: P.kwargs) -> R:
        from emulator.client import EmulatorError, Refused

        try:
            return function(client(click.get_current_context()), *arguments, **options)
        except Refused as no:
            speech.refuse(no.problem, no.sentences)
        except EmulatorError as error:
            title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).capitalize()
            speech.refuse({"type": "about:blank", "title": title, "detail": str(error)}, [str(error)])

    return placed()(json_option()(talking))
