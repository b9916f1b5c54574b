"""Scenario files: read strictly, planted whole or not at all, with errors that name the path of the bad key."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulator.control.scenario import ScenarioError, Scenarios, parse
from emulator.core.clock import parse_rfc3339
from emulator.core.store import Store
from emulator.core.work import Work
from tests.toy_vendor import ADD_KEY, VENDOR, keys, toys

Write = Callable[..., None]


@pytest.fixture
def scenarios(tmp_path: Path) -> Scenarios:
    return Scenarios([VENDOR], [tmp_path])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def writer(name: str, text: str | bytes, suffix: str = ".yaml") -> None:
        content = text if isinstance(text, bytes) else f"name: {name}\n{text}".encode()
        (tmp_path / f"{name}{suffix}").write_bytes(content)

    return writer


def refusal(scenarios: Scenarios, name: str = "mine") -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        scenarios.seed(name)
    return list(caught.value.problems)


def planted(scenarios: Scenarios, name: str = "mine") -> list[tuple[str, Any]]:
    store = Store([VENDOR.metadata], scenarios.seed(name).image)
    rows = [(row["name"], row["details"]["price"]) for row in store.dump(toys)]
    store.close()
    return rows


def test_a_yaml_file_is_a_world(scenarios: Scenarios, write: Write) -> None:
    write("mine", "description: One bear\nclock: 2026-01-05\nseed: s\ntoybox:\n  toys:\n    - {name: bear, price: 3}\n")
    seed = scenarios.seed("mine")
    assert (seed.name, seed.description, seed.entropy) == ("mine", "One bear", "s")
    assert seed.clock == ("frozen", parse_rfc3339("2026-01-05T00:00:00Z"))
    assert planted(scenarios) == [("bear", 3)]


def test_a_json_file_is_a_world_too(scenarios: Scenarios, write: Write) -> None:
    content = json.dumps({"name": "mine", "toybox": {"toys": [{"name": "bear", "price": 3}]}})
    write("mine", b"\xef\xbb\xbf " + content.encode(), ".json")
    assert planted(scenarios) == [("bear", 3)]


def test_relative_moments_count_from_the_scenarios_clock(scenarios: Scenarios, write: Write) -> None:
    write("mine", "clock: 2026-01-05T09:00:00Z\ntoybox:\n  toys:\n    - {name: bear, made: -3d}\n")
    store = Store([VENDOR.metadata], scenarios.seed("mine").image)
    (row,) = store.dump(toys)
    store.close()
    assert row["made_at"] == parse_rfc3339("2026-01-02T09:00:00Z")


def test_without_a_clock_it_is_real(scenarios: Scenarios, write: Write) -> None:
    write("mine", "")
    assert scenarios.seed("mine").clock == ("real", 0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("toybox: {tois: []}", "toybox.tois: unknown key, did you mean toys?"),
        ("toybox: {quux: []}", "toybox.quux: unknown key; known: settings, keys, toys"),
        ("toybox: {toys: [{name: a}, {name: b, prise: 1}]}", "toybox.toys[1].prise: unknown key, did you mean price?"),
        ("toybox: {toys: [{price: 1}]}", "toybox.toys[0].name: this key is required"),
        ("toybox: {toys: [{name: 5}]}", "toybox.toys[0].name: Input should be a valid string, found 5"),
        ("toybox: {toys: [{name: a, price: '1'}]}", "toybox.toys[0].price: Input should be a valid integer, found '1'"),
        ("toybox: {toys: [{name: a, price: -1}]}", "toybox.toys[0].price: must not be negative, found -1"),
        (
            "toybox: {settings: {calls_per_secnd: 1}}",
            "toybox.settings.calls_per_secnd: unknown key, did you mean calls_per_second?",
        ),
        ("toybox: {toys: [{name: a}, {name: a}], keys: 5}", "toybox.keys: Input should be a valid dictionary, found 5"),
        ("toybx: {}", "toybx: unknown key, did you mean toybox?"),
        ("clok: now", "clok: unknown key, did you mean clock?"),
        ("clock: tomorrow", "clock: 'tomorrow' is not a moment: write"),
        ("clock: 5", "clock: Input should be a valid string, found 5"),
        ("seed: 5", "seed: Input should be a valid string, found 5"),
        ("extends: 5", "extends: Input should be a valid string, found 5"),
        ("extends: [a]", "extends: Input should be a valid string, found ['a']"),
        ("toybox: {toys: [{name: a, made: 2026-02-30}]}", "toybox.toys[0].made: "),
        ("clock: +418900w", "clock: the moment lies outside the years 1 to 9999"),
        (
            "clock: 9999-12-31\ntoybox: {toys: [{name: a, made: +1d}]}",
            "toybox: the section cannot be stored, the moment lies outside the years 1 to 9999",
        ),
    ],
)
def test_a_bad_key_is_named_by_its_path(scenarios: Scenarios, write: Write, text: str, problem: str) -> None:
    write("mine", text)
    (found,) = refusal(scenarios)
    assert found.startswith(problem)


def test_all_bad_keys_are_told_at_once(scenarios: Scenarios, write: Write) -> None:
    write("mine", "clok: 1\ntoybox: {toys: [{}, {name: 1}]}")
    assert len(refusal(scenarios)) == 3


def test_very_many_bad_keys_are_told_as_twenty(scenarios: Scenarios, write: Write) -> None:
    write("mine", f"toybox: {{toys: [{', '.join(['{}'] * 500)}]}}")
    assert len(refusal(scenarios)) == 20


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("n", "n"),
        ("2026-01-05", "2026-01-05"),
        ("2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z"),
        ("10:30", "10:30"),
        ("0123", "0123"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("+4917012345", "+4917012345"),
        ("1.2.3", "1.2.3"),
        (".5", ".5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("trueish", "trueish"),
        ("nullable", "nullable"),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-12", -12),
        ("0", 0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("-2.5E-1", -0.25),
        ("'12'", "12"),
        ('"true"', "true"),
    ],
)
def test_yaml_has_no_surprises(text: str, value: Any) -> None:
    found = parse(f"a: {text}\n".encode())["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a: 1\nb: 2\na: 3\n", "line 3, column 1: the key 'a' is given twice"),
        (b"x:\n  - {a: 1, a: 2}\n", "line 2, column 12: the key 'a' is given twice"),
        (b"a: 1\n? [b, c]\n: 2\n", "line 2, column 3: a key must be plain text"),
        (b"a:\n  1: x\n", "line 2, column 3: the key 1 is no text to YAML: write it in quotes"),
        (b"a: {true: x}\n", "line 1, column 5: the key true is no text to YAML"),
        (b"a: {null: x}\n", "line 1, column 5: the key null is no text to YAML"),
        (
            b"a: !!python/object:os.system x\n",
            "line 1, column 4: tags such as tag:yaml.org,2002:python/object:os.system are",
        ),
        (b"a: !!int x\n", "line 1, column 4: tags such as tag:yaml.org,2002:int are not read"),
        (b"a: !mine x\n", "line 1, column 4: tags such as !mine are not read"),
        (b"a: [1\n", "line 2, column 1: not YAML, "),
        (b"a: b: c\n", "line 1, column 5: not YAML, "),
        (b"a: *nobody\n", "line 1, column 4: not YAML, found undefined alias"),
        (b"--- {a: 1}\n--- {b: 1}\n", "line 2, column 1: not YAML, "),
        (b"a: \x01\n", "not YAML, ReaderError"),
        (b"a: " + b"9" * 5_000, "not YAML, ValueError"),
        (b'{"a": 1,}', "line 1, column 8: not JSON, "),
        (b'{"a": "\\ud800"}', "line 1, column "),
        (b"a: \xff\n", "the scenario is not UTF-8 text (byte 3)"),
        (b"", "a scenario is a mapping"),
        (b"- a\n", "a scenario is a mapping"),
        (b"just words", "a scenario is a mapping"),
        (b"[]", "a scenario is a mapping"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(content: bytes, problem: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(content)
    assert caught.value.problems[0].startswith(problem)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"- " * 50_000,
        b"? " * 50_000,
        b"".join(b" " * depth + b"a:\n" for depth in range(1_000)),
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b"a: &a [*a]\n",
    ],
    ids=["brackets", "dashes", "questions", "indents", "json", "itself"],
)
def test_what_nests_too_deeply_is_refused(content: bytes) -> None:
    with pytest.raises(ScenarioError, match=r"nested deeper than 60 levels|not YAML"):
        parse(content)


def _bomb(width: int, levels: int) -> bytes:
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(("width", "levels"), [(9, 9), (2_000, 3), (4_000, 5)], ids=["laughs", "wide", "wider"])
def test_an_alias_bomb_is_refused_before_it_goes_off(width: int, levels: int) -> None:
    with pytest.raises(ScenarioError, match="more than 5000000 values"):
        parse(_bomb(width, levels))


def test_anchors_and_merge_keys_work(scenarios: Scenarios, write: Write) -> None:
    write(
        "mine",
        "toybox:\n  toys:\n"
        "    - &bear {name: bear, price: 3}\n    - {<<: *bear, name: duck}\n    - {<<: [*bear], name: fox}\n",
    )
    assert planted(scenarios) == [("bear", 3), ("duck", 3), ("fox", 3)]


def test_a_key_may_override_a_merged_one_wherever_the_anchor_lies() -> None:
    text = "base: &a {x: 1}\ntop:\n  deep:\n    b: &b {<<: *a, x: 2}\nc: {<<: *b}\n"
    assert parse(text.encode())["c"] == {"x": 2}


def test_a_scenario_adds_to_the_one_it_extends(scenarios: Scenarios, write: Write) -> None:
    write("base", "seed: b\nclock: 2026-01-05\ntoybox:\n  keys: {k-1: ana}\n  toys: [{name: bear}]\n")
    write("mine", "extends: base\nclock: 2026-02-01\ntoybox:\n  keys: {k-2: bob}\n  toys: [{name: duck}]\n")
    seed = scenarios.seed("mine")
    assert (seed.name, seed.entropy) == ("mine", "b")
    assert seed.clock.value == parse_rfc3339("2026-02-01T00:00:00Z")
    assert [name for name, _ in planted(scenarios)] == ["bear", "duck"]
    store = Store([VENDOR.metadata], seed.image)
    assert {row["owner"] for row in store.dump(keys)} == {"ana", "bob"}
    store.close()


def test_a_chain_of_extensions_is_followed(scenarios: Scenarios, write: Write) -> None:
    write("a", "toybox: {toys: [{name: bear}]}")
    write("b", "extends: a")
    write("mine", "extends: b\ntoybox: {toys: [{name: duck}]}")
    assert [name for name, _ in planted(scenarios)] == ["bear", "duck"]


def test_a_circle_of_extensions_is_refused(scenarios: Scenarios, write: Write) -> None:
    write("a", "extends: b")
    write("b", "extends: mine")
    write("mine", "extends: a")
    (problem,) = refusal(scenarios)
    assert "mine extends a extends b extends mine, which goes round in circles" in problem


def test_a_scenario_cannot_extend_itself(scenarios: Scenarios, write: Write) -> None:
    write("mine", "extends: mine")
    (problem,) = refusal(scenarios)
    assert "mine extends mine" in problem


def test_an_unknown_base_is_named_with_the_nearest_and_is_a_fault_of_the_scenario(
    scenarios: Scenarios, write: Write
) -> None:
    write("base", "")
    write("mine", "extends: bas")
    with pytest.raises(ScenarioError) as caught:
        scenarios.seed("mine")
    assert caught.value.problems == ["extends: no scenario is called 'bas'; did you mean base?"]
    assert caught.value.status == 400


def test_an_extending_scenarios_errors_have_the_places_of_its_own_text(scenarios: Scenarios, write: Write) -> None:
    write("base", "toybox: {toys: [{name: bear}, {name: duck}]}")
    write("mine", "extends: base\ntoybox: {toys: [{name: fox, prise: 1}]}")
    assert refusal(scenarios) == ["toybox.toys[0].prise: unknown key, did you mean price?"]


def test_a_file_must_be_called_as_its_scenario(scenarios: Scenarios, write: Write) -> None:
    write("mine", b"name: yours\n")
    assert refusal(scenarios) == ["mine.yaml: name: must be 'mine', as the file is called"]


def test_a_file_that_cannot_be_opened_is_refused(scenarios: Scenarios, write: Write, tmp_path: Path) -> None:
    write("mine", "")
    unreadable = Scenarios([VENDOR], [tmp_path])

    class Locked(type(tmp_path)):  # type: ignore[misc] # whatever class this system's paths have
        def read_bytes(self) -> bytes:
            raise PermissionError(13, "Permission denied")

    unreadable.directories = [Locked(tmp_path)]
    (problem,) = refusal(unreadable)
    assert problem.endswith("mine.yaml cannot be read: Permission denied")


def test_an_unknown_name_is_404_with_the_nearest(scenarios: Scenarios, write: Write) -> None:
    write("mine", "")
    with pytest.raises(ScenarioError) as caught:
        scenarios.seed("mien")
    assert caught.value.status == 404
    assert caught.value.detail == "no scenario is called 'mien'; did you mean mine?"


@pytest.mark.parametrize("name", ["../mine", "/etc/passwd", "mine.yaml", "", "\x00"])
def test_a_name_is_never_a_path(scenarios: Scenarios, write: Write, name: str) -> None:
    write("mine", "")
    with pytest.raises(ScenarioError) as caught:
        scenarios.seed(name)
    assert caught.value.status == 404


def test_the_users_own_directory_is_searched_first(tmp_path: Path) -> None:
    for directory in ("ours", "theirs"):
        (tmp_path / directory).mkdir()
        (tmp_path / directory / "mine.yaml").write_text(f"name: mine\ndescription: {directory}\n")
    both = Scenarios([VENDOR], [tmp_path / "theirs", tmp_path / "ours"])
    assert both.seed("mine").description == "theirs"
    assert [(one.name, one.description) for one in both.listed()] == [("mine", "theirs")]


def test_a_listing_shows_broken_files_with_the_reason(scenarios: Scenarios, write: Write, tmp_path: Path) -> None:
    write("good", "description: fine")
    write("broken", b"name: [\n")
    (tmp_path / "notes.txt").write_text("no scenario")
    good, broken = (next(one for one in scenarios.listed() if one.name == name) for name in ("good", "broken"))
    assert (good.description, good.file, good.error) == ("fine", "good.yaml", None)
    assert broken.error is not None
    assert broken.error.startswith("broken.yaml: line 2")
    assert len(scenarios.listed()) == 2


def test_a_changed_file_is_read_again(scenarios: Scenarios, write: Write) -> None:
    write("mine", "description: before")
    assert scenarios.seed("mine") is scenarios.seed("mine")
    write("mine", "description: afterwards")
    assert scenarios.seed("mine").description == "afterwards"


def test_rows_that_the_store_refuses_are_the_scenarios_fault(tmp_path: Path) -> None:
    def plant_twice(work: Work, section: Any) -> None:
        for _ in range(2):
            work.db.run(ADD_KEY, key="k-1", owner="ana")

    scenarios = Scenarios([replace(VENDOR, plant=plant_twice)], [tmp_path])
    with pytest.raises(ScenarioError, match=r"^toybox: the section cannot be stored, UNIQUE constraint failed"):
        scenarios.plant({"name": "mine", "toybox": {}})


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_a_number_that_no_store_can_hold_is_refused(number: int) -> None:
    with pytest.raises(ScenarioError, match=f"{number} does not fit into 64 bits"):
        parse(f"a:\n  - b: {number}\n".encode())
    assert parse(f"a: {2**63 - 1}".encode()) == {"a": 2**63 - 1}


@pytest.mark.parametrize("number", ["1e400", "-1e400"])
def test_a_number_beyond_all_floats_is_refused(number: str) -> None:
    with pytest.raises(ScenarioError, match="larger than a 64-bit float can be"):
        parse(f"a:\n  - b: {number}\n".encode())


def test_overrides_replace_defaults_where_a_scenario_says_nothing(tmp_path: Path) -> None:
    scenarios = Scenarios([VENDOR], [tmp_path], {"toybox": {"calls_per_second": 9}})
    silent, speaking = {"name": "a"}, {"name": "b", "toybox": {"settings": {"calls_per_second": 2}}}
    assert scenarios.plant(silent).settings["toybox"].calls_per_second == 9
    assert scenarios.plant(speaking).settings["toybox"].calls_per_second == 2


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"toybx": {}}, "'toybx' is no vendor here; did you mean toybox?"),
        ({"toybox": {"calls_per_secnd": 1}}, "toybox.calls_per_secnd: unknown key, did you mean calls_per_second?"),
        ({"toybox": {"calls_per_second": "1"}}, "toybox.calls_per_second: Input should be a valid integer, found '1'"),
    ],
)
def test_bad_overrides_are_named(tmp_path: Path, overrides: dict[str, dict[str, Any]], problem: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenarios([VENDOR], [tmp_path], overrides).plant({"name": "a"})
    assert caught.value.problems == [problem]


def test_nothing_of_a_refused_scenario_is_kept(scenarios: Scenarios, write: Write) -> None:
    write("mine", "toybox: {toys: [{name: bear}, {name: duck, price: -1}]}")
    refusal(scenarios)
    write("mine", "toybox: {toys: [{name: fox}]}")
    assert planted(scenarios) == [("fox", 1)]


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 64])
def test_a_scenarios_own_name_has_rules(scenarios: Scenarios, name: str) -> None:
    with pytest.raises(ScenarioError, match="is no scenario name"):
        scenarios.plant({"name": name})
