"""Tests that run side by side, and tests that do several things at once."""

import pytest

from emulator.client import Client
from emulator.server import Background
from tests.testing.conftest import Run

WORKERS = ("-n", "2", "-q")


# pytest-xdist


SIDE_BY_SIDE = """
    import os, pytest, requests

    KEY = {"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}
    URL = "https://demo.talon.one/v2/customer_sessions/s-1"

    @pytest.mark.parametrize("number", range(30))
    def test_it(emulator, number):
        assert os.environ["PYTEST_XDIST_WORKER"] in ("gw0", "gw1")
        assert requests.get(URL, headers=KEY).status_code == 404
        body = {"customerSession": {"profileId": f"p-{number}", "couponCodes": ["ONCEONLY"], "state": "closed"}}
        effects = requests.put(URL, headers=KEY, json=body).json()["effects"]
        assert "acceptCoupon" in [effect["effectType"] for effect in effects]
        emulator.clock.advance(hours=number)
        assert [call["status"] for call in emulator.control.requests()["requests"]] == [404, 200]
"""


def test_workers_do_not_meet(run: Run) -> None:
    run(SIDE_BY_SIDE, *WORKERS, apart=True).assert_outcomes(passed=30)


def test_workers_share_an_emulator_each_in_a_namespace_of_its_own(
    run: Run, server: Background, pytester: pytest.Pytester
) -> None:
    note = """
    @pytest.fixture(autouse=True)
    def noted(emulator):
        with open(os.environ["PYTEST_XDIST_WORKER"], "a") as notes:
            print(emulator.control.namespace, file=notes)
"""
    run(SIDE_BY_SIDE + note, *WORKERS, "--emulator-url", server.url, apart=True).assert_outcomes(passed=30)
    noted = [{*(pytester.path / worker).read_text().split()} for worker in ("gw0", "gw1")]
    assert [len(names) for names in noted] == [1, 1]
    first, second = (next(iter(names)) for names in noted)
    assert first.startswith("pytest-")
    assert (first.removesuffix("-gw0"), "-gw1") == (second.removesuffix("-gw1"), second[-4:])
    assert not {first, second} & set(Client(server.url).namespaces()["namespaces"])


def test_skips_of_workers_say_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TALONONE_BASE_URL", raising=False)
    result = run("def test_it(talonone): pass", *WORKERS, "-rs", "--emulator-target=real", apart=True)
    result.assert_outcomes(skipped=1)
    assert "for tests of Talon.One, set TALONONE_BASE_URL" in " ".join(result.stdout.str().split())


# asyncio, trio


def test_asynchronous_tests(run: Run, where: list[str]) -> None:
    result = run(
        """
        import asyncio, anyio, httpx, aiohttp, pytest

        KEY = {"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}
        URL = "https://demo.talon.one/v2/customer_sessions/s-"

        @pytest.mark.asyncio
        async def test_asyncio(emulator, talonone):
            async with httpx.AsyncClient(headers=KEY) as client:
                said = await asyncio.gather(*[client.put(f"{URL}{n}", json={"customerSession": {}}) for n in range(20)])
            assert [one.status_code for one in said] == [200] * 20
            async with aiohttp.ClientSession(headers=KEY) as session:
                async def ask(number):
                    async with session.get(f"{URL}{number}") as answer:
                        return answer.status
                assert await asyncio.gather(*map(ask, range(20))) == [200] * 20
            assert (await talonone.async_client.get("/v2/customer_sessions/s-3")).status_code == 200

        @pytest.mark.asyncio
        async def test_asyncio_again(talonone):
            assert (await talonone.async_client.get("/v2/customer_sessions/s-3")).status_code == 404

        @pytest.fixture(params=["asyncio", "trio"])
        def anyio_backend(request):
            return request.param

        @pytest.mark.anyio
        async def test_anyio(emulator, talonone):
            async def put(number):
                path, body = f"/v2/customer_sessions/s-{number}", {"customerSession": {}}
                said = await talonone.async_client.put(path, json=body)
                assert said.status_code == 200
            async with anyio.create_task_group() as tasks:
                for number in range(20):
                    tasks.start_soon(put, number)
            assert len(emulator.control.state("talonone")["vendors"]["talonone"]["sessions"]) == 20

        @pytest.mark.anyio
        async def test_a_call_that_is_given_up(emulator, talonone):
            emulator.control.add_fault("talonone", "delay=5000", times=1)
            with anyio.move_on_after(0.1) as scope:
                await talonone.async_client.get("/v2/customer_sessions/s-1")
            assert scope.cancelled_caught
            assert (await talonone.async_client.get("/v2/customer_sessions/s-1")).status_code == 404
        """,
        *where,
    )
    result.assert_outcomes(passed=6)


# Threads


def test_of_many_threads_one_redeems_a_coupon_that_is_good_for_once(run: Run, where: list[str]) -> None:
    result = run(
        """
        import httpx, pytest, requests
        from concurrent.futures import ThreadPoolExecutor

        KEY = {"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}
        URL = "https://demo.talon.one/v2/customer_sessions/"

        def by_httpx(number, talonone):
            return httpx.put(f"{URL}s-{number}", headers=KEY, json=cart(number)).json()

        def by_requests(number, talonone):
            return requests.put(f"{URL}s-{number}", headers=KEY, json=cart(number)).json()

        def by_a_shared_client(number, talonone):
            return talonone.client.put(f"/v2/customer_sessions/s-{number}", json=cart(number)).json()

        def cart(number):
            return {"customerSession": {"profileId": f"p-{number}", "couponCodes": ["ONCEONLY"], "state": "closed"}}

        @pytest.mark.parametrize("redeem", [by_httpx, by_requests, by_a_shared_client])
        def test_it(emulator, talonone, redeem):
            with ThreadPoolExecutor(16) as threads:
                answers = list(threads.map(lambda number: redeem(number, talonone), range(64)))
            kinds = [effect["effectType"] for answer in answers for effect in answer["effects"]]
            assert kinds.count("acceptCoupon") == 1
            assert kinds.count("rejectCoupon") == 63
            assert len(emulator.control.requests(limit=200)["requests"]) == 64
        """,
        *where,
    )
    result.assert_outcomes(passed=3)


def test_threads_that_wait_do_not_hold_each_other_up(run: Run, where: list[str]) -> None:
    """A delay of one call passes while others are answered: with one after the other it could not be done."""
    result = run(
        """
        import requests, threading
        from concurrent.futures import ThreadPoolExecutor

        URL = "https://demo.talon.one/v2/customer_sessions/s"

        def test_it(emulator):
            emulator.control.add_fault("talonone", "delay=3000", times=1, headers={"X-Slow": "yes"})
            with ThreadPoolExecutor(2) as threads:
                slow = threads.submit(requests.get, URL, headers={"X-Slow": "yes"})
                while not emulator.control.requests()["requests"]:
                    pass
                assert requests.get(URL).status_code == 401
                assert not slow.done()
                assert slow.result().status_code == 401
        """,
        *where,
    )
    result.assert_outcomes(passed=1)
