from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.vendors.talonone.talang import Scope, compile
from tests.vendors.talonone.talang.evaluating import NOW, failure, value

cents = st.integers(-(10**12), 10**12).map(lambda amount: Decimal(amount) / 100)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        (["+", 1, 2], 3),
        (["+", 0.1, 0.2], 0.3),
        (["+", 1, 2, 3.5], 6.5),
        (["-", 1, 2, 3], -4),
        (["*", 2, 3, 4], 24),
        (["/", 1, 2], 0.5),
        (["/", 12, 2, 3], 2),
        (["mod", 5.5, 2], 1.5),
        (["mod", 17, 10, 4], 3),
        (["mod", -1, 3], 2),
        (["mod", 1, -3], -2),
        (["floor", 2.9], 2),
        (["floor", -2.7], -3),
        (["ceil", 2.1], 3),
        (["ceil", -2.7], -2),
    ],
)
def test_arithmetic(expression: list[object], result: float) -> None:
    assert value(expression) == result


def test_a_sum_of_tenths_is_exact_where_floats_are_not() -> None:
    assert value(["=", ["+", *[0.1] * 10], 1])


@given(st.lists(cents, min_size=2, max_size=20))
def test_sums_of_money_are_exact(amounts: list[Decimal]) -> None:
    assert compile(["+", *amounts]).evaluate(Scope(now=NOW)) == sum(amounts)


@given(cents, st.integers(1, 1000), st.integers(1, 10**6))
def test_products_with_quantities_and_rates_are_exact(price: Decimal, quantity: int, rate: int) -> None:
    result = compile(["*", price, quantity, Decimal(rate) / 10**6]).evaluate(Scope(now=NOW))
    assert isinstance(result, Decimal)
    assert result * 10**8 == int(price * 100) * quantity * rate


@pytest.mark.parametrize("function", ["/", "mod"])
def test_division_by_zero_is_an_error_at_the_division(function: str) -> None:
    error = failure(["+", 1, [function, 1, 0]])
    assert (error.message, error.place) == ("division by zero", "[2]")


@pytest.mark.parametrize("expression", [["*", 1e300, 1e300, 1e300, 1e300], ["/", 1e300, 1e-300, 1e-300, 1e-300]])
def test_a_number_beyond_all_bounds_is_an_error(expression: list[object]) -> None:
    assert failure(expression).message == "number out of range"


def test_a_number_and_a_text_do_not_add_up() -> None:
    assert failure(["+", 1, "a"]).message == "`+' has no form that takes (Decimal, String)"
