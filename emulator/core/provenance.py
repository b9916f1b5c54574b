"""How each behaviour is known: one entry for every operation, refusal, choice, limit and default of a vendor's.

The same entries make ``GET /_emulator/provenance``, FIDELITY.md and the OpenAPI documents. What shapes an answer is
noted with `Work.rely`; whoever wants no guesses has such an answer refused with a `Guess`.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from emulator.core.errors import Level, Misuse

Kind: TypeAlias = Literal["operation", "error", "choice", "limit", "default"]
KINDS: tuple[Kind, ...] = ("operation", "error", "choice", "limit", "default")


class Known(Protocol):
    """What an answer can rely on: an operation, a failure or a rule."""

    @property
    def level(self) -> Level: ...
    @property
    def source(self) -> str: ...
    @property
    def says(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """`id` begins with the vendor's slug: ``algonomy.error.invalid_token``, ``algonomy.operation.optOut``,
    ``algonomy.limit.updates``, ``algonomy.default.require_https``; a choice is named as its rule: ``algonomy.kong``."""

    id: str
    kind: Kind
    level: Level
    source: str
    says: str


class Unwanted(Exception):
    """The answer would rely on something that is not known well enough for this world."""

    def __init__(self, known: Known) -> None:
        super().__init__(known.says)
        self.known = known


class Guess(Misuse):
    """What is told to whoever wants no guesses, and would have got one."""

    title_of_all = "Only a guess"

    def __init__(self, entry: Entry, accepted: Level) -> None:
        source = f" (source: {entry.source})" if entry.source else ""
        super().__init__(
            501,
            self.title_of_all,
            f"the answer would rely on {entry.id}, which is {entry.level}: {entry.says}{source} "
            f"Since fail_on is {accepted}, the call is refused and has changed nothing",
            entry=entry.id,
            level=entry.level,
            source=entry.source,
            says=entry.says,
        )
