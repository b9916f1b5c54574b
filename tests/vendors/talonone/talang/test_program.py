import inspect
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.vendors.talonone.talang import Program, Scope, TalangError, TalangLimit, compile, to_json
from emulator.vendors.talonone.talang.functions import CORE
from tests.vendors.talonone.talang.evaluating import NOW, failure, refusal, value


def nested(levels: int, innermost: object = True) -> Any:
    expression = innermost
    for _ in range(levels):
        expression = ["not", expression]
    return expression


@pytest.mark.parametrize(
    ("literal", "json"),
    [(1, 1), (0.5, 0.5), ("a", "a"), ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"), (False, False)],
)
def test_a_literal_is_its_own_value(literal: object, json: object) -> None:
    assert value(literal) == json


def test_null_is_a_literal() -> None:
    assert value(None) is None


def test_function_names_ignore_case() -> None:
    assert value(["TOSTRING", ["Floor", 1.5]]) == "1"


def test_a_block_of_blocks_evaluates_all_and_yields_the_last() -> None:
    assert value([["set", "x", 1], ["set", "x", ["+", [".", "x"], 1]], [".", "x"]]) == 2


def test_a_form_is_chosen_by_the_kinds_of_the_arguments() -> None:
    assert value(["+", [".", "x"], [".", "x"]], {"x": "1"}) == "11"
    assert value(["+", [".", "x"], [".", "x"]], {"x": 1}) == 2


def test_an_error_inside_a_form_does_not_lead_to_the_next() -> None:
    assert failure([">", ["/", 1, 0], 1]).message == "division by zero"


@pytest.mark.parametrize(
    ("expression", "message", "place"),
    [
        (["and", ["not", ["couponVaild"]]], "unknown function `couponVaild'", "[1][1]"),
        (["and", ["tostrin", 1]], "unknown function `tostrin', did you mean `toString'?", "[1]"),
        (["x" * 1000], f"unknown function `{'x' * 100}'", ""),
        (["and", ["not"]], "`not' takes 1 argument, 0 given", "[1]"),
        ([">", 1], "`>' takes 2 or more arguments, 1 given", ""),
        (["do", 1], "`do' takes 3 arguments or 2 arguments, 1 given", ""),
        (["and", []], "empty expression", "[1]"),
        (["and", [1, 2]], "Decimal is not a function name", "[1][0]"),
        ([[None, 1], 2], "Null is not a function name", "[0][0]"),
        (["and", {"a": 1}], "an object is not an expression", "[1]"),
        (["+", 1, float("inf")], "not a finite number", "[2]"),
        (["+", 1, 10**2000], "number out of range", "[2]"),
        ([["noop"], ["map", ["list"], "x", ["nowhere"]]], "unknown function `nowhere'", "[1][3]"),
        (["map", ["list"], [["x"], ["nowhere"]]], "unknown function `nowhere'", "[2][1]"),
        (["kv", ["a", ["nowhere"]]], "unknown function `nowhere'", "[1][1]"),
    ],
)
def test_a_mistake_is_refused_with_its_place_before_anything_is_evaluated(
    expression: object, message: str, place: str
) -> None:
    error = refusal(expression)
    assert (error.message, error.place) == (message, place)


def test_an_error_has_the_place_of_the_innermost_call_that_failed() -> None:
    error = failure(["and", True, ["or", False, [">", ["+", 1, [".", "a"]], 2]]])
    assert error.place == "[2][2][1][2]"
    assert str(error) == "Unable to find `a' at [2][2][1][2]"


def test_an_error_of_the_whole_expression_has_an_empty_place() -> None:
    error = failure(["/", 1, 0])
    assert (error.place, str(error)) == ("", "division by zero")


def test_an_expression_may_nest_64_levels() -> None:
    assert value(nested(64)) is True
    error = refusal(nested(65))
    assert (error.message, error.place) == ("the expression is nested too deeply", "[1]" * 64)


@pytest.mark.parametrize("levels", [10_000, 100_000])
def test_an_expression_nested_beyond_all_bounds_is_an_error_like_any_other(levels: int) -> None:
    assert refusal(nested(levels)).message == "the expression is nested too deeply"


def test_the_hungriest_function_nests_64_levels_within_half_of_pythons_stack() -> None:
    expression: Any = ["=", 1, 1]
    for _ in range(63):
        expression = ["exists", ["list", 1], "x", expression]
    program = compile(expression)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 500)
    try:
        assert program.evaluate(Scope(now=NOW)) is True
    finally:
        sys.setrecursionlimit(limit)


