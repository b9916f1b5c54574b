"""Whatever no test can have of ``@pytest.mark.emulator(…)`` is refused with a sentence."""

import re

import pytest

from tests.testing.conftest import Run

REFUSED = {
    'scenaro="demo"': "@pytest.mark.emulator: 'scenaro' is no argument here; did you mean scenario?",
    "x=1": "@pytest.mark.emulator: 'x' is no argument here; known: scenario, clock, fail_on, network",
    '"demo"': "@pytest.mark.emulator: 'demo' needs its name, one of scenario, clock, fail_on, network: write "
    '@pytest.mark.emulator(scenario="demo")',
    'scenario="demoo"': "the scenario cannot be used: no scenario is called 'demoo'; did you mean demo?",
    'scenario="wholly other"': "the scenario cannot be used: no scenario is called 'wholly other'; there are: demo, "
    "edges, empty",
    "scenario=5": "@pytest.mark.emulator(scenario=…): 5 is no scenario: give the name of one, the path of a file, or a "
    "mapping",
    'scenario=""': "@pytest.mark.emulator(scenario=…): '' is no scenario: give the name of one, the path of a file, or "
    "a mapping",
    "scenario={'talonone': {1}}": "@pytest.mark.emulator(scenario=…): the mapping cannot be a scenario: Object of type "
    "set is not JSON serializable",
    "scenario={'primedata': {'x': float('nan')}}": "@pytest.mark.emulator(scenario=…): the mapping cannot be a "
    "scenario: Out of range float values are not JSON compliant",
    r"scenario={'description': '\ud800'}": "@pytest.mark.emulator(scenario=…): the mapping cannot be a scenario: line "
    "1, column 18: not JSON, *",
    "scenario='x' * 5_000 + '.yaml'": "@pytest.mark.emulator(scenario=…): there is no file 'xxxx*",
    "scenario={'primdata': {}}": "the scenario cannot be used: primdata: unknown key, did you mean primedata?",
    "scenario={1: 2}": "the scenario cannot be used: 1: unknown key; known: name, *",
    "scenario={'extends': 'demoo'}": "the scenario cannot be used: extends: no scenario is called 'demoo'; did you "
    "mean demo?",
    "scenario={'name': 'a b'}": "the scenario cannot be used: name: 'a b' is no scenario name: write *",
    'clock="soon"': "@pytest.mark.emulator(clock=…): 'soon' is not a moment: write 2026-01-05T09:00:00Z, 2026-01-05, "
    'or a distance such as -3d; or say "real"',
    "clock=5": "@pytest.mark.emulator(clock=…): 5 is no moment: give text such as 2026-01-05T09:00:00Z, a datetime "
    'with its time zone, or "real"',
    "clock=datetime(2026, 1, 5)": "@pytest.mark.emulator(clock=…): datetime.datetime(2026, 1, 5, 0, 0) has no time "
    "zone: write datetime(…, tzinfo=UTC)",
    "clock=datetime(2026, 1, 5).date()": "@pytest.mark.emulator(clock=…): datetime.date(2026, 1, 5) is no moment: *",
    "clock=datetime.max.replace(tzinfo=timezone(-timedelta(hours=5)))": "@pytest.mark.emulator(clock=…): datetime.*"
    " lies outside the years 1 to 9999 of UTC",
    'clock="+9999999w"': "@pytest.mark.emulator(clock=…): the moment lies outside the years 1 to 9999*",
    'fail_on="asumed"': "@pytest.mark.emulator(fail_on=…): 'asumed' is no level here; did you mean assumed?",
    'fail_on="documented"': "@pytest.mark.emulator(fail_on=…): 'documented' is no level here; known: observed, "
    "inferred, assumed",
    "fail_on=[]": "@pytest.mark.emulator(fail_on=…): '[]' is no level here; *",
    'network="vendor"': "@pytest.mark.emulator(network=…): 'vendor' is no network here; did you mean vendors?",
    "network=False": "@pytest.mark.emulator(network=…): 'False' is no network here; *",
}


