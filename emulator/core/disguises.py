"""In how many ways the same text can be written, and how to look through them.

A view is a text with one layer of writing taken off, and for every octet of it the place where it came from.
"""

import re
from base64 import b64encode, urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, quote_plus

_MOST_LAYERS = 8
_SHORTEST_BASE64 = 11
_SHORTEST_HEX = 16
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CODED = re.compile(
    r"""%(?:25)*([0-9A-Fa-f]{2})
    |\\+u([dD][89abAB][0-9A-Fa-f]{2})\\+u([dD][c-fC-F][0-9A-Fa-f]{2})
    |\\+(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(["'\\/bfnrt]))
    |&\#(?:[xX]([0-9A-Fa-f]{1,6})|([0-9]{1,7}));""",
    re.VERBOSE,
)
_BASE64 = re.compile(rf"[A-Za-z0-9+/_-]{{{_SHORTEST_BASE64},}}={{0,2}}")
_HEX = re.compile(rf"[0-9A-Fa-f]{{{_SHORTEST_HEX},}}")


class View(NamedTuple):
    """`unfinished`: there are more layers than anybody writes, and this view is not the last."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    unfinished: bool = False

    def origin(self, start: int, end: int) -> tuple[int, int]:
        return self.starts[start], self.ends[end - 1]


def whole(text: str) -> View:
    return View(text, range(len(text)), range(1, len(text) + 1))


def views(text: str) -> Iterator[View]:
    """The text as it is, and layer by layer without its percent signs, backslashes and character references. How
    often a percent sign or a backslash is written over itself does not count."""
    if not _may_be_coded(text):
        yield whole(text)
        return
    view: View | None = whole(text)
    for layer in range(_MOST_LAYERS):
        deeper = None if view is None else _bared(view)
        if view is not None:
            yield view._replace(unfinished=deeper is not None and layer == _MOST_LAYERS - 1)
        view = deeper


def _may_be_coded(text: str) -> bool:
    return "%" in text or "\\" in text or "&#" in text


def _bared(view: View) -> View | None:
    if not _may_be_coded(view.text):
        return None
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in _CODED.finditer(view.text):
        first, last = match.span()
        meant = _meant(match)
        pieces += view.text[done:first], meant
        starts += view.starts[done:first]
        ends += view.ends[done:first]
        starts += [view.starts[first]] * len(meant)
        ends += [view.ends[last - 1]] * len(meant)
        done = last
    if not done:
        return None
    pieces.append(view.text[done:])
    starts += view.starts[done:]
    ends += view.ends[done:]
    return View("".join(pieces), starts, ends)


def _meant(match: re.Match[str]) -> str:
    percent, high, low, unicode, octet, escaped, hexadecimal, decimal = match.groups()
    if code := percent or octet:
        return chr(int(code, 16))
    if escaped:
        return _ESCAPES.get(escaped, escaped)
    if high:
        point = 0x10000 + (int(high, 16) - 0xD800 << 10) + int(low, 16) - 0xDC00
    else:
        point = int(decimal) if decimal else int(unicode or hexadecimal, 16)
    return chr(min(point, 0x10FFFF)).encode("utf-8", "surrogatepass").decode("latin-1")


def packed(text: str) -> Iterator[tuple[int, int]]:
    """Where runs stand that may be Base64 or hexadecimal of something long enough to matter."""
    return (run.span() for run in _BASE64.finditer(text))


def unpacked(run: str) -> Iterator[str]:
    """What a run can stand for: from each of the places where a group of Base64 or of hexadecimal may begin."""
    letters = run.rstrip("=").replace("-", "+").replace("_", "/")
    for offset in range(4):
        group = letters[offset:]
        group = group[:-1] if len(group) % 4 == 1 else group
        try:
            yield a2b_base64(group + "===").decode("latin-1")
        except ValueError:
            continue
    for digits in _HEX.finditer(run):
        for offset in range(2):
            group = digits[0][offset:]
            yield bytes.fromhex(group[: len(group) // 2 * 2]).decode("latin-1")


def _every(form: str) -> Callable[[bytes], bytes]:
    return lambda content: "".join(form.format(octet) for octet in content).encode("ascii")


def _percent(content: bytes) -> bytes:
    return quote(content, safe="").encode("ascii")


DISGUISES: Mapping[str, Callable[[bytes], bytes]] = {
    "plain": lambda content: content,
    "percent": _percent,
    "form": lambda content: quote_plus(content).encode("ascii"),
    "percent twice": lambda content: _percent(_percent(content)),
    "every octet percent": _every("%{:02X}"),
    "every octet percent twice": _every("%25{:02X}"),
    "json": lambda content: content.replace(b"/", rb"\/"),
    "every octet json": _every("\\u{:04x}"),
    "upper": bytes.upper,
    "lower": bytes.lower,
    "base64": b64encode,
    "base64 unpadded": lambda content: b64encode(content).rstrip(b"="),
    "base64url": urlsafe_b64encode,
    "base64url unpadded": lambda content: urlsafe_b64encode(content).rstrip(b"="),
    "hexadecimal": lambda content: content.hex().encode("ascii"),
}
"""Ways of writing that can be repeated, by name."""
