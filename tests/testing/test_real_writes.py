"""Where the real vendors answer, only calls that read get through, unless the run may write. The vendors are another
emulator on this machine."""

from emulator.client import Client
from tests.testing.conftest import Run
from tests.testing.test_real import REAL, calls, told

WRITES = "--emulator-allow-writes"


LIBRARIES = """
    import aiohttp, asyncio, httpx, json, pytest, requests, urllib.request, urllib3
    from emulator.testing import WriteRefused

    def by_httpx(method, url, headers, body):
        return httpx.request(method, url, headers=headers, content=body).status_code

    def by_async_httpx(method, url, headers, body):
        async def ask():
            async with httpx.AsyncClient() as client:
                return (await client.request(method, url, headers=headers, content=body)).status_code
        return asyncio.run(ask())

    def by_requests(method, url, headers, body):
        return requests.request(method, url, headers=headers, data=body).status_code

    def by_urllib3(method, url, headers, body):
        return urllib3.PoolManager().request(method, url, headers=headers, body=body, retries=False).status

    def by_urllib(method, url, headers, body):
        asked = urllib.request.Request(url, data=body, headers=headers, method=method)
        return urllib.request.urlopen(asked).status

    def by_aiohttp(method, url, headers, body):
        async def ask():
            async with aiohttp.ClientSession() as session:
                async with session.request(method, url, headers=headers, data=body) as answer:
                    return answer.status
        return asyncio.run(ask())

    @pytest.fixture(params=[by_httpx, by_async_httpx, by_requests, by_urllib3, by_urllib, by_aiohttp])
    def put(request, talonone):
        headers = {"Authorization": f"ApiKey-v1 {talonone.api_key}", "Content-Type": "application/json"}
        body = json.dumps({"customerSession": {"profileId": "p-1"}}).encode()
        url = talonone.base_url + "/v2/customer_sessions/s-1"
        return lambda query="": request.param("PUT", url + query, headers, body)
"""
REFUSAL = (
    "/talonone/v2/customer_sessions/s-1 (updateCustomerSessionV2) may change what Talon.One stores, and calls to the "
    "real vendors only read. Run with --emulator-allow-writes to let it through, or send it with ?dry=true, which "
    "stores nothing"
)


def test_a_write_is_refused_before_it_leaves(run: Run, vendors: Client) -> None:
    result = run(
        LIBRARIES
        + f"""
    def test_it(put):
        with pytest.raises(WriteRefused) as refused:
            put()
        assert str(refused.value).startswith("PUT 127.0.0.1:")
        assert str(refused.value).endswith("{REFUSAL}")
    """,
        REAL,
    )
    result.assert_outcomes(passed=6)
    assert calls(vendors) == []


def test_a_trial_goes_through(run: Run, vendors: Client) -> None:
    result = run(
        LIBRARIES
        + """
    def test_it(put):
        assert put("?dry=true") == 200

    @pytest.mark.parametrize("query", ["?dry=false", "?dry=", "?dry=true&dry=false", "?Dry=true", "?now=dry=true"])
    def test_and_nothing_that_only_looks_like_one(put, query):
        with pytest.raises(WriteRefused):
            put(query)
    """,
        REAL,
    )
    result.assert_outcomes(passed=6 + 5 * 6)
    assert calls(vendors) == [("PUT", "updateCustomerSessionV2", 200)] * 6
    assert vendors.state("talonone")["vendors"]["talonone"]["sessions"] == []


def test_on_a_connection_that_has_read_a_write_is_refused_all_the_same(run: Run, vendors: Client) -> None:
    result = run(
        LIBRARIES
        + """
    PATH = "/v2/customer_sessions/s-1"

    def test_httpx(talonone):
        with httpx.Client() as client:
            assert client.get(talonone.base_url + PATH).status_code == 401
            with pytest.raises(WriteRefused):
                client.put(talonone.base_url + PATH)

    def test_requests(talonone):
        with requests.Session() as session:
            assert session.get(talonone.base_url + PATH).status_code == 401
            with pytest.raises(WriteRefused):
                session.put(talonone.base_url + PATH)

    def test_http_client(talonone):
        from http.client import HTTPConnection
        from urllib.parse import urlsplit
        parts = urlsplit(talonone.base_url)
        connection = HTTPConnection(parts.netloc)
        connection.request("GET", parts.path + PATH)
        assert connection.getresponse().read()
        with pytest.raises(WriteRefused):
            connection.request("PUT", parts.path + PATH, b"{}")
        connection.close()

    def test_aiohttp(talonone):
        async def ask():
            async with aiohttp.ClientSession() as session:
                async with session.get(talonone.base_url + PATH) as answer:
                    assert answer.status == 401
                    await answer.read()
                with pytest.raises(WriteRefused):
                    await session.put(talonone.base_url + PATH)
        asyncio.run(ask())

    def test_a_redirect_is_judged_where_it_leads(talonone, monkeypatch):
        def moved(request):
            return httpx.Response(307, headers={"location": talonone.base_url + PATH})
        mounts = {"http://shop.example": httpx.MockTransport(moved)}
        with httpx.Client(mounts=mounts, follow_redirects=True) as client, pytest.raises(WriteRefused):
            client.put("http://shop.example/")
    """,
        REAL,
    )
    result.assert_outcomes(passed=5)
    assert {method for method, _, _ in calls(vendors)} == {"GET"}


