"""On what the tests' answers rest that is not known for certain."""

import re

import pytest

from tests.testing.conftest import Run
from tests.testing.shop import Shop

SOURCE = """
        def test_session(emulator):
            session("s-1")

        def test_sessions(emulator):
            session("s-1"), session("s-2"), look_up("s-1")

        def test_stranger(emulator):
            look_up("s-1", headers={})

        def test_nothing(emulator):
            pass

        def test_without():
            pass
"""


@pytest.fixture
def shop(run: Run, pytester: pytest.Pytester) -> Shop:
    return Shop(run, pytester)


def summary(result: pytest.RunResult) -> list[str]:
    """The section at the end of the run."""
    begin = next(number for number, line in enumerate(result.outlines) if "the emulator's answers rest on" in line)
    ends = (number for number, line in enumerate(result.outlines) if number > begin and re.match("===|[0-9]+ ", line))
    return result.outlines[begin : next(ends)]


@pytest.mark.parametrize("args", [[], ["-q"], ["-n", "2"], ["--tb=no", "-rA"]])
def test_all_entries_of_a_level_or_weaker_are_told_once(shop: Shop, args: list[str]) -> None:
    heading, *lines = summary(shop.test(SOURCE, "--emulator-reliance=inferred", *args))
    assert re.fullmatch("=+ what the emulator's answers rest on: inferred =+", heading)
    assert lines == [
        "entry                           level     tests  such as",
        "talonone.rule_language          assumed   2      test_all_entries…ker_are_told_once.py::test_session",
        "    Rules are Talang as JSON; domain functions and bindings other than",
        "    the published couponValid, setDiscount, Session.Total and",
        "    Profile.Name are named by the emulator.",
        "talonone.error.invalid_api_key  inferred  1      test_all_entries…er_are_told_once.py::test_stranger",
        "    No `Authorization: ApiKey-v1 KEY`, or a key that is unknown or has",
        "    expired. On V1 operations also a Content-Signature that cannot be",
        "    read or whose signer is unknown. The text is …",
    ]


def test_weaker_entries_only_are_told_where_only_those_are_asked_for(shop: Shop) -> None:
    lines = summary(shop.test(SOURCE, "--emulator-reliance=assumed"))
    assert [line.split()[:3] for line in lines[2:] if not line.startswith(" ")] == [
        ["talonone.rule_language", "assumed", "2"]
    ]


def test_without_the_option_nothing_is_told(shop: Shop) -> None:
    result = shop.test(SOURCE)
    result.assert_outcomes(passed=5)
    result.stdout.no_fnmatch_line("*rest on*")


def test_where_nothing_rests_on_it_that_is_told(shop: Shop) -> None:
    result = shop.test(
        """
        def test_it(emulator):
            token()
        """,
        "--emulator-reliance=assumed",
    )
    assert summary(result)[1:] == ["no answer of an emulator rests on what is assumed"]


def test_a_failing_test_tells_its_own(shop: Shop) -> None:
    said = shop.section(
        """
        def test_it(emulator):
            session("s-1")
            assert False
        """,
        "--emulator-reliance=inferred",
    )
    assert said.split("\n\n")[-1].split("\n")[:3] == [
        "answers rest on what is inferred or worse:",
        "  assumed  talonone.rule_language",
        "    Rules are Talang as JSON; domain functions and bindings other than",
    ]


def test_calls_of_fixtures_that_fail_count_as_well(shop: Shop) -> None:
    result = shop.test(
        """
        @pytest.fixture
        def broken(emulator):
            session("s-1")
            raise ValueError

        def test_it(broken):
            pass
        """,
        "--emulator-reliance=assumed",
    )
    assert any(line.startswith("talonone.rule_language  assumed  1 ") for line in summary(result))


def test_documented_is_no_level_to_ask_for(shop: Shop) -> None:
    result = shop.test(SOURCE, "--emulator-reliance=documented")
    result.stderr.fnmatch_lines(
        ["ERROR: --emulator-reliance: 'documented' is no level here; known: observed, inferred, assumed"]
    )
