"""Failures on request: by a header for one call, or standing until they have fired often enough.

Both speak one language: ``NAME`` of a failure in the vendor's catalogue, or ``NAME|NAME`` for one of them by chance;
``delay=MILLISECONDS`` before the answer, or ``delay=FROM-TO`` for a wait by chance; ``slow=MILLISECONDS``, in which the
body trickles; ``drop`` (the connection closes without an answer and nothing has happened); ``truncate`` (the state has
changed, the answer is cut short); or several of these separated by commas. Chance is the world's own seeded stream.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from emulator.core.errors import Failure, Json, Misuse
from emulator.core.plain import plain, revive

LONGEST_MS = 600_000
MOST_STANDING = 1_000
LONGEST_TEXT = 1_000
HEADER = "x-emulator-fault"
ADMITTED = "admitted"
"""The milestone of a call whose credentials are good."""
MOST_REQUESTS = 20
_MOST_DIGITS = 9
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Damage:
    """What is to go wrong with one call. `delay_to_ms`, the end of a span that begins at `delay_ms`, and `others`,
    which may happen in place of `failure`, leave a choice that `drawn` makes."""

    failure: Failure | None = None
    delay_ms: int = 0
    drop: bool = False
    truncate: bool = False
    slow_ms: int = 0
    delay_to_ms: int | None = None
    others: tuple[Failure, ...] = ()

    def drawn(self, chance: Random) -> "Damage":
        """The same with every choice made. Draws nothing where there is none."""
        damage = self
        if self.failure is not None and self.others:
            damage = replace(damage, failure=chance.choice((self.failure, *self.others)), others=())
        if self.delay_to_ms is not None:
            damage = replace(damage, delay_ms=chance.randint(self.delay_ms, self.delay_to_ms), delay_to_ms=None)
        return damage


NO_DAMAGE = Damage()


def told(text: str, asked: Damage, drawn: Damage) -> str:
    """A fault's text, and what came of it where it leaves a choice: ``delay=100-900 (delay=412)``."""
    choices = []
    if asked.others and drawn.failure is not None:
        choices.append(drawn.failure.name)
    if asked.delay_to_ms is not None:
        choices.append(f"delay={drawn.delay_ms}")
    return f"{text} ({','.join(choices)})" if choices else text


@dataclass(slots=True, kw_only=True)
class Fault:
    """A standing arrangement, and an account of it. `times` of None is until deleted; `drill` is what it is part of.

    `strikes_at` is the milestone for which it waits where its failure names none.
    `fired` counts the calls it hit, and `requests` are the ids of the last of them; `skipped` those that chance passed
    over; `missed` those that it was to hit at a milestone which they never reached.
    """

    id: str
    vendor: str
    text: str
    damage: Damage
    operation: str | None = None
    times: int | None = None
    probability: float = 1.0
    headers: Mapping[str, str] = field(default_factory=dict)
    drill: str | None = None
    strikes_at: str | None = None
    fired: int = 0
    skipped: int = 0
    missed: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def spent(self) -> bool:
        return self.times is not None and self.fired >= self.times

    def struck(self, request_id: str) -> None:
        self.fired += 1
        self.requests.append(request_id)
        del self.requests[:-MOST_REQUESTS]

    def told(self, drawn: Damage) -> str:
        """What it did to a call, for the journal: ``f1 delay=100-900 (delay=412)``."""
        return f"{self.id} {told(self.text, self.damage, drawn)}"


class Faults:
    """The standing faults of one world, oldest first."""

    def __init__(self) -> None:
        self._standing: list[Fault] = []
        self._made = 0

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._standing)

    def __len__(self) -> int:
        return len(self._standing)

    def add(self, fault: Fault) -> None:
        self._standing.append(fault)

    def check_room(self, count: int = 1) -> None:
        """Raises `Misuse` (507) where so many more would be too many."""
        if len(self._standing) + count > MOST_STANDING:
            raise Misuse(
                507,
                "Too many faults",
                f"this namespace has {len(self._standing)} standing faults, of {MOST_STANDING} that are allowed; end "
                "one with DELETE /_emulator/faults/ID, or all with DELETE /_emulator/faults",
            )

    def new_id(self) -> str:
        self._made += 1
        return f"f{self._made}"

    def remove(self, fault_id: str) -> bool:
        kept = [fault for fault in self._standing if fault.id != fault_id]
        removed = len(kept) < len(self._standing)
        self._standing = kept
        return removed

    def clear(self, vendor: str | None = None, drill: str | None = None) -> None:
        """Forget those of a vendor, of a drill, of both together, or all."""
        self._standing = [
            fault for fault in self._standing if vendor not in (None, fault.vendor) or drill not in (None, fault.drill)
        ]

    def dump(self) -> Json:
        """All of it as JSON values: what stands, how often it has fired, and how many ids have been given out."""
        return {"made": self._made, "standing": [plain(fault) for fault in self._standing]}

    @classmethod
    def load(cls, dumped: Json, catalogues: Mapping[str, Mapping[str, Failure]]) -> "Faults":
        """What `dump` told, with the failures of each vendor's catalogue. Raises `ValueError`."""
        faults = cls()
        faults._made = revive(int, dumped["made"], {}, "faults.made")
        for index, one in enumerate(dumped["standing"]):
            slug = one.get("vendor") if isinstance(one, dict) else None
            if not isinstance(slug, str) or slug not in catalogues:
                raise ValueError(f"faults[{index}].vendor: there is no vendor {slug!r} in this version")
            faults._standing.append(revive(Fault, one, catalogues[slug], f"faults[{index}]"))
        return faults

    def due(
        self,
        vendor: str,
        operation: str | None,
        headers: Sequence[tuple[bytes, bytes]],
        chance: Random,
        *,
        preflight: bool = False,
    ) -> Fault | None:
        """The first standing fault that this call meets, not yet counted as fired.

        A preflight meets only faults that name its operation: a page could not see what had failed, and a fault that
        is to hit so many calls would be used up before the first of them.
        """
        for fault in self._standing:
            if (
                fault.vendor != vendor
                or fault.spent
                or (preflight if fault.operation is None else fault.operation != operation)
                or not _headers_match(fault.headers, headers)
            ):
                continue
            if fault.probability >= 1 or chance.random() < fault.probability:
                return fault
            fault.skipped += 1
        return None


