from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.vendors.talonone.talang import TalangError
from tests.vendors.talonone.talang.evaluating import failure, value


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        ("b", "abc", True),
        ("^b", "abc", False),
        ("(?i)summer", "SUMMER10", True),
        ("^(cat|dog)s?$", "cats", True),
        ("^(cat|dog)s?$", "catsdog", False),
        ("\\d{2}", "SUMMER10", True),
        ("é+", "Zoé", True),
        ("", "", True),
    ],
)
def test_an_expression_is_searched_for_anywhere_in_the_text(expression: str, text: str, found: bool) -> None:
    assert value(["~", expression, text]) is found


def test_every_text_must_match() -> None:
    assert value(["~", "^SUM", "SUMMER", "SUM"]) is True
    assert value(["~", "^SUM", "SUMMER", "WINTER"]) is False


@pytest.mark.parametrize("expression", ["(a", "a)", "[a", "*a", "a{1001}", "(a)\\1", "(?=a)", "a" * 1_001])
def test_an_expression_that_is_wrong_unsupported_or_too_long_does_not_compile(expression: str) -> None:
    assert failure(["~", expression, "text"]).message.startswith("regex does not compile: ")


@pytest.mark.parametrize("expression", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^.*.*.*.*=$", "(x+x+)+y"])
def test_no_expression_can_hold_up_the_world(expression: str) -> None:
    assert value(["~", expression, "a" * 20_000 + "x" * 20_000]) is False


@given(st.text("ab()[]{}|*+?^$\\.-,19:isP<>=", max_size=20), st.text(max_size=20))
def test_any_expression_is_searched_or_refused(expression: str, text: str) -> None:
    with suppress(TalangError):
        assert value(["~", expression, text]) in (True, False)