def test_whatever_no_test_can_have_is_refused_with_a_sentence_and_the_others_go_on(run: Run) -> None:
    tests = [f"@pytest.mark.emulator({said})\ndef test_{number}(): ran()" for number, said in enumerate(REFUSED)]
    heading = "import pytest\nfrom datetime import *\n"
    result = run("\n".join([heading, *tests, "def test_good(emulator): pass", "def test_other(): pass"]))
    result.assert_outcomes(passed=2, errors=len(REFUSED))
    said = dict(re.findall(r"ERROR at setup of (\w+) _+\n(.*)", result.stdout.str()))
    for number, sentence in enumerate(REFUSED.values()):
        beginning, _, end = sentence.partition("*")
        assert said[f"test_{number}"].startswith(beginning)
        assert said[f"test_{number}"].endswith(end)
    told = result.stdout.str()
    assert "Traceback" not in told
    assert "During handling" not in told
    assert "pytest_plugin.py" not in told


def test_each_wrong_key_of_a_scenario_is_told_by_its_path(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.mark.emulator(scenario={"clok": 5, "talonone": {"campaigns": [{"nam": "x", "id": 1}]}})
        def test_it(): pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "the scenario cannot be used:",
            "  talonone.campaigns[[]0[]].applicationId: this key is required",
            "  talonone.campaigns[[]0[]].name: this key is required",
            "  talonone.campaigns[[]0[]].nam: unknown key, did you mean name?",
            "  clok: unknown key, did you mean clock?",
        ]
    )


FILES = {
    "broken": ("name: [", "the scenario broken.yaml cannot be used: line 2, column 1: not YAML, *"),
    "list": (
        "- 1",
        "the scenario list.yaml cannot be used: a scenario is a mapping with a name and one key per vendor",
    ),
    "nameless": ("{}", "the scenario nameless.yaml cannot be used: name: this key is required"),
    "wrong": ("name: x\nprimdata: 1", "the scenario wrong.yaml cannot be used: primdata: unknown key, did you mean *"),
    "late": (
        "name: late\ntalonone: {applications: [{id: 1, name: shop, created: +1d}]}",
        "the scenario late.yaml cannot be used: talonone: the section cannot be stored, the moment lies outside *",
    ),
}


def test_a_file_that_is_no_scenario_is_told_by_its_name(run: Run, pytester: pytest.Pytester) -> None:
    tests = ["import pytest"]
    for name, (text, _) in FILES.items():
        pytester.path.joinpath(f"{name}.yaml").write_text(text)
        clock = '"9999-12-31T23:59:59Z"' if name == "late" else None
        tests += [f'@pytest.mark.emulator(scenario="{name}.yaml", clock={clock})', f"def test_{name}(): ran()"]
    pytester.path.joinpath("latin.yaml").write_bytes(b"name: \xe9")
    tests += ['@pytest.mark.emulator(scenario="latin.yaml")', "def test_latin(): ran()"]
    result = run("\n".join(tests))
    result.assert_outcomes(errors=len(FILES) + 1)
    sentences = [sentence for _, sentence in FILES.values()]
    result.stdout.fnmatch_lines([*sentences, "the scenario latin.yaml cannot be used: the scenario is not UTF-8 *"])


def test_a_file_that_is_gone_or_closed_is_told(run: Run) -> None:
    result = run("""
        import pathlib, pytest

        FILE = pathlib.Path(__file__).with_name("world.yaml")
        FILE.write_text("name: world")

        @pytest.fixture
        def unreadable(monkeypatch):
            def no(self):
                raise PermissionError(13, "Permission denied")
            monkeypatch.setattr(pathlib.Path, "read_bytes", no)

        @pytest.mark.emulator(scenario="world.yaml")
        def test_it(unreadable, emulator): ran()
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the scenario */world.yaml cannot be read: Permission denied"])
