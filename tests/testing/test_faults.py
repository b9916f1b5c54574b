"""What a test arranges to go wrong."""

import pytest

from tests.testing.conftest import Run
from tests.testing.shop import Shop


@pytest.fixture
def shop(run: Run, pytester: pytest.Pytester) -> Shop:
    return Shop(run, pytester)


def test_the_next_calls_fail_as_often_as_asked(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            fault = emulator.fail("talonone", "updateCustomerSessionV2", times=2)
            assert [session("s-1").status_code for _ in range(3)] == [500, 500, 200]
            assert (fault.id, fault.fired, fault.requests) == ("f1", 2, ["1", "2"])
    """).assert_outcomes(passed=1)


MEANT = {
    '"treasuredata", "personalize"': "9999",
    '"treasuredata"': "9999",
    '"primedata", "searchProfiles"': "internal_error",
    '"primedata", "smile"': "tracking_internal_error",
    '"algonomy", "optOut"': "unexpected_error",
    '"talonone"': "internal_error",
    '"talonone", "updateCustomerSessionV2", status=429': "rate_limited",
    '"talonone", "updateCustomerSessionV2", status=409': "too_many_requests_for_session",
    '"primedata", "smile", status=502': "tracking_bad_gateway",
    '"primedata", "searchEvents", status=502': "bad_gateway",
    '"talonone", fault="drop"': "drop",
    '"talonone", fault="internal_error|bad_gateway"': "internal_error|bad_gateway",
    '"talonone", delay=500': "delay=500",
    '"talonone", delay=(100, timedelta(seconds=1.5))': "delay=100-1500",
    '"talonone", slow=timedelta(milliseconds=20)': "slow=20",
    '"talonone", None, "rate_limited", delay=5, slow=6': "rate_limited,delay=5,slow=6",
    '"talonone", "getCustomerSession", status=429, delay=5': "rate_limited,delay=5",
}


def test_a_failure_may_be_told_by_its_name_its_status_or_not_at_all(shop: Shop) -> None:
    said = shop.each(
        f"assert emulator.fail({asked}, optional=True).fault == {meant!r}" for asked, meant in MEANT.items()
    )
    assert dict(zip(MEANT, said, strict=True)) == dict.fromkeys(MEANT, "passed")


@pytest.mark.parametrize("operation", ["personalize", None])
def test_the_plain_failure_is_the_same_at_every_call(shop: Shop, operation: str | None) -> None:
    shop.test(f"""
        def test_it(emulator, treasuredata):
            names = [emulator.fail("treasuredata", {operation!r}, optional=True).fault for _ in range(3)]
            assert names == ["9999", "9999", "9999"]
    """).assert_outcomes(passed=1)


REFUSED = {
    'fail("talonon")': "vendor: 'talonon' is no vendor here; did you mean talonone?",
    'fail("talonon", fault="drop")': "vendor: 'talonon' is no vendor here; did you mean talonone?",
    'fail("algonomy", "optout")': "operation: 'optout' is no operation here; did you mean optOut?",
    'fail("algonomy", "optout", "drop")': "operation: 'optout' is no operation here; did you mean optOut?",
    'fail("talonone", fault="rate_limit")': "fault: 'rate_limit' is no fault here; did you mean rate_limited?",
    'fail("talonone", fault="drop", times=0)': "times: Input should be greater than or equal to 1, found 0",
    'fail("talonone", fault="drop", status=500)': (
        "status: the fault 'drop' says already what is to happen; leave one of them out"
    ),
    'fail("treasuredata", "personalize", status=429)': (
        "status: personalize of treasuredata has 2 failures of status 429, so name one as fault: 2003, 2013"
    ),
    'fail("algonomy", "optOut", status=418)': (
        "status: optOut of algonomy has no failure of status 418; it has 400, 401, 403, 404, 405, 413, 414, 415, 426, "
        "429, 500, 502, 503, 504"
    ),
    'fail("algonomy", status=503)': (
        "status: algonomy has 3 failures of status 503, so name one as fault: upstream_unavailable, no_peer, "
        "name_resolution_failed"
    ),
    'fail("talonone", delay=0.5)': (
        "fault: delay=0.5: write whole milliseconds from 0 to 600000, or a span such as delay=100-900"
    ),
    'fail("talonone", headers={"X-Emulator-A": "b"})': (
        "headers.X-Emulator-A: headers that begin with X-Emulator- are the emulator's own, and single out no call"
    ),
    'fail("talonone", status="503")': "status: write a whole number such as 503; found '503'",
    'fail("talonone", times=3j)': "times: 3j cannot be said in JSON",
    'fail("talonone", probability=float("nan"))': "probability: nan cannot be said in JSON",
    'limit("primedata", "requests", scale={1})': "scale: {1} cannot be said in JSON",
    'fail("talonone", headers="X-A: b")': "headers: Input should be an object, found 'X-A: b'",
    "fail(None)": "vendor: None is no text",
    'fail("talonone", 7)': "operation: 7 is no text",
    'fail("talonone", fault=429)': "fault: 429 is no text",
    'drill("retry-strom")': "'retry-strom' is no drill here; did you mean retry-storm?",
    'drill("retry-storm", "algonmy")': "vendor: 'algonmy' is no vendor here; did you mean algonomy?",
    'drill("retry-storm", delay=5)': "delay: retry-storm delays nothing; slow-first-byte does",
    'drill("slow-first-byte", 7)': "vendor: 7 is no text",
    'limit("primedata", "request", scale=0.5)': "name: 'request' is no limit here; did you mean requests?",
    'limit("primedata", "requests")': "scale, enabled, enforce: say at least one of them",
}


def test_what_cannot_be_arranged_is_refused_in_a_sentence(shop: Shop) -> None:
    said = shop.each(f"emulator.{call}" for call in REFUSED)
    assert dict(zip(REFUSED, said, strict=True)) == {
        call: f"emulator.client.Refused: {sentence}" for call, sentence in REFUSED.items()
    }


def test_a_refusal_points_at_the_tests_line(shop: Shop) -> None:
    result = shop.test("""
        def test_it(emulator):
            emulator.fail("talonon")
    """)
    result.stdout.fnmatch_lines(
        [
            "*test_a_refusal_points_at_the_tests_line.py:6: in test_it",
            '    emulator.fail("talonon")',
            "E   *Refused: *",
        ],
        consecutive=True,
    )


def test_an_arrangement_tells_of_itself_also_when_it_is_over(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            with emulator.fail("talonone", fault="rate_limited") as fault:
                assert repr(fault) == "<StandingFault f1: talonone any operation rate_limited>"
                assert fault.fired == 0
                session("s-1"), session("s-2")
            assert session("s-3").status_code == 200
            assert (fault.fired, fault.requests, fault.vendor, fault.times) == (2, ["1", "2"], "talonone", None)
            fault.remove()
    """).assert_outcomes(passed=1)


