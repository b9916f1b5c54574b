"""The file of one namespace: a SQLite database that says whose it is, and which version of the tables it has.

`application_id` marks it as ours, `user_version` is the version of its tables. Three tables are the file's own: the
lines that tell what a world (named by the empty text) and each of its snapshots is besides its rows, as in a
snapshot's file; the images that these lines count; and how its life goes. Lines and images carry checksums, because
SQLite looks after the shape of what it stores, not after the content.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Table

from emulator.core.keeping import Damaged, KeepingError, uri
from emulator.core.keeping.log import check_log
from emulator.core.keeping.migrations import Migration, check_known, upgrade, version_after
from emulator.core.store import Image, connect, stored_columns, trouble

APPLICATION_ID = 0x4D454D55  # "MEMU"
OWN_TABLES = (
    "CREATE TABLE emulator_kept (name TEXT PRIMARY KEY NOT NULL, head BLOB NOT NULL, images TEXT NOT NULL, "
    "digest TEXT NOT NULL)",
    "CREATE TABLE emulator_images (id INTEGER PRIMARY KEY, content BLOB NOT NULL, digest TEXT NOT NULL)",
    "CREATE TABLE emulator_life (clean INTEGER NOT NULL, fail_on TEXT)",
)
OWN_NAMES = ("emulator_kept", "emulator_images", "emulator_life")
DRAFT = ".draft"
COMPANIONS = ("", "-wal", "-shm")
"""What SQLite calls a database and the files that belong to it."""
MOST_LOG = 16 * 1024 * 1024
"""Bytes that a write-ahead log keeps on the disk once its content has gone into the database."""
PATIENCE_MS = 500
"""For another program that has locked the file; nobody else is answered meanwhile."""
_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_VERSION, _OURS = slice(60, 64), slice(68, 72)
_DAMAGES = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_PRIMARY = 0xFF


def write_new(file: Path, image: Image, version: int, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Whole or not at all, with what `fill` writes beside the rows. Raises `sqlite3.Error` and `OSError`."""
    rows = image.copy()
    for table in OWN_TABLES:
        rows.execute(table)
    rows.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    rows.execute(f"PRAGMA user_version = {version}")
    fill(rows)
    draft = file.with_name(file.name + DRAFT)
    try:
        with draft.open("wb") as stream:
            stream.write(Image(rows).dump())
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def opened(file: Path, tables: Sequence[Table], migrations: Sequence[Migration]) -> sqlite3.Connection:
    """Its connection, once its content has been looked through and is of this version.

    Raises `Damaged`, and `KeepingError` for a file that is whole but not to be used, which is left as it is.
    """
    try:
        _check_header(file, version_after(migrations))
        check_log(file)
        connection = writing(file)
        try:
            _check_whole(connection)
            upgrade(connection, migrations, file)
            _check_tables(file, connection, tables)
        except BaseException:
            connection.close()
            raise
    except OSError as error:
        raise KeepingError(f"{file} cannot be used: {error.strerror or error}") from None
    except sqlite3.Error as error:
        if is_damage(error):
            raise Damaged(str(error)) from None
        raise unusable(file, error) from None
    return connection


def writing(file: Path) -> sqlite3.Connection:
    """Raises `sqlite3.Error`, and `KeepingError` where the file system cannot do what a write-ahead log needs."""
    connection = connect(uri(file, "rw"))
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        connection.close()
        raise KeepingError(f"{file} cannot have a write-ahead log: choose a --data-dir on a disk of this machine")
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA journal_size_limit = {MOST_LOG}")
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Text that is not UTF-8 is told by Python, without a code."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or (code & _PRIMARY) in _DAMAGES


def unusable(file: Path, error: sqlite3.Error) -> KeepingError:
    reason = trouble(error)
    return KeepingError(f"{file} cannot be used: {f'{reason} ({error})' if reason else error}")


def _check_header(file: Path, version: int) -> None:
    """Without SQLite, which takes an empty file for a new database, and tidies up a strange one."""
    with file.open("rb") as stream:
        header = stream.read(_HEADER)
    if not header:
        raise Damaged("the file is empty")
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise Damaged("it does not begin as a database does")
    if int.from_bytes(header[_OURS]) != APPLICATION_ID:
        raise KeepingError(f"{file} is no file of this program: move it away, or choose another --data-dir")
    check_known(int.from_bytes(header[_VERSION]), version, file)


def _check_whole(connection: sqlite3.Connection) -> None:
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise Damaged("; ".join(" ".join(line.split()) for line in found))


def _check_tables(file: Path, connection: sqlite3.Connection, tables: Sequence[Table]) -> None:
    """A build between two versions may have tables that neither has. Rows are copied by the places of columns."""
    names = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if missing := [name for name in (*OWN_NAMES, *(table.name for table in tables)) if name not in names]:
        raise KeepingError(f"{file} was made with other tables: there is no {missing[0]}")
    for table in tables:
        columns = [str(row["name"]) for row in connection.execute(f'PRAGMA table_info("{table.name}")')]
        wanted = [name for name in stored_columns(table) if name != "rowid"]
        if columns != wanted:
            strange = sorted({*columns} ^ {*wanted}) or ["their order"]
            raise KeepingError(f"{file} was made with other tables: {table.name} differs in {', '.join(strange)}")
