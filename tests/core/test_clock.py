"""Virtual time: a clock that is real, stands still or is shifted, and the texts of moments."""

import re

import pytest

from emulator.core.clock import (
    DAY,
    EARLIEST,
    HOUR,
    LATEST,
    SECOND,
    Clock,
    ClockState,
    from_datetime,
    machine_now,
    parse_moment,
    parse_rfc3339,
    rfc3339,
    to_datetime,
)

MONDAY = parse_rfc3339("2026-01-05T09:00:00Z")
A_WHILE = 60 * SECOND


def test_a_real_clock_tells_the_machines_time() -> None:
    assert abs(Clock().now() - machine_now()) < A_WHILE


def test_a_frozen_clock_stands_still() -> None:
    clock = Clock()
    clock.set("frozen", MONDAY)
    assert [clock.now(), clock.now()] == [MONDAY, MONDAY]


def test_a_clock_frozen_without_a_moment_stops_where_it_is() -> None:
    clock = Clock()
    clock.set("shifted", MONDAY)
    clock.set("frozen")
    stopped = clock.now()
    assert 0 <= stopped - MONDAY < A_WHILE
    assert clock.now() == stopped


def test_a_shifted_clock_runs_on_from_its_moment() -> None:
    clock = Clock()
    clock.set("shifted", MONDAY)
    first = clock.now()
    assert 0 <= first - MONDAY < A_WHILE
    while clock.now() == first:
        pass
    assert clock.now() > first


def test_a_clock_that_reaches_the_end_of_the_calendar_stays_there() -> None:
    clock = Clock()
    clock.set("shifted", LATEST)
    before = machine_now()
    while machine_now() == before:
        pass
    assert clock.now() == LATEST
    assert rfc3339(clock.now()) == "9999-12-31T23:59:59.999999Z"


def test_a_shift_without_a_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="needs now"):
        Clock().set("shifted")


@pytest.mark.parametrize("by", [8 * HOUR, -8 * HOUR, 1])
def test_an_advanced_frozen_clock_stands_still_elsewhere(by: int) -> None:
    clock = Clock(ClockState("frozen", MONDAY))
    clock.advance(by)
    assert clock.now() == MONDAY + by
    assert clock.state.mode == "frozen"


def test_an_advanced_real_clock_becomes_a_shifted_one() -> None:
    clock = Clock()
    clock.advance(DAY)
    assert clock.state == ClockState("shifted", DAY)


def test_two_advances_of_a_shifted_clock_add_up() -> None:
    clock = Clock()
    clock.advance(DAY)
    clock.advance(-HOUR)
    assert clock.state == ClockState("shifted", DAY - HOUR)


def test_a_clock_set_to_real_forgets_its_shift() -> None:
    clock = Clock(ClockState("shifted", DAY))
    clock.set("real")
    assert clock.state == ClockState("real", 0)


@pytest.mark.parametrize("moment", [EARLIEST - 1, LATEST + 1])
def test_a_moment_outside_the_calendar_is_refused_and_the_clock_keeps_its_own(moment: int) -> None:
    clock = Clock(ClockState("frozen", MONDAY))
    for change in (
        lambda: clock.set("frozen", moment),
        lambda: clock.set("shifted", moment),
        lambda: clock.advance(moment - MONDAY),
    ):
        with pytest.raises(ValueError, match="years 1 to 9999"):
            change()
        assert clock.state == ClockState("frozen", MONDAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05T09:00:00Z", MONDAY),
        ("2026-01-05t09:00:00z", MONDAY),
        ("2026-01-05 09:00:00Z", MONDAY),
        ("2026-01-05T10:00:00+01:00", MONDAY),
        ("2026-01-05T03:30:00-05:30", MONDAY),
        ("2026-01-05T09:00:00.5Z", MONDAY + 500_000),
        ("2026-01-05T09:00:00.1234567Z", MONDAY + 123_456),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59Z", -SECOND),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59.999999Z", LATEST),
    ],
)
def test_an_rfc_3339_timestamp_is_read_to_the_microsecond(text: str, expected: int) -> None:
    assert parse_rfc3339(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2026-01-05", "2026-01-05T09:00:00", "2026-01-05T09:00Z", "2026-1-5T09:00:00Z", "20260105T090000Z",
        "2026-01-05T09:00:00Z ", "2026-02-30T09:00:00Z", "2026-01-05T25:00:00Z", "2026-01-05T09:00:60Z",
        "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "1767603600",
        "٢٠٢٦-01-05T09:00:00Z", "2026-W02-1T09:00:00Z", "2026-01-05T09:00:00+24:00",
    ],
)  # fmt: skip
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+90s", MONDAY + 90 * SECOND),
        ("-15m", MONDAY - 900 * SECOND),
        ("+8h", MONDAY + 8 * HOUR),
        ("-3d", MONDAY - 3 * DAY),
        ("+2w", MONDAY + 14 * DAY),
        ("-0s", MONDAY),
        ("2026-01-05", MONDAY - 9 * HOUR),
        ("2026-01-05T09:00:00Z", MONDAY),
    ],
)
def test_a_scenarios_moment_may_be_a_distance_or_a_date(text: str, expected: int) -> None:
    assert parse_moment(text, MONDAY) == expected


@pytest.mark.parametrize("text", ["3d", "-3", "-3y", "- 3d", "-3.5d", "+1234567890s", "-d", "yesterday", "2026-13-01"])
def test_what_is_no_moment_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"(write 2026-01-05T09:00:00Z, 2026-01-05, or a distance|of the calendar)"):
        parse_moment(text, MONDAY)


def test_a_distance_that_leaves_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="years 1 to 9999"):
        parse_moment("+999999999w", MONDAY)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MONDAY, "2026-01-05T09:00:00Z"),
        (MONDAY + 500_000, "2026-01-05T09:00:00.5Z"),
        (MONDAY + 10, "2026-01-05T09:00:00.00001Z"),
        (EARLIEST, "0001-01-01T00:00:00Z"),
        (LATEST, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_moment_is_written_as_it_is_read(moment: int, text: str) -> None:
    assert rfc3339(moment) == text
    assert parse_rfc3339(text) == moment


def test_datetimes_convert_without_loss_and_naive_ones_are_utc() -> None:
    moment = MONDAY + 123_457
    assert from_datetime(to_datetime(moment)) == moment
    assert from_datetime(to_datetime(moment).replace(tzinfo=None)) == moment
