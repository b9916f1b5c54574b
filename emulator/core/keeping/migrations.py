"""From the tables of an older version to those of this one, step by step, in one transaction.

A change of any table raises the version: a test compares the tables with `tests/core/keeping/schema-N.sql`, the tables
of version N, and asks for a step from the last one. Version 1 is the first that was ever kept.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from emulator.core.keeping import KeepingError, digest_of
from emulator.core.store import Image

Migration: TypeAlias = Callable[[sqlite3.Connection], None]
"""Turns the tables of one version, with their rows, into those of the next; of a file, and of each image in it. Columns
have to come in the order in which a new table has them."""

MIGRATIONS: tuple[Migration, ...] = ()
"""The first leads from version 1 to version 2."""


def version_after(migrations: Sequence[Migration]) -> int:
    return len(migrations) + 1


def check_known(found: int, current: int, file: Path) -> None:
    """Raises `KeepingError` for a version that this program does not know."""
    if 1 <= found <= current:
        return
    reason = (
        f"it was written by a newer version of this program (tables {found}; this one knows up to {current}). Use that"
        if found > current
        else f"its tables are of version {found}, which no version has. Move it away"
    )
    raise KeepingError(f"{file} cannot be used: {reason}, or choose another --data-dir")


def upgrade(connection: sqlite3.Connection, migrations: Sequence[Migration], file: Path) -> None:
    """All steps or none. Raises `KeepingError` for a version that this program does not know, or whose step fails."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    current = version_after(migrations)
    check_known(found, current, file)
    if found == current:
        return
    steps = migrations[found - 1 :]
    try:
        connection.execute("BEGIN IMMEDIATE")
        _climb(connection, steps)
        for number in [row[0] for row in connection.execute("SELECT id FROM emulator_images").fetchall()]:
            _climb_image(connection, number, steps)
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


def _climb_image(connection: sqlite3.Connection, number: int, steps: Sequence[Migration]) -> None:
    """A damaged one is left as it is, for whoever reads it next to find."""
    content, digest = connection.execute(
        "SELECT content, digest FROM emulator_images WHERE id = ?", (number,)
    ).fetchone()
    if digest_of(content) != digest:
        return
    rows = Image.load(content).copy()
    _climb(rows, steps)
    upgraded = Image(rows).dump()
    update = "UPDATE emulator_images SET content = ?, digest = ? WHERE id = ?"
    connection.execute(update, (upgraded, digest_of(upgraded), number))
