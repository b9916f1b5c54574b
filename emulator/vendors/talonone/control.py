"""What the control plane can ask of Talon.One alone: the value of an expression of the rule language."""

from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field

from emulator.core.clock import to_datetime
from emulator.core.errors import Json, Misuse
from emulator.core.vendor import Control
from emulator.core.work import Work
from emulator.vendors.talonone.service.effects import FUNCTIONS
from emulator.vendors.talonone.talang import (
    Evaluation,
    HostFunction,
    Scope,
    TalangError,
    Vocabulary,
    compile,
    kind_name,
    to_json,
)


class Question(BaseModel):
    """An expression, and the names that it can read besides `Now`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    expression: Any = Field(description="A Talang expression as JSON.")
    bindings: dict[str, Any] = Field({}, description="JSON values by name.")


def _homeless(name: str) -> Callable[[Evaluation], NoReturn]:
    def homeless(_: Evaluation, *__: object) -> NoReturn:
        raise TalangError(f"`{name}' is for rules: there is no session here")

    return homeless


@cache
def _vocabulary() -> Vocabulary:
    """The language, and the functions of rules as far as their arguments can be checked."""
    return Vocabulary(
        HostFunction(function.name, function.kinds, _homeless(function.name), function.variadic)
        for function in FUNCTIONS
    )


def evaluate(work: Work, asked: Question) -> Json:
    now = to_datetime(work.now)
    try:
        program = compile(asked.expression, _vocabulary())
        value = program.evaluate(Scope({"Now": now, **asked.bindings}, now=now))
        return {"value": to_json(value), "kind": kind_name(value)}
    except TalangError as error:
        place = f"expression{error.place or ''}"
        sentence = f"{place}: {error.message}"
        raise Misuse(400, "Bad expression", sentence, errors=[sentence], place=place) from None


CONTROLS = {
    "evaluate": Control(
        'the value of a Talang expression: {"expression": […], "bindings"?: {…}}, with Now from the clock',
        Question,
        evaluate,
    )
}
