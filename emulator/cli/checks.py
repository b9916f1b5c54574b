"""What ``doctor`` looks at, one function for each thing. None makes a call that leaves the machine: names are looked up
only where the machine itself knows them, and those of the real vendors never."""

import importlib.metadata
import os
import platform
import re
import socket
import stat
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from emulator import __version__, roots
from emulator.client import Client, EmulatorError, Json, vendor_slugs
from emulator.core.clock import DAY, SECOND, from_datetime, machine_now, parse_rfc3339, rfc3339
from emulator.readiness import url_of
from emulator.settings import HERE, Options, scenario_directories

Verdict: TypeAlias = Literal["ok", "warn", "fail"]
_PACKAGE = "martech-emulator"
_LEAST_PYTHON = (3, 11)
_SOON = 14 * DAY
_ASTRAY = 5 * SECOND
_CROWDED = 0.9
_PATIENCE = 3.0
_HOSTS = Path("/etc/hosts")
_SWITCH = Path("/etc/nsswitch.conf")
_ON_THE_MACHINE = ("myhostname", "resolve")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at, and what to do about it."""

    name: str
    verdict: Verdict
    says: str


def python_version() -> Iterator[Check]:
    version = platform.python_version()
    if sys.version_info >= _LEAST_PYTHON:
        yield Check("python", "ok", f"Python {version} in {sys.prefix}")
    else:
        yield Check("python", "fail", f"Python {version} is too old: 3.11 or newer is needed")


def dependencies() -> Iterator[Check]:
    """Against what pyproject.toml asks for, or the package's own description where it is installed."""
    from packaging.requirements import Requirement

    wrong = []
    requirements = [Requirement(text) for text in _requirements()]
    for one in requirements:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(one.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
            continue
        if not one.specifier.contains(version, prereleases=True):
            wrong.append(f"{one.name} {version} does not fit {one.specifier}")
    if wrong:
        yield Check("dependencies", "fail", f"{'; '.join(wrong)}: install the versions that requirements.lock names")
    else:
        yield Check("dependencies", "ok", f"all {len(requirements)} packages fit what {_PACKAGE} {__version__} needs")


def _requirements() -> Sequence[str]:
    project = HERE.parent / "pyproject.toml"
    if project.is_file():
        wanted: list[str] = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
        return wanted
    return importlib.metadata.requires(_PACKAGE) or ()


def options_in_environment(known: Sequence[str]) -> Iterator[Check]:
    """A variable that no option has is most likely misspelt, and would be ignored."""
    from emulator.core.faults import unknown

    strange = sorted(name for name in os.environ if name.startswith("EMULATOR_") and name not in known)
    for name in strange:
        yield Check("environment", "warn", f"{unknown(name, known, 'variable of an option')}; it is ignored")


def port(options: Options) -> Iterator[Check]:
    """Free, or taken by whom."""
    where = f"{options.host}:{options.port}"
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OSError as error:
            yield _occupied(options, where, error)
            return
    yield Check("port", "ok", f"{where} is free")


def _occupied(options: Options, where: str, error: OSError) -> Check:
    client = Client(url_of(options.host, options.port), timeout=_PATIENCE)
    try:
        found = client.health()["version"]
    except (EmulatorError, KeyError, TypeError):
        reason = (error.strerror or str(error)).lower()
        return Check(
            "port", "fail", f"{where} cannot be opened ({reason}), and no emulator is there: choose another --port"
        )
    if found != __version__:
        return Check("port", "warn", f"an emulator of version {found} runs on {where}, and this is {__version__}")
    return Check("port", "ok", f"an emulator of this version, {found}, runs on {where}")


def emulator(client: Client) -> Iterator[Check]:
    """That runs at the URL: whether it is ready, its clock, its namespaces."""
    try:
        ready = client.health()["ready"]
        if not ready:
            yield Check("emulator", "warn", f"the emulator at {client.url} is still loading its scenario")
            return
        yield Check("emulator", "ok", f"the emulator at {client.url} is ready")
        yield _clock(client.clock())
        yield _namespaces(client.namespaces())
    except (EmulatorError, KeyError, TypeError) as error:
        says = str(error) if isinstance(error, EmulatorError) else f"{client.url} is no emulator"
        yield Check("emulator", "warn", says)


def _clock(told: Json) -> Check:
    now, machine = parse_rfc3339(told["now"]), machine_now()
    if told["mode"] != "real":
        verb = "stands still at" if told["mode"] == "frozen" else "is shifted to"
        says = f"the emulator's clock {verb} {told['now']}; `martech-emulator clock real` gives it the machine's time"
        return Check("clock", "warn", says)
    if abs(now - machine) > _ASTRAY:
        says = f"the emulator's machine says {told['now']}, and this one {rfc3339(machine)}: set one of them right"
        return Check("clock", "warn", says)
    return Check("clock", "ok", "the emulator's clock is the machine's")


def _namespaces(told: Json) -> Check:
    used, most = len(told["namespaces"]), told["most"]
    says = f"{used} of {most} namespaces are in use"
    if used > _CROWDED * most:
        says += "; DELETE /_emulator/namespaces/NAME forgets one, --max-namespaces allows more"
        return Check("namespaces", "warn", says)
    return Check("namespaces", "ok", says)


def scenarios(options: Options) -> Iterator[Check]:
    """Whether the directories can be read and all that is in them be planted."""
    from emulator.control.scenario import ScenarioError, Scenarios
    from emulator.vendors import VENDORS

    directories = scenario_directories(options)
    if unreadable := [str(path) for path in directories if not os.access(path, os.R_OK | os.X_OK)]:
        yield Check("scenarios", "fail", f"{', '.join(unreadable)} cannot be read by this user")
        return
    found = Scenarios(VENDORS, directories)
    names = found.names()
    bad = []
    for name in names:
        try:
            found.seed(name)
        except ScenarioError as error:
            bad.append(name)
            says = f"{name}: {error.problems[0]} (`martech-emulator validate {found.file(name)}` tells all)"
            yield Check("scenarios", "fail", says)
    places = ", ".join(map(str, directories))
    if bad:
        return
    if options.scenario not in names:
        yield Check(
            "scenarios", "fail", f"no scenario is called {options.scenario!r}; {places} have: {', '.join(names)}"
        )
    else:
        yield Check("scenarios", "ok", f"{len(names)} in {places}")


def authority(options: Options) -> Iterator[Check]:
    """The local authority for TLS: who may read its key, and until when it is good."""
    directory = options.ca_dir.expanduser()
    key, certificate = directory / "ca-key.pem", directory / "ca.pem"
    try:
        if not key.exists():
            yield Check("tls", "ok", f"there is no local authority in {directory} yet; --tls-port makes one")
            return
        mode = stat.S_IMODE(key.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            yield Check("tls", "fail", f"others can read {key} (mode {mode:04o}): chmod 600 {key}")
        ends = _end_of(certificate)
    except (OSError, ValueError) as error:
        yield Check("tls", "fail", f"the local authority in {directory} cannot be read ({error}); move it away")
        return
    if ends - machine_now() < _SOON:
        renewal = "`serve --tls-port` makes a new one in its last week, to be trusted anew"
        says = f"{certificate} ends at {rfc3339(ends)}; {renewal}"
        yield Check("tls", "warn", says)
    else:
        yield Check("tls", "ok", f"{certificate} is good until {rfc3339(ends)}")


def _end_of(certificate: Path) -> int:
    from cryptography import x509

    return from_datetime(x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc.astimezone(UTC))


def trust(client: Client | None) -> Iterator[Check]:
    """Whether the files are there that this shell's variables tell programs to trust, and whether the running emulator
    is among them. Says nothing where nothing is to be said."""
    named = {name: Path(value) for name in roots.VARIABLES if (value := os.environ.get(name))}
    if missing := [f"{name} names {path}" for name, path in named.items() if not path.exists()]:
        says = "which is not there: programs that read it trust nobody over TLS; unset it, or set it anew with"
        yield Check("trust", "warn", f"{', '.join(missing)}, {says} {_SET_ANEW}")
    ours = {name: [one for one in roots.in_file(path) if roots.is_ours(one)] for name, path in named.items()}
    if old := [name for name, found in ours.items() if any(_expired(one) for one in found)]:
        says = f"{', '.join(old)}: the emulator's authority in the file has expired; set it anew with {_SET_ANEW}"
        yield Check("trust", "warn", says)
    running = None if client is None else _running_authority(client)
    if client is None or running is None:
        return
    lacking = [name for name in roots.VARIABLES if running not in ours.get(name, ())]
    if not lacking:
        yield Check("trust", "ok", f"programs of this shell trust the emulator at {client.url} over TLS")
    elif any(ours.values()):
        says = f"{', '.join(lacking)}: no file with the authority of the emulator at {client.url}; set it anew with"
        yield Check("trust", "warn", f"{says} {_SET_ANEW}")
    else:
        says = f"programs of this shell do not trust the emulator at {client.url} over TLS; {_SET_ANEW} lets them"
        yield Check("trust", "ok", says)


_SET_ANEW = 'eval "$(martech-emulator env)"'


def _running_authority(client: Client) -> bytes | None:
    try:
        return next(iter(roots.certificates(client.authority())), None)
    except EmulatorError:
        return None


def _expired(certificate: bytes) -> bool:
    from cryptography import x509

    try:
        return from_datetime(x509.load_der_x509_certificate(certificate).not_valid_after_utc) < machine_now()
    except ValueError:  # damaged, as the programs that read it will say
        return False


def local_names() -> Iterator[Check]:
    """Looked up only where that asks nobody else: this machine's hosts file, and a resolver that knows the rule."""
    names = [f"{slug}.localhost" for slug in vendor_slugs()]
    listed = hosts_file()
    missing = [name for name in names if name not in listed]
    if missing and _resolves_by_itself():
        missing = [name for name in missing if not _is_here(name)]
    if missing:
        says = (
            f"{', '.join(missing)}: not every program finds this machine by that name (browsers and curl do); add to "
            f"{_HOSTS}: 127.0.0.1 {' '.join(missing)}, or use paths such as /{vendor_slugs()[0]}"
        )
        yield Check("localhost", "warn", says)
    else:
        yield Check("localhost", "ok", f"{', '.join(names)} are this machine")


def hosts_file() -> Mapping[str, str]:
    """Name to address, as this machine's file of hosts says."""
    try:
        text = _HOSTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return {name.lower(): words[0] for words in lines if words for name in words[1:]}


def _resolves_by_itself() -> bool:
    """Whether the system answers for ``*.localhost`` without a name server."""
    try:
        text = _SWITCH.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    found = re.search(r"^hosts:(.*)$", text, re.MULTILINE)
    return found is not None and any(word in _ON_THE_MACHINE for word in found[1].split())


def _is_here(name: str) -> bool:
    try:
        return all(str(found[4][0]).startswith(("127.", "::1")) for found in socket.getaddrinfo(name, None))
    except OSError:
        return False


def production_hosts() -> Iterator[Check]:
    """Which of the vendors' real hosts lead here, by this machine's own file. None is looked up."""
    from emulator.vendors import VENDORS

    listed = hosts_file()
    patterns = [host.pattern for vendor in VENDORS for host in vendor.hosts]
    aliased = [name for name in listed if any(host.matches(name) for vendor in VENDORS for host in vendor.hosts)]
    here = [name for name in aliased if listed[name].startswith(("127.", "::1"))]
    if astray := [f"{name} ({listed[name]})" for name in aliased if name not in here]:
        yield Check("vendor hosts", "warn", f"{_HOSTS} gives {', '.join(astray)}: not this machine")
    others = [pattern for pattern in patterns if pattern not in here]
    says = f"clients that call {', '.join(others)} reach the real vendor, unless an alias or --resolve leads them here"
    yield Check("vendor hosts", "ok", (f"{', '.join(here)} lead here; " if here else "") + says)


def proxies(client: Client) -> Iterator[Check]:
    """A client that obeys a proxy asks it for this machine's addresses too, unless it is told not to."""
    chosen = {scheme: proxy for scheme, proxy in getproxies_environment().items() if scheme in ("http", "https", "all")}
    host = urlsplit(client.url).hostname or ""
    names = list(dict.fromkeys([host, "127.0.0.1", "localhost", *(f"{slug}.localhost" for slug in vendor_slugs())]))
    sent = [name for name in names if not proxy_bypass(name)]
    if not chosen:
        yield Check("proxies", "ok", "no proxy is set in the environment")
    elif sent:
        through = ", ".join(sorted({urlsplit(proxy).hostname or "a proxy" for proxy in chosen.values()}))
        says = (
            f"programs that obey the environment would ask {through} for {', '.join(sent)}: NO_PROXY={','.join(sent)}"
        )
        yield Check("proxies", "warn", says)
    else:
        yield Check("proxies", "ok", "NO_PROXY keeps this machine's names from the proxy")


def ipv6(options: Options) -> Iterator[Check]:
    """A client that is told ``localhost`` may try ::1 first."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        yield Check("ipv6", "ok", "this machine has no IPv6 loopback; localhost is 127.0.0.1")
        return
    if ":" in options.host:
        yield Check("ipv6", "ok", f"the emulator listens on {options.host}")
    else:
        hint = "a client that takes localhost for ::1, and tries nothing else, needs the address"
        yield Check("ipv6", "ok", f"the emulator listens on {options.host} only: {hint}")
