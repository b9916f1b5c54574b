"""The `emulator` fixture: another scenario, other settings, and the way back."""

import pytest

from tests.testing.conftest import Run


def test_a_scenario_is_loaded_by_name_from_a_file_or_as_it_stands(run: Run, pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("sale.yaml").write_text("name: sale\nextends: demo\nclock: 2026-11-27")
    run("""
        from pathlib import Path

        def test_it(emulator):
            def current():
                return emulator.control.scenarios()["current"]

            emulator.load("edges")
            assert current() == "edges"
            emulator.load(Path(__file__).with_name("sale.yaml"))
            assert current() == "sale"
            assert emulator.clock.now.month == 11
            emulator.load({"extends": "edges", "clock": "2026-02-01"})
            assert current() == "test"
            assert emulator.clock.now.month == 2
            emulator.load(b"name: text")
            assert current() == "text"
            emulator.load("empty")
            assert current() == "empty"
    """).assert_outcomes(passed=1)


def test_the_way_back_leads_to_what_was_loaded_last_and_to_any_other_by_name(run: Run) -> None:
    run("""
        import pytest

        @pytest.mark.emulator(clock="2026-01-05T09:00:00Z")
        def test_it(emulator):
            emulator.settings("primedata", time_format="iso")
            emulator.clock.advance(hours=1)
            emulator.reset("talonone")
            assert emulator.settings("primedata")["time_format"] == "iso"
            emulator.reset("primedata")
            assert emulator.settings("primedata")["time_format"] != "iso"
            assert emulator.clock.now.hour == 10
            emulator.reset()
            assert emulator.clock.now.hour == 9
            emulator.load({"clock": "2030-01-01"})
            emulator.clock.advance(days=1)
            emulator.reset()
            assert emulator.clock.now.isoformat() == "2030-01-01T00:00:00+00:00"
            emulator.reset(scenario="edges")
            emulator.clock.advance(days=1)
            emulator.reset()
            assert emulator.control.scenarios()["current"] == "edges"
            assert emulator.clock.now.isoformat() == "2026-01-05T09:00:00+00:00"
    """).assert_outcomes(passed=1)


def test_switches_are_told_and_changed(run: Run) -> None:
    run("""
        def test_it(emulator):
            before = emulator.settings("primedata")
            assert emulator.settings("primedata", time_format="iso") == {**before, "time_format": "iso"}
            assert emulator.settings("primedata") == {**before, "time_format": "iso"}
    """).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        ("load('edgse')", "Refused", "no scenario is called 'edgse'; did you mean edges?"),
        ("load({'primdata': {}})", "Refused", "primdata: unknown key, did you mean primedata?"),
        ("load(b'name: [')", "Refused", "line 2, column 1: not YAML, did not find expected node content"),
        (
            "load(5)",
            "TypeError",
            "5 is no scenario: give a name, a Path, a mapping, or text in bytes",
        ),
        ("load(Path('nowhere.yaml'))", "FileNotFoundError", "[Errno 2] No such file or directory: 'nowhere.yaml'"),
        ("reset('primdata')", "Refused", "vendor: 'primdata' is no vendor here; did you mean primedata?"),
        ("reset(scenario='edgse')", "Refused", "no scenario is called 'edgse'; did you mean edges?"),
        ("settings('primdata')", "Refused", "vendor: 'primdata' is no vendor here; did you mean primedata?"),
        (
            "settings('primedata', time_fromat='iso')",
            "Refused",
            "settings.time_fromat: unknown key, did you mean time_format?",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_has_changed(run: Run, call: str, error: str, sentence: str) -> None:
    run(f"""
        import pytest
        from pathlib import Path
        from emulator.client import Refused

        def told(emulator):
            control = emulator.control
            return control.scenarios(), control.settings(), control.clock(), control.state()["vendors"]

        @pytest.mark.emulator(clock="2026-01-05T09:00:00Z")
        def test_it(emulator):
            before = told(emulator)
            with pytest.raises({error}) as caught:
                emulator.{call}
            assert str(caught.value) == {sentence!r}
            assert told(emulator) == before
    """).assert_outcomes(passed=1)
