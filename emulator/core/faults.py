"""Failures on request: by a header for one call, or standing until they have fired often enough.

Both speak one language: ``NAME`` of a failure in the vendor's catalogue, ``delay=MILLISECONDS``, ``drop`` (the
connection closes without an answer and nothing has happened), ``truncate`` (the state has changed, the answer is cut
short), or several of these separated by commas.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from emulator.core.errors import Failure, Misuse

LONGEST_DELAY_MS = 600_000
HEADER = "x-emulator-fault"


@dataclass(frozen=True, slots=True)
class Damage:
    """What is to go wrong with one call."""

    failure: Failure | None = None
    delay_ms: int = 0
    drop: bool = False
    truncate: bool = False


@dataclass(slots=True, kw_only=True)
class Fault:
    """A standing arrangement. `times` of None is until deleted; `fired` counts the calls it hit."""

    id: str
    vendor: str
    text: str
    damage: Damage
    operation: str | None = None
    times: int | None = None
    probability: float = 1.0
    headers: Mapping[str, str] = field(default_factory=dict)
    fired: int = 0

    @property
    def spent(self) -> bool:
        return self.times is not None and self.fired >= self.times


class Faults:
    """The standing faults of one world, oldest first."""

    def __init__(self) -> None:
        self._standing: list[Fault] = []
        self._made = 0

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._standing)

    def add(self, fault: Fault) -> None:
        self._standing.append(fault)

    def new_id(self) -> str:
        self._made += 1
        return f"f{self._made}"

    def remove(self, fault_id: str) -> bool:
        kept = [fault for fault in self._standing if fault.id != fault_id]
        removed = len(kept) < len(self._standing)
        self._standing = kept
        return removed

    def clear(self, vendor: str | None = None) -> None:
        self._standing = [fault for fault in self._standing if vendor not in (None, fault.vendor)]

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
                fault.vendor == vendor
                and not fault.spent
                and (not preflight if fault.operation is None else fault.operation == operation)
                and _headers_match(fault.headers, headers)
                and (fault.probability >= 1 or chance.random() < fault.probability)
            ):
                return fault
        return None


def _headers_match(wanted: Mapping[str, str], headers: Sequence[tuple[bytes, bytes]]) -> bool:
    sent = {(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers} if wanted else set()
    return all((name.lower(), value) in sent for name, value in wanted.items())


def parse_damage(text: str, catalogue: Mapping[str, Failure]) -> Damage:
    """Read a fault's text. Raises `Misuse` (400) naming the unknown part and the nearest name."""
    failure: Failure | None = None
    delay_ms = 0
    flags = {"drop": False, "truncate": False}
    for part in (piece.strip() for piece in text.split(",")):
        if part in flags:
            flags[part] = True
        elif part.startswith("delay="):
            delay_ms = _milliseconds(part.removeprefix("delay="))
        elif part in catalogue:
            if failure is not None:
                raise Misuse(400, "Bad fault", f"{failure.name} and {part}: a call can fail in one way only")
            failure = catalogue[part]
        else:
            raise Misuse(400, "Unknown fault", unknown(part, [*catalogue, "delay=MS", "drop", "truncate"], "fault"))
    return Damage(failure, delay_ms, flags["drop"], flags["truncate"])


def unknown(name: str, known: Iterable[str], noun: str) -> str:
    """The sentence for a name that does not exist, with the nearest one that does."""
    names = list(known)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known: {', '.join(names) or 'none'}"
    return f"{name!r} is no {noun} here; {hint}"


def _milliseconds(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= LONGEST_DELAY_MS:
        return int(text)
    raise Misuse(400, "Bad fault", f"delay={text}: write whole milliseconds from 0 to {LONGEST_DELAY_MS}")
