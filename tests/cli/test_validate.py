"""``validate``: everything that is wrong with a scenario's file, each at its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import run

BASE = "name: base\ntalonone:\n  applications:\n    - {name: shop, id: 1}\n"


@pytest.fixture
def check(talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The lines of what is wrong with a text, under the name of mine.yaml or mine.json."""
    monkeypatch.chdir(tmp_path)

    def checker(text: str | bytes, suffix: str = "yaml") -> list[str]:
        file = tmp_path / f"mine.{suffix}"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        lines = talk("validate", file.name, exit_code=1).stdout.splitlines()
        return [line.removeprefix(f"mine.{suffix}:") for line in lines]

    return checker


def test_a_valid_file_is_exit_code_0(talk, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    assert talk("validate", str(tmp_path / "mine.yaml")).stdout == f"{tmp_path / 'mine.yaml'}: valid\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name: mine\nclok: 1\n", "2:1: clok: unknown key, did you mean clock?"),
        ("name: mine\nprimedata:\n  api_kyes: [k]\n", "3:3: primedata.api_kyes: unknown key, did you mean api_keys?"),
        ("primedata: {}\n", "1:1: name: this key is required"),
        ("name: mine\nclock: tomorrow\n", "2:8: clock: 'tomorrow' is not a moment: write"),
        (
            "name: mine\ntalonone:\n  campaigns:\n  - id: 1\n    applicationId: 1\n    name: c\n    rulesets:\n"
            "    - id: 1\n      rules:\n      - title: r\n        condition: [true]\n        effects: []\n"
            "        efects: []\n",
            "13:9: talonone.campaigns[0].rulesets[0].rules[0].efects: unknown key, did you mean effects?",
        ),
        (
            "name: mine\ntalonone:\n  applications:\n  - {name: a, id: 1}\n  - {name: b, id: 2}\n"
            "  - {id: x, name: c}\n",
            "6:10: talonone.applications[2].id: Input should be a valid integer, found 'x'",
        ),
        (
            "name: mine\nx: &one {name: a, id: 1}\ntalonone:\n  applications: [*one, {<<: *one, naem: 5}]\n",
            "2:1: x: unknown key; known: ",
        ),
        (
            "name: mine\nprimedata:\n  settings: &s\n    time_fromat: iso\n",
            "4:5: primedata.settings.time_fromat: unknown key, did you mean time_format?",
        ),
        ("name: mine\nprimedata: [\n", "3:1: not YAML, did not find expected node content"),
        ("name: mine\nname: b\n", "2:1: the key 'name' is given twice"),
        ("name: mine\nseed: !!int 5\n", "2:7: tags such as tag:yaml.org,2002:int are not read"),
        ("- name\n", "1:1: a scenario is a mapping with a name and one key per vendor"),
        ("", "1:1: a scenario is a mapping with a name and one key per vendor"),
        (b"name: mine\xff", "1:1: the scenario is not UTF-8 text (byte 10)"),
        ("name: mine\nextends: nobody\n", "2:10: extends: no scenario is called 'nobody'; "),
        ("name: mine\nextends: mine\n", "2:10: extends: mine extends mine, which goes round in circles"),
        ("name: a/b\n", "1:7: name: 'a/b' is no scenario name: write "),
    ],
)
def test_what_is_wrong_is_told_at_its_line_and_column(check, text: str | bytes, found: str) -> None:
    assert check(text)[0].startswith(found)


def test_everything_is_told_in_the_order_of_lines(check) -> None:
    text = "name: mine\ntalonone: {applicatoins: []}\nsed: 1\nprimedata:\n  api_keys: [1, k, 2]\n"
    assert [line.partition(": ")[0] for line in check(text)] == ["2:12", "3:1", "5:14", "5:20"]


def test_very_many_things_wrong_are_all_told(check) -> None:
    assert len(check("name: mine\nprimedata:\n  api_keys:\n" + "    - 1\n" * 300)) == 300


@pytest.mark.parametrize(
    "text",
    [
        '{\n\t"name": "mine",\n\t"talonone": {"applications": [\n\t\t{"name": "\\u00e4\\"b", "id": "x"}]}\n}',
        '\ufeff{ "name": "mine",\r\n "a\\/b": null,\r\n "talonone": {"applications": [\r\n {"id": "x", "name": ""}]}}',
    ],
    ids=["tabs and escapes", "a mark at the beginning"],
)
def test_json_has_lines_too(check, text: str) -> None:
    line, column, path, *_ = next(one for one in check(text, "json") if "applications[0].id" in one).split(":")
    said = text.removeprefix("\ufeff").splitlines()[int(line) - 1]
    assert said[int(column) - 1 :].startswith('"x"')
    assert path == " talonone.applications[0].id"


