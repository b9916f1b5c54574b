"""A journal entry read again: the request as it was, where it led, which check stopped it."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

import orjson

from emulator.control.explain.members import Shape, Stray, stray_parameters, strays
from emulator.control.explain.paths import Found, Intention, encoded_twice, found, intention, method_meant
from emulator.core.checks import Case, Check, Checklist
from emulator.core.clock import Micros
from emulator.core.errors import BodyTooLarge, Failure, Json, LimitExhausted, MethodNotAllowed
from emulator.core.journal import Entry
from emulator.core.limits import Limit
from emulator.core.provenance import Guess
from emulator.core.request import Request
from emulator.core.routes import Operation
from emulator.core.vendor import Vendor
from emulator.core.world import World

Outcome: TypeAlias = Literal["accepted", "refused", "not emulated", "only a guess", "misused"]
Object: TypeAlias = Mapping[str, Any]  # Any: a JSON document

_PROBLEM = "application/problem+json"
_FAULT_HEADER = "x-emulator-fault"
USUAL_HEADERS = frozenset(
    {
        "host", "user-agent", "accept", "accept-encoding", "accept-language", "connection", "content-type",
        "content-length", "content-encoding", "transfer-encoding", "origin", "referer", "cookie", "cache-control",
        "pragma", "expect", "te", "upgrade", "date", "via",
    }
)  # fmt: skip


@dataclass
class Call:
    """A call to a vendor in a world, now or once: what is known of it before anybody answers."""

    world: World
    vendor: Vendor
    request: Request
    document: Object
    at: Micros | None = None

    @cached_property
    def there(self) -> Found:
        return found(self.vendor, self.request)

    @property
    def operation(self) -> Operation | None:
        return self.there.operation

    @cached_property
    def checklist(self) -> Checklist:
        return self.vendor.checklist() if self.vendor.checklist else Checklist(operations={})

    @cached_property
    def checks(self) -> Sequence[Check]:
        operation = self.operation or self.nearest
        return self.checklist.operations.get(operation.id, ())

    @cached_property
    def nearest(self) -> Operation:
        """What a call that leads nowhere most resembles."""
        text = f"{self.request.method} {self.request.path}"
        return max(self.vendor.routes, key=lambda one: _alike(f"{one.method} {one.path}", text))

    def case(self, failure: Failure | None) -> Case:
        work = self.world.work(self.vendor, self.request)
        work.operation = self.operation
        work.unwanted = None
        if self.at is not None:
            work.now = self.at
        return Case(
            work=work,
            operation=self.operation or self.nearest,
            found=self.there.values,
            failure=failure,
            owner_of=self.owner_of,
        )

    def owner_of(self, text: str) -> str | None:
        """Whose credential a text is, of another vendor of this world: by its value, or else by its scheme word."""
        secret = text.strip().rpartition(" ")[2]
        scheme = text.strip().partition(" ")[0] if " " in text.strip() else None
        for vendor in self.world.vendors:
            if vendor is not self.vendor and len(secret) >= _SHORTEST_SECRET:
                for credential in vendor.credentials(self.world.work(vendor)):
                    if any(secret == value.rpartition(" ")[2] for value in credential.values()):
                        return f"{vendor.title}'s ({_name_of(credential)})"
        for vendor in self.world.vendors:
            if vendor is not self.vendor and scheme and scheme in _schemes(vendor, self.world):
                return f"{vendor.title}'s kind"
        return None

    @cached_property
    def described(self) -> Object:
        """The operation in the vendor's OpenAPI document."""
        for item in self.document["paths"].values():
            for method, described in item.items():
                if (
                    isinstance(described, dict)
                    and self.operation is not None
                    and described.get("x-emulator-operation") == self.operation.id
                    and method == self.request.method.lower()
                ):
                    return described
        return {}

    @cached_property
    def json(self) -> Json:
        """The body, where it is JSON."""
        try:
            return orjson.loads(self.request.raw_body)
        except orjson.JSONDecodeError:
            return None

    def stray_members(self) -> Iterator[Stray]:
        contents = self.described.get("requestBody", {}).get("content", {})
        schemas = [content["schema"] for content in contents.values() if content.get("schema")]
        if schemas and self.json is not None:
            yield from strays(self.json, Shape(schemas[0], self.document))

    def stray_query(self) -> Iterator[Stray]:
        names = [name for name, _ in self.request.query]
        yield from stray_parameters(names, self._parameters, where="query")

    def stray_headers(self) -> Iterator[Stray]:
        names = [name.decode("latin-1") for name, _ in self.request.headers]
        ours = [name for name in names if name.lower().startswith("x-emulator-")]
        known = [*self._parameters, *self._credentials]
        yield from stray_parameters(names, known, where="header", ignored=[*USUAL_HEADERS, *ours])

    @property
    def _parameters(self) -> Sequence[Object]:
        return [self._resolved(one) for one in self.described.get("parameters", ())]

    def _resolved(self, one: Object) -> Object:
        reference = one.get("$ref")
        return self.document["components"]["parameters"][reference.rpartition("/")[2]] if reference else one

    @property
    def _credentials(self) -> Iterator[Object]:
        """The headers that carry credentials, from the document's security schemes."""
        for scheme in self.document.get("components", {}).get("securitySchemes", {}).values():
            if scheme.get("in") == "header":
                yield {"name": scheme["name"], "in": "header"}
            elif scheme.get("type") in ("http", "oauth2"):
                yield {"name": "Authorization", "in": "header"}

    @property
    def known_headers(self) -> set[str]:
        """The headers that this operation reads, in lower case."""
        told = [*self._parameters, *self._credentials]
        return {one["name"].lower() for one in told if one["in"] == "header"}

    def without_effect(self) -> Iterator[str]:
        operation = self.operation
        reasons = self.checklist.without_effect.get(operation.id, {}) if operation is not None else {}
        query = dict(self.request.query)
        for place, reason in reasons.items():
            if place in query or _has(self.json, place.split(".")):
                yield f"{place} is accepted and has no effect: {reason}"


