"""What was asked and answered: the last calls of a world, kept raw and read on demand.

Recording costs one tuple. Decoding, masking (`core.telling`) and filtering happen when somebody looks. Bounded by count
and by bytes; what fell out is counted.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from emulator.core.clock import Micros
from emulator.core.errors import Json
from emulator.core.provenance import Known

MOST_BODY_BYTES = 65_536
_OVERHEAD = 1_000
_PLAIN = 4_096
_MOST_CHANGES = 10_000


class Entry(NamedTuple):
    """One exchange as it happened. Headers and bodies are the bytes of the wire; `duration` is nanoseconds; `url` is
    the path as it was typed, mount and all, and `server` the address that took the call. `would_refuse` is the limit
    that let it pass only because it is not enforced."""

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
    realm: str = ""
    scheme: str = "http"
    client_ip: str | None = None
    url: str = ""
    server: tuple[str, int | None] | None = None
    relied: Sequence[Known] = ()
    would_refuse: str | None = None


Note: TypeAlias = Callable[[Entry], None]
NOTE = "emulator.note"
"""Scope key: a `Note`, to be given the entry of the call, which may be kept or not."""


class Change(NamedTuple):
    """Something that was done to the world from outside, after the call `after`, and that later answers depend on."""

    after: int
    what: str
    about: Mapping[str, Json]


def is_cut(body: bytes) -> bool:
    """Whether the journal has not kept all of it."""
    return len(body) > MOST_BODY_BYTES


def _size(entry: Entry) -> int:
    """Headers of an answer are large only where they repeat something of a large request."""
    sent = sum([len(name) + len(value) for name, value in entry.headers])
    size = sent + len(entry.path) + len(entry.url) + len(entry.query) + len(entry.body) + len(entry.answer_body)
    if size > _PLAIN:
        size += sum([len(name) + len(value) for name, value in entry.answer_headers])
    return size + _OVERHEAD


class Journal:
    """The newest exchanges of one world; with room for none it `keeps` nothing at all."""

    def __init__(self, most_entries: int, most_bytes: int) -> None:
        self.keeps = most_entries > 0
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._entries: deque[Entry] = deque()
        self._sizes: deque[int] = deque()
        self._bytes = 0
        self._last_id = 0
        self._begins_after = 0
        self.dropped = 0
        self.changes: list[Change] = []

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def record(self, entry: Entry) -> None:
        if len(entry.body) > MOST_BODY_BYTES or len(entry.answer_body) > MOST_BODY_BYTES:
            most = MOST_BODY_BYTES + 1
            entry = entry._replace(body=entry.body[:most], answer_body=entry.answer_body[:most])
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

    def changed(self, what: str, **about: Json) -> None:
        """Note what a control call does to the world. Too many of them, and that is all that is known."""
        if len(self.changes) < _MOST_CHANGES:
            self.changes.append(Change(self._last_id, what, about))
        elif len(self.changes) == _MOST_CHANGES:
            self.changes.append(Change(self._last_id, "too many", {}))

    def clear(self) -> None:
        """Forget all entries; ids go on, so that an old id never means a new call."""
        self._entries.clear()
        self._sizes.clear()
        self._bytes = 0
        self.dropped = 0

    @property
    def last_id(self) -> int:
        return self._last_id

    @property
    def forgotten(self) -> int:
        """How many calls it was told to forget."""
        return self._last_id - self._begins_after - self.dropped - len(self._entries)

    def restart(self, last_id: int = 0) -> None:
        """Forget all entries and count from 1 again: a reset world answers like a new one, request ids included. Or
        count on from where a snapshot was taken, for the same reason."""
        self.clear()
        self.changes.clear()
        self._last_id = self._begins_after = last_id