def test_broken_json_is_told_at_its_line(check) -> None:
    assert check('{\n "name": "mine",\n}', "json")[0].startswith("2:16: not JSON, ")


def test_a_key_with_dots_is_found(check) -> None:
    text = (
        "name: mine\ntalonone:\n  applications: [{name: shop, id: 1}]\n  profiles:\n"
        "  - integrationId: ana\n    attributes:\n      a.b: 1\n"
    )
    (line,) = check(text)
    assert line.startswith(("7:7: ", "7:12: ", "5:5: "))
    assert "talonone.profiles[0]" in line


# What extends others


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def test_own_mistakes_are_told_as_their_author_sees_them(base: Path, check) -> None:
    found = check("name: mine\nextends: base\ntalonone:\n  applications:\n    - {name: b, id: 2, kees: []}\n")
    assert found[0].startswith("5:24: talonone.applications[0].kees: unknown key")


def test_what_only_planting_finds_is_told_at_its_line(base: Path, check) -> None:
    found = check("name: mine\nextends: base\ntalonone:\n  applications:\n    - name: b\n      id: 1\n")
    assert found == ["6:11: talonone.applications[1].id: another application has the id 1 already"]


def test_planting_tells_of_every_vendor(check) -> None:
    text = (
        "name: mine\ntalonone:\n  applications: [{name: a, id: 1}, {name: b, id: 1}]\ntreasuredata:\n  reactors:\n"
        '    - {id: "8", account: "1", parent_segment_id: "3"}\n'
    )
    assert [line.split(":")[0] for line in check(text)] == ["3", "6"]


def test_a_mistake_of_a_base_is_told_in_the_bases_file(base: Path, talk, monkeypatch) -> None:
    (base / "base.yaml").write_text(BASE + "    - {name: other, id: y}\n")
    (base / "mine.yaml").write_text("name: mine\nextends: base\n")
    monkeypatch.chdir(base)
    shown = talk("validate", "mine.yaml", exit_code=1).stdout
    assert shown.startswith("base.yaml:5:25: talonone.applications[1].id: Input should be a valid integer, found 'y'")


def test_a_base_that_cannot_be_read_is_told_with_its_line(base: Path, check) -> None:
    (base / "base.yaml").write_text("name: base\ntalonone: [\n")
    assert check("name: mine\nextends: base\n") == [
        "2:10: extends: base.yaml: line 3, column 1: not YAML, did not find expected node content"
    ]


def test_fixtures_name_where_the_bases_are(talk, base: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "mine.yaml"
    elsewhere.write_text("name: mine\nextends: base\n")
    assert "no scenario is called 'base'" in talk("validate", str(elsewhere), exit_code=1).stdout
    talk("validate", str(elsewhere), "--fixtures", str(base))


def test_a_file_that_extends_one_of_ours_needs_no_directory(talk, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\nextends: demo\n")
    talk("validate", str(tmp_path / "mine.yaml"))


# Many files, and programs


def test_many_files_and_whole_directories_are_checked(told, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("name: good\n")
    (tmp_path / "bad.json").write_text('{"name": "bad", "clok": 1}')
    (tmp_path / "notes.txt").write_text("no scenario")
    report = told("validate", str(tmp_path), exit_code=1)
    assert report["valid"] is False
    assert {Path(one["file"]).name: one["valid"] for one in report["files"]} == {"bad.json": False, "good.yaml": True}
    (problem,) = next(one["problems"] for one in report["files"] if not one["valid"])
    assert problem == {
        "file": str(tmp_path / "bad.json"),
        "line": 1,
        "column": 17,
        "path": "clok",
        "says": "unknown key, did you mean clock?",
    }


def test_stdin_is_checked(talk) -> None:
    assert talk("validate", "-", stdin="name: mine\n").stdout == "-: valid\n"
    assert talk("validate", "-", stdin="nam: mine\n", exit_code=1).stdout.startswith("-:1:1: ")


def test_the_scenarios_that_come_with_it_are_valid(told) -> None:
    from emulator.settings import Options, scenario_directories

    (ours,) = scenario_directories(Options())
    assert told("validate", str(ours))["valid"]


def test_a_large_file_is_checked_to_its_last_line(tmp_path: Path) -> None:
    """Ten megabytes, as a user may have them."""
    keys = [f"key-{number:07}" for number in range(600_000)]
    document: dict[str, Any] = {"name": "mine", "primedata": {"api_keys": [*keys, 5]}}
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(document, indent=0))
    assert file.stat().st_size > 9_000_000
    done = run("validate", file.name, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == "mine.json:600005:1: primedata.api_keys[600000]: Input should be a valid string, found 5\n"


def test_a_file_that_is_not_there_is_wrong_usage(talk) -> None:
    assert "does not exist" in talk("validate", "no-such.yaml", exit_code=2).stderr
