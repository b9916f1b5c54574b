"""One running emulator for many workers and many runs, each process of them in a namespace of its own."""

import pytest

from emulator.core.names import is_name
from tests.testing.conftest import Run

KEY = "d1c2b3a4" * 8
ASK = f"""
    import aiohttp, asyncio, httpx, pytest, requests, urllib.request
    URL = "https://demo.talon.one/v2/customer_sessions/s-9"
    HEADERS = {{"Authorization": "ApiKey-v1 {KEY}"}}
"""


def told(result: pytest.RunResult) -> str:
    return result.stdout.str()


# Where calls go


def test_production_urls_lead_to_it_whatever_the_library(run: Run, url: str) -> None:
    result = run(
        ASK
        + """
    def test_httpx(emulator):
        assert httpx.get(URL, headers=HEADERS).status_code == 404

    def test_requests(emulator):
        assert requests.get(URL, headers=HEADERS).status_code == 404

    def test_urllib(emulator):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(urllib.request.Request(URL, headers=HEADERS))

    def test_async_httpx(emulator):
        async def ask():
            async with httpx.AsyncClient() as client:
                return (await client.get(URL, headers=HEADERS)).status_code
        assert asyncio.run(ask()) == 404

    def test_aiohttp(emulator):
        async def ask():
            async with aiohttp.ClientSession() as session, session.get(URL, headers=HEADERS) as answer:
                return answer.status
        assert asyncio.run(ask()) == 404

    def test_where_they_went(emulator):
        httpx.get("https://qa-gateway.richrelevance.com/profile-command/v1/s/optOut/u")
        call = emulator.control.requests()["requests"][0]
        assert (call["vendor"], call["operation"], call["status"]) == ("algonomy", None, 401)
    """,
        "--emulator-url",
        url,
    )
    result.assert_outcomes(passed=6)


def test_base_urls_lead_into_the_namespace(run: Run, url: str) -> None:
    result = run(
        f"""
        import os, httpx

        def test_it(emulator, talonone, treasuredata):
            namespace = emulator.control.namespace
            print("NAMESPACE", namespace)
            assert talonone.base_url == "{url}/ns/" + namespace + "/talonone"
            assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
            assert httpx.get(treasuredata.base_url + "/a/b").status_code == 405
            assert [call["vendor"] for call in emulator.control.requests()["requests"]] == ["talonone", "treasuredata"]
            assert emulator.control.namespaces()["namespaces"].count(namespace) == 1
        """,
        "--emulator-url",
        f"{url}/",
        "-s",
    )
    result.assert_outcomes(passed=1)
    name = told(result).partition("NAMESPACE ")[2].split()[0]
    assert is_name(name)
    assert name.startswith("pytest-")


def test_credentials_and_views_are_those_of_the_namespace(run: Run, url: str) -> None:
    result = run(
        """
        def test_it(emulator, talonone, algonomy, primedata, treasuredata):
            assert talonone.api_key == "d1c2b3a4" * 8
            assert primedata.api_key == "aGdqZ2tqaGtqZzoxMjM0NTY3"
            algonomy.opt_out("u-1")
            assert algonomy.is_opted_out("u-1")
            emulator.clock.advance(hours=9)
            algonomy.opt_out("u-2")
            assert [call["status"] for call in emulator.control.requests()["requests"]].count(401) == 1
        """,
        "--emulator-url",
        url,
    )
    result.assert_outcomes(passed=1)


def test_no_emulator_is_made_in_the_process_of_the_tests(run: Run, url: str) -> None:
    result = run(
        """
        import gc
        from emulator.app import Emulator
        from emulator.core.store import Store

        def test_it(emulator, talonone):
            talonone.client.get("/v2/customer_sessions/s")
            assert not [one for one in gc.get_objects() if isinstance(one, Emulator | Store)]
        """,
        "--emulator-url",
        url,
        apart=True,
    )
    result.assert_outcomes(passed=1)


