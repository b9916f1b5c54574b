"""Standing failures, arranged over HTTP and accounted for."""

import re
from concurrent.futures import ThreadPoolExecutor
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
        "headers": {}, "drill": None, "fired": 0, "skipped": 0, "missed": 0, "spent": False, "requests": [],
    }  # fmt: skip
    assert arrange(
        client, fault="delay=1,lost", operation="getToy", times=3, probability=0.5, headers={"X-Test": "a"}
    ) == {
        "id": "f2", "vendor": "toybox", "operation": "getToy", "fault": "delay=1,lost", "times": 3, "probability": 0.5,
        "headers": {"X-Test": "a"}, "drill": None, "fired": 0, "skipped": 0, "missed": 0, "spent": False,
        "requests": [],
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


def test_after_a_reset_of_its_vendor_a_fault_by_chance_repeats_itself_too(client: httpx.Client) -> None:
    def story() -> list[int]:
        client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
        arrange(client, fault="fire", probability=0.5)
        return statuses(client, 20)

    first = story()
    client.post("/_emulator/reset", json={"vendor": "toybox"})
    assert client.get("/_emulator/faults").json() == {"faults": []}
    assert story() == first


def test_times_and_probability_go_together_and_every_call_is_accounted_for(client: httpx.Client) -> None:
    arrange(client, fault="fire", probability=0.3, times=4)
    seen = statuses(client, 60)
    (fault,) = client.get("/_emulator/faults").json()["faults"]
    assert (seen.count(500), fault["fired"], fault["spent"]) == (4, 4, True)
    last_hit = len(seen) - 1 - seen[::-1].index(500)
    assert fault["skipped"] == seen[:last_hit].count(200)
    assert fault["requests"] == [str(number) for number, status in enumerate(seen, 1) if status == 500]


def test_a_fault_that_waits_in_vain_is_neither_counted_nor_named(client: httpx.Client) -> None:
    arrange(client, fault="delay=1,jammed")
    assert statuses(client, 2) == [200, 200]
    assert client.put("/toybox/shelf/duck", json={"price": 1}).status_code == 500
    (fault,) = client.get("/_emulator/faults").json()["faults"]
    assert (fault["fired"], fault["missed"], fault["requests"]) == (1, 2, ["3"])
    told = [one["fault"] for one in client.get("/_emulator/requests").json()["requests"]]
    assert told == [None, None, "f1 delay=1,jammed"]


def test_the_journal_tells_the_delay_that_was_drawn(client: httpx.Client) -> None:
    def story() -> list[str]:
        client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
        arrange(client, fault="delay=1-9")
        statuses(client, 5)
        statuses(client, 5, **{"X-Emulator-Fault": "delay=1-9"})
        return [one["fault"] for one in client.get("/_emulator/requests").json()["requests"]]

    first = story()
    assert all(re.fullmatch(r"f1 delay=1-9 \(delay=[1-9]\)", text) for text in first[:5])
    assert all(re.fullmatch(r"delay=1-9 \(delay=[1-9]\)", text) for text in first[5:])
    assert len(set(first[:5])) > 1
    client.post("/_emulator/reset")
    assert story() == first


def test_of_several_failures_one_strikes_by_chance_and_the_journal_tells_which(client: httpx.Client) -> None:
    arrange(client, fault="fire|lost")
    seen = statuses(client, 20)
    assert set(seen) == {500, 404}
    told = client.get("/_emulator/requests").json()["requests"]
    assert [one["fault"] for one in told] == [f"f1 fire|lost ({one['refusal']})" for one in told]


def test_a_dropped_truncated_or_slow_call_is_accounted_for(client: httpx.Client) -> None:
    arrange(client, fault="drop", times=1)
    arrange(client, fault="truncate", times=1)
    arrange(client, fault="slow=20", times=1)
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/toybox/shelf/bear")
    assert client.get("/toybox/shelf/bear").json()["name"] == "bear"
    faults = client.get("/_emulator/faults").json()["faults"]
    assert [(one["fired"], one["requests"]) for one in faults] == [(1, ["1"]), (1, ["2"]), (1, ["3"])]
    told = [one["fault"] for one in client.get("/_emulator/requests").json()["requests"]]
    assert told == ["f1 drop", "f2 truncate", "f3 slow=20"]


def test_faults_are_listed_and_deleted_by_vendor(client: httpx.Client) -> None:
    arrange(client, fault="fire")
    assert len(client.get("/_emulator/faults?vendor=toybox").json()["faults"]) == 1
    for call in (client.get, client.delete):
        answer = call("/_emulator/faults?vendor=toybx")
        assert answer.status_code == 400
        assert answer.json()["errors"] == ["vendor: 'toybx' is no vendor here; did you mean toybox?"]
    assert client.delete("/_emulator/faults?vendor=toybox").status_code == 204
    assert client.get("/_emulator/faults").json() == {"faults": []}


def test_many_calls_at_once_are_hit_exactly_as_often_as_asked(client: httpx.Client) -> None:
    arrange(client, fault="fire", times=7)
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: statuses(client, 5), range(8)))
    assert sum(some.count(500) for some in seen) == 7
    (fault,) = client.get("/_emulator/faults").json()["faults"]
    assert (fault["fired"], len(fault["requests"])) == (7, 7)


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
        ({"vendor": "toybox", "fault": "fire", "time": 1}, "time: unknown key, did you mean times?"),
        ({"vendor": "toybox", "fault": "drop,truncate"}, "fault: drop and truncate: nothing is sent"),
        ({"vendor": "toybox", "fault": "delay=1,delay=2"}, "fault: delay=1 and delay=2: a call can be delayed once"),
        ({"vendor": "toybox", "fault": "slow=9,drop"}, "fault: drop and slow=9: nothing is sent of an answer"),
        ({"vendor": "toybox", "fault": "delay=9-1"}, "fault: delay=9-1: a span begins with the shorter wait"),
        ({"vendor": "toybox", "fault": "x" * 100_000}, "fault: '" + "x" * 80 + "…' is no fault here"),
        ({"vendor": "toybox", "fault": "fire", "headers": {"X Test": "a"}}, "headers.X Test: no header can be called"),
        ({"vendor": "toybox", "fault": "fire", "headers": {"": "a"}}, "headers.: no header can be called that"),
        ({"vendor": "toybox", "fault": "fire", "headers": {"Zoë": "a"}}, "headers.Zoë: no header can be called that"),
        (
            {"vendor": "toybox", "fault": "fire", "headers": {"x-emulator-FAULT": "lost"}},
            "headers.x-emulator-FAULT: headers that begin with X-Emulator- are the emulator's own",
        ),
        (
            {"vendor": "toybox", "fault": "fire", "headers": {"X-Test": "a", "x-test": "b"}},
            "headers.X-Test: x-test is the same header: say one of them",
        ),
        (
            {"vendor": "toybox", "fault": "fire", "headers": {"X-Test": "a\r\nb"}},
            "headers.X-Test: no header arrives with such a value",
        ),
        (
            {"vendor": "toybox", "fault": "fire", "headers": {"X-Test": " a"}},
            "headers.X-Test: no header arrives with such a value",
        ),
    ],
)
def test_a_fault_that_cannot_be_is_refused(client: httpx.Client, order: dict[str, Any], sentence: str) -> None:
    answer = client.post("/_emulator/faults", json=order)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0].startswith(sentence)
    assert client.get("/_emulator/faults").json() == {"faults": []}
    assert arrange(client, fault="fire")["id"] == "f1"


