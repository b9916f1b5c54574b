"""Rows in a file. What `Store` does with connections is done here with transactions, which a file needs to be whole."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import MetaData, Table

from emulator.core.keeping import uri
from emulator.core.store import Image, Store, connect, create, listed, stored_columns


class KeptStore(Store):
    def __init__(self, metadata: Sequence[MetaData], connection: sqlite3.Connection, file: Path) -> None:
        super().__init__(metadata, connection=connection)
        self._file = file
        self._attached = False

    def image(self) -> Image:
        """Of the vendors' tables only: the file has more."""
        rows = connect()
        create(rows, self.tables)
        rows.execute("ATTACH ? AS file", (uri(self._file, "ro"),))
        rows.execute("BEGIN")
        for table in self.tables:
            rows.execute(_copying(table, "main", "file"))
        rows.execute("COMMIT")
        rows.execute("DETACH file")
        return Image(rows)

    def restore(self, image: Image) -> None:
        self.restore_tables(image, self.tables)

    def restore_tables(self, image: Image, tables: Sequence[Table]) -> None:
        """SQLite itself copies from one database to another, ten times as fast as row by row."""
        self.memory.clear()
        self._let_go()
        self._connection.execute("ATTACH ':memory:' AS image")
        self._attached = True
        self._connection.deserialize(image.dump(), name="image")
        self.begin()
        try:
            for table in tables:
                self._connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - our own table names
                self._connection.execute(_copying(table, "main", "image"))
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def adopt(self, fresh: sqlite3.Connection) -> None:
        with closing(fresh):
            self.restore(Image(fresh))

    def commit(self) -> None:
        """What could not be written is undone, or the next call would be taken for a part of it."""
        try:
            super().commit()
        except BaseException:
            self.rollback()
            raise
        self._let_go()

    def rollback(self) -> None:
        """SQLite itself ends the transaction where a disk is full; a commit that failed may have left it open."""
        if self._calls == 1 and self._connection.in_transaction:
            self._calls = 0
            self._connection.execute("ROLLBACK")
        else:
            super().rollback()
        self._let_go()

    def _let_go(self) -> None:
        """Of an image, which is locked for as long as the transaction lasts that has read it."""
        if self._attached and not self._connection.in_transaction:
            self._connection.execute("DETACH image")
            self._attached = False


def _copying(table: Table, target: str, source: str) -> str:
    """All rows. An asterisk lets SQLite copy pages instead of rows, but it would number the rows anew."""
    columns = stored_columns(table)
    numbered = columns[0] == "rowid"
    into, what = (f" ({listed(columns)})", listed(columns)) if numbered else ("", "*")
    return f'INSERT INTO {target}."{table.name}"{into} SELECT {what} FROM {source}."{table.name}"'  # noqa: S608 - ours
