"""Failures on request: what their text means, and when a standing one strikes."""

from random import Random
from typing import Any

import pytest

from emulator.core.errors import Misuse
from emulator.core.faults import Damage, Fault, Faults, parse_damage
from tests.toy_vendor import JAMMED, LOST, VENDOR

CATALOGUE = VENDOR.catalogue


@pytest.mark.parametrize(
    ("text", "damage"),
    [
        ("lost", Damage(failure=LOST)),
        ("delay=500", Damage(delay_ms=500)),
        ("delay=0", Damage()),
        ("drop", Damage(drop=True)),
        ("truncate", Damage(truncate=True)),
        (" jammed , delay=20 ", Damage(failure=JAMMED, delay_ms=20)),
        ("drop,truncate,delay=1", Damage(drop=True, truncate=True, delay_ms=1)),
    ],
)
def test_a_faults_text_says_what_goes_wrong(text: str, damage: Damage) -> None:
    assert parse_damage(text, CATALOGUE) == damage


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("los", "'los' is no fault here; did you mean lost?"),
        ("Lost", "'Lost' is no fault here; did you mean lost?"),
        ("dropp", "'dropp' is no fault here; did you mean drop?"),
        ("", "'' is no fault here; known: stranger, lost,"),
        ("lost,", "'' is no fault here"),
        ("lost,fire", "lost and fire: a call can fail in one way only"),
        ("delay=", "delay=: write whole milliseconds from 0 to 600000"),
        ("delay=1.5", "delay=1.5: write whole milliseconds"),
        ("delay=-1", "delay=-1: write whole milliseconds"),
        ("delay=600001", "delay=600001: write whole milliseconds"),
        ("delay=٥", "delay=٥: write whole milliseconds"),
    ],
)
def test_a_text_that_means_nothing_is_refused_with_the_nearest_that_does(text: str, sentence: str) -> None:
    with pytest.raises(Misuse) as caught:
        parse_damage(text, CATALOGUE)
    assert caught.value.status == 400
    assert caught.value.detail.startswith(sentence)


def standing(*faults: Fault) -> Faults:
    arranged = Faults()
    for fault in faults:
        arranged.add(fault)
    return arranged


def fault(**about: Any) -> Fault:
    return Fault(**{"id": "f1", "vendor": "toybox", "text": "lost", "damage": Damage(LOST), **about})


def due(
    faults: Faults, operation: str = "getToy", headers: dict[str, str] | None = None, seed: int = 1
) -> Fault | None:
    sent = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return faults.due("toybox", operation, sent, Random(seed))


def test_a_fault_without_operation_meets_every_call_to_its_vendor() -> None:
    faults = standing(fault())
    assert due(faults) is not None
    assert faults.due("toybox", None, (), Random(1)) is not None
    assert faults.due("sandbox", "getToy", (), Random(1)) is None


def test_a_fault_for_an_operation_meets_that_one_only() -> None:
    faults = standing(fault(operation="putToy"))
    assert due(faults, "putToy") is not None
    assert due(faults, "getToy") is None


def test_a_preflight_meets_only_a_fault_that_names_it() -> None:
    unnamed, named = fault(), fault(id="f2", operation="preflight")
    faults = standing(unnamed, named)
    assert faults.due("toybox", "preflight", (), Random(1), preflight=True) is named
    assert faults.due("toybox", "otherPreflight", (), Random(1), preflight=True) is None
    assert faults.due("toybox", None, (), Random(1), preflight=True) is None


def test_a_fault_is_spent_when_it_has_fired_as_often_as_asked() -> None:
    one = fault(times=2)
    faults = standing(one)
    hits = 0
    while due(faults) is one:
        one.fired += 1
        hits += 1
    assert hits == 2
    assert one.spent


def test_behind_a_spent_fault_the_next_one_strikes() -> None:
    first, second = fault(id="f1", times=1), fault(id="f2")
    faults = standing(first, second)
    assert due(faults) is first
    first.fired = 1
    assert due(faults) is second


def test_all_named_headers_must_be_sent_with_their_values() -> None:
    faults = standing(fault(headers={"X-Test": "a", "X-Run": "7"}))
    assert due(faults, headers={"x-test": "a", "x-run": "7", "x-more": "1"}) is not None
    assert due(faults, headers={"x-test": "a"}) is None
    assert due(faults, headers={"x-test": "a", "x-run": "8"}) is None


def test_a_probability_is_drawn_from_the_worlds_own_seed() -> None:
    faults = standing(fault(probability=0.3))

    def hits(seed: str) -> list[bool]:
        chance = Random(seed)
        return [faults.due("toybox", "getToy", (), chance) is not None for _ in range(1_000)]

    assert hits("a") == hits("a")
    assert hits("a") != hits("b")
    assert 250 < sum(hits("a")) < 350


def test_a_deleted_fault_strikes_no_more() -> None:
    faults = standing(fault(id="f1"), fault(id="f2"))
    assert faults.remove("f1")
    assert not faults.remove("f1")
    assert [one.id for one in faults] == ["f2"]


def test_clearing_one_vendor_leaves_the_others_faults() -> None:
    faults = standing(fault(id="f1"), fault(id="f2", vendor="sandbox"))
    faults.clear("toybox")
    assert [one.id for one in faults] == ["f2"]
    faults.clear()
    assert list(faults) == []


def test_an_id_is_never_given_twice() -> None:
    faults = Faults()
    first = faults.new_id()
    faults.clear()
    assert faults.new_id() != first
