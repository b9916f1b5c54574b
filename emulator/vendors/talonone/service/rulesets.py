"""Rulesets, compiled once per text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

from emulator.vendors.talonone.service.effects import VOCABULARY
from emulator.vendors.talonone.talang import Program, TalangError, compile

Bindings: TypeAlias = tuple[tuple[str, Program], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """`conditions` are the arguments of the outer `and`, which all have to hold. `tests_coupon`, `tests_referral`:
    whether one of them, or a binding of the rule, asks for a valid code."""

    index: int
    title: str
    bindings: Bindings
    conditions: tuple[Program, ...]
    effects: tuple[Program, ...]
    tests_coupon: bool
    tests_referral: bool


@dataclass(frozen=True, slots=True)
class Ruleset:
    bindings: Bindings
    rules: tuple[Rule, ...]

    def first_that_tests(self, kind: str) -> Rule | None:
        """The first rule that asks for a valid code of this kind, ``Coupon`` or ``Referral``."""
        asks = (rule for rule in self.rules if (rule.tests_coupon if kind == "Coupon" else rule.tests_referral))
        return next(asks, None)


class BadExpression(Exception):
    """`path` leads from the ruleset into the expression: ``rules[1].effects[0][2]``."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


@lru_cache(maxsize=4096)
def compiled(text: str) -> Ruleset:
    """A ruleset from its JSON. Raises `BadExpression`."""
    ruleset = orjson.loads(text)
    rules = [_rule(raw, index) for index, raw in enumerate(ruleset["rules"])]
    return Ruleset(_bindings(ruleset.get("bindings") or (), ""), tuple(rules))


def _rule(raw: Mapping[str, Any], index: int) -> Rule:
    place = f"rules[{index}]."
    bindings = raw.get("bindings") or ()
    asked = [raw["condition"], *(binding["expression"] for binding in bindings)]
    return Rule(
        index,
        raw["title"],
        _bindings(bindings, place),
        _conditions(raw["condition"], f"{place}condition"),
        tuple(_program(each, f"{place}effects[{number}]") for number, each in enumerate(raw["effects"])),
        tests_coupon=_calls(asked, "couponvalid"),
        tests_referral=_calls(asked, "referralvalid"),
    )


def _conditions(raw: Sequence[Any], path: str) -> tuple[Program, ...]:
    if isinstance(raw[0], str) and raw[0].casefold() == "and":
        return tuple(_program(each, f"{path}[{index}]") for index, each in enumerate(raw[1:], 1))
    return (_program(raw, path),)


def _bindings(raw: Sequence[Mapping[str, Any]], place: str) -> Bindings:
    return tuple(
        (binding["name"], _program(binding["expression"], f"{place}bindings[{index}].expression"))
        for index, binding in enumerate(raw)
    )


def _program(expression: object, path: str) -> Program:
    try:
        return compile(expression, VOCABULARY)
    except TalangError as error:
        raise BadExpression(f"{path}{error.place or ''}", error.message) from None


def _calls(expression: object, name: str) -> bool:
    """Whether a call of the function stands anywhere in the expression; its nesting is bounded by the compiler."""
    if not isinstance(expression, list) or not expression:
        return False
    head = expression[0]
    return (isinstance(head, str) and head.casefold() == name) or any(_calls(each, name) for each in expression)
