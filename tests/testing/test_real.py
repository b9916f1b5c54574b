"""The same tests against the vendors themselves, who here are another emulator on this machine."""

import pytest

from emulator.client import Client
from emulator.server import Background
from tests.testing.conftest import Run

REAL = "--emulator-target=real"
WRITES = "--emulator-allow-writes"
HERE = "--emulator-target=real calls the vendors themselves"


def told(result: pytest.RunResult) -> str:
    return " ".join(result.stdout.str().split())


def calls(vendors: Client) -> list[tuple[str, str | None, int]]:
    """What has arrived there."""
    return [(call["method"], call["operation"], call["status"]) for call in vendors.requests()["requests"]]


# One test body, three ways


BODY = """
    import httpx, pytest, requests

    CART = {"customerSession": {"profileId": "ana@example.com", "couponCodes": ["SUMMER10"],
            "cartItems": [{"name": "Trail Shoe", "sku": "shoe-1", "quantity": 1, "price": 100}]}}

    def test_a_coupon_is_tried(talonone):
        effects = talonone.client.put("/v2/customer_sessions/s-1?dry=true", json=CART).json()["effects"]
        assert "acceptCoupon" in [effect["effectType"] for effect in effects]

    def test_a_session_that_nobody_knows(talonone):
        url, key = f"{talonone.base_url}/v2/customer_sessions/s-none", f"ApiKey-v1 {talonone.api_key}"
        assert requests.get(url, headers={"Authorization": key}).status_code == 404

    def test_who_is_it(primedata):
        search = {"identities": {"phone_number": ["0123456788"]}, "type": ["trait"]}
        found = primedata.client.post("/pub/profiles/advanced-search", json=search).json()
        assert found["data"]["trait"]["address"] == "HN"

    @pytest.mark.asyncio
    async def test_who_is_it_again(primedata):
        search = {"identities": {"phone_number": ["0123456788"]}, "type": ["trait"]}
        found = await primedata.async_client.post("/pub/profiles/advanced-search", json=search)
        assert found.json()["data"]["trait"]["full_name"] == "Sơn"

    def test_a_token(algonomy):
        assert algonomy.token()

    def test_where_production_is(talonone):
        assert requests.get(f"{talonone.production_url}/v2/customer_sessions/s").status_code == 401

    def test_no_key_no_answer(treasuredata):
        assert httpx.get(treasuredata.base_url + "/a/b").status_code == 405
"""


@pytest.mark.parametrize("target", ["in-process", "container", "real"])
def test_one_body_plays_in_three_ways(run: Run, server: Background, vendors: Client, target: str) -> None:
    where = ["--emulator-url", server.url] if target == "container" else [f"--emulator-target={target}"]
    run(BODY, *where).assert_outcomes(passed=7)
    assert bool(calls(vendors)) == (target == "real")


def test_nothing_is_emulated(run: Run, vendors: Client) -> None:
    run(
        """
        import gc
        from emulator.app import Emulator
        from emulator.core.store import Store

        def test_it(emulator, talonone):
            assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
            assert not [one for one in gc.get_objects() if isinstance(one, Emulator | Store)]
        """,
        REAL,
        apart=True,
    ).assert_outcomes(passed=1)
    assert calls(vendors) == [("GET", "getCustomerSession", 404)]


