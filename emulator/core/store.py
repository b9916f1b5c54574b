"""A world's rows: one SQLite connection, statements written in SQLAlchemy Core and compiled to SQL once.

Core is the one language for schema and statements; at run time a statement is its SQL text and goes through the
driver's own cursor. Values are therefore bound as SQLite knows them: JSON columns hold JSON text, booleans 0 and 1,
moments whole numbers.
"""

import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import orjson
from sqlalchemy import JSON, Integer, MetaData, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import Insert

_DIALECT = sqlite.dialect(paramstyle="named")
_JOURNAL_MODE = 18
_ROLLBACK = b"\x01"
"""Where a database file says how it is journalled, twice, and the way that a database in memory takes."""
_UNWRITABLE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_READONLY: "the file may not be written",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_BUSY: "another program has locked the file",
    sqlite3.SQLITE_NOTADB: "the file is damaged",
}
_PRIMARY = 0xFF

MOST_INTEGER = 2**63 - 1
LEAST_INTEGER = -(2**63)


def trouble(error: BaseException) -> str | None:
    """What is the matter with the place where rows are kept; `None` where that is not what an error is about."""
    code = getattr(error, "sqlite_errorcode", None) if isinstance(error, sqlite3.Error) else None
    return None if code is None else _UNWRITABLE.get(code & _PRIMARY)


class Statement:
    """A Core statement, compiled at its first use. Parameters are the names of its ``bindparam`` or columns."""

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause

    @cached_property
    def _compiled(self) -> Any:  # SQLAlchemy types the compiler's result per dialect
        return self._clause.compile(dialect=_DIALECT)

    @cached_property
    def sql(self) -> str:
        return str(self._compiled)

    @cached_property
    def constants(self) -> dict[str, Any]:
        """Literals of the statement itself, bound under names that the compiler chose; in an insert, NULL for every
        column that the caller leaves out."""
        all_columns = isinstance(self._clause, Insert)
        return {name: value for name, value in self._compiled.params.items() if all_columns or value is not None}


