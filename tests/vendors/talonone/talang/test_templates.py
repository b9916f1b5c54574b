import pytest

from emulator.vendors.talonone.talang import Scope, compile
from tests.vendors.talonone.talang.evaluating import NOW, failure, refusal, value

PLUS = ["setTemplate", "plus(Decimal, Decimal)Decimal", ["+", ["#", 0], ["#", 1]]]


def test_a_template_is_expanded_with_its_arguments_in_its_slots() -> None:
    assert value([PLUS, ["!", "plus", 1, ["+", 1, 1]]]) == 3


def test_template_names_ignore_case() -> None:
    assert value([PLUS, ["!", "PLUS", 1, 2]]) == 3


def test_setting_a_template_yields_nothing() -> None:
    assert value(PLUS) is None


def test_a_template_reads_the_bindings_of_the_place_it_is_used_in() -> None:
    template = ["setTemplate", "twice()Decimal", ["*", 2, [".", "x"]]]
    assert value([template, ["map", ["list", 1, 2], "x", ["!", "twice"]]]) == [2, 4]


def test_templates_of_one_name_are_told_apart_by_their_arguments() -> None:
    texts = ["setTemplate", "plus(String, String)String", ["+", ["#", 0], "-", ["#", 1]]]
    one = ["setTemplate", "plus(Decimal)Decimal", ["+", ["#", "0"], 1]]
    assert value([PLUS, texts, one, ["!", "plus", "a", "b"]]) == "a-b"
    assert value([PLUS, texts, one, ["!", "plus", 1]]) == 2


def test_arguments_are_evaluated_once_even_if_several_templates_are_tried() -> None:
    texts = ["setTemplate", "one(String)", ["#", 0]]
    numbers = ["setTemplate", "one(Decimal)", ["#", 0]]
    count = [["set", "n", ["+", [".", "n"], 1]], [".", "n"]]
    assert value([["set", "n", 0], texts, numbers, ["!", "one", count]]) == 1


def test_a_slot_for_any_kind_evaluates_its_argument_at_each_use() -> None:
    each = ["setTemplate", "each(List, Any)List", ["map", ["#", 0], "x", ["#", 1]]]
    assert value([each, ["!", "each", ["list", 1, 2], ["*", [".", "x"], 10]]]) == [10, 20]


def test_a_block_handed_on_keeps_the_slots_of_the_place_it_was_written_in() -> None:
    inner = ["setTemplate", "inner(Any)", ["#", 0]]
    outer = ["setTemplate", "outer(Decimal)", ["!", "inner", ["+", ["#", 0], 1]]]
    assert value([inner, outer, ["!", "outer", 41]]) == 42


def test_a_template_with_a_bare_name_takes_what_it_is_given() -> None:
    assert value([["setTemplate", "first", ["#", 0]], ["!", "first", "a", 2]]) == "a"
    assert value([["setTemplate", "greeting", [["noop"], "Hello"]], ["!", "greeting"]]) == "Hello"


def test_a_variadic_template_takes_more() -> None:
    template = ["setTemplate", "last(Decimal, Decimal|String...)", ["#", 2]]
    assert value([template, ["!", "last", 1, "b", 3]]) == 3


def test_setting_a_signature_again_replaces_it() -> None:
    assert value([["setTemplate", "one()", ["+", 0, 1]], ["setTemplate", "one()", ["+", 1, 1]], ["!", "one"]]) == 2


def test_a_scope_carries_templates_from_program_to_program_and_inwards() -> None:
    scope = Scope(now=NOW)
    compile(PLUS).evaluate(scope)
    assert compile(["!", "plus", 1, 2]).evaluate(scope.nested()) == 3


def test_an_unknown_template_is_an_error() -> None:
    assert failure(["!", "nothing"]).message == "template `nothing' not found"


def test_a_template_does_not_take_arguments_of_other_kinds() -> None:
    assert failure([PLUS, ["!", "plus", 1, "a"]]).message == "`plus' has no form that takes (Decimal, String)"


def test_a_slot_without_an_argument_is_an_error_at_the_slot() -> None:
    error = failure([["setTemplate", "first", ["#", 0]], ["!", "first"]])
    assert (error.message, error.place) == ("the template was given no argument 0", "[0][2]")


@pytest.mark.parametrize("signature", ["", "()", "a b", "plus(Decimal", "x" * 300])
def test_a_signature_is_a_name_and_kinds(signature: str) -> None:
    assert failure(["setTemplate", signature, ["noop"]]).message == "Invalid signature"


def test_the_kinds_of_a_signature_are_those_of_the_language() -> None:
    assert failure(["setTemplate", "plus(Number)", ["noop"]]).message == "`Number' is not a kind"


@pytest.mark.parametrize("slot", [["#"], ["#", -1], ["#", 0.5], ["#", "x"], ["#", True], ["#", 0, 1]])
def test_slots_are_numbered(slot: list[object]) -> None:
    error = refusal(["setTemplate", "t", slot])
    assert (error.message, error.place) == ("a slot is numbered from 0", "[2]")


def test_there_are_no_slots_outside_of_templates() -> None:
    assert refusal(["#", 0]).message == "unknown function `#'"


def test_a_template_that_expands_itself_ends_in_an_error_that_catch_does_not_hide() -> None:
    endless = ["setTemplate", "endless", ["catch", 0, ["!", "endless"]]]
    assert failure([endless, ["!", "endless"]]).message == "the expression is nested too deeply"


def test_templates_that_expand_each_other_twice_end_in_an_error() -> None:
    templates = [
        ["setTemplate", f"t{level}", ["+", ["!", f"t{level + 1}"], ["!", f"t{level + 1}"]]] for level in range(18)
    ]
    error = failure([*templates, ["setTemplate", "t18", ["+", 1, 1]], ["!", "t0"]])
    assert error.message == "the step budget of the evaluation is spent"
