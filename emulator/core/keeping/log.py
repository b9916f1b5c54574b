"""The write-ahead log beside a file, looked through before the file is used.

SQLite takes a log up to the first frame that is not as it was written and forgets the rest. That is right for what a
process was writing when it ended, and silent where something has been damaged since. The two can be told apart: what
was being written has not been committed, so a frame behind the cut that ends a transaction, and follows from the one
before it, has been damaged out of reach. The format is SQLite's (https://www.sqlite.org/fileformat2.html#walformat).
"""

import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, NamedTuple

from emulator.core.keeping import Damaged, uri
from emulator.core.store import connect

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_SUMMED = 24
"""Bytes of the log's header that its checksum is of."""
_COUNTED = 8
"""And of a frame's header, besides the page."""
_MAGIC, _BIG_ENDIAN = 0x377F0682, 0x377F0683
_TAKEN = struct.Struct("=I")
_TAKEN_AT = 16
"""Where the index beside the log says how many frames count."""
_WORD = 0xFFFFFFFF


class _Frame(NamedTuple):
    """`ends` tells the last one of a transaction."""

    ends: bool
    salts: tuple[int, int]
    checksum: tuple[int, int]
    content: bytes


def check_log(file: Path) -> None:
    """Raises `Damaged`, `OSError`, and `sqlite3.Error`. The log stays as it is."""
    log = Path(f"{file}-wal")
    if not log.exists() or log.stat().st_size <= _HEADER.size:
        return
    with log.open("rb") as stream:
        beginning = stream.read(_HEADER.size)
        magic, _, page, _, *salts, first, second = _HEADER.unpack(beginning)
        words = ">" if magic == _BIG_ENDIAN else "<"
        if magic not in (_MAGIC, _BIG_ENDIAN) or _sum(beginning[:_SUMMED], words) != (first, second):
            raise Damaged("its log does not begin as it was written")
        taken = _taken(file)
        stream.seek(_HEADER.size + taken * (_FRAME.size + page))
        before: _Frame | None = None
        for number, frame in enumerate(_frames(stream, page), start=taken + 1):
            ours = frame.ends and frame.salts == tuple(salts)
            if ours and before and _sum(frame.content, words, before.checksum) == frame.checksum:
                raise Damaged(f"its log is damaged from frame {taken + 1} on, and was committed to frame {number}")
            before = frame


def _taken(file: Path) -> int:
    """How many frames SQLite takes. A connection that only reads leaves the log alone when it is closed."""
    with closing(connect(uri(file, "ro"))) as connection:
        connection.execute("PRAGMA schema_version").fetchone()
        with Path(f"{file}-shm").open("rb") as index:
            index.seek(_TAKEN_AT)
            return int(_TAKEN.unpack(index.read(_TAKEN.size))[0])


def _frames(stream: IO[bytes], page: int) -> Iterator[_Frame]:
    while len(frame := stream.read(_FRAME.size + page)) == _FRAME.size + page:
        _, size, *salts, first, second = _FRAME.unpack_from(frame)
        yield _Frame(bool(size), (salts[0], salts[1]), (first, second), frame[:_COUNTED] + frame[_FRAME.size :])


def _sum(content: bytes, words: str, before: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    first, second = before
    for one, other in struct.iter_unpack(f"{words}2I", content):
        first = (first + one + second) & _WORD
        second = (second + other + first) & _WORD
    return first, second
