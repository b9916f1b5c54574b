"""The credentials that a world knows, sought by their value: under whatever name, and however they are written.

Texts are octets here, one character per byte as Latin-1 has them, so that places are the same before and after
decoding a body.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from emulator.core.disguises import DISGUISES, View, packed, unpacked, views

SHORTEST_SOUGHT = 8
"""A credential with fewer characters is hidden by its name only: as a value it would be found everywhere."""
_MOST_ONE_BY_ONE = 200
_ID = re.compile(r"(?:[\w.@+-]{0,200}:)?")
_NEST = 2
_BASE64 = ("base64", "base64 unpadded", "base64url", "base64url unpadded")
_LONGEST_PREFIX = 64

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mask:
    """A stretch of a text that is not told. `value` is what it means, as octets; `disguise` how it is written there,
    `None` where in no way that can be repeated; in Base64, it stands between `before` and `after`. `number`: of a JSON
    number."""

    start: int
    end: int
    value: str
    disguise: str | None = "plain"
    before: str = ""
    after: str = ""
    number: bool = False

    @property
    def tail(self) -> str:
        """The last four characters; nothing of a value that has eight or fewer."""
        text = characters(self.value)
        return text[-4:] if len(text) > 8 else ""


def octets(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def characters(value: str) -> str:
    """Octets as the text they are, in UTF-8 where they can be."""
    content = value.encode("latin-1")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return value


def _canonical(text: str) -> str:
    """For comparing: no case, and a plus is the space that a form makes of it. As long as the text."""
    return text.encode("latin-1").lower().replace(b"+", b" ").decode("latin-1")


class Secrets:
    """The credentials that a world knows, and the search for them."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = sorted({value for value in values if value})
        self.memory: dict[tuple[str, str], Any] = {}
        """What has been made of texts that come again, by any two texts."""
        self._whole = {octets(value) for value in self.values}
        self._needles: dict[str, str] = {}
        for value in sorted(self.values, key=len):
            if len(value) >= SHORTEST_SOUGHT:
                for written in {octets(value), value.encode("latin-1", "replace").decode("latin-1")}:
                    self._needles[_canonical(written)] = octets(value)
        self._longest_first = sorted(self._needles, key=len, reverse=True)
        self._by_beginning: dict[str, list[str]] = {}
        for needle in self._longest_first:
            self._by_beginning.setdefault(needle[:SHORTEST_SOUGHT], []).append(needle)

    def __contains__(self, value: str) -> bool:
        """Whether these octets, whole, are one of them: the short ones too."""
        return value in self._whole

    def _present(self, canonical: str) -> list[str]:
        """The needles that occur, longest first."""
        if len(self._longest_first) <= _MOST_ONE_BY_ONE:
            return [needle for needle in self._longest_first if needle in canonical]
        windows = {canonical[place : place + SHORTEST_SOUGHT] for place in range(len(canonical) - SHORTEST_SOUGHT + 1)}
        candidates = [needle for window in windows & self._by_beginning.keys() for needle in self._by_beginning[window]]
        return sorted((needle for needle in candidates if needle in canonical), key=len, reverse=True)

    def masks(self, text: str) -> list[Mask]:
        """Every one of them in the text, in whatever disguise."""
        if not self._needles:
            return []
        found: list[Mask] = []
        for view in views(text):
            canonical = _canonical(view.text)
            for needle in self._present(canonical):
                found += (self._mask(text, view, place, needle) for place in _places(needle, canonical))
            found += self._unpacked_masks(text, view)
        return found

    def _mask(self, text: str, view: View, place: int, needle: str) -> Mask:
        start, end = view.origin(place, place + len(needle))
        value = self._needles[needle]
        written = text[start:end].encode("latin-1")
        plain = value.encode("latin-1")
        disguise = next((name for name, write in DISGUISES.items() if write(plain) == written), None)
        if disguise is None and written.lower() == plain.lower():
            return Mask(start, end, text[start:end])  # in a case of its own, and so another one to most vendors
        return Mask(start, end, value, disguise)

    def _unpacked_masks(self, text: str, view: View) -> Iterator[Mask]:
        """Runs of Base64 or hexadecimal that have one inside."""
        runs = list(packed(view.text))
        if not runs or not self._holds(
            "\0".join(inside for run in runs for inside in unpacked(view.text[slice(*run)]))
        ):
            return
        for run in runs:
            piece = view.text[slice(*run)]
            for inside in unpacked(piece):
                if self._holds(inside):
                    yield self._packed_mask(text, view.origin(*run), inside)
                    break

    def _holds(self, inside: str, depth: int = _NEST) -> bool:
        for view in views(inside):
            if self._present(_canonical(view.text)):
                return True
            deeper = "\0".join(once for run in packed(view.text) for once in unpacked(view.text[slice(*run)]))
            if deeper and depth and self._holds(deeper, depth - 1):
                return True
        return False

    def _packed_mask(self, text: str, span: Span, inside: str) -> Mask:
        present = self._present(_canonical(inside))
        value = self._needles[present[0]] if present else text[slice(*span)]
        start, end = span
        for first in range(start, min(end, start + _LONGEST_PREFIX)):
            mask = base64_mask(text, (first, end), value)
            if mask is not None:
                told = [mask.before, *unpacked(text[start:first])]
                return Mask(*span, value, None) if any(map(self._holds, told)) else mask
        return Mask(*span, value, None)


def base64_mask(text: str, span: Span, value: str | None = None) -> Mask | None:
    """What Basic authorization and its like carry, ``id:secret`` or ``secret:``, of which the id stays told. The secret
    is the `value`, or else what stands in the secret's place."""
    written = text[slice(*span)]
    inside = next(unpacked(written), "")
    if value is None:
        name, _, password = inside.partition(":")
        value = password or name
    before, found, after = inside.rpartition(value) if value else ("", "", "")
    if not (found and _ID.fullmatch(before) and after in ("", ":")):
        return None
    content = inside.encode("latin-1")
    alike = (name for name in _BASE64 if DISGUISES[name](content) == written.encode("latin-1"))
    return next((Mask(*span, value, name, before, after) for name in alike), None)


def _places(needle: str, text: str) -> Iterator[int]:
    place = text.find(needle)
    while place >= 0:
        yield place
        place = text.find(needle, place + len(needle))


NO_SECRETS = Secrets(())
