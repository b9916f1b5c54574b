"""One call of a vendor's API as the journal has it, credentials masked."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

import httpx

from emulator.client import Client, Json, Refused
from emulator.core.errors import Fact
from emulator.core.request import Request
from emulator.core.vendor import Vendor
from emulator.settings import DEFAULT_URL
from emulator.testing.explanations import Explanation
from emulator.testing.layout import clipped, printable
from emulator.testing.venues import Venue

_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
EVERY_CALL = 1_000_000
IN_PROCESS = "in-process"
_PROBLEM = "application/problem+json"
_LONGEST_PATH = 120
_STANDING = re.compile(r"f[0-9]+(?= )")
_WORD = re.compile(r"[^\s,|()=]+")

Parameters = Mapping[str, str | list[str]]
"""Decoded; what is sent more than once is a list."""


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """`operation` is `None` for a call that belongs to none. `body` and `answer_body` are JSON where they are JSON,
    text where they are anything else, and `None` where there is none. `caller` is who the vendor took the caller for.
    `refusal` names the failure that the vendor answered with, `fault` the one that was arranged, and `would_refuse` the
    limit that let the call pass only because it is not enforced. `provenance` is how the weakest rule is known that
    shaped the answer, and `relied` are the entries of all of them in ``GET /_emulator/provenance``. Of a body that is
    `body_cut`, or an answer's that is `answer_cut`, the journal has kept the beginning only."""

    id: str
    at: datetime
    vendor: str
    operation: str | None
    method: str
    path: str
    path_parameters: Mapping[str, str] = field(hash=False)
    query: Parameters = field(hash=False)
    headers: httpx.Headers = field(hash=False)
    body: Json = field(hash=False)
    status: int
    answer_headers: httpx.Headers = field(hash=False)
    answer_body: Json = field(hash=False)
    caller: str | None
    refusal: str | None
    fault: str | None
    would_refuse: str | None
    provenance: str
    relied: tuple[str, ...]
    body_cut: bool
    answer_cut: bool
    duration_ms: float
    _control: Client = field(compare=False)
    _origin: str = field(compare=False)

    def __repr__(self) -> str:
        return f"<Call {self.id}: {self.vendor} {self.operation or '-'}, {self.line}, {self.outcome}>"

    @property
    def line(self) -> str:
        """Method, path and query, on one line."""
        pairs = ((name, value if isinstance(value, list) else [value]) for name, value in self.query.items())
        query = "&".join(f"{name}={one}" for name, values in pairs for one in values)
        return clipped(printable(f"{self.method} {self.path}" + (f"?{query}" if query else "")), _LONGEST_PATH)

    @property
    def why(self) -> str:
        """What stood between the call and its answer, if anything did."""
        if self.provoked:
            standing = _STANDING.match(self.fault or "")
            return f"{self.refusal} by {standing[0]}" if standing else f"{self.refusal} as asked"
        fault = self.fault and f"fault {self.fault}"
        observed = self.would_refuse and f"would be refused: {self.would_refuse}"
        return ", ".join(filter(None, [self.refusal, fault, observed]))

    @property
    def outcome(self) -> str:
        """The status, and what stood between the call and its answer."""
        return " ".join(filter(None, [str(self.status), self.why]))

    @property
    def misused(self) -> bool:
        """Whether the emulator itself said no: it has no such operation, or a header of its own is wrong."""
        return self.refusal is None and _PROBLEM in self.answer_headers.get("content-type", "")

    @property
    def refused(self) -> bool:
        """By the vendor or by the emulator itself, for whatever reason."""
        return self.refusal is not None or self.misused

    @property
    def provoked(self) -> bool:
        """Whether the refusal is one that was arranged."""
        return self.refusal is not None and self.refusal in _WORD.findall(self.fault or "")

    def json(self) -> Json:
        """The body. Raises `ValueError` for one that is no JSON."""
        return self._json(self.body, "body", cut=self.body_cut)

    def answer_json(self) -> Json:
        """The answer's body. Raises `ValueError` for one that is no JSON."""
        return self._json(self.answer_body, "answer", cut=self.answer_cut)

    def _json(self, body: Json, noun: str, *, cut: bool) -> Json:
        if not isinstance(body, str | None):
            return body
        try:
            return json.loads(body or "")
        except ValueError:
            kept = ", of which the journal has kept the beginning," if cut else ""
            told = "is empty" if not body else f"is no JSON but {clipped(printable(repr(body)), 60)}"
            raise ValueError(f"the {noun} of call {self.id} ({self.line}){kept} {told}") from None

    @property
    def form(self) -> Parameters:
        """The fields of a body that is a form; empty for any other."""
        media_type = self.headers.get("content-type", "")
        if not isinstance(self.body, str):
            return {}
        if media_type.lower().startswith(_FORM):
            return decoded(self.body)
        if media_type.lower().startswith(_MULTIPART):
            return _collected(_parts(media_type, self.body))
        return {}

    def explain(self) -> Explanation:
        """Why it was answered so. Raises `LookupError` once the journal has forgotten it, as a reset makes it do."""
        try:
            told = self._control.explain(self.id)
        except Refused:
            told = None
        if told is None or not self._is(told["request"]):
            raise LookupError(f"the journal no longer has call {self.id} ({self.line})") from None
        return Explanation.of(told, self._origin)

    def _is(self, told: Json) -> bool:
        """Ids begin anew with a reset."""
        return bool(datetime.fromisoformat(told["at"]) == self.at and told["duration_ms"] == self.duration_ms)


