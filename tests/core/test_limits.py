"""Quotas, exact to the call, on the world's clock."""

from types import SimpleNamespace
from typing import Any

import pytest

from emulator.core.clock import HOUR, LATEST, MINUTE, SECOND
from emulator.core.errors import LimitExhausted
from emulator.core.limits import Adjustment, Limit, Limits, Usage

START = 1_767_603_600 * SECOND
FIXED = Limit(name="calls", quota=3, per=lambda work: "")
ROLLING = Limit(name="calls", quota=3, per=lambda work: "", kind="rolling", window=MINUTE)
SETTINGS = SimpleNamespace(calls=3)


class Counter:
    """Counts calls of one caller against one limit and says which passed."""

    def __init__(self, limit: Limit, settings: Any = SETTINGS) -> None:
        self.limits = Limits()
        self.limit = limit
        self.settings = settings

    def call(self, now: int, key: str = "ana") -> Usage | None:
        return self.limits.count("toybox", self.limit, key, now, self.settings)

    def passes(self, now: int, key: str = "ana") -> bool:
        try:
            self.call(now, key)
        except LimitExhausted:
            return False
        return True

    def refusal(self, now: int) -> LimitExhausted:
        with pytest.raises(LimitExhausted) as caught:
            self.call(now)
        return caught.value


@pytest.mark.parametrize("limit", [FIXED, ROLLING], ids=["fixed", "rolling"])
def test_exactly_the_quota_passes(limit: Limit) -> None:
    counter = Counter(limit)
    assert [counter.passes(START) for _ in range(5)] == [True, True, True, False, False]


def test_a_fixed_window_starts_anew_at_the_whole_second_and_not_a_microsecond_before() -> None:
    counter = Counter(FIXED)
    late = START + SECOND - 1
    assert [counter.passes(late) for _ in range(4)] == [True, True, True, False]
    assert [counter.passes(START + SECOND) for _ in range(4)] == [True, True, True, False]


def test_a_fixed_window_says_how_long_until_the_next_second() -> None:
    counter = Counter(FIXED)
    for _ in range(3):
        counter.call(START + 250_000)
    assert counter.refusal(START + 400_000).retry_after == 600_000


def test_a_rolling_window_lets_a_call_in_as_each_old_one_leaves() -> None:
    counter = Counter(ROLLING)
    for second in (0, 10, 20):
        counter.call(START + second * SECOND)
    assert counter.refusal(START + 30 * SECOND).retry_after == 30 * SECOND
    assert not counter.passes(START + MINUTE - 1)
    assert counter.passes(START + MINUTE)
    assert not counter.passes(START + MINUTE)
    assert counter.passes(START + MINUTE + 10 * SECOND)


@pytest.mark.parametrize("limit", [FIXED, ROLLING], ids=["fixed", "rolling"])
def test_waiting_as_long_as_told_is_enough_and_a_microsecond_less_is_not(limit: Limit) -> None:
    counter = Counter(limit)
    for step in range(3):
        counter.call(START + step * 1_000)
    retry_at = START + 5_000 + counter.refusal(START + 5_000).retry_after
    assert not counter.passes(retry_at - 1)
    assert counter.passes(retry_at)


def test_waiting_as_long_as_told_is_enough_after_the_limit_was_scaled_down() -> None:
    counter = Counter(ROLLING)
    for second in (0, 10, 20):
        counter.call(START + second * SECOND)
    counter.limits.adjust("toybox", "calls", Adjustment(scale=0.34))
    retry_at = START + 30 * SECOND + counter.refusal(START + 30 * SECOND).retry_after
    assert not counter.passes(retry_at - 1)
    assert counter.passes(retry_at)


def test_a_refused_call_uses_up_nothing() -> None:
    counter = Counter(ROLLING)
    for _ in range(3):
        counter.call(START)
    for second in range(59):
        assert not counter.passes(START + second * SECOND)
    assert counter.passes(START + MINUTE)


