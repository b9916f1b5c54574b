"""The vendors' fixtures at the vendors themselves, which an emulator that nobody knows to be one plays here."""

import pytest

from emulator.client import Client
from emulator.server import Background
from tests.testing.conftest import Run

REAL = ("--emulator-target", "real")
CREDENTIALS = {
    "TALONONE_API_KEY": "d1c2b3a4" * 8,
    "TREASUREDATA_API_KEY": "1/abcdef0123456789012345678901230123456789",
    "TREASUREDATA_TOKEN": "1/8/12345789abcdef012345678901234567",
    "PRIMEDATA_API_KEY": "aGdqZ2tqaGtqZzoxMjM0NTY3",
    "PRIMEDATA_CLIENT_ID": "JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR",
    "PRIMEDATA_ACCESS_TOKEN": "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4",
    "ALGONOMY_CLIENT_ID": "5934de97c95e1ced",
    "ALGONOMY_CLIENT_SECRET": "2l9dr0jkink11ad49hg93it52d",
    "ALGONOMY_SITE_ID": "4faeaf752ee40a0f",
}


@pytest.fixture(autouse=True)
def vendors(server: Background, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    control = Client(server.url, namespace)
    control.reset(scenario="demo")
    for slug in ("talonone", "treasuredata", "primedata"):
        monkeypatch.setenv(f"{slug.upper()}_BASE_URL", control.base_url(slug))
    monkeypatch.setenv("ALGONOMY_BASE_URL", f"{control.base_url('algonomy')}/qa/")
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def test_addresses_and_credentials_are_those_of_the_environment(run: Run, server: Background) -> None:
    result = run(
        f"""
        def test_it(talonone, treasuredata, primedata, algonomy):
            assert talonone.base_url.startswith("{server.url}/ns/") and talonone.base_url.endswith("/talonone")
            assert algonomy.base_url.endswith("/algonomy/qa")
            assert talonone.api_key == "d1c2b3a4" * 8
            assert (treasuredata.api_key[:4], treasuredata.token[:6]) == ("1/ab", "1/8/12")
            assert (primedata.api_key[:4], primedata.access_token[:4]) == ("aGdq", "2Q5O")
            assert (algonomy.client_id[:4], algonomy.site_id[:4]) == ("5934", "4fae")
            assert repr(talonone) == f"<TalonOne at {{talonone.base_url}}, with ApiKey-v1 …b3a4>"
        """,
        *REAL,
    )
    result.assert_outcomes(passed=1)


def test_verbs_that_only_read_read_there(run: Run) -> None:
    result = run(
        """
        import pytest
        from emulator.testing import NotFound

        def test_talonone(talonone):
            assert talonone.profile("ana@example.com").attributes["Tier"] == "gold"
            assert talonone.loyalty_points("ana@example.com") == 0
            with pytest.raises(NotFound) as raised:
                talonone.session("s-1")
            assert raised.value.cause is None
            assert talonone.update_session("s-1", items=[{"sku": "shoe-1", "price": 100}], dry=True).discount == 10

        def test_primedata(primedata):
            assert len(primedata.events(email="ana@example.com")) == 120
            assert primedata.profile(email="ana@example.com").trait == {"full_name": "Ana"}

        def test_algonomy(algonomy):
            assert len(algonomy.token()) == 32
        """,
        *REAL,
    )
    result.assert_outcomes(passed=3)


def test_verbs_that_only_an_emulator_can_do_skip_their_test(run: Run) -> None:
    result = run(
        """
        def test_opted_out(algonomy):
            assert algonomy.opted_out() == set()

        def test_coupon(talonone):
            talonone.coupon("SUMMER10")

        def test_events(treasuredata):
            treasuredata.events("personalization__database/pageviews")

        def test_public_token(treasuredata):
            treasuredata.public_token
        """,
        "-rs", *REAL,
    )  # fmt: skip
    result.assert_outcomes(skipped=4)
    result.stdout.fnmatch_lines(
        ["*there is no public token without limits for Treasure Data: only an emulator tells one*"]
    )


def test_verbs_that_write_are_refused_before_anything_is_sent(run: Run) -> None:
    source = """
        from datetime import UTC, datetime, timedelta

        def test_talonone(talonone):
            talonone.update_session("s-1")
            assert talonone.session("s-1").state == "open"

        def test_algonomy(algonomy):
            algonomy.opt_out("u-1")

        def test_treasuredata(treasuredata):
            database = "personalization__database"
            assert treasuredata.send(f"{database}/preferences_table", td_client_id="c-1", event_name="view")
            assert treasuredata.ingest(f"{database}/pageviews", [{"td_path": "/"}]) == [True]

        def test_primedata(primedata):
            primedata.add_event("ProductViewed", email="ana@example.com")
            viewed = primedata.events(email="ana@example.com", start="2025-01-01")[-1]
            assert abs(datetime.now(UTC) - viewed.at) < timedelta(minutes=10)
        """
    run(source, *REAL).assert_outcomes(skipped=4)
    run(source, *REAL, "--emulator-allow-writes").assert_outcomes(passed=4)


def test_a_credential_that_the_environment_does_not_have_skips_the_test_with_its_name(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRIMEDATA_ACCESS_TOKEN")
    result = run(
        """
        def test_it(primedata):
            primedata.access_token
        """,
        "-rs", *REAL,
    )  # fmt: skip
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        ["*no data source for PrimeData: set PRIMEDATA_CLIENT_ID and PRIMEDATA_ACCESS_TOKEN in the environment*"]
    )


@pytest.mark.parametrize(
    ("mark", "options", "tests"),
    [("pytest.mark.asyncio", ("-o", "asyncio_mode=strict"), 1), ("pytest.mark.anyio", (), 2)],
)
def test_asynchronous_clients_leave_no_connection_open(
    run: Run, mark: str, options: tuple[str, ...], tests: int
) -> None:
    result = run(
        f"""
        import gc

        import pytest

        @{mark}
        async def test_it(algonomy, talonone):
            path = f"/profile-command/v1/{{algonomy.site_id}}/optOut/u-1"
            command = {{"type": "optOut", "enableOptOut": True}}
            assert (await algonomy.async_client.put(path, json=command)).status_code == 200
            assert (await talonone.async_client.get("/v2/customer_sessions/s-1")).status_code == 404

        def test_that_nothing_is_left():
            gc.collect()
        """,
        "-W", "error", "--emulator-allow-writes", *REAL, *options,
    )  # fmt: skip
    result.assert_outcomes(passed=tests + 1)
