"""What can go wrong, in two languages.

Core raises a *fact*, neutral and wordless. A vendor's dialect turns it into a *refusal*: a `Failure` of its catalogue,
in its own bytes. Services raise refusals directly, by calling the failure: ``raise COUPON_NOT_FOUND(code=code)``.

    Exception
    ├── Fact                  what happened, without words
    │   ├── NoSuchOperation
    │   ├── MethodNotAllowed
    │   ├── MalformedPath
    │   ├── BodyTooLarge
    │   ├── MalformedBody
    │   ├── InvalidBody
    │   ├── InvalidQuery
    │   ├── LimitExhausted
    │   └── Crashed
    ├── Refusal               a vendor's answer that says no
    └── Misuse                a call of ours to the emulator itself that cannot be served
        ├── NotEmulated
        └── CannotKeep
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import orjson

from emulator.core.answers import Answer, Headers

Json: TypeAlias = Any  # the JSON edge: whatever orjson reads and writes


class Level(StrEnum):
    """How a behaviour is known, strongest first."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    INFERRED = "inferred"
    ASSUMED = "assumed"

    def weaker(self, other: "Level") -> "Level":
        return self if _RANK[self] >= _RANK[other] else other

    def as_weak_as(self, other: "Level") -> bool:
        return _RANK[self] >= _RANK[other]


_RANK = {level: rank for rank, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Rule:
    """A choice that shapes accepted answers, with the reason why it may be believed. `Work.rely` names it."""

    id: str
    level: Level
    source: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One refusal of a vendor's catalogue, which is also one failure that a user can provoke by name.

    `body` is a JSON template: ``{name}`` in its strings and in `headers` is filled from the call's keywords, or from
    `example` where the failure is provoked. A body of `None` is sent empty.
    `keeps_rows`: what the call wrote before it failed stays written. `strikes_at`: the milestone of the operation
    (see `Work.reach`) at which a standing fault of this name hits; without one it hits on arrival.
    """

    name: str
    status: int
    body: Json
    level: Level
    source: str
    says: str
    headers: Headers = ()
    media_type: str = "application/json"
    example: Mapping[str, str] = field(default_factory=dict)
    keeps_rows: bool = False
    strikes_at: str | None = None

    def __call__(self, *, body: Json = None, headers: Headers = (), **words: str) -> "Refusal":
        """The refusal to raise; `body` replaces the template where the words alone cannot express it."""
        return Refusal(self, self.body if body is None else body, (*self.headers, *headers), words)

    def provoked(self, **words: str) -> "Refusal":
        """The refusal as somebody asked for it, with the example's words where there are no others."""
        return Refusal(self, self.body, self.headers, {**self.example, **words})


class Refusal(Exception):
    """A vendor's answer that says no. Raise it; the exchange sends it and rolls back what the call wrote."""

    def __init__(self, failure: Failure, body: Json, headers: Headers, words: Mapping[str, str]) -> None:
        super().__init__(failure.name)
        self.failure = failure
        self._body = body
        self._headers = headers
        self._words = words

    def answer(self) -> Answer:
        failure, words = self.failure, self._words
        headers = tuple((name, value.format_map(words) if words else value) for name, value in self._headers)
        if self._body is None:
            return Answer(failure.status, b"", headers)
        body = orjson.dumps(_fill(self._body, words) if words else self._body)
        return Answer(failure.status, body, (("content-type", failure.media_type), *headers))


def _fill(template: Json, words: Mapping[str, str]) -> Json:
    if isinstance(template, str):
        return template.format_map(words) if "{" in template else template
    if isinstance(template, dict):
        return {key: _fill(value, words) for key, value in template.items()}
    if isinstance(template, list):
        return [_fill(value, words) for value in template]
    return template


class Fact(Exception):
    """Something that happened, without words: the vendor's dialect has them."""


class NoSuchOperation(Fact):
    """The path belongs to no operation of this vendor's."""


@dataclass(eq=False)
class MethodNotAllowed(Fact):
    """The path is known, the method is not. `path` is the operation's own pattern."""

    method: str
    allowed: tuple[str, ...]
    path: str


class MalformedPath(Fact):
    """A percent sign without two hex digits, a NUL, or octets that are not UTF-8."""


@dataclass(eq=False)
class BodyTooLarge(Fact):
    limit: int


@dataclass(eq=False)
class MalformedBody(Fact):
    """The body is not what it claims to be: not JSON, not UTF-8."""

    reason: str


def dotted(place: Sequence[str | int]) -> str:
    """``("talonone", "campaigns", 2, "name")`` as ``talonone.campaigns[2].name``."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return path.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a body: where (keys and indexes from the root), what kind (pydantic's name of the error),
    the parser's own words, the value found, and what the check was about."""

    place: tuple[str | int, ...]
    kind: str
    message: str
    found: Json = None
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class InvalidBody(Fact):
    """JSON of the wrong shape."""

    problems: Sequence[Problem]


@dataclass(eq=False)
class InvalidQuery(Fact):
    problems: Sequence[Problem]


@dataclass(eq=False)
class LimitExhausted(Fact):
    """The quota of a limit is spent; `retry_after` is the time until the next call passes, in microseconds."""

    name: str
    quota: int
    retry_after: int


class Crashed(Fact):
    """A fault of our own. The traceback is on stderr and in the journal, never in the answer."""


AGAIN_SOON = ("retry-after", "1")
"""Of an answer that says: not yet."""
_NOT_YET = 503

FACTS: tuple[Fact, ...] = (
    NoSuchOperation(),
    MethodNotAllowed("TRACE", ("GET",), "/"),
    MalformedPath(),
    BodyTooLarge(1),
    MalformedBody("example"),
    InvalidBody(()),
    InvalidQuery(()),
    LimitExhausted("example", 1, 1_000_000),
    Crashed(),
)
"""One of each, for the test that every dialect has words for all of them."""


class Misuse(Exception):
    """The emulator itself was addressed wrongly: its own headers, namespaces, control calls or scenarios.

    `title` names the kind of problem, `detail` is the sentence for the user, `members` are RFC 9457 extensions.
    """

    marks: Headers = ()
    """Headers of its kind of answer, besides the media type."""

    def __init__(self, status: int, title: str, detail: str, **members: Json) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.members = members

    def answer(self) -> Answer:
        """As an RFC 9457 problem document, for calls answered without the control plane's framework."""
        problem = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }
        headers = [("content-type", "application/problem+json"), *self.marks]
        if self.status == _NOT_YET:
            headers.append(AGAIN_SOON)
        return Answer(self.status, orjson.dumps(problem), headers)


class NotEmulated(Misuse):
    """What was asked for is no operation that the emulator has: never to be mistaken for the vendor's own 404."""

    marks = (("x-emulator-unimplemented", "true"),)

    def __init__(self, detail: str, **members: Json) -> None:
        super().__init__(501, "Not emulated", detail, **members)


class CannotKeep(Misuse):
    """What a call would change cannot be written to where worlds are kept, and has therefore not been changed."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(507, "Cannot be kept", f"{what}: {reason}; nothing has changed")
