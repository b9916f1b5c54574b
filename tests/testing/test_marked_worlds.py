"""The world that a marked test begins in, and goes back to: scenario, clock, level, network."""

import pytest

from tests.testing.conftest import PLUGIN, Run

# The scenario


def test_a_scenario_is_a_name_a_file_or_a_mapping(run: Run, pytester: pytest.Pytester) -> None:
    pytester.mkdir("worlds").joinpath("sale.yaml").write_text("name: sale\nextends: empty\n")
    pytester.path.joinpath("root.json").write_text('{"name": "root", "extends": "demo"}')
    result = run("""
        import pathlib, pytest

        def current(emulator):
            return emulator.control.scenarios()["current"]

        @pytest.mark.emulator(scenario="edges")
        def test_name(emulator):
            assert current(emulator) == "edges"
            assert emulator.clock.now.isoformat() == "2026-01-05T09:00:00+00:00"

        @pytest.mark.emulator(scenario="worlds/sale.yaml")
        def test_file(emulator):
            assert current(emulator) == "sale"

        @pytest.mark.emulator(scenario=pathlib.Path("worlds", "sale.yaml").absolute())
        def test_path(emulator):
            assert current(emulator) == "sale"

        @pytest.mark.emulator(scenario={"primedata": {"api_keys": ["k-1"]}})
        def test_mapping(emulator):
            assert current(emulator) == "test"
            assert [one["header"] for one in emulator.primedata.credentials] == ["x-api-key: k-1"]

        @pytest.mark.emulator(scenario={"name": "mine", "extends": "demo"}, clock="2026-01-05")
        def test_named_mapping(emulator):
            assert current(emulator) == "mine"
            assert emulator.clock.now.isoformat() == "2026-01-05T00:00:00+00:00"
    """)
    result.assert_outcomes(passed=5)


def test_a_file_is_looked_for_beside_the_test_and_then_in_the_root_directory(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]")
    for directory in (pytester.path, pytester.mkdir("tests")):
        directory.joinpath("both.yaml").write_text(f"name: {directory.name.strip('0')}")
    pytester.path.joinpath("above.yaml").write_text("name: above")
    pytester.path.joinpath("tests", "test_it.py").write_text(
        "import pytest\n"
        '@pytest.mark.emulator(scenario="both.yaml")\n'
        'def test_both(emulator): assert emulator.control.scenarios()["current"] == "tests"\n'
        '@pytest.mark.emulator(scenario="above.yaml")\n'
        'def test_above(emulator): assert emulator.control.scenarios()["current"] == "above"\n'
        '@pytest.mark.emulator(scenario="none.yaml")\n'
        "def test_none(emulator): pass\n"
    )
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [f"@pytest.mark.emulator(scenario=…): there is no file 'none.yaml' in {pytester.path}/tests or {pytester.path}"]
    )


def test_a_file_that_changes_is_read_again(run: Run) -> None:
    result = run("""
        import pathlib, pytest

        FILE = pathlib.Path(__file__).with_name("world.yaml")

        @pytest.fixture(params=["first", "second-one"])
        def written(request):
            FILE.write_text(f"name: {request.param}")
            return request.param

        @pytest.mark.emulator(scenario="world.yaml", clock="2026-01-05T09:00:00Z")
        def test_it(written, emulator):
            assert emulator.control.scenarios()["current"] == written
    """)
    result.assert_outcomes(passed=2)


# The clock


def test_a_clock_is_a_moment_or_the_machine_s_own(run: Run) -> None:
    result = run("""
        import pytest
        from datetime import UTC, datetime, timedelta, timezone

        @pytest.mark.parametrize("moment", [
            pytest.param(moment, marks=pytest.mark.emulator(clock=moment)) for moment in (
                "2031-05-06T07:08:09Z",
                "2031-05-06T08:08:09+01:00",
                datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC),
                datetime(2031, 5, 6, 2, 8, 9, tzinfo=timezone(timedelta(hours=-5))),
            )
        ])
        def test_frozen(emulator, moment):
            assert emulator.clock.now == datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
            assert emulator.clock.mode == "frozen"

        @pytest.mark.emulator(scenario="edges", clock="real")
        def test_real(emulator):
            assert emulator.clock.mode == "real"

        @pytest.mark.emulator(scenario="edges", clock=None)
        def test_of_the_scenario(emulator):
            assert emulator.clock.now == datetime(2026, 1, 5, 9, tzinfo=UTC)

        @pytest.mark.emulator(clock="-3d")
        def test_counted_from_now(emulator):
            ago = datetime.now(UTC) - emulator.clock.now
            assert timedelta(days=3) <= ago < timedelta(days=3, hours=1)
    """)
    result.assert_outcomes(passed=7)


def test_relative_moments_of_the_scenario_count_from_the_clock(run: Run) -> None:
    result = run("""
        import httpx, pytest

        KEY = {"key": "d1c2b3a4" * 8, "expires": "+1h"}
        WORLD = {"talonone": {"applications": [{"id": 1, "name": "shop", "apiKeys": [KEY]}]}}

        def status():
            headers = {"Authorization": "ApiKey-v1 " + KEY["key"]}
            return httpx.get("https://demo.talon.one/v2/customer_sessions/s-9", headers=headers).status_code

        @pytest.mark.parametrize("year", [
            pytest.param(year, marks=pytest.mark.emulator(scenario=WORLD, clock=f"{year}-01-05T09:00:00Z"))
            for year in (2001, 2040)
        ])
        def test_it(emulator, year):
            assert emulator.clock.now.year == year
            assert status() == 404
            emulator.clock.advance(hours=2)
            assert status() == 401
            emulator.reset()
            assert emulator.clock.now.isoformat() == f"{year}-01-05T09:00:00+00:00"
            assert status() == 404
    """)
    result.assert_outcomes(passed=2)


# What a reset in the test goes back to


def test_a_reset_goes_back_to_what_this_test_began_with(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.mark.emulator(scenario="edges", clock="2031-05-06T07:08:09Z", fail_on="inferred")
        def test_it(emulator):
            emulator.clock.real()
            emulator.control.trust(None)
            emulator.settings("primedata", time_format="iso")
            emulator.reset()
            assert emulator.clock.now.isoformat() == "2031-05-06T07:08:09+00:00"
            assert emulator.clock.mode == "frozen"
            assert emulator.control.provenance()["fail_on"] == "inferred"
            assert emulator.control.scenarios()["current"] == "edges"

        @pytest.mark.emulator(scenario="edges", clock="2031-05-06T07:08:09Z", fail_on="inferred")
        def test_in_a_namespace_of_its_own(emulator):
            from emulator.direct import DirectClient
            other = DirectClient(emulator.venue.emulator, "other")
            assert other.clock()["now"] == "2031-05-06T07:08:09Z"
            assert other.provenance()["fail_on"] == "inferred"
            assert other.scenarios()["current"] == "edges"
    """)
    result.assert_outcomes(passed=2)


def test_a_network_of_none_holds_every_call_back(run: Run) -> None:
    result = run("""
        import httpx, pytest

        @pytest.mark.emulator(network="none")
        def test_it():
            with pytest.raises(RuntimeError, match="elsewhere.example is not emulated"):
                httpx.get("https://elsewhere.example/")
            assert httpx.get("https://demo.talon.one/v2/customer_sessions/s-9").status_code == 401
    """)
    result.assert_outcomes(passed=1)
