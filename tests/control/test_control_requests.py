"""The journal over HTTP: filters, bounds, masked credentials."""

from typing import Any

import httpx
import pytest

from tests.toy_server import KEY, toy_server

STRANGER = {"Authorization": "Toy k-unknown-0123"}


@pytest.fixture
def story(client: httpx.Client) -> httpx.Client:
    """Six calls, a second of the world's time apart."""
    calls = (
        ("POST", "/keys", {}),
        ("GET", "/shelf/bear", KEY),
        ("GET", "/shelf/fox", KEY),
        ("GET", "/shelf/bear", STRANGER),
        ("PUT", "/shelf/duck", KEY),
        ("GET", "/nowhere", KEY),
    )
    for method, path, headers in calls:
        client.request(method, f"/toybox{path}", headers=headers, json={"price": 1} if method == "PUT" else None)
        client.post("/_emulator/clock/advance", json={"seconds": 1})
    return client


def ids(client: httpx.Client, query: str = "") -> list[str]:
    answer = client.get(f"/_emulator/requests{query}")
    assert answer.status_code == 200
    return [entry["id"] for entry in answer.json()["requests"]]


def test_calls_are_listed_oldest_first(story: httpx.Client) -> None:
    answer = story.get("/_emulator/requests").json()
    assert [entry["id"] for entry in answer["requests"]] == ["1", "2", "3", "4", "5", "6"]
    assert (answer["total"], answer["dropped"]) == (6, 0)


def test_a_call_is_told_whole(story: httpx.Client) -> None:
    entry = story.get("/_emulator/requests/5").json()
    assert entry["request"]["method"] == "PUT"
    assert entry["request"]["path"] == "/shelf/duck"
    assert entry["request"]["body"] == {"price": 1}
    assert ["authorization", "Toy …"] in entry["request"]["headers"]
    assert entry["answer"]["status"] == 200
    assert entry["answer"]["body"] == {"name": "duck", "at": 1_767_603_604_000_000}
    assert ["x-emulator-request-id", "5"] in entry["answer"]["headers"]
    assert (entry["vendor"], entry["operation"], entry["caller"]) == ("toybox", "putToy", "maker")
    assert (entry["at"], entry["refusal"], entry["fault"]) == ("2026-01-05T09:00:04Z", None, None)
    assert entry["provenance"] == "documented"
    assert 0 < entry["duration_ms"] < 60_000


def test_a_call_names_the_provenance_entries_that_its_answer_relied_on(story: httpx.Client) -> None:
    listed = story.get("/_emulator/requests").json()["requests"]
    assert [entry["relied"] for entry in listed] == [
        ["toybox.operation.makeKey"],
        ["toybox.operation.getToy"],
        ["toybox.error.lost"],
        ["toybox.error.stranger"],
        ["toybox.operation.putToy"],
        [],
    ]
    for entry in listed:
        told = story.get(f"/_emulator/requests/{entry['id']}").json()
        explained = story.get(f"/_emulator/requests/{entry['id']}/explain").json()
        assert told == entry
        assert [one["id"] for one in explained["provenance"]["entries"]] == entry["relied"]


def test_control_calls_are_not_in_the_journal(story: httpx.Client) -> None:
    assert {entry["vendor"] for entry in story.get("/_emulator/requests").json()["requests"]} == {"toybox"}


def test_a_key_is_never_told(story: httpx.Client) -> None:
    text = story.get("/_emulator/requests").text
    assert "k-unknown" not in text
    assert "…0123" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?vendor=toybox", "123456"),
        ("?operation=getToy", "234"),
        ("?operation=putToy", "5"),
        ("?status=200", "25"),
        ("?status=2xx", "125"),
        ("?status=4XX", "34"),
        ("?status=404", "3"),
        ("?status=501", "6"),
        ("?status=503", ""),
        ("?since=4", "56"),
        ("?since=0", "123456"),
        ("?since=99", ""),
        ("?since=2026-01-05T09:00:03Z", "456"),
        ("?since=2026-01-05T09:00:03.000001Z", "56"),
        ("?since=2026-01-05T10:00:03%2B01:00", "456"),
        ("?limit=2", "56"),
        ("?vendor=&operation=&status=&since=&limit=", "123456"),
        ("?limit=100", "123456"),
        ("?operation=getToy&status=2xx", "2"),
        ("?vendor=toybox&operation=getToy&since=2&limit=1", "4"),
        ("?method=GET", "2346"),
        ("?method=put", "5"),
        ("?method=DELETE", ""),
        ("?path=/shelf", "2345"),
        ("?path=/shelf/bear", "24"),
        ("?path=/toybox/shelf/fox", ""),
        ("?path=*/toybox/shelf/fox", "3"),
        ("?path=/*ear", "24"),
        ("?path=/[a-z]*", ""),
        ("?caller=maker", "235"),
        ("?caller=anyone", "146"),
        ("?caller=somebody", ""),
        ("?refusal=lost", "3"),
        ("?refusal=stranger", "4"),
        ("?refusal=any", "34"),
        ("?refusal=none", "1256"),
        ("?provenance=documented", "123456"),
        ("?provenance=assumed", ""),
        ("?until=2", "12"),
        ("?until=0", ""),
        ("?since=1&until=3", "23"),
        ("?until=2026-01-05T09:00:02Z", "123"),
        ("?fault=any", ""),
        ("?fault=none&limit=1", "6"),
    ],
)
def test_filters_narrow_the_list(story: httpx.Client, query: str, expected: str) -> None:
    assert ids(story, query) == list(expected)


