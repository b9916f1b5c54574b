"""One run of a program: its scope, its budget, its unevaluated blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from emulator.vendors.talonone.talang.errors import TalangLimit
from emulator.vendors.talonone.talang.kinds import KINDS, Kind, Value
from emulator.vendors.talonone.talang.scope import Scope

Node: TypeAlias = "Callable[[Evaluation], Value]"
Argument: TypeAlias = "Value | Block"
HostT = TypeVar("HostT")
NO_PATTERNS: frozenset[str] = frozenset()

DEEPEST = 64
"""Levels of calls, templates included: at seven Python frames for the hungriest call, half of Python's own limit."""
STEPS = 100_000
"""A call costs one step and another for every eight arguments, a list one a copied item, a text one every 64
characters: below a second in all."""
STEPS_OF_A_CALL = 500_000
"""What the expressions of all rules may cost together that one call evaluates: below a second, too."""
SPENT = "the step budget of the evaluation is spent"
CALL_SPENT = "the step budget of the call is spent"
TOO_DEEP = "the expression is nested too deeply"


@dataclass(frozen=True, slots=True)
class Block:
    """An argument that its function evaluates, or does not.

    `name` is the binding of the older `((name) block)` form, or the key of a `kv` pair. `slots` are the arguments
    of the template the block was written in, once it has been handed to another one.
    """

    node: Node
    height: int
    name: str = ""
    slots: tuple[Argument, ...] | None = None

    def evaluate(self, evaluation: Evaluation) -> Value:
        if self.slots is None:
            return self.node(evaluation)
        return evaluation.expand(self, self.slots)


KINDS[Block] = int(Kind.TOKEN)


class Allowance:
    """The steps that are left for all evaluations that share it."""

    __slots__ = ("steps",)

    def __init__(self, steps: int = STEPS_OF_A_CALL) -> None:
        self.steps = steps

    def charge(self, steps: int) -> None:
        """For what is done between evaluations."""
        self.steps = max(0, self.steps - steps)
        if not self.steps:
            raise TalangLimit(CALL_SPENT)


class Evaluation:
    __slots__ = ("depth", "patterns", "scope", "slots", "steps")

    def __init__(self, scope: Scope, steps: int, depth: int) -> None:
        self.scope = scope
        self.steps = steps
        self.depth = depth
        self.slots: tuple[Argument, ...] = ()
        self.patterns: frozenset[str] = NO_PATTERNS
        """Regular expressions searched for so far: compiling another one is what takes time."""

    @property
    def now(self) -> datetime:
        return self.scope.now

    def host_as(self, kind: type[HostT]) -> HostT:
        """The host object of the scope, for host functions, which know what their caller put there."""
        if not isinstance(self.scope.host, kind):
            raise TypeError(f"the scope carries {type(self.scope.host).__name__}, not {kind.__name__}")
        return self.scope.host

    def charge(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise TalangLimit(SPENT)

    def value(self, argument: Argument) -> Value:
        if not isinstance(argument, Block):
            return argument
        return argument.node(self) if argument.slots is None else self.expand(argument, argument.slots)

    def within(self, scope: Scope, block: Block) -> Value:
        outer, self.scope = self.scope, scope
        try:
            return block.evaluate(self)
        finally:
            self.scope = outer

    def expand(self, body: Block, slots: tuple[Argument, ...]) -> Value:
        """Evaluate a block as if it were written here, with its own slots.

        Only this can nest deeper than the program is written, so only this has to watch the depth.
        """
        if self.depth + body.height > DEEPEST:
            raise TalangLimit(TOO_DEEP)
        self.depth += body.height
        outer, self.slots = self.slots, slots
        try:
            return body.node(self)
        finally:
            self.slots = outer
            self.depth -= body.height
