"""What a suite may say on the command line, in the environment and in its ini file, and every refusal of it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from emulator.core.errors import Level
from emulator.testing.arrangement import Arrangement
from emulator.testing.errors import Unusable
from emulator.testing.options import SuiteOptions
from tests.testing.conftest import PLUGIN, Run

URL, OTHER = "http://127.0.0.1:4680", "https://emulator.example:4643"
TEST = "def test_it(emulator): pass"


@pytest.fixture
def ini(pytester: pytest.Pytester) -> Path:
    return pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")


def said(pytester: pytest.Pytester, *args: str, ini: Mapping[str, str] | None = None) -> SuiteOptions:
    overrides = [word for key, value in (ini or {}).items() for word in ("-o", f"emulator_{key}={value}")]
    return SuiteOptions.of(pytester.parseconfig(*PLUGIN, *overrides, *args))


def test_without_any_the_suite_plays_in_process(pytester: pytest.Pytester) -> None:
    assert said(pytester) == SuiteOptions()
    assert SuiteOptions().target == "in-process"
    assert SuiteOptions().arrangement == Arrangement(scenario=None, clock=None, fail_on=None, network="vendors")


@pytest.mark.parametrize(
    ("args", "environment", "ini", "target", "url"),
    [
        (["--emulator-target=container", f"--emulator-url={URL}"], {}, {}, "container", URL),
        ([f"--emulator-url={URL}/"], {}, {}, "container", URL),
        (["--emulator-target=real"], {}, {}, "real", None),
        ([], {"URL": URL}, {}, "container", URL),
        ([], {"TARGET": "real", "URL": ""}, {}, "real", None),
        ([], {}, {"url": URL}, "container", URL),
        ([], {}, {"target": "real"}, "real", None),
        # The command line over the environment over the ini file:
        ([f"--emulator-url={OTHER}"], {"URL": URL}, {"url": URL}, "container", OTHER),
        ([f"--emulator-url={OTHER}"], {"TARGET": "real"}, {"target": "real"}, "container", OTHER),
        (["--emulator-target=in-process"], {"URL": URL}, {"url": URL}, "in-process", None),
        ([], {"URL": OTHER}, {"target": "real"}, "container", OTHER),
        ([], {"TARGET": "in-process"}, {"url": URL}, "in-process", None),
        # Where the container is may be said elsewhere:
        (["--emulator-target=container"], {"URL": URL}, {}, "container", URL),
        (["--emulator-target=container"], {"TARGET": "real"}, {"url": URL}, "container", URL),
        ([], {"TARGET": "container"}, {"url": URL}, "container", URL),
    ],
)
def test_where_it_plays(pytester, monkeypatch, args, environment, ini, target, url) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"EMULATOR_{name}", value)
    options = said(pytester, *args, ini=ini)
    assert (options.target, options.url) == (target, url)


NO_ADDRESS = "is no address of an emulator: write http://127.0.0.1:4680"
ONE_OF_ITS_OWN = f"names a namespace, and each process of a test run makes one of its own: write {URL}"
NEEDS = (
    "container needs the address of an emulator that runs: say --emulator-url http://127.0.0.1:4680, or set "
    "EMULATOR_URL or the ini option emulator_url"
)


NO_MOMENT = 'is not a moment: write 2026-01-05T09:00:00Z, 2026-01-05, or a distance such as -3d; or say "real"'
ONE = "leave one of them out"
INFERRED = "did you mean inferred?"
SCENARIOS = "emulator_scenario: no scenario is called 'demmo'; did you mean demo?"
TARGETS = "known: in-process, container, real"


@pytest.mark.parametrize(
    ("args", "environment", "ini", "sentence"),
    [
        (["--emulator-target=docker"], {}, {}, f"--emulator-target: 'docker' is no target here; {TARGETS}"),
        ([], {"TARGET": "reel"}, {}, "EMULATOR_TARGET: 'reel' is no target here; did you mean real?"),
        ([], {}, {"target": "inprocess"}, "emulator_target: 'inprocess' is no target here; did you mean in-process?"),
        (["--emulator-target=container"], {}, {}, f"--emulator-target {NEEDS}"),
        ([], {"TARGET": "container"}, {}, f"EMULATOR_TARGET {NEEDS}"),
        (["--emulator-url=localhost:4680"], {}, {}, f"--emulator-url: 'localhost:4680' {NO_ADDRESS}"),
        (["--emulator-url=http://x:99999"], {}, {}, f"--emulator-url: 'http://x:99999' {NO_ADDRESS}"),
        ([], {"URL": "ftp://x"}, {}, f"EMULATOR_URL: 'ftp://x' {NO_ADDRESS}"),
        ([], {}, {"url": "http://"}, f"emulator_url: 'http://' {NO_ADDRESS}"),
        ([f"--emulator-url={URL}/ns/one"], {}, {}, f"--emulator-url: '{URL}/ns/one' {ONE_OF_ITS_OWN}"),
        (
            ["--emulator-target=real", f"--emulator-url={URL}"],
            {},
            {},
            f"--emulator-url {URL} is for --emulator-target container, and --emulator-target says real: {ONE}",
        ),
        (
            [],
            {"TARGET": "in-process", "URL": URL},
            {},
            f"EMULATOR_URL {URL} is for EMULATOR_TARGET container, and EMULATOR_TARGET says in-process: {ONE}",
        ),
        ([], {}, {"scenario": "demmo"}, SCENARIOS),
        ([], {}, {"scenario": "a/b.yaml"}, "emulator_scenario: there is no file 'a/b.yaml' in {}"),
        ([], {}, {"fixtures": "x"}, "emulator_fixtures: {}/x is no directory: name one with scenario files"),
        ([], {}, {"clock": "now"}, f"emulator_clock: 'now' {NO_MOMENT}"),
        ([], {}, {"fail_on": "assume"}, "emulator_fail_on: 'assume' is no level here; did you mean assumed?"),
        ([], {}, {"network": "all"}, "emulator_network: 'all' is no network here; known: vendors, none"),
        (["--emulator-reliance=infered"], {}, {}, f"--emulator-reliance: 'infered' is no level here; {INFERRED}"),
    ],
)
def test_what_no_suite_can_have_is_refused(pytester, monkeypatch, args, environment, ini, sentence) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"EMULATOR_{name}", value)
    with pytest.raises(Unusable) as caught:
        said(pytester, *args, ini=ini)
    assert str(caught.value) == sentence.replace("{}", str(pytester.path))


def test_a_refusal_ends_the_run_before_any_test_with_exit_code_4(run: Run) -> None:
    result = run(f"{TEST}\ndef test_other(): pass", "-o", "emulator_scenario=demmo")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: emulator_scenario: no scenario is called 'demmo'; did you mean demo?"])
    result.assert_outcomes()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_a_test_that_is_only_marked_counts_too(run: Run) -> None:
    source = "import pytest\n@pytest.mark.emulator\ndef test_it(): pass"
    assert run(source, "-o", "emulator_fail_on=x").ret == pytest.ExitCode.USAGE_ERROR


def test_what_is_wrong_with_an_emulator_that_no_test_uses_is_nobody_s_trouble(run: Run, monkeypatch) -> None:
    monkeypatch.setenv("EMULATOR_TARGET", "nonsense")
    wrong = ["-o", "emulator_scenario=demmo", "-o", "emulator_fixtures=nowhere", "-o", "emulator_clock=x"]
    run("def test_it(): pass", *wrong).assert_outcomes(passed=1)
    run(f"{TEST}\ndef test_other(): pass", *wrong, "-k", "other").assert_outcomes(passed=1, deselected=1)


@pytest.mark.parametrize("option", ["--emulator-target=docker", "--emulator-url=x", "--emulator-reliance=x"])
def test_an_option_that_is_given_is_checked_whatever_the_tests_use(run: Run, option: str) -> None:
    result = run("def test_it(): pass", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {option.partition('=')[0]}: *"])


def test_a_test_that_asks_while_running_is_told_by_itself(run: Run) -> None:
    result = run(
        "def test_it(request): request.getfixturevalue('emulator')\ndef test_other(): pass",
        "-o",
        "emulator_scenario=demmo",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["emulator_scenario: no scenario is called 'demmo'; did you mean demo?"])


def test_a_worker_of_xdist_tells_each_test(run: Run) -> None:
    result = run(f"{TEST}\ndef test_other(): pass", "-n1", "-o", "emulator_scenario=demmo", apart=True)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["emulator_scenario: no scenario is called 'demmo'; did you mean demo?"])


def test_an_option_is_refused_before_xdist_has_any_worker(run: Run) -> None:
    result = run(TEST, "-n1", "--emulator-target=docker", apart=True)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --emulator-target: 'docker' is no target here; known: *"])


def test_scenarios_of_the_suite_lie_where_the_ini_file_says(run: Run, pytester: pytest.Pytester) -> None:
    pytester.mkdir("project").joinpath("worlds").mkdir()
    pytester.path.joinpath("project/worlds/sale.yaml").write_text("name: sale\nextends: demo\nclock: 2026-11-27")
    pytester.path.joinpath("project/worlds/late.yaml").write_text("name: late\nextends: sale\nclock: 2026-11-28")
    pytester.path.joinpath("project/pytest.ini").write_text(
        "[pytest]\nemulator_fixtures = worlds\nemulator_scenario = sale\nemulator_fail_on = inferred\n"
        "emulator_network = none\n"
    )
    result = run(
        """
        import pytest

        def test_suite(emulator):
            assert emulator.control.scenarios()["current"] == "sale"
            assert emulator.clock.now.isoformat() == "2026-11-27T00:00:00+00:00"
            assert emulator.control.provenance()["fail_on"] == "inferred"
            assert emulator.policy.network == "none"

        @pytest.mark.emulator(scenario="late", fail_on=None, network="vendors")
        def test_own(emulator):
            assert emulator.control.scenarios()["current"] == "late"
            assert emulator.clock.now.isoformat() == "2026-11-28T00:00:00+00:00"
            assert emulator.control.provenance()["fail_on"] is None
            assert emulator.policy.network == "vendors"

        @pytest.mark.emulator(scenario=None, clock="2027-01-01")
        def test_mixed(emulator):
            assert emulator.clock.now.isoformat() == "2027-01-01T00:00:00+00:00"
            emulator.reset(scenario="late")
            assert emulator.control.scenarios()["current"] == "late"
    """,
        "-c",
        "project/pytest.ini",
        "--rootdir=.",
    )
    result.assert_outcomes(passed=3)


def test_a_suite_s_scenario_may_be_a_file_and_its_clock_real(run: Run, pytester: pytest.Pytester, ini: Path) -> None:
    pytester.path.joinpath("sale.yaml").write_text("name: sale\nclock: 2026-11-27")
    result = run(
        """
        import pytest

        def test_suite(emulator):
            assert emulator.control.scenarios()["current"] == "sale"
            assert emulator.clock.mode == "real"

        @pytest.mark.emulator(clock=None)
        def test_own(emulator):
            assert emulator.clock.now.isoformat() == "2026-11-27T00:00:00+00:00"
    """,
        "-o",
        "emulator_scenario=sale.yaml",
        "-o",
        "emulator_clock=real",
    )
    result.assert_outcomes(passed=2)


def test_pyproject_may_say_it(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("""
        [tool.pytest.ini_options]
        addopts = ["--strict-config"]
        emulator_scenario = "edges"
        emulator_clock = "2027-01-01T00:00:00Z"
    """)
    run("""
        def test_it(emulator):
            assert emulator.control.scenarios()["current"] == "edges"
            assert emulator.clock.now.year == 2027
    """).assert_outcomes(passed=1)


def test_reliance_is_a_level(pytester: pytest.Pytester) -> None:
    assert said(pytester, "--emulator-reliance=inferred").reliance is Level.INFERRED


def test_writes_are_allowed_on_the_command_line_alone(pytester: pytest.Pytester) -> None:
    assert said(pytester, "--emulator-allow-writes").allow_writes is True


def test_help_tells_every_option(run: Run) -> None:
    told = " ".join(run("", "--help").stdout.str().split())
    for text in (
        "the vendors that tests call (martech-emulator): --emulator-target=VENUE Who answers the tests' calls",
        "--emulator-url=URL The emulator that runs elsewhere",
        "--emulator-allow-writes With --emulator-target=real: let through calls that change what the vendors store",
        "--emulator-reliance=LEVEL Tell at the end which answers rested on behaviour",
        "emulator_target (string): who answers the tests' calls: in-process, container or real",
        "emulator_url (string): the address of the emulator that answers",
        "emulator_scenario (string): the scenario that tests begin with: its name, or its file",
        "emulator_fixtures (string): the directory with the suite's own scenario files",
        "emulator_clock (string): when tests begin: a moment at which time stands still, or real",
        "emulator_fail_on (string): refuse answers known this badly: observed, inferred or assumed",
        "emulator_network (string): where calls must not go: vendors (to other hosts of the vendors), or none (to any",
    ):
        assert text in told


def test_the_fixtures_are_told(run: Run) -> None:
    told = run("", "--fixtures").stdout.str()
    assert "emulator -- " in told
    for text in (
        "A fresh world for this test, to which the vendors' production URLs lead.",
        "Treasure Data in this test's world.",
        "PrimeData in this test's world.",
        "Algonomy in this test's world.",
        "Talon.One in this test's world.",
    ):
        assert text in told
