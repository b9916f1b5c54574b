"""What a masked credential looked like: enough to find the one that was meant among those that somebody has, or to
put something in its place that is refused for the same reason. Length and kinds of characters, no more."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from emulator.core.secrets import Mask, octets

Shape: TypeAlias = Sequence[tuple[str, int]]

_RUN = re.compile(r"[0-9A-Za-z]+|[\x80-\xff]+|[^0-9A-Za-z\x80-\xff]+")
_KINDS: Mapping[str, re.Pattern[str]] = {
    "digits": re.compile(r"[0-9]+"),
    "hex": re.compile(r"[0-9a-f]+"),
    "HEX": re.compile(r"[0-9A-F]+"),
    "small": re.compile(r"[0-9a-z]+"),
    "capital": re.compile(r"[0-9A-Z]+"),
    "letters": re.compile(r"[0-9A-Za-z]+"),
    "other": re.compile(r"[\x80-\xff]+"),
}
_SEPARATORS = "/:.-_=;,%+ "
_FILLERS = {
    "digits": "8", "hex": "8e", "HEX": "8E", "small": "8y", "capital": "8Y", "letters": "8yY", "other": "y",
    "signs": "*",
}  # fmt: skip
KINDS = (*_FILLERS, *_SEPARATORS)


def shape(value: str) -> list[tuple[str, int]]:
    """For each run of like octets its kind and its length. One or two separators stand for themselves."""
    return [(_kind(run[0]), len(run[0])) for run in _RUN.finditer(value)]


def _kind(run: str) -> str:
    for name, pattern in _KINDS.items():
        if pattern.fullmatch(run):
            return name
    return run[0] if len(run) <= 2 and len(set(run)) == 1 and run[0] in _SEPARATORS else "signs"


def filler(form: Shape, tail: str) -> str:
    """Octets of that shape that are nobody's credential, with those last characters."""
    text = "".join(_filled(_FILLERS.get(kind, kind), length) for kind, length in form)
    end = octets(tail)
    return text[: len(text) - len(end)] + end if end else text


def _filled(pattern: str, length: int) -> str:
    return (pattern * (length // len(pattern) + 1))[:length]


class Lookalikes:
    """Credentials by what a mask tells of them."""

    def __init__(self, values: Iterable[str]) -> None:
        self._groups: dict[tuple[tuple[tuple[str, int], ...], str], list[str]] = {}
        for value in map(octets, sorted(values)):
            self._groups.setdefault(_look(shape(value), Mask(0, 0, value).tail), []).append(value)

    def place(self, value: str) -> int | None:
        """Which of those that look like it is this one."""
        group = self._groups.get(_look(shape(value), Mask(0, 0, value).tail), [])
        return group.index(value) if value in group else None

    def like(self, form: Shape, tail: str) -> Sequence[str]:
        return self._groups.get(_look(form, tail), [])


def _look(form: Shape, tail: str) -> tuple[tuple[tuple[str, int], ...], str]:
    return tuple((kind, length) for kind, length in form), tail