def test_after_a_reset_an_old_arrangement_does_not_speak_of_a_new_one(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            fault = emulator.fail("talonone")
            session("s-1")
            emulator.reset()
            again = emulator.fail("talonone")
            assert (fault.id, again.id) == ("f1", "f1")
            session("s-1"), session("s-2")
            assert (fault.fired, again.fired) == (1, 2)
            fault.remove()
            assert session("s-3").status_code == 500
    """).assert_outcomes(passed=1)


def test_a_drill_is_one_arrangement(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            with emulator.drill("retry-storm", times=1) as drill:
                assert repr(drill) == "<StandingDrill retry-storm: f1, f2, f3, f4, f5, f6>"
                assert [session("s-1").status_code for _ in range(2)] == [429, 200]
            assert (drill.fired, drill.requests) == (1, ["1"])
            assert emulator.control.faults() == []
    """).assert_outcomes(passed=1)


def test_a_drill_takes_what_a_failure_takes(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            place = ("talonone", "getCustomerSession")
            drill = emulator.drill("slow-first-byte", *place, times=2, delay=(1, 2), headers={"A": "b"}, optional=True)
            (fault,) = drill.faults
            assert (fault.vendor, fault.operation, fault.fault, fault.times) == (*place, "delay=1-2", 2)
    """).assert_outcomes(passed=1)


def test_a_limit_may_be_scaled_down_or_only_tell(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            assert emulator.limit("primedata", "requests", scale=0.5)["scale"] == 0.5
            limit = emulator.limit("primedata", "requests", enforce=False)
            assert (limit["scale"], limit["enforce"], limit["enabled"]) == (0.5, False, True)
    """).assert_outcomes(passed=1)
