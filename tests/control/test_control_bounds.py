"""What control calls take no more of."""

import httpx
import pytest

from emulator.control import scenario_text
from emulator.control.schemas import MOST_ORDER


@pytest.mark.parametrize(
    "call",
    ["reset", "faults", "snapshots", "clock/advance", "drills/retry-storm", "replay"],
)
def test_json_that_is_nested_without_end_is_refused(client: httpx.Client, call: str) -> None:
    answer = client.post(f"/_emulator/{call}", content="[" * 500_000)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("call", ["reset", "faults", "snapshots", "clock/advance"])
def test_an_order_that_is_too_large_is_refused(client: httpx.Client, call: str) -> None:
    answer = client.post(f"/_emulator/{call}", content=b'{"name":"' + b"x" * MOST_ORDER + b'"}')
    assert (answer.status_code, answer.json()["title"]) == (413, "Body too large")
    assert answer.json()["detail"] == f"this control call may carry {MOST_ORDER} bytes, and this is more"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: a\nx: !!python/object/apply:os.system ['true']\n", "tags such as tag:yaml.org,2002:python/object/app"),
        ("name: a\nx: &x [*x]\n", "nested deeper than 60 levels"),
        ("name: a\nx: " + "[" * 100_000, "nested deeper than 60 levels"),
        ("name: a\n" + "".join(" " * depth + "a:\n" for depth in range(500)), "nested deeper than 60 levels"),
        ("name: a\nx: " + "9" * 100_000, "not YAML, ValueError"),
        ("name: a\nx: 1e999999", "a number is larger than a 64-bit float can be"),
        (
            "name: a\na: &a0 [x, x, x, x, x, x, x, x]\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 12)),
            "the scenario has more than 5000000 values",
        ),
    ],
    ids=["a tag", "a circle", "flow", "blocks", "a huge number", "a huge float", "aliases"],
)
def test_yaml_that_means_harm_is_refused_with_a_sentence(client: httpx.Client, text: str, sentence: str) -> None:
    answer = client.post("/_emulator/scenarios", content=text)
    assert (answer.status_code, sentence in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("values", ["x, " * 300, "[], " * 300, "*a, " * 300])
def test_yaml_of_more_values_than_a_reader_can_hold_is_refused_where_it_is_too_much(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, values: str
) -> None:
    monkeypatch.setattr(scenario_text, "MOST_YAML_VALUES", 200)
    answer = client.post("/_emulator/scenarios", content=f"name: &a mine\nx:\n  [{values}]\n")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("line 3, column ")
    assert answer.json()["detail"].endswith("the scenario has more than 200 keys and values; write it as JSON")


@pytest.mark.parametrize(("setting", "most"), [("MOST_LOADED", 2), ("MOST_LOADED_BYTES", 1)])
def test_one_scenario_too_many_is_refused_and_changes_nothing(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, setting: str, most: int
) -> None:
    for name in ("one", "two"):
        assert client.post("/_emulator/scenarios", json={"name": name}).status_code == 200
    monkeypatch.setattr(f"emulator.control.scenario.{setting}", most)
    problem = client.post("/_emulator/scenarios", json={"name": "three"}).json()
    assert (problem["status"], problem["title"]) == (507, "Too many scenarios")
    assert "this namespace was given 2 scenarios, and may keep" in problem["detail"]
    listed = client.get("/_emulator/scenarios").json()
    assert listed["current"] == "two"
    assert "three" not in [one["name"] for one in listed["scenarios"]]


def test_a_scenario_that_replaces_another_takes_no_room(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.control.scenario.MOST_LOADED", 1)
    for _ in range(3):
        assert client.post("/_emulator/scenarios", json={"name": "one"}).status_code == 200
