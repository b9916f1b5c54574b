"""Conditions: which events, and which profiles, a rule of the configuration means.

A rule is a tree of And and Or over tests of one value each: a column of an event, an attribute of a profile. It is
read once, from the configuration's JSON, into one function; what cannot be read is refused by its path. This module
knows no tables: how a leaf finds its value is the caller's affair.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from emulator.core.errors import Json, Level, Rule
from emulator.core.section import SectionError
from emulator.core.work import Work
from emulator.vendors.treasuredata.service.operators import COERCION, OPERATORS, Check

Subject = TypeVar("Subject")
Test: TypeAlias = Callable[[Subject, Work], bool]
"""Of the work it takes the time, and tells it what the result relies on."""
Reader: TypeAlias = Callable[[Subject], Json]
Leaf: TypeAlias = Callable[[Mapping[str, Json], str], Reader[Subject]]
"""From a condition and its path to the function that finds the value to test. It refuses keys beyond its own and
`LEAF_KEYS`."""

GROUPS = ("And", "Or")
IS_NULL = "IsNull"
QUANTIFIERS = ("atLeast", "atMost", "exactly")
_GROUP_KEYS = ("type", "conditions", "description")
LEAF_KEYS = ("type", "operator", "arrayMatching")

CONDITIONS = Rule(
    "treasuredata.conditions",
    Level.INFERRED,
    "CDP API OpenAPI 1.0.0, v5IonRule",
    "An operator means what it is called; Between takes both its ends, a group without conditions is true, texts are "
    "case-sensitive, and a section's criteria see the profile as this event leaves it. Composite, whose expr no "
    "document explains, is refused at load.",
)


def compiled(rule: Json, leaves: Mapping[str, Leaf[Subject]], path: str) -> Test[Subject]:
    """The rule as a function; no rule, an empty one, and a group without conditions are always true. Raises
    `SectionError`."""
    return always if rule in (None, {}) else _condition(rule, leaves, path)


def always(_: object, work: Work) -> bool:
    """The test of a rule that asks for nothing."""
    return True


def characters(rule: Json) -> int:
    """How much a rule that can be read says: its columns, operators and operands, without the JSON around them."""
    if not rule:
        return 0
    if "conditions" in rule:
        return sum(characters(one) for one in rule["conditions"])
    return len(rule["column"]) + _length(rule["operator"])


def _length(said: Json) -> int:
    if isinstance(said, dict | list):
        return sum(_length(one) for one in (said.values() if isinstance(said, dict) else said))
    return 0 if said is None or isinstance(said, bool) else len(str(said))


def _condition(rule: Json, leaves: Mapping[str, Leaf[Subject]], path: str) -> Test[Subject]:
    kind = _mapping(rule, path).get("type")
    if kind in GROUPS:
        return _group(rule, leaves, path)
    if kind == "Composite":
        raise SectionError(
            f"{path}.type", "Composite is not evaluated, as no document says what its expr holds; nest And and Or"
        )
    if not isinstance(kind, str) or kind not in leaves:
        known = [*GROUPS, *leaves]
        raise SectionError(f"{path}.type", f"{kind!r} is no condition that is evaluated here{hint(kind, known)}")
    return _leaf(rule, leaves[kind], path)


def _group(rule: Mapping[str, Json], leaves: Mapping[str, Leaf[Subject]], path: str) -> Test[Subject]:
    refuse_unknown(rule, _GROUP_KEYS, path)
    conditions = rule.get("conditions")
    if not isinstance(conditions, list):
        raise SectionError(f"{path}.conditions", "must be a list of conditions")
    if not isinstance(rule.get("description"), str | None):
        raise SectionError(f"{path}.description", f"must be a text, found {rule['description']!r}")
    tests = [_condition(one, leaves, f"{path}.conditions[{index}]") for index, one in enumerate(conditions)]
    if not tests:
        return always
    if len(tests) == 1:
        return tests[0]
    if rule["type"] == "And":
        return lambda subject, work: all(test(subject, work) for test in tests)
    return lambda subject, work: any(test(subject, work) for test in tests)


def _leaf(rule: Mapping[str, Json], leaf: Leaf[Subject], path: str) -> Test[Subject]:
    read = leaf(rule, path)
    written = _mapping(rule.get("operator"), f"{path}.operator")
    check = _operator(written, f"{path}.operator")
    quantified = _array_matching(rule.get("arrayMatching"), f"{path}.arrayMatching")
    if written["type"] == IS_NULL:
        return lambda subject, work: check(read(subject), work.now)
    operator = OPERATORS[written["type"]]
    relied, kinds = operator.rule_of(written), operator.kinds_of(written)
    if not written.get("not", False):
        kinds |= {type(None)}  # what is not there passes no test: only of a negated one might that be doubted

    def test(subject: Subject, work: Work) -> bool:
        value, now = read(subject), work.now
        if relied is not None and value is not None:
            work.rely(relied)
        elif type(value) not in kinds:
            work.rely(COERCION)
        if isinstance(value, list):
            return quantified(check(one, now) for one in value)
        return check(value, now)

    return test


def _operator(operator: Mapping[str, Json], path: str) -> Check:
    kind, negated = operator.get("type"), operator.get("not", False)
    if not isinstance(negated, bool):
        raise SectionError(f"{path}.not", f"must be true or false, found {negated!r}")
    if kind == IS_NULL:
        refuse_unknown(operator, ("type", "not", "rightValue"), path)
        return lambda value, now: (value is None) != negated
    known = OPERATORS.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise SectionError(f"{path}.type", f"{kind!r} is no operator{hint(kind, [*OPERATORS, IS_NULL])}")
    refuse_unknown(operator, ("type", "not", *known.operands), path)
    holds = known.check(operator, path)
    return lambda value, now: value is not None and holds(value, now) != negated


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
            raise SectionError(f"{path}.{key}", f"unknown key{hint(key, known)}")


def hint(found: Json, known: Sequence[str]) -> str:
    """The name that was meant, if one is near; all that there are, if none is."""
    if not known:
        return "; there are none"
    nearest = difflib.get_close_matches(str(found), known, n=1, cutoff=0.6)
    return f", did you mean {nearest[0]}?" if nearest else f"; known: {', '.join(known)}"


def _mapping(value: Json, path: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise SectionError(path, f"must be an object with a type, found {value!r}")
    return value
