"""Every published signature by an example, an error that it documents, and arguments that are none of its form."""

from typing import Any

import pytest

from emulator.vendors.talonone.talang.functions import CORE
from tests.vendors.talonone.talang.evaluating import failure, value

T1, T2, T3 = "2024-05-01T10:20:30Z", "2024-05-02T22:20:30Z", "2024-05-03T00:00:00Z"
MOMENT = ["parseTime", T1]
LATER = ["parseTime", T2]
LATEST = ["parseTime", T3]
NUMBERS = ["list", 3, 1, 2]
WORDS = ["list", "b", "a", "c"]
IS_BIG = [">", [".", "x"], 1]
NEGATED = ["-", 0, [".", "x"]]

EXAMPLES: dict[str, list[tuple[Any, Any]]] = {
    ".": [([".", "Session", "Total"], 45.5)],
    "set": [([["set", "a", "b", 2], ["+", [".", "a", "b"], 1]], 3)],
    "!": [([["setTemplate", "twice(Decimal)Decimal", ["*", 2, ["#", 0]]], ["!", "twice", 21]], 42)],
    "setTemplate": [(["setTemplate", "always()", ["and"]], None)],
    "=": [(["=", 1, "1", 1.0], True), (["=", 1, 1, 2], False)],
    "!=": [(["!=", 1, 2, "3"], True), (["!=", 1, 2, "1"], False)],
    "> Decimal": [([">", 3, 2, 1], True), ([">", 3, 2, 3], False)],
    "> Time": [([">", LATER, MOMENT], True), ([">", LATER, LATER], False)],
    "< Decimal": [(["<", 1, 2, 3], True), (["<", 1, 2, 1], False)],
    "< Time": [(["<", MOMENT, LATER], True), (["<", LATER, MOMENT], False)],
    ">= Decimal": [([">=", 3, 3, 1], True), ([">=", 3, 4], False)],
    ">= Time": [([">=", LATER, LATER], True), ([">=", MOMENT, LATER], False)],
    "<= Decimal": [(["<=", 1, 1, 3], True), (["<=", 2, 1], False)],
    "<= Time": [(["<=", MOMENT, MOMENT], True), (["<=", LATER, MOMENT], False)],
    "between Decimal": [
        (["between", 2, 3, 1, 4], True),
        (["between", 2, 1, 1, 4], False),
        (["between", 4, 1, 4], False),
    ],
    "between Time": [(["between", LATER, MOMENT, LATEST], True), (["between", MOMENT, MOMENT, LATEST], False)],
    "or": [(["or", False, True, ["/", 1, 0]], True), (["or"], False), (["or", False, ["list"]], True)],
    "and": [(["and", True, False, ["/", 1, 0]], False), (["and"], True), (["and", True, ["list"]], True)],
    "not": [(["not", False], True)],
    "noop": [(["noop"], None)],
    "toString": [(["toString", 2.50], "2.5"), (["toString", True], "true"), (["toString", MOMENT], T1)],
    "catch": [(["catch", "fallback", ["/", 1, 0]], "fallback"), (["catch", "fallback", "value"], "value")],
    "do name": [(["do", 2, "x", ["*", [".", "x"], [".", "x"]]], 4)],
    "do block": [(["do", 2, [["x"], ["*", [".", "x"], [".", "x"]]]], 4)],
    ".|": [([".|", 7, [".", "nowhere"]], 7), ([".|", 7, [".", "Session", "Total"]], 45.5)],
    "+ Decimal": [(["+", 0.1, 0.2, 1], 1.3)],
    "+ String": [(["+", "a", "b", "c"], "abc")],
    "concat": [(["concat", "a", "b", "c"], "abc")],
    "-": [(["-", 10, 1, 2.5], 6.5)],
    "*": [(["*", 2, 3, 0.1], 0.6)],
    "/": [(["/", 12, 2, 4], 1.5)],
    "mod": [(["mod", 17, 10, 4], 3), (["mod", 5.5, 2], 1.5)],
    "floor": [(["floor", 1.9], 1), (["floor", -1.1], -2)],
    "ceil": [(["ceil", 1.1], 2), (["ceil", -1.9], -1)],
    "contains": [(["contains", "abc", "a", "bc"], True), (["contains", "abc", "a", "d"], False)],
    "notContains": [(["notContains", "abc", "d", "e"], True), (["notContains", "abc", "d", "a"], False)],
    "startsWith": [(["startsWith", "abc", "a", "ab"], True), (["startsWith", "abc", "b"], False)],
    "endsWith": [(["endsWith", "abc", "c", "bc"], True), (["endsWith", "abc", "a"], False)],
    "~": [(["~", "^S.*0$", "SUMMER10", "S0"], True), (["~", "^U", "SUMMER10"], False)],
    "firstName": [(["firstName", "Ana Maria Silva"], "Ana")],
    "lastName": [(["lastName", "Ana Maria Silva"], "Silva")],
    "split": [(["split", "a,b,,c", ","], ["a", "b", "", "c"])],
    "join": [(["join", WORDS, "-"], "b-a-c")],
    "list": [(["list", 1, "a", None, True], [1, "a", None, True]), (["list"], [])],
    "head": [(["head", NUMBERS], 3), (["head", ["list"]], None)],
    "tail": [(["tail", NUMBERS], [1, 2]), (["tail", ["list"]], [])],
    "drop": [(["drop", NUMBERS], [3, 1]), (["drop", ["list"]], [])],
    "item": [(["item", NUMBERS, 2], 2)],
    "push": [(["push", NUMBERS, 4, ["list", 5]], [3, 1, 2, 4, [5]])],
    "append": [(["append", NUMBERS, 4], [3, 1, 2, 4])],
    "count": [(["count", NUMBERS], 3)],
    "reverse": [(["reverse", NUMBERS], [2, 1, 3])],
    "isEmpty": [(["isEmpty", ["list"]], True), (["isEmpty", NUMBERS], False)],
    "min": [(["min", ["list", 3, "1", 2]], 2)],
    "max": [(["max", ["list", 3, "4", 2]], 3)],
    "sort": [(["sort", ["list", 10, 9, "b"]], [10, 9, "b"]), (["sort", WORDS, True], ["c", "b", "a"])],
    "map name": [(["map", NUMBERS, "x", ["*", 2, [".", "x"]]], [6, 2, 4])],
    "map block": [(["map", NUMBERS, [["x"], ["*", 2, [".", "x"]]]], [6, 2, 4])],
    "filter": [(["filter", NUMBERS, [["x"], IS_BIG]], [3, 2])],
    "exists name": [(["exists", NUMBERS, "x", IS_BIG], True), (["exists", ["list"], "x", IS_BIG], False)],
    "exists block": [(["exists", NUMBERS, [["x"], IS_BIG]], True)],
    "every name": [(["every", NUMBERS, "x", IS_BIG], False), (["every", ["list"], "x", IS_BIG], True)],
    "every block": [(["every", NUMBERS, [["x"], IS_BIG]], False)],
    "sum": [(["sum", NUMBERS, "x", ["*", [".", "x"], 0.1]], 0.6), (["sum", ["list"], "x", [".", "x"]], 0)],
    "sortByNumber": [
        (["sortByNumber", NUMBERS, [["x"], [".", "x"]], False], [1, 2, 3]),
        (["sortByNumber", NUMBERS, [["x"], [".", "x"]], True], [3, 2, 1]),
        (["sortByNumber", NUMBERS, [["x"], NEGATED], False], [3, 2, 1]),
    ],
    "sortByString": [
        (["sortByString", WORDS, [["x"], [".", "x"]], False], ["a", "b", "c"]),
        (["sortByString", WORDS, [["x"], [".", "x"]], True], ["c", "b", "a"]),
    ],
    "kv": [(["kv", ["a", 1], ["b", ["+", 1, 1]]], {"a": 1, "b": 2}), (["kv"], {})],
    "after": [(["after", LATER, MOMENT], True), (["after", T1, T2], False)],
    "before": [(["before", MOMENT, LATER], True), (["before", T2, T1], False)],
    "betweenTimes": [(["betweenTimes", LATER, MOMENT, LATEST], True), (["betweenTimes", T1, T1, T2], False)],
    "parseTime": [(["parseTime", "01.05.2024", "dd.MM.yyyy"], "2024-05-01T00:00:00Z"), (MOMENT, T1)],
    "formatTime": [(["formatTime", ["parseTime", "2024-05-01T10:20:30.5Z"]], T1)],
    "date": [(["date", MOMENT], "2024-05-01")],
    "hour": [(["hour", ["parseTime", "2024-05-01T09:05:00Z"]], "9")],
    "minute": [(["minute", ["parseTime", "2024-05-01T09:05:00Z"]], "5")],
    "month": [(["month", MOMENT], "5")],
    "monthDay": [(["monthDay", MOMENT], "1")],
    "weekday": [(["weekday", MOMENT], "3"), (["weekday", ["parseTime", "2024-05-05T00:00:00Z"]], "0")],
    "year": [(["year", MOMENT], "2024")],
    "matchTime": [(["matchTime", MOMENT, LATER, "yyyy-MM"], True), (["matchTime", MOMENT, LATER, "dd"], False)],
    "days": [(["days", LATEST], 1.5)],
    "daysBetween": [(["daysBetween", MOMENT, LATER], 1.5), (["daysBetween", LATER, MOMENT], -1.5)],
    "addDuration": [(["addDuration", MOMENT, 1.9, "hours"], "2024-05-01T11:20:30Z")],
    "subDuration": [(["subDuration", MOMENT, 2, "days"], "2024-04-29T10:20:30Z")],
}
"""By name, with the form where there are several."""


