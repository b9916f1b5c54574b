import pytest

from tests.vendors.talonone.talang.evaluating import failure, refusal, value

THREE = ["list", 1, 2, 3]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        (["list", 1, True, "Hello", None], [1, True, "Hello", None]),
        (["list"], []),
        (["head", THREE], 1),
        (["head", ["list"]], None),
        (["tail", THREE], [2, 3]),
        (["tail", ["list"]], []),
        (["drop", THREE], [1, 2]),
        (["drop", ["list"]], []),
        (["item", THREE, 0], 1),
        (["item", THREE, 2], 3),
        (["push", THREE, 4, ["list", 5]], [1, 2, 3, 4, [5]]),
        (["append", THREE, 4], [1, 2, 3, 4]),
        (["count", THREE], 3),
        (["reverse", THREE], [3, 2, 1]),
        (["isEmpty", THREE], False),
        (["isEmpty", ["list"]], True),
        (["min", ["list", 3, "a", 1.5, None]], 1.5),
        (["max", ["list", 3, "a", 17, True]], 17),
        (["sort", ["list", "b", "a"]], ["a", "b"]),
        (["sort", ["list", "b", "a", "c"], True], ["c", "b", "a"]),
    ],
)
def test_lists(expression: list[object], result: object) -> None:
    assert value(expression) == result


@pytest.mark.parametrize("index", [-1, 3])
def test_an_item_out_of_range_is_an_error(index: int) -> None:
    assert failure(["item", THREE, index]).message == "Out of bounds"


def test_an_index_is_whole() -> None:
    assert failure(["item", THREE, 0.5]).message == "`0.5' is not an index"


@pytest.mark.parametrize("function", ["min", "max"])
def test_the_extremes_of_a_list_without_numbers_are_an_error(function: str) -> None:
    assert failure([function, ["list", "1"]]).message == "No decimal present in list"


def test_sort_orders_by_string_form() -> None:
    assert value(["sort", ["list", 9, 10, "1"]]) == ["1", 10, 9]


def test_a_list_is_made_of_atoms() -> None:
    assert failure(["list", ["list"]]).message == "`list' has no form that takes (List)"


def test_an_index_is_required() -> None:
    assert refusal(["item", THREE]).message == "`item' takes 2 arguments, 1 given"
