"""What in a scenario looks as if it were real: credentials that somebody could use, and addresses that reach people.

A scenario cannot do without credentials, so the question is whether one was made up. Whoever makes one up writes words,
or repeats, or counts; whoever issues them draws letters and digits by chance. A value is therefore told where

* it lets a caller in here, and has a run of `SHORTEST` or more letters and digits that were drawn by chance; or
* it has, wherever it stands, the shape in which a well-known service issues its own (`SHAPES`).

E-mail addresses are told whose domain is not one of those that are reserved for examples. What the vendors' own
documents and the demo world show, `Vendor.published`, is nobody's. All of it takes time in proportion to the text.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any, TypeAlias

import orjson

from emulator.core.credentials import masked
from emulator.core.errors import dotted
from emulator.core.store import Store
from emulator.core.vendor import Vendor
from emulator.core.work import Work
from emulator.core.world import Seed

MOST_TOLD = 20
SHORTEST = 16
SHAPES = {
    "an AWS access key": ("AKIA", r"AKIA[0-9A-Z]{16}"),
    "a temporary AWS access key": ("ASIA", r"ASIA[0-9A-Z]{16}"),
    "a GitHub token": ("gh", r"gh[pousr]_[0-9A-Za-z]{36}"),
    "a fine-grained GitHub token": ("github_pat_", r"github_pat_[0-9A-Za-z_]{22}"),
    "a GitLab token": ("glpat-", r"glpat-[0-9A-Za-z_-]{20}"),
    "a Slack token": ("xox", r"xox[abeoprs]-[0-9A-Za-z-]{10}"),
    "a Stripe live key": ("_live_", r"[rs]k_live_[0-9A-Za-z]{16}"),
    "a Google API key": ("AIza", r"AIza[0-9A-Za-z_-]{35}"),
    "a signed token (JWT)": ("eyJ", r"eyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{20,}"),
    "a private key": ("PRIVATE KEY-----", r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
}
"""By what they are: a text that each of them has, quick to look for, and the pattern."""
RESERVED_DOMAINS = ("example.com", "example.net", "example.org", "example", "test", "invalid", "localhost", "alt")
"""RFC 2606, RFC 6761 and RFC 9476."""
_PATTERNS = {what: (mark, re.compile(rf"(?<![0-9A-Za-z_-])(?:{pattern})")) for what, (mark, pattern) in SHAPES.items()}
_RUN = re.compile(r"[0-9A-Za-z]+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,63}|xn--[0-9A-Za-z-]{1,59})(?![\w-])")
_INVENTED = re.compile(r"test|demo|dummy|fake|sample|example|secret|token|passw|beef|cafe|123e4567", re.IGNORECASE)
_LOCAL_PART = frozenset("!#$%&'*+-/=?^_`{|}~.\"")
_FEWEST_CHARACTERS = 8
_A_CHANGE = 10
_LONGEST_PATH = 200
_LONGEST_STRIDE = 4
_Path: TypeAlias = tuple[str | int, ...]


def warnings(seed: Seed, vendors: Sequence[Vendor]) -> list[str]:
    """A sentence for each place, beginning with its path and without the value itself."""
    document = orjson.loads(seed.source) if seed.source else {}
    known = {text for vendor in vendors for text in vendor.published}
    there = [name for name, (mark, _) in _PATTERNS.items() if mark.encode() in seed.source]
    look = _Look(_credentials(seed, vendors) - known, known, there, b"@" in seed.source)
    return [f"{dotted(path)[:_LONGEST_PATH]}: {says}" for path, text in _texts(document) for says in look.at(text)]


def brief(found: Sequence[str], most: int = MOST_TOLD) -> list[str]:
    """The first of them, and how many more there are."""
    return [*found[:most], f"and {len(found) - most} more"] if len(found) > most else [*found]


def _credentials(seed: Seed, vendors: Sequence[Vendor]) -> set[str]:
    """What lets a caller into a world that begins with this scenario."""
    store = Store([vendor.metadata for vendor in vendors], seed.image)
    try:
        return {
            text
            for vendor in vendors
            for text in vendor.known_secrets(Work(store, seed.planted, Random(0), seed.settings[vendor.slug]))
        }
    finally:
        store.close()


def _texts(document: Any) -> Iterator[tuple[_Path, str]]:
    """Every text of a JSON value in the order of the document, and where it stands."""
    waiting: list[tuple[_Path, Any]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            waiting.extend([((*path, key), below) for key, below in reversed(value.items())])
        elif isinstance(value, list):
            waiting.extend([((*path, place), value[place]) for place in range(len(value) - 1, -1, -1)])


class _Look:
    """`shapes` are those worth looking for in this scenario."""

    def __init__(self, credentials: Collection[str], known: Collection[str], shapes: Sequence[str], mail: bool) -> None:
        self._credentials = credentials
        self._known = known
        self._shapes = [(what, *_PATTERNS[what]) for what in shapes]
        self._mail = mail

    def at(self, text: str) -> Iterator[str]:
        if text in self._known:
            return
        for what, mark, pattern in self._shapes:
            if mark in text and pattern.search(text):
                yield f"this looks like {what}; {_ADVICE}"
                return
        if text in self._credentials and drawn_by_chance(text):
            yield f"{masked(text)} looks like a real credential; {_ADVICE}"
        if self._mail and "@" in text:
            for domain in dict.fromkeys(mail_domains(text)):
                yield f"an e-mail address at {domain}, where people may have theirs; write one at example.com"


_ADVICE = "put a made-up one here, such as a word of your own, and have it revoked if it is real"


def drawn_by_chance(text: str) -> bool:
    """Whether the longest run of letters and digits is a long one, of many different characters, letters and digits in
    turn, and neither repeats nor counts nor has a word in it that says it was made up."""
    plain = text.replace("-", "") if _UUID.fullmatch(text) else text
    run = max(_RUN.findall(plain), key=len, default="")
    if len(run) < SHORTEST or len(set(run)) < _FEWEST_CHARACTERS or _INVENTED.search(run):
        return False
    changes = sum(one.isdigit() != other.isdigit() for one, other in pairwise(run))
    return changes * _A_CHANGE >= len(run) and not _repeats(run) and not _counts(run)


def _repeats(run: str) -> bool:
    threes = [run[place : place + 3] for place in range(len(run) - 2)]
    return len(set(threes)) < 0.8 * len(threes)


def _counts(run: str) -> bool:
    """Whether most characters are the one before, or its neighbour, or so with every second, third or fourth."""
    return any(
        sum(abs(ord(one) - ord(other)) <= 1 for one, other in zip(run, run[stride:], strict=False))
        >= 0.5 * (len(run) - stride)
        for stride in range(1, _LONGEST_STRIDE + 1)
    )


def mail_domains(text: str) -> Iterator[str]:
    """Of the e-mail addresses in a text, those domains that are not reserved, in small letters."""
    place = text.find("@")
    while place >= 0:
        if place and (text[place - 1].isalnum() or text[place - 1] in _LOCAL_PART):
            found = _DOMAIN.match(text, place + 1)
            if found and not _is_reserved(domain := found[0].lower()):
                yield domain
        place = text.find("@", place + 1)


def _is_reserved(domain: str) -> bool:
    return any(domain == one or domain.endswith(f".{one}") for one in RESERVED_DOMAINS)
