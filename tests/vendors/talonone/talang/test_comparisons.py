import pytest

from tests.vendors.talonone.talang.evaluating import failure, value

EARLY, MIDDLE, LATE = "2006-01-02T00:00:00Z", "2007-01-02T00:00:00Z", "2008-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        (["=", 1, 1], True),
        (["=", 1, 1, 1], True),
        (["=", 1, 1, 2], False),
        (["=", "a", "a"], True),
        (["=", "a", "A"], False),
        (["=", True, True], True),
        (["!=", "Hello", "Bye"], True),
        (["!=", 1, 2, 1], False),
        (["!=", 1, 2, 3], True),
        ([">", 3, 2, 1], True),
        ([">", 3, 2, 3], False),
        (["<", 1, 2, 3], True),
        (["<", 1, 1], False),
        ([">=", 3, 3, 1], True),
        ([">=", 3, 4], False),
        (["<=", 1, 1, 3], True),
        (["<=", 2, 1], False),
        ([">", LATE, EARLY, MIDDLE], True),
        (["<", LATE, EARLY], False),
        ([">=", LATE, LATE], True),
        (["<=", LATE, EARLY], False),
        (["between", 1, 2, 0, 3], True),
        (["between", 1, 4, 0, 3], False),
        (["between", MIDDLE, EARLY, LATE], True),
        (["between", EARLY, EARLY, LATE], False),
    ],
)
def test_comparisons_take_the_first_argument_against_every_later_one(expression: list[object], result: bool) -> None:
    assert value(expression) is result


@pytest.mark.parametrize("end", [0, 3])
def test_between_excludes_both_ends(end: int) -> None:
    assert value(["between", end, 0, 3]) is False


def test_equality_across_kinds_compares_the_string_forms() -> None:
    assert value(["=", 1, "1"]) is True
    assert value(["=", True, "true"]) is True
    assert value(["=", None, ""]) is True


def test_equality_of_numbers_compares_the_numbers() -> None:
    assert value(["=", ["+", 1.25, 1.25], 2.5]) is True
    assert value(["=", ["+", 1.25, 1.25], "2.5"]) is True
    assert value(["!=", ["*", 1.0, 10], 10]) is False


def test_a_time_equals_a_text_that_names_the_same_moment() -> None:
    assert value(["=", ["parseTime", MIDDLE], "2007-01-02T01:00:00+01:00"]) is True
    assert value(["=", "2007-01-02T01:00:00+01:00", ["parseTime", MIDDLE]]) is True
    assert value(["=", ["parseTime", MIDDLE], "yesterday"]) is False


def test_two_texts_are_texts_even_if_they_name_the_same_moment() -> None:
    assert value(["=", MIDDLE, "2007-01-02T01:00:00+01:00"]) is False


def test_texts_have_no_order() -> None:
    assert failure([">", "b", "a"]).message == "`>' has no form that takes (String, String)"


def test_lists_cannot_be_compared() -> None:
    assert failure(["=", ["list", 1], ["list", 1]]).message == "`=' has no form that takes (List, List)"
