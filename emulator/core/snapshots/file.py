"""A snapshot as a file that can be carried to another process, machine or namespace.

An envelope of JSON lines: the head with all but the rows, then each table with its rows. A table that is the same in
several images, the state's own and those of the scenarios that a reset can go back to, stands there once. A row that
JSON cannot tell is an object instead of a list: blobs and text that is not UTF-8 in base64, infinities by name.

    {"format": "martech-emulator snapshot", "version": 1, "made_by": "0.5.0", …}
    {"table": "talonone_coupons", "images": [0, 1], "columns": ["id", "code", …], "rows": 2}
    [1, "SUMMER", …]
    {"row": [2, "aGk=", …], "blob": [1]}

Nothing of a file is ever executed or imported. Whatever is wrong with one is a `Misuse` that says what.
"""

import base64
import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NoReturn, TypeAlias

import orjson
from pydantic import Field
from sqlalchemy import Table

from emulator.core.errors import Json, Misuse
from emulator.core.snapshots import Snapshot, envelope, head
from emulator.core.snapshots.envelope import CutOff, Packer, TooLarge, Unreadable
from emulator.core.snapshots.head import MOST_SEEDS, Part, part
from emulator.core.store import Image, stored_columns
from emulator.core.vendor import Vendor

_BATCH = 1_000
_Rows: TypeAlias = list[list[Any]]


class _Section(Part):
    """What stands above the rows of a table; `images` are those that have these rows."""

    table: str
    images: list[int] = Field(min_length=1)
    columns: list[str]
    rows: int = Field(ge=0)


class _OddRow(Part):
    """The places of values that are written in other words."""

    row: list[Any]
    blob: list[int] = []
    text: list[int] = []
    real: list[int] = []


def write(snapshot: Snapshot, vendors: Sequence[Vendor]) -> bytes:
    """Raises `Misuse` (507) where the file would be larger than is ever read."""
    packer = Packer()
    try:
        if len(snapshot.seeds) > MOST_SEEDS:
            raise TooLarge(f"it would hold more than {MOST_SEEDS} scenarios")
        packer.write([head.told(snapshot)])
        for vendor in vendors:
            for table in vendor.tables:
                _write_table(packer, table, snapshot.images)
    except TooLarge as error:
        raise Misuse(507, "Snapshot too large", f"no file is made of it: {error}") from None
    return packer.finish()


def _write_table(packer: Packer, table: Table, images: Sequence[Image]) -> None:
    columns = stored_columns(table)
    for image, places in _alike(table, columns, images):
        section = {"table": table.name, "images": places, "columns": columns, "rows": image.count(table)}
        packer.write([orjson.dumps(section)])
        rows = image.walk(table, columns)
        while batch := [_line(row) for row in islice(rows, _BATCH)]:
            packer.write(batch)


def _alike(table: Table, columns: Sequence[str], images: Sequence[Image]) -> list[tuple[Image, list[int]]]:
    groups: list[tuple[Image, list[int]]] = []
    for place, image in enumerate(images):
        for other, places in groups:
            if _same(table, columns, image, other):
                places.append(place)
                break
        else:
            groups.append((image, [place]))
    return groups


def _same(table: Table, columns: Sequence[str], one: Image, other: Image) -> bool:
    """As they are written, because to Python 1 equals 1.0."""
    if one.count(table) != other.count(table):
        return False
    rows = zip(one.walk(table, columns), other.walk(table, columns), strict=True)
    return all(_line(left) == _line(right) for left, right in rows)


def _line(row: Sequence[Any]) -> bytes:
    try:
        line = orjson.dumps(row)
    except TypeError:
        return _odd_line(row)
    return _odd_line(row) if b"null" in line and (math.inf in row or -math.inf in row) else line


def _odd_line(row: Sequence[Any]) -> bytes:
    told: list[Any] = []
    odd: defaultdict[str, list[int]] = defaultdict(list)
    for place, value in enumerate(row):
        kind, words = _in_words(value)
        told.append(words)
        if kind:
            odd[kind].append(place)
    return orjson.dumps({"row": told, **odd})


def _in_words(value: Any) -> tuple[str, Any]:
    if isinstance(value, bytes):
        return "blob", base64.b64encode(value).decode()
    if isinstance(value, float) and math.isinf(value):
        return "real", str(value)
    if isinstance(value, str):
        octets = value.encode("utf-8", "surrogateescape")
        if octets.decode("utf-8", "replace") != value:
            return "text", base64.b64encode(octets).decode()
    return "", value


def read(content: bytes, vendors: Sequence[Vendor]) -> Snapshot:
    """Raises `Misuse` with the reason: 413 for a file beyond the bounds, 400 for everything else."""
    try:
        return _read(content, vendors)
    except TooLarge as error:
        raise Misuse(413, "Snapshot too large", f"the file is refused and nothing has changed: {error}") from None
    except Unreadable as error:
        raise Misuse(400, "Bad snapshot", f"the file is refused and nothing has changed: {error}") from None


