"""Tests that mock other hosts with the usual tools, beside the emulator, in whichever order their fixtures come."""

import pytest

from tests.testing.conftest import Run

AROUND = """
    import asyncio
    import aiohttp, httpx, pytest, requests, respx, responses
    from emulator.testing import HostRefused

    URL = "https://demo.talon.one/v2/customer_sessions/s-1"
    HEADERS = {"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}
    OTHER, UNKNOWN = "https://shop.example/cart", "https://api.treasuredata.com/v3/job/list"
    OWN = [httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request,
           httpx.Client._transport_for_url, requests.adapters.HTTPAdapter.send, aiohttp.ClientSession._request]

    def test_nothing_is_held_before_and_after():
        assert OWN == [httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request,
                       httpx.Client._transport_for_url, requests.adapters.HTTPAdapter.send,
                       aiohttp.ClientSession._request]

    test_nothing_is_held_afterwards = test_nothing_is_held_before_and_after

    @pytest.fixture
    def patch(monkeypatch):
        return monkeypatch
"""


@pytest.mark.parametrize("order", ["emulator, httpx_mock", "httpx_mock, emulator", "patch, emulator, httpx_mock"])
def test_pytest_httpx_answers_what_is_not_the_emulators(run: Run, order: str) -> None:
    result = run(
        AROUND
        + f"""
    def test_it({order}):
        httpx_mock.add_response(url=OTHER, text="mocked")
        httpx_mock.add_response(url=UNKNOWN, text="mocked, too")
        assert httpx.get(URL, headers=HEADERS).status_code == 404
        assert httpx.get(OTHER).text == "mocked"
        assert httpx.get(UNKNOWN).text == "mocked, too"

        async def call():
            async with httpx.AsyncClient(headers=HEADERS) as client:
                return (await client.get(URL)).status_code

        assert asyncio.run(call()) == 404
        assert len(emulator.requests("talonone")) == 2
        assert [str(request.url) for request in httpx_mock.get_requests()] == [OTHER, UNKNOWN]
    """,
        "-Werror",
    )
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize("order", ["emulator, httpx_mock", "httpx_mock, emulator"])
def test_what_pytest_httpx_arranged_for_a_vendor_never_happens(run: Run, order: str) -> None:
    """Its own account says so at teardown."""
    result = run(
        AROUND
        + f"""
    def test_it({order}):
        httpx_mock.add_response(url=URL, text="mocked")
        assert httpx.get(URL, headers=HEADERS).status_code == 404
    """
    )
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*The following responses are mocked but not requested:*"])


def test_a_failing_test_tells_who_else_stands_there(run: Run) -> None:
    result = run(
        AROUND
        + """
    def test_it(emulator, httpx_mock):
        assert False
    """
    )
    result.assert_outcomes(passed=2, failed=1)
    told = " ".join(result.stdout.str().split())
    assert (
        "httpx.HTTPTransport.handle_request is also replaced by "
        "pytest_httpx.httpx_mock.<locals>.mocked_handle_request, beneath the emulator: calls to the vendors' hosts "
        "reach the emulator, all others are answered there. Arrange those there, or leave it out here" in told
    )


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
@pytest.mark.parametrize("order", ["emulator, respx_mock", "respx_mock, emulator"])
def test_respx_answers_what_is_not_the_emulators(run: Run, order: str, using: str) -> None:
    result = run(
        AROUND
        + f"""
    @pytest.mark.respx(using="{using}")
    def test_it({order}):
        respx_mock.get(OTHER).respond(text="mocked")
        assert httpx.get(URL, headers=HEADERS).status_code == 404
        assert httpx.get(OTHER).text == "mocked"

        async def call():
            async with httpx.AsyncClient(headers=HEADERS) as client:
                return (await client.get(URL)).status_code, (await client.get(OTHER)).text

        assert asyncio.run(call()) == (404, "mocked")
    """,
        "-Werror",
    )
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize("order", ["emulator, mocked", "mocked, emulator"])
def test_responses_answers_what_is_not_the_emulators(run: Run, order: str) -> None:
    result = run(
        AROUND
        + f"""
    @pytest.fixture
    def mocked():
        with responses.RequestsMock() as mock:
            yield mock

    def test_it({order}):
        mocked.get(OTHER, body="mocked")
        mocked.get(UNKNOWN, body="mocked, too")
        assert requests.get(URL, headers=HEADERS).status_code == 404
        assert requests.get(OTHER).text == "mocked"
        assert requests.get(UNKNOWN).text == "mocked, too"
    """,
        "-Werror",
    )
    result.assert_outcomes(passed=3)


