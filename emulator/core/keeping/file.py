"""The file of one namespace: a SQLite database that says whose it is, and which version of the tables it has.

`application_id` marks it as ours, `user_version` is the version of its tables. Two tables are the file's own: the line
that tells what a world (named by the empty text) or one of its snapshots is besides its rows, as in a snapshot's file,
and the images that these lines count.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import Table

from emulator.core.keeping import Damaged, KeepingError
from emulator.core.keeping.migrations import Migration, upgrade
from emulator.core.store import Image, connect, stored_columns, trouble

APPLICATION_ID = 0x4D454D55  # "MEMU"
OWN_TABLES = """
CREATE TABLE emulator_kept (name TEXT NOT NULL PRIMARY KEY, head BLOB NOT NULL, images TEXT NOT NULL);
CREATE TABLE emulator_images (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE emulator_life (clean INTEGER NOT NULL);
INSERT INTO emulator_life VALUES (0);
"""
OWN_NAMES = ("emulator_kept", "emulator_images", "emulator_life")
_DRAFT = ".draft"
COMPANIONS = ("", "-wal", "-shm")
"""What SQLite calls a database and the files that belong to it."""


def write_new(file: Path, image: Image, version: int) -> None:
    """Whole or not at all. Raises `sqlite3.Error` and `OSError`."""
    draft = file.with_name(file.name + _DRAFT)
    for one in (draft, *(file.with_name(file.name + companion) for companion in COMPANIONS[1:])):
        one.unlink(missing_ok=True)
    rows = image.copy()
    rows.executescript(f"{OWN_TABLES} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version};")
    try:
        with closing(connect(str(draft))) as fresh:
            rows.backup(fresh)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def opened(file: Path, tables: Sequence[Table], migrations: Sequence[Migration]) -> sqlite3.Connection:
    """Its connection, once its content has been looked through and is of this version.

    Raises `Damaged`, and `KeepingError` for a file that is whole but not to be used.
    """
    try:
        connection = connect(str(file))
        try:
            _check_whole(file, connection)
            _check_ours(file, connection)
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("PRAGMA synchronous = NORMAL")
            upgrade(connection, migrations, file)
            _check_tables(file, connection, tables)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise Damaged(str(error)) from None
        raise KeepingError(f"{file} cannot be used: {trouble(error) or error} ({error})") from None
    return connection


def _check_whole(file: Path, connection: sqlite3.Connection) -> None:
    """SQLite takes an empty file for a new database."""
    if not file.stat().st_size:
        raise Damaged("the file is empty")
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise Damaged("; ".join(" ".join(line.split()) for line in found))


def _check_ours(file: Path, connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise KeepingError(f"{file} is no file of this program: move it away, or choose another --data-dir")


def _check_tables(file: Path, connection: sqlite3.Connection, tables: Sequence[Table]) -> None:
    """A build between two versions may have tables that neither has."""
    names = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if missing := [name for name in (*OWN_NAMES, *(table.name for table in tables)) if name not in names]:
        raise KeepingError(f"{file} was made with other tables: there is no {missing[0]}")
    for table in tables:
        columns = [str(row["name"]) for row in connection.execute(f'PRAGMA table_info("{table.name}")')]
        wanted = [name for name in stored_columns(table) if name != "rowid" or "rowid" in columns]
        if strange := sorted({*columns} ^ {*wanted}):
            raise KeepingError(f"{file} was made with other tables: {table.name} differs in {', '.join(strange)}")
