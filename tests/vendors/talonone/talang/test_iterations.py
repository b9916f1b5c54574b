import pytest

from tests.vendors.talonone.talang.evaluating import failure, refusal, value

CART = {"Items": [{"Sku": "b", "Price": 2}, {"Sku": "a", "Price": 30.5}, {"Sku": "c", "Price": 7}]}
ITEMS = [".", "Items"]
PRICE = [".", "x", "Price"]
SKU = [".", "x", "Sku"]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        (["map", ITEMS, "x", SKU], ["b", "a", "c"]),
        (["map", ITEMS, [["x"], SKU]], ["b", "a", "c"]),
        (["map", ["filter", ITEMS, [["x"], [">", PRICE, 5]]], "x", SKU], ["a", "c"]),
        (["exists", ITEMS, "x", ["=", SKU, "a"]], True),
        (["exists", ITEMS, [["x"], ["=", SKU, "z"]]], False),
        (["every", ITEMS, "x", [">", PRICE, 1]], True),
        (["every", ITEMS, [["x"], [">", PRICE, 5]]], False),
        (["sum", ITEMS, "x", PRICE], 39.5),
        (["map", ["sortByNumber", ITEMS, [["x"], PRICE], False], "x", SKU], ["b", "c", "a"]),
        (["map", ["sortByNumber", ITEMS, [["x"], PRICE], True], "x", SKU], ["a", "c", "b"]),
        (["map", ["sortByString", ITEMS, [["x"], SKU], False], "x", SKU], ["a", "b", "c"]),
        (["map", ["sortByString", ITEMS, [["x"], SKU], True], "x", SKU], ["c", "b", "a"]),
    ],
)
def test_blocks_over_the_items_of_a_list(expression: list[object], result: object) -> None:
    assert value(expression, CART) == result


def test_nothing_is_true_of_some_and_everything_of_all_items_of_an_empty_list() -> None:
    assert value(["exists", ["list"], "x", [".", "x"]]) is False
    assert value(["every", ["list"], "x", [".", "x"]]) is True
    assert value(["sum", ["list"], "x", [".", "x"]]) == 0


@pytest.mark.parametrize("function", ["exists", "every"])
def test_a_verdict_is_boolean(function: str) -> None:
    assert failure([function, ITEMS, "x", PRICE], CART).message == "the block yields Decimal, not Boolean"


def test_a_filter_is_boolean() -> None:
    assert failure(["filter", ITEMS, [["x"], SKU]], CART).message == "the block yields String, not Boolean"


def test_only_numbers_are_summed_and_sorted_by_number() -> None:
    assert failure(["sum", ITEMS, "x", SKU], CART).message == "the block yields String, not Decimal"
    assert failure(["sortByNumber", ITEMS, [["x"], SKU], True], CART).message == "the block yields String, not Decimal"
    assert (
        failure(["sortByString", ITEMS, [["x"], PRICE], True], CART).message == "the block yields Decimal, not String"
    )


def test_equal_keys_keep_their_order_in_both_directions() -> None:
    items = ["list", "b1", "a1", "b2", "a2"]
    first = [["x"], ["head", ["split", [".", "x"], ""]]]
    assert value(["sortByString", items, first, False]) == ["a1", "a2", "b1", "b2"]
    assert value(["sortByString", items, first, True]) == ["b1", "b2", "a1", "a2"]


def test_exists_stops_at_the_first_true() -> None:
    assert value(["exists", ["list", 1, 0], "x", ["=", ["/", 1, [".", "x"]], 1]]) is True


def test_an_item_hides_a_binding_of_its_name_only_inside_the_block() -> None:
    expression = [["map", ["list", 1], "x", [".", "x"]], [".", "x"]]
    assert value(expression, {"x": "outer"}) == "outer"


def test_a_block_sees_the_bindings_around_it() -> None:
    assert value(["map", ["list", 1, 2], "x", ["+", [".", "x"], [".", "y"]]], {"y": 10}) == [11, 12]


def test_the_name_may_be_computed() -> None:
    assert value(["map", ["list", 1], ["+", "a", "b"], [".", "ab"]]) == [1]


def test_the_older_form_names_one_binding() -> None:
    for block in (["x", SKU], [["x", "y"], SKU], [[1], SKU], [["x"]]):
        error = refusal(["filter", ITEMS, block])
        assert (error.message, error.place) == ("expected ((name) block)", "[2]")


def test_filter_and_sort_know_only_the_older_form_and_sum_only_the_newer() -> None:
    assert refusal(["filter", ITEMS, "x", True]).message == "`filter' takes 2 arguments, 3 given"
    assert refusal(["sum", ITEMS, [["x"], PRICE]]).message == "`sum' takes 3 arguments, 2 given"


def test_a_literal_is_no_block() -> None:
    assert failure(["map", ["list", 1], "x", 2]).message == "`map' has no form that takes (List, String, Decimal)"
