"""Unchanged programs, whatever they call with: written as their authors would, and run in a process of their own."""

from tests.testing.conftest import Run

AROUND = """
    import asyncio, sys, urllib.error, urllib.request
    import pytest

    URL = "https://demo.talon.one/v2/customer_sessions/s-1"
    HEADERS = {"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}
"""


def test_libraries_that_are_imported_before_and_clients_that_are_built_before(run: Run) -> None:
    result = run(
        AROUND
        + """
    import aiohttp, requests, urllib3
    OPENER, SESSION, MANAGER = urllib.request.build_opener(), requests.Session(), urllib3.PoolManager()

    @pytest.mark.parametrize("time", [1, 2])
    def test_it(emulator, time):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            OPENER.open(urllib.request.Request(URL, headers=HEADERS))
        assert SESSION.get(URL, headers=HEADERS).status_code == 404
        assert MANAGER.request("GET", URL, headers=HEADERS).status == 404

        async def call():
            async with aiohttp.ClientSession() as session, session.get(URL, headers=HEADERS) as answer:
                return answer.status

        assert asyncio.run(call()) == 404
        assert len(emulator.requests("talonone")) == 4
    """,
        apart=True,
    )
    result.assert_outcomes(passed=2)


def test_libraries_that_are_imported_when_the_test_has_begun(run: Run) -> None:
    result = run(
        AROUND
        + """
    def test_first(emulator):
        assert not {"requests", "urllib3", "aiohttp"} & set(sys.modules)
        import requests, urllib3.connection
        assert requests.get(URL, headers=HEADERS).status_code == 404
        assert type(urllib3.connection.__loader__).__name__ == "SourceFileLoader"
        assert urllib3.connection.__spec__.loader is urllib3.connection.__loader__

    def test_second(emulator):
        import aiohttp, requests, urllib3

        async def call():
            async with aiohttp.ClientSession() as session, session.get(URL, headers=HEADERS) as answer:
                return answer.status

        assert asyncio.run(call()) == 404
        assert requests.get(URL, headers=HEADERS).status_code == 404
        assert urllib3.request("GET", URL, headers=HEADERS).status == 404

    def test_an_event_loop_with_sockets_of_its_own(emulator):
        import uvloop
        with pytest.raises(RuntimeError, match="comes from a library that cannot be led there"):
            uvloop.run(asyncio.open_connection("demo.talon.one", 443))

    def test_last():
        import aiohttp.connector, http.client, urllib3.connection
        assert "emulator" not in str(sys.meta_path)
        held = [http.client.HTTPConnection.putrequest, urllib3.connection.HTTPSConnection.connect,
                aiohttp.connector.TCPConnector._create_connection]
        assert [function.__module__ for function in held] == ["http.client", "urllib3.connection", "aiohttp.connector"]
    """,
        apart=True,
    )
    result.assert_outcomes(passed=4)


def test_a_call_opens_no_socket_speaks_no_tls_and_starts_no_thread(run: Run) -> None:
    result = run(
        AROUND
        + """
    import ssl, threading
    import aiohttp, requests

    def test_it(emulator, monkeypatch):
        async def call():
            nothing_is_opened()
            async with aiohttp.ClientSession() as session, session.get(URL, headers=HEADERS) as answer:
                assert answer.status == 404

        def nothing_is_opened():
            monkeypatch.setattr(ssl.SSLContext, "wrap_socket", None)
            monkeypatch.setattr(ssl.SSLContext, "wrap_bio", None)
            monkeypatch.setattr(threading.Thread, "start", None)
            sys.addaudithook(refuse)

        def refuse(event, arguments):
            assert event not in ("socket.__new__", "socket.getaddrinfo", "socket.connect"), event

        asyncio.run(call())
        assert requests.get(URL, headers=HEADERS).status_code == 404
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(urllib.request.Request(URL, headers=HEADERS))
    """,
        apart=True,
    )
    result.assert_outcomes(passed=1)


def test_a_library_that_cannot_be_led_fails_the_test_with_a_sentence(run: Run) -> None:
    result = run(
        AROUND
        + """
    import socket

    def test_it(emulator):
        socket.create_connection(("demo.talon.one", 443))

    @pytest.mark.emulator(network="none")
    def test_no_network():
        urllib.request.urlopen("http://192.0.2.1/")
    """,
        apart=True,
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([
        "E *HostRefused: demo.talon.one leads to the emulator, but this call comes from a library that cannot be led "
        "there within this process. Give the library the address of a real socket: the fixture emulator_server has one",
        'E *HostRefused: 192.0.2.1 is not emulated, and this test lets no call leave the machine (network="none"). '
        'Mock the function that makes this call, or say network="vendors"',
    ])  # fmt: skip
