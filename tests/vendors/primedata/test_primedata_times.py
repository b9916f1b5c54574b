"""Moments on the wire: what start and end may look like, and how times are written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.clock import parse_rfc3339
from emulator.core.store import LEAST_INTEGER, MOST_INTEGER
from emulator.vendors.primedata.contract.times import clamped, last_updated_text, parse_instant, time_text

NEW_YEAR = 1_672_531_200_000_000_000  # 2023-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("text", "nanos", "zoned"),
    [
        ("2023-01-01", NEW_YEAR, False),
        ("2023-01-01T00:00", NEW_YEAR, False),
        ("2023-01-01T00:00Z", NEW_YEAR, True),
        ("2023-01-01T00:00:01", NEW_YEAR + 1_000_000_000, False),
        ("2023-01-01T00:00:01Z", NEW_YEAR + 1_000_000_000, True),
        ("2023-01-01T00:00:00.5Z", NEW_YEAR + 500_000_000, True),
        ("2023-01-01T00:00:00.000000001Z", NEW_YEAR + 1, True),
        ("2023-01-01T00:00:00.123456789", NEW_YEAR + 123_456_789, False),
        ("2023-01-01T07:00:00+07:00", NEW_YEAR, True),
        ("2023-01-01T07:00+07:00", NEW_YEAR, True),
        ("2022-12-31T19:30:00-04:30", NEW_YEAR, True),
        ("2023-01-01T00:00:00-00:00", NEW_YEAR, True),
        ("2023:01:01T00:00:00Z", NEW_YEAR, True),
        ("1970-01-01T00:00:00.000000001Z", 1, True),
        ("1969-12-31T23:59:59.999999999Z", -1, True),
        ("2024-02-29", 1_709_164_800_000_000_000, False),
    ],
)
def test_a_moment_is_read_to_the_nanosecond_and_is_utc_without_an_offset(text: str, nanos: int, zoned: bool) -> None:
    assert parse_instant(text) == (nanos, zoned)


REFUSED = [
    "", "abc", "20230101", "2023-01", "2023", "2023-1-1", "2023-13-01", "2023-02-29", "2023-00-01", "2023-01-32",
    "0000-01-01", "12023-01-01", "-2023-01-01", "2023-W01-1", "2023-001", "2023-01-01T", "2023-01-01 00:00:00Z",
    "2023-01-01T00", "2023-01-01T00Z", "2023-01-01t00:00:00z", "2023-01-01T24:00:00Z", "2023-01-01T23:60:00Z",
    "2023-01-01T23:59:60Z", "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00,5Z", "2023-01-01T00:00:00.1234567890Z",
    "2023-01-01T00:00:00+7", "2023-01-01T00:00:00+0700", "2023-01-01T00:00:00+24:00", "2023-01-01T00:00:00+07:60",
    "2023-01-01Z", "2023-01-01+07:00", "2023:01:01", "2023:01:01T00:00:00", "2023:01:01T00:00:00+07:00",
    "2023:01:01T00:00:00.5Z", "2023:01:01T24:00:00Z", "2023:13:01T00:00:00Z", "2023-01-01T00:00:00Z\n",
    " 2023-01-01", "２０２３-01-01", "1672531200", "now", "-3d", "x2023:01:01T00:00:00Z",
]  # fmt: skip


def is_read(text: str) -> bool:
    try:
        return isinstance(parse_instant(text).nanos, int)
    except ValueError:
        return False


@pytest.mark.parametrize("text", REFUSED)
def test_anything_else_is_no_moment(text: str) -> None:
    assert not is_read(text)


@given(st.text() | st.from_regex(r"\d{4}[-:]\d\d[-:]\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?"))
def test_no_text_makes_the_parser_fail_in_another_way(text: str) -> None:
    assert is_read(text) in (True, False)


@given(st.integers(LEAST_INTEGER, MOST_INTEGER), st.sampled_from(["colon", "iso"]))
def test_a_written_time_reads_back_as_its_second(nanos: int, pattern: str) -> None:
    text = time_text(nanos, pattern)  # type: ignore[arg-type]
    assert parse_instant(text) == (nanos // 1_000_000_000 * 1_000_000_000, True)


def test_times_are_written_in_either_pattern_with_the_fraction_cut_off() -> None:
    nanos = NEW_YEAR + 59_999_999_999
    assert time_text(nanos, "colon") == "2023:01:01T00:00:59Z"
    assert time_text(nanos, "iso") == "2023-01-01T00:00:59Z"
    assert time_text(-1, "iso") == "1969-12-31T23:59:59Z"


def test_last_updated_is_iso_8601_in_whole_seconds() -> None:
    assert last_updated_text(parse_rfc3339("2020-01-01T00:00:00.999Z")) == "2020-01-01T00:00:00Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", last_updated_text(0))


def test_moments_that_the_store_cannot_hold_are_clamped() -> None:
    assert clamped(parse_instant("9999-12-31").nanos) == MOST_INTEGER
    assert clamped(parse_instant("0001-01-01").nanos) == LEAST_INTEGER
    assert clamped(5) == 5
