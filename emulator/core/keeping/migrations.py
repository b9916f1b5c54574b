"""From the tables of an older version to those of this one, step by step, in one transaction.

A change of any table raises the version: a test compares the tables with `tests/core/keeping/schema-N.sql`, the tables
of version N, and asks for a step from the last one. Version 1 is the first that was ever kept.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from emulator.core.keeping import KeepingError
from emulator.core.store import Image

Migration: TypeAlias = Callable[[sqlite3.Connection], None]
"""Turns the tables of one version, with their rows, into those of the next; of a file, and of each image in it."""

MIGRATIONS: tuple[Migration, ...] = ()
"""The first leads from version 1 to version 2."""


def version_after(migrations: Sequence[Migration]) -> int:
    return len(migrations) + 1


def upgrade(connection: sqlite3.Connection, migrations: Sequence[Migration], file: Path) -> None:
    """All steps or none. Raises `KeepingError` for a version that this program does not know, or whose step fails."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    current = version_after(migrations)
    if found == current:
        return
    if not 1 <= found < current:
        newer = f"a newer version of martech-emulator (tables {found}; this one knows up to {current})"
        reason = f"it was written by {newer}" if found > current else f"{found} is no version of its tables"
        raise KeepingError(f"{file} cannot be used: {reason}. Use that version, or choose another --data-dir")
    try:
        connection.execute("BEGIN IMMEDIATE")
        _climb(connection, migrations[found - 1 :])
        for number, content in connection.execute("SELECT id, content FROM emulator_images").fetchall():
            upgraded = _upgraded(content, migrations[found - 1 :])
            connection.execute("UPDATE emulator_images SET content = ? WHERE id = ?", (upgraded, number))
        connection.execute(f"PRAGMA user_version = {current}")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise KeepingError(
            f"{file} cannot be upgraded from tables {found} to {current} and was left as it is: {error}"
        ) from None


def _climb(connection: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    for step in steps:
        step(connection)


def _upgraded(content: bytes, steps: Sequence[Migration]) -> bytes:
    image = Image.load(content)
    rows = image.copy()
    _climb(rows, steps)
    return Image(rows).dump()
