"""What a call must pass, in the vendor's order, and how a failed one is understood and mended.

A vendor declares the checks of each operation in its room `checks`, which is read only when somebody asks why a call
was refused: nothing here is done while a call is answered.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote_plus

from emulator.core.credentials import masked
from emulator.core.errors import Failure
from emulator.core.request import Request

if TYPE_CHECKING:
    from emulator.core.routes import Operation
    from emulator.core.work import Work

TOKEN = "$TOKEN"
"""Stands in a draft for the member of another call's answer that `Draft.login` fetches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One recorded call, as its explanation sees it.

    `work` reads the world as it is now; its request is the recorded one and its caller nobody. `found` are the values
    of the path's placeholders, decoded once. `failure` is what the call was refused with. `owner_of` tells whose
    credential a text is, in words, where any vendor of this world knows it: ``Talon.One's key of application 12``.
    """

    work: "Work"
    operation: "Operation"
    found: Mapping[str, str]
    failure: Failure | None
    owner_of: Callable[[str], str | None]

    @property
    def request(self) -> Request:
        return self.work.request

    def header(self, name: str) -> str:
        """For people: ``Authorization: TD1 …4b2c``, or that there is none."""
        values = self.request.all_headers(name.lower())
        return " and ".join(f"{name}: {told(value)}" for value in values) if values else f"no header {name}"


def told(value: str) -> str:
    """A credential as it may be shown: its scheme word, and the last four characters of the rest."""
    scheme, space, secret = value.strip().partition(" ")
    return f"{scheme} {masked(secret.strip())}" if space and len(scheme) <= 16 else masked(value.strip())


@dataclass(slots=True)
class Draft:
    """A call in the making: what the corrected curl command will send.

    `path` is the vendor's own, percent-encoded. Where `login` is there, it is called first, and `TOKEN` in a header or
    the query string stands for the member `token_member` of its answer.
    """

    method: str
    path: str
    realm: str = ""
    query: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    scheme: str = "http"
    login: "Draft | None" = None
    token_member: str = ""

    @classmethod
    def of(cls, request: Request) -> Self:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
        query = request.query_string.decode("latin-1")
        return cls(request.method, request.path, request.realm, query, headers, request.raw_body, request.scheme)

    def copy(self) -> Self:
        return replace(self, headers=list(self.headers))

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def set_header(self, name: str, value: str) -> None:
        """In place of all of that name."""
        self.drop_header(name)
        self.headers.append((name, value))

    def drop_header(self, name: str) -> None:
        self.headers = [(key, value) for key, value in self.headers if key.lower() != name.lower()]

    def set_value(self, operation: "Operation", name: str, value: str) -> None:
        """A placeholder of the operation's path, percent-encoded once. A path of another shape stays as it is."""
        pieces = self.path[1:].split("/")
        if len(pieces) != len(operation.pattern):
            return
        places = [place for place, literal in enumerate(operation.pattern) if literal is None]
        pieces[dict(zip(operation.names, places, strict=True))[name]] = quote(value, safe="")
        self.path = "/" + "/".join(pieces)

    def set_query(self, name: str, value: str | None) -> None:
        """One parameter in place of all of that name; `None` leaves it out. The others stay as they were written."""
        kept = [piece for piece in self.query.split("&") if piece and unquote_plus(piece.partition("=")[0]) != name]
        written = [] if value is None else [f"{quote(name, safe='')}={quote(value, safe='')}"]
        self.query = "&".join((*kept, *written))

    def request(self, token: str = "", *, client_ip: str | None = None) -> Request:
        """As the exchange takes it, `TOKEN` replaced."""
        headers = [(key.lower().encode("latin-1"), _filled(value, token)) for key, value in self.headers]
        query = _filled(self.query, token)
        return Request(
            self.method,
            self.path,
            query_string=query,
            headers=headers,
            body=self.body,
            realm=self.realm,
            client_ip=client_ip,
            scheme=self.scheme,
        )


def _filled(text: str, token: str) -> bytes:
    return text.replace(TOKEN, token).encode("latin-1", "replace")


def _unmendable(case: Case, draft: Draft) -> None:
    return None


def _no_cause(case: Case) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that a call must pass.

    `failures` are how it says no. `expects` says what passes and `got` what this call had, credentials masked. `cause`
    is the likeliest mistake, in one sentence that names it, or `None` where nothing better is known than what the
    failure itself says. `mend` changes a draft of the same call so that it passes; what cannot be mended is left.
    """

    name: str
    expects: str
    failures: Sequence[Failure]
    got: Callable[[Case], str]
    cause: Callable[[Case], str | None] = _no_cause
    mend: Callable[[Case, Draft], None] = _unmendable


def _no_remarks(case: Case) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """All checks of a vendor: per operation id, in the order in which its calls meet them.

    `remarks` are sentences on a call, accepted or not, that only this vendor can make. `without_effect` are the members
    of bodies and queries that are documented and do nothing here, with the reason, by operation id and dotted path:
    ``{"updateCustomerSessionV2": {"customerSession.x": "the reason"}}``.
    """

    operations: Mapping[str, Sequence[Check]]
    remarks: Callable[[Case], Iterable[str]] = _no_remarks
    without_effect: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