def _headers_match(wanted: Mapping[str, str], headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """A value beyond ASCII matches as either of the encodings in which clients send it."""
    if not wanted:
        return True
    sent = set(headers)
    return all(
        any((name.lower().encode(), octets) in sent for octets in _encoded(value)) for name, value in wanted.items()
    )


def _encoded(value: str) -> Iterator[bytes]:
    yield value.encode()
    if not value.isascii():
        yield value.encode("latin-1", "backslashreplace")


_ONCE = {
    "failure": "a call can fail in one way only",
    "delay": "a call can be delayed once only",
    "slow": "a body can trickle in one way only",
    "drop": "once is enough",
    "truncate": "once is enough",
}


def parse_damage(text: str, catalogue: Mapping[str, Failure]) -> Damage:
    """Read a fault's text. Raises `Misuse` (400) naming the part that cannot be, and the nearest name."""
    damage = Damage()
    said: dict[str, str] = {}
    for part in (piece.strip() for piece in text.split(",")):
        kind, changes = _read(part, catalogue)
        if kind in said:
            raise _bad(f"{_short(said[kind])} and {_short(part)}: {_ONCE[kind]}")
        said[kind] = part
        damage = replace(damage, **changes)
    if damage.drop and (second := said.get("truncate") or said.get("slow")):
        raise _bad(f"drop and {second}: nothing is sent of an answer that is dropped, so say one of them")
    if len(text) > LONGEST_TEXT:
        raise _bad(f"{_short(text)}: a fault is told in {LONGEST_TEXT} characters, and this has {len(text)}")
    return damage


def _read(part: str, catalogue: Mapping[str, Failure]) -> tuple[str, dict[str, Any]]:
    """What kind of thing a part says, and the fields that it sets."""
    key, equals, value = part.partition("=")
    if part in ("drop", "truncate"):
        return part, {part: True}
    if equals and key == "slow":
        return key, {"slow_ms": _milliseconds(part, value)}
    if equals and key == "delay":
        shortest, dash, longest = value.partition("-")
        span = {"delay_ms": _milliseconds(part, shortest)}
        if dash:
            span["delay_to_ms"] = _milliseconds(part, longest)
            if span["delay_to_ms"] < span["delay_ms"]:
                raise _bad(f"{part}: a span begins with the shorter wait, so write delay={longest}-{shortest}")
        return key, span
    names = part.split("|")
    for name in names:
        if name not in catalogue:
            known = [*catalogue, "delay=MS", "slow=MS", "drop", "truncate"]
            raise Misuse(400, "Unknown fault", unknown(name, known, "fault"))
    first, *others = [catalogue[name] for name in names]
    return "failure", {"failure": first, "others": tuple(others)}


def unknown(name: str, known: Iterable[str], noun: str) -> str:
    """The sentence for a name that does not exist, with the nearest one that does."""
    names = list(known)
    lowered = {one.lower(): one for one in names}
    nearest = difflib.get_close_matches(name[:_LONGEST_SHOWN].lower(), lowered, n=1, cutoff=0.5)
    hint = f"did you mean {lowered[nearest[0]]}?" if nearest else f"known: {', '.join(names) or 'none'}"
    return f"{_short(name)!r} is no {noun} here; {hint}"


def _milliseconds(part: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) <= LONGEST_MS:
        return int(text)
    span = ", or a span such as delay=100-900" if part.startswith("delay") else ""
    raise _bad(f"{_short(part)}: write whole milliseconds from 0 to {LONGEST_MS}{span}")


def _bad(sentence: str) -> Misuse:
    return Misuse(400, "Bad fault", sentence)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