def form_of(function: Any) -> str:
    same = [each for each in CORE if each.name == function.name]
    if len(same) == 1:
        return str(function.name)
    if function.name in ("do", "map", "exists", "every"):
        return f"{function.name} {'name' if len(function.kinds) == 3 else 'block'}"
    return f"{function.name} {function.kinds[0].name.title()}"


def test_every_signature_has_an_example() -> None:
    assert {form_of(function) for function in CORE} == set(EXAMPLES)
    assert len(EXAMPLES) == len(CORE) == 84


@pytest.mark.parametrize(
    ("expression", "result"),
    [example for examples in EXAMPLES.values() for example in examples],
    ids=[f"{form}-{number}" for form, examples in EXAMPLES.items() for number in range(len(examples))],
)
def test_a_function_does_what_its_example_shows(expression: Any, result: Any) -> None:
    found = value(expression, {"Session": {"Total": 45.5}})
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("expression", "message", "place"),
    [
        ([".", "A", "B"], "Unable to find `A.B'", ""),
        (["or", 1], "Decimal is not a condition", ""),
        (["and", "true"], "String is not a condition", ""),
        ([".|", "text", ["+", 1, 1]], "expected String as the fallback is one, found Decimal", ""),
        (["+", 1, ["/", 1, ["-", 2, 2]]], "division by zero", "[2]"),
        (["mod", 1, 0], "division by zero", ""),
        (["~", "(", "text"], "regex does not compile: '(' is no RE2 regular expression: missing ): (", ""),
        (["join", ["list", 1], ","], "Decimal is not a string to join", ""),
        (["item", ["list", 1], 1], "Out of bounds", ""),
        (["item", ["list", 1], -1], "Out of bounds", ""),
        (["min", ["list", "1"]], "No decimal present in list", ""),
        (["max", ["list"]], "No decimal present in list", ""),
        (["filter", ["list", 1], [["x"], [".", "x"]]], "the block yields Decimal, not Boolean", ""),
        (["exists", ["list", 1], "x", [".", "x"]], "the block yields Decimal, not Boolean", ""),
        (["every", ["list", 1], "x", [".", "x"]], "the block yields Decimal, not Boolean", ""),
        (["sum", ["list", "a"], "x", [".", "x"]], "the block yields String, not Decimal", ""),
        (["sortByNumber", ["list", "a"], [["x"], [".", "x"]], False], "the block yields String, not Decimal", ""),
        (["sortByString", ["list", 1], [["x"], [".", "x"]], False], "the block yields Decimal, not String", ""),
        (["parseTime", "soon"], "`soon' is no time", ""),
        (["parseTime", "2024", "dd.MM.yyyy"], "`2024' does not fit the layout", ""),
        (["addDuration", ["parseTime", T1], 1, "weeks"], "invalid duration unit", ""),
        (["subDuration", ["parseTime", T1], 1, "Days"], "invalid duration unit", ""),
        (["!", "nobody"], "template `nobody' not found", ""),
    ],
)
def test_an_error_that_a_function_documents_names_its_place(expression: Any, message: str, place: str) -> None:
    error = failure(expression)
    assert (error.message, error.place) == (message, place)
