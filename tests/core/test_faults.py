"""Failures on request: what their text means, and when a standing one strikes."""

from random import Random
from typing import Any

import pytest

from emulator.core.errors import Misuse
from emulator.core.faults import MOST_REQUESTS, Damage, Fault, Faults, parse_damage, told
from tests.toy_vendor import FIRE, JAMMED, LOST, VENDOR

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
        ("delay=100-900", Damage(delay_ms=100, delay_to_ms=900)),
        ("slow=2000", Damage(slow_ms=2_000)),
        ("slow=600000,truncate,delay=7-7", Damage(slow_ms=600_000, truncate=True, delay_ms=7, delay_to_ms=7)),
        ("lost|fire|jammed", Damage(failure=LOST, others=(FIRE, JAMMED))),
        ("drop,delay=1", Damage(drop=True, delay_ms=1)),
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
        ("delay=" + "9" * 5_000, "delay=9999"),
        ("delay=900-100", "delay=900-100: a span begins with the shorter wait, so write delay=100-900"),
        ("delay=100-", "delay=100-: write whole milliseconds from 0 to 600000, or a span such as delay=100-900"),
        ("delay=1-2-3", "delay=1-2-3: write whole milliseconds"),
        ("delay=1-600001", "delay=1-600001: write whole milliseconds"),
        ("delay", "'delay' is no fault here; did you mean delay=MS?"),
        ("slow=1-2", "slow=1-2: write whole milliseconds from 0 to 600000"),
        ("slow=x", "slow=x: write whole milliseconds"),
        ("slow", "'slow' is no fault here; did you mean slow=MS?"),
        ("drop=1", "'drop=1' is no fault here; did you mean drop?"),
        ("delay=1,delay=2", "delay=1 and delay=2: a call can be delayed once only"),
        ("slow=1,slow=2", "slow=1 and slow=2: a body can trickle in one way only"),
        ("lost, lost", "lost and lost: a call can fail in one way only"),
        ("drop,drop", "drop and drop: once is enough"),
        ("truncate,delay=1,truncate", "truncate and truncate: once is enough"),
        (
            "drop,truncate,delay=1",
            "drop and truncate: nothing is sent of an answer that is dropped, so say one of them",
        ),
        ("slow=5,drop", "drop and slow=5: nothing is sent of an answer that is dropped, so say one of them"),
        ("lost|", "'' is no fault here"),
        ("lost|los", "'los' is no fault here; did you mean lost?"),
        ("lost|drop", "'drop' is no fault here"),
        ("LOST", "'LOST' is no fault here; did you mean lost?"),
        ("x" * 1_000_000, "'" + "x" * 80 + "…' is no fault here"),
    ],
)
def test_a_text_that_means_nothing_is_refused_with_the_nearest_that_does(text: str, sentence: str) -> None:
    with pytest.raises(Misuse) as caught:
        parse_damage(text, CATALOGUE)
    assert caught.value.status == 400
    assert caught.value.detail.startswith(sentence)


def test_a_choice_is_made_by_chance_and_only_then_is_chance_drawn_upon() -> None:
    asked = parse_damage("lost|fire,delay=100-900,slow=5", CATALOGUE)
    chance = Random("a")
    drawn = [asked.drawn(chance) for _ in range(1_000)]
    assert drawn[:100] == [asked.drawn(one) for one in [Random("a")] for _ in range(100)]
    assert {damage.failure.name for damage in drawn if damage.failure} == {"lost", "fire"}
    assert min(damage.delay_ms for damage in drawn) >= 100
    assert max(damage.delay_ms for damage in drawn) <= 900
    assert len({damage.delay_ms for damage in drawn}) > 100
    assert all((damage.slow_ms, damage.delay_to_ms, damage.others) == (5, None, ()) for damage in drawn)
    before = chance.getstate()
    plain = parse_damage("lost,delay=5", CATALOGUE)
    assert plain.drawn(chance) == plain
    assert chance.getstate() == before


def test_what_came_of_a_choice_is_told_behind_the_faults_text() -> None:
    text = "lost|fire,delay=7-7"
    asked = parse_damage(text, CATALOGUE)
    drawn = asked.drawn(Random(1))
    assert drawn.failure is not None
    assert told(text, asked, drawn) == f"{text} ({drawn.failure.name},delay=7)"
    assert told("lost", Damage(LOST), Damage(LOST)) == "lost"


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


@pytest.mark.parametrize("sent", ["Zoë".encode(), "Zoë".encode("latin-1")], ids=["UTF-8", "Latin-1"])
def test_a_headers_value_beyond_ascii_matches_in_either_encoding(sent: bytes) -> None:
    faults = standing(fault(headers={"X-Name": "Zoë"}))
    assert faults.due("toybox", "getToy", [(b"x-name", sent)], Random(1)) is not None
    assert faults.due("toybox", "getToy", [(b"x-name", b"Zo")], Random(1)) is None


def test_a_header_sent_twice_matches_with_each_of_its_values() -> None:
    faults = standing(fault(headers={"x-test": "b"}))
    assert faults.due("toybox", "getToy", [(b"x-test", b"a"), (b"x-test", b"b")], Random(1)) is not None


def test_a_headers_value_matches_in_its_own_letter_case_only() -> None:
    assert due(standing(fault(headers={"X-Test": "Mine"})), headers={"x-test": "mine"}) is None


def test_calls_that_chance_passes_over_are_counted_and_meet_the_next_fault() -> None:
    rare, sure = fault(id="f1", probability=1e-9), fault(id="f2")
    faults = standing(rare, sure)
    assert [due(faults, seed=seed) for seed in range(3)] == [sure] * 3
    assert (rare.skipped, sure.skipped) == (3, 0)
    assert due(faults, "getToy") is sure


def test_calls_that_a_fault_is_not_for_are_not_counted_as_passed_over() -> None:
    one = fault(operation="putToy", probability=0.5)
    due(standing(one), "getToy")
    assert one.skipped == 0


def test_a_fault_remembers_the_last_calls_that_it_hit() -> None:
    one = fault()
    for number in range(MOST_REQUESTS + 5):
        one.struck(str(number))
    assert one.fired == MOST_REQUESTS + 5
    assert one.requests == [str(number) for number in range(5, MOST_REQUESTS + 5)]


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
    assert (list(faults), len(faults)) == ([], 0)


def test_ending_a_drill_leaves_the_other_faults() -> None:
    faults = standing(
        fault(id="f1", drill="storm"), fault(id="f2"), fault(id="f3", drill="storm", vendor="sandbox"), fault(id="f4")
    )
    faults.clear("sandbox", "storm")
    assert [one.id for one in faults] == ["f1", "f2", "f4"]
    faults.clear(drill="storm")
    assert [one.id for one in faults] == ["f2", "f4"]


def test_an_id_is_never_given_twice() -> None:
    faults = Faults()
    first = faults.new_id()
    faults.clear()
    assert faults.new_id() != first