def test_the_environment_or_the_ini_file_may_say_so_too(
    run: Run, vendors: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "def test_it(talonone): assert talonone.client.get('/v2/customer_sessions/s').status_code == 404"
    run(source, "-o", "emulator_target=real").assert_outcomes(passed=1)
    monkeypatch.setenv("EMULATOR_TARGET", "real")
    run(source).assert_outcomes(passed=1)
    assert len(calls(vendors)) == 2


# Credentials


@pytest.mark.parametrize(
    ("slug", "title", "names"),
    [
        ("treasuredata", "Treasure Data", "TREASUREDATA_BASE_URL, TREASUREDATA_API_KEY and TREASUREDATA_TOKEN"),
        ("primedata", "PrimeData", "PRIMEDATA_BASE_URL and PRIMEDATA_API_KEY"),
        (
            "algonomy",
            "Algonomy",
            "ALGONOMY_BASE_URL, ALGONOMY_CLIENT_ID, ALGONOMY_CLIENT_SECRET and ALGONOMY_SITE_ID",
        ),
        ("talonone", "Talon.One", "TALONONE_BASE_URL and TALONONE_API_KEY"),
    ],
)
def test_without_credentials_a_vendors_tests_are_skipped(run: Run, slug: str, title: str, names: str) -> None:
    result = run(f"def test_it({slug}): raise AssertionError", REAL, "-rs")
    result.assert_outcomes(skipped=1)
    assert f"{HERE}: for tests of {title}, set {names} in the environment" in told(result)
    assert "SKIPPED [1] test_without_credentials_a_vendors_tests_are_skipped.py:" in told(result)


@pytest.mark.usefixtures("vendors")
def test_only_what_is_missing_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGONOMY_CLIENT_SECRET", "")
    result = run("def test_it(algonomy): pass\ndef test_other(talonone): pass", REAL, "-rs")
    result.assert_outcomes(skipped=1, passed=1)
    assert f"{HERE}: for tests of Algonomy, set ALGONOMY_CLIENT_SECRET in the environment" in told(result)


@pytest.mark.usefixtures("vendors")
def test_what_only_some_calls_take_is_asked_for_by_these_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
        def test_it(primedata):
            assert primedata.api_key
            primedata.add_event("view", {"page": "/"}, anonymous_id="a-1")
    """
    result = run(source, REAL, "--emulator-allow-writes", "-rs")
    result.assert_outcomes(skipped=1)
    assert "set PRIMEDATA_CLIENT_ID and PRIMEDATA_ACCESS_TOKEN in the environment" in told(result)
    monkeypatch.setenv("PRIMEDATA_CLIENT_ID", "JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR")
    monkeypatch.setenv("PRIMEDATA_ACCESS_TOKEN", "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4")
    run(source, REAL, "--emulator-allow-writes").assert_outcomes(passed=1)


def test_calling_a_vendor_of_whom_nothing_is_known_skips_too(run: Run) -> None:
    result = run(
        """
        import aiohttp, asyncio, httpx, requests

        def test_httpx(emulator):
            httpx.get("https://demo.talon.one/v2/customer_sessions/s")

        def test_requests(emulator):
            requests.post("https://demo.talon.one/v2/events")

        def test_aiohttp(emulator):
            async def ask():
                async with aiohttp.ClientSession() as session, session.get("https://demo.talon.one/") as answer:
                    return answer.status
            asyncio.run(ask())

        def test_though_the_code_swallows_errors(emulator):
            try:
                httpx.get("https://demo.talon.one/v2/customer_sessions/s")
            except Exception:
                pass
        """,
        REAL,
        "-rs",
    )
    result.assert_outcomes(skipped=4)
    assert told(result).count("for tests of Talon.One, set TALONONE_BASE_URL and TALONONE_API_KEY") == 4


@pytest.mark.parametrize("url", ["demo.talon.one", "ftp://demo.talon.one", "https://", "https://x.talon.one?a=1"])
def test_what_is_no_base_url_ends_the_run(run: Run, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TALONONE_BASE_URL", url)
    result = run("def test_it(talonone): pass", REAL)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    sentence = f"TALONONE_BASE_URL: {url!r} is no base URL: write https://HOST, with a path where there is one"
    assert sentence in " ".join(result.stderr.str().split())


# What only an emulator has


@pytest.mark.parametrize(
    ("does", "needs"),
    [
        ("emulator.clock.advance(hours=8)", "a clock that can be set"),
        ("emulator.clock.now", "a clock that can be set"),
        ("emulator.fail('talonone', 'updateCustomerSessionV2')", "failures on request"),
        ("emulator.fail('talonone', status=503)", "failures on request"),
        ("emulator.reset()", "a world that can be put back"),
        ("emulator.load({'name': 'mine'})", "scenarios"),
        ("emulator.load('empty')", "a world that can be put back"),
        ("emulator.requests('talonone')", "a journal of the calls"),
        ("emulator.assert_called('talonone', 'getCustomerSession')", "a journal of the calls"),
        ("emulator.assert_not_called('talonone')", "a journal of the calls"),
        ("emulator.settings('algonomy', require_https=True)", "vendors with switches"),
        ("emulator.control.state()", "to see what is stored"),
        ("emulator.control.save_snapshot('x')", "snapshots"),
        ("emulator.control.limits()", "limits that can be looked at and changed"),
        ("emulator.control.index()", "an emulator's GET /_emulator/"),
        ("algonomy.opted_out()", "to see what is stored"),
        ("algonomy.profile('u-1')", "to see what is stored"),
        ("talonone.coupon('SUMMER10')", "to see what is stored"),
    ],
)
def test_what_only_an_emulator_can_do_skips_the_test(run: Run, vendors: Client, does: str, needs: str) -> None:
    result = run(
        f"""
        def test_it(emulator, algonomy, talonone):
            {does}
            talonone.client.get("/v2/customer_sessions/s")
        """,
        REAL,
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    assert f"this test needs {needs}, which only an emulator has; {HERE}" in told(result)
    assert calls(vendors) == []


@pytest.mark.parametrize("key", ["scenario='demo'", "clock='2026-01-05'", "fail_on='assumed'"])
def test_so_does_the_marker_before_any_call(run: Run, vendors: Client, key: str) -> None:
    result = run(
        f"""
        import pytest

        @pytest.mark.emulator({key})
        def test_it(talonone):
            talonone.client.get("/v2/customer_sessions/s")
        """,
        REAL,
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    assert f"@pytest.mark.emulator({key.partition('=')[0]}=…) needs an emulator; {HERE}" in told(result)
    assert calls(vendors) == []


def test_what_a_suite_says_of_the_emulators_world_skips_nothing(run: Run, vendors: Client) -> None:
    said = ["emulator_scenario=demo", "emulator_clock=2026-01-05", "emulator_fail_on=assumed"]
    source = "def test_it(talonone): assert talonone.client.get('/v2/customer_sessions/s').status_code == 404"
    run(source, REAL, *[word for one in said for word in ("-o", one)]).assert_outcomes(passed=1)


@pytest.mark.usefixtures("vendors")
def test_a_need_in_a_fixture_of_the_suites_own_skips_too(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.fixture
        def closing_time(emulator):
            emulator.clock.freeze("2026-01-05T20:00:00Z")

        def test_it(closing_time, talonone):
            raise AssertionError

        def test_socket(emulator_server):
            raise AssertionError
        """,
        REAL,
        "-rs",
    )
    result.assert_outcomes(skipped=2)
    assert f"emulator_server needs an emulator; {HERE}" in told(result)
