"""How a function is declared."""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emulator.vendors.talonone.talang.errors import TalangError
from emulator.vendors.talonone.talang.kinds import Kind, Value, kind_name

MOST_NAMED = 8


class Shape(enum.Enum):
    """How a block argument is written."""

    PLAIN = enum.auto()
    """An expression."""
    NAMED = enum.auto()
    """`((name) block)`, the older way to name what the block is given."""
    PAIR = enum.auto()
    """`(key value)`, a map entry."""
    TEMPLATE = enum.auto()
    """An expression in which `(# n)` stands for the n-th argument of the template."""


@dataclass(frozen=True, slots=True)
class Function:
    """One signature; a name may have several, told apart by the kinds of their arguments.

    `run` is called with the evaluation and the arguments. The last kind of a variadic signature repeats, zero times
    or more. Positions that accept `Kind.TOKEN` get calls as unevaluated blocks; a `lazy` function gets every call so.
    `prepare` makes the quicker `run` of a call whose arguments are all literals.
    """

    name: str
    kinds: tuple[Kind, ...]
    run: Callable[..., Value]
    variadic: bool = False
    lazy: bool = False
    shape: Shape = Shape.PLAIN
    prepare: Callable[..., Callable[..., Value]] | None = None

    def masks(self, count: int) -> tuple[int, ...] | None:
        """The accepted kinds of that many arguments, None when the signature does not take that many."""
        return spread(self.kinds, count, self.variadic)

    @property
    def arity(self) -> str:
        least = len(self.kinds) - self.variadic
        if self.variadic:
            return f"{least} or more arguments"
        return f"{least} argument{'' if least == 1 else 's'}"


def spread(kinds: tuple[int, ...], count: int, variadic: bool) -> tuple[int, ...] | None:
    if not variadic:
        return tuple(map(int, kinds)) if count == len(kinds) else None
    if count < len(kinds) - 1:
        return None
    return tuple(int(kinds[min(position, len(kinds) - 1)]) for position in range(count))


def no_form(name: str, arguments: Sequence[object]) -> TalangError:
    kinds = [kind_name(argument) for argument in arguments[:MOST_NAMED]]
    more = ["..."] if len(arguments) > MOST_NAMED else []
    return TalangError(f"`{name}' has no form that takes ({', '.join(kinds + more)})")
