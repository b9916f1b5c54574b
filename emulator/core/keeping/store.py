"""Rows in a file. What `Store` does with connections is done here with transactions, which a file needs to be whole."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import MetaData

from emulator.core.store import Image, Store, connect, create, listed, stored_columns


class KeptStore(Store):
    def __init__(self, metadata: Sequence[MetaData], connection: sqlite3.Connection, file: Path) -> None:
        super().__init__(metadata, connection=connection)
        self._file = file

    def image(self) -> Image:
        """Of the vendors' tables only: the file has more."""
        rows = connect()
        create(rows, self.tables)
        rows.execute("ATTACH ? AS file", (str(self._file),))
        rows.execute("BEGIN")
        for table in self.tables:
            columns = listed(stored_columns(table))
            rows.execute(f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM file."{table.name}"')  # noqa: S608 - ours
        rows.execute("COMMIT")
        rows.execute("DETACH file")
        return Image(rows)

    def restore(self, image: Image) -> None:
        self.restore_tables(image, self.tables)

    def adopt(self, fresh: sqlite3.Connection) -> None:
        with closing(fresh):
            self.restore(Image(fresh))

    def rollback(self) -> None:
        """SQLite itself ends the transaction where a disk is full; a commit that failed may have left it open."""
        if self._calls == 1 and self._connection.in_transaction:
            self._calls = 0
            self._connection.execute("ROLLBACK")
        else:
            super().rollback()
