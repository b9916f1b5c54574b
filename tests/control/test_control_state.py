"""Reset, scenarios over HTTP, and everything stored."""

import json
from typing import Any

import httpx
import pytest

from emulator.core.world import World
from emulator.server import Background
from tests.toy_server import KEY

BEAR = {"seq": 1, "name": "bear", "made_at": 1_767_344_400_000_000, "details": {"price": 5}}
FOX = "name: fox\ndescription: A fox alone\nclock: 2026-03-01\ntoybox:\n  keys: {k-1: maker}\n  toys: [{name: fox}]\n"


def put(client: httpx.Client, name: str) -> None:
    assert client.put(f"/toybox/shelf/{name}", json={"price": 1}, headers=KEY).status_code == 200


def toys(client: httpx.Client) -> list[str]:
    return [row["name"] for row in client.get("/_emulator/state").json()["vendors"]["toybox"]["toys"]]


def test_the_state_is_everything_stored(client: httpx.Client, namespace: str) -> None:
    assert client.get("/_emulator/state").json() == {
        "namespace": namespace,
        "scenario": "toys",
        "clock": {"mode": "frozen", "now": "2026-01-05T09:00:00Z"},
        "vendors": {"toybox": {"keys": [{"key": "k-1", "owner": "maker"}], "toys": [BEAR]}},
    }


def test_a_reset_goes_back_to_the_scenario(client: httpx.Client) -> None:
    before = client.get("/_emulator/state").json()
    put(client, "duck")
    client.post("/_emulator/clock/advance", json={"seconds": 60})
    client.post("/_emulator/faults", json={"vendor": "toybox", "fault": "fire"})
    client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "scale": 0.2})
    client.patch("/_emulator/settings", json={"vendor": "toybox", "settings": {"calls_per_second": 1}})
    answer = client.post("/_emulator/reset")
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get("/_emulator/state").json() == before
    assert client.get("/_emulator/faults").json() == {"faults": []}
    journal = client.get("/_emulator/requests").json()
    assert (journal["requests"], journal["total"], journal["dropped"]) == ([], 0, 0)
    assert client.get("/_emulator/limits").json()["limits"][0]["quota"] == 5


@pytest.mark.parametrize("body", [b"", b"{}", b' {"vendor":null,"scenario":null} '])
def test_a_reset_needs_to_say_nothing(client: httpx.Client, body: bytes) -> None:
    put(client, "duck")
    assert client.post("/_emulator/reset", content=body).status_code == 204
    assert toys(client) == ["bear"]


def test_a_reset_of_one_vendor_leaves_the_clock(client: httpx.Client) -> None:
    put(client, "duck")
    client.post("/_emulator/clock/advance", json={"seconds": 60})
    assert client.post("/_emulator/reset", json={"vendor": "toybox"}).status_code == 204
    state = client.get("/_emulator/state").json()
    assert (toys(client), state["clock"]["now"]) == (["bear"], "2026-01-05T09:01:00Z")


def test_a_reset_may_choose_another_scenario_and_stays_with_it(client: httpx.Client) -> None:
    client.post("/_emulator/scenarios", content=FOX)
    client.post("/_emulator/reset", json={"scenario": "toys"})
    assert toys(client) == ["bear"]
    client.post("/_emulator/reset", json={"scenario": "fox"})
    put(client, "duck")
    client.post("/_emulator/reset")
    assert toys(client) == ["fox"]


