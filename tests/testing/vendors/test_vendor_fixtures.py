"""The vendors' fixtures in a test suite: each by itself, in asynchronous tests, and when a test is over."""

from collections.abc import Sequence

import pytest

from tests.testing.conftest import Run

ASYNC_BODY = """
    answer = await talonone.async_client.put("/v2/customer_sessions/s-1", json={"customerSession": {}})
    assert answer.status_code == 200
    assert talonone.session("s-1").state == "open"
    command = {"type": "optOut", "enableOptOut": True}
    path = f"/profile-command/v1/{algonomy.site_id}/optOut/u-1"
    assert (await algonomy.async_client.put(path, json=command)).status_code == 200
    assert algonomy.is_opted_out("u-1")
    offers = await treasuredata.async_client.post("/personalization__database/pageviews", json={})
    assert offers.status_code == 204
    who = {"identities": {"email": ["ana@example.com"]}}
    profile = await primedata.async_client.post("/pub/profiles/advanced-search", json=who)
    assert profile.json()["data"]["trait"] == {"full_name": "Ana"}
"""


def test_each_vendor_can_be_had_without_the_emulator_being_named(run: Run) -> None:
    result = run("""
        def test_talonone(talonone):
            assert not talonone.update_session("s-1").named("setDiscount")

        def test_algonomy(algonomy):
            assert algonomy.opted_out() == {"opted-out-user"}

        def test_primedata(primedata):
            assert primedata.add_event("ProductViewed", {"product": "Trail Shoe"}, email="ana@example.com")

        def test_treasuredata(treasuredata):
            assert treasuredata.send("preferences_table", td_client_id="c-1", event_name="view", product_name="Shoe")

        def test_all(emulator, talonone, algonomy, primedata, treasuredata):
            views = emulator.talonone, emulator.algonomy, emulator.primedata, emulator.treasuredata
            assert views == (talonone, algonomy, primedata, treasuredata)
            assert talonone.client is emulator.talonone.client
    """)
    result.assert_outcomes(passed=5)


@pytest.mark.parametrize(
    ("mark", "options", "tests"),
    [
        ("pytest.mark.asyncio", ("-o", "asyncio_mode=strict"), 1),
        ("pytest.mark.filterwarnings()", ("-o", "asyncio_mode=auto"), 1),
        ("pytest.mark.anyio", (), 2),
    ],
    ids=["asyncio strict", "asyncio auto", "anyio on asyncio and trio"],
)
def test_asynchronous_clients_work_in_asynchronous_tests_and_leave_nothing_open(
    run: Run, mark: str, options: Sequence[str], tests: int
) -> None:
    result = run(
        f"""
import gc

import pytest

@{mark}
async def test_it(talonone, algonomy, treasuredata, primedata):
{ASYNC_BODY}

def test_that_nothing_is_left():
    gc.collect()
        """,
        "-W", "error", *options,
    )  # fmt: skip
    result.assert_outcomes(passed=tests + 1)


def test_clients_are_closed_when_their_test_is_over(run: Run) -> None:
    result = run("""
        kept = []

        def test_that_keeps(talonone, algonomy):
            kept.extend([talonone.client, talonone.async_client, algonomy.client])
            assert not any(client.is_closed for client in kept)

        def test_that_comes_later(talonone):
            assert all(client.is_closed for client in kept)
            assert not talonone.client.is_closed
            assert talonone.client is not kept[0]
    """)
    result.assert_outcomes(passed=2)


def test_no_test_begins_with_the_token_or_the_credentials_of_another(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.mark.emulator(scenario={"name": "shop", "algonomy": {"environments": {"staging": {
            "sites": ["shop"],
            "clients": [{"client_id": "c", "client_secret": "s", "sites": ["shop"]}],
        }}}})
        def test_in_a_world_of_its_own(algonomy):
            algonomy.opt_out("u-1")
            assert (algonomy.environment, algonomy.opted_out()) == ("staging", {"u-1"})

        def test_in_the_demo_world(algonomy):
            algonomy.opt_out("u-2")
            assert (algonomy.environment, algonomy.opted_out()) == ("qa", {"opted-out-user", "u-2"})
    """)
    result.assert_outcomes(passed=2)


def test_a_refused_verb_fails_its_test_with_the_reason(run: Run) -> None:
    result = run("""
        def test_it(talonone):
            talonone.session("s-1")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *NotFound: Talon.One answers 404 to GET /v2/customer_sessions/s-1",
            "E *There is no session 's-1': it exists once an update that is no dry run has named it.",
        ]
    )


def test_what_the_emulator_does_for_every_vendor_can_be_said_to_one(run: Run) -> None:
    result = run("""
        import httpx, pytest
        from emulator.testing import VendorRefused

        def test_a_failure(talonone):
            fault = talonone.fail("updateCustomerSessionV2", "too_many_requests_for_session", times=1)
            with pytest.raises(VendorRefused, match="answers 409"):
                talonone.update_session("s-1")
            assert fault.fired == 1
            assert not talonone.update_session("s-1")

        def test_a_failure_that_never_strikes(primedata):
            primedata.fail("searchProfiles", status=503)

        def test_calls(algonomy, talonone):
            talonone.update_session("s-1")
            algonomy.opt_out("u-1")
            assert [call.operation for call in algonomy.requests()] == ["createToken", "optOut"]
            assert len(algonomy.requests("optOut", user_id="u-1")) == 1
            algonomy.assert_called("optOut", user_id="u-1", times=1)
            algonomy.assert_not_called("optOut", user_id="u-2")

        def test_a_call_that_never_came(algonomy):
            algonomy.opt_out("u-1")
            algonomy.assert_called("optOut", user_id="u-2")
    """)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*searchProfiles*never*", '*algonomy.assert_called("optOut", user_id="u-2")'])


def test_a_verb_that_is_refused_fails_at_the_line_of_the_test(run: Run) -> None:
    result = run("""
        def test_it(talonone):
            talonone.loyalty_points("nobody")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['>*talonone.loyalty_points("nobody")'])
    result.stdout.no_fnmatch_line("*view.py*def *")
    result.stdout.no_fnmatch_line(">*self._call*")
