"""What a test may ask for with ``@pytest.mark.emulator(…)``, and what comes of it."""

import pytest

from tests.testing.conftest import Run


def test_the_marker_alone_leads_a_test_to_the_emulator(run: Run) -> None:
    result = run("""
        import httpx, pytest, unittest

        def refused():
            return httpx.get("https://demo.talon.one/v2/customer_sessions/s-9").status_code == 401

        @pytest.mark.emulator
        def test_function():
            assert refused()

        @pytest.mark.emulator(scenario="empty")
        class TestClass:
            def test_method(self):
                assert refused()

        class TestCase(unittest.TestCase):
            @pytest.mark.emulator
            def test_method(self):
                self.assertTrue(refused())

        @pytest.mark.emulator
        class TestMarkedCase(unittest.TestCase):
            def setUp(self):
                assert refused()

            def test_method(self):
                assert refused()

        @pytest.mark.emulator
        @pytest.mark.parametrize("number", [1, 2])
        def test_parametrised(number):
            assert refused()
    """)
    result.assert_outcomes(passed=6)


@pytest.mark.parametrize("mark", ["pytest.mark.asyncio", "pytest.mark.anyio"])
def test_the_marker_alone_leads_an_async_test(run: Run, mark: str) -> None:
    result = run(f"""
        import httpx, pytest

        @{mark}
        @pytest.mark.emulator
        async def test_it():
            async with httpx.AsyncClient() as client:
                answer = await client.get("https://demo.talon.one/v2/customer_sessions/s-9")
            assert answer.status_code == 401
    """)
    assert result.parseoutcomes()["passed"] == (1 if "asyncio" in mark else 2)  # anyio: on asyncio and on trio


def test_a_module_may_be_marked(run: Run) -> None:
    result = run("""
        import httpx, pytest

        pytestmark = [pytest.mark.emulator(scenario="empty"), pytest.mark.filterwarnings("error")]

        def test_it(request):
            assert "emulator" in request.fixturenames
            assert request.getfixturevalue("emulator").control.scenarios()["current"] == "empty"
    """)
    result.assert_outcomes(passed=1)


def test_only_the_marked_parameter_is_led(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.mark.parametrize("led", [pytest.param(True, marks=pytest.mark.emulator), False])
        def test_it(request, led):
            assert ("emulator" in request.node.funcargs) == led
    """)
    result.assert_outcomes(passed=2)


def test_marks_of_module_class_function_and_parameter_add_up_and_the_closest_wins(run: Run) -> None:
    result = run("""
        import pytest

        mark = pytest.mark.emulator
        pytestmark = mark(scenario="empty", clock="2001-01-01T00:00:00Z", fail_on="assumed")

        def told(emulator):
            control = emulator.control
            return control.scenarios()["current"], emulator.clock.now.year, control.provenance()["fail_on"]

        def test_module(emulator):
            assert told(emulator) == ("empty", 2001, "assumed")

        @mark(clock="2002-01-01T00:00:00Z")
        class TestBase:
            def test_class(self, emulator):
                assert told(emulator) == ("empty", 2002, "assumed")

            @mark(fail_on="inferred")
            def test_method(self, emulator):
                assert told(emulator) == ("empty", 2002, "inferred")

            @mark(scenario="demo", clock="2003-01-01T00:00:00Z", fail_on=None)
            def test_all_of_it(self, emulator):
                assert told(emulator) == ("demo", 2003, None)

        @mark(clock="2004-01-01T00:00:00Z")
        class TestDerived(TestBase):
            def test_class(self, emulator):
                assert told(emulator) == ("empty", 2004, "assumed")

            def test_method(self, emulator):
                assert told(emulator) == ("empty", 2004, "assumed")

        @mark(clock="2005-01-01T00:00:00Z")
        @pytest.mark.parametrize("year", [pytest.param(2006, marks=mark(clock="2006-01-01T00:00:00Z")), 2005])
        def test_parameter(emulator, year):
            assert told(emulator) == ("empty", year, "assumed")

        @mark(clock="2007-01-01T00:00:00Z")
        @mark(clock="2008-01-01T00:00:00Z", scenario="demo")
        def test_two_decorators(emulator):
            assert told(emulator) == ("demo", 2008, "assumed")
    """)
    result.assert_outcomes(passed=10)


def test_a_fixture_may_mark_the_test_before_its_world_begins(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.fixture
        def black_friday(request):
            request.node.add_marker(pytest.mark.emulator(clock="2026-11-27T00:00:00Z"))

        @pytest.mark.emulator(clock="2001-01-01T00:00:00Z")
        def test_it(black_friday, emulator):
            assert emulator.clock.now.isoformat() == "2026-11-27T00:00:00+00:00"

        def test_without_a_mark_of_its_own(black_friday, emulator):
            assert emulator.clock.now.month == 11
    """)
    result.assert_outcomes(passed=2)