@pytest.mark.parametrize("limit", [FIXED, ROLLING], ids=["fixed", "rolling"])
def test_a_call_taken_back_uses_up_nothing(limit: Limit) -> None:
    counter = Counter(limit)
    for _ in range(limit.quota + 1):
        assert counter.passes(START)
        counter.limits.take_back("toybox", limit, "ana")
    assert [counter.passes(START) for _ in range(limit.quota + 1)] == [True] * limit.quota + [False]


def test_callers_do_not_spend_each_others_quota() -> None:
    counter = Counter(FIXED)
    assert [counter.passes(START, "ana") for _ in range(4)].count(True) == 3
    assert [counter.passes(START, "bob") for _ in range(4)].count(True) == 3


@pytest.mark.parametrize("limit", [FIXED, ROLLING], ids=["fixed", "rolling"])
def test_a_clock_set_back_starts_a_new_window(limit: Limit) -> None:
    counter = Counter(limit)
    for _ in range(3):
        counter.call(START)
    assert not counter.passes(START)
    assert counter.passes(START - HOUR)


def test_a_limit_tells_what_is_left() -> None:
    counter = Counter(FIXED)
    usages = [counter.call(START + 100_000) for _ in range(3)]
    assert [(usage.quota, usage.used, usage.remaining) for usage in usages if usage] == [
        (3, 1, 2),
        (3, 2, 1),
        (3, 3, 0),
    ]
    assert usages[0] is not None
    assert usages[0].reset_after == 900_000


def test_a_setting_replaces_the_quota() -> None:
    counter = Counter(Limit(name="calls", quota=3, per=lambda work: "", setting="calls"), SimpleNamespace(calls=1))
    assert [counter.passes(START) for _ in range(2)] == [True, False]


def test_a_setting_of_zero_switches_the_limit_off() -> None:
    counter = Counter(Limit(name="calls", quota=3, per=lambda work: "", setting="calls"), SimpleNamespace(calls=0))
    assert [counter.call(START) for _ in range(10)] == [None] * 10


@pytest.mark.parametrize(
    ("quota", "scale", "expected"),
    [(100, 0.29, 29), (100, 0.5, 50), (3, 0.34, 1), (3, 0.001, 1), (5, 0.5, 2), (3, 2.0, 6), (10, 0.3, 3)],
)
def test_a_scaled_limit_has_its_share_of_the_quota_and_never_none(quota: int, scale: float, expected: int) -> None:
    counter = Counter(Limit(name="calls", quota=quota, per=lambda work: ""))
    counter.limits.adjust("toybox", "calls", Adjustment(scale=scale))
    assert [counter.passes(START) for _ in range(quota * 3)].count(True) == expected


def test_a_limit_switched_off_counts_nothing_and_goes_on_where_it_was() -> None:
    counter = Counter(FIXED)
    counter.call(START)
    counter.limits.adjust("toybox", "calls", Adjustment(enabled=False))
    assert [counter.call(START) for _ in range(10)] == [None] * 10
    counter.limits.adjust("toybox", "calls", Adjustment())
    usage = counter.call(START)
    assert usage is not None
    assert usage.used == 2