def test_a_caller_deep_in_its_own_stack_gets_an_error_of_the_language() -> None:
    program = compile(nested(64))

    def descend() -> object:
        try:
            return descend()
        except RecursionError:
            return program.evaluate(Scope(now=NOW))

    with pytest.raises((TalangLimit, RecursionError)) as caught:
        descend()
    assert caught.type is TalangLimit


def test_an_expression_has_a_largest_size() -> None:
    assert refusal(["and", *[["noop"]] * 10_001]).message == "the expression is too large"


def test_an_evaluation_has_a_budget_of_steps() -> None:
    program = compile(
        ["map", ["split", [".", "text"], ""], "x", ["map", ["split", [".", "text"], ""], "y", [".", "y"]]]
    )
    assert program.evaluate(Scope({"text": "ab"}, now=NOW))
    with pytest.raises(TalangLimit, match="step budget"):
        program.evaluate(Scope({"text": "a" * 1000}, now=NOW))


def test_the_caller_may_set_the_budget() -> None:
    program = compile(["+", ["+", 1, 1], 1])
    assert program.evaluate(Scope(now=NOW), steps=2) == 3
    with pytest.raises(TalangLimit) as caught:
        program.evaluate(Scope(now=NOW), steps=1)
    assert caught.value.place == "[1]"


@pytest.mark.parametrize("guard", ["catch", ".|"])
def test_the_language_cannot_catch_its_own_exhaustion(guard: str) -> None:
    program = compile([guard, 0, ["+", ["+", 1, 1], 1]])
    with pytest.raises(TalangLimit):
        program.evaluate(Scope(now=NOW), steps=2)


def test_now_needs_an_offset() -> None:
    with pytest.raises(ValueError, match="offset"):
        Scope(now=datetime(2024, 1, 1))


def test_a_program_is_shared_by_threads() -> None:
    program = compile(["sum", [".", "items"], "x", ["*", [".", "x"], [".", "factor"]]])
    barrier = threading.Barrier(4)

    def total(factor: int) -> object:
        barrier.wait()
        scopes = (Scope({"items": list(range(50)), "factor": factor}, now=NOW) for _ in range(20))
        return {to_json(program.evaluate(scope)) for scope in scopes}

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(total, range(4))) == [{1225 * factor} for factor in range(4)]


def test_a_program_cannot_be_changed() -> None:
    program = compile(1)
    with pytest.raises(AttributeError):
        program._height = 2  # type: ignore[misc]  # that is the point
    assert isinstance(program, Program)


OFFSETS = [timezone(timedelta(minutes=minutes)) for minutes in (-23 * 60 - 59, -90, 0, 60, 23 * 60 + 59)]

names = st.sampled_from([each.name for each in CORE] + ["#", "x", "Total"])
texts = st.one_of(
    st.sampled_from(
        ["x", "Total", "2018-01-02T19:04:05Z", "0001-01-01T00:00:00+14:00", "yyyy-MM-dd", "days", "a(Any)"]
    ),
    st.text(max_size=5),
)
literals = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), texts, st.sampled_from([1e308, -1e308, 1e-308, 0, 10**900])
)
calls = st.recursive(
    literals,
    lambda inner: st.one_of(
        st.tuples(names, st.lists(inner, max_size=4)).map(lambda call: [call[0], *call[1]]),
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=2),
        inner.map(lambda body: [["x"], body]),
        inner.map(lambda body: ["map", ["list", 1, "a"], [["x"], body]]),
        inner.map(lambda body: [["setTemplate", "x", body], ["!", "x", ["!", "x"]]]),
    ),
    max_leaves=25,
)


@given(calls)
@settings(max_examples=500, deadline=None)
def test_no_expression_fails_with_anything_but_an_error_of_the_language(expression: object) -> None:
    bindings = {"x": 1.5, "Total": {"x": ["a", 2]}}
    with suppress(TalangError):
        to_json(compile(expression).evaluate(Scope(bindings, now=NOW), steps=5_000))


@given(st.data())
@settings(max_examples=500, deadline=None)
def test_no_arguments_make_a_function_fail_with_anything_but_an_error_of_the_language(data: st.DataObject) -> None:
    function = data.draw(st.sampled_from(CORE))
    values = st.one_of(
        st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts, st.booleans(), st.none(),
        st.just(10**900), st.lists(st.one_of(st.integers(), texts), max_size=3),
        st.datetimes(timezones=st.sampled_from(OFFSETS)), st.dictionaries(texts, st.integers(), max_size=2),
    )  # fmt: skip
    count = data.draw(st.integers(0, 4))
    bindings = {str(index): data.draw(values) for index in range(count)}
    with suppress(TalangError):
        to_json(compile([function.name, *([".", key] for key in bindings)]).evaluate(Scope(bindings, now=NOW)))
