"""How each behaviour is known, and a world that takes no guesses."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.core.world import World
from emulator.server import Background
from tests.toy_server import KEY, toy_server
from tests.toy_vendor import VENDOR


def entries(client: httpx.Client, query: str = "") -> dict[str, dict[str, Any]]:
    told = client.get(f"/_emulator/provenance{query}").json()
    return {entry["id"]: entry for entry in told["entries"]}


def test_everything_has_an_entry(client: httpx.Client) -> None:
    assert list(entries(client)) == [entry.id for entry in VENDOR.entries]
    assert entries(client)["toybox.order"] == {
        "id": "toybox.order",
        "vendor": "toybox",
        "kind": "choice",
        "level": "assumed",
        "source": "-",
        "says": "Twins come oldest first.",
    }
    assert {
        "toybox.operation.getToy",
        "toybox.error.lost",
        "toybox.limit.calls",
        "toybox.default.calls_per_second",
    } < set(entries(client))


def test_entries_are_filtered_by_kind_and_level(client: httpx.Client) -> None:
    told = client.get("/_emulator/provenance?kind=error&level=documented&vendor=toybox").json()
    assert [entry["id"] for entry in told["entries"]] == ["toybox.error.stranger", "toybox.error.lost"]
    assert told["levels"] == {"documented": 2, "observed": 0, "inferred": 0, "assumed": 0}
    assert told["fail_on"] is None


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=errors", "kind: Input should be 'operation', 'error', 'choice', 'limit' or 'default', found 'errors'"),
        ("level=guess", "level: Input should be 'documented', 'observed', 'inferred' or 'assumed', found 'guess'"),
        ("vendor=toybx", "vendor: 'toybx' is no vendor here; did you mean toybox?"),
    ],
)
def test_an_unknown_filter_is_refused(client: httpx.Client, query: str, sentence: str) -> None:
    assert client.get(f"/_emulator/provenance?{query}").json()["errors"] == [sentence]


def test_an_answer_that_would_rely_on_a_guess_is_501_and_names_the_entry(client: httpx.Client) -> None:
    assert client.patch("/_emulator/provenance", json={"fail_on": "assumed"}).json() == {"fail_on": "assumed"}
    answer = client.get("/toybox/shelf/bear/twins", headers=KEY)
    assert (answer.status_code, answer.headers["content-type"]) == (501, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Only a guess",
        "status": 501,
        "detail": "the answer would rely on toybox.order, which is assumed: Twins come oldest first. (source: -) Since "
        "fail_on is assumed, the call is refused and has changed nothing",
        "entry": "toybox.order",
        "level": "assumed",
        "source": "-",
        "says": "Twins come oldest first.",
    }
    assert "x-emulator-unimplemented" not in answer.headers
    assert "x-emulator-explain" in answer.headers


def test_what_is_documented_is_answered_all_the_same(client: httpx.Client) -> None:
    client.patch("/_emulator/provenance", json={"fail_on": "assumed"})
    assert client.get("/toybox/shelf/bear", headers=KEY).status_code == 200
    assert client.get("/toybox/shelf/fox", headers=KEY).status_code == 404


def test_a_refusal_that_is_a_guess_is_501_too(client: httpx.Client) -> None:
    client.patch("/_emulator/provenance", json={"fail_on": "assumed"})
    answer = client.patch("/toybox/shelf/bear", headers=KEY)
    assert (answer.status_code, answer.json()["entry"]) == (501, "toybox.error.wrong_hand")


@pytest.mark.parametrize(("fail_on", "status"), [("observed", 501), ("inferred", 501), ("assumed", 400)])
def test_each_level_takes_the_weaker_ones_along(client: httpx.Client, fail_on: str, status: int) -> None:
    """An unreadable body is refused as inferred."""
    client.patch("/_emulator/provenance", json={"fail_on": fail_on})
    assert client.put("/toybox/shelf/duck", content=b"{", headers=KEY).status_code == status


def test_a_guess_leaves_no_trace_even_where_the_failure_would(client: httpx.Client) -> None:
    client.post("/_emulator/faults", json={"vendor": "toybox", "fault": "jammed", "times": 2})
    client.patch("/_emulator/provenance", json={"fail_on": "assumed"})
    before = client.get("/_emulator/state").json()
    assert client.put("/toybox/shelf/duck", json={"price": 1}, headers=KEY).json()["entry"] == "toybox.error.jammed"
    assert client.get("/_emulator/state").json() == before
    client.patch("/_emulator/provenance", json={"fail_on": None})
    assert client.put("/toybox/shelf/duck", json={"price": 1}, headers=KEY).status_code == 500
    assert client.get("/_emulator/state").json() != before


def test_a_guess_uses_up_no_quota(client: httpx.Client) -> None:
    client.patch("/_emulator/provenance", json={"fail_on": "assumed"})
    assert [client.get("/toybox/shelf/bear/twins", headers=KEY).status_code for _ in range(9)] == [501] * 9
    (calls,) = client.get("/_emulator/limits").json()["limits"]
    assert [caller["used"] for caller in calls["headroom"]] in ([], [0])
    assert client.get("/toybox/shelf/bear", headers=KEY).status_code == 200


def test_a_standing_fault_that_would_be_a_guess_is_not_used_up(client: httpx.Client) -> None:
    client.post("/_emulator/faults", json={"vendor": "toybox", "fault": "fire", "times": 1})
    client.patch("/_emulator/provenance", json={"fail_on": "assumed"})
    assert client.get("/toybox/shelf/bear", headers=KEY).json()["entry"] == "toybox.error.fire"
    assert client.get("/_emulator/faults").json()["faults"][0]["fired"] == 0
    client.patch("/_emulator/provenance", json={"fail_on": None})
    assert client.get("/toybox/shelf/bear", headers=KEY).status_code == 500
    assert client.get("/_emulator/faults").json()["faults"][0]["fired"] == 1


def test_it_holds_for_one_namespace_until_its_reset(client: httpx.Client, server: Background, namespace: str) -> None:
    client.patch("/_emulator/provenance", json={"fail_on": "assumed"})
    assert httpx.get(f"{server.url}/ns/{namespace}-too/toybox/shelf/bear/twins", headers=KEY).status_code == 200
    client.post("/_emulator/reset")
    assert client.get("/toybox/shelf/bear/twins", headers=KEY).status_code == 200


def test_a_process_can_refuse_guesses_from_the_start(tmp_path: Path) -> None:
    with toy_server(tmp_path, fail_on="assumed") as running, httpx.Client(base_url=running.url) as client:
        assert client.get("/toybox/shelf/bear/twins", headers=KEY).status_code == 501
        client.patch("/_emulator/provenance", json={"fail_on": None})
        assert client.get("/toybox/shelf/bear/twins", headers=KEY).status_code == 200
        client.post("/_emulator/reset")
        assert client.get("/ns/another/toybox/shelf/bear/twins", headers=KEY).status_code == 501
        assert client.get("/toybox/shelf/bear/twins", headers=KEY).status_code == 501


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"fail_on": "assummed"}, "fail_on: Input should be 'observed', 'inferred' or 'assumed', found 'assummed'"),
        ({"fail_on": "documented"}, "fail_on: Input should be 'observed', 'inferred' or 'assumed', found 'documented'"),
        ({}, "fail_on: this key is required"),
        ({"failon": "assumed"}, "failon: unknown key, did you mean fail_on?"),
    ],
)
def test_an_order_that_cannot_be_is_refused(client: httpx.Client, world: World, body: Any, sentence: str) -> None:
    answer = client.patch("/_emulator/provenance", json=body)
    assert answer.status_code == 400
    assert sentence in answer.json()["errors"]
    assert world.unwanted is None


def test_an_explanation_names_what_the_answer_relied_on(client: httpx.Client) -> None:
    answer = client.get("/toybox/shelf/bear/twins", headers=KEY)
    assert answer.headers["x-emulator-provenance"] == "assumed"
    told = client.get(f"/_emulator/requests/{answer.headers['x-emulator-request-id']}/explain").json()["provenance"]
    assert told["level"] == "assumed"
    assert [entry["id"] for entry in told["entries"]] == ["toybox.order", "toybox.operation.listTwins"]