def test_what_a_test_puts_above_the_emulator_in_its_body_is_told(run: Run) -> None:
    result = run(
        AROUND
        + """
    def test_it(emulator, patch):
        patch.setattr(requests.adapters.HTTPAdapter, "send", lambda *args, **options: 1 / 0)
        requests.get(URL, headers=HEADERS)
    """
    )
    result.assert_outcomes(passed=2, failed=1)
    told = " ".join(result.stdout.str().split())
    assert "requests.adapters.HTTPAdapter.send is replaced by test_what_a_test_puts_above_the_emulator" in told
    assert "above the emulator: calls that it answers never reach the emulator. Replace it in a fixture" in told


@pytest.mark.parametrize("order", ["emulator, mocked", "mocked, emulator"])
def test_whoever_replaces_a_request_of_aiohttps_answers_what_is_not_the_emulators(run: Run, order: str) -> None:
    result = run(
        AROUND
        + f"""
    from unittest import mock

    @pytest.fixture
    def mocked():
        async def mocked(self, method, url, **options):
            return "mocked"

        with mock.patch.object(aiohttp.ClientSession, "_request", side_effect=mocked, autospec=True):
            yield

    def test_it({order}):
        async def call():
            async with aiohttp.ClientSession(headers=HEADERS) as session:
                async with session.get(URL) as answer:
                    return answer.status, await session._request("GET", OTHER)

        assert asyncio.run(call()) == (404, "mocked")
    """,
        "-Werror",
    )
    result.assert_outcomes(passed=3)


def test_a_patch_of_a_fixtures_lies_beneath_and_is_undone_as_ever(run: Run) -> None:
    result = run(
        AROUND
        + """
    @pytest.fixture
    def mocked(emulator, patch):
        patch.setattr(httpx.HTTPTransport, "handle_request", lambda self, request: httpx.Response(418))

    @pytest.fixture
    def mocked_first(patch):
        patch.setattr(httpx.HTTPTransport, "handle_request", lambda self, request: httpx.Response(418))

    def test_after(mocked):
        assert (httpx.get(URL, headers=HEADERS).status_code, httpx.get(OTHER).status_code) == (404, 418)

    def test_before(mocked_first, emulator):
        assert (httpx.get(URL, headers=HEADERS).status_code, httpx.get(OTHER).status_code) == (404, 418)

    def test_in_the_body(emulator, patch):
        patch.setattr(httpx.HTTPTransport, "handle_request", lambda self, request: httpx.Response(418))
        assert httpx.get(URL).status_code == 418
        patch.undo()
        assert httpx.get(URL, headers=HEADERS).status_code == 404
    """,
        "-Werror",
    )
    result.assert_outcomes(passed=5)


def test_a_patch_of_a_whole_module_stays_for_its_other_tests(run: Run) -> None:
    result = run(
        AROUND
        + """
    @pytest.fixture(scope="module", autouse=True)
    def mocked():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(httpx.HTTPTransport, "handle_request", lambda self, request: httpx.Response(418))
            OWN[0] = httpx.HTTPTransport.handle_request
            yield

    def test_it(emulator):
        assert (httpx.get(URL, headers=HEADERS).status_code, httpx.get(OTHER).status_code) == (404, 418)

    def test_without():
        assert httpx.get(URL).status_code == 418
    """,
        "-Werror",
    )
    result.assert_outcomes(passed=4)
