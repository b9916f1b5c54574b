"""What was asked and answered: the last calls of a world, kept raw and read on demand.

Recording costs one tuple. Decoding, masking and filtering happen when somebody looks. Bounded by count and by bytes;
what fell out is counted.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import orjson

from emulator.core.clock import Micros, rfc3339
from emulator.core.credentials import is_secret, masked, masked_value

MOST_BODY_BYTES = 65_536
_OVERHEAD = 1_000


class Entry(NamedTuple):
    """One exchange as it happened. Headers and bodies are the bytes of the wire; `duration` is nanoseconds."""

    id: int
    at: Micros
    vendor: str
    operation: str | None
    method: str
    path: str
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    status: int
    answer_headers: Sequence[tuple[str, str]]
    answer_body: bytes
    caller: str | None
    refusal: str | None
    fault: str | None
    provenance: str
    duration: int
    crash: str | None


def _size(entry: Entry) -> int:
    sent = sum([len(name) + len(value) for name, value in entry.headers])
    return len(entry.path) + len(entry.query) + sent + len(entry.body) + len(entry.answer_body) + _OVERHEAD


class Journal:
    """The newest exchanges of one world."""

    def __init__(self, most_entries: int, most_bytes: int) -> None:
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._entries: deque[Entry] = deque()
        self._sizes: deque[int] = deque()
        self._bytes = 0
        self._last_id = 0
        self.dropped = 0

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def record(self, entry: Entry) -> None:
        if len(entry.body) > MOST_BODY_BYTES or len(entry.answer_body) > MOST_BODY_BYTES:
            entry = entry._replace(body=entry.body[:MOST_BODY_BYTES], answer_body=entry.answer_body[:MOST_BODY_BYTES])
        self._entries.append(entry)
        size = _size(entry)
        self._sizes.append(size)
        self._bytes += size
        while len(self._entries) > self._most_entries or (self._bytes > self._most_bytes and len(self._entries) > 1):
            self._entries.popleft()
            self._bytes -= self._sizes.popleft()
            self.dropped += 1

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, entry_id: int) -> Entry | None:
        return next((entry for entry in self._entries if entry.id == entry_id), None)

    def clear(self) -> None:
        """Forget all entries; ids go on, so that an old id never means a new call."""
        self._entries.clear()
        self._sizes.clear()
        self._bytes = 0
        self.dropped = 0

    def restart(self) -> None:
        """Forget all entries and count from 1 again: a reset world answers like a new one, request ids included."""
        self.clear()
        self._last_id = 0


def readable(entry: Entry) -> dict[str, Any]:
    """An entry as JSON, credentials masked to their last four characters."""
    return {
        "id": str(entry.id),
        "at": rfc3339(entry.at),
        "vendor": entry.vendor,
        "operation": entry.operation,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "caller": entry.caller,
        "refusal": entry.refusal,
        "fault": entry.fault,
        "provenance": entry.provenance,
        "duration_ms": round(entry.duration / 1_000_000, 3),
        "request": {
            "method": entry.method,
            "path": entry.path,
            "query": masked_text(entry.query.decode("latin-1")),
            "headers": _masked_headers([(n.decode("latin-1"), v.decode("latin-1")) for n, v in entry.headers]),
            "body": _masked_body(entry.body),
        },
        "answer": {
            "status": entry.status,
            "headers": _masked_headers(entry.answer_headers),
            "body": _masked_body(entry.answer_body),
        },
        **({"crash": entry.crash} if entry.crash else {}),
    }


def _masked_headers(headers: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [[name, masked_value(value) if is_secret(name) else masked_text(value)] for name, value in headers]


def _masked_body(body: bytes) -> Any:
    """JSON as JSON, anything else as text: a form, or JSON that is broken or was cut."""
    if not body:
        return None
    try:
        return _masked_json(orjson.loads(body))
    except orjson.JSONDecodeError:
        return masked_text(body.decode("utf-8", "replace"))


def _masked_json(value: Any, secret: bool = False) -> Any:
    """Below a secret's name everything is one."""
    if isinstance(value, Mapping):
        return {key: _masked_json(below, secret or is_secret(key)) for key, below in value.items()}
    if isinstance(value, list):
        return [_masked_json(below, secret) for below in value]
    if isinstance(value, str):
        return masked(value) if secret else masked_text(value)
    return "…" if secret and isinstance(value, int | float) and not isinstance(value, bool) else value


# A name, and what follows it. Anchored where one can begin, or bounded, so that they stay linear on whatever is sent.
_PAIR = re.compile(r"""(?<![^&\s?"',;])([^&\s?"',;=]*)="""), re.compile(r""""[^"]*|[^&\s"]*""")
_MEMBER = (
    re.compile(r"""(?<!\\)["']((?:[^"'\\]|\\.){0,200})["']\s{0,20}:\s{0,20}["']?"""),
    re.compile(r"""(?<=")(?:[^"\\]|\\.)*|(?<=')(?:[^'\\]|\\.)*|[\[{].*|[^\s,}\]]*""", re.DOTALL),
)
_PART = (
    re.compile(r"""name="([^"]{0,200})"[^\n]{0,300}\n(?:[^\r\n]{1,300}\r?\n){0,4}\r?\n"""),
    re.compile(r"(?:(?!\r?\n--).)*", re.DOTALL),
)


def masked_text(text: str) -> str:
    """Secrets masked where they show as such: ``name=value`` of a form or a query, a member of JSON that does not
    parse, a part of a multipart form."""
    text = _masked_after(_PAIR, unquote_plus, text)
    text = _masked_after(_MEMBER, _member_name, text)
    return _masked_after(_PART, str, text)


def _masked_after(place: tuple[re.Pattern[str], re.Pattern[str]], read: Callable[[str], str], text: str) -> str:
    names, values = place
    pieces: list[str] = []
    done = 0
    for name in names.finditer(text):
        if name.start() >= done and is_secret(read(name[1])) and (value := values.match(text, name.end())):
            pieces += text[done : name.end()], masked(value[0])
            done = value.end()
    return "".join((*pieces, text[done:]))


def _member_name(raw: str) -> str:
    try:
        return str(orjson.loads(f'"{raw}"'))
    except orjson.JSONDecodeError:
        return raw