def test_another_host_of_a_vendor_is_refused_as_in_process(run: Run, url: str) -> None:
    result = run(
        ASK
        + """
    def test_it(emulator):
        with pytest.raises(RuntimeError, match="api.treasuredata.com is a host of Treasure Data's that"):
            httpx.get("https://api.treasuredata.com/v3/job/list")
    """,
        "--emulator-url",
        url,
    )
    result.assert_outcomes(passed=1)


def test_with_no_network_the_container_can_be_called_all_the_same(run: Run, url: str) -> None:
    result = run(
        ASK
        + """
    @pytest.mark.emulator(network="none")
    def test_it(emulator, talonone):
        assert httpx.get(talonone.base_url + "/v2/customer_sessions/s-9", headers=HEADERS).status_code == 404
        assert httpx.get(URL, headers=HEADERS).status_code == 404
        with pytest.raises(RuntimeError, match="shop.example"):
            httpx.get("https://shop.example/")
    """,
        "--emulator-url",
        url,
    )
    result.assert_outcomes(passed=1)


def test_the_callers_own_namespace_and_bodies_arrive_as_they_are(run: Run, url: str) -> None:
    result = run(
        ASK
        + """
    def test_it(emulator):
        own = "emulator-test-of-its-own"
        said = httpx.put(URL, headers={**HEADERS, "X-Emulator-Namespace": own}, json={"customerSession": {}})
        assert said.status_code == 200
        assert httpx.get(URL, headers=HEADERS).status_code == 404
        assert httpx.get(URL, headers={**HEADERS, "X-Emulator-Namespace": own}).status_code == 200
        emulator.control.delete_namespace(own)

        body = '{"customerSession": {"identifiers": ["Zoë ✓"]}}'.encode()
        chunks = (body[at : at + 7] for at in range(0, len(body), 7))
        assert httpx.put(URL + "%2Fx?dry=false", headers=HEADERS, content=chunks).status_code == 200
        sent = emulator.control.request("2")["request"]
        assert (sent["path"], sent["query"]) == ("/v2/customer_sessions/s-9%2Fx", "dry=false")
        assert sent["body"] == {"customerSession": {"identifiers": ["Zoë ✓"]}}
        assert httpx.head(URL, headers=HEADERS).content == b""
    """,
        "--emulator-url",
        url,
    )
    result.assert_outcomes(passed=1)


# What goes wrong on the way


FAULTS = (
    ASK
    + """
    def fails(emulator, fault):
        return emulator.control.add_fault("talonone", fault)

    def test_dropped(emulator):
        fails(emulator, "drop")
        with pytest.raises(httpx.RemoteProtocolError, match="Server disconnected without sending a response"):
            httpx.get(URL, headers=HEADERS)
        with pytest.raises(requests.ConnectionError, match="Remote end closed connection without response"):
            requests.get(URL, headers=HEADERS)
        assert len(emulator.control.requests()["requests"]) == 2

        async def ask():
            async with aiohttp.ClientSession() as session, session.get(URL, headers=HEADERS) as answer:
                return answer.status
        with pytest.raises(aiohttp.ServerDisconnectedError):
            asyncio.run(ask())

    def test_truncated(emulator):
        whole = len(httpx.get(URL, headers=HEADERS).content)
        fails(emulator, "truncate")
        message = rf"received {whole // 2} bytes, expected {whole}\\)"
        with pytest.raises(httpx.RemoteProtocolError, match=message):
            httpx.get(URL, headers=HEADERS)
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match=f"{whole // 2} bytes read"):
            requests.get(URL, headers=HEADERS)

    def test_delayed_for_longer_than_the_client_waits(emulator):
        fails(emulator, "delay=2000")
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(URL, headers=HEADERS, timeout=0.05)
        with pytest.raises(requests.exceptions.ReadTimeout):
            requests.get(URL, headers=HEADERS, timeout=0.05)

    def test_afterwards_all_is_well(emulator):
        assert httpx.get(URL, headers=HEADERS).status_code == 404
"""
)


@pytest.mark.parametrize("there", [True, False])
def test_faults_look_as_they_do_in_process(run: Run, url: str, there: bool) -> None:
    result = run(FAULTS, *(["--emulator-url", url] if there else []))
    result.assert_outcomes(passed=4)