OTHER_WAYS = """
    import asyncio, httpcore, os, pytest, socket
    from urllib.parse import urlsplit
    from emulator.testing import HostRefused

    @pytest.fixture
    def place(talonone):
        return urlsplit(talonone.base_url)

    def by_a_socket(place):
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.sendall(b"PUT " + place.path.encode() + b"/v2/customer_sessions/s HTTP/1.0\\r\\n\\r\\n")
            return connection.recv(100)

    def by_streams(place):
        async def ask():
            _, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.close()
        asyncio.run(ask())

    def by_httpcore(place):
        with httpcore.ConnectionPool() as pool:
            return pool.request("PUT", place.geturl() + "/v2/customer_sessions/s")
"""


def test_whoever_cannot_be_judged_gets_nowhere(run: Run, vendors: Client) -> None:
    result = run(
        OTHER_WAYS
        + """
    @pytest.mark.parametrize("call", [by_a_socket, by_streams, by_httpcore])
    def test_it(place, call):
        sentence = r"127\\.0\\.0\\.1 is an address of .*Talon\\.One, and this call comes from a library whose calls"
        with pytest.raises(HostRefused, match=sentence):
            call(place)
    """,
        REAL,
    )
    result.assert_outcomes(passed=3)
    assert calls(vendors) == []


def test_with_leave_to_write_it_does(run: Run, vendors: Client) -> None:
    source = OTHER_WAYS + "\n    def test_it(place): assert by_a_socket(place).startswith(b'HTTP/1.1 401')"
    run(source, REAL, WRITES).assert_outcomes(passed=1)
    assert calls(vendors) == [("PUT", "updateCustomerSessionV2", 401)]


def test_with_leave_to_write_it_goes_through(run: Run, vendors: Client) -> None:
    run(LIBRARIES + "\n    def test_it(put): assert put() == 200", REAL, WRITES).assert_outcomes(passed=6)
    assert calls(vendors) == [("PUT", "updateCustomerSessionV2", 200)] * 6


def test_the_verbs_of_a_fixture_are_judged_alike(run: Run, vendors: Client) -> None:
    result = run(
        """
        import pytest
        from emulator.testing import NotFound, WriteRefused

        def test_talonone(talonone):
            with pytest.raises(NotFound):
                talonone.session("s-1")
            talonone.update_session("s-1", items=[{"sku": "shoe-1", "price": 10}], dry=True)
            with pytest.raises(WriteRefused, match="updateCustomerSessionV2"):
                talonone.update_session("s-1", items=[{"sku": "shoe-1", "price": 10}])

        def test_algonomy(algonomy):
            with pytest.raises(WriteRefused, match=r"optOut/u-1 \\(optOut\\) may change what Algonomy stores"):
                algonomy.opt_out("u-1")

        def test_a_write_that_is_not_expected(algonomy):
            algonomy.opt_out("u-1")

        @pytest.fixture
        def opted_out(algonomy):
            algonomy.opt_out("u-2")

        def test_a_write_before_the_test(opted_out): pass

        def test_a_write_that_is_taken_for_something_else(algonomy):
            try:
                algonomy.opt_out("u-1")
            except Exception as error:
                raise LookupError("u-1 is still in") from error
        """,
        REAL,
        "-rs",
    )
    result.assert_outcomes(passed=2, skipped=3)
    assert "may change what Algonomy stores, and calls to the real vendors only read" in told(result)
    assert ("PUT", "optOut", 200) not in calls(vendors)
    assert "INTERNALERROR" not in told(result)


def test_between_tests_calls_are_judged_too(run: Run, vendors: Client) -> None:
    result = run(
        """
        import httpx, os, pytest

        URL = os.environ["TALONONE_BASE_URL"] + "v2/customer_sessions/s-1"
        said = []

        def attempt(when):
            try:
                httpx.put(URL, json={})
            except RuntimeError as error:
                said.append((when, "may change what Talon.One stores" in str(error)))

        attempt("imported")

        @pytest.fixture(scope="session", autouse=True)
        def cleaned():
            attempt("set up")
            yield
            attempt("torn down")
            assert said == [(when, True) for when in ("imported", "set up", "first", "between", "last", "torn down")]

        def test_first(emulator):
            attempt("first")

        def test_without_any_fixture():
            attempt("between")

        def test_last(talonone):
            attempt("last")
        """,
        REAL,
    )
    result.assert_outcomes(passed=3)
    assert calls(vendors) == []


def test_another_host_of_the_vendors_is_refused(run: Run, vendors: Client) -> None:
    result = run(
        """
        import httpx

        def test_it(talonone):
            httpx.get("https://demo.talon.one/v2/customer_sessions/s")
        """,
        REAL,
        WRITES,
    )
    result.assert_outcomes(failed=1)
    assert (
        "demo.talon.one is a host of Talon.One's, and no call to it is let through with --emulator-target=real: "
        f"TALONONE_BASE_URL names {vendors.base_url('talonone')}. Set TALONONE_BASE_URL=https://demo.talon.one if "
        "this is the account that the tests are for"
    ) in told(result)


def test_no_other_host_where_no_network_is_wanted(run: Run, vendors: Client) -> None:
    result = run(
        """
        import httpx, pytest

        @pytest.mark.emulator(network="none")
        def test_it(talonone):
            assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
            httpx.get("https://shop.example/")
        """,
        REAL,
    )
    result.assert_outcomes(failed=1)
    assert "shop.example is none of the vendors that this run calls, and this test lets no other call leave" in told(
        result
    )