def test_a_conftest_may_mark_all_tests_of_a_directory(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.emulator(scenario="empty"))
    """)
    run("""
        import httpx, pytest

        def test_it():
            assert httpx.get("https://demo.talon.one/").status_code == 501

        @pytest.mark.emulator(clock="2026-01-05T09:00:00Z")
        def test_marked(emulator):
            assert emulator.control.scenarios()["current"] == "empty"
            assert emulator.clock.mode == "frozen"
    """).assert_outcomes(passed=2)


def test_a_mark_that_comes_too_late_is_told(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.fixture
        def black_friday(request):
            request.node.add_marker(pytest.mark.emulator(clock="2026-11-27T00:00:00Z"))

        def test_it(emulator, black_friday): pass

        @pytest.mark.emulator
        def test_marked(black_friday): pass

        @pytest.mark.emulator
        def test_other(): pass
    """)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "this test was marked with @pytest.mark.emulator after its world had begun: let the fixture that marks it "
            "come first, and then emulator among the test's arguments"
        ]
    )


def test_other_fixtures_of_a_marked_test_are_led_from_beginning_to_end(run: Run) -> None:
    result = run("""
        import httpx, pytest, unittest

        def refused():
            return httpx.get("https://demo.talon.one/v2/customer_sessions/s-9").status_code == 401

        @pytest.fixture
        def basket():
            assert refused()
            yield
            assert refused()

        @pytest.fixture(autouse=True)
        def before_all(request):
            if request.node.get_closest_marker("emulator"):
                assert refused()

        @pytest.fixture(scope="module")
        def shared():
            import emulator.interception.points as points
            assert points.policy() is None

        @pytest.mark.emulator
        def test_it(basket, shared): pass

        @pytest.mark.emulator
        class TestClass:
            def setup_method(self):
                assert refused()

            def teardown_method(self):
                assert refused()

            def test_it(self): pass

        @pytest.mark.emulator
        class TestCase(unittest.IsolatedAsyncioTestCase):
            def setUp(self):
                assert refused()

            async def asyncTearDown(self):
                assert refused()

            async def test_it(self):
                async with httpx.AsyncClient() as client:
                    assert (await client.get("https://demo.talon.one/")).status_code == 501
    """)
    result.assert_outcomes(passed=3)


def test_what_other_fixtures_put_in_place_lies_beneath_it_when_the_test_runs(run: Run) -> None:
    result = run("""
        import httpx, pytest

        @pytest.fixture
        def patched(monkeypatch):
            def answer(self, request):
                calls.append(request.url.host)
                return httpx.Response(299)
            monkeypatch.setattr(httpx.HTTPTransport, "handle_request", answer)

        calls = []

        @pytest.mark.emulator
        def test_it(patched):
            assert httpx.get("https://demo.talon.one/v2/customer_sessions/s-9").status_code == 401
            assert httpx.get("https://elsewhere.example/").status_code == 299
            assert calls == ["elsewhere.example"]
    """)
    result.assert_outcomes(passed=1)


def test_doctests_may_be_marked_or_not(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        documented="""
        '''
        >>> import httpx
        >>> httpx.get("https://demo.talon.one/v2/customer_sessions/s-9").status_code
        401
        '''
        import pytest
        pytestmark = pytest.mark.emulator
        """,
        plain="""
        '''
        >>> 1 + 1
        2
        '''
        """,
    )
    pytester.maketxtfile("""
        >>> getfixture("emulator").clock.mode
        'real'
    """)
    result = run("def test_it(emulator): pass", "--doctest-modules", "--doctest-glob=*.txt")
    result.assert_outcomes(passed=4)


def test_the_marker_is_registered_and_told(run: Run) -> None:
    run("import pytest\n@pytest.mark.emulator\ndef test_it(): pass", "--strict-markers").assert_outcomes(passed=1)
    run("", "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.emulator(?, scenario, clock, fail_on, network): the world that a test begins in; *"]
    )
