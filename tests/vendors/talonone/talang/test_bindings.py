from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from emulator.vendors.talonone.talang import Scope, compile
from tests.vendors.talonone.talang.evaluating import NOW, failure, refusal, value

SESSION = {"Session": {"Total": 100, "Open": True, "Tags": ["a", "b"]}}


class Lazy(Mapping[str, Any]):
    """Knows every key, tells no list of them, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> Any:
        self.asked.append(key)
        return 7

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("nobody needs all keys")

    def __len__(self) -> int:
        raise AssertionError("nobody needs the number of keys")


def test_a_path_leads_to_a_value() -> None:
    assert value([".", "Session", "Total"], SESSION) == 100
    assert value([".", "Session", "Tags"], SESSION) == ["a", "b"]
    assert value([".", "Session"], SESSION) == SESSION["Session"]


def test_the_keys_of_a_path_may_be_computed() -> None:
    assert value([".", "Session", ["+", "To", "tal"]], SESSION) == 100
    assert value([".", "Prices", 1], {"Prices": {"1": 5}}) == 5


def test_a_missing_path_is_an_error_that_names_it() -> None:
    error = failure(["+", 1, [".", "Session", "Nothing"]], SESSION)
    assert (error.message, error.place) == ("Unable to find `Session.Nothing'", "[2]")


def test_keys_are_case_sensitive() -> None:
    assert failure([".", "session"], SESSION).message == "Unable to find `session'"


@pytest.mark.parametrize("key", ["Total", "Tags"])
def test_a_walk_ends_silently_at_the_first_value_that_is_no_map(key: str) -> None:
    assert value([".", "Session", key, "further"], SESSION) == value([".", "Session", key], SESSION)


def test_a_path_missing_in_the_inner_scope_is_looked_for_in_the_outer() -> None:
    scope = Scope({"A": {"b": 1, "c": 2}, "D": 3}, now=NOW).nested({"A": {"b": 10}})
    found = [compile([".", *path]).evaluate(scope) for path in (["A", "b"], ["A", "c"], ["D"])]
    assert found == [10, 2, 3]


def test_a_lazy_map_is_asked_only_for_what_a_path_needs() -> None:
    session = Lazy()
    assert value(["+", [".", "Session", "Total"], 1], {"Session": session, "Profile": Lazy()}) == 8
    assert session.asked == ["Total"]


def test_a_safe_read_yields_the_value_or_the_fallback() -> None:
    assert value([".|", 0, [".", "Session", "Total"]], SESSION) == 100
    assert value([".|", 0, [".", "Session", "Nothing"]], SESSION) == 0
    assert value([".|", ["+", 1, 1], [".", "Nothing"]]) == 2


def test_a_safe_read_insists_on_the_kind_of_its_fallback() -> None:
    error = failure([".|", "none", [".", "Session", "Total"]], SESSION)
    assert error.message == "expected String as the fallback is one, found Decimal"


def test_set_binds_a_value_under_a_path_and_makes_the_maps_on_the_way() -> None:
    assert value([["set", "A", "B", 1], [".", "A"]]) == {"B": 1}
    assert value([["set", "A", ["list", 1]], [".", "A"]]) == [1]
    assert value(["set", "A", 1]) is None


def test_set_keeps_what_else_is_in_a_map_and_leaves_the_callers_map_alone() -> None:
    mine = {"A": {"b": {"c": 1}, "d": 2}}
    assert value([["set", "A", "b", "e", 3], ["set", "A", "f", 4], [".", "A"]], mine) == {
        "b": {"c": 1, "e": 3}, "d": 2, "f": 4,
    }  # fmt: skip
    assert mine == {"A": {"b": {"c": 1}, "d": 2}}


def test_a_map_read_before_a_set_keeps_its_content() -> None:
    old = ["do", [".", "A"], "old", [["set", "A", "b", 2], [".", "old", "b"]]]
    assert value([["set", "A", "b", 1], old]) == 1


def test_set_replaces_what_is_no_map_on_the_way() -> None:
    assert value([["set", "A", 1], ["set", "A", "b", 2], [".", "A", "b"]]) == 2


def test_a_list_is_no_key() -> None:
    assert failure(["set", "A", ["list"], 1]).message == "List is not a key"


def test_a_scope_carries_what_is_set_from_program_to_program() -> None:
    scope = Scope(now=NOW)
    compile(["set", "rate", 0.5]).evaluate(scope)
    assert compile(["*", 10, [".", "rate"]]).evaluate(scope) == 5


def test_do_binds_a_value_for_one_block() -> None:
    assert value(["do", 5, "x", ["*", [".", "x"], 2]]) == 10
    assert value(["do", 5, [["x"], ["*", [".", "x"], 2]]]) == 10
    assert failure([["do", 5, "x", [".", "x"]], [".", "x"]]).message == "Unable to find `x'"


def test_what_a_block_of_do_sets_is_gone_after_it() -> None:
    assert failure([["do", 5, "x", ["set", "y", 1]], [".", "y"]]).message == "Unable to find `y'"


def test_kv_makes_a_map_of_pairs() -> None:
    assert value(["kv", ["Key1", "Hello"], ["Key2", True], ["Key3", ["+", 1, 2]]]) == {
        "Key1": "Hello", "Key2": True, "Key3": 3,
    }  # fmt: skip
    assert value(["kv"]) == {}
    assert value(["do", ["kv", ["a", ["kv", ["b", 1]]]], "x", [".", "x", "a", "b"]]) == 1


@pytest.mark.parametrize("pair", [["key", 1, 2], ["key"], [1, 2], [["key"], 1]])
def test_a_pair_has_one_key_and_one_value(pair: list[object]) -> None:
    error = refusal(["kv", ["a", 1], pair])
    assert (error.message, error.place) == ("expected (key value)", "[2]")


@pytest.mark.parametrize(
    ("host", "message"),
    [
        (float("nan"), "not a finite number"),
        (1 << 4000, "number out of range"),
        (NOW.replace(tzinfo=None), "a time without an offset from UTC is not a value"),
        (object(), "object is not a kind of value"),
        ({1}, "set is not a kind of value"),
    ],
)
def test_what_is_no_value_cannot_be_read(host: object, message: str) -> None:
    assert failure([".", "x"], {"x": host}).message == message


def test_a_list_that_contains_itself_cannot_be_read() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert failure([".", "x"], {"x": endless}).message == "a list is nested too deeply"
