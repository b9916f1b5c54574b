import pytest

from tests.vendors.talonone.talang.evaluating import failure, value


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        (["+", "Hello", " ", "World"], "Hello World"),
        (["concat", "a", "b", "c"], "abc"),
        (["contains", "Hello World", "World"], True),
        (["contains", "Hello World", "Hello", "Universe"], False),
        (["notContains", "Hello World", "Universe", "Moon"], True),
        (["notContains", "Hello World", "Universe", "World"], False),
        (["startsWith", "Hello World", "Hell", "Hello"], True),
        (["startsWith", "Hello World", "World"], False),
        (["endsWith", "Hello World", "World", "ld"], True),
        (["endsWith", "Hello World", "Hello"], False),
        (["~", "^[a-z]+$", "abc", "def"], True),
        (["~", "^[a-z]+$", "abc", "123"], False),
        (["firstName", "Mr Foo Bar"], "Mr"),
        (["firstName", ""], ""),
        (["lastName", "Mr Foo Bar"], "Bar"),
        (["lastName", "Madonna"], "Madonna"),
        (["split", "1-2-a", "-"], ["1", "2", "a"]),
        (["split", "abc", ""], ["a", "b", "c"]),
        (["join", ["list", "hello", "world"], "-"], "hello-world"),
        (["join", ["list"], "-"], ""),
    ],
)
def test_strings(expression: list[object], result: object) -> None:
    assert value(expression) == result


@pytest.mark.parametrize("function", ["contains", "startsWith", "endsWith"])
def test_the_first_text_is_searched_for_the_later_ones_and_not_the_reverse(function: str) -> None:
    assert value([function, "aXa", "a"]) is True
    assert value([function, "a", "aXa"]) is False


def test_only_strings_are_joined() -> None:
    assert failure(["join", ["list", "a", 1], "-"]).message == "Decimal is not a string to join"


def test_a_text_does_not_grow_without_bound() -> None:
    doubled = ["set", "text", ["+", [".", "text"], [".", "text"]]]
    error = failure([["set", "text", "ab"], *[doubled] * 20, [".", "text"]])
    assert (error.message, error.place) == ("a text of more than 100000 characters", "[16][2]")
