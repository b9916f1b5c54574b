"""What a failing test tells of its calls: whole sections."""

import re
from textwrap import dedent

import pytest

from tests.testing.conftest import Run
from tests.testing.shop import Shop, failures, section, why

KEY = "d1c2b3a4" * 8


@pytest.fixture
def shop(run: Run, pytester: pytest.Pytester) -> Shop:
    return Shop(run, pytester)


def told(expected: str) -> str:
    return dedent(expected).strip("\n").replace("KEY", KEY)


def test_calls_are_told_as_a_table(shop: Shop) -> None:
    said = shop.section("""
        @pytest.mark.emulator(clock="2026-01-05T09:00:00Z")
        def test_it(emulator):
            emulator.fail("talonone", "getCustomerSession", "rate_limited", times=1)
            session("s-1", params={"dry": "true"})
            look_up("s-1")
            look_up("s-1", headers={"X-Emulator-Fault": "bad_gateway"})
            opt_out("Zoë", token())
            assert False
    """)
    assert said == told("""
        in-process; scenario demo; clock frozen at 2026-01-05T09:00:00Z
        fault f1, rate_limited at getCustomerSession of talonone, fired once

        #  vendor    operation                call                                outcome                   provenance
        1  talonone  updateCustomerSessionV2  PUT /v2/cus…_sessions/s-1?dry=true  200                       assumed
        2  talonone  getCustomerSession       GET /v2/customer_sessions/s-1       429 rate_limited by f1    inferred
        3  talonone  getCustomerSession       GET /v2/customer_sessions/s-1       502 bad_gateway as asked  inferred
        4  algonomy  createToken              POST /profi…ommand/v1/oauth2/token  200                       documented
        5  algonomy  optOut                   PUT /profil…e40a0f/optOut/Zo%C3%AB  200                       assumed
        """)


def test_a_test_without_calls_says_so(shop: Shop) -> None:
    said = shop.section("""
        def test_it(emulator):
            emulator.load("empty")
            assert False
    """)
    assert said == told("""
        in-process; scenario empty; clock the machine's

        the test made no call to the emulator (a client with a transport of its own comes here by
        emulator.attach(client), a program in another process by emulator_server)
        """)


def test_only_the_newest_calls_are_shown(shop: Shop) -> None:
    said = shop.section("""
        def test_it(emulator):
            for number in range(1_010):
                look_up(f"s-{number}")
            assert False
    """)
    heading, before, *rows, dropped = said.split("\n\n")[1].split("\n")
    assert heading.split() == ["#", "vendor", "operation", "call", "outcome", "provenance"]
    assert before == "… 970 earlier calls"
    assert len(rows) == 30
    assert rows[-1] == (
        "1010  talonone  getCustomerSession  GET /v2/customer_sessions/s-1009  404 session_not_found  assumed"
    )
    assert dropped == "(10 calls before these fell out of the journal.)"


