"""What a world is besides its rows, written into its file and read from it again.

It is told as the head of a snapshot's file is. Rows of the world itself are in the tables; the scenarios that a reset
can go back to, and snapshots, are images, each stored once however many share it.
"""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from emulator import __version__
from emulator.core.keeping import Damaged, KeepingError
from emulator.core.snapshots import Snapshot, head
from emulator.core.snapshots.envelope import Unreadable
from emulator.core.store import Image
from emulator.core.vendor import Vendor
from emulator.core.world import State, World

ITSELF = ""
"""Under this name stands the world itself, among its snapshots."""
_log = logging.getLogger("emulator")


@dataclass(slots=True)
class _Known:
    """What has been written, by the very objects that it was written of."""

    line: bytes = b""
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    images: dict[int, tuple[Image, int]] = field(default_factory=dict)


class Keeper:
    """Of one world and its file. Whoever calls holds the world's turn, with a transaction open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: _Known | None = None
        """`None` where it is not known what the file says, so that all is written anew."""

    def keep(self, world: World) -> None:
        """Write what has changed since it last was. Raises `sqlite3.Error`."""
        known = self._known or self._nothing()
        line, images = self._line(world)
        if line != known.line:
            self._write(ITSELF, line, images, known)
        for name in [name for name in known.snapshots if name not in world.snapshots]:
            self._connection.execute("DELETE FROM emulator_kept WHERE name = ?", (name,))
        for name, snapshot in world.snapshots.items():
            if known.snapshots.get(name) is not snapshot:
                self._write(name, head.told(snapshot), snapshot.images, known)
        known.line, known.snapshots = line, dict(world.snapshots)
        self._let_go(known, [*images, *(image for one in world.snapshots.values() for image in one.images)])
        self._known = known

    def doubt(self) -> None:
        """What was written last may have been undone."""
        self._known = None

    def finish(self, world: World) -> None:
        """The last thing in a life that ends in peace. What cannot be written is said, and changes nothing."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self.keep(world)
            self._connection.execute("UPDATE emulator_life SET clean = 1")
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            _log.error("martech-emulator: what only counts in namespace %s could not be kept: %s", world.name, error)

    def _line(self, world: World) -> tuple[bytes, Sequence[Image]]:
        told = Snapshot(world.besides(), 0, __version__, {})  # when it was written would make each line another
        return head.told(told), told.images

    def _nothing(self) -> _Known:
        self._connection.execute("DELETE FROM emulator_kept")
        self._connection.execute("DELETE FROM emulator_images")
        return _Known()

    def _write(self, name: str, line: bytes, images: Sequence[Image], known: _Known) -> None:
        numbers = orjson.dumps([self._number(image, known) for image in images]).decode()
        self._connection.execute(
            "INSERT OR REPLACE INTO emulator_kept (name, head, images) VALUES (?, ?, ?)", (name, line, numbers)
        )

    def _number(self, image: Image, known: _Known) -> int:
        if id(image) not in known.images:
            cursor = self._connection.execute("INSERT INTO emulator_images (content) VALUES (?)", (image.dump(),))
            known.images[id(image)] = image, cursor.lastrowid or 0
        return known.images[id(image)][1]

    def _let_go(self, known: _Known, images: Sequence[Image]) -> None:
        """Delete what nothing shows any longer."""
        needed = {id(image) for image in images}
        for key in [key for key in known.images if key not in needed]:
            _, number = known.images.pop(key)
            self._connection.execute("DELETE FROM emulator_images WHERE id = ?", (number,))

    def recall(self, vendors: Sequence[Vendor]) -> tuple[State, dict[str, Snapshot], bool]:
        """The world besides its rows, its snapshots, and whether its last life ended in peace. A new life has begun:
        it is written at once that it has not ended. Raises `Damaged`, `KeepingError` and `sqlite3.Error`."""
        known = _Known()
        numbers: dict[int, Image] = {}
        told: dict[str, Snapshot] = {}
        for row in self._connection.execute("SELECT name, head, images FROM emulator_kept ORDER BY rowid"):
            images = [self._image(number, numbers) for number in orjson.loads(row["images"])]
            told[row["name"]] = _read(row, images, vendors)
            if row["name"] == ITSELF:
                known.line = row["head"]
        if ITSELF not in told:
            raise Damaged("it does not tell which world it is")
        itself = told.pop(ITSELF).state
        known.snapshots = dict(told)
        known.images = {id(image): (image, number) for number, image in numbers.items()}
        clean = bool(self._connection.execute("SELECT max(clean) FROM emulator_life").fetchone()[0])
        self._connection.execute("UPDATE emulator_life SET clean = 0")
        self._known = known
        return itself, told, clean

    def _image(self, number: int, numbers: dict[int, Image]) -> Image:
        if number not in numbers:
            row = self._connection.execute("SELECT content FROM emulator_images WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise Damaged(f"it lacks image {number}")
            numbers[number] = Image.load(row["content"])
        return numbers[number]


def _read(row: Any, images: Sequence[Image], vendors: Sequence[Vendor]) -> Snapshot:
    made_by = __version__
    try:
        first = head.read(row["head"])
        made_by = first.made_by
        head.check_vendors(first, vendors)
        return head.snapshot(first, vendors, images)
    except Unreadable as error:
        what = f"its snapshot {row['name']!r}" if row["name"] else "the world itself"
        if made_by != __version__:
            raise KeepingError(
                f"{what} was written by version {made_by} and cannot be read by this one: {error}"
            ) from None
        raise Damaged(f"{what} cannot be read: {error}") from None
