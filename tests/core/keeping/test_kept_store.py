"""Rows in a file: what is put back, copied and undone is what would be in memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table

from emulator.core.keeping import uri
from emulator.core.keeping.file import write_new, writing
from emulator.core.keeping.store import KeptStore
from emulator.core.store import Image, Store, connect

ANYTHING = MetaData()
numbered = Table("toybox_a", ANYTHING, Column("id", Integer, primary_key=True), Column("x", LargeBinary))
unnumbered = Table("toybox_b", ANYTHING, Column("name", String, primary_key=True), Column("x", LargeBinary))
rowless = Table(
    "toybox_c", ANYTHING, Column("name", String, primary_key=True), Column("x", LargeBinary), sqlite_with_rowid=False
)
bare = Table("toybox_d", ANYTHING, Column("x", LargeBinary))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_new(tmp_path / "x.sqlite", Store([ANYTHING]).image(), 1, lambda rows: None)
    return tmp_path / "x.sqlite"


@pytest.fixture
def store(file: Path) -> Iterator[KeptStore]:
    with closing(KeptStore([ANYTHING], writing(file), file)) as one:
        yield one


def connection_of(store: Store) -> sqlite3.Connection:
    return store._connection


def filled() -> Image:
    """Numbers with gaps, and text that is not UTF-8."""
    rows = Store([ANYTHING])
    connection = connection_of(rows)
    for table in ("a", "b", "c", "d"):
        key = {"a": "id, ", "d": ""}.get(table, "name, ")
        values = "" if table == "d" else "?, "
        insert = f"INSERT INTO toybox_{table} ({key}x) VALUES ({values}CAST(? AS TEXT))"
        connection.executemany(insert, [(n, b"\xff\xc3") if values else (b"\xff\xc3",) for n in (9, 2, 5, 7)])
    for table in ("b", "d"):
        connection.execute(f"DELETE FROM toybox_{table} WHERE rowid = 2")
    return rows.image()


def rows_of(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    every = []
    for table, key in (("a", "id"), ("b", "rowid, name"), ("c", "name"), ("d", "rowid")):
        query = f"SELECT '{table}', {key}, typeof(x), CAST(x AS BLOB) FROM toybox_{table} ORDER BY 2"
        every += [tuple(row) for row in connection.execute(query)]
    return every


def test_an_image_is_put_back_to_the_octet_and_with_every_number(store: KeptStore) -> None:
    image = filled()
    for _ in range(3):
        store.restore(image)
        assert rows_of(connection_of(store)) == rows_of(image.copy())
        connection_of(store).execute("DELETE FROM toybox_a")


def test_an_image_of_it_has_what_a_scenario_may_fill_and_nothing_else(store: KeptStore) -> None:
    image = filled()
    store.restore(image)
    copy = store.image().copy()
    assert rows_of(copy) == rows_of(image.copy())
    names = {row[0] for row in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert names == {table.name for table in ANYTHING.tables.values()}


def test_a_copy_that_an_image_has_made_is_taken_over(store: KeptStore) -> None:
    image = filled()
    store.adopt(image.copy())
    assert rows_of(connection_of(store)) == rows_of(image.copy())


def test_only_the_tables_that_are_named_are_put_back(store: KeptStore) -> None:
    connection_of(store).execute("INSERT INTO toybox_a VALUES (1, 'mine')")
    store.restore_tables(filled(), [unnumbered])
    found = {row[0] for row in rows_of(connection_of(store))}
    assert found == {"a", "b"}
    assert connection_of(store).execute("SELECT x FROM toybox_a").fetchone()[0] == "mine"


def test_what_is_put_back_in_a_call_is_undone_with_it(store: KeptStore) -> None:
    store.restore(filled())
    before = rows_of(connection_of(store))
    for _ in range(2):
        store.begin()
        store.restore(Store([ANYTHING]).image())
        assert rows_of(connection_of(store)) == []
        store.rollback()
        assert rows_of(connection_of(store)) == before


def test_another_connection_sees_a_call_whole_or_not_at_all(store: KeptStore, file: Path) -> None:
    with closing(connect(uri(file, "ro"))) as other:
        store.begin()
        store.begin()
        connection_of(store).execute("INSERT INTO toybox_a VALUES (1, 'x')")
        store.commit()
        assert rows_of(other) == []
        store.commit()
        assert [row[:2] for row in rows_of(other)] == [("a", 1)]


def test_what_does_not_fit_on_the_disk_is_undone_and_the_next_call_stands_alone(store: KeptStore, file: Path) -> None:
    """SQLite itself ends the transaction then, in the middle of the call."""
    pages = connection_of(store).execute("PRAGMA page_count").fetchone()[0]
    connection_of(store).execute(f"PRAGMA max_page_count = {pages}")
    for depth in (1, 2, 3):
        for _ in range(depth):
            store.begin()
        connection_of(store).execute("INSERT INTO toybox_a VALUES (1, 'small')")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            connection_of(store).execute("INSERT INTO toybox_b VALUES ('large', randomblob(100000))")
        for _ in range(depth):
            store.rollback()
        store.begin()
        connection_of(store).execute("INSERT INTO toybox_c VALUES (?, 'alone')", (f"{depth}",))
        store.commit()
    with closing(connect(uri(file, "ro"))) as other:
        assert [row[:2] for row in rows_of(other)] == [("c", "1"), ("c", "2"), ("c", "3")]


def test_a_commit_that_fails_is_undone(store: KeptStore, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else the next call would be a part of it, and never written."""

    def fail(_: Store) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    store.begin()
    connection_of(store).execute("INSERT INTO toybox_a VALUES (1, 'lost')")
    monkeypatch.setattr(Store, "commit", fail)
    with pytest.raises(sqlite3.OperationalError):
        store.commit()
    monkeypatch.undo()
    store.rollback()
    store.begin()
    connection_of(store).execute("INSERT INTO toybox_a VALUES (2, 'kept')")
    store.commit()
    with closing(connect(uri(file, "ro"))) as other:
        assert [row[:2] for row in rows_of(other)] == [("a", 2)]


def test_a_log_shrinks_again_after_something_large(store: KeptStore, file: Path) -> None:
    log = file.with_name("x.sqlite-wal")
    connection_of(store).execute("INSERT INTO toybox_a VALUES (1, randomblob(40000000))")
    assert log.stat().st_size > 40_000_000
    for number in range(2, 6):
        connection_of(store).execute("INSERT INTO toybox_a VALUES (?, 'x')", (number,))
    assert log.stat().st_size <= 16 * 1024 * 1024
