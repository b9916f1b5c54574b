"""Every test has a world of its own, whatever the one before has done to its own."""

import pytest

from tests.testing.conftest import PLUGIN, Run


def test_what_one_test_does_the_next_one_does_not_see(run: Run) -> None:
    result = run("""
        import httpx, pytest

        @pytest.mark.parametrize("time", ["first", "second"])
        def test_it(emulator, time):
            key = "d1c2b3a4" * 8
            url = "https://demo.talon.one/v2/customer_sessions/s-9"
            headers = {"Authorization": f"ApiKey-v1 {key}"}
            assert httpx.get(url, headers=headers).status_code == 404
            said = httpx.put(url, headers=headers, json={"customerSession": {}})
            assert said.headers["x-emulator-request-id"] == "2"
            assert httpx.get(url, headers=headers).status_code == 200
    """)
    result.assert_outcomes(passed=2)


SPOIL = {
    "settings": "control.change_settings('primedata', time_format='iso')",
    "a limit": "control.change_limit('primedata', 'requests', scale=0.01, enabled=False)",
    "a fault": "(control.add_fault('talonone', 'delay=1'), httpx.get('https://demo.talon.one/v1/'))",
    "a drill": "(control.drill('slow-first-byte', vendor='talonone', delay='1'), httpx.get('https://demo.talon.one/'))",
    "a scenario": "control.seed(b'name: mine')",
    "another scenario": "control.reset(scenario='edges')",
    "the clock": "control.set_clock('shifted', '2040-01-01T00:00:00Z')",
    "the level": "control.trust('inferred')",
    "a snapshot": "control.save_snapshot('one')",
    "a snapshot restored": "(control.trust('assumed'), control.save_snapshot('one'), control.restore_snapshot('one'))",
    "the journal": "httpx.get('https://demo.talon.one/v2/customer_sessions/s-9')",
    "a namespace": "DirectClient(emulator.venue.emulator, 'other').set_clock('frozen', '2040-01-01T00:00:00Z')",
    "its own namespace": "control.delete_namespace('default')",
    "what was misdirected": "emulator.venue.emulator.misdirected('TLS on the plain port')",
    "rows": "httpx.put('https://demo.talon.one/v2/customer_sessions/s-1', json={'customerSession': {}}, headers=KEY)",
}


def test_nothing_that_a_test_may_change_is_there_for_the_next(run: Run) -> None:
    steps = "\n".join(f"    {name!r}: lambda emulator, control: {step}," for name, step in SPOIL.items())
    result = run(f"""
import httpx, pytest
from emulator.direct import DirectClient

KEY = {{"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}}
STEPS = {{
{steps}
}}
seen = []

def told(control):
    snapshot = control.save_snapshot("look")
    assert len(control.snapshots()) == 1
    return {{
        "settings": control.settings(),
        "limits": [(limit["name"], limit["enabled"], limit["scale"]) for limit in control.limits()],
        "faults": control.faults(),
        "scenarios": control.scenarios(),
        "clock": control.clock()["mode"],
        "level": control.provenance()["fail_on"],
        "journal": control.requests(),
        "namespaces": control.namespaces(),
        "state": control.state("talonone")["vendors"],
    }}

@pytest.mark.parametrize("step", STEPS)
def test_it(emulator, step):
    seen.append(told(emulator.control))
    assert seen[-1] == seen[0]
    STEPS[step](emulator, emulator.control)
""")
    result.assert_outcomes(passed=len(SPOIL))


def test_a_world_is_there_while_other_fixtures_are_torn_down(run: Run) -> None:
    run("""
        import httpx, pytest

        @pytest.fixture
        def basket(emulator):
            yield
            assert httpx.get("https://demo.talon.one/v2/customer_sessions/s-9").status_code == 401

        def test_it(basket): pass
    """).assert_outcomes(passed=1)


def test_it_may_be_asked_for_by_name_and_twice(run: Run) -> None:
    run("""
        import pytest

        @pytest.fixture
        def late(request):
            yield request.getfixturevalue("emulator")

        def test_it(request, late):
            assert request.getfixturevalue("emulator") is late

        @pytest.mark.usefixtures("emulator")
        @pytest.mark.emulator
        def test_in_three_ways(emulator, request):
            assert request.fixturenames.count("emulator") == 1
    """).assert_outcomes(passed=2)


def test_a_set_up_that_fails_after_it_harms_nobody(run: Run) -> None:
    result = run("""
        import httpx, pytest

        ORIGINAL = httpx.HTTPTransport.handle_request

        @pytest.fixture
        def broken(emulator):
            raise ValueError("no luck")

        def test_it(broken): pass
        def test_other(emulator):
            assert emulator.control.requests()["requests"] == []
        def test_none():
            assert httpx.HTTPTransport.handle_request is ORIGINAL
    """)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["E *ValueError: no luck"])


