"""A running emulator's control plane, for programs: ``Client("http://127.0.0.1:4680", "worker-3").reset()``.

    Exception
    └── EmulatorError         the message is a sentence for the user
        ├── Unreachable       nothing answers there, or not in time
        ├── NotAnEmulator     something answers, but not as an emulator does
        └── Refused           the emulator says no: `status`, `problem` and its `sentences`
            └── TokenWanted   it was started with a control token, and the client has none, or another

Imports nothing of the emulator's own works, so that a command line or a test run that only talks starts fast. A call
takes a connection of its own, and never a proxy, whatever the environment says: the emulator is near.
"""

import http.client
import json
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import methodcaller
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from emulator.settings import DEFAULT_URL, HERE, TOKEN_VARIABLE, checked_token

Json: TypeAlias = Any  # the JSON edge

JSON_TYPE = "application/json"
OCTETS = "application/octet-stream"
_TIMEOUT = 30.0
_LONG = 600.0
"""Seconds for what may have much to do: planting a scenario, playing a journal, carrying a snapshot."""
_REFUSED = 400
_LOCKED = 401
_MOVED = 300


class EmulatorError(Exception):
    """What went wrong with a control call; the message is a sentence for the user."""


at_the_call = methodcaller("errisinstance", EmulatorError)
"""For ``__tracebackhide__``: what the emulator says is shown where a test asks for it, and not in rooms of ours."""
__tracebackhide__ = at_the_call


class Unreachable(EmulatorError):
    """Nothing answers there, or not in time."""


class NotAnEmulator(EmulatorError):
    """Something answers there, but not as an emulator does."""


class Refused(EmulatorError):
    """The emulator says no. `problem` is its RFC 9457 document, `sentences` what it says, one thing each."""

    def __init__(self, problem: Mapping[str, Json]) -> None:
        self.problem = dict(problem)
        self.status = int(problem.get("status", 0))
        detail = str(problem.get("detail") or problem.get("title") or "no reason is given")
        errors = problem.get("errors")
        self.sentences = [str(one) for one in errors] if isinstance(errors, list) and errors else [detail]
        super().__init__(detail)


class TokenWanted(Refused):
    """It was started with a control token, and the client has none, or another. The sentence is the client's own."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it came."""

    status: int
    reason: str
    media_type: str
    content: bytes


def vendor_slugs() -> list[str]:
    """Of the vendors that this version emulates. Each has a package of that name, which need not be imported for it."""
    return sorted(room.name for room in (HERE / "vendors").iterdir() if (room / "__init__.py").is_file())


def base_url_variable(slug: str) -> str:
    """The environment variable that names a vendor's base URL."""
    return f"{slug.upper()}_BASE_URL"