def test_each_kind_of_refusal_is_explained_once(shop: Shop) -> None:
    said = shop.section("""
        def test_it(emulator):
            httpx.put(SESSIONS + "s-1", headers={"Authorization": "d1c2b3a4" * 8}, json={})
            httpx.put(SESSIONS + "s-2", headers={"Authorization": "d1c2b3a4" * 8}, json={})
            httpx.put(SESSIONS + "s-2", headers=TALON_ONE, json={"customerSesion": {}})
            httpx.get("https://demo.talon.one/v2/customer_session/s-1", headers=TALON_ONE)
            assert False
    """)
    assert said == told("""
        in-process; scenario demo; clock the machine's

        #  vendor    operation                call                           outcome               provenance
        1  talonone  updateCustomerSessionV2  PUT /v2/customer_sessions/s-1  401 invalid_api_key   inferred
        2  talonone  updateCustomerSessionV2  PUT /v2/customer_sessions/s-2  401 invalid_api_key   inferred
        3  talonone  updateCustomerSessionV2  PUT /v2/customer_sessions/s-2  400 schema_violation  inferred
        4  talonone  -                        GET /v2/customer_session/s-1   501

        call 1  PUT /v2/customer_sessions/s-1: 401 invalid_api_key
          The header lacks its scheme word: Authorization: ApiKey-v1 and the key.
          The check that failed: API key
            expected  Authorization: ApiKey-v1 and an Application's key that has
                      not expired; in V1 a Content-Signature will do
            got       Authorization: …b3a4
          The same call with its API key and shape of the body put right.
            curl -i -X PUT http://127.0.0.1:4680/talonone/v2/customer_sessions/s-1 \\
              -H 'content-type: application/json' \\
              -H 'Authorization: ApiKey-v1 KEY' \\
              --data-raw '{"customerSession": {}}'

        call 3  PUT /v2/customer_sessions/s-2: 400 schema_violation
          customerSesion is misspelt: the member is customerSession.
          The check that failed: shape of the body
            expected  the documented members, each of its type and within its
                      bounds
            got       an object with customerSesion
          - customerSesion is not documented; did you mean customerSession?
          The same call with its customerSession put right.
            curl -i -X PUT http://127.0.0.1:4680/talonone/v2/customer_sessions/s-2 \\
              -H 'authorization: ApiKey-v1 KEY' \\
              -H 'content-type: application/json' \\
              --data-raw '{"customerSession":{}}'

        call 4  GET /v2/customer_session/s-1: 501
          The path has 'customer_session' for 'customer_sessions':
          getCustomerSession is GET /v2/customer_sessions/{customerSessionId}.
          The check that failed: path
            expected  a path of Talon.One's Integration API
            got       /v2/customer_session/s-1

        (For curl there must be an emulator that listens: martech-emulator
        serve.)
        """)


def test_a_call_that_was_wrong_in_another_way_is_another_kind(shop: Shop) -> None:
    said = shop.section("""
        def test_it(emulator):
            for number in range(30):
                look_up(f"s-{number}")
            for body in {"customerSesion": {}}, {"customerSesion": {}}, {"customerSession": {"state": "opne"}}:
                httpx.put(SESSIONS + "s-1", headers=TALON_ONE, json=body)
            assert False
    """)
    assert re.findall(r"^call (\d+)  .*\n  (.*)", said, re.MULTILINE) == [
        ("1", "There is no session 's-0': it exists once an update that is no dry run"),
        ("31", "customerSesion is misspelt: the member is customerSession."),
        ("33", 'customerSession.state is "opne": it is written "open".'),
    ]


