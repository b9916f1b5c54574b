"""The pytest plugin: fixtures, marker, options, and what a failing test tells.

Loaded by every pytest run where this package is installed, so it imports nothing until a test asks for a fixture.
"""

import os
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.testing import Algonomy, Emulator, EmulatorServer, PrimeData, TalonOne, TreasureData
    from emulator.testing.errors import Unusable
    from emulator.testing.suite import Suite

_SUITE: pytest.StashKey["Suite | Unusable"] = pytest.StashKey()
_VIEW: pytest.StashKey["Emulator"] = pytest.StashKey()
_MARKS: pytest.StashKey[int] = pytest.StashKey()
_LATE = (
    "this test was marked with @pytest.mark.emulator after its world had begun: let the fixture that marks it come "
    "first, and then emulator among the test's arguments"
)
_RUN: pytest.StashKey[str] = pytest.StashKey()
_TOLD: pytest.StashKey[bool] = pytest.StashKey()


# What a suite may say


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("martech-emulator", "the vendors that tests call (martech-emulator)")
    group.addoption(
        "--emulator-target",
        dest="emulator_target",
        metavar="VENUE",
        help="Who answers the tests' calls: in-process (default), container (see --emulator-url), or real, the vendors "
        "themselves, with credentials from the environment",
    )
    group.addoption(
        "--emulator-url",
        dest="emulator_url",
        metavar="URL",
        help="The emulator that runs elsewhere and answers the tests' calls, such as http://127.0.0.1:4680; implies "
        "--emulator-target=container",
    )
    group.addoption(
        "--emulator-allow-writes",
        dest="emulator_allow_writes",
        action="store_true",
        help="With --emulator-target=real: let through calls that change what the vendors store",
    )
    group.addoption(
        "--emulator-reliance",
        dest="emulator_reliance",
        metavar="LEVEL",
        help="Tell at the end which answers rested on behaviour that is known this badly or worse: observed, inferred "
        "or assumed",
    )
    parser.addini("emulator_target", "who answers the tests' calls: in-process, container or real", default="")
    parser.addini("emulator_url", "the address of the emulator that answers, with the target container", default="")
    parser.addini("emulator_scenario", "the scenario that tests begin with: its name, or its file", default="")
    parser.addini("emulator_fixtures", "the directory with the suite's own scenario files", default="")
    parser.addini("emulator_clock", "when tests begin: a moment at which time stands still, or real", default="")
    parser.addini("emulator_fail_on", "refuse answers known this badly: observed, inferred or assumed", default="")
    parser.addini(
        "emulator_network",
        "where calls must not go: vendors (to other hosts of the vendors), or none (to any host but this machine)",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "emulator(*, scenario, clock, fail_on, network): the world that a test begins in; a test so marked needs no "
        "fixture to be led to the emulator",
    )
    said = [config.getoption(f"emulator_{name}") for name in ("target", "url", "reliance")]
    if any(said) or "real" in (os.environ.get("EMULATOR_TARGET"), config.getini("emulator_target")):
        _checked(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The marker alone is enough: its world is there before other fixtures of the test may call a vendor, and after."""
    ours = False
    for item in items:
        names = getattr(item, "fixturenames", None)
        if names is None:
            continue
        if "emulator" not in names and item.get_closest_marker("emulator") is not None:
            place = _place(item, names)
            names = vars(item)["fixturenames"] = [*names[:place], "emulator", *names[place:]]
        ours = ours or "emulator" in names
    if ours:
        _checked(config)


def _place(item: pytest.Item, names: Sequence[str]) -> int:
    """After fixtures of a wider scope, which other tests share."""
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    scopes = [known[name][-1].scope if name in known else "" for name in names]
    return scopes.index("function") if "function" in scopes else len(names)


def _checked(config: pytest.Config) -> None:
    """A worker of pytest-xdist cannot end the run, so there its tests say what is wrong. Calls to real vendors are
    judged from the beginning."""
    from emulator.testing.errors import Unusable
    from emulator.testing.options import SuiteOptions

    try:
        if SuiteOptions.of(config).target == "real":
            _suite(config)
    except Unusable as unusable:
        if not hasattr(config, "workerinput"):
            raise pytest.UsageError(str(unusable)) from None


# A suite, and the world of a test


def _suite(config: pytest.Config) -> "Suite":
    """Raises `Unusable`, for each test alike, without trying again."""
    found = config.stash.get(_SUITE, None)
    if found is None:
        from emulator.testing.errors import Unusable
        from emulator.testing.suite import Suite

        try:
            found = Suite.of(config)
            config.add_cleanup(found.close)
        except Unusable as unusable:
            found = unusable
        config.stash[_SUITE] = found
    if isinstance(found, Exception):
        raise found
    return found


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Of pytest-xdist: its workers' namespaces in a shared emulator begin alike, and those that a worker had no time to
    delete are deleted here."""
    config: pytest.Config = node.config
    said = (config.getoption("emulator_url"), os.environ.get("EMULATOR_URL"), config.getini("emulator_url"))
    if not any(said):
        return
    from emulator.testing.options import SuiteOptions
    from emulator.testing.suite import new_run, sweep

    run = config.stash.get(_RUN, None)
    if run is None:
        run = config.stash[_RUN] = new_run()
        config.add_cleanup(lambda: sweep(SuiteOptions.of(config), run))
    node.workerinput["emulator_run"] = run


def _marks(item: pytest.Item) -> int:
    return sum(1 for _ in item.iter_markers("emulator"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Before the first test's fixtures, which may replace what is to be held."""
    if _SUITE not in item.config.stash and "emulator" in getattr(item, "fixturenames", ()):
        from emulator.testing.suite import look_around

        look_around()
    try:
        return (yield)
    except Exception as error:
        _excuse(item, error)
        raise


def _excuse(item: pytest.Item, error: Exception) -> None:
    """A test that the venue is not for is skipped. Raises `NotHere`."""
    view = item.stash.get(_VIEW, None)
    if view is not None and (absent := view.venue.excuse(error)) is not None:
        raise absent from error


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator["Emulator"]:
    """A fresh world for this test, to which the vendors' production URLs lead."""
    from emulator.testing.arrangement import arrangement_of
    from emulator.testing.errors import Unusable

    try:
        suite = _suite(request.config)
        test = suite.test(arrangement_of(request.node, suite.options.arrangement), request.node.nodeid)
        with test as view:
            request.node.stash[_VIEW] = view
            request.node.stash[_MARKS] = _marks(request.node)
            yield view
    except Unusable as unusable:
        raise pytest.fail.Exception(str(unusable), pytrace=False) from None


@pytest.fixture
def treasuredata(emulator: "Emulator") -> "TreasureData":
    """Treasure Data in this test's world."""
    emulator.venue.expect("treasuredata")
    return emulator.treasuredata


@pytest.fixture
def primedata(emulator: "Emulator") -> "PrimeData":
    """PrimeData in this test's world."""
    emulator.venue.expect("primedata")
    return emulator.primedata


@pytest.fixture
def algonomy(emulator: "Emulator") -> "Algonomy":
    """Algonomy in this test's world."""
    emulator.venue.expect("algonomy")
    return emulator.algonomy


@pytest.fixture
def talonone(emulator: "Emulator") -> "TalonOne":
    """Talon.One in this test's world."""
    emulator.venue.expect("talonone")
    return emulator.talonone


@pytest.fixture
def emulator_server(emulator: "Emulator") -> "EmulatorServer":
    """This test's world at a real socket, for what has an HTTP stack of its own."""
    from emulator.testing.errors import Unusable

    try:
        return emulator.venue.server()
    except Unusable as unusable:
        raise pytest.fail.Exception(str(unusable), pytrace=False) from None


# What becomes of a test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that would have passed fails where it arranged what never happened."""
    view = item.stash.get(_VIEW, None)
    if view is not None:
        if _marks(item) > item.stash[_MARKS]:
            pytest.fail(_LATE, pytrace=False)
        view.take_lead()
    try:
        result = yield
    except Exception as error:
        _excuse(item, error)
        raise
    view = item.stash.get(_VIEW, None)  # a test may have asked for the fixture while it ran
    if view is None:
        return result
    if problems := view.unsettled():
        pytest.fail("\n".join(problems), pytrace=False)
    if swallowed := view.swallowed(item.path):
        from emulator.testing.leftovers import tell

        tell(swallowed, item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """When all of a test is torn down, what it has left behind is taken off, and told."""
    try:
        return (yield)
    finally:
        view = item.stash.get(_VIEW, None)
        if view is not None:
            from emulator.testing.leftovers import tell

            tell(_suite(item.config).settled(view), item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if isinstance(report.longrepr, tuple) and call.excinfo is not None and call.excinfo.typename == "NotHere":
        path, line, _ = report.longrepr
        report.longrepr = (path, line, f"Skipped: {call.excinfo.value}")
    view = item.stash.get(_VIEW, None)
    reliance = item.config.getoption("emulator_reliance")
    again = call.when == "teardown" and item.stash.get(_TOLD, False)
    if view is not None and not again and (report.failed or (reliance and call.when == "call")):
        from emulator.testing.report import attach

        attach(report, view, reliance)
        item.stash[_TOLD] = report.failed
    if view is not None and call.when == "teardown":
        del item.stash[_VIEW]
        item.stash[_TOLD] = False
    return report


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter", config: pytest.Config) -> None:
    """On what the answers relied, of all tests and from all workers."""
    if reliance := config.getoption("emulator_reliance"):
        from emulator.testing.reliance import summary

        told = (one for some in terminalreporter.stats.values() for one in some)
        reports = (one for one in told if isinstance(one, pytest.TestReport))
        terminalreporter.write_sep("=", f"what the emulator's answers rest on: {reliance}")
        for line in summary(reports, reliance):
            terminalreporter.write_line(line)
