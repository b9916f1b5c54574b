"""Calls that were refused while nobody looked: a warning where the program swallowed the refusal, nothing where the
test expects it."""

import pytest

from tests.testing.conftest import Run

SHOP = """
    import httpx

    def track():
        try:
            httpx.get("https://api.treasuredata.com/v3/job/list")
        except Exception:
            pass

    async def track_later():
        try:
            async with httpx.AsyncClient() as client:
                await client.get("https://api.treasuredata.com/v3/job/list")
        except Exception:
            pass

    async def ask():
        async with httpx.AsyncClient() as client:
            return await client.get("https://api.treasuredata.com/v3/job/list")

    def convert():
        try:
            httpx.get("https://api.treasuredata.com/v3/job/list")
        except RuntimeError as error:
            raise LookupError("no jobs") from error
"""


@pytest.fixture(autouse=True)
def shop(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(shop=SHOP)
    pytester.syspathinsert()


@pytest.mark.parametrize("call", ["shop.track()", "asyncio.run(shop.track_later())"])
def test_a_program_that_swallows_a_refusal_is_told(run: Run, call: str) -> None:
    result = run(
        f"""
        import asyncio, shop

        def test_it(emulator):
            for _ in range(3):
                {call}
    """,
        "-Walways",
    )
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*EmulatorWarning: *::test_it passed, although track* (shop.py:*) has swallowed a refusal: "
            "api.treasuredata.com is a host of Treasure Data's that the emulator does not emulate*"
        ]
    )


def test_a_test_that_expects_a_refusal_is_not_told_of_it(run: Run) -> None:
    result = run(
        """
        import asyncio, contextlib, httpx, pytest, shop, unittest
        from emulator.testing import HostRefused

        URL = "https://api.treasuredata.com/v3/job/list"

        async def together():
            (found,) = await asyncio.gather(shop.ask(), return_exceptions=True)
            return found

        def test_it(emulator):
            with pytest.raises(HostRefused, match="does not emulate"):
                httpx.get(URL)
            with pytest.raises(LookupError):
                shop.convert()
            found = asyncio.run(together())
            assert isinstance(found, HostRefused)
            pytest.raises(RuntimeError, httpx.get, URL)
            with contextlib.suppress(RuntimeError):
                httpx.get(URL)
            try:
                httpx.get(URL)
            except Exception:
                pass

        @pytest.mark.usefixtures("emulator")
        class TestIt(unittest.TestCase):
            def test_it(self):
                with self.assertRaises(HostRefused):
                    httpx.get(URL)
        """,
        "-Werror",
    )
    result.assert_outcomes(passed=2)


def test_a_helper_that_names_what_it_expects_has_looked(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        expectations="""
        import httpx, pytest

        def refused(url):
            with pytest.raises(RuntimeError):
                httpx.get(url)
        """
    )
    result = run(
        """
        import expectations

        def test_it(emulator):
            expectations.refused("https://api.treasuredata.com/v3/job/list")
        """,
        "-Werror",
    )
    result.assert_outcomes(passed=1)


def test_a_thread_that_ends_of_a_refusal_is_told_by_pytest_alone(run: Run) -> None:
    result = run(
        """
        import httpx, threading

        def refused():
            httpx.get("https://api.treasuredata.com/v3/job/list")

        def test_it(emulator):
            thread = threading.Thread(target=refused)
            thread.start()
            thread.join()
    """,
        "-Walways",
    )
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["*PytestUnhandledThreadExceptionWarning*", "*HostRefused: api.treasuredata.com is a host*"]
    )
    result.stdout.no_fnmatch_line("*has swallowed*")


def test_a_failing_test_tells_what_was_refused(run: Run) -> None:
    result = run("""
        import shop

        def test_it(emulator):
            shop.track()
            assert False
    """)
    result.assert_outcomes(failed=1, warnings=0)
    result.stdout.fnmatch_lines(["*refused: api.treasuredata.com is a host of Treasure Data's*"])
