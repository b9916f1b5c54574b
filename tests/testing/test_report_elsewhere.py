"""What is told where the emulator runs elsewhere, and when it is there no more."""

import re

import pytest

from tests.testing.conftest import Run
from tests.testing.shop import Shop, failures, section, why
from tests.testing.strangers import free_port


@pytest.fixture
def shop(run: Run, pytester: pytest.Pytester) -> Shop:
    return Shop(run, pytester)


def test_faults_calls_and_reliance_are_told_alike(shop: Shop, url: str) -> None:
    result = shop.test(
        """
        def test_right(emulator):
            with emulator.fail("talonone", "updateCustomerSessionV2", times=1) as fault:
                assert session("s-1").status_code == 500
                assert fault.fired == 1
            session("s-1")
            emulator.assert_called("talonone", "updateCustomerSessionV2", customer_session_id="s-1", times=2)

        def test_unfired(emulator):
            emulator.control.add_fault("talonone", "drop")
            emulator.reset()

        def test_wrong(emulator):
            look_up("s-1", headers={"Authorization": "d1c2b3a4" * 8})
            emulator.assert_called("talonone", "getCustomerSession", status=200)
        """,
        f"--emulator-url={url}",
        "--emulator-reliance=assumed",
    )
    result.assert_outcomes(passed=1, failed=2)
    found = failures(result)
    assert why(found["test_unfired"]) == (
        "f1 was to make calls to talonone break off without an answer, but was reset away before it ever fired"
    )
    assert why(found["test_wrong"]).split("\n")[2:] == [
        "call 1  GET /v2/customer_sessions/s-1: 401 invalid_api_key",
        "  status",
        "    expected  200",
        "    got       401",
        "  The header lacks its scheme word: Authorization: ApiKey-v1 and the",
        "  key.",
    ]
    state, _, explained, reliance = section(found["test_wrong"]).split("\n\n")
    assert re.fullmatch(rf"container {url}/ns/pytest-\w+; scenario \w+; clock .*", state)
    assert "curl" not in explained
    assert reliance == "no answer rests on what is assumed"
    assert any(line.startswith("talonone.rule_language  assumed  1 ") for line in result.outlines)


def test_a_corrected_call_leads_to_where_the_emulator_is(shop: Shop, url: str) -> None:
    said = shop.section(
        """
        def test_it(emulator):
            httpx.put(SESSIONS + "s-1", headers=TALON_ONE, json={"customerSesion": {}})
            assert False
        """,
        f"--emulator-url={url}",
    )
    assert re.search(
        rf"^    curl -i -X PUT {url}/ns/pytest-\w+/talonone/v2/customer_sessions/s-1 \\$", said, re.MULTILINE
    )
    assert "martech-emulator serve" not in said


LEAVING = """
        from emulator.server import Background
        from emulator.settings import Options

        @pytest.fixture(scope="session", autouse=True)
        def leave():
            running = Background(Options(port=PORT)).__enter__()
            yield lambda: running.__exit__(None, None, None)

        def test_it(emulator, leave):
"""


def test_one_that_has_gone_away_is_said_to_be(shop: Shop) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    result = shop.test(
        LEAVING.replace("PORT", str(port))
        + """
            emulator.fail("talonone")
            leave()
        """,
        f"--emulator-url={url}",
    )
    (lines,) = failures(result).values()
    gone = f"no emulator answers at {url}: connection refused; start one: martech-emulator serve --port {port}"
    assert why(lines) == f"nobody can tell whether f1 ever fired: {gone}"
    assert section(lines) == f"The calls cannot be told: {gone}"


def test_one_that_does_not_answer_is_not_waited_for_for_long(shop: Shop, url: str) -> None:
    result = shop.test(
        """
        from emulator.client import Unreachable

        def test_it(emulator, monkeypatch):
            def send(self, method, path, body, media_type, timeout):
                raise Unreachable(f"no answer within {timeout:g} seconds")

            monkeypatch.setattr(type(emulator.venue.control), "send", send)
            assert False
        """,
        f"--emulator-url={url}",
    )
    (lines,) = failures(result).values()
    assert why(lines) == "assert False"
    assert section(lines) == "The calls cannot be told: no answer within 5 seconds"