def test_a_user_s_own_fixture_may_stand_above_it(run: Run) -> None:
    run("""
        import pytest

        @pytest.fixture
        def emulator(emulator):
            emulator.clock.freeze("2026-01-05T09:00:00Z")
            return emulator

        def test_it(emulator, talonone):
            assert emulator.clock.mode == "frozen"

        @pytest.mark.emulator(scenario="empty")
        def test_marked(request):
            assert request.getfixturevalue("emulator").clock.mode == "frozen"
    """).assert_outcomes(passed=2)


def test_a_fixture_of_wider_scope_cannot_have_it(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.fixture(scope="module")
        def basket(emulator): pass

        def test_it(basket): pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ScopeMismatch: You tried to access the function scoped fixture emulator with a*"])


def test_an_interrupted_run_ends_in_order(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        def pytest_unconfigure():
            from emulator.interception.points import policy
            print("in force at the end:", policy())
    """)
    result = run(
        "def test_it(emulator): raise KeyboardInterrupt\ndef test_other(emulator): pass",
        apart=True,
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*KeyboardInterrupt*", "in force at the end: None"])


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan", "--collect-only", "-x", "--setup-show"])
def test_pytest_s_own_ways_to_run_less(run: Run, option: str) -> None:
    result = run("import pytest\n@pytest.mark.emulator\ndef test_it(talonone): pass", option)
    assert result.ret == pytest.ExitCode.OK
    if option.startswith("--setup"):
        result.stdout.fnmatch_lines(["*SETUP    F emulator*", "*SETUP    F talonone (fixtures used: emulator)*"])


def test_the_first_failure_may_end_the_run_and_be_run_again(pytester: pytest.Pytester) -> None:
    plugin = ("-p", "emulator.pytest_plugin", *PLUGIN[-2:])
    pytester.makepyfile("""
        import pathlib

        def test_first(emulator):
            emulator.clock.freeze("2040-01-01T00:00:00Z")
            assert pathlib.Path("mended").exists()

        def test_second(emulator):
            assert emulator.clock.mode == "real"
    """)
    pytester.runpytest_inprocess(*plugin, "-x").assert_outcomes(failed=1)
    pytester.path.joinpath("mended").touch()
    pytester.runpytest_inprocess(*plugin, "--lf").assert_outcomes(passed=1)
    pytester.runpytest_inprocess(*plugin).assert_outcomes(passed=2)


def test_every_namespace_of_a_test_begins_as_the_test_does(run: Run) -> None:
    run("""
        import pytest
        from emulator.client import Client

        @pytest.mark.emulator(scenario="edges", clock="2031-05-06T07:08:09Z", fail_on="assumed")
        def test_it(emulator, emulator_server):
            other = Client(emulator_server.url, "other")
            assert other.scenarios()["current"] == "edges"
            assert other.clock()["now"] == "2031-05-06T07:08:09Z"
            assert other.provenance()["fail_on"] == "assumed"

        def test_next(emulator, emulator_server):
            other = Client(emulator_server.url, "other")
            assert other.scenarios()["current"] == "demo"
            assert other.provenance()["fail_on"] is None
    """).assert_outcomes(passed=2)


def test_two_runs_in_one_process_do_not_meet(run: Run) -> None:
    source = """
        def test_it(emulator):
            assert emulator.control.requests()["requests"] == []
            assert emulator.control.scenarios()["current"] == "{}"
    """
    run(source.format("edges"), "-o", "emulator_scenario=edges").assert_outcomes(passed=1)
    run(source.format("demo")).assert_outcomes(passed=1)


def test_a_run_inside_a_test_that_has_an_emulator_is_told_to_have_a_process_of_its_own(run: Run) -> None:
    result = run(
        """
        pytest_plugins = ["pytester"]
        OPTIONS = ("-p", "emulator.pytest_plugin", "-p", "no:cacheprovider", "-o",
                   "asyncio_default_fixture_loop_scope=function")

        def test_within(emulator, pytester):
            pytester.makepyfile("def test_it(emulator): pass\\ndef test_other(): pass")
            inner = pytester.runpytest_inprocess(*OPTIONS)
            inner.assert_outcomes(passed=1, errors=1)
            inner.stdout.fnmatch_lines(["the HTTP libraries of this process lead to the emulator of * already, *"])
            emulator.clock.freeze()
            pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=2)
    """,
        "-p",
        "pytester",
        apart=True,
    )
    result.assert_outcomes(passed=1)
