"""What a test leaves behind: taken off before the next one, and told by its name."""

from tests.testing.conftest import Run

AROUND = """
    import httpx, pytest

    URL = "https://demo.talon.one/v2/customer_sessions/s-1"
    HEADERS = {"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}
    OWN = httpx.HTTPTransport.handle_request
"""
CAREFUL = """
    def test_careful(emulator):
        assert httpx.get(URL, headers=HEADERS).status_code == 404

    def test_careful_without():
        assert httpx.HTTPTransport.handle_request is OWN
"""
CARELESS = """
    def teapot(self, request):
        return httpx.Response(418)

    def test_careless(emulator):
        httpx.HTTPTransport.handle_request = teapot
        assert httpx.get(URL).status_code == 418
"""


def test_a_patch_that_is_left_is_taken_off_and_told(run: Run) -> None:
    result = run(AROUND + CARELESS + CAREFUL, "-Walways")
    result.assert_outcomes(passed=3, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*test_a_patch_that_is_left_is_taken_off_and_told.py:*: EmulatorWarning: *.py::test_careless left "
            "httpx.HTTPTransport.handle_request replaced by test_a_patch_that_is_left_is_taken_off_and_told.teapot: "
            "undo it where it is done, as monkeypatch does. It has been taken off",
        ]
    )


def test_the_warning_can_be_an_error_or_nothing(run: Run) -> None:
    result = run(AROUND + CARELESS + CAREFUL, "-Werror::emulator.testing.EmulatorWarning")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_careless*", "*EmulatorWarning: *test_careless left*"])
    result = run(AROUND + CARELESS + CAREFUL, "-Wignore::emulator.testing.EmulatorWarning")
    result.assert_outcomes(passed=3, warnings=0)


def test_a_patch_is_taken_off_even_where_the_test_fails_or_its_fixtures_do(run: Run) -> None:
    result = run(
        AROUND
        + """
    def test_fails(emulator):
        httpx.HTTPTransport.handle_request = None
        assert False

    @pytest.fixture
    def broken():
        yield
        raise OSError("the database is gone")

    def test_breaks(broken, emulator):
        httpx.HTTPTransport.handle_request = None
    """
        + CAREFUL,
        "-Walways",
    )
    result.assert_outcomes(passed=3, failed=1, errors=1, warnings=2)
    result.stdout.fnmatch_lines(["*test_fails left httpx.*replaced by a NoneType*", "*test_breaks left httpx.*"])


def test_what_is_taken_off_in_time_is_nobodys_business(run: Run) -> None:
    result = run(
        AROUND
        + """
    def test_it(emulator, monkeypatch):
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda self, request: httpx.Response(418))
        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", None)
        assert httpx.get(URL).status_code == 418
    """
        + CAREFUL,
        "-Werror",
    )
    result.assert_outcomes(passed=3)


def test_a_transport_that_is_kept_leads_into_no_other_test(run: Run) -> None:
    result = run(
        AROUND
        + """
    import asyncio
    KEPT = []

    def test_first(emulator, talonone):
        KEPT[:] = [httpx.Client(transport=emulator.transport(), headers=HEADERS),
                   httpx.AsyncClient(transport=emulator.async_transport(), headers=HEADERS), talonone.client]
        assert KEPT[0].get(URL).status_code == 404
        assert asyncio.run(KEPT[1].get(URL)).status_code == 404

    def test_second(emulator):
        with pytest.raises(RuntimeError) as caught:
            KEPT[0].get(URL)
        assert str(caught.value) == (
            f"this transport was lent to {__name__}.py::test_first, which is over, and it leads into no other test's "
            "world: make the client anew in a fixture that asks for `emulator`, or make it without a transport, since "
            "the vendors' URLs lead to the emulator by themselves")
        with pytest.raises(RuntimeError, match="which is over"):
            asyncio.run(KEPT[1].get(URL))
        with pytest.raises(RuntimeError, match="closed"):
            KEPT[2].get(URL)
        assert emulator.requests() == []

    def test_third():
        with pytest.raises(RuntimeError, match="lent to .*::test_first, which is over"):
            KEPT[0].get(URL)
    """
    )
    result.assert_outcomes(passed=3)


def test_a_transport_that_is_lent_refuses_what_would_be_refused_without_it(run: Run) -> None:
    result = run(
        AROUND
        + """
    from emulator.testing import HostRefused

    def test_it(emulator, treasuredata):
        with httpx.Client(transport=emulator.transport()) as client:
            for one in (client, treasuredata.client):
                with pytest.raises(HostRefused, match="api.treasuredata.com is a host of Treasure Data's that the"):
                    one.get("https://api.treasuredata.com/v3/job/list")
    """
    )
    result.assert_outcomes(passed=1)


def test_a_test_within_a_test_is_refused_and_the_outer_one_goes_on(run: Run) -> None:
    result = run(
        AROUND
        + """
    pytest_plugins = ["pytester"]

    def test_outer(emulator, pytester):
        emulator.clock.freeze("2026-01-05T09:00:00Z")
        httpx.get(URL, headers=HEADERS)
        pytester.makepyfile("def test_inner(emulator): ...")
        inner = pytester.runpytest_inprocess("-p", "emulator.pytest_plugin", "-p", "no:cacheprovider")
        inner.assert_outcomes(errors=1)
        told = inner.stdout.str()
        assert "the HTTP libraries of this process lead to the emulator of " in told
        assert "::test_outer already, and only one test at a time can have them: run " in told
        assert httpx.get(URL, headers=HEADERS).status_code == 404
        assert len(emulator.requests()) == 2
    """,
        apart=True,
    )
    result.assert_outcomes(passed=1)
