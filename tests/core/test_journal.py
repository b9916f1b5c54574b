"""The last calls of a world, within bounds."""

from typing import Any

from emulator.core.journal import MOST_BODY_BYTES, Entry, Journal, readable

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
    assert readable(_PLAIN) == {
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
        "provenance": "documented",
        "duration_ms": 1.235,
        "request": {
            "method": "GET", "path": "/shelf/bear", "query": "a=1", "headers": [["accept", "*/*"]], "body": None,
        },
        "answer": {"status": 200, "headers": [["x", "y"]], "body": {"name": "bear"}},
    }  # fmt: skip


def test_a_crash_is_told_with_its_traceback() -> None:
    assert readable(_PLAIN._replace(crash="Traceback: bang"))["crash"] == "Traceback: bang"
    assert "crash" not in readable(_PLAIN)


def test_a_body_that_is_no_json_reads_as_text() -> None:
    entry = readable(_PLAIN._replace(body=b"plain \xff text"))
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
    assert (len(entry.body), len(entry.answer_body)) == (MOST_BODY_BYTES, MOST_BODY_BYTES)


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


def test_after_a_restart_ids_begin_at_one_again() -> None:
    journal = Journal(most_entries=10, most_bytes=1_000_000)
    record(journal)
    journal.restart()
    assert record(journal) == 1
