from typing import Any

import pytest

from tests.vendors.talonone.talang.evaluating import failure, value

EARLY, LATE = "2018-01-14T19:04:05Z", "2018-03-18T00:04:05Z"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        (["after", LATE, EARLY], True),
        (["after", EARLY, EARLY], False),
        (["before", EARLY, LATE], True),
        (["before", LATE, EARLY], False),
        (["betweenTimes", "2018-02-01T00:00:00Z", EARLY, LATE], True),
        (["betweenTimes", EARLY, EARLY, LATE], False),
        (["formatTime", "2018-01-02T19:04:05.123Z"], "2018-01-02T19:04:05Z"),
        (["formatTime", "2018-01-02T19:04:05+02:00"], "2018-01-02T19:04:05+02:00"),
        (["date", EARLY], "2018-01-14"),
        (["hour", EARLY], "19"),
        (["hour", LATE], "0"),
        (["minute", EARLY], "4"),
        (["month", EARLY], "1"),
        (["monthDay", EARLY], "14"),
        (["weekday", EARLY], "0"),
        (["weekday", "2018-01-20T00:00:00Z"], "6"),
        (["year", EARLY], "2018"),
        (["matchTime", EARLY, "2018-01-14T00:00:00Z", "YYYY-MM-DD"], True),
        (["matchTime", EARLY, LATE, "yyyy"], True),
        (["matchTime", EARLY, LATE, "MM"], False),
        (["days", "2024-05-02T00:00:00Z"], 0.5),
        (["days", "2024-04-30T12:00:00Z"], -1),
        (["daysBetween", "2006-01-02T00:00:00Z", "2006-01-03T12:00:00Z"], 1.5),
        (["addDuration", LATE, 3, "minutes"], "2018-03-18T00:07:05Z"),
        (["addDuration", LATE, 2.9, "hours"], "2018-03-18T02:04:05Z"),
        (["addDuration", LATE, 18, "days"], "2018-04-05T00:04:05Z"),
        (["subDuration", LATE, 12, "minutes"], "2018-03-17T23:52:05Z"),
        (["subDuration", LATE, 17, "hours"], "2018-03-17T07:04:05Z"),
        (["subDuration", LATE, 22.9, "days"], "2018-02-24T00:04:05Z"),
    ],
)
def test_times(expression: list[object], result: object) -> None:
    assert value(expression) == result


def test_the_parts_of_a_time_are_those_of_its_own_offset() -> None:
    assert value(["hour", "2018-01-02T23:30:00+02:00"]) == "23"
    assert value(["date", "2018-01-02T23:30:00-05:00"]) == "2018-01-02"


def test_times_with_different_offsets_are_compared_as_moments() -> None:
    assert value(["after", "2018-01-02T23:30:00+02:00", "2018-01-02T22:00:00Z"]) is False


def test_a_text_in_rfc_3339_form_counts_as_a_time_whether_written_or_computed() -> None:
    assert value(["before", EARLY, [".", "Now"]], {"Now": LATE}) is True
    assert value([">", ["+", "2018-03-18", "T00:04:05Z"], EARLY]) is True


@pytest.mark.parametrize("text", ["2018-01-02", "now", "2018-13-02T00:00:00Z", "2018-01-02T00:00:00", ""])
def test_another_text_is_no_time(text: str) -> None:
    assert failure(["year", text]).message == "`year' has no form that takes (String)"
    assert failure(["year", [".", "x"]], {"x": text}).message == "`year' has no form that takes (String)"


@pytest.mark.parametrize("unit", ["seconds", "day", "Days", ""])
def test_durations_are_in_minutes_hours_or_days(unit: str) -> None:
    assert failure(["addDuration", LATE, 1, unit]).message == "invalid duration unit"


@pytest.mark.parametrize("function", ["addDuration", "subDuration"])
@pytest.mark.parametrize("amount", [1e8, 1e300])
def test_a_time_beyond_the_calendar_is_an_error(function: str, amount: float) -> None:
    assert failure([function, LATE, amount, "days"]).message == "time out of range"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-01-02T19:04:05Z", "2018-01-02T19:04:05Z"),
        ("2018-01-02T19:04:05.5+02:00", "2018-01-02T17:04:05.5Z"),
        ("2018-01-02", "2018-01-02T00:00:00Z"),
        ("2018-01-02 19:04", "2018-01-02T19:04:00Z"),
        ("2018/01/02", "2018-01-02T00:00:00Z"),
        ("2018/01/02 19:04:05", "2018-01-02T19:04:05Z"),
        ("01/02/2018", "2018-01-02T00:00:00Z"),
        ("Jan 2, 2018", "2018-01-02T00:00:00Z"),
        ("January 2, 2018 19:04:05", "2018-01-02T19:04:05Z"),
        ("2 January 2018", "2018-01-02T00:00:00Z"),
        ("Tue, 02 Jan 2018 19:04:05 GMT", "2018-01-02T19:04:05Z"),
        ("Tue, 02 Jan 2018 19:04:05 +0200", "2018-01-02T17:04:05Z"),
        ("1514919845", "2018-01-02T19:04:05Z"),
        ("1514919845250", "2018-01-02T19:04:05.25Z"),
    ],
)
def test_a_time_without_a_layout_is_read_as_people_write_it(text: str, moment: str) -> None:
    assert value(["parseTime", text]) == moment