class Image:
    """A store's content at one moment, ready to be put back any number of times.

    Text that is not UTF-8, which only SQLite itself can make, is read with its octets as lone surrogates.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """The connection is the image's own from now on."""
        self._connection = connection
        self._connection.text_factory = _any_text

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> Self:
        copy = connect()
        connection.backup(copy)
        return cls(copy)

    @classmethod
    def empty(cls, tables: Iterable[Table]) -> Self:
        connection = connect()
        create(connection, tables)
        return cls(connection)

    def copy(self) -> sqlite3.Connection:
        connection = connect()
        self._connection.backup(connection)
        return connection

    def dump(self) -> bytes:
        """As a database file, which `load` reads again."""
        content = self._connection.serialize()
        return content[:_JOURNAL_MODE] + _ROLLBACK * 2 + content[_JOURNAL_MODE + 2 :]

    @classmethod
    def load(cls, content: bytes) -> Self:
        """Raises `sqlite3.DatabaseError` for what is no database."""
        connection = connect()
        connection.deserialize(content)
        return cls(connection)

    @property
    def size(self) -> int:
        """In bytes."""
        pages, page = (self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * page)

    def count(self, table: Table) -> int:
        return int(self._connection.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0])  # noqa: S608 - ours

    def walk(self, table: Table, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The rows one by one, in an order that they alone decide."""
        cursor = self._connection.execute(f'SELECT {listed(columns)} FROM "{table.name}"')  # noqa: S608 - our own names
        cursor.row_factory = None
        return iter(cursor)

    def add(self, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]], octets: Container[int]) -> None:
        """Rows as `walk` told them, all or none; the columns of `octets` hold bytes that are to become text.

        Raises `sqlite3.Error` and `OverflowError` for what cannot be stored.
        """
        marks = ["CAST(? AS TEXT)" if place in octets else "?" for place in range(len(columns))]
        insert = f'INSERT INTO "{table.name}" ({listed(columns)}) VALUES ({", ".join(marks)})'  # noqa: S608 - our own names
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany(insert, rows)


def stored_columns(table: Table) -> list[str]:
    """All there is to a row: its columns, and before them the number by which SQLite knows it, where no column is that
    number already. Rows come back in the order of these."""
    names = [column.name for column in table.columns]
    key = list(table.primary_key.columns)
    numbered = len(key) == 1 and isinstance(key[0].type, Integer)
    return names if numbered or not table.dialect_options["sqlite"]["with_rowid"] else ["rowid", *names]


def _insertion(table: Table, marks: Sequence[str]) -> str:
    """Of all there is to a row."""
    columns = listed(stored_columns(table))
    return f'INSERT INTO "{table.name}" ({columns}) VALUES ({", ".join(marks)})'  # noqa: S608 - our own names


def listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _any_text(octets: bytes) -> str:
    return str(octets, "utf-8", "surrogateescape")


def create(connection: sqlite3.Connection, tables: Iterable[Table]) -> None:
    for table in tables:
        connection.execute(str(CreateTable(table).compile(dialect=_DIALECT)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(str(CreateIndex(index).compile(dialect=_DIALECT)))


class Store:
    """The connection of one world. The exchange opens and closes transactions; everyone else only reads and writes."""

    def __init__(
        self, metadata: Sequence[MetaData], image: Image | None = None, connection: sqlite3.Connection | None = None
    ) -> None:
        """With a connection, over a database that has the tables already."""
        self.tables: tuple[Table, ...] = tuple(table for one in metadata for table in one.sorted_tables)
        self.memory: dict[Any, Any] = {}
        """What has been worked out of rows that only a scenario writes, by any key; forgotten on every restore."""
        self._connection = connection or (image.copy() if image else connect())
        self._since: Image | None = None
        """Since whose content all that is written can be undone."""
        self._calls = 0
        if image is None and connection is None:
            create(self._connection, self.tables)

    def one(self, statement: Statement, **values: Any) -> sqlite3.Row | None:
        """The first row, or `None`."""
        cursor = self._connection.execute(statement.sql, self._bound(statement, values))
        row: sqlite3.Row | None = cursor.fetchone()
        cursor.close()
        return row

    def all(self, statement: Statement, **values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(statement.sql, self._bound(statement, values)).fetchall()

    def run(self, statement: Statement, **values: Any) -> int:
        """Write; the number of rows touched."""
        return self._connection.execute(statement.sql, self._bound(statement, values)).rowcount

    def insert(self, statement: Statement, **values: Any) -> int:
        """Write one row; its rowid."""
        return self._connection.execute(statement.sql, self._bound(statement, values)).lastrowid or 0

    def many(self, statement: Statement, rows: Iterable[Mapping[str, Any]]) -> None:
        constants = statement.constants
        self._connection.executemany(statement.sql, ({**constants, **row} for row in rows) if constants else rows)

    @staticmethod
    def _bound(statement: Statement, values: dict[str, Any]) -> dict[str, Any]:
        return {**statement.constants, **values} if statement.constants else values

    def begin(self) -> None:
        """Open the call's transaction: a savepoint, the outermost one unless there is that of an image."""
        self._connection.execute("SAVEPOINT call")
        self._calls += 1

    def commit(self) -> None:
        self._connection.execute("RELEASE call")
        self._calls -= 1

    def rollback(self) -> None:
        """Undo everything since `begin`, and end the transaction."""
        if not self._calls:
            return
        self._calls -= 1
        if self._connection.in_transaction:  # which SQLite itself ends where it has no memory left
            self._connection.execute("ROLLBACK TO call")
            self._connection.execute("RELEASE call")

    def image(self) -> Image:
        if self._since is not None and self._connection.in_transaction:  # what is being written cannot be copied
            self._connection.execute("RELEASE image")
        self._since = None
        return Image.of(self._connection)

    def restore(self, image: Image) -> None:
        """Replace everything by the image's content. The second time it is enough to undo what has been written since:
        a new connection would read its tables' definitions and prepare every statement anew, which takes longer than
        most calls."""
        if self._since is image and self._connection.in_transaction:
            self.memory.clear()
            self._connection.execute("ROLLBACK TO image")
            self._calls = 0
        else:
            self.adopt(image.copy())
            self._connection.execute("SAVEPOINT image")
            self._since = image

    def adopt(self, fresh: sqlite3.Connection) -> None:
        """Replace everything by a copy that an image has made: in no time, since it is made already."""
        self.memory.clear()
        self._connection.close()
        self._connection = fresh
        self._since, self._calls = None, 0

    def restore_tables(self, image: Image, tables: Sequence[Table]) -> None:
        """Replace the rows of some tables by the image's, in one transaction."""
        self.memory.clear()
        self.begin()
        try:
            for table in tables:
                self._connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - our own table names
                self._fill(table, image)
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def _fill(self, table: Table, image: Image) -> None:
        columns = stored_columns(table)
        try:
            self._connection.executemany(_insertion(table, ["?"] * len(columns)), image.walk(table, columns))
        except UnicodeEncodeError:  # text that is not UTF-8: its octets are bound, row by row
            self._connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - our own table names
            for row in image.walk(table, columns):
                texts = [isinstance(value, str) for value in row]
                values = [
                    value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value for value in row
                ]
                marks = ["CAST(? AS TEXT)" if text else "?" for text in texts]
                self._connection.execute(_insertion(table, marks), values)

    def dump(self, table: Table) -> list[dict[str, Any]]:
        """All rows as JSON values, in storage order; JSON columns parsed."""
        parsed = {column.name for column in table.columns if isinstance(column.type, JSON)}
        rows = self._connection.execute(f'SELECT * FROM "{table.name}"').fetchall()  # noqa: S608 - our own table names
        return [
            {
                name: orjson.loads(row[name]) if name in parsed and row[name] is not None else row[name]
                for name in row.keys()  # noqa: SIM118 - a sqlite3.Row iterates over its values
            }
            for row in rows
        ]

    def steps(self, statement: Statement, **values: Any) -> int:
        """What reading all rows of a statement costs; see `cost`."""
        return self.cost(lambda: self.all(statement, **values))

    def cost(self, act: Callable[[], object]) -> int:
        """SQLite virtual-machine steps, in tens, that `act` takes on this connection: a deterministic cost."""
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        self._connection.set_progress_handler(count, 10)
        try:
            act()
        finally:
            self._connection.set_progress_handler(None, 0)
        return steps

    def plan(self, statement: Statement, **values: Any) -> list[str]:
        """SQLite's query plan, a line per step."""
        rows = self._connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", self._bound(statement, values))
        return [str(row["detail"]) for row in rows]

    def close(self) -> None:
        self._connection.close()


class _Connection(sqlite3.Connection):
    """Ends without a warning when an image or a world is let go, which nobody does in words."""

    def __del__(self) -> None:
        self.close()


def connect(database: str = ":memory:") -> sqlite3.Connection:
    """A file is named by its URI."""
    connection = sqlite3.connect(
        database, isolation_level=None, check_same_thread=False, cached_statements=512, factory=_Connection, uri=True
    )
    connection.row_factory = sqlite3.Row
    return connection
