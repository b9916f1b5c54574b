"""Host functions, and the rules of the demo world with toy ones."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from emulator.vendors.talonone.talang import (
    Evaluation,
    HostFunction,
    Kind,
    Scope,
    TalangError,
    Vocabulary,
    compile,
    to_json,
)
from tests.vendors.talonone.talang.evaluating import NOW


@dataclass
class Toy:
    """What the host knows of one request, and what its rules did."""

    coupon: bool = False
    referral: bool = False
    effects: list[tuple[Any, ...]] = field(default_factory=list)


def coupon_valid(evaluation: Evaluation) -> bool:
    return evaluation.host_as(Toy).coupon


def referral_valid(evaluation: Evaluation) -> bool:
    return evaluation.host_as(Toy).referral


def set_discount(evaluation: Evaluation, name: str, amount: Decimal) -> None:
    evaluation.host_as(Toy).effects.append(("setDiscount", name, to_json(amount)))


def add_free_item(evaluation: Evaluation, name: str, sku: str) -> None:
    evaluation.host_as(Toy).effects.append(("addFreeItem", name, sku))


def add_loyalty_points(
    evaluation: Evaluation, name: str, program: Decimal, subledger: str, points: Decimal, *recipient: str
) -> None:
    toy = evaluation.host_as(Toy)
    toy.effects.append(("addLoyaltyPoints", name, to_json(program), subledger, to_json(points), *recipient))


DOMAIN = Vocabulary(
    (
        HostFunction("couponValid", (), coupon_valid),
        HostFunction("referralValid", (), referral_valid),
        HostFunction("setDiscount", (Kind.STRING, Kind.DECIMAL), set_discount),
        HostFunction("addFreeItem", (Kind.STRING, Kind.STRING), add_free_item),
        HostFunction(
            "addLoyaltyPoints",
            (Kind.STRING, Kind.DECIMAL, Kind.STRING, Kind.DECIMAL, Kind.STRING),
            add_loyalty_points,
            variadic=True,
        ),
        HostFunction("twice", (Kind.TOKEN,), lambda evaluation, block: [block.evaluate(evaluation)] * 2),
        HostFunction("floaty", (), lambda evaluation: (1, 0.5, {"a": 1})),
        HostFunction("strange", (), lambda evaluation: object()),
        HostFunction("broken", (), lambda evaluation: 1 // 0),
        HostFunction("refuse", (), lambda evaluation: refuse()),
    )
)


def refuse() -> None:
    raise TalangError("no such coupon")


def effects(rule: tuple[Any, Any], session: dict[str, Any], *, event: str = "", **toy: bool) -> list[tuple[Any, ...]]:
    condition, effect = rule
    host = Toy(**toy)
    scope = Scope({"Session": session, "Event": {"Type": event}}, now=NOW, host=host)
    if compile(condition, DOMAIN).evaluate(scope):
        compile(effect, DOMAIN).evaluate(scope)
    return host.effects


TOTAL = [".", "Session", "Total"]
TEN_PERCENT = ["and", [">=", TOTAL, 50]], ["setDiscount", "Ten percent off", ["*", TOTAL, 0.1]]
SUMMER = ["and", ["couponValid"]], ["setDiscount", "Summer discount", ["*", TOTAL, 0.3]]
FRIEND = ["and", ["referralValid"]], ["setDiscount", "Friend discount", 5]
STICKER = ["and", [">=", [".", "Session", "CartItemTotal"], 100]], ["addFreeItem", "Free sticker", "sticker-1"]
POINTS = (
    ["and", ["=", [".", "Event", "Type"], "talon_session_closed"]],
    ["addLoyaltyPoints", "Order points", 1, "", ["floor", TOTAL]],
)


def test_ten_percent_off_from_fifty_on() -> None:
    assert effects(TEN_PERCENT, {"Total": 100}) == [("setDiscount", "Ten percent off", 10)]
    assert effects(TEN_PERCENT, {"Total": 69.9}) == [("setDiscount", "Ten percent off", 6.99)]
    assert effects(TEN_PERCENT, {"Total": 49.99}) == []


def test_a_summer_discount_for_a_valid_coupon() -> None:
    assert effects(SUMMER, {"Total": 90}, coupon=True) == [("setDiscount", "Summer discount", 27)]
    assert effects(SUMMER, {"Total": 90}, coupon=False) == []


def test_five_off_for_a_friend() -> None:
    assert effects(FRIEND, {}, referral=True) == [("setDiscount", "Friend discount", 5)]
    assert effects(FRIEND, {}, referral=False) == []


def test_a_free_sticker_from_a_hundred_on() -> None:
    assert effects(STICKER, {"CartItemTotal": 100}) == [("addFreeItem", "Free sticker", "sticker-1")]
    assert effects(STICKER, {"CartItemTotal": 99.99}) == []


def test_a_point_for_every_whole_euro_when_the_session_closes() -> None:
    points = [("addLoyaltyPoints", "Order points", 1, "", 63)]
    assert effects(POINTS, {"Total": 63.9}, event="talon_session_closed") == points
    assert effects(POINTS, {"Total": 63.9}, event="talon_session_updated") == []


def test_always_trigger_is_an_and_with_nothing_to_fail() -> None:
    assert effects((["and"], ["setDiscount", "Free money", 45.55]), {}) == [("setDiscount", "Free money", 45.55)]


def test_a_caught_discount_falls_back_to_doing_nothing() -> None:
    caught = ["catch", ["noop"], ["setDiscount", "Ten percent", ["*", TOTAL, ["/", 10, 100]]]]
    assert effects((["and"], caught), {"Total": 45.5}) == [("setDiscount", "Ten percent", 4.55)]
    assert effects((["and"], caught), {}) == []


def evaluate(expression: object) -> object:
    return to_json(compile(expression, DOMAIN).evaluate(Scope(now=NOW, host=Toy())))


def test_host_functions_ignore_case() -> None:
    assert evaluate(["COUPONVALID"]) is False


def test_an_unknown_name_is_answered_with_the_nearest_one_of_the_host() -> None:
    with pytest.raises(TalangError) as caught:
        compile(["and", ["couponVaild"]], DOMAIN)
    assert str(caught.value) == "unknown function `couponVaild', did you mean `couponValid'? at [1]"


def test_arguments_of_host_functions_are_counted_and_have_kinds() -> None:
    with pytest.raises(TalangError, match="`setDiscount' takes 2 arguments, 1 given"):
        compile(["setDiscount", "a"], DOMAIN)
    with pytest.raises(TalangError, match=r"has no form that takes \(String, String\)"):
        evaluate(["setDiscount", "a", "5"])


def test_a_host_function_may_be_given_a_block() -> None:
    assert evaluate(["twice", ["+", 1, 1]]) == [2, 2]


def test_what_a_host_function_returns_is_read_like_a_binding() -> None:
    assert evaluate(["push", ["floaty"], 2]) == [1, 0.5, {"a": 1}, 2]
    with pytest.raises(TalangError, match="object is not a kind of value"):
        evaluate(["and", ["strange"]])


def test_a_host_function_refuses_with_an_error_that_gets_its_place() -> None:
    with pytest.raises(TalangError) as caught:
        evaluate(["and", ["not", ["refuse"]]])
    assert (caught.value.message, caught.value.place) == ("no such coupon", "[1][1]")


def test_a_mistake_of_the_host_is_not_hidden_by_the_language() -> None:
    with pytest.raises(ZeroDivisionError):
        evaluate(["catch", 1, ["broken"]])


def test_a_host_function_is_told_when_the_scope_has_another_host() -> None:
    with pytest.raises(TypeError, match="the scope carries NoneType, not Toy"):
        compile(["couponValid"], DOMAIN).evaluate(Scope(now=NOW))


@pytest.mark.parametrize("name", ["and", "AND", "setTemplate"])
def test_a_host_cannot_redefine_the_language(name: str) -> None:
    with pytest.raises(ValueError, match="already a function"):
        Vocabulary((HostFunction(name, (), coupon_valid),))
