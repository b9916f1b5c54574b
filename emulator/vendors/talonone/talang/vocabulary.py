"""The names a program may call: the language's own and those of its host."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from emulator.vendors.talonone.talang.evaluation import Argument, Evaluation
from emulator.vendors.talonone.talang.functions import CORE
from emulator.vendors.talonone.talang.kinds import Kind, Value, value_of
from emulator.vendors.talonone.talang.signature import Function

LONGEST_SUGGESTED = 64
COST_OF_HOST = 8
"""Steps that a call of the host takes more than one of the language: it keeps what it gives."""


@dataclass(frozen=True, slots=True)
class HostFunction:
    """A function of the host, by which a rule asks about a request or has an effect on it.

    `run` is called with the `Evaluation` and the evaluated arguments; whatever it returns is read as a binding is. Of
    a variadic function the last kind repeats, zero times or more. Arguments of `Kind.TOKEN` come as a `Block`.
    """

    name: str
    kinds: tuple[Kind, ...]
    run: Callable[..., object]
    variadic: bool = False

    def as_function(self) -> Function:
        run = self.run

        def read(evaluation: Evaluation, *arguments: Argument) -> Value:
            evaluation.charge(COST_OF_HOST)
            return value_of(run(evaluation, *arguments))

        return Function(self.name, self.kinds, read, self.variadic)


class Vocabulary:
    """Functions by name, without regard to case. Make one for all programs of a host: it never changes."""

    def __init__(self, host: Iterable[HostFunction] = ()) -> None:
        self._forms: dict[str, tuple[Function, ...]] = {}
        for function in CORE:
            self._add(function)
        own = frozenset(self._forms)
        for stranger in host:
            if stranger.name.casefold() in own:
                raise ValueError(f"`{stranger.name}' is already a function")
            self._add(stranger.as_function())

    def _add(self, function: Function) -> None:
        name = function.name.casefold()
        self._forms[name] = (*self._forms.get(name, ()), function)

    def forms(self, name: str) -> tuple[Function, ...]:
        return self._forms.get(name.casefold(), ())

    def nearest(self, name: str) -> str | None:
        if len(name) > LONGEST_SUGGESTED:
            return None
        found = get_close_matches(name.casefold(), self._forms, n=1)
        return self._forms[found[0]][0].name if found else None


STANDARD = Vocabulary()
