"""What no replay is made of: each is refused in a sentence, and nothing is played."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.control.recordings import Lines, day, exported, file_of, refused
from tests.toy_server import KEY, toy_server


@pytest.fixture
def story(client: httpx.Client) -> httpx.Client:
    return day(client)


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
    assert refused(story, file_of(lines)) == (
        "line 1: the journal begins with call 2, after going back to a snapshot, which it does not carry: only one "
        "that begins at a reset can be played"
    )


def test_after_a_snapshot_was_restored_there_is_no_replay(client: httpx.Client) -> None:
    client.post("/_emulator/snapshots", json={"name": "s"})
    client.post("/_emulator/snapshots/s/restore")
    client.post("/toybox/keys")
    sentence = refused(client, file_of(exported(client)))
    assert sentence == "line 2: a snapshot was restored: a journal does not carry what was in it"


def test_that_a_snapshot_was_restored_is_told_where_no_call_follows_too(client: httpx.Client) -> None:
    client.post("/toybox/keys")
    client.post("/_emulator/snapshots", json={"name": "s"})
    client.post("/_emulator/snapshots/s/restore")
    client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "scale": 2})
    assert "snapshot" in refused(client, file_of(exported(client)))


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
