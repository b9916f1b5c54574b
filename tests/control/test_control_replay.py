"""A journal as a file, and the file played again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.toy_server import KEY, toy_server

Lines = list[dict[str, Any]]


def exported(client: httpx.Client, query: str = "") -> Lines:
    answer = client.get(f"/_emulator/requests/export{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]


def file_of(lines: Lines) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def replayed(client: httpx.Client, lines: Lines) -> dict[str, Any]:
    answer = client.post("/_emulator/replay", content=file_of(lines))
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def refused(client: httpx.Client, content: bytes) -> str:
    answer = client.post("/_emulator/replay", content=content)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), answer.text
    sentence: str = answer.json()["detail"]
    return sentence


@pytest.fixture
def story(client: httpx.Client) -> httpx.Client:
    """Accepted and refused calls, an issued key that is used, and time that passes."""
    key = client.post("/toybox/keys").json()["key"]
    issued = {"Authorization": f"Toy {key}"}
    client.put("/toybox/shelf/duck", headers=issued, json={"price": 3})
    client.post("/_emulator/clock/advance", json={"seconds": 90})
    client.put("/toybox/eu/shelf/duck%2Fgoose", headers=KEY, content=b'{ "price" : 4, "colours": ["r\\u00f6t"] }')
    client.get("/toybox/shelf/duck", headers={"Authorization": "Toy nobody-has-this-key"})
    client.get("/toybox/shelf/duck?token=unknown-token-123", headers=issued)
    client.put("/toybox/shelf/grenade", headers=KEY, json={"price": 1})
    client.put("/toybox/shelf/owl", headers=KEY, content=b"\xff\xfe no text")
    client.get("/toybox/nowhere", headers=KEY)
    client.get("/toybox/shelf/fox/twins?limit=3", headers=KEY)
    return client


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
    lines = exported(client)
    assert [line["change"] for line in lines if "change" in line] == ["limit", "settings", "reset"]
    assert replayed(client, lines)["same"] is True
    without = [line for line in lines if line.get("change") != "settings"]
    without[0]["journal"]["changes"] = 2
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


def test_a_foreign_file_is_refused(client: httpx.Client) -> None:
    hint = "this is no exported journal; GET /_emulator/requests/export makes one"
    assert refused(client, b"") == f"there is nothing in it: {hint}"
    assert refused(client, b"\n\n") == f"there is nothing in it: {hint}"
    assert refused(client, b'{"name": "demo"}\n') == f"line 1: format: {hint}"
    assert refused(client, b"[1, 2]\n") == f"line 1: format: {hint}"
    assert refused(client, b"\x1f\x8b\x08 not text\n").startswith("line 1: not JSON, ")
    assert refused(client, b'{"format": 1}').startswith("line 1: format: ")


def test_a_file_that_lost_its_line_ends_is_refused_with_a_hint(story: httpx.Client, lines: Lines) -> None:
    assert "--data-binary" in refused(story, file_of(lines).replace(b"\n", b""))


def test_a_newer_file_is_refused(story: httpx.Client, lines: Lines) -> None:
    lines[0] |= {"version": 2, "product_version": "9.0"}
    assert refused(story, file_of(lines)) == (
        "line 1: version: the file has version 2, made by 9.0; this reads up to 1"
    )
    lines[0]["version"] = "1"
    assert refused(story, file_of(lines)) == "line 1: version: must be a whole number from 1 to 1"


def test_a_file_that_is_cut_off_is_refused(story: httpx.Client, lines: Lines) -> None:
    content = file_of(lines)
    assert refused(story, content[: len(content) // 2]).endswith("the line is cut off or damaged")
    assert refused(story, file_of(lines[:-2])) == (
        "the file is not whole: its first line tells of 9 calls and 0 changes, and there are 7 and 0"
    )


def test_a_damaged_line_is_refused_by_its_number(story: httpx.Client, lines: Lines) -> None:
    def with_line(number: int, text: bytes) -> bytes:
        texts = file_of(lines).splitlines()
        texts[number - 1] = text
        return b"\n".join(texts) + b"\n"

    damaged = json.dumps(lines[3])
    assert refused(story, with_line(4, damaged[:-9].encode())).startswith("line 4: not JSON, ")
    assert refused(story, with_line(4, b"[]")).startswith("line 4: Input should be an object")
    assert refused(story, with_line(4, b"\xff")).startswith("line 4: not JSON, ")
    renamed = damaged.replace('"operation"', '"operatoin"')
    assert refused(story, with_line(4, renamed.encode())) == (
        "line 4: operation: this key is required; operatoin: unknown key, did you mean operation?"
    )


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("id", "9", "line 4: id: here is call 9, where call 3 should be"),
        ("id", 3, "line 4: id: Input should be a valid string"),
        ("at", "yesterday", "line 4: at: 'yesterday' is not an RFC 3339 timestamp"),
        ("vendor", "toybx", "line 4: vendor: 'toybx' is no vendor here; did you mean toybox?"),
        ("fault", "f1 tird", "line 4: fault: 'tird' is no fault here; did you mean tired?"),
    ],
)
def test_a_call_that_cannot_be_played_is_refused(
    story: httpx.Client, lines: Lines, key: str, value: Any, sentence: str
) -> None:
    lines[3][key] = value
    assert refused(story, file_of(lines)).startswith(sentence)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("body", {"base64": "***"}, "line 4: request: the body is no Base64"),
        ("body_cut", True, "line 4: request.body: the journal has not kept all of the body of call 3"),
        ("path", "/shelf/☃", "line 4: request: '☃' cannot stand there"),
        (
            "query",
            {"text": "…", "masks": [{"at": 5, "length": 1, "tail": "", "shape": []}]},
            "line 4: request: there is no place 5 for a mask of 1 characters",
        ),
        (
            "query",
            {"text": "…", "masks": [{"at": 0, "length": 1, "tail": "", "shape": [["hex", 9]], "disguise": "rot13"}]},
            "line 4: request: disguise: this version knows no 'rot13'",
        ),
    ],
)
def test_a_request_that_cannot_be_put_together_is_refused(
    story: httpx.Client, lines: Lines, key: str, value: Any, sentence: str
) -> None:
    lines[3]["request"][key] = value
    assert refused(story, file_of(lines)) == sentence


def test_a_part_of_a_journal_is_refused(story: httpx.Client) -> None:
    assert refused(story, file_of(exported(story, "?status=2xx"))) == (
        "line 1: the file holds what passed the filter {'status': '2xx'} only: export without one"
    )
    story.delete("/_emulator/requests")
    story.get("/toybox/shelf/bear", headers=KEY)
    assert refused(story, file_of(exported(story))) == (
        "line 1: 9 calls had been deleted: what they had done is not known"
    )


def test_a_journal_that_dropped_calls_is_refused(tmp_path: Path) -> None:
    with toy_server(tmp_path, journal=3) as running, httpx.Client(base_url=running.url) as client:
        for _ in range(5):
            client.post("/toybox/keys")
        assert refused(client, file_of(exported(client))).startswith("line 1: the journal had dropped 2 calls: ")


def test_a_journal_from_the_middle_is_refused_whatever_it_says(story: httpx.Client, lines: Lines) -> None:
    lines[0]["journal"]["first"] = "2"
    assert refused(story, file_of(lines)) == "line 1: the journal begins with call 2, not at a reset"


def test_after_a_snapshot_was_restored_there_is_no_replay(client: httpx.Client) -> None:
    client.post("/_emulator/snapshots", json={"name": "s"})
    client.post("/_emulator/snapshots/s/restore")
    client.post("/toybox/keys")
    sentence = refused(client, file_of(exported(client)))
    assert sentence == "line 2: a snapshot was restored: a journal does not carry what was in it"


@pytest.mark.parametrize(
    ("change", "about", "sentence"),
    [
        ("settings", {"vendor": "toybox", "settings": {"calls": 1}}, "line 2: settings of toybox.calls: unknown key"),
        ("settings", {"vendor": "toybox"}, "line 2: change: 'settings' with vendor cannot be made"),
        ("limit", {"vendor": "toybox", "name": "call", "adjustment": {}}, "line 2: about.name: 'call' is no limit"),
        (
            "limit",
            {"vendor": "toybox", "name": "calls", "adjustment": {"scale": "big"}},
            "line 2: about.adjustment.scale: ",
        ),
        ("fail_on", {"level": "guessed"}, "line 2: fail_on: 'guessed' is no level here"),
        ("reset", {"vendor": "toybox", "scenario": "x", "digest": "0"}, "line 2: toybox was reset to another scenario"),
        ("weather", {}, "line 2: change: 'weather' with nothing cannot be made"),
        ("too many", {}, "line 2: change: 'too many' with nothing cannot be made"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(
    story: httpx.Client, lines: Lines, change: str, about: dict[str, Any], sentence: str
) -> None:
    lines[0]["journal"]["changes"] = 1
    lines.insert(1, {"change": change, "after": "0", "about": about})
    assert refused(story, file_of(lines)).startswith(sentence)


def test_a_change_in_the_wrong_place_is_refused(story: httpx.Client, lines: Lines) -> None:
    lines[0]["journal"]["changes"] = 1
    lines.insert(1, {"change": "fail_on", "after": "4", "about": {"level": None}})
    assert refused(story, file_of(lines)) == ("line 2: after: the change was made after call 4, and stands after 0")


def test_settings_that_this_version_does_not_have_are_refused(story: httpx.Client, lines: Lines) -> None:
    lines[0]["start"]["settings"]["toybox"]["speed"] = 1
    assert refused(story, file_of(lines)).startswith("line 1: settings of toybox.speed: unknown key")


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