@pytest.mark.parametrize(
    ("text", "layout", "moment"),
    [
        ("2018-01-02", "yyyy-MM-dd", "2018-01-02T00:00:00Z"),
        ("2018-1-2", "yyyy-MM-dd", "2018-01-02T00:00:00Z"),
        ("20180102", "yyyyMMdd", "2018-01-02T00:00:00Z"),
        ("02.01.18", "dd.MM.yy", "2018-01-02T00:00:00Z"),
        ("02.01.69", "dd.MM.yy", "1969-01-02T00:00:00Z"),
        ("2 January 2018", "d MMMM yyyy", "2018-01-02T00:00:00Z"),
        ("2 mar 2018", "d MMM yyyy", "2018-03-02T00:00:00Z"),
        ("Tuesday 2018-01-02", "EEEE yyyy-MM-dd", "2018-01-02T00:00:00Z"),
        ("2018-01-02T19:04:05.123456", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS", "2018-01-02T19:04:05.123456Z"),
        ("7 o'clock PM", "h 'o''clock' a", "0001-01-01T19:00:00Z"),
        ("12 AM", "h a", "0001-01-01T00:00:00Z"),
        ("11 PM", "K a", "0001-01-01T23:00:00Z"),
        ("24:05", "kk:mm", "0001-01-01T00:05:00Z"),
        ("20:04:05", "HH:mm:ss", "0001-01-01T20:04:05Z"),
        ("2018-01-02 19:04 +0200", "yyyy-MM-dd HH:mm Z", "2018-01-02T17:04:00Z"),
        ("2018-01-02 19:04 -02:00", "yyyy-MM-dd HH:mm ZZ", "2018-01-02T21:04:00Z"),
        ("2018-01-02 19:04 UTC", "yyyy-MM-dd HH:mm z", "2018-01-02T19:04:00Z"),
    ],
)
def test_a_time_is_read_by_its_layout(text: str, layout: str, moment: str) -> None:
    assert value(["parseTime", text, layout]) == moment


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("2018-01", "yyyy-MM-dd"),
        ("2018-01-02Z", "yyyy-MM-dd"),
        ("2018-02-30", "yyyy-MM-dd"),
        ("20181", "yyyyMMdd"),
        ("25:00", "HH:mm"),
        ("Foo 2018", "MMM yyyy"),
        ("2018 x", "yyyy Z"),
        ("2018 +9999", "yyyy Z"),
        ("9999-12-31 23:00 -02:00", "yyyy-MM-dd HH:mm ZZ"),
    ],
)
def test_a_text_that_does_not_fit_its_layout_is_an_error(text: str, layout: str) -> None:
    assert failure(["parseTime", text, layout]).message in (f"`{text}' does not fit the layout", "time out of range")


@pytest.mark.parametrize("text", ["", "soon", "99/99/2018", "x" * 100])
def test_a_text_that_nobody_would_read_as_a_time_is_an_error(text: str) -> None:
    assert failure(["parseTime", text]).message.endswith("is no time")


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("w", "layout letter `w' is not supported"),
        ("'open", "the layout has an open quote"),
        ("y" * 65, "a layout of more than 64 characters"),
    ],
)
def test_a_layout_has_known_letters(layout: str, message: str) -> None:
    assert failure(["parseTime", "2018", layout]).message == message
    assert failure(["matchTime", EARLY, LATE, layout]).message == message


def test_the_day_of_the_year_can_be_compared_but_not_read() -> None:
    assert failure(["parseTime", "14", "D"]).message == "layout letter `D' can be written but not read"


@pytest.mark.parametrize(
    ("layout", "other", "same"),
    [
        ("yy M d", "1918-01-14T00:00:00Z", True),
        ("MMM EEE", "2018-01-07T00:00:00Z", True),
        ("MMMM EEEE e", "2018-01-15T00:00:00Z", False),
        ("k K h a", "2018-01-01T07:00:00Z", False),
        ("D", "2018-01-14T00:00:00Z", True),
        ("HH:mm:ss.SSS", "2017-01-14T19:04:05Z", True),
        ("Z ZZ z", "2018-01-14T19:04:05+01:00", False),
    ],
)
def test_times_match_when_they_look_the_same_in_the_layout(layout: str, other: str, same: Any) -> None:
    assert value(["matchTime", EARLY, other, layout]) is same
