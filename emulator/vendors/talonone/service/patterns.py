"""New codes from a pattern (talon_go 2.1.1, CodeGeneratorSettings and NewCoupons).

Each ``#`` becomes a random one of the valid characters, and a prefix stands in front. An account never has a code
twice, so codes are drawn until there are enough that nobody has, and a pattern whose codes are used up says so.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from random import Random
from typing import Any, TypeAlias

import orjson

from emulator.core.errors import Level, Rule
from emulator.core.store import Statement
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.tables import TAKEN_COUPONS, TAKEN_REFERRALS

VALID_CHARACTERS = (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",)
DEFAULT_PATTERN = "#" * 12
SHORTEST_PATTERN = 3
SHORTEST_CODE = 4
LONGEST_CODE = 100
A_DRAW = 50_000
"""Codes drawn at once: enough to be quick, few enough to hold in memory."""

GENERATED = Rule(
    "talonone.generated_codes", Level.ASSUMED, "talon_go 2.1.1, example of Referral.code",
    "A campaign without a pattern of its own makes codes of twelve letters and digits, as the published example is.",
)  # fmt: skip

Taken: TypeAlias = Callable[[Sequence[str]], Collection[str]]
"""Which of the codes somebody has already."""


class BadPattern(Exception):
    """`member` is the setting that is wrong: couponPattern, validCharacters or uniquePrefix."""

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member
        self.message = message


class NoCodesLeft(Exception):
    """The pattern allows fewer new codes than are wanted."""

    def __init__(self, possible: int, wanted: int, taken: int) -> None:
        used = f", of which {taken} are taken" if taken else ""
        self.message = f"the pattern allows {possible} different codes{used}, and {wanted} are wanted"
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the codes of a pattern have in common: `template` has a ``%s`` for each of the `holes`."""

    template: str
    holes: int
    characters: tuple[str, ...]

    @property
    def possible(self) -> int:
        return int(len(self.characters) ** self.holes)

    def some(self, random: Random, count: int) -> Iterator[str]:
        """As many codes as wanted, some of them perhaps twice."""
        drawn = iter(random.choices(self.characters, k=count * self.holes))
        return (self.template % tuple(islice(drawn, self.holes)) for _ in range(count))

    def every(self) -> Iterator[str]:
        return (self.template % each for each in product(self.characters, repeat=self.holes))


def read(text: str, characters: Sequence[str], prefix: str, normalised: Callable[[str], str]) -> Pattern:
    """Raises `BadPattern`. Codes come out as the Application compares them, so `normalised` changes the case of all;
    a ``#`` of the prefix stands for itself."""
    if len(text) < SHORTEST_PATTERN:
        raise BadPattern("couponPattern", f"a pattern has at least {SHORTEST_PATTERN} characters")
    if not SHORTEST_CODE <= len(prefix) + len(text) <= LONGEST_CODE:
        message = f"a code has {SHORTEST_CODE} to {LONGEST_CODE} characters, these would have {len(prefix) + len(text)}"
        raise BadPattern("uniquePrefix" if prefix else "couponPattern", message)
    for member, part in (("uniquePrefix", prefix), ("couponPattern", text), ("validCharacters", "".join(characters))):
        if "\0" in part:
            raise BadPattern(member, "a code has no NUL characters")
    usable = tuple(dict.fromkeys(map(normalised, characters or VALID_CHARACTERS)))
    for one in usable:
        if len(one) != 1:
            raise BadPattern("validCharacters", f"{one!r} is not one character")
    start, rest = (normalised(part).replace("%", "%%") for part in (prefix, text))
    return Pattern(start + rest.replace("#", "%s"), text.count("#"), usable)


def draw(random: Random, pattern: Pattern, count: int, taken: Taken) -> list[str]:
    """That many codes, each once and none of them taken. Raises `NoCodesLeft`.

    Drawing blindly gets slow once most codes have been seen; from the half on, the others are listed and drawn from.
    """
    if count > pattern.possible:
        raise NoCodesLeft(pattern.possible, count, 0)
    seen: set[str] = set()
    found: list[str] = []
    while len(found) < count:
        if 2 * len(seen) > pattern.possible:
            rest = [code for code in pattern.every() if code not in seen]
            free = _without(rest, taken(rest))
            if len(found) + len(free) < count:
                available = len(found) + len(free)
                raise NoCodesLeft(pattern.possible, count, pattern.possible - available)
            return found + random.sample(free, count - len(found))
        wanted = max(count - len(found), len(seen))  # after a miss twice as many: few questions, however many are taken
        drawn = dict.fromkeys(pattern.some(random, min(wanted, A_DRAW)))
        fresh = [code for code in drawn if code not in seen] if seen else [*drawn]
        seen.update(fresh)
        found += _without(fresh, taken(fresh))
    return found[:count]


def _without(codes: list[str], taken: Collection[str]) -> list[str]:
    return [code for code in codes if code not in taken] if taken else codes


def coupon_codes(work: Work, caller: Application, settings: Mapping[str, Any] | None, count: int = 1) -> list[str]:
    """New coupon codes by the ``couponSettings`` of a campaign. Raises `NoCodesLeft`."""
    return _codes(work, caller, settings, count, TAKEN_COUPONS)


def referral_codes(work: Work, caller: Application, settings: Mapping[str, Any] | None, count: int = 1) -> list[str]:
    """New referral codes by the ``referralSettings`` of a campaign. Raises `NoCodesLeft`."""
    return _codes(work, caller, settings, count, TAKEN_REFERRALS)


def _codes(
    work: Work, caller: Application, settings: Mapping[str, Any] | None, count: int, statement: Statement
) -> list[str]:
    def taken(codes: Sequence[str]) -> Collection[str]:
        rows = work.db.all(statement, account_id=caller.account, codes=orjson.dumps(codes).decode())
        return {row["code"] for row in rows}

    if settings is None:
        work.rely(GENERATED)
        settings = {"couponPattern": DEFAULT_PATTERN}
    text, characters = settings["couponPattern"], settings.get("validCharacters", VALID_CHARACTERS)
    return draw(work.random, read(text, characters, "", caller.normalised), count, taken)
