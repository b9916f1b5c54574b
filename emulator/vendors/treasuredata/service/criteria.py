"""Conditions: which events, and which profiles, a rule of the configuration means.

A rule is a tree of And and Or over tests of one value each: a column of an event, an attribute of a profile. It is
read once, from the configuration's JSON, into one function; what cannot be read is refused by its path. This module
knows no tables and no clock: how a leaf finds its value is the caller's affair.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from emulator.core.errors import Json, Level, Rule
from emulator.core.patterns import pattern
from emulator.core.section import SectionError
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service import values

Subject = TypeVar("Subject")
Test: TypeAlias = Callable[[Subject], bool]
Reader: TypeAlias = Callable[[Subject], Json]
Leaf: TypeAlias = Callable[[Mapping[str, Json], str], Reader[Subject]]
"""From a condition and its path to the function that finds the value to test."""
_Check: TypeAlias = Callable[[Json], bool]

_BATCH_OPERATORS = frozenset(
    {"TimeRange", "TimeToday", "TimeThis", "TimeNext", "TimeWithinPast", "TimeWithinNext", "TimeInBetweenNext"}
)
_GROUP_KEYS = ("type", "conditions", "description")
_LEAF_KEYS = ("type", "operator", "arrayMatching")

CONDITIONS = Rule(
    "treasuredata.conditions",
    Level.INFERRED,
    "CDP API, operators of rules",
    "An operator means what it is called; Between takes both its ends, a group without conditions is true, texts are "
    "case-sensitive, and a section's criteria see the profile as this event leaves it.",
)
COERCION = Rule(
    "treasuredata.coercion",
    Level.ASSUMED,
    CHOICE,
    "A value that is absent or null fails every test but IsNull, negated ones too. Numbers and numerals compare by "
    "value, texts by code point, other pairs never. Of a list any element counts unless arrayMatching says otherwise; "
    "`not` applies to each element.",
)
REGEXPS = Rule(
    "treasuredata.regexps",
    Level.ASSUMED,
    CHOICE,
    "A Regexp test and a key column's validRegexp look for the pattern anywhere in the text. They run in RE2, which is "
    "linear in the text; what it lacks, backreferences and lookaround, is refused at load.",
)


def compiled(rule: Json, leaves: Mapping[str, Leaf[Subject]], path: str) -> Test[Subject]:
    """The rule as a function; no rule, or a group without conditions, is always true. Raises `SectionError`."""
    if rule is None:
        return always
    kind = _mapping(rule, path).get("type")
    if kind in ("And", "Or"):
        return _group(rule, leaves, path)
    if not isinstance(kind, str) or kind not in leaves:
        known = ", ".join(["And", "Or", *leaves])
        raise SectionError(f"{path}.type", f"{kind!r} is no condition that is evaluated here; known: {known}")
    return _leaf(rule, leaves[kind], path)


def always(_: object) -> bool:
    """The test of a rule that asks for nothing."""
    return True


def _group(rule: Mapping[str, Json], leaves: Mapping[str, Leaf[Subject]], path: str) -> Test[Subject]:
    refuse_unknown(rule, _GROUP_KEYS, path)
    conditions = rule.get("conditions")
    if not isinstance(conditions, list):
        raise SectionError(f"{path}.conditions", "must be a list of conditions")
    tests = [compiled(one, leaves, f"{path}.conditions[{index}]") for index, one in enumerate(conditions)]
    if not tests:
        return always
    if len(tests) == 1:
        return tests[0]
    if rule["type"] == "And":
        return lambda subject: all(test(subject) for test in tests)
    return lambda subject: any(test(subject) for test in tests)


def _leaf(rule: Mapping[str, Json], leaf: Leaf[Subject], path: str) -> Test[Subject]:
    read = leaf({key: value for key, value in rule.items() if key not in _LEAF_KEYS}, path)
    operator = _mapping(rule.get("operator"), f"{path}.operator")
    check = _operator(operator, f"{path}.operator")
    quantified = _array_matching(rule.get("arrayMatching"), f"{path}.arrayMatching")
    if operator["type"] == "IsNull":
        return lambda subject: check(read(subject))

    def test(subject: Subject) -> bool:
        value = read(subject)
        if isinstance(value, list):
            return quantified(check(one) for one in value)
        return check(value)

    return test


def _operator(operator: Mapping[str, Json], path: str) -> _Check:
    kind, negated = operator.get("type"), operator.get("not", False)
    if not isinstance(negated, bool):
        raise SectionError(f"{path}.not", f"must be true or false, found {negated!r}")
    if kind == "IsNull":
        refuse_unknown(operator, ("type", "not", "rightValue"), path)
        return lambda value: (value is None) != negated
    if kind in _BATCH_OPERATORS:
        raise SectionError(f"{path}.type", f"{kind} belongs to batch rules; it is not evaluated in real time")
    if not isinstance(kind, str) or kind not in _OPERANDS:
        nearest = difflib.get_close_matches(str(kind), [*_OPERANDS, "IsNull"], n=1, cutoff=0.5)
        hint = f", did you mean {nearest[0]}?" if nearest else f"; known: {', '.join([*_OPERANDS, 'IsNull'])}"
        raise SectionError(f"{path}.type", f"{kind!r} is no operator{hint}")
    keys, make = _OPERANDS[kind]
    refuse_unknown(operator, ("type", "not", *keys), path)
    holds = make(operator, path)
    return lambda value: value is not None and holds(value) != negated


def _compare(wanted: frozenset[int]) -> Callable[[Mapping[str, Json], str], _Check]:
    def make(operator: Mapping[str, Json], path: str) -> _Check:
        right = _scalar(operator, "rightValue", path)
        return lambda value: values.compared(value, right) in wanted

    return make


def _equal(operator: Mapping[str, Json], path: str) -> _Check:
    right = _scalar(operator, "rightValue", path)
    return lambda value: values.equal(value, right)


def _in(operator: Mapping[str, Json], path: str) -> _Check:
    rights = _list(operator, path, (str, int, float, bool), "texts, numbers or booleans")
    return lambda value: any(values.equal(value, right) for right in rights)


def _between(operator: Mapping[str, Json], path: str) -> _Check:
    """Both ends belong to the range."""
    least, most = _scalar(operator, "minValue", path), _scalar(operator, "maxValue", path)
    return lambda value: values.compared(value, least) in (0, 1) and values.compared(value, most) in (-1, 0)


def _any_part(holds: Callable[[str, str], bool]) -> Callable[[Mapping[str, Json], str], _Check]:
    def make(operator: Mapping[str, Json], path: str) -> _Check:
        rights = _list(operator, path, (str,), "texts")
        return lambda value: isinstance(value, str) and any(holds(value, right) for right in rights)

    return make


def _regexp(operator: Mapping[str, Json], path: str) -> _Check:
    found = readable_pattern(operator.get("rightValue"), f"{path}.rightValue")
    return lambda value: isinstance(value, str) and found(value)


_OPERANDS: Mapping[str, tuple[Sequence[str], Callable[[Mapping[str, Json], str], _Check]]] = {
    "Equal": (("rightValue",), _equal),
    "In": (("rightValues",), _in),
    "Greater": (("rightValue",), _compare(frozenset({1}))),
    "Less": (("rightValue",), _compare(frozenset({-1}))),
    "GreaterEqual": (("rightValue",), _compare(frozenset({0, 1}))),
    "LessEqual": (("rightValue",), _compare(frozenset({-1, 0}))),
    "Between": (("minValue", "maxValue", "rightValue"), _between),
    "Contain": (("rightValues",), _any_part(lambda value, part: part in value)),
    "StartWith": (("rightValues",), _any_part(str.startswith)),
    "EndWith": (("rightValues",), _any_part(str.endswith)),
    "Regexp": (("rightValue",), _regexp),
}


def readable_pattern(source: Json, path: str) -> Callable[[str], bool]:
    """Raises `SectionError` for what is no text or no pattern that can be run."""
    if not isinstance(source, str):
        raise SectionError(path, f"must be a pattern, found {source!r}")
    try:
        return pattern(source).found_in
    except ValueError as error:
        raise SectionError(path, str(error)) from None


def _array_matching(wanted: Json, path: str) -> Callable[[Iterable[bool]], bool]:
    if wanted in (None, "any"):
        return any
    if wanted == "all":
        return all
    if isinstance(wanted, dict) and len(wanted) == 1:
        [(bound, count)] = wanted.items()
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            match bound:
                case "atLeast":
                    return lambda results: sum(results) >= count
                case "atMost":
                    return lambda results: sum(results) <= count
                case "exactly":
                    return lambda results: sum(results) == count
    raise SectionError(
        path, f"must be null, any, all, or one of atLeast, atMost and exactly with a whole number, found {wanted!r}"
    )


def refuse_unknown(found: Mapping[str, Json], known: Sequence[str], path: str) -> None:
    for key in found:
        if key not in known:
            nearest = difflib.get_close_matches(str(key), known, n=1, cutoff=0.6)
            hint = f", did you mean {nearest[0]}?" if nearest else f"; known: {', '.join(known)}"
            raise SectionError(f"{path}.{key}", f"unknown key{hint}")


def _mapping(value: Json, path: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise SectionError(path, f"must be an object with a type, found {value!r}")
    return value


def _scalar(operator: Mapping[str, Json], key: str, path: str) -> Json:
    """A text, number or boolean; a moment is written ``{timestamp: …}`` and compared as what it holds."""
    value = operator.get(key)
    if isinstance(value, dict) and list(value) == ["timestamp"]:
        value = value["timestamp"]
    if not isinstance(value, str | int | float):
        raise SectionError(f"{path}.{key}", f"must be a text, a number or a boolean, found {value!r}")
    return value


def _list(operator: Mapping[str, Json], path: str, kinds: tuple[type, ...], noun: str) -> Sequence[Json]:
    found = operator.get("rightValues")
    if not isinstance(found, list) or not all(isinstance(one, kinds) for one in found):
        raise SectionError(f"{path}.rightValues", f"must be a list of {noun}, found {found!r}")
    return found