def test_one_vendor_may_be_reset_to_another_scenario(client: httpx.Client) -> None:
    client.post("/_emulator/scenarios", content=FOX)
    client.post("/_emulator/reset", json={"scenario": "toys"})
    client.post("/_emulator/reset", json={"scenario": "fox", "vendor": "toybox"})
    state = client.get("/_emulator/state").json()
    assert (toys(client), state["scenario"], state["clock"]["now"]) == (["fox"], "toys", "2026-01-05T09:00:00Z")


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"scenario": "toy"}, 404, "no scenario is called 'toy'; did you mean toys?"),
        ({"vendor": "toybx"}, 400, "vendor: 'toybx' is no vendor here; did you mean toybox?"),
        ({"vendor": "toybox", "scenario": "toy"}, 404, "no scenario is called 'toy'"),
        ({"vendr": "toybox"}, 400, "vendr: unknown key, did you mean vendor?"),
        ({"scenario": 5}, 400, "scenario: Input should be a valid string, found 5"),
    ],
)
def test_a_reset_to_what_does_not_exist_changes_nothing(
    client: httpx.Client, body: dict[str, Any], status: int, sentence: str
) -> None:
    put(client, "duck")
    answer = client.post("/_emulator/reset", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["errors"][0].startswith(sentence)
    assert toys(client) == ["bear", "duck"]


def test_a_posted_scenario_is_loaded_at_once(client: httpx.Client) -> None:
    answer = client.post("/_emulator/scenarios", content=FOX)
    assert answer.status_code == 200
    rows = {"toybox": {"keys": 1, "toys": 1}}
    assert answer.json() == {"name": "fox", "description": "A fox alone", "rows": rows, "warnings": []}
    state = client.get("/_emulator/state").json()
    assert (toys(client), state["scenario"]) == (["fox"], "fox")
    assert state["clock"] == {"mode": "frozen", "now": "2026-03-01T00:00:00Z"}


def test_a_scenario_may_be_posted_as_json_too(client: httpx.Client) -> None:
    assert client.post("/_emulator/scenarios", json={"name": "owl", "toybox": {"toys": [{"name": "owl"}]}}).is_success
    assert toys(client) == ["owl"]


def test_a_posted_scenario_may_extend_a_file(client: httpx.Client) -> None:
    more = {"name": "more", "extends": "toys", "toybox": {"toys": [{"name": "owl"}]}}
    assert client.post("/_emulator/scenarios", json=more).is_success
    assert toys(client) == ["bear", "owl"]


def test_a_bad_scenario_changes_nothing(client: httpx.Client, world: World) -> None:
    put(client, "duck")
    answer = client.post("/_emulator/scenarios", content="name: bad\ntoybox: {toys: [{name: a}, {name: b, price: -1}]}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"] == ["toybox.toys[1].price: must not be negative, found -1"]
    assert toys(client) == ["bear", "duck"]
    assert (world.seed.name, world.scenarios) == ("toys", {})


def test_a_posted_scenario_belongs_to_its_namespace(client: httpx.Client, server: Background) -> None:
    client.post("/_emulator/scenarios", content=FOX)
    assert client.post("/_emulator/reset", json={"scenario": "fox"}).status_code == 204
    assert httpx.post(f"{server.url}/_emulator/reset", json={"scenario": "fox"}).status_code == 404


def test_scenarios_are_listed_with_where_they_come_from(client: httpx.Client) -> None:
    before = client.get("/_emulator/scenarios").json()
    assert before["current"] == "toys"
    toys_file = {"name": "toys", "description": "A bear on a shelf, and a key to the box", "source": "file"}
    assert {**toys_file, "file": "toys.yaml"} in before["scenarios"]
    client.post("/_emulator/scenarios", content=FOX)
    after = client.get("/_emulator/scenarios").json()
    assert after["current"] == "fox"
    assert {"name": "fox", "description": "A fox alone", "source": "posted"} in after["scenarios"]


def test_a_posted_scenario_goes_before_a_file_of_the_same_name(client: httpx.Client) -> None:
    client.post("/_emulator/scenarios", content="name: toys\ntoybox: {toys: [{name: owl}]}")
    client.post("/_emulator/reset", json={"scenario": "toys"})
    assert toys(client) == ["owl"]
    listed = client.get("/_emulator/scenarios").json()["scenarios"]
    assert [one["source"] for one in listed if one["name"] == "toys"] == ["posted"]


def test_a_scenario_of_ten_megabytes_is_taken(client: httpx.Client) -> None:
    many = [{"name": f"toy-{number}", "price": number, "made": "-1d"} for number in range(220_000)]
    content = json.dumps({"name": "many", "toybox": {"toys": many}})
    assert len(content) > 10_000_000
    answer = client.post("/_emulator/scenarios", content=content, timeout=100)
    assert (answer.status_code, answer.json()["rows"]["toybox"]["toys"]) == (200, 220_000)
