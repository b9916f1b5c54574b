"""One piece of work: a request being answered, or a scenario being planted.

The only source of time, ids and randomness for everything a vendor does.
"""

from random import Random
from typing import TYPE_CHECKING, Any

from emulator.core.clock import Micros, parse_moment
from emulator.core.credentials import ANYONE, Caller
from emulator.core.errors import Failure, Level
from emulator.core.provenance import Known, Unwanted
from emulator.core.request import NO_REQUEST, Request
from emulator.core.store import Store

if TYPE_CHECKING:
    from emulator.core.routes import Operation

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Work:
    """`now` is fixed for the whole piece of work. `settings` is the vendor's own settings model.

    `relied` is what shapes the answer, by its identity; `unwanted` the level from which on nothing may. What is
    `rehearsed` meets no faults and no limits. `caller` is who `authenticate` recognised; a vendor narrows it to its own
    kind of `Caller`.
    """

    __slots__ = (
        "_before",
        "_milestone",
        "_pending",
        "caller",
        "db",
        "discarded",
        "headers",
        "level",
        "now",
        "operation",
        "random",
        "rehearsed",
        "relied",
        "request",
        "settings",
        "unwanted",
    )

    def __init__(self, db: Store, now: Micros, random: Random, settings: Any, request: Request = NO_REQUEST) -> None:
        self.db = db
        self.now = now
        self.random = random
        self.settings = settings
        self.request = request
        self.caller: Caller = ANYONE
        self.operation: Operation | None = None
        self.headers: list[tuple[str, str]] = []
        self.level = Level.DOCUMENTED
        self.relied: dict[int, Known] = {}
        self.unwanted: Level | None = None
        self.rehearsed = False
        self.discarded = False
        self._before: Any = None
        self._pending: Failure | None = None
        self._milestone: str | None = None

    def rely(self, known: Known) -> None:
        """Say that this shaped the answer: the answer's provenance is that of the weakest.

        Raises `Unwanted` where the world takes nothing that is known so badly.
        """
        self.relied[id(known)] = known
        if known.level is not self.level:
            self.level = self.level.weaker(known.level)
        if self.unwanted is not None and known.level.as_weak_as(self.unwanted):
            raise Unwanted(known)

    def discard(self) -> None:
        """Answer as usual, but leave no trace: a dry run. What is drawn from now on will be drawn again by the next."""
        self.discarded = True
        self._before = self.random.getstate()

    def rewind(self) -> None:
        """Put the randomness back to where it was when the work was discarded."""
        self.random.setstate(self._before)

    def header(self, name: str, value: str) -> None:
        """Put a header on whatever answer comes of this, accepted or refused."""
        self.headers.append((name, value))

    def arrange(self, failure: Failure, milestone: str) -> None:
        """Let a standing failure wait for a milestone."""
        self._pending, self._milestone = failure, milestone

    @property
    def waiting(self) -> bool:
        """Whether a standing failure waits for a milestone that has not been reached."""
        return self._pending is not None

    def reach(self, milestone: str, **words: str) -> None:
        """Tell that the work has come this far. A standing failure that waits for it strikes now, and speaks of what
        the call is about where there are `words` for it."""
        failure = self._pending
        if failure is not None and self._milestone == milestone:
            self._pending = None
            raise failure.provoked(**words)

    def token(self, length: int, alphabet: str = _ALPHANUMERIC) -> str:
        """A random text of the world's seed; never the same one twice within a world's life, short of chance."""
        return "".join(self.random.choices(alphabet, k=length))

    def hex(self, length: int) -> str:
        return self.token(length, "0123456789abcdef")

    def uuid4(self) -> str:
        """Random UUID in its canonical text form."""
        digits = f"{self.random.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) % 4]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def moment(self, text: str) -> Micros:
        """A scenario's moment, absolute or relative to `now`. Raises `ValueError`."""
        return parse_moment(text, self.now)
