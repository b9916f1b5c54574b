"""JSON of the wrong shape: the sentence that names what is wrong first, and the same JSON as it fits."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from emulator.core.errors import Json, Problem
from emulator.core.fitting import MISSING, Fitting, moments
from emulator.core.routes import problems


class Item(BaseModel, strict=True):
    sku: Annotated[str, Field(min_length=1)]
    quantity: Annotated[int, Field(ge=1, le=9)]


class Order(BaseModel, strict=True):
    items: Annotated[list[Item], Field(max_length=2)]
    state: Literal["open", "closed"] = "open"
    gift: bool | None = None


class Wrapped(BaseModel, strict=True):
    order: Order


ADAPTER: TypeAdapter[Any] = TypeAdapter(Wrapped)


def _problems(value: Json) -> Sequence[Problem]:
    try:
        ADAPTER.validate_json(json.dumps(value))
    except ValidationError as error:
        return problems(error.errors(include_url=False))
    return []


def fitting(invented: Json = MISSING) -> Fitting:
    return Fitting(_problems, ADAPTER.json_schema(), lambda place: invented)


ITEM = {"sku": "a", "quantity": 2}
CASES: list[tuple[Json, str, Json]] = [
    ({"items": [ITEM]}, "The members of order stand in the body itself: wrap them in order.",
     {"order": {"items": [ITEM]}}),
    ({"Order": {"items": []}}, "Order is misspelt: the member is order.", {"order": {"items": []}}),
    ({"order": {"items": [{"sku": "a"}]}, "quantity": 2},
     "quantity stands in the wrong place: it belongs at order.items[0].quantity.", {"order": {"items": [ITEM]}}),
    ({"order": {"items": [{"sku": "a"}]}}, "order.items[0].quantity is required and was not sent.",
     {"order": {"items": [{"sku": "a", "quantity": 1}]}}),
    ({"order": {"items": [ITEM, {"sku": "b"}]}}, "order.items[1].quantity is required and was not sent.",
     {"order": {"items": [ITEM, {"sku": "b", "quantity": 1}]}}),
    ({"order": {"items": ITEM}}, f"order.items is {json.dumps(ITEM, separators=(',', ':'))}, and is to be a list: "
     f"[{json.dumps(ITEM, separators=(',', ':'))}].", {"order": {"items": [ITEM]}}),
    ({"order": {"items": [{"sku": 7, "quantity": 2}]}}, 'order.items[0].sku is 7, and is to be a text: "7".',
     {"order": {"items": [{"sku": "7", "quantity": 2}]}}),
    ({"order": {"items": [{"sku": "a", "quantity": 2.0}]}},
     "order.items[0].quantity is 2.0, and is to be a whole number: 2.", {"order": {"items": [ITEM]}}),
    ({"order": {"items": [{"sku": "a", "quantity": 50}]}}, "order.items[0].quantity is 50: it is at most 9.",
     {"order": {"items": [{"sku": "a", "quantity": 9}]}}),
    ({"order": {"items": [ITEM] * 3}}, 'order.items is [{"sku":"a","quantity":2},{"sku":"a","quantity":2},{"sku":"a…: '
     "the greatest number of items is 2.", {"order": {"items": [ITEM] * 2}}),
    ({"order": {"items": [], "state": "Closed"}}, 'order.state is "Closed": it is written "closed".',
     {"order": {"items": [], "state": "closed"}}),
    ({"order": {"items": [], "state": "lost"}}, 'order.state is "lost", which is none of "open", "closed".',
     {"order": {"items": []}}),
    ({"order": {"items": [], "gift": "yes"}}, 'order.gift is "yes", and is to be true or false: true.',
     {"order": {"items": [], "gift": True}}),
    ({"order": {"items": [], "gift": "perhaps"}}, 'order.gift is "perhaps", and is to be true or false.',
     {"order": {"items": []}}),
    ('{"order": {"items": []}}', "The body is a text that holds JSON: it was encoded twice.", {"order": {"items": []}}),
    (5, "The body is 5, and is to be an object.", {"order": {"items": []}}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "sentence", "mended"), CASES, ids=map(str, range(len(CASES))))
def test_the_first_mistake_is_named_and_all_are_mended(value: Json, sentence: str, mended: Json) -> None:
    misfit = fitting().first(value)
    assert misfit is not None
    assert misfit.sentence == sentence
    assert fitting().fitted(value) == mended


def test_what_fits_is_left_alone() -> None:
    assert fitting().first({"order": {"items": [ITEM]}}) is None
    assert fitting().fitted({"order": {"items": [ITEM]}, "note": 1}) == {"order": {"items": [ITEM]}, "note": 1}


def test_a_required_member_may_be_invented_by_who_knows_better() -> None:
    assert fitting({"items": [ITEM]}).fitted({}) == {"order": {"items": [ITEM]}}


def test_a_member_is_not_taken_from_a_place_where_it_belongs() -> None:
    two = {"order": {"items": [{"sku": "a"}, {"sku": "b", "quantity": 2}]}}
    misfit = fitting().first(two)
    assert misfit is not None
    assert misfit.sentence == "order.items[0].quantity is required and was not sent."


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1704067200, "2024-01-01T00:00:00Z"),
        ("1704067200000", "2024-01-01T00:00:00Z"),
        ("2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-01-01 10:00", "2024-01-01T10:00:00Z"),
        ("2024-01-01T10:00:00", "2024-01-01T10:00:00Z"),
        ("2024-01-01T10:00:00+0700", "2024-01-01T10:00:00+07:00"),
        ("2024-01-01T10:00:00 07:00", "2024-01-01T10:00:00+07:00"),
        ("soon", None),
    ],
)
def test_what_a_moment_may_have_been_meant_to_be(value: Json, moment: str | None) -> None:
    assert next(moments(value), None) == moment
