"""The last calls of a world, within bounds."""

from typing import Any

from emulator.core.journal import MOST_BODY_BYTES, Entry, Journal, is_cut
from emulator.core.secrets import NO_SECRETS
from emulator.core.telling import readable

_PLAIN = Entry(
    id=1, at=1_767_603_600_000_000, vendor="toybox", operation="getToy", method="GET", path="/shelf/bear", query=b"a=1",
    headers=((b"accept", b"*/*"),), body=b"", status=200, answer_headers=(("x", "y"),), answer_body=b'{"name":"bear"}',
    caller="maker", refusal=None, fault=None, provenance="documented", duration=1_234_567, crash=None,
)  # fmt: skip


def record(journal: Journal, **about: Any) -> int:
    entry_id = journal.next_id()
    journal.record(_PLAIN._replace(id=entry_id, **about))
    return entry_id


def test_an_entry_reads_as_json() -> None:
    assert readable(_PLAIN, NO_SECRETS) == {
        "id": "1",
        "at": "2026-01-05T09:00:00Z",
        "vendor": "toybox",
        "operation": "getToy",
        "method": "GET",
        "path": "/shelf/bear",
        "status": 200,
        "caller": "maker",
        "refusal": None,
        "fault": None,
        "would_refuse": None,
        "provenance": "documented",
        "duration_ms": 1.235,
        "request": {
            "method": "GET", "path": "/shelf/bear", "query": "a=1", "headers": [["accept", "*/*"]], "body": None,
        },
        "answer": {"status": 200, "headers": [["x", "y"]], "body": {"name": "bear"}},
    }  # fmt: skip


def test_a_crash_is_told_with_its_traceback() -> None:
    assert readable(_PLAIN._replace(crash="Traceback: bang"), NO_SECRETS)["crash"] == "Traceback: bang"
    assert "crash" not in readable(_PLAIN, NO_SECRETS)


def test_a_body_that_is_no_json_reads_as_text() -> None:
    entry = readable(_PLAIN._replace(body=b"plain \xff text"), NO_SECRETS)
    assert entry["request"]["body"] == "plain \ufffd text"


def test_the_oldest_entries_make_room_and_are_counted() -> None:
    journal = Journal(most_entries=3, most_bytes=1_000_000)
    for _ in range(5):
        record(journal)
    assert [entry.id for entry in journal] == [3, 4, 5]
    assert (len(journal), journal.dropped) == (3, 2)
    assert journal.find(2) is None
    assert journal.find(4) is not None


def test_large_bodies_make_room_by_their_bytes() -> None:
    journal = Journal(most_entries=1_000, most_bytes=100_000)
    for _ in range(10):
        record(journal, body=b"x" * 40_000)
    assert (len(journal), journal.dropped) == (2, 8)


def test_large_headers_paths_and_queries_count_as_well() -> None:
    for about in (
        {"headers": ((b"x", b"y" * 40_000),)},
        {"path": "/" + "x" * 40_000},
        {"query": b"q" * 40_000},
        {"answer_body": b"a" * 40_000},
        {"url": "/" + "x" * 40_000},
        {"headers": ((b"origin", b"o" * 20_000),), "answer_headers": (("allow", "o" * 20_000),)},
    ):
        journal = Journal(most_entries=1_000, most_bytes=100_000)
        for _ in range(10):
            record(journal, **about)
        assert (len(journal), journal.dropped) == (2, 8), about


def test_one_entry_larger_than_all_bounds_is_kept_alone() -> None:
    journal = Journal(most_entries=10, most_bytes=100)
    record(journal)
    last = record(journal)
    assert [entry.id for entry in journal] == [last]


def test_a_very_large_body_is_cut() -> None:
    journal = Journal(most_entries=10, most_bytes=10_000_000)
    record(journal, body=b"x" * (MOST_BODY_BYTES + 1), answer_body=b"y" * (MOST_BODY_BYTES + 1))
    (entry,) = journal
    assert is_cut(entry.body)
    assert is_cut(entry.answer_body)
    shown = readable(entry, NO_SECRETS)
    for part in (shown["request"], shown["answer"]):
        assert part["body_cut"] is True
        assert MOST_BODY_BYTES - 2_000 < len(part["body"]) <= MOST_BODY_BYTES


def test_a_body_as_long_as_the_journal_keeps_is_kept_whole() -> None:
    journal = Journal(most_entries=10, most_bytes=10_000_000)
    record(journal, body=b"x" * MOST_BODY_BYTES)
    (entry,) = journal
    assert readable(entry, NO_SECRETS)["request"]["body"] == "x" * MOST_BODY_BYTES
    assert "body_cut" not in readable(entry, NO_SECRETS)["request"]


def test_bytes_are_given_back_when_entries_go() -> None:
    journal = Journal(most_entries=1_000, most_bytes=100_000)
    for _ in range(100):
        record(journal, body=b"x" * 40_000)
    for _ in range(50):
        record(journal)
    assert len(journal) == 50 + 1


def test_after_clearing_an_old_id_never_means_a_new_call() -> None:
    journal = Journal(most_entries=1, most_bytes=1_000_000)
    record(journal)
    record(journal)
    journal.clear()
    assert (len(journal), journal.dropped) == (0, 0)
    assert record(journal) == 3


def test_what_was_forgotten_and_what_was_dropped_are_told_apart() -> None:
    journal = Journal(most_entries=2, most_bytes=1_000_000)
    for _ in range(5):
        record(journal)
    assert (len(journal), journal.dropped, journal.forgotten) == (2, 3, 0)
    journal.clear()
    assert (len(journal), journal.dropped, journal.forgotten) == (0, 0, 5)
    for _ in range(3):
        record(journal)
    assert (len(journal), journal.dropped, journal.forgotten) == (2, 1, 5)


def test_after_counting_on_from_a_snapshot_nothing_is_forgotten() -> None:
    journal = Journal(most_entries=10, most_bytes=1_000_000)
    journal.restart(7)
    assert (record(journal), journal.forgotten) == (8, 0)


def test_changes_from_outside_are_noted_between_the_calls_until_there_are_too_many() -> None:
    journal = Journal(most_entries=10, most_bytes=1_000_000)
    record(journal)
    for number in range(10_005):
        journal.changed("settings", number=number)
    assert (journal.changes[0].after, journal.changes[0].about) == (1, {"number": 0})
    assert len(journal.changes) == 10_001
    assert journal.changes[-1].what == "too many"
    journal.restart()
    assert journal.changes == []


def test_after_a_restart_ids_begin_at_one_again() -> None:
    journal = Journal(most_entries=10, most_bytes=1_000_000)
    record(journal)
    journal.restart()
    assert record(journal) == 1
