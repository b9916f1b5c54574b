"""A world's rows: one SQLite connection, statements written in SQLAlchemy Core and compiled to SQL once.

Core is the one language for schema and statements; at run time a statement is its SQL text and goes through the
driver's own cursor. Values are therefore bound as SQLite knows them: JSON columns hold JSON text, booleans 0 and 1,
moments whole numbers.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import JSON, MetaData, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import Insert

_DIALECT = sqlite.dialect(paramstyle="named")

MOST_INTEGER = 2**63 - 1
LEAST_INTEGER = -(2**63)


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
    """A store's content at one moment, ready to be put back any number of times."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = _connect()
        connection.backup(self._connection)

    def copy(self) -> sqlite3.Connection:
        connection = _connect()
        self._connection.backup(connection)
        return connection

    def rows(self, table: Table) -> Sequence[Sequence[Any]]:
        return self._connection.execute(f'SELECT * FROM "{table.name}"').fetchall()  # noqa: S608 - our own table names


class Store:
    """The connection of one world. The exchange opens and closes transactions; everyone else only reads and writes."""

    def __init__(self, metadata: Sequence[MetaData], image: Image | None = None) -> None:
        self.tables: tuple[Table, ...] = tuple(table for one in metadata for table in one.sorted_tables)
        self.memory: dict[Any, Any] = {}
        """What has been worked out of rows that only a scenario writes, by any key; forgotten on every restore."""
        self._connection = image.copy() if image else _connect()
        if image is None:
            self._create()

    def _create(self) -> None:
        for table in self.tables:
            self._connection.execute(str(CreateTable(table).compile(dialect=_DIALECT)))
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                self._connection.execute(str(CreateIndex(index).compile(dialect=_DIALECT)))

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
        """Open the call's transaction: an outermost savepoint, which is both in one statement."""
        self._connection.execute("SAVEPOINT call")

    def commit(self) -> None:
        self._connection.execute("RELEASE call")

    def rollback(self) -> None:
        """Undo everything since `begin`, and end the transaction."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO call")
            self._connection.execute("RELEASE call")

    def image(self) -> Image:
        return Image(self._connection)

    def restore(self, image: Image) -> None:
        """Replace everything by the image's content."""
        fresh = image.copy()
        self.memory.clear()
        self._connection.close()
        self._connection = fresh

    def restore_tables(self, image: Image, tables: Sequence[Table]) -> None:
        """Replace the rows of some tables by the image's, in one transaction."""
        self.memory.clear()
        self.begin()
        try:
            for table in tables:
                self._connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - our own table names
                marks = ", ".join("?" * len(table.columns))
                self._connection.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', image.rows(table))  # noqa: S608
        except BaseException:
            self.rollback()
            raise
        self.commit()

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


def _connect() -> sqlite3.Connection:
    connection = sqlite3.connect(
        ":memory:", isolation_level=None, check_same_thread=False, cached_statements=512, factory=_Connection
    )
    connection.row_factory = sqlite3.Row
    return connection