def test_the_total_counts_what_passes_the_filter_and_not_what_is_shown(story: httpx.Client) -> None:
    assert story.get("/_emulator/requests?operation=getToy&limit=1").json()["total"] == 3


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?operation=getTy", "operation: 'getTy' is no operation here; did you mean getToy?"),
        ("?status=4x", "status: write a status such as 404, or a class of them such as 4xx, found '4x'"),
        ("?status=6xx", "status: write a status"),
        ("?status=\u0664\u0660\u0664", "status: write a status"),
        ("?since=yesterday", "since: 'yesterday' is not an RFC 3339 timestamp"),
        ("?since=-1", "since: '-1' is not an RFC 3339 timestamp"),
        (f"?since={'9' * 5_000}", "since: '999"),
        ("?limit=0", "limit: Input should be greater than or equal to 1"),
        ("?limit=x", "limit: Input should be a valid integer"),
        ("?limits=5", "limits: unknown key, did you mean limit?"),
        ("?method=GTE", "method: no method of HTTP, did you mean GET?, found 'GTE'"),
        ("?method=x", "method: no method of HTTP, found 'x'"),
        ("?path=shelf", "path: write how a path begins, such as /v2/, or a pattern such as */coupons/*"),
        ("?refusal=lots", "refusal: 'lots' is no refusal here; did you mean lost?"),
        ("?fault=tyred", "fault: 'tyred' is no fault here; did you mean tired?"),
        ("?provenance=documentd", "provenance: 'documentd' is no level of provenance here; did you mean documented?"),
        ("?until=tomorrow", "until: 'tomorrow' is not an RFC 3339 timestamp"),
    ],
)
def test_a_bad_filter_is_refused(story: httpx.Client, query: str, sentence: str) -> None:
    answer = story.get(f"/_emulator/requests{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0].startswith(sentence)


@pytest.mark.parametrize("name", ["7", "0", "-1", "01", "x", "999999999999999999999999"])
def test_an_unknown_call_is_404(story: httpx.Client, name: str) -> None:
    answer = story.get(f"/_emulator/requests/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "it holds the last 6, and has dropped 0" in answer.json()["detail"]


def test_forgetting_leaves_ids_that_never_come_again(story: httpx.Client) -> None:
    assert story.delete("/_emulator/requests").status_code == 204
    answer = story.get("/_emulator/requests").json()
    assert (answer["requests"], answer["total"], answer["dropped"]) == ([], 0, 0)
    assert "and was told to forget 6" in story.get("/_emulator/requests/1").json()["detail"]
    story.post("/toybox/keys")
    assert ids(story) == ["7"]


def test_calls_that_a_fault_hit_are_found_by_its_name_and_its_id(client: httpx.Client) -> None:
    client.get("/toybox/shelf/bear", headers={**KEY, "X-Emulator-Fault": "tired,delay=1"})
    client.post("/_emulator/faults", json={"vendor": "toybox", "fault": "lost", "times": 1})
    client.get("/toybox/shelf/bear", headers=KEY)
    client.get("/toybox/shelf/bear", headers=KEY)
    for name, expected in (("any", "12"), ("none", "3"), ("tired", "1"), ("delay", "1"), ("lost", "2"), ("f1", "2")):
        assert ids(client, f"?fault={name}") == list(expected), name
    assert ids(client, "?fault=f2") == []


def test_the_journal_is_bounded_and_says_how_many_it_dropped(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        toy_server(tmp_path_factory.mktemp("small"), journal=3) as running,
        httpx.Client(base_url=running.url) as client,
    ):
        for _ in range(5):
            client.post("/toybox/keys")
        answer: dict[str, Any] = client.get("/_emulator/requests").json()
        assert [entry["id"] for entry in answer["requests"]] == ["3", "4", "5"]
        assert (answer["total"], answer["dropped"]) == (3, 2)
        assert "has dropped 2" in client.get("/_emulator/requests/1").json()["detail"]
