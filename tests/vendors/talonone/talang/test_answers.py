from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from emulator.vendors.talonone.talang import TalangError, TalangLimit, to_json
from tests.vendors.talonone.talang.evaluating import value


@pytest.mark.parametrize(
    ("given", "json"),
    [
        (Decimal("10.00"), 10),
        (Decimal("1E+3"), 1000),
        (Decimal("0.1"), 0.1),
        (Decimal("-0"), 0),
        ("a", "a"),
        (True, True),
        (None, None),
        ([Decimal(1), ["a"]], [1, ["a"]]),
        ({"a": {"b": 0.5}, "c": (1, 2)}, {"a": {"b": 0.5}, "c": [1, 2]}),
        (datetime(2021, 2, 17, 13, 53, 17, 997000, timezone(timedelta(hours=1))), "2021-02-17T12:53:17.997Z"),
    ],
)
def test_values_as_json(given: Any, json: object) -> None:
    written = to_json(given)
    assert written == json
    assert type(written) is type(json)


def test_a_division_that_comes_out_whole_is_written_as_a_whole_number() -> None:
    third = value(["*", ["/", 10, 3], 3])
    assert (third, type(third)) == (10, int)


def test_a_list_of_the_same_list_over_and_over_is_too_large() -> None:
    small: list[Any] = []
    for _ in range(20):
        small = [small, small]
    with pytest.raises(TalangLimit, match="too large"):
        to_json(small)


@pytest.mark.parametrize("given", [{1: 2}, {"a": object()}, [float("inf")]])
def test_what_is_no_value_is_not_written(given: Any) -> None:
    with pytest.raises(TalangError):
        to_json(given)