def calls_of(venue: Venue, control: Client, told: Json) -> list[Call]:
    """What ``GET /_emulator/requests`` lists, told by `control`."""
    by_slug = {vendor.slug: vendor for vendor in venue.vendors}
    origin = DEFAULT_URL if venue.name == IN_PROCESS else control.url
    return [_call(by_slug.get(one["vendor"]), control, origin, one) for one in told["requests"]]


def _call(vendor: Vendor | None, control: Client, origin: str, told: Json) -> Call:
    asked, answered = told["request"], told["answer"]
    return Call(
        id=told["id"],
        at=datetime.fromisoformat(told["at"]),
        vendor=told["vendor"],
        operation=told["operation"],
        method=told["method"],
        path=told["path"],
        path_parameters={} if vendor is None else _path_parameters(vendor, told),
        query=decoded(asked["query"]),
        headers=_headers(asked["headers"]),
        body=asked["body"],
        status=told["status"],
        answer_headers=_headers(answered["headers"]),
        answer_body=answered["body"],
        caller=told["caller"],
        refusal=told["refusal"],
        fault=told["fault"],
        would_refuse=told["would_refuse"],
        provenance=told["provenance"],
        relied=tuple(told.get("relied", ())),
        body_cut=asked.get("body_cut", False),
        answer_cut=answered.get("body_cut", False),
        duration_ms=told["duration_ms"],
        _control=control,
        _origin=origin,
    )


def _headers(pairs: Sequence[Sequence[str]]) -> httpx.Headers:
    return httpx.Headers([(name, value) for name, value in pairs], encoding="utf-8")


def _path_parameters(vendor: Vendor, told: Json) -> Mapping[str, str]:
    try:
        operation, found = vendor.routes.match(told["method"], Request(told["method"], told["path"]).segments)
    except Fact:
        return {}
    return found if operation.id == told["operation"] else {}


def decoded(text: str) -> Parameters:
    """Of a query string, or of a body that is written like one."""
    return _collected(parse_qsl(text, keep_blank_values=True))


def _collected(pairs: Iterable[tuple[str, str]]) -> Parameters:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found if len(found) > 1 else found[0] for name, found in values.items()}


def _parts(media_type: str, body: str) -> Iterator[tuple[str, str]]:
    """Of a multipart form, those that have a name."""
    whole = f"Content-Type: {media_type}\r\n\r\n{body}".encode()
    for part in BytesParser(policy=HTTP).parsebytes(whole).iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            content = part.get_payload(decode=True)
            yield name, content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