_SHORTEST_SECRET = 8


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def _name_of(credential: Mapping[str, str]) -> str:
    for name in ("name", "application", "client_id", "environment"):
        if name in credential:
            return f"{'' if name == 'name' else name.replace('_', ' ') + ' '}{credential[name]}"
    return next(iter(credential))


def _schemes(vendor: Vendor, world: World) -> set[str]:
    """The words that lead this vendor's credentials: ``Authorization: TD1 …`` has TD1."""
    headers = [one["header"] for one in vendor.credentials(world.work(vendor)) if "header" in one]
    values = [header.partition(": ")[2] for header in headers]
    return {value.partition(" ")[0] for value in values if " " in value}


def _has(value: Json, steps: Sequence[str]) -> bool:
    if not steps:
        return True
    if isinstance(value, list):
        return any(_has(one, steps) for one in value)
    return isinstance(value, dict) and steps[0] in value and _has(value[steps[0]], steps[1:])


@dataclass
class Reading(Call):
    """A recorded call, with what came of it."""

    entry: Entry = field(kw_only=True)

    @cached_property
    def failure(self) -> Failure | None:
        return self.vendor.catalogue.get(self.entry.refusal) if self.entry.refusal else None

    @cached_property
    def _own_answer(self) -> Object:
        """The problem document of ours that was the answer; nothing where a vendor answered."""
        if self.entry.refusal is not None or _header(self.entry, "content-type") != _PROBLEM:
            return {}
        answered: Object = orjson.loads(self.entry.answer_body)
        return answered

    @property
    def problem(self) -> str | None:
        """The sentence of a problem document of ours."""
        return self._own_answer.get("detail")

    @property
    def guessed(self) -> str | None:
        """The id of the entry that this world relies on no more."""
        return self._own_answer.get("entry") if self._own_answer.get("title") == Guess.title_of_all else None

    @cached_property
    def outcome(self) -> Outcome:
        if self.entry.refusal is not None:
            return "refused"
        if self.problem is None:
            return "accepted"
        if self.guessed is not None:
            return "only a guess"
        return "not emulated" if _header(self.entry, "x-emulator-unimplemented") else "misused"

    @cached_property
    def fault_struck(self) -> bool:
        names = re.split(r"[ ,|()]+", self.entry.fault or "")
        return self.entry.refusal is not None and self.entry.refusal in names

    @property
    def fault_sentence(self) -> str:
        if self.request.header(_FAULT_HEADER) is not None:
            return f"The call itself asked for this failure: X-Emulator-Fault: {self.entry.fault}."
        return f"A standing fault was arranged and struck: {self.entry.fault}. GET /_emulator/faults lists them."

    @property
    def standing_fault(self) -> str | None:
        """The id of the fault that struck, if it still stands and would strike again."""
        fault_id = (self.entry.fault or "").partition(" ")[0]
        standing = (fault for fault in self.world.faults if fault.id == fault_id and not fault.spent)
        return next((fault.id for fault in standing), None) if self.fault_struck else None

    @cached_property
    def exhausted(self) -> Limit | None:
        """The limit that refused the call."""
        if self.failure is None or self.fault_struck:
            return None
        return next((limit for limit in self.vendor.limits if self._is_word_of(limit)), None)

    def _is_word_of(self, limit: Limit) -> bool:
        return self.vendor.dialect(LimitExhausted(limit.name, limit.quota, limit.window)).failure is self.failure

    @property
    def too_large(self) -> bool:
        """Refused as such. Some operations have another word for it."""
        return self.oversize and self.failure is self.vendor.dialect(BodyTooLarge(self.vendor.largest_body)).failure

    @property
    def oversize(self) -> bool:
        """What arrived beyond the bound was not kept, so that the journal's copy ends there."""
        sent = self.request.header("content-length") or ""
        size = int(sent) if sent.isascii() and sent.isdigit() else len(self.request.raw_body)
        return size > self.vendor.largest_body

    @cached_property
    def intention(self) -> Intention | None:
        """What the path or the method should have been."""
        refused = self.there.refused
        if refused is None:
            return None
        if isinstance(refused, MethodNotAllowed):
            return method_meant(refused)
        return intention(self.vendor, self.world.vendors, self.request)

    @property
    def nowhere(self) -> bool:
        """The vendor's own word for a path that leads to no operation, which a check may use for something else."""
        refused = self.there.refused
        if refused is None or isinstance(refused, MethodNotAllowed):
            return False
        return self.failure is not None and self.vendor.dialect(refused).failure is self.failure

    @cached_property
    def failed_check(self) -> Check | None:
        if self.failure is None or self.fault_struck or self.nowhere:
            return None
        return next((check for check in self.checks if self.failure in check.failures), None)

    @cached_property
    def recorded(self) -> Case:
        return self.case(self.failure)

    def suspicions(self) -> Iterator[str]:
        """What looks wrong in the call, whatever it was answered."""
        for value, once in encoded_twice(self.there):
            yield f"The path's value is {value!r} once decoded: it was encoded twice, if {once!r} is meant."
        for stray in (*self.stray_members(), *self.stray_query(), *self.stray_headers()):
            yield stray.sentence

    def remarks(self) -> list[str]:
        """All that a caller may want to know besides: suspicions, members without effect, the vendor's own remarks."""
        own = self.checklist.remarks(self.recorded) if self.operation is not None else ()
        return list(dict.fromkeys((*self.suspicions(), *self.without_effect(), *own)))


def _header(entry: Entry, name: str) -> str | None:
    return next((value for key, value in entry.answer_headers if key.lower() == name), None)


def read(world: World, entry: Entry, document: Object) -> Reading:
    """The entry as a call. Where the journal had to cut the body, so is this one's."""
    vendor = next(one for one in world.vendors if one.slug == entry.vendor)
    request = Request(
        entry.method,
        entry.path,
        query_string=entry.query,
        headers=entry.headers,
        body=entry.body,
        realm=entry.realm,
        client_ip=entry.client_ip,
        scheme=entry.scheme,
        target=entry.url,
        server=entry.server,
    )
    return Reading(world, vendor, request, document, entry.at, entry=entry)
