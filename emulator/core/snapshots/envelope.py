"""Lines of JSON in a gzip file that tells whether it is whole.

An extra field of the gzip header carries the SHA-256 of everything after the header, so that no octet of the file can
change unnoticed, and any tool that reads gzip still reads it.
"""

import hashlib
import zlib
from collections.abc import Iterator

MOST_PLAIN = 1024 * 1024 * 1024
MOST_LINE = 256 * 1024 * 1024
_CHUNK = 256 * 1024
_LEVEL = 3  # 6 packs rows a tenth smaller in three times the time
_GZIP = 16 + zlib.MAX_WBITS

MAGIC = b"\x1f\x8b\x08"
_DIGEST = hashlib.sha256().digest_size
_FIXED = MAGIC + b"\x04" + b"\x00" * 5 + b"\xff" + (4 + _DIGEST).to_bytes(2, "little") + b"ME"
_FIXED += _DIGEST.to_bytes(2, "little")
_HEADER = len(_FIXED) + _DIGEST


class Unreadable(Exception):
    """What is wrong with a file, as the end of a sentence about it."""


class CutOff(Unreadable):
    """The file ends before its content does."""


class TooLarge(Unreadable):
    """The file holds more than is ever read."""


class Packer:
    def __init__(self) -> None:
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._packed: list[bytes] = []
        self._size = 0
        self._crc = 0

    def write(self, lines: list[bytes]) -> None:
        """Raises `TooLarge` for more than could be read again."""
        text = b"\n".join((*lines, b""))
        self._size += len(text)
        if self._size > MOST_PLAIN or max(map(len, lines), default=0) > MOST_LINE:
            raise TooLarge("it would hold more than is ever read")
        self._crc = zlib.crc32(text, self._crc)
        self._packed.append(self._deflate.compress(text))

    def finish(self) -> bytes:
        trailer = self._crc.to_bytes(4, "little") + self._size.to_bytes(4, "little")
        body = b"".join((*self._packed, self._deflate.flush(), trailer))
        return _FIXED + hashlib.sha256(body).digest() + body


def is_marked(content: bytes) -> bool:
    """Whether it carries, as far as it goes, a checksum; what another program has packed does not."""
    return content[: len(_FIXED)] == _FIXED[: len(content)]


def is_whole(content: bytes) -> bool:
    return hashlib.sha256(content[_HEADER:]).digest() == content[len(_FIXED) : _HEADER]


def lines(content: bytes) -> Iterator[bytes]:
    """Unpacked piece by piece, never more than the bounds. Raises `Unreadable`."""
    rest: list[bytes] = []
    waiting = 0
    for chunk in _chunks(content):
        first, *others = chunk.split(b"\n")
        rest.append(first)
        waiting += len(first)
        if waiting > MOST_LINE:
            raise TooLarge(f"a line is longer than {MOST_LINE} bytes")
        if others:
            yield b"".join(rest)
            yield from others[:-1]
            rest, waiting = [others[-1]], len(others[-1])
    if waiting:
        yield b"".join(rest)


def _chunks(content: bytes) -> Iterator[bytes]:
    unpack = zlib.decompressobj(_GZIP)
    size, packed = 0, content
    while not unpack.eof:
        try:
            chunk = unpack.decompress(packed, _CHUNK)
        except zlib.error:
            raise Unreadable("it is damaged: it cannot be unpacked") from None
        packed = unpack.unconsumed_tail
        if not chunk and not packed and not unpack.eof:
            raise CutOff("it is cut off")
        size += len(chunk)
        if size > MOST_PLAIN:
            raise TooLarge(f"it unpacks to more than {MOST_PLAIN} bytes")
        yield chunk
    if unpack.unused_data:
        raise Unreadable("it goes on after its end")
