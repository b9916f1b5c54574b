import pytest

from tests.vendors.talonone.talang.evaluating import failure, value

BROKEN = ["/", 1, 0]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        (["and"], True),
        (["and", True, [">", 2, 1]], True),
        (["and", True, False], False),
        (["or"], False),
        (["or", False, [">", 2, 1]], True),
        (["or", False, False], False),
        (["not", True], False),
        (["not", [">", 1, 2]], True),
    ],
)
def test_conditions(expression: list[object], result: bool) -> None:
    assert value(expression) is result


def test_and_stops_at_the_first_false() -> None:
    assert value(["and", False, BROKEN]) is False


def test_or_stops_at_the_first_true() -> None:
    assert value(["or", True, BROKEN]) is True


@pytest.mark.parametrize("collection", [["list"], ["kv"], ["list", False]])
def test_a_collection_counts_as_true(collection: list[object]) -> None:
    assert value(["and", collection]) is True
    assert value(["or", False, collection]) is True


@pytest.mark.parametrize(("neither", "kind"), [(1, "Decimal"), ("true", "String"), (["noop"], "Null")])
def test_a_value_that_is_neither_boolean_nor_collection_is_no_condition(neither: object, kind: str) -> None:
    assert failure(["and", neither]).message == f"{kind} is not a condition"
    assert failure(["or", neither]).message == f"{kind} is not a condition"


def test_noop_yields_nothing() -> None:
    assert value(["noop"]) is None


@pytest.mark.parametrize(
    ("given", "text"),
    [(1, "1"), (2.50, "2.5"), (1e21, "1000000000000000000000"), (-0.0, "0"), ("a", "a"), (True, "true")],
)
def test_the_string_form_of_a_number_has_no_exponent_and_no_trailing_zeros(given: object, text: str) -> None:
    assert value(["toString", given]) == text


def test_the_string_form_of_a_time_is_rfc_3339() -> None:
    assert value(["toString", ["parseTime", "2018-01-02T19:04:05.120+02:00"]]) == "2018-01-02T19:04:05.12+02:00"


def test_null_has_no_string_form_to_ask_for() -> None:
    assert failure(["toString", None]).message == "`toString' has no form that takes (Null)"


def test_catch_yields_the_second_argument() -> None:
    assert value(["catch", 22, ["+", 1, 1]]) == 2
    assert value(["catch", 22, 2]) == 2


def test_catch_yields_the_first_argument_when_the_second_fails() -> None:
    assert value(["catch", ["+", 1, 1], BROKEN]) == 2
    assert value(["catch", ["noop"], [".", "Profile", "Age"]]) is None


def test_catch_does_not_evaluate_a_fallback_it_does_not_need() -> None:
    assert value(["catch", BROKEN, 1]) == 1


def test_what_an_attempt_sets_is_gone_after_it() -> None:
    attempt = [["set", "x", 2], BROKEN]
    assert value([["set", "x", 1], ["catch", 0, attempt], [".", "x"]]) == 1