def _read(content: bytes, vendors: Sequence[Vendor]) -> Snapshot:
    """A file that another program has packed again is told its version all the same, if that is the reason."""
    marked = envelope.is_marked(content)
    if marked and not envelope.is_whole(content):
        _blame(content)
    if not content.startswith(envelope.MAGIC):
        raise Unreadable("it is not a snapshot: it does not begin as a gzip file does")
    lines = envelope.lines(content)
    first = head.read(next(lines, b""))
    if not marked:
        raise Unreadable("it was packed again by another program, or is damaged: bring in the file as it was given out")
    head.check_vendors(first, vendors)
    tables = {table.name: table for vendor in vendors for table in vendor.tables}
    blank = Image.empty(tables.values())
    images = [Image(blank.copy()) for _ in range(first.images)]
    _read_tables(lines, tables, images)
    return head.snapshot(first, vendors, images)


def _blame(content: bytes) -> NoReturn:
    """For a file whose checksum is wrong: it is cut off, or something worse."""
    rows = 0
    try:
        for line in envelope.lines(content):
            rows += line.startswith((b"[", b'{"row"'))
    except CutOff:
        raise Unreadable(f"it is cut off after {rows:,} rows" if content else "it is empty") from None
    except Unreadable:
        pass
    raise Unreadable("it is damaged: its checksum is not that of its content")


def _read_tables(lines: Iterator[bytes], tables: Mapping[str, Table], images: Sequence[Image]) -> None:
    missing = {(name, place): None for name in tables for place in range(len(images))}
    for line in lines:
        section = part(_Section, line, "table")
        table = tables.get(section.table)
        if table is None:
            raise Unreadable(f"it was made with other tables: this version has no {section.table}")
        _check_columns(table, section.columns)
        for place in section.images:
            if (table.name, place) not in missing:
                raise Unreadable(f"{table.name} comes more than once for image {place}, or there is no such image")
            del missing[table.name, place]
        _read_rows(lines, section, table, [images[place] for place in section.images])
    for name, place in missing:
        raise Unreadable(f"it was made with other tables: there is no {name} for image {place}")


def _check_columns(table: Table, columns: Sequence[str]) -> None:
    known = stored_columns(table)
    reasons = [
        *(f"{table.name} has no column {name} in this version" for name in columns if name not in known),
        *(f"there is no column {name} of {table.name}" for name in known if name not in columns),
        *(f"column {name} of {table.name} comes more than once" for name in known if columns.count(name) > 1),
    ]
    if reasons:
        raise Unreadable(f"it was made with other tables: {reasons[0]}")


def _read_rows(lines: Iterator[bytes], section: _Section, table: Table, images: Sequence[Image]) -> None:
    done = 0
    while done < section.rows:
        batch = list(islice(lines, min(_BATCH, section.rows - done)))
        place = f"{table.name}, rows {done + 1:,} to {done + len(batch):,}"
        done += len(batch)
        if not batch:
            raise Unreadable(f"{table.name} ends after {done:,} of {section.rows:,} rows")
        try:
            for octets, rows in _parsed(batch, len(section.columns)):
                for image in images:
                    image.add(table, section.columns, rows, octets)
        except (sqlite3.Error, OverflowError, ValueError) as error:
            raise Unreadable(f"{place}: {error}") from None


def _parsed(batch: Sequence[bytes], width: int) -> list[tuple[Sequence[int], _Rows]]:
    """Rows, and before them the places of octets that are to become text. Raises `ValueError`."""
    rows: _Rows = []
    parsed: list[tuple[Sequence[int], _Rows]] = [((), rows)]
    for line in batch:
        if line.startswith(b"{"):
            odd = part(_OddRow, line, "row")
            parsed.append((odd.text, [_checked(odd.row, line, width)]))
            _read_odd(odd)
        else:
            rows.append(_checked(orjson.loads(line), line, width))
    return parsed


def _checked(row: Json, line: bytes, width: int) -> list[Any]:
    if not isinstance(row, list) or len(row) != width:
        raise ValueError(f"a row is a list of {width} values")
    if (b"true" in line or b"false" in line) and any(isinstance(value, bool) for value in row):
        raise ValueError("a row holds numbers, texts and nulls only")
    return row


def _read_odd(odd: _OddRow) -> None:
    """Put the values themselves where their words stand."""
    row = odd.row
    for place in (*odd.blob, *odd.text, *odd.real):
        if not 0 <= place < len(row) or not isinstance(row[place], str):
            raise ValueError(f"there is nothing to read at {place}")
        row[place] = float(row[place]) if place in odd.real else base64.b64decode(row[place], validate=True)