def test_no_more_than_five_refusals_are_explained(shop: Shop) -> None:
    said = shop.section("""
        def test_it(emulator):
            look_up("s-1"), look_up("s-1", headers={}), httpx.put(SESSIONS + "s-1")
            opt_out("u-1", "old"), httpx.get("http://algonomy.localhost/x"), httpx.get("http://primedata.localhost/x")
            httpx.get("http://talonone.localhost/x")
            assert False
    """)
    assert re.findall(r"^call (\d+)  ", said, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    assert "\n\nand others: calls 6 and 7\n" in said


def test_what_else_is_odd_is_told_as_well(shop: Shop) -> None:
    said = shop.section("""
        def test_it(emulator):
            emulator.control.add_fault("algonomy", "drop")
            for _ in range(2):
                with pytest.raises(Exception):
                    httpx.get("https://api.treasuredata.com/")
            assert False
    """)
    unfired, refused = said.split("\n\n")[-2:]
    assert unfired == (
        "f1 was to make calls to algonomy break off without an answer, but it never fired: the test made no call to "
        "the emulator"
    )
    assert refused.startswith("refused: api.treasuredata.com is a host of Treasure Data's that the emulator does not ")
    assert "\n" not in refused


def test_what_a_test_failed_with_is_not_said_again(shop: Shop) -> None:
    (lines,) = failures(
        shop.test("""
        def test_it(emulator):
            emulator.control.add_fault("algonomy", "drop")
        """)
    ).values()
    assert why(lines).endswith("but it never fired: the test made no call to the emulator")
    assert section(lines) == told("""
        in-process; scenario demo; clock the machine's
        fault f1, drop at any operation of algonomy, never fired

        the test made no call to the emulator (a client with a transport of its own comes here by
        emulator.attach(client), a program in another process by emulator_server)
        """)


def test_fixtures_that_fail_before_and_after_tell_it_too(shop: Shop) -> None:
    result = shop.test("""
        @pytest.fixture
        def before(emulator):
            look_up("s-1")
            raise ValueError("before")

        @pytest.fixture
        def after(emulator):
            yield
            look_up("s-1")
            raise ValueError("after")

        def test_before(before):
            pass

        def test_after(after):
            look_up("s-2")

        def test_both(after):
            look_up("s-2")
            assert False
    """)
    result.assert_outcomes(errors=3, passed=1, failed=1)
    assert (
        result.outlines.count("---------------------------- Calls to the emulator -----------------------------") == 3
    )
    found = failures(result)
    assert "GET /v2/customer_sessions/s-1" in section(found["test_before"])
    assert re.findall(r"^\d .*(s-\d)  ", section(found["test_after"]), re.MULTILINE) == ["s-2", "s-1"]
    assert re.findall(r"^\d .*(s-\d)  ", section(found["test_both"]), re.MULTILINE) == ["s-2"]


def test_every_kind_of_test_tells_its_calls(shop: Shop) -> None:
    result = shop.test(
        """
        import unittest

        def doctested():
            '''
            >>> emulator = getfixture("emulator")
            >>> look_up("s-1").status_code
            200
            '''

        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _world(self, emulator):
                pass

            def test_it(self):
                look_up("s-1")
                self.fail("no")

        @pytest.mark.parametrize("name", ["s-1", "s-2"])
        def test_it(emulator, name):
            look_up(name)
            assert name == "s-2"

        @pytest.mark.asyncio
        async def test_async(emulator):
            async with httpx.AsyncClient(headers=TALON_ONE) as client:
                await client.get(SESSIONS + "s-1")
            assert False
        """,
        "--doctest-modules",
    )
    result.assert_outcomes(failed=4, passed=1)
    row = "1  talonone  getCustomerSession  GET /v2/customer_sessions/s-1  404 session_not_found  assumed"
    assert result.outlines.count(row) == 4


@pytest.mark.parametrize("args", [["-q"], ["-v"], ["-rA"], ["--tb=short"], ["--tb=line"], ["--tb=native"], ["-n", "2"]])
def test_it_is_told_however_pytest_is_run(shop: Shop, args: list[str]) -> None:
    result = shop.test(
        """
        def test_it(emulator):
            look_up("s-1")
            assert False
        """,
        *args,
    )
    result.stdout.fnmatch_lines(
        ["1  talonone  getCustomerSession  GET /v2/customer_sessions/s-1  404 session_not_found *"]
    )


def test_files_for_other_programs_are_as_they_were(shop: Shop, pytester: pytest.Pytester) -> None:
    shop.test(
        """
        def test_it(emulator):
            look_up("s-1")
            assert False
        """,
        "--junitxml=report.xml",
        "--emulator-reliance=assumed",
        "--tb=no",
    )
    text = (pytester.path / "report.xml").read_text()
    assert "assert False" in text
    assert "properties" not in text
    assert "session_not_found" not in text


@pytest.mark.parametrize("defect", ["ValueError('no\\nway')", "RecursionError()"])
def test_a_defect_of_the_report_is_a_line_of_it(shop: Shop, defect: str) -> None:
    said = shop.section(f"""
        def test_it(emulator, monkeypatch):
            look_up("s-1")
            def broken(*args, **more):
                raise {defect}
            monkeypatch.setattr("emulator.testing.report.rows", broken)
            assert False
    """)
    first, second, *more = said.split("\n\n")
    assert first == "in-process; scenario demo; clock the machine's"
    assert second.startswith("(a part of this report is missing, by a defect of martech-emulator: ")
    assert "\n" not in second
    assert more[0].startswith("call 1  GET /v2/customer_sessions/s-1: 404 session_not_found\n")