def test_ids_of_faults_begin_again_with_a_reset(client: httpx.Client) -> None:
    assert [arrange(client, fault="fire")["id"] for _ in range(2)] == ["f1", "f2"]
    client.post("/_emulator/reset", json={"vendor": "toybox"})
    assert arrange(client, fault="fire")["id"] == "f3"
    client.post("/_emulator/reset")
    assert arrange(client, fault="fire")["id"] == "f1"


def test_the_journal_names_the_fault_that_struck(client: httpx.Client) -> None:
    arrange(client, fault="fire", times=1)
    statuses(client, 2)
    struck, spared = client.get("/_emulator/requests").json()["requests"]
    assert (struck["fault"], struck["refusal"], spared["fault"]) == ("f1 fire", "fire", None)


def test_one_standing_fault_too_many_is_refused_and_a_drill_too(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.core.faults.MOST_STANDING", 3)
    order = {"vendor": "toybox", "fault": "delay=1"}
    made = [client.post("/_emulator/faults", json=order).status_code for _ in range(4)]
    assert made == [201, 201, 201, 507]
    for path, body in (("faults", order), ("drills/slow-first-byte", {"vendor": "toybox"})):
        problem = client.post(f"/_emulator/{path}", json=body).json()
        assert (problem["status"], problem["title"]) == (507, "Too many faults")
        assert "this namespace has 3 standing faults, of 3 that are allowed; end one with DELETE" in problem["detail"]
    assert len(client.get("/_emulator/faults").json()["faults"]) == 3


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (
            {"fault": "|".join(["fire"] * 201)},
            "…: a fault is told in 1000 characters, and this has 1004",
        ),
        (
            {"fault": "drop", "headers": {f"X-{number}": "y" for number in range(101)}},
            "headers: a call is told by 100 headers at most, and these are 101",
        ),
    ],
)
def test_a_fault_without_measure_is_refused(client: httpx.Client, order: dict[str, Any], sentence: str) -> None:
    answer = client.post("/_emulator/faults", json={"vendor": "toybox", **order})
    assert (answer.status_code, answer.json()["errors"][0].endswith(sentence)) == (400, True)
