"""The file of an exported journal, a JSON document a line: the first tells what a replay starts from, then come the
calls and, between them, what was done to the world from outside.

A text in which something is masked is an object that tells where, and of what shape. Everything else is as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from emulator.control.sentences import sentences
from emulator.control.shapes import KINDS
from emulator.core.errors import Misuse
from emulator.core.journal import MOST_BODY_BYTES

FORMAT = "martech-emulator journal"
VERSION = 1
MEDIA_TYPE = "application/x-ndjson"
MOST_LINES = 200_000
_MOST_PROBLEMS = 3

_Run: TypeAlias = tuple[str, Annotated[int, Field(ge=1)]]


def _credible(runs: list[_Run]) -> list[_Run]:
    if wrong := [kind for kind, _ in runs if kind not in KINDS]:
        raise ValueError(f"{wrong[0]!r} is no kind of characters")
    if sum(length for _, length in runs) > MOST_BODY_BYTES:
        raise ValueError("no text of a journal is so long")
    return runs


class Part(BaseModel):
    """Of a line. Nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Masked(Part):
    """From `at` on, `length` characters stand for what is not told. `known` is its place among the world's credentials
    that look alike; nobody has one without. See `core.secrets.Mask` for the rest."""

    at: int = Field(ge=0)
    length: int = Field(ge=1)
    tail: str = Field("", max_length=8)
    shape: Annotated[list[_Run], AfterValidator(_credible)]
    known: int | None = Field(None, ge=0)
    disguise: str | None = "plain"
    before: str = ""
    after: str = ""


class Text(Part):
    text: str
    masks: list[Masked]
    charset: Literal["utf-8", "latin-1"] = "latin-1"


class Octets(Part):
    """What is no text."""

    base64: str


AnyText: TypeAlias = str | Text
AnyBody: TypeAlias = str | Text | Octets | None
Headers: TypeAlias = list[tuple[AnyText, AnyText]]


class Scenario(Part):
    """`digest` is of the scenario as JSON, none where that is not known; `planted` the moment from which it counted."""

    name: str
    digest: str | None
    seed: str
    planted: str


class Start(Part):
    """What held when the journal began."""

    settings: dict[str, dict[str, Any]]
    fail_on: str | None


class Manners(Part):
    bare: bool
    unimplemented: Literal["emulator", "vendor"]


class Extent(Part):
    """`first` is the id of the first call in the file, `forgotten` counts what was deleted on demand."""

    first: str | None
    calls: int = Field(ge=0)
    changes: int = Field(ge=0)
    dropped: int = Field(ge=0)
    forgotten: int = Field(ge=0)
    filter: dict[str, Any]


class Header(Part):
    """`in_force` is what held when the file was written, for people; a replay gets there by itself."""

    format: str
    version: int
    product_version: str
    namespace: str
    scenario: Scenario
    clock: dict[str, Any]
    start: Start
    in_force: dict[str, Any]
    manners: Manners
    journal: Extent


class Asked(Part):
    method: AnyText
    scheme: str
    realm: str
    client_ip: str | None
    server: tuple[str, Annotated[int, Field(ge=0, le=65_535)] | None] | None
    url: AnyText
    path: AnyText
    query: AnyText
    headers: Headers
    body: AnyBody
    body_cut: bool = False


class Answered(Part):
    """A status of 0 is no answer: the connection was closed."""

    status: int = Field(ge=0, le=999)
    headers: Headers
    body: AnyBody
    body_cut: bool = False


class Call(Part):
    id: str = Field(pattern=r"^[1-9][0-9]{0,17}$")
    at: str
    vendor: str
    operation: str | None
    caller: str | None
    refusal: str | None
    fault: str | None
    would_refuse: str | None
    provenance: str
    duration_ms: float
    request: Asked
    answer: Answered
    crash: str | None = None


class Changed(Part):
    """`about` depends on what was changed."""

    change: str
    after: str = Field(pattern=r"^(0|[1-9][0-9]{0,17})$")
    about: dict[str, Any]


Line: TypeAlias = Call | Changed
PartT = TypeVar("PartT", bound=Part)


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that has been read: its lines with their numbers."""

    header: Header
    lines: Sequence[tuple[int, Line]]

    @property
    def calls(self) -> int:
        return sum(isinstance(line, Call) for _, line in self.lines)


class BadJournal(Misuse):
    """A file that cannot be played, and why."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        sentence = problem if line is None else f"line {line}: {problem}"
        super().__init__(400, "Bad journal", sentence, errors=[sentence], **({} if line is None else {"line": line}))


def read(content: bytes) -> Recording:
    """Raises `BadJournal`."""
    texts = content.split(b"\n")
    if not texts[-1].strip():
        texts.pop()
    header = _header(texts[0] if texts else b"")
    if len(texts) - 1 > MOST_LINES:
        raise BadJournal(f"the file has {len(texts):,} lines, and a replay takes {MOST_LINES:,}")
    lines = [(number, _line(number, text)) for number, text in enumerate(texts[1:], start=2)]
    recording = Recording(header, lines)
    promised = header.journal.calls, header.journal.changes
    if promised != (found := (recording.calls, len(lines) - recording.calls)):
        raise BadJournal(
            f"the file is not whole: its first line tells of {promised[0]} calls and {promised[1]} changes, "
            f"and there are {found[0]} and {found[1]}"
        )
    return recording


def _header(text: bytes) -> Header:
    foreign = "this is no exported journal; GET /_emulator/requests/export makes one"
    if not text.strip():
        raise BadJournal(f"there is nothing in it: {foreign}")
    try:
        head = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        hint = "; curl takes the line ends away, unless the file is sent with --data-binary" if b"}{" in text else ""
        raise BadJournal(f"not JSON, {error.msg}: {foreign}{hint}", 1) from None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise BadJournal(f"format: {foreign}", 1)
    version = head.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BadJournal(f"version: must be a whole number from 1 to {VERSION}", 1)
    if version > VERSION:
        maker = head.get("product_version")
        raise BadJournal(f"version: the file has version {version}, made by {maker}; this reads up to {VERSION}", 1)
    return _parsed(Header, text, 1)


def _line(number: int, text: bytes) -> Line:
    return _parsed(Changed, text, number) if text.startswith(b'{"change"') else _parsed(Call, text, number)


def _parsed(model: type[PartT], text: bytes, number: int) -> PartT:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise BadJournal(f"not JSON, {first['ctx']['error']}: the line is cut off or damaged", number) from None
        raise BadJournal("; ".join(sentences(model, error)[:_MOST_PROBLEMS]), number) from None
