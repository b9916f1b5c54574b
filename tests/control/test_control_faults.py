"""Standing failures, arranged over HTTP and accounted for."""

from typing import Any

import httpx
import pytest

from tests.toy_server import KEY


@pytest.fixture
def client(client: httpx.Client) -> httpx.Client:
    client.headers.update(KEY)
    client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
    return client


def arrange(client: httpx.Client, **order: Any) -> dict[str, Any]:
    answer = client.post("/_emulator/faults", json={"vendor": "toybox", **order})
    assert answer.status_code == 201
    arranged: dict[str, Any] = answer.json()
    return arranged


def statuses(client: httpx.Client, calls: int, **headers: str) -> list[int]:
    return [client.get("/toybox/shelf/bear", headers=headers).status_code for _ in range(calls)]


def test_a_fault_is_told_back_as_it_stands(client: httpx.Client) -> None:
    assert arrange(client, fault="fire") == {
        "id": "f1", "vendor": "toybox", "operation": None, "fault": "fire", "times": None, "probability": 1.0,
        "headers": {}, "fired": 0, "spent": False,
    }  # fmt: skip
    assert arrange(
        client, fault="delay=1,lost", operation="getToy", times=3, probability=0.5, headers={"X-Test": "a"}
    ) == {
        "id": "f2", "vendor": "toybox", "operation": "getToy", "fault": "delay=1,lost", "times": 3, "probability": 0.5,
        "headers": {"X-Test": "a"}, "fired": 0, "spent": False,
    }  # fmt: skip


def test_a_fault_strikes_until_it_is_deleted(client: httpx.Client) -> None:
    arranged = arrange(client, fault="fire")
    assert statuses(client, 3) == [500, 500, 500]
    assert client.delete(f"/_emulator/faults/{arranged['id']}").status_code == 204
    assert statuses(client, 1) == [200]


def test_a_fault_strikes_as_often_as_asked_and_says_so(client: httpx.Client) -> None:
    arrange(client, fault="fire", times=2)
    assert statuses(client, 3) == [500, 500, 200]
    (standing,) = client.get("/_emulator/faults").json()["faults"]
    assert (standing["fired"], standing["spent"]) == (2, True)


def test_a_fault_for_one_operation_leaves_the_others(client: httpx.Client) -> None:
    arrange(client, fault="fire", operation="putToy")
    assert statuses(client, 1) == [200]
    assert client.put("/toybox/shelf/duck", json={"price": 1}).status_code == 500


def test_a_fault_may_be_for_calls_with_certain_headers(client: httpx.Client) -> None:
    arrange(client, fault="fire", headers={"X-Test": "mine"})
    assert statuses(client, 1) == [200]
    assert statuses(client, 1, **{"x-test": "yours"}) == [200]
    assert statuses(client, 1, **{"x-test": "mine"}) == [500]


def test_a_fault_by_chance_repeats_itself_after_a_reset(client: httpx.Client) -> None:
    def story() -> list[int]:
        client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
        arrange(client, fault="fire", probability=0.5)
        return statuses(client, 20)

    first = story()
    client.post("/_emulator/reset")
    assert story() == first
    assert set(first) == {200, 500}


def test_all_faults_can_be_deleted_at_once(client: httpx.Client) -> None:
    arrange(client, fault="fire")
    arrange(client, fault="lost")
    assert client.delete("/_emulator/faults").status_code == 204
    assert client.get("/_emulator/faults").json() == {"faults": []}
    assert statuses(client, 1) == [200]


def test_an_unknown_fault_cannot_be_deleted(client: httpx.Client) -> None:
    arrange(client, fault="fire")
    answer = client.delete("/_emulator/faults/f7")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "'f7' is no standing fault here; did you mean f1?"
    assert len(client.get("/_emulator/faults").json()["faults"]) == 1


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"vendor": "toybx", "fault": "fire"}, "vendor: 'toybx' is no vendor here; did you mean toybox?"),
        ({"vendor": "toybox", "fault": "fier"}, "fault: 'fier' is no fault here; did you mean fire?"),
        ({"vendor": "toybox", "fault": "fire,lost"}, "fault: fire and lost: a call can fail in one way only"),
        ({"vendor": "toybox", "fault": "delay=x"}, "fault: delay=x: write whole milliseconds from 0 to 600000"),
        ({"vendor": "toybox", "fault": ""}, "fault: '' is no fault here; known: stranger, "),
        (
            {"vendor": "toybox", "fault": "fire", "operation": "getTy"},
            "operation: 'getTy' is no operation here; did you mean getToy?",
        ),
        ({"vendor": "toybox", "fault": "fire", "times": 0}, "times: Input should be greater than or equal to 1"),
        ({"vendor": "toybox", "fault": "fire", "times": 1.5}, "times: Input should be a valid integer"),
        ({"vendor": "toybox", "fault": "fire", "times": 2**63}, "times: Input should be less than or equal to 9223"),
        ({"vendor": "toybox", "fault": "fire", "probability": 0}, "probability: Input should be greater than 0"),
        ({"vendor": "toybox", "fault": "fire", "probability": 1.1}, "probability: Input should be less than or equal"),
        ({"vendor": "toybox", "fault": "fire", "headers": {"a": 1}}, "headers.a: Input should be a valid string"),
        ({"vendor": "toybox"}, "fault: this key is required"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(client: httpx.Client, order: dict[str, Any], sentence: str) -> None:
    answer = client.post("/_emulator/faults", json=order)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0].startswith(sentence)
    assert client.get("/_emulator/faults").json() == {"faults": []}
    assert arrange(client, fault="fire")["id"] == "f1"


def test_the_journal_names_the_fault_that_struck(client: httpx.Client) -> None:
    arrange(client, fault="fire", times=1)
    statuses(client, 2)
    struck, spared = client.get("/_emulator/requests").json()["requests"]
    assert (struck["fault"], struck["refusal"], spared["fault"]) == ("f1 fire", "fire", None)