class Client:
    """Speaks with the emulator at `url`, about one namespace of it: `None` is the default one."""

    _option: ClassVar[str] = "--url"
    """How a user names another emulator."""
    _token_option: ClassVar[str] = f"--control-token TOKEN, or the variable {TOKEN_VARIABLE}"
    """How a user names a control token."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        namespace: str | None = None,
        *,
        token: str | None = None,
        timeout: float = _TIMEOUT,
    ) -> None:
        """`token` is the control token that the emulator was started with, if it was. Raises `ValueError` for what is
        no http or https URL, and for a token that cannot be sent."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is no address of an emulator: write {DEFAULT_URL}")
        self.url = url.rstrip("/")
        self.namespace = namespace
        self._host, self._port, self._secure = parts.hostname, parts.port, parts.scheme == "https"
        self.root = parts.path.rstrip("/") + (f"/ns/{quote(namespace)}" if namespace else "")
        self._token = None if token is None else checked_token(token)
        self._timeout = timeout

    # Where things are

    def base_url(self, slug: str) -> str:
        """Of a vendor, in this namespace."""
        return f"{self.url}/ns/{quote(self.namespace)}/{slug}" if self.namespace else f"{self.url}/{slug}"

    def environment(self, slugs: Iterable[str] | None = None) -> dict[str, str]:
        """What a program's environment says of where the emulator is: a base URL for each vendor, `EMULATOR_URL`, and
        `EMULATOR_NAMESPACE` where there is one."""
        names = vendor_slugs() if slugs is None else slugs
        urls = {base_url_variable(slug): self.base_url(slug) for slug in names}
        return {**urls, "EMULATOR_URL": self.url} | ({"EMULATOR_NAMESPACE": self.namespace} if self.namespace else {})

    def access(self) -> dict[str, str]:
        """What that environment needs besides, and nobody should see: `EMULATOR_CONTROL_TOKEN`, where there is one."""
        return {} if self._token is None else {TOKEN_VARIABLE: self._token}

    # What there is

    def index(self) -> Json:
        return self.read("")

    def health(self) -> Json:
        return self.read("health")

    def ready(self, patience: float) -> bool:
        """Whether seeding is done. Raises `Unreachable`, after so many seconds too, or `NotAnEmulator`."""
        said = self.send("GET", "ready", b"", None, patience)
        told = _document(said.content) if "json" in said.media_type else None
        if not isinstance(told, dict) or not isinstance(told.get("ready"), bool):
            raise NotAnEmulator(
                f"{self.url} is no emulator: it answers {said.status} {said.reason} to GET /_emulator/ready"
            )
        return bool(told["ready"])

    def authority(self) -> bytes:
        """The certificate, in PEM, that clients trust who call it over TLS. `Refused` where it speaks none."""
        return self.call("GET", "ca.pem")

    def vendors(self) -> list[Json]:
        return self._listed("vendors")

    def failures(self, vendor: str | None = None) -> list[Json]:
        """That can be provoked by name."""
        return self._listed("errors", vendor=vendor)

    def provenance(self, vendor: str | None = None, kind: str | None = None, level: str | None = None) -> Json:
        """How each behaviour is known. `kind` is operation, error, choice, limit or default."""
        return self.read("provenance", vendor=vendor, kind=kind, level=level)

    def openapi(self, vendor: str) -> Json:
        return self.read(f"openapi/{_segment(vendor)}.json")

    def namespaces(self) -> Json:
        return self.read("namespaces")

    def delete_namespace(self, name: str) -> None:
        self.call("DELETE", f"namespaces/{_segment(name)}")

    # Worlds

    def reset(self, vendor: str | None = None, scenario: str | None = None) -> None:
        self.write("POST", "reset", {"vendor": vendor, "scenario": scenario}, timeout=_LONG)

    def scenarios(self) -> Json:
        return self.read("scenarios")

    def seed(self, scenario: bytes | Mapping[str, Json]) -> Json:
        """Load a scenario: YAML or JSON as text, or as a mapping."""
        if isinstance(scenario, bytes):
            return _document(self.call("POST", "scenarios", scenario, media_type="application/yaml", timeout=_LONG))
        return self.write("POST", "scenarios", scenario, timeout=_LONG)

    def state(self, vendor: str | None = None) -> Json:
        return self.read("state", vendor=vendor)

    def snapshots(self) -> list[Json]:
        return self._listed("snapshots")

    def save_snapshot(self, name: str) -> Json:
        return self.write("POST", "snapshots", {"name": name}, timeout=_LONG)

    def restore_snapshot(self, name: str) -> Json:
        return self.write("POST", f"snapshots/{_segment(name)}/restore", {}, timeout=_LONG)

    def export_snapshot(self, name: str) -> bytes:
        return self.call("GET", f"snapshots/{_segment(name)}", timeout=_LONG)

    def import_snapshot(self, name: str, content: bytes) -> Json:
        answer = self.call("PUT", f"snapshots/{_segment(name)}", content, media_type=OCTETS, timeout=_LONG)
        return _document(answer)

    def delete_snapshot(self, name: str) -> None:
        self.call("DELETE", f"snapshots/{_segment(name)}")

    # Arrangements

    def clock(self) -> Json:
        return self.read("clock")

    def set_clock(self, mode: str, now: str | None = None) -> Json:
        """`mode` is real, frozen or shifted; `now` a moment, for the last two."""
        return self.write("PUT", "clock", {"mode": mode, "now": now})

    def advance_clock(self, seconds: float) -> Json:
        return self.write("POST", "clock/advance", {"seconds": seconds})

    def faults(self, vendor: str | None = None) -> list[Json]:
        return self._listed("faults", vendor=vendor)

    def add_fault(self, vendor: str, fault: str, **more: Json) -> Json:
        """`more`: operation, times, probability, headers; what is `None` is left out."""
        return self.write("POST", "faults", {"vendor": vendor, "fault": fault, **more})

    def remove_fault(self, fault_id: str) -> None:
        self.call("DELETE", f"faults/{_segment(fault_id)}")

    def clear_faults(self, vendor: str | None = None) -> None:
        self.call("DELETE", _query("faults", {"vendor": vendor}))

    def drills(self) -> list[Json]:
        return self._listed("drills")

    def drill(self, name: str, **order: Json) -> Json:
        """`order`: vendor, operation, times, probability, headers, delay; what is `None` is left out."""
        return self.write("POST", f"drills/{_segment(name)}", order)

    def end_drill(self, name: str, vendor: str | None = None) -> None:
        self.call("DELETE", _query(f"drills/{_segment(name)}", {"vendor": vendor}))

    def limits(self, vendor: str | None = None) -> list[Json]:
        return self._listed("limits", vendor=vendor)

    def change_limit(self, vendor: str, name: str, **changes: Json) -> Json:
        """`changes`: scale, enabled, enforce; what is `None` stays as it is."""
        return self.write("PATCH", "limits", {"vendor": vendor, "name": name, **changes})

    def settings(self, vendor: str | None = None) -> Json:
        """The vendors' switches, by slug."""
        return self.read("settings", vendor=vendor)["settings"]

    def change_settings(self, vendor: str, **changes: Json) -> Json:
        """Until the next reset. What they all are then."""
        return self.write("PATCH", "settings", {"vendor": vendor, "settings": changes})["settings"]

    def trust(self, fail_on: str | None) -> Json:
        """Refuse answers that are known as badly as this or worse: observed, inferred or assumed; `None` takes all."""
        return _document(self.call("PATCH", "provenance", json.dumps({"fail_on": fail_on}).encode()))

    # Journal

    def requests(self, **filters: str | int | None) -> Json:
        """`filters`: vendor, operation, status, since, limit."""
        return self.read("requests", **filters)

    def request(self, request_id: str) -> Json:
        return self.read(f"requests/{_segment(request_id)}")

    def explain(self, request_id: str) -> Json:
        return self.read(f"requests/{_segment(request_id)}/explain")

    def export_requests(self, **filters: str | int | None) -> bytes:
        """JSON lines."""
        return self.call("GET", _query("requests/export", filters), timeout=_LONG)

    def clear_requests(self) -> None:
        self.call("DELETE", "requests")

    def replay(self, journal: bytes) -> Json:
        """Play an exported journal against a fresh namespace, and tell where the answers differ."""
        return _document(self.call("POST", "replay", journal, media_type="application/x-ndjson", timeout=_LONG))

    # How it is said

    def read(self, path: str, **query: str | int | None) -> Json:
        return _document(self.call("GET", _query(path, query)))

    def write(self, method: str, path: str, order: Mapping[str, Json], timeout: float | None = None) -> Json:
        """`None` for an answer without a body. What is `None` in the order is left out."""
        said = json.dumps({key: value for key, value in order.items() if value is not None}).encode()
        answer = self.call(method, path, said, timeout=timeout)
        return _document(answer) if answer else None

    def call(
        self, method: str, path: str, body: bytes = b"", *, media_type: str = JSON_TYPE, timeout: float | None = None
    ) -> bytes:
        """One control call, `path` being what follows ``/_emulator/``. Raises `EmulatorError`."""
        said = self.send(method, path, body, media_type if body else None, timeout or self._timeout)
        if said.status >= _REFUSED and "problem+json" in said.media_type:
            problem = _document(said.content)
            raise TokenWanted(self._locked_out(problem)) if said.status == _LOCKED else Refused(problem)
        if said.status >= _MOVED:
            raise NotAnEmulator(
                f"{self.url} is no emulator: it answers {said.status} {said.reason} to {method} /_emulator/{path}"
            )
        return said.content

    def send(self, method: str, path: str, body: bytes, media_type: str | None, timeout: float) -> Said:
        """The way there and back. Raises `Unreachable` or `NotAnEmulator`."""
        headers = {} if media_type is None else {"Content-Type": media_type}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            return self.carry(method, f"{self.root}/_emulator/{path}", headers, body, timeout)
        except TimeoutError:
            raise Unreachable(f"{self.url} does not answer within {timeout:g} seconds") from None
        except OSError as error:
            raise Unreachable(self._why_not(error)) from None
        except (http.client.HTTPException, UnicodeError) as error:
            raise NotAnEmulator(f"{self.url} is no emulator: it does not speak HTTP ({type(error).__name__})") from None

    def carry(self, method: str, target: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Said:
        """On a connection of its own. Raises `OSError`, `HTTPException` or `UnicodeError`."""
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout)
        try:
            with suppress(BrokenPipeError):  # a body that is too long is refused before all of it is read
                connection.request(method, target, body or None, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        return Said(answer.status, answer.reason, answer.getheader("content-type") or "", content)

    def _locked_out(self, problem: Mapping[str, Json]) -> dict[str, Json]:
        had = "none was given" if self._token is None else "another one was given"
        detail = f"the emulator at {self.url} asks for its control token, and {had}: {self._token_option}"
        return {**problem, "detail": detail}

    def _why_not(self, error: OSError) -> str:
        reason = (error.strerror or str(error) or type(error).__name__).lower()
        if isinstance(error, ssl.SSLError):
            hint = "SSL_CERT_FILE names the ca.pem to trust, which `martech-emulator serve --tls-port` tells"
        elif isinstance(error, ConnectionRefusedError):
            port = "" if self.url == DEFAULT_URL or self._port is None else f" --port {self._port}"
            hint = f"start one: martech-emulator serve{port}"
        else:
            hint = f"start one (martech-emulator serve), or name another: {self._option} {DEFAULT_URL}"
        return f"no emulator answers at {self.url}: {reason}; {hint}"

    def _listed(self, noun: str, **query: str | int | None) -> list[Json]:
        """What the answer holds under the noun's own name."""
        found: Sequence[Json] = self.read(noun, **query)[noun]
        return list(found)


def _query(path: str, query: Mapping[str, str | int | None]) -> str:
    said = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{path}?{said}" if said else path


def _segment(name: str) -> str:
    """Of a path: the dots too, which clients and servers would take for directories."""
    return quote(name, safe="").replace(".", "%2E") if name in (".", "..") else quote(name, safe="")


def _document(content: bytes) -> Json:
    try:
        return json.loads(content)
    except ValueError:
        raise NotAnEmulator("what answers there is no emulator: its answer is no JSON") from None
