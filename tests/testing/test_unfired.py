"""What was arranged must happen: a test fails whose faults never fired."""

import re

import pytest

from tests.testing.conftest import Run
from tests.testing.shop import Shop, failures, why


@pytest.fixture
def shop(run: Run, pytester: pytest.Pytester) -> Shop:
    return Shop(run, pytester)


NO_CALL = "but it never fired: the test made no call to the emulator"
SENTENCES = {
    """
    emulator.fail("talonone", "updateCustomerSessionV2")
    """: f"f1 was to make updateCustomerSessionV2 of talonone fail with internal_error (arranged at HERE), {NO_CALL}",
    """
    emulator.control.add_fault("talonone", "internal_error|bad_gateway,delay=5", times=2)
    """: f"f1 was to make calls to talonone fail with internal_error or bad_gateway and take 5 ms (twice), {NO_CALL}",
    """
    emulator.fail("talonone", fault="drop", times=1)
    """: f"f1 was to make calls to talonone break off without an answer (once, arranged at HERE), {NO_CALL}",
    """
    emulator.fail("talonone", fault="truncate", times=3, slow=20, delay=(1, 5))
    """: "f1 was to make calls to talonone take 1 to 5 ms, trickle for 20 ms and be cut short (3 times, arranged at "
    f"HERE), {NO_CALL}",
    """
    emulator.fail("talonone", "updateCustomerSessionV2", times=2)
    look_up("s-1")
    """: "f1 was to make updateCustomerSessionV2 of talonone fail with internal_error (twice, arranged at HERE), but "
    "it never fired: the test made 1 call, to getCustomerSession of talonone",
    """
    emulator.fail("talonone", "updateCustomerSessionV2")
    opt_out("u-1", token())
    opt_out("u-2", token())
    httpx.get("https://demo.talon.one/v2/nothing")
    """: "f1 was to make updateCustomerSessionV2 of talonone fail with internal_error (arranged at HERE), but it never "
    "fired: the test made 5 calls, to createToken of algonomy (twice), optOut of algonomy (twice) and no operation of "
    "talonone (GET /v2/nothing)",
    """
    session("s-1")
    session("s-1")
    emulator.fail("talonone", "updateCustomerSessionV2")
    """: "f1 was to make updateCustomerSessionV2 of talonone fail with internal_error (arranged at HERE), but it never "
    "fired: calls 1 and 2 came before it was arranged",
    """
    emulator.fail("talonone", headers={"X-Shop": "ü"})
    session("s-1")
    httpx.get(SESSIONS + "s-1", headers={**TALON_ONE, "X-Shop": "b"})
    """: "f1 was to make calls to talonone fail with internal_error (with X-Shop: ü, arranged at HERE), but it never "
    "fired: call 1 had no X-Shop and call 2 had X-Shop: b",
    """
    emulator.fail("treasuredata", fault="2003")
    httpx.post("https://us01.p13n.in.treasuredata.com/a/b", json={})
    """: "f1 was to make calls to treasuredata fail with 2003 (arranged at HERE), but it never fired: call 1 got 401 "
    'unauthorized before it came to "event checked", where it strikes',
    """
    emulator.fail("talonone", fault="internal_error", times=1)
    emulator.fail("talonone", "updateCustomerSessionV2", "rate_limited")
    session("s-1")
    httpx.put(SESSIONS + "s-2", headers={**TALON_ONE, "X-Emulator-Fault": "bad_gateway"}, json={})
    """: "f2 was to make updateCustomerSessionV2 of talonone fail with rate_limited (arranged at HERE), but it never "
    "fired: call 1 met f1 first and call 2 asked for a fault of its own, bad_gateway",
    """
    emulator.fail("treasuredata", fault="9999")
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    httpx.options("https://us01.p13n.in.treasuredata.com/public/a/b", headers=headers)
    """: "f1 was to make calls to treasuredata fail with 9999 (arranged at HERE), but it never fired: call 1 came "
    "ahead of a browser's call, and meets only a fault that names its operation",
    """
    emulator.control.trust("assumed")
    emulator.fail("primedata", "searchProfiles")
    httpx.post("http://primedata.localhost/pub/profiles/advanced-search", json={})
    """: "f1 was to make searchProfiles of primedata fail with internal_error (arranged at HERE), but it never fired: "
    "call 1 got 501, since fail_on takes no guesses",
    """
    with emulator.fail("talonone", fault="drop"):
        opt_out("u-1", token())
    """: "f1 was to make calls to talonone break off without an answer (arranged at HERE), but was removed before it "
    "ever fired",
    """
    emulator.fail("talonone")
    emulator.reset()
    session("s-1")
    """: "f1 was to make calls to talonone fail with internal_error (arranged at HERE), but was reset away before it "
    "ever fired",
    """
    emulator.fail("talonone")
    emulator.load({"seed": "other"})
    """: "f1 was to make calls to talonone fail with internal_error (arranged at HERE), but was reset away before it "
    "ever fired",
    """
    emulator.control.add_fault("algonomy", "invalid_token")
    emulator.reset("algonomy")
    """: "f1 was to make calls to algonomy fail with invalid_token, but was reset away before it ever fired",
    """
    emulator.control.save_snapshot("before")
    emulator.fail("talonone")
    emulator.control.restore_snapshot("before")
    """: "f1 was to make calls to talonone fail with internal_error (arranged at HERE), but was left behind by going "
    "back to a snapshot before it ever fired",
    """
    fault = emulator.fail("talonone")
    httpx.delete("http://talonone.localhost/_emulator/faults/" + fault.id)
    """: "f1 was to make calls to talonone fail with internal_error (arranged at HERE), but was removed before it ever "
    "fired",
    """
    emulator.drill("retry-storm", "algonomy")
    """: "the drill retry-storm was to trouble optOut of algonomy (arranged at HERE), but none of it (f1) ever fired: "
    "the test made no call to the emulator",
    """
    emulator.drill("expired-token")
    assert session("s-1").status_code == 401
    """: "passed",
    """
    emulator.control.drill("retry-storm", vendor="treasuredata")
    emulator.control.drill("retry-storm", vendor="primedata")
    session("s-1")
    """: "the drill retry-storm was to trouble personalize or personalizePublic of treasuredata or searchProfiles or "
    "searchEvents of primedata, but none of it (f1, f2, f3 and f4) ever fired: the test made 1 call, to "
    "updateCustomerSessionV2 of talonone",
    """
    emulator.drill("retry-storm", "talonone")
    look_up("s-1", headers={})
    """: "the drill retry-storm was to trouble any operation of talonone (arranged at HERE), but none of it (f1) ever "
    'fired: call 1 got 401 invalid_api_key before it came to "admitted", where it strikes',
    """
    emulator.drill("retry-storm", "talonone").remove()
    """: "the drill retry-storm was to trouble any operation of talonone (arranged at HERE), but was removed before "
    "any of it (f1) ever fired",
}


