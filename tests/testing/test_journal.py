"""A test's calls, listed."""

import pytest

from tests.testing.conftest import Run
from tests.testing.shop import Shop


@pytest.fixture
def shop(run: Run, pytester: pytest.Pytester) -> Shop:
    return Shop(run, pytester)


def test_a_call_has_all_that_was_asked_and_answered(shop: Shop) -> None:
    shop.test("""
        @pytest.mark.emulator(clock="2026-01-05T09:00:00Z")
        def test_it(emulator):
            session("s 1", params={"dry": "true", "a": ["1", "ü"]})
            (call,) = emulator.requests()
            assert (call.id, call.at.isoformat()) == ("1", "2026-01-05T09:00:00+00:00")
            assert (call.vendor, call.operation, call.status) == ("talonone", "updateCustomerSessionV2", 200)
            assert (call.method, call.path) == ("PUT", "/v2/customer_sessions/s%201")
            assert call.path_parameters == {"customerSessionId": "s 1"}
            assert call.query == {"dry": "true", "a": ["1", "ü"]}
            assert call.headers["Authorization"] == "ApiKey-v1 …b3a4"
            assert call.body == {"customerSession": {"profileId": "ana@example.com", "cartItems": []}} == call.json()
            assert call.answer_headers["x-emulator-request-id"] == "1"
            assert set(call.answer_body) == set(call.answer_json()) >= {"effects"}
            assert (call.refusal, call.fault, call.would_refuse, call.refused) == (None, None, None, False)
            assert (call.caller, call.provenance) == ("application 7", "assumed")
            assert "talonone.operation.updateCustomerSessionV2" in call.relied
            assert call.form == {}
    """).assert_outcomes(passed=1)


def test_a_call_is_told_on_one_line(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            emulator.fail("talonone", fault="rate_limited,delay=1", times=1)
            session("s-1", params={"a": "b"})
            look_up("s-2", headers={"X-Emulator-Fault": "bad_gateway"})
            look_up("s-3\\u202e")
            httpx.get("https://demo.talon.one/v2/nothing" + "g" * 200)
            assert [repr(call) for call in emulator.requests()] == [
                "<Call 1: talonone updateCustomerSessionV2, PUT /v2/customer_sessions/s-1?a=b, 429 rate_limited by f1>",
                "<Call 2: talonone getCustomerSession, GET /v2/customer_sessions/s-2, 502 bad_gateway as asked>",
                "<Call 3: talonone getCustomerSession, GET /v2/customer_sessions/s-3%E2%80%AE, 404 session_not_found>",
                f"<Call 4: talonone -, GET /v2/nothing{'g' * 87}… (215 characters), 501>",
            ]
            assert [call.refused for call in emulator.requests()] == [True] * 4
            assert [call.provoked for call in emulator.requests()] == [True, True, False, False]
    """).assert_outcomes(passed=1)


def test_a_form_is_read_however_it_is_sent(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            fields = {"grant_type": "client_credentials", "client_id": "ü & 1"}
            httpx.post(ALGONOMY + "oauth2/token", data=fields)
            httpx.post(ALGONOMY + "oauth2/token", files={name: (None, value) for name, value in fields.items()})
            httpx.post(ALGONOMY + "oauth2/token", json=fields)
            assert [call.form for call in emulator.requests()] == [fields, fields, {}]
    """).assert_outcomes(passed=1)


def test_a_body_that_is_no_json_says_so(shop: Shop) -> None:
    said = shop.each(
        f"httpx.put(SESSIONS + 's', content={content}, headers=TALON_ONE)\nemulator.requests()[0].json()"
        for content in ("b'{no'", "b''", "b'x' * 100_000")
    )
    assert said == [
        "ValueError: the body of call 1 (PUT /v2/customer_sessions/s) is no JSON but '{no'",
        "ValueError: the body of call 1 (PUT /v2/customer_sessions/s) is empty",
        "ValueError: the body of call 1 (PUT /v2/customer_sessions/s), of which the journal has kept the beginning, is "
        "no JSON but 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (64,514 characters)",
    ]


def test_calls_are_chosen_by_what_they_had(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            session("s-1"), session("s-2", params={"dry": "true"}), look_up("s-3"), opt_out("u-1", token())
            chosen = {
                "12345": {},
                "123": {"vendor": "talonone"},
                "12": {"vendor": "talonone", "operation": "updateCustomerSessionV2"},
                "3": {"status": 404},
                "1245": {"status": "2XX", "body": {}},
                "2": {"dry": True},
                "5": {"user_id": "u-1"},
                "": {"vendor": "algonomy", "user_id": "u-2"},
            }
            found = {ids: [call.id for call in emulator.requests(**asked)] for ids, asked in chosen.items()}
            assert found == {ids: list(ids) for ids in chosen}
    """).assert_outcomes(passed=1)


def test_more_than_the_newest_hundred_are_listed(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            for number in range(120):
                look_up(f"s-{number}")
            assert len(emulator.requests("talonone")) == 120
    """).assert_outcomes(passed=1)


def test_an_explanation_is_had_when_it_is_asked_for(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            look_up("s-1", headers={"Authorization": "d1c2b3a4" * 8})
            explanation = emulator.requests()[0].explain()
            assert (explanation.outcome, explanation.refusal) == ("refused", "invalid_api_key")
            assert explanation.cause == "The header lacks its scheme word: Authorization: ApiKey-v1 and the key."
            assert (explanation.failed.name, explanation.failed.got) == ("API key", "Authorization: …b3a4")
            assert [entry.id for entry in explanation.relied] == ["talonone.error.invalid_api_key"]
            assert explanation.correction is None
    """).assert_outcomes(passed=1)


def test_an_explanation_reads_well(shop: Shop) -> None:
    result = shop.test("""
        def test_it(emulator):
            httpx.put(SESSIONS + "s-1", headers=TALON_ONE, json={"customerSesion": {}})
            print(emulator.requests()[0].explain())
            assert False
    """)
    end = result.outlines.index("---------------------------- Calls to the emulator -----------------------------")
    begin = result.outlines.index("----------------------------- Captured stdout call -----------------------------")
    key = "d1c2b3a4" * 8
    assert result.outlines[begin + 1 : end] == [
        "customerSesion is misspelt: the member is customerSession.",
        "The check that failed: shape of the body",
        "  expected  the documented members, each of its type and within its",
        "            bounds",
        "  got       an object with customerSesion",
        "- customerSesion is not documented; did you mean customerSession?",
        "The same call with its customerSession put right.",
        "  curl -i -X PUT http://127.0.0.1:4680/talonone/v2/customer_sessions/s-1 \\",
        f"    -H 'authorization: ApiKey-v1 {key}' \\",
        "    -H 'content-type: application/json' \\",
        """    --data-raw '{"customerSession":{}}'""",
    ]


@pytest.mark.parametrize("forgetting", ["reset()", "control.clear_requests()"])
def test_what_the_journal_has_forgotten_is_not_explained(shop: Shop, forgetting: str) -> None:
    said = shop.why(f"""
        def test_it(emulator):
            look_up("s-1")
            (call,) = emulator.requests()
            emulator.{forgetting}
            look_up("s-2")
            call.explain()
    """)
    assert said == "LookupError: the journal no longer has call 1 (GET /v2/customer_sessions/s-1)"


def test_the_control_plane_tells_on_what_an_answer_relied(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            look_up("s-1")
            (call,) = emulator.requests()
            entries = emulator.control.explain(call.id)["provenance"]["entries"]
            assert call.relied == tuple(entry["id"] for entry in entries) == ("talonone.error.session_not_found",)
    """).assert_outcomes(passed=1)
