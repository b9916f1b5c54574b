"""A journal as a file, and the file played again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.control.recordings import Lines, day, exported, file_of, refused, replayed
from tests.toy_server import KEY, toy_server


@pytest.fixture
def story(client: httpx.Client) -> httpx.Client:
    return day(client)


def test_a_file_begins_with_what_a_replay_starts_from(story: httpx.Client, namespace: str) -> None:
    header, *calls = exported(story)
    assert (header["format"], header["version"], header["namespace"]) == ("martech-emulator journal", 1, namespace)
    assert (header["scenario"]["name"], header["scenario"]["seed"]) == ("toys", "toys")
    assert header["clock"] == {"mode": "frozen", "now": "2026-01-05T09:01:30Z"}
    assert header["start"]["settings"] == {"toybox": {"calls_per_second": 5}}
    assert header["in_force"]["limits"] == [
        {"vendor": "toybox", "name": "calls", "scale": 1.0, "enabled": True, "enforce": True}
    ]
    assert header["journal"] == {
        "first": "1", "calls": 9, "changes": 0, "dropped": 0, "forgotten": 0, "filter": {},
    }  # fmt: skip
    assert [call["id"] for call in calls] == list("123456789")


def test_a_body_is_told_to_the_letter(story: httpx.Client) -> None:
    calls = {call["id"]: call for call in exported(story)[1:]}
    assert calls["3"]["request"]["body"] == '{ "price" : 4, "colours": ["r\\u00f6t"] }'
    assert calls["7"]["request"]["body"] == {"base64": "//4gbm8gdGV4dA=="}
    assert calls["4"]["request"]["body"] is None


def test_a_file_tells_no_key(story: httpx.Client) -> None:
    text = story.get("/_emulator/requests/export").text
    assert "nobody-has-this" not in text
    assert "unknown-token" not in text
    assert "…-key" in text


def test_filters_narrow_the_file(story: httpx.Client) -> None:
    header, *calls = exported(story, "?operation=getToy&refusal=none")
    assert [call["id"] for call in calls] == ["5"]
    header, *calls = exported(story, "?operation=putToy&limit=2")
    assert [call["id"] for call in calls] == ["6", "7"]
    assert header["journal"]["filter"] == {"operation": "putToy", "limit": 2}
    answer = story.get("/_emulator/requests/export?operation=putTy")
    assert (answer.status_code, "did you mean putToy?" in answer.text) == (400, True)


def test_a_journal_replayed_is_the_same(story: httpx.Client) -> None:
    report = replayed(story, exported(story))
    assert report == {
        "calls": 9,
        "compared": 9,
        "same": True,
        "first_difference": None,
        "notes": ["calls 4, 5: a credential that nobody has was played as a stand-in of its shape"],
    }


def test_nothing_happens_to_the_caller_s_world(story: httpx.Client) -> None:
    before = story.get("/_emulator/state").json(), story.get("/_emulator/requests").json()
    namespaces = story.get("/_emulator/namespaces").json()
    replayed(story, exported(story))
    assert (story.get("/_emulator/state").json(), story.get("/_emulator/requests").json()) == before
    assert story.get("/_emulator/namespaces").json() == namespaces


def test_another_process_replays_it_as_well(story: httpx.Client, tmp_path: Path) -> None:
    lines = exported(story)
    with toy_server(tmp_path) as other, httpx.Client(base_url=other.url) as client:
        assert replayed(client, lines)["same"] is True


def test_a_world_without_a_seed_of_its_own_is_replayed_with_the_one_it_drew(client: httpx.Client) -> None:
    client.post("/_emulator/scenarios", json={"name": "unseeded", "toybox": {"toys": [{"name": "owl", "made": "-3d"}]}})
    client.post("/toybox/keys")
    report = replayed(client, exported(client))
    assert (report["same"], report["compared"]) == (True, 1)


def test_a_posted_scenario_is_known_to_its_own_namespace_only(client: httpx.Client, tmp_path: Path) -> None:
    client.post("/_emulator/scenarios", json={"name": "toyz", "toybox": {}})
    lines = exported(client)
    assert replayed(client, lines)["same"] is True
    with toy_server(tmp_path) as other, httpx.Client(base_url=other.url) as stranger:
        sentence = refused(stranger, file_of(lines))
    assert sentence == "line 1: scenario: 'toyz' is no scenario here; did you mean toys?"


def test_a_scenario_that_has_changed_is_refused(story: httpx.Client, tmp_path: Path) -> None:
    lines = exported(story)
    with toy_server(tmp_path) as other, httpx.Client(base_url=other.url) as client:
        file = tmp_path / "toys.yaml"
        file.write_text(file.read_text().replace("price: 5", "price: 6"))
        client.post("/_emulator/reset", json={"scenario": "toys"})
        sentence = refused(client, file_of(lines))
    assert sentence == "line 1: scenario: 'toys' is another one here than where the journal was recorded"


Tamper = Callable[[Lines], None]


def set_body(line: int, body: str) -> Tamper:
    def tamper(lines: Lines) -> None:
        lines[line]["answer"]["body"] = body

    return tamper


def set_status(lines: Lines) -> None:
    lines[4]["answer"]["status"] = 403


def set_header(lines: Lines) -> None:
    lines[2]["answer"]["headers"].append(["X-More", "1"])


def close(lines: Lines) -> None:
    lines[4]["answer"] = {"status": 0, "headers": [], "body": None}


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (set_body(2, '{"name":"dock","at":1767603600000000}'), ("2", "putToy", "body", "$.name", "dock", "duck")),
        (set_body(2, '{"name":"duck"}'), ("2", "putToy", "body", "$.at", None, 1_767_603_600_000_000)),
        (set_body(9, '{"twins":["fox","fox"]}'), ("9", "listTwins", "body", "$.twins[2]", None, "fox")),
        (
            set_body(4, '{"no": "stranger"}'),
            ("4", "getToy", "body", "$", '{"no": "stranger"}', '{"no":"stranger"}'),
        ),
        (set_body(4, "gone"), ("4", "getToy", "body", None, "gone", '{"no":"stranger"}')),
        (set_status, ("4", "getToy", "status", None, 403, 401)),
        (set_header, ("2", "putToy", "header", "x-more", "1", None)),
        (close, ("4", "getToy", "connection", None, "closed without an answer", "status 401")),
    ],
)
def test_the_first_difference_is_told_and_the_rest_left(
    story: httpx.Client, tamper: Tamper, expected: tuple[Any, ...]
) -> None:
    lines = exported(story)
    tamper(lines)
    report = replayed(story, lines)
    assert tuple(report["first_difference"].values()) == expected
    assert (report["same"], report["calls"], report["compared"]) == (False, 9, int(expected[0]))
    if report["compared"] < 9:
        assert f"{9 - report['compared']} calls after the difference were not played" in report["notes"]


def test_faults_hit_the_calls_that_they_had_hit(client: httpx.Client) -> None:
    order = {"vendor": "toybox", "fault": "jammed|tired,delay=1-5", "times": 2, "headers": {"x-hit": "yes"}}
    client.post("/_emulator/faults", json=order)
    for number, hit in enumerate(("no", "yes", "yes", "yes")):
        client.put(f"/toybox/shelf/t{number}", headers={**KEY, "X-Hit": hit}, json={"price": 1})
    client.get("/toybox/shelf/bear", headers={**KEY, "X-Emulator-Fault": "lost|stranger"})
    with pytest.raises(httpx.RemoteProtocolError):
        client.put("/toybox/shelf/t9", headers={**KEY, "X-Emulator-Fault": "drop"}, json={"price": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.put("/toybox/shelf/t10", headers={**KEY, "X-Emulator-Fault": "truncate"}, json={"price": 1})
    for number in range(4):
        client.get(f"/toybox/shelf/t{number}", headers={"Authorization": "Toy k-1"})
    report = replayed(client, exported(client))
    assert (report["same"], report["compared"]) == (True, 11), report


def test_a_drill_that_waits_for_admission_is_played_after_it(client: httpx.Client) -> None:
    """The caller is counted against the limit before the refusal."""
    client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "scale": 0.4})
    answer = client.post("/_emulator/drills/retry-storm", json={"vendor": "toybox"})
    assert answer.status_code == 201, answer.text
    for _ in range(4):
        client.get("/toybox/shelf/bear", headers=KEY)
    assert replayed(client, exported(client))["same"] is True


def test_settings_limits_and_resets_of_a_vendor_are_played_in_their_places(client: httpx.Client) -> None:
    client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "scale": 0.2})
    for _ in range(3):
        client.get("/toybox/shelf/bear", headers=KEY)
    client.patch("/_emulator/settings", json={"vendor": "toybox", "settings": {"calls_per_second": 20}})
    for _ in range(5):
        client.get("/toybox/shelf/bear", headers=KEY)
    client.put("/toybox/shelf/owl", headers=KEY, json={"price": 1})
    client.post("/_emulator/reset", json={"vendor": "toybox"})
    client.get("/toybox/shelf/owl", headers=KEY)
    client.patch("/_emulator/provenance", json={"fail_on": "assumed"})
    assert client.get("/toybox/shelf/fox/twins", headers=KEY).status_code == 501
    lines = exported(client)
    assert [line["change"] for line in lines if "change" in line] == ["limit", "settings", "reset", "fail_on"]
    assert replayed(client, lines)["same"] is True
    without = [line for line in lines if line.get("change") != "settings"]
    without[0]["journal"]["changes"] = 3
    assert replayed(client, without)["first_difference"]["what"] == "status"


def test_a_crash_is_replayed_as_a_crash(client: httpx.Client) -> None:
    assert client.put("/toybox/shelf/grenade", headers=KEY, json={"price": 1}).status_code == 500
    assert replayed(client, exported(client))["same"] is True


def test_a_body_that_was_too_large_is_too_large_again(tmp_path: Path) -> None:
    with toy_server(tmp_path, max_body=10) as running, httpx.Client(base_url=running.url) as client:
        assert client.put("/toybox/shelf/owl", headers=KEY, json={"price": 123_456}).status_code == 400
        assert client.put("/toybox/shelf/owl", headers=KEY, content=b"{}        ").status_code == 400
        assert replayed(client, exported(client))["same"] is True


@pytest.fixture
def lines(story: httpx.Client) -> Lines:
    return exported(story)


def test_a_journal_of_another_version_is_played_and_says_so(story: httpx.Client, lines: Lines) -> None:
    lines[0]["product_version"] = "0.0.1"
    report = replayed(story, lines)
    assert report["same"] is True
    assert report["notes"][0].startswith("recorded by version 0.0.1, played by ")


def test_of_an_answer_that_was_cut_the_beginning_is_compared(client: httpx.Client) -> None:
    client.get("/toybox/shelf/bear/twins?limit=20000", headers=KEY)
    lines = exported(client)
    assert lines[1]["answer"]["body_cut"] is True
    report = replayed(client, lines)
    assert (report["same"], report["notes"]) == (
        True,
        ["call 1: only the beginning of the answer was kept, and compared"],
    )
