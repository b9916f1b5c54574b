"""Drills: named troubles that a client should have been through."""

from typing import Any

import httpx
import pytest

from tests.toy_server import KEY

BEAR = "/toybox/shelf/bear"


@pytest.fixture
def client(client: httpx.Client) -> httpx.Client:
    client.headers.update(KEY)
    client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
    return client


def begin(client: httpx.Client, name: str, **order: Any) -> list[dict[str, Any]]:
    answer = client.post(f"/_emulator/drills/{name}", json=order)
    assert answer.status_code == 201
    assert answer.json()["drill"] == name
    made: list[dict[str, Any]] = answer.json()["faults"]
    return made


def standing(client: httpx.Client) -> list[dict[str, Any]]:
    faults: list[dict[str, Any]] = client.get("/_emulator/faults").json()["faults"]
    return faults


def statuses(client: httpx.Client, calls: int, **headers: str) -> list[int]:
    return [client.get(BEAR, headers=headers).status_code for _ in range(calls)]


def put(client: httpx.Client) -> int:
    return client.put("/toybox/shelf/duck", json={"price": 1}).status_code


def test_the_drills_are_told_with_each_vendors_part(client: httpx.Client) -> None:
    begin(client, "retry-storm")
    drills = {one["name"]: one for one in client.get("/_emulator/drills").json()["drills"]}
    assert list(drills) == ["retry-storm", "flaky-5xx", "expired-token", "cursor-gone", "slow-first-byte"]
    assert drills["retry-storm"]["vendors"] == [
        {
            "vendor": "toybox",
            "arranges": [{"operation": None, "fault": "tired"}],
            "why_not": None,
            "standing": ["f1"],
        }
    ]
    assert drills["flaky-5xx"]["vendors"][0]["arranges"] == [{"operation": "putToy", "fault": "fire|jammed"}]
    assert drills["cursor-gone"]["vendors"][0]["why_not"] == "its lists have no pages"
    assert drills["slow-first-byte"]["vendors"][0]["arranges"] == [{"operation": None, "fault": "delay=1000-3000"}]
    assert all(one["says"].endswith(".") for one in drills.values())


def test_a_retry_storm_refuses_the_next_few_calls_and_then_all_is_well(client: httpx.Client) -> None:
    (fault,) = begin(client, "retry-storm")
    assert (fault["drill"], fault["vendor"], fault["fault"], fault["times"]) == ("retry-storm", "toybox", "tired", 3)
    assert statuses(client, 5) == [429, 429, 429, 200, 200]
    (stood,) = standing(client)
    assert (stood["fired"], stood["spent"], stood["requests"]) == (3, True, ["1", "2", "3"])


def test_a_retry_storm_leaves_what_is_wrong_anyway_as_it_is(client: httpx.Client) -> None:
    """The 401 of a wrong key and the 501 of an unknown path come first, and use nothing of it up."""
    begin(client, "retry-storm", vendor="toybox", times=1)
    assert client.get(BEAR, headers={"Authorization": "Toy wrong"}).status_code == 401
    assert client.get("/toybox/no/such/path").status_code == 501
    assert client.post("/toybox/keys").status_code == 201
    assert statuses(client, 2) == [429, 200]
    (stood,) = standing(client)
    assert (stood["fired"], stood["missed"]) == (1, 3)


def test_a_drill_can_be_for_one_operation_and_for_calls_with_certain_headers(client: httpx.Client) -> None:
    begin(client, "retry-storm", operation="getToy", headers={"X-Test": "mine"}, times=1)
    assert put(client) == 200
    assert statuses(client, 1) == [200]
    assert statuses(client, 2, **{"X-Test": "mine"}) == [429, 200]


def test_flaky_server_errors_come_by_the_worlds_seed(client: httpx.Client) -> None:
    def story() -> list[int]:
        client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
        begin(client, "flaky-5xx", probability=0.5)
        return [put(client) for _ in range(30)]

    first = story()
    assert set(first) == {200, 500}
    refusals = {one["refusal"] for one in client.get("/_emulator/requests").json()["requests"]}
    assert refusals == {None, "fire", "jammed"}
    client.post("/_emulator/reset")
    assert story() == first


def test_an_expired_token_is_refused_once_although_it_was_good(client: httpx.Client) -> None:
    made = begin(client, "expired-token", vendor="toybox")
    assert [(one["operation"], one["fault"], one["times"]) for one in made] == [
        ("putToy", "stranger", 1),
        ("getToy", "stranger", 1),
    ]
    assert statuses(client, 1, Authorization="Toy wrong") == [401]
    answer = client.get(BEAR)
    assert (answer.status_code, answer.content) == (401, b'{"no":"stranger"}')
    assert statuses(client, 2) == [200, 200]
    assert [put(client), put(client)] == [401, 200]


