"""Clients with a transport of their own, attached by hand."""

import pytest

from tests.testing.conftest import Run

AROUND = """
    import asyncio
    import aiohttp, httpx, pytest, requests
    from emulator.testing import Unusable

    URL, OTHER = "https://demo.talon.one/v2/customer_sessions/s-1", "https://shop.example/cart"
    HEADERS = {"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}
    SHOP = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(418)), headers=HEADERS)
    SHOP_LATER = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(418)), headers=HEADERS)

    class Teapot(requests.adapters.BaseAdapter):
        def send(self, request, **options):
            answer = requests.Response()
            answer.status_code, answer.url = 418, request.url
            return answer

        def close(self):
            pass

    SESSION = requests.Session()
    SESSION.headers.update(HEADERS)
    SESSION.mount("https://", Teapot())
"""


def test_its_calls_to_the_vendors_are_led_and_all_others_go_where_they_did(run: Run) -> None:
    result = run(
        AROUND
        + """
    @pytest.mark.parametrize("client", [SHOP, SESSION])
    def test_synchronous(emulator, client):
        assert client.get(URL).status_code == 418
        with emulator.attach(client) as attached:
            assert attached is client
            assert client.get(URL).status_code == 404
            assert client.get(OTHER).status_code == 418
        assert client.get(URL).status_code == 418
        attachment = emulator.attach(client)
        assert client.get(URL).status_code == 404
        attachment.detach()
        attachment.detach()
        assert client.get(URL).status_code == 418
        assert [call.status for call in emulator.requests()] == [404, 404]

    def test_asynchronous(emulator):
        async def calls():
            return [(await SHOP_LATER.get(url)).status_code for url in (URL, OTHER)]

        with emulator.attach(SHOP_LATER):
            assert asyncio.run(calls()) == [404, 418]
        assert asyncio.run(calls()) == [418, 418]

    def test_aiohttp(emulator):
        async def calls():
            connector = aiohttp.UnixConnector(path="/nobody/listens")
            async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:
                with emulator.attach(session):
                    async with session.get(URL) as answer:
                        assert answer.status == 404
                    with pytest.raises(aiohttp.ClientError):
                        await session.get(OTHER)
                with pytest.raises(aiohttp.ClientError):
                    await session.get(URL)
                assert session.connector is connector

        asyncio.run(calls())
    """,
        "-Werror",
    )
    result.assert_outcomes(passed=4)


def test_a_client_of_a_subclass_and_one_that_needs_no_attaching(run: Run) -> None:
    result = run(
        AROUND
        + """
    class Shop(httpx.Client):
        pass

    def test_it(emulator):
        with Shop(headers=HEADERS) as client, emulator.attach(client):
            assert client.get(URL).status_code == 404
    """,
        "-Werror",
    )
    result.assert_outcomes(passed=1)


def test_two_fixtures_that_fight_over_one_client(run: Run) -> None:
    result = run(
        AROUND
        + """
    @pytest.fixture
    def shop(emulator):
        with emulator.attach(SHOP):
            yield SHOP

    @pytest.fixture
    def crm(emulator):
        with emulator.attach(SHOP):
            yield SHOP

    def test_it(shop, crm):
        assert False, "it never comes to this"

    def test_one_of_them(crm):
        assert crm.get(URL).status_code == 404
    """,
        "-Werror",
    )
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*Unusable: this httpx.Client is attached already, by shop (test_two_fixtures_that_fight_over_one_client."
            "py:*): detach it there first, or attach it in one fixture that all who need it ask for"
        ]
    )


def test_one_test_that_attaches_twice(run: Run) -> None:
    result = run(
        AROUND
        + """
    def test_it(emulator):
        with emulator.attach(SHOP):
            with pytest.raises(Unusable, match="attached already, by test_it"):
                emulator.attach(SHOP)
            assert SHOP.get(URL).status_code == 404
        with emulator.attach(SHOP), emulator.attach(SESSION):
            assert SHOP.get(URL).status_code == SESSION.get(URL).status_code == 404
    """,
        "-Werror",
    )
    result.assert_outcomes(passed=1)


def test_what_a_test_leaves_attached_is_detached_and_told(run: Run) -> None:
    result = run(
        AROUND
        + """
    def test_careless(emulator):
        emulator.attach(SHOP)

    def test_careful(emulator):
        assert SHOP.get(URL).status_code == 418
        with emulator.attach(SHOP):
            assert SHOP.get(URL).status_code == 404
    """,
        "-Walways",
    )
    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*EmulatorWarning: *::test_careless left a client attached (httpx.Client), by test_careless (*.py:*): "
            "attach it in a with statement, or detach it when it has served. It has been taken off"
        ]
    )


@pytest.mark.parametrize(
    ("thing", "says"),
    [
        ("42", "int is no client that can be attached: give an httpx.Client, an httpx.AsyncClient, a requests.Session "
               "or an aiohttp.ClientSession"),
        ("httpx", "module is no client that can be attached: give an httpx.Client*"),
        ("httpx.Client", "Client is a class and no client: attach one that is made of it"),
        ("Sdk()", "*Sdk is no client that can be attached: attach its http instead"),
        ("closed()", "this httpx.Client is closed already, so it cannot be attached"),
    ],
)  # fmt: skip
def test_what_is_no_client(run: Run, thing: str, says: str) -> None:
    result = run(
        AROUND
        + f"""
    class Sdk:
        def __init__(self):
            self.name, self.http = "crm", SHOP

    def closed():
        client = httpx.Client()
        client.close()
        return client

    def test_it(emulator):
        emulator.attach({thing})
    """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E*Unusable: {says}"])
