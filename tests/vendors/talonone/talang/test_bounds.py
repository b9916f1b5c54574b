"""Rules that would work for ever, or grow without end, stop at a place, after a number of steps and not of seconds."""

from typing import Any

import pytest

from emulator.vendors.talonone.talang import Scope, TalangLimit, compile
from tests.vendors.talonone.talang.evaluating import NOW, failure, value

X, LIST, TEXT = [".", "x"], [".", "list"], [".", "text"]
BINDINGS = {
    "list": list(range(5_000)),
    "text": "a b" * 20_000,
    "nested": [[list(range(100))] * 100] * 100,
    "moment": NOW,
}


def each(block: list[Any]) -> list[Any]:
    return ["map", LIST, "x", block]


def again(expression: list[Any], times: int) -> list[Any]:
    return [["set", "x", ["list", 1]], *[["set", "x", expression]] * times, ["count", X]]


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        (each(each(X)), "[3][1]"),
        (each(["count", [".", "nested"]]), "[3][1]"),
        (each(["list", *range(5_000)]), "[3]"),
        (each(["=", *[1] * 5_000]), "[3]"),
        (each(["and", *[True] * 5_000]), "[3]"),
        (each([".", *["x"] * 5_000]), "[3]"),
        (each(["kv", *[["k", 1]] * 5_000]), "[3]"),
        (each(["reverse", LIST]), "[3][1]"),
        (each(["contains", TEXT, "c"]), "[3]"),
        (each(["startsWith", TEXT, TEXT]), "[3]"),
        (each(["endsWith", TEXT, TEXT]), "[3]"),
        (each(["firstName", TEXT]), "[3]"),
        (each(["lastName", TEXT]), "[3]"),
        (each(["split", TEXT, " "]), "[3]"),
        (each(["~", "c", TEXT]), "[3]"),
        (each(["~", ["toString", X], "c"]), "[3]"),
        (each(["concat", TEXT, "c"]), "[3]"),
        (again(["push", ["list"], X, X], 30), "[15][2][2]"),
    ],
)
def test_work_without_end_stops_where_the_steps_are_spent(expression: Any, place: str) -> None:
    error = failure(expression, BINDINGS)
    assert isinstance(error, TalangLimit)
    assert (error.message, error.place) == ("the step budget of the evaluation is spent", place)


def test_the_steps_of_an_evaluation_are_always_the_same() -> None:
    program = compile(each(["~", ["toString", X], TEXT]))

    def enough(steps: int) -> bool:
        try:
            program.evaluate(Scope({"list": [1, 2, 1], "text": "a" * 640}, now=NOW), steps=steps)
        except TalangLimit:
            return False
        return True

    least = next(steps for steps in range(100_000) if enough(steps))
    assert [enough(least - 1), enough(least)] == [False, True]


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ([["setTemplate", "f", ["!", "f"]], ["!", "f"]], "[0][2]"),
        ([["setTemplate", "f(Any)", ["and", ["!", "f", ["#", 0]]]], ["!", "f", 1]], "[0][2][1]"),
        (
            [["setTemplate", "f", ["!", "g"]], ["setTemplate", "g", ["or", False, ["!", "f"]]], ["!", "f"]],
            "[1][2][2]",
        ),
    ],
)
def test_a_template_that_calls_itself_stops_where_it_nests_too_deeply(expression: Any, place: str) -> None:
    error = failure(expression)
    assert isinstance(error, TalangLimit)
    assert (error.message, error.place) == ("the expression is nested too deeply", place)


@pytest.mark.parametrize(
    ("first", "grows", "message"),
    [
        ("a", ["+", X, X], "a text of more than 100000 characters"),
        ("a", ["concat", X, X, X], "a text of more than 100000 characters"),
        ("a", ["join", ["list", X, X], "-"], "a text of more than 100000 characters"),
        (99_999, ["*", X, X], "number out of range"),
        (1e300, ["+", ["*", X, 1e300], 1], "number out of range"),
    ],
)
def test_what_doubles_again_and_again_is_refused_once_it_is_too_large(first: Any, grows: Any, message: str) -> None:
    assert failure([["set", "x", first], *[["set", "x", grows]] * 30, X]).message == message


def test_a_number_that_gets_smaller_and_smaller_becomes_zero() -> None:
    assert value([["set", "x", 0.00001], *[["set", "x", ["*", X, X]]] * 30, X]) == 0


def test_a_division_keeps_a_hundred_digits() -> None:
    assert value(["toString", ["/", 1, 3]]) == "0." + "3" * 100
    assert value(["toString", ["/", 2, 3]]) == "0." + "6" * 99 + "7"
    assert value(["*", ["/", 10, 3], 3]) == 10