def test_a_slow_first_byte_is_a_delay_by_chance(client: httpx.Client) -> None:
    (fault,) = begin(client, "slow-first-byte", delay="1-9", times=2)
    assert (fault["fault"], fault["drill"]) == ("delay=1-9", "slow-first-byte")
    assert statuses(client, 3) == [200] * 3
    told = [one["fault"] for one in client.get("/_emulator/requests").json()["requests"]]
    assert [text and text.partition(" (")[0] for text in told] == ["f1 delay=1-9", "f1 delay=1-9", None]


def test_a_drill_without_a_delay_of_its_own_has_the_usual_one(client: httpx.Client) -> None:
    (fault,) = begin(client, "slow-first-byte")
    assert (fault["fault"], fault["times"], fault["probability"]) == ("delay=1000-3000", None, 1.0)


def test_a_drill_that_begins_again_begins_anew(client: httpx.Client) -> None:
    begin(client, "retry-storm")
    begin(client, "retry-storm", operation="putToy")
    statuses(client, 3)
    (again,) = begin(client, "retry-storm", times=1)
    assert [(one["id"], one["operation"], one["fired"]) for one in standing(client)] == [
        ("f2", "putToy", 0),
        (again["id"], None, 0),
    ]
    assert statuses(client, 2) == [429, 200]


def test_a_drill_that_is_ended_leaves_other_faults(client: httpx.Client) -> None:
    client.post("/_emulator/faults", json={"vendor": "toybox", "fault": "delay=0"})
    begin(client, "retry-storm")
    begin(client, "expired-token")
    assert client.delete("/_emulator/drills/retry-storm").status_code == 204
    assert client.delete("/_emulator/drills/expired-token?vendor=toybox").status_code == 204
    assert client.delete("/_emulator/drills/expired-token").status_code == 204
    assert [one["drill"] for one in standing(client)] == [None]
    assert statuses(client, 1) == [200]


def test_a_reset_ends_all_drills(client: httpx.Client) -> None:
    begin(client, "retry-storm")
    client.post("/_emulator/reset", json={"vendor": "toybox"})
    assert standing(client) == []


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_an_unknown_drill_is_not_found_and_the_nearest_is_offered(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/_emulator/drills/retry_strom")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "'retry_strom' is no drill here; did you mean retry-storm?"


@pytest.mark.parametrize(
    ("name", "order", "sentence"),
    [
        ("retry-storm", {"vendor": "toybx"}, "vendor: 'toybx' is no vendor here; did you mean toybox?"),
        ("retry-storm", {"operation": "getTy"}, "operation: 'getTy' is no operation here; did you mean getToy?"),
        (
            "flaky-5xx",
            {"operation": "getToy"},
            "operation: getToy has no part in flaky-5xx; these have: toybox putToy",
        ),
        (
            "cursor-gone",
            {"vendor": "toybox"},
            "vendor: cursor-gone makes no sense here (toybox: its lists have no pages); no vendor has it",
        ),
        ("cursor-gone", {}, "vendor: cursor-gone makes no sense here"),
        ("retry-storm", {"delay": "5"}, "delay: retry-storm delays nothing; slow-first-byte does"),
        ("slow-first-byte", {"delay": "5,drop"}, "delay: write milliseconds as a text"),
        ("slow-first-byte", {"delay": "9-1"}, "delay: delay=9-1: a span begins with the shorter wait"),
        ("slow-first-byte", {"delay": "600001"}, "delay: delay=600001: write whole milliseconds from 0 to 600000"),
        ("slow-first-byte", {"delay": 500}, "delay: Input should be a valid string"),
        ("retry-storm", {"times": 0}, "times: Input should be greater than or equal to 1"),
        ("retry-storm", {"probability": 2}, "probability: Input should be less than or equal to 1"),
        ("retry-storm", {"headers": {"a b": "c"}}, "headers.a b: no header can be called that"),
        ("retry-storm", {"time": 3}, "time: unknown key, did you mean times?"),
    ],
)
def test_a_drill_that_cannot_be_is_refused_and_arranges_nothing(
    client: httpx.Client, name: str, order: dict[str, Any], sentence: str
) -> None:
    answer = client.post(f"/_emulator/drills/{name}", json=order)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0].startswith(sentence)
    assert standing(client) == []
    assert begin(client, "retry-storm")[0]["id"] == "f1"
