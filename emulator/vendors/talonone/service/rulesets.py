"""Rulesets, compiled once per text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from emulator.vendors.talonone.service.bindings import Binding, Bindings
from emulator.vendors.talonone.service.effects import FUNCTIONS, VOCABULARY
from emulator.vendors.talonone.talang import Program, TalangError, compile

ROLES = frozenset({"Campaign", "Coupon", "Referral"})
"""Bindings that differ from rule to rule and code to code, made only for rules that read them."""
PUBLISHED_FUNCTIONS = (("couponvalid", 0), ("setdiscount", 2))
"""With their numbers of arguments: the only functions of the domain that Talon.One names in public."""
PUBLISHED_PATHS = (("Session", "Total"), ("Profile", "Name"))
_DOMAIN = frozenset(function.name.casefold() for function in FUNCTIONS)
_ROOTS = ROLES | {"Session", "Profile", "Event", "Now", "Item"}
IN_BINDINGS = -1


@dataclass(frozen=True, slots=True)
class Rule:
    """`conditions` are the arguments of the outer `and`, which all have to hold. `tests_coupon`, `tests_referral`:
    whether one of them, or a binding of the rule, asks for a valid code. `reads_total`: whether it, or a binding of its
    ruleset, reads the running total. `own_from` is the first step that uses a name which is the emulator's own: the
    bindings, a condition by its index, the effects after the last condition; one step more where there is none."""

    index: int
    title: str
    bindings: Bindings
    conditions: tuple[Program, ...]
    effects: tuple[Program, ...]
    tests_coupon: bool
    tests_referral: bool
    reads: frozenset[str]
    reads_total: bool
    own_from: int


@dataclass(frozen=True, slots=True)
class Ruleset:
    """`own`: its bindings use a name which is the emulator's own. `weighs_total`: whether a campaign gives anything may
    depend on the running total."""

    bindings: Bindings
    rules: tuple[Rule, ...]
    own: bool
    weighs_total: bool

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


@lru_cache(maxsize=512)
def compiled(text: str) -> Ruleset:
    """A ruleset from its JSON. Raises `BadExpression`."""
    ruleset = orjson.loads(text)
    shared = ruleset.get("bindings") or ()
    bindings, reads = _bindings(shared, ""), _read(shared)
    total = _reads_total(shared)
    rules = [_rule(raw, index, reads, total) for index, raw in enumerate(ruleset["rules"])]
    weighs = total or any(_reads_total([raw["condition"], raw.get("bindings")]) for raw in ruleset["rules"])
    return Ruleset(bindings, tuple(rules), _own_names(shared), weighs)


def _rule(raw: Mapping[str, Any], index: int, reads: frozenset[str], total: bool) -> Rule:
    place = f"rules[{index}]."
    bindings = raw.get("bindings") or ()
    asked = [raw["condition"], *(binding["expression"] for binding in bindings)]
    steps = [*_steps(raw["condition"]), raw["effects"]]
    return Rule(
        index,
        raw["title"],
        _bindings(bindings, place),
        _conditions(raw["condition"], f"{place}condition"),
        tuple(_program(each, f"{place}effects[{number}]") for number, each in enumerate(raw["effects"])),
        tests_coupon=_calls(asked, "couponvalid"),
        tests_referral=_calls(asked, "referralvalid"),
        reads=reads | _read([asked, raw["effects"]]),
        reads_total=total or _reads_total([asked, raw["effects"]]),
        own_from=IN_BINDINGS if _own_names(bindings) else next(_own(steps), len(steps)),
    )


def _is_all(condition: Sequence[Any]) -> bool:
    return isinstance(condition[0], str) and condition[0].casefold() == "and"


def _steps(condition: Sequence[Any]) -> Sequence[Any]:
    return condition[1:] if _is_all(condition) else [condition]


def _conditions(raw: Sequence[Any], path: str) -> tuple[Program, ...]:
    if _is_all(raw):
        return tuple(_program(each, f"{path}[{index}]") for index, each in enumerate(raw[1:], 1))
    return (_program(raw, path),)


def _own(steps: Sequence[Any]) -> Iterator[int]:
    return (index for index, step in enumerate(steps) if _own_names(step))


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


def _path(raw: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(raw[1:]) if raw and raw[0] == "." else ()


def _reads_total(raw: object) -> bool:
    if isinstance(raw, Mapping):
        return _reads_total(list(raw.values()))
    if not isinstance(raw, list | tuple):
        return False
    return _path(raw)[:2] in (("Session",), ("Session", "Total")) or any(map(_reads_total, raw))


def _own_names(raw: object) -> bool:
    """Whether a function or a path anywhere in the expressions is one that only the emulator calls so."""
    if isinstance(raw, Mapping):
        return _own_names(list(raw.values()))
    if not isinstance(raw, list | tuple) or not raw:
        return False
    head, path = raw[0], _path(raw)
    if isinstance(head, str) and head.casefold() in _DOMAIN:
        own = (head.casefold(), len(raw) - 1) not in PUBLISHED_FUNCTIONS
    else:
        own = bool(path) and isinstance(path[0], str) and path[0] in _ROOTS and path not in PUBLISHED_PATHS
    return own or any(map(_own_names, raw))