def test_a_test_fails_whose_faults_never_fired(shop: Shop) -> None:
    said = [re.sub(r"test_\w+\.py:\d+", "HERE", one) for one in shop.each(SENTENCES)]
    assert dict(zip(SENTENCES, said, strict=True)) == SENTENCES


def test_what_needs_not_happen_or_may_not_fails_nothing(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            emulator.fail("talonone", optional=True)
            emulator.drill("retry-storm", optional=True)
            emulator.fail("algonomy", probability=0.5)
            emulator.drill("flaky-5xx")
            emulator.reset()
    """).assert_outcomes(passed=1)


def test_a_fault_of_which_a_part_is_left_has_fired(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            emulator.fail("talonone", times=5)
            session("s-1")
    """).assert_outcomes(passed=1)


def test_all_of_them_are_told(shop: Shop) -> None:
    said = shop.why("""
        def test_it(emulator):
            emulator.control.add_fault("talonone", "drop")
            emulator.control.add_fault("algonomy", "drop")
    """)
    assert said.split("\n") == [
        f"f1 was to make calls to talonone break off without an answer, {NO_CALL}",
        f"f2 was to make calls to algonomy break off without an answer, {NO_CALL}",
    ]


def test_a_fault_of_a_fixture_counts_as_well(shop: Shop) -> None:
    said = shop.why("""
        @pytest.fixture
        def down(emulator):
            with emulator.fail("talonone"):
                yield

        def test_it(down):
            pass

        def test_that(down):
            session("s-1")
    """)
    file = "test_a_fault_of_a_fixture_counts_as_well.py"
    assert said == f"f1 was to make calls to talonone fail with internal_error (arranged at {file}:7), {NO_CALL}"


def test_a_test_that_asks_for_the_fixture_while_it_runs_is_held_to_it(shop: Shop) -> None:
    said = shop.why("""
        def test_it(request):
            request.getfixturevalue("emulator").control.add_fault("talonone", "drop")
    """)
    assert said == f"f1 was to make calls to talonone break off without an answer, {NO_CALL}"


def test_a_test_that_ends_otherwise_is_left_to_its_end(shop: Shop) -> None:
    result = shop.test("""
        import unittest

        def test_skipped(emulator):
            emulator.fail("talonone")
            pytest.skip("not today")

        def test_expected(emulator):
            emulator.fail("talonone")
            pytest.xfail("as ever")

        @pytest.mark.xfail(strict=True)
        def test_unfired_as_expected(emulator):
            emulator.fail("talonone")

        def test_wrong(emulator):
            emulator.fail("talonone")
            assert 1 == 2

        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _world(self, emulator):
                self.emulator = emulator

            def test_skipped_too(self):
                self.emulator.fail("talonone")
                self.skipTest("not today")

            def test_wrong_too(self):
                self.emulator.fail("talonone")
                self.assertEqual(1, 2)

            def test_unfired(self):
                self.emulator.control.add_fault("talonone", "drop")
    """)
    result.assert_outcomes(skipped=2, xfailed=2, failed=3)
    found = {name: why(lines) for name, lines in failures(result).items()}
    assert found == {
        "test_wrong": "assert 1 == 2",
        "TestCase.test_wrong_too": "AssertionError: 1 != 2",
        "TestCase.test_unfired": f"f1 was to make calls to talonone break off without an answer, {NO_CALL}",
    }


def test_an_emulator_without_faults_is_not_asked(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator, monkeypatch):
            monkeypatch.setattr(type(emulator.venue.control), "send", None)
    """).assert_outcomes(passed=1)