@pytest.mark.parametrize("limit", [FIXED, ROLLING], ids=["fixed", "rolling"])
def test_out_of_force_a_limit_lets_pass_and_tells_exactly_those_that_it_would_have_refused(limit: Limit) -> None:
    strict, lenient = Counter(limit), Counter(limit)
    lenient.limits.adjust("toybox", "calls", Adjustment(enforce=False))
    moments = [START + number * limit.window // 7 for number in range(100)]
    usages = [lenient.call(now) for now in moments]
    assert [usage is not None and not usage.over for usage in usages] == [strict.passes(now) for now in moments]
    assert any(usage is not None and usage.over for usage in usages)


@pytest.mark.parametrize("limit", [FIXED, ROLLING], ids=["fixed", "rolling"])
def test_a_call_over_a_limit_out_of_force_sees_nothing_left_and_how_long_to_wait(limit: Limit) -> None:
    counter = Counter(limit)
    for _ in range(3):
        counter.call(START + 1_000)
    refused = counter.refusal(START + 2_000)
    counter.limits.adjust("toybox", "calls", Adjustment(enforce=False))
    usage = counter.call(START + 2_000)
    assert usage == Usage("calls", 3, 3, refused.retry_after, over=True)
    assert usage.remaining == 0


def test_calls_over_are_told_by_caller_after_their_window_has_passed_too() -> None:
    counter = Counter(FIXED)
    counter.limits.adjust("toybox", "calls", Adjustment(enforce=False))
    for _ in range(5):
        counter.call(START, "ana")
    counter.call(START, "bob")
    later = START + MINUTE
    counter.call(later, "bob")
    assert counter.limits.headroom("toybox", FIXED, later, SETTINGS) == [
        {"caller": "ana", "used": 0, "remaining": 3, "resets_at": "2026-01-05T09:01:01Z", "over": 2},
        {"caller": "bob", "used": 1, "remaining": 2, "resets_at": "2026-01-05T09:01:01Z", "over": 0},
    ]


def test_calls_over_are_counted_since_the_limit_was_last_taken_out_of_force() -> None:
    counter = Counter(FIXED)

    def over() -> int:
        return sum(row["over"] for row in counter.limits.headroom("toybox", FIXED, START, SETTINGS))

    counter.limits.adjust("toybox", "calls", Adjustment(enforce=False))
    for _ in range(5):
        counter.call(START)
    counter.limits.adjust("toybox", "calls", Adjustment(enforce=False, scale=2))
    assert over() == 2
    counter.limits.adjust("toybox", "calls", Adjustment())
    assert over() == 2
    assert not counter.passes(START)
    counter.limits.adjust("toybox", "calls", Adjustment(enforce=False))
    assert over() == 0


def test_headroom_lists_the_callers_of_the_current_window() -> None:
    counter = Counter(FIXED)
    counter.call(START, "ana")
    counter.call(START, "ana")
    counter.call(START, "bob")
    assert counter.limits.headroom("toybox", FIXED, START, SETTINGS) == [
        {"caller": "ana", "used": 2, "remaining": 1, "resets_at": "2026-01-05T09:00:01Z", "over": 0},
        {"caller": "bob", "used": 1, "remaining": 2, "resets_at": "2026-01-05T09:00:01Z", "over": 0},
    ]
    assert counter.limits.headroom("toybox", FIXED, START + SECOND, SETTINGS) == []


def test_headroom_is_told_at_the_end_of_the_calendar_too() -> None:
    counter = Counter(FIXED)
    counter.call(LATEST, "ana")
    [row] = counter.limits.headroom("toybox", FIXED, LATEST, SETTINGS)
    assert row["resets_at"] == "9999-12-31T23:59:59.999999Z"


def test_clearing_one_vendor_leaves_the_others_windows_and_adjustments() -> None:
    limits = Limits()
    for vendor in ("toybox", "sandbox"):
        limits.count(vendor, FIXED, "ana", START, SETTINGS)
        limits.adjust(vendor, "calls", Adjustment(scale=2))
    limits.clear("toybox")
    assert limits.headroom("toybox", FIXED, START, SETTINGS) == []
    assert limits.adjustment("toybox", "calls") == Adjustment()
    assert len(limits.headroom("sandbox", FIXED, START, SETTINGS)) == 1
    assert limits.adjustment("sandbox", "calls") == Adjustment(scale=2)


def test_the_windows_of_very_many_callers_stay_bounded() -> None:
    counter = Counter(FIXED)
    for number in range(10_500):
        counter.call(START, f"caller-{number}")
    assert len(counter.limits.headroom("toybox", FIXED, START, SETTINGS)) == 10_000
