"""Rulesets, compiled once per text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from emulator.vendors.talonone.service.bindings import Binding, Bindings
from emulator.vendors.talonone.service.effects import VOCABULARY
from emulator.vendors.talonone.talang import Program, TalangError, compile

ROLES = frozenset({"Campaign", "Coupon", "Referral"})
"""Bindings that differ from rule to rule and code to code, made only for rules that read them."""


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
    reads: frozenset[str]


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
    shared = ruleset.get("bindings") or ()
    bindings, reads = _bindings(shared, ""), _read(shared)
    rules = [_rule(raw, index, reads) for index, raw in enumerate(ruleset["rules"])]
    return Ruleset(bindings, tuple(rules))


def _rule(raw: Mapping[str, Any], index: int, reads: frozenset[str]) -> Rule:
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
        reads=reads | _read([asked, raw["effects"]]),
    )


def _conditions(raw: Sequence[Any], path: str) -> tuple[Program, ...]:
    if isinstance(raw[0], str) and raw[0].casefold() == "and":
        return tuple(_program(each, f"{path}[{index}]") for index, each in enumerate(raw[1:], 1))
    return (_program(raw, path),)


def _bindings(raw: Sequence[Mapping[str, Any]], place: str) -> Bindings:
    return tuple(_binding(binding, f"{place}bindings[{index}].expression") for index, binding in enumerate(raw))


def _binding(raw: Mapping[str, Any], path: str) -> Binding:
    kind, expression = raw.get("type") or "", raw["expression"]
    if kind in ("templateParameter", "subledgerBalance", "bundle") and not _is_call(expression):
        single = kind == "templateParameter" and len(expression) == 1
        return Binding(raw["name"], kind, None, expression[0] if single else expression)
    return Binding(raw["name"], kind, _program(expression, path))


def _is_call(expression: Sequence[Any]) -> bool:
    """Whether it begins with the name of a function: a typed binding may hold plain values instead."""
    head = expression[0]
    return isinstance(head, list) or (isinstance(head, str) and bool(VOCABULARY.forms(head)))


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


def _read(raw: object) -> frozenset[str]:
    """The roles that paths anywhere in the expressions begin with."""
    if isinstance(raw, Mapping):
        return _read(list(raw.values()))
    if not isinstance(raw, list | tuple):
        return frozenset()
    here = {raw[1]} & ROLES if len(raw) > 1 and raw[0] == "." and isinstance(raw[1], str) else frozenset()
    return frozenset(here).union(*map(_read, raw))
