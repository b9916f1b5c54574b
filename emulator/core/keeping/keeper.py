"""What a world is besides its rows, written into its file and read from it again.

It is told as the head of a snapshot's file is. Rows of the world itself are in the tables; the scenarios that a reset
can go back to, and snapshots, are images, each stored once however many share it.
"""

import logging
import sqlite3
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import orjson

from emulator import __version__
from emulator.core.errors import Level
from emulator.core.keeping import Damaged, KeepingError, digest_of
from emulator.core.keeping.file import is_damage, unusable
from emulator.core.snapshots import Snapshot, head
from emulator.core.snapshots.envelope import Unreadable
from emulator.core.store import Image
from emulator.core.vendor import Vendor
from emulator.core.world import Former, World

ITSELF = ""
"""Under this name stands the world itself, among its snapshots."""
Library: TypeAlias = MutableMapping[str, Image]
"""Images by their checksums: worlds that began with the same scenario share its image."""
_log = logging.getLogger("emulator")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the file says, by the very objects that it was written of. Images have their numbers there."""

    line: bytes = b""
    clean: bool = True
    unwanted: Level | None = None
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    images: dict[int, tuple[Image, int]] = field(default_factory=dict)


class Keeper:
    """Of one world and its file. Whoever calls holds the world's turn, with a transaction open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known = self._written = _Known()

    def keep(self, world: World) -> None:
        """Write what is not as it was. Raises `sqlite3.Error`."""
        known, images = self._known, dict(self._known.images)
        told = Snapshot(world.besides(), 0, __version__, {})  # when it was written would make each line another
        line = head.told(told)
        if line != known.line:
            self._write(ITSELF, line, told.images, images)
        if known.clean or known.unwanted is not world.unwanted_at_start:
            self._live(world, clean=False)
        for name in [name for name in known.snapshots if name not in world.snapshots]:
            self._connection.execute("DELETE FROM emulator_kept WHERE name = ?", (name,))
        for name, snapshot in world.snapshots.items():
            if known.snapshots.get(name) is not snapshot:
                self._write(name, head.told(snapshot), snapshot.images, images)
        self._discard(images, [told, *world.snapshots.values()])
        self._written = _Known(line, False, world.unwanted_at_start, dict(world.snapshots), images)

    def kept(self) -> None:
        """What was written last has been committed."""
        self._known = self._written

    def finish(self, world: World) -> None:
        """The last thing in a life that ends in peace. What cannot be written is said, and changes nothing."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self.keep(world)
            self._live(world, clean=True)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            _log.error("martech-emulator: what only counts in namespace %s could not be kept: %s", world.name, error)

    def move(self, connection: sqlite3.Connection) -> None:
        """To where what it has written has been copied to."""
        self._connection = connection

    def _live(self, world: World, *, clean: bool) -> None:
        self._connection.execute("DELETE FROM emulator_life")
        self._connection.execute("INSERT INTO emulator_life VALUES (?, ?)", (clean, world.unwanted_at_start))

    def _write(self, name: str, line: bytes, needed: Sequence[Image], images: dict[int, tuple[Image, int]]) -> None:
        numbers = orjson.dumps([self._number(image, images) for image in needed])
        self._connection.execute(
            "INSERT OR REPLACE INTO emulator_kept (name, head, images, digest) VALUES (?, ?, ?, ?)",
            (name, line, numbers.decode(), digest_of(name.encode(), line, numbers)),
        )

    def _number(self, image: Image, images: dict[int, tuple[Image, int]]) -> int:
        if id(image) not in images:
            content = image.dump()
            digest = digest_of(content)
            there = self._connection.execute("SELECT id FROM emulator_images WHERE digest = ?", (digest,)).fetchone()
            insert = "INSERT INTO emulator_images (content, digest) VALUES (?, ?) RETURNING id"
            row = there or self._connection.execute(insert, (content, digest)).fetchone()
            images[id(image)] = image, row["id"]
        return images[id(image)][1]

    def _discard(self, images: dict[int, tuple[Image, int]], shown_by: Sequence[Snapshot]) -> None:
        """Images that nothing shows any longer."""
        needed = {id(image) for one in shown_by for image in one.images}
        gone = {images.pop(key)[1] for key in [key for key in images if key not in needed]}
        for number in gone - {number for _, number in images.values()}:
            self._connection.execute("DELETE FROM emulator_images WHERE id = ?", (number,))

    def recall(self, vendors: Sequence[Vendor], library: Library, file: Path) -> Former:
        """Raises `Damaged` and `KeepingError`."""
        try:
            return self._recalled(vendors, library, file)
        except sqlite3.Error as error:
            if is_damage(error):
                raise Damaged(str(error)) from None
            raise unusable(file, error) from None

    def _recalled(self, vendors: Sequence[Vendor], library: Library, file: Path) -> Former:
        numbers: dict[int, Image] = {}
        told: dict[str, Snapshot] = {}
        line = b""
        for row in self._connection.execute("SELECT * FROM emulator_kept ORDER BY rowid"):
            what = f"the snapshot {row['name']!r}" if row["name"] else "what it tells of its world"
            if _digest_of(row) != row["digest"]:
                raise Damaged(f"{what} is not as it was written")
            images = [self._image(number, numbers, library) for number in orjson.loads(row["images"])]
            told[row["name"]] = _read(row["head"], images, vendors, f"{file} cannot be used: {what}")
            if row["name"] == ITSELF:
                line = row["head"]
        life = self._connection.execute("SELECT clean, fail_on FROM emulator_life").fetchone()
        if not line or life is None:
            raise Damaged("it does not tell of its world")
        itself = told.pop(ITSELF).state
        unwanted, clean = None if life["fail_on"] is None else Level(life["fail_on"]), bool(life["clean"])
        images_known = {id(image): (image, number) for number, image in numbers.items()}
        self._known = _Known(line, clean, unwanted, dict(told), images_known)
        return Former(itself, told, clean, unwanted)

    def _image(self, number: int, numbers: dict[int, Image], library: Library) -> Image:
        if number not in numbers:
            query = "SELECT content, digest FROM emulator_images WHERE id = ?"
            row = self._connection.execute(query, (number,)).fetchone()
            if row is None or not isinstance(row["content"], bytes) or digest_of(row["content"]) != row["digest"]:
                raise Damaged(f"image {number} {'is missing' if row is None else 'is not as it was written'}")
            image = library.get(row["digest"])
            if image is None:
                image = library[row["digest"]] = Image.load(row["content"])
            numbers[number] = image
        return numbers[number]


def _digest_of(row: sqlite3.Row) -> str | None:
    """`None` where something in it is of another kind than anything that was ever written."""
    name, line, images = row["name"], row["head"], row["images"]
    if not (isinstance(name, str) and isinstance(line, bytes) and isinstance(images, str)):
        return None
    return digest_of(name.encode(), line, images.encode())


def _read(line: bytes, images: Sequence[Image], vendors: Sequence[Vendor], what: str) -> Snapshot:
    """It is what was written: where it cannot be read, another version wrote it."""
    made_by = "another version"
    try:
        first = head.read(line)
        made_by = f"version {first.made_by}"
        head.check_vendors(first, vendors)
        return head.snapshot(first, vendors, images)
    except Unreadable as error:
        reason = str(error)
    except sqlite3.Error as error:
        if is_damage(error):
            raise
        reason = str(error)
    raise KeepingError(f"{what} was written by {made_by} and cannot be read by this one: {reason}")
