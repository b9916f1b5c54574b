"""The directory that keeps worlds: one process at a time has it."""

import contextlib
import logging
import os
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from weakref import WeakSet, WeakValueDictionary

from emulator.core.clock import machine_now, rfc3339
from emulator.core.errors import CannotKeep
from emulator.core.keeping import Damaged, KeepingError, digest_of
from emulator.core.keeping.file import COMPANIONS, DRAFT, opened, unusable, write_new, writing
from emulator.core.keeping.keeper import Keeper, Library
from emulator.core.keeping.migrations import MIGRATIONS, version_after
from emulator.core.keeping.store import KeptStore
from emulator.core.names import is_name
from emulator.core.store import trouble
from emulator.core.vendor import Vendor
from emulator.core.world import Seed, World

_SUFFIX = ".sqlite"
_DELETED = ".deleted"
_LOG, _INDEX = COMPANIONS[1:]
_CAPITAL = re.compile("[A-Z]")
_SMALL = re.compile("%([a-z])")
_held: WeakSet[IO[str]] = WeakSet()
"""Locks of this process."""
_log = logging.getLogger("emulator")


@dataclass(frozen=True, slots=True)
class SetAside:
    """`file` is where what could not be read is now."""

    namespace: str
    file: str
    reason: str


class Vault:
    """`vendors` are whose tables the files have."""

    def __init__(self, directory: Path, vendors: Sequence[Vendor]) -> None:
        """Takes the directory, and makes it where there is none. Raises `KeepingError`."""
        self._vendors = vendors
        self._tables = [table for vendor in vendors for table in vendor.tables]
        self._library: Library = WeakValueDictionary()
        try:
            self.directory = directory.expanduser().absolute()
        except RuntimeError as error:
            raise KeepingError(f"--data-dir {directory} cannot be used: {error}") from None
        self.set_aside: list[SetAside] = []
        self._namespaces = self.directory / "namespaces"
        self._damaged = self.directory / "damaged"
        try:
            self._namespaces.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _locked(self.directory)
        except OSError as error:
            raise _useless(directory, error) from None
        try:
            self._sweep()
        except BaseException as error:
            self._lock.close()
            if isinstance(error, OSError):
                raise _useless(directory, error) from None
            raise
        _open_many_files()

    def names(self) -> list[str]:
        """Of the namespaces that it keeps. Raises `KeepingError` for a file that is named like none."""
        names = []
        for file in sorted(self._namespaces.glob(f"*{_SUFFIX}")):
            name = _name(file)
            if not is_name(name) or self._file(name) != file:
                raise KeepingError(f"{file} is no file of this program: move it away, or choose another --data-dir")
            names.append(name)
        return names

    def move_in(self, world: World) -> None:
        """From now on a world that is new lives in a file. Raises `CannotKeep`, and it then does not."""
        file = self._file(world.name)
        try:
            connection, keeper = self._begun(world, file)
        except (sqlite3.Error, OSError, KeepingError) as error:
            reason = trouble(error) or (error.strerror if isinstance(error, OSError) else None) or str(error)
            refused = CannotKeep(f"namespace {world.name!r} cannot be kept in {self.directory}", reason)
            _log.error("martech-emulator: %s", refused)
            raise refused from None
        world.settle(self._store(connection, file), keeper)

    def _begun(self, world: World, file: Path) -> tuple[sqlite3.Connection, Keeper]:
        """The file of a new world. There is none, or nobody can use it."""
        if file.exists():
            raise KeepingError(f"{file} has appeared there; start anew to bring it back, or move it away")
        keeper: Keeper | None = None

        def tell(rows: sqlite3.Connection) -> None:
            nonlocal keeper
            keeper = Keeper(rows)
            keeper.keep(world)
            keeper.kept()

        for companion in (_LOG, _INDEX):
            Path(f"{file}{companion}").unlink(missing_ok=True)
        try:
            write_new(file, world.seed.image, version_after(MIGRATIONS), tell)
            connection = writing(file)
        except BaseException:
            with contextlib.suppress(OSError):
                _remove(file)
            raise
        assert keeper is not None
        keeper.move(connection)
        return connection, keeper

    def recall(self, world: World, start: Seed) -> bool:
        """Bring a world that is new into the state that its file keeps; `False` where the file had to be set aside,
        after which the world is as it was. Raises `KeepingError`."""
        file = self._file(world.name)
        if not self._library:
            self._library[digest_of(start.image.dump())] = start.image
        try:
            connection = opened(file, self._tables, MIGRATIONS)
            keeper = Keeper(connection)
            try:
                former = keeper.recall(self._vendors, self._library, file)
            except BaseException:
                connection.close()
                raise
        except Damaged as error:
            self._put_aside(world.name, file, str(error))
            return False
        world.settle(self._store(connection, file), keeper)
        world.recall(former, start)
        try:
            with world.changing():
                pass
        except sqlite3.Error as error:
            raise unusable(file, error) from None
        return True

    def drop(self, name: str) -> None:
        """Raises `CannotKeep`, and nothing is lost then."""
        try:
            _remove(self._file(name))
        except OSError as error:
            raise CannotKeep(f"namespace {name!r} cannot be deleted", error.strerror or str(error)) from None

    def close(self) -> None:
        self._lock.close()

    def _store(self, connection: sqlite3.Connection, file: Path) -> KeptStore:
        return KeptStore([vendor.metadata for vendor in self._vendors], connection, file)

    def _file(self, name: str) -> Path:
        """Some file systems take capitals for small letters."""
        return self._namespaces / f"{_CAPITAL.sub(lambda found: f'%{found[0].lower()}', name)}{_SUFFIX}"

    def _sweep(self) -> None:
        """Throw away what a process has left that ended in the middle of making or deleting a file. A log without its
        database is neither: somebody may still want it."""
        for file in sorted(self._namespaces.iterdir()):
            if file.name.endswith(_SUFFIX + _DELETED):
                _remove(file.with_name(file.name.removesuffix(_DELETED)))
            elif file.name.endswith(_SUFFIX + DRAFT):
                file.unlink()
        for log in sorted(self._namespaces.glob(f"*{_SUFFIX}{_LOG}")):
            base = log.with_name(log.name.removesuffix(_LOG))
            if not base.exists():
                self._put_aside(_name(base), base, "its log is there, the database itself is not")
        for index in self._namespaces.glob(f"*{_SUFFIX}{_INDEX}"):
            if not index.with_name(index.name.removesuffix(_INDEX)).exists():
                index.unlink()

    def _put_aside(self, name: str, file: Path, reason: str) -> None:
        """With its companions, under a name that nothing has yet. Raises `KeepingError`."""
        moment = rfc3339(machine_now()).replace(":", "").replace("-", "")
        number, target = 1, self._damaged / f"{name}-{moment}{_SUFFIX}"
        try:
            self._damaged.mkdir(mode=0o700, exist_ok=True)
            while target.exists():
                number, target = number + 1, self._damaged / f"{name}-{moment}-{number + 1}{_SUFFIX}"
            for companion in COMPANIONS:
                with contextlib.suppress(FileNotFoundError):
                    os.rename(f"{file}{companion}", f"{target}{companion}")
        except OSError as error:
            raise KeepingError(
                f"{file} is damaged ({reason}) and cannot be set aside: {error.strerror}; move it away yourself"
            ) from None
        self.set_aside.append(SetAside(name, str(target), reason))
        _log.error(
            "martech-emulator: %s is damaged (%s). It was set aside as %s, and namespace %s begins anew",
            *(file, reason, target, name),
        )


def _name(file: Path) -> str:
    return _SMALL.sub(lambda found: found[1].upper(), file.name.removesuffix(_SUFFIX))


def _useless(directory: Path, error: OSError) -> KeepingError:
    where = f" ({error.filename})" if error.filename and str(error.filename) != str(directory) else ""
    return KeepingError(f"--data-dir {directory} cannot be used: {error.strerror or error}{where}")


def _remove(file: Path) -> None:
    """The database first, and by a name under which it counts no longer, or else what SQLite has written beside it
    would be taken for that of the next one. Whoever finds that name knows that the rest is to go."""
    gone = file.with_name(file.name + _DELETED)
    with contextlib.suppress(FileNotFoundError):
        file.replace(gone)
    for companion in (_LOG, _INDEX):
        Path(f"{file}{companion}").unlink(missing_ok=True)
    gone.unlink(missing_ok=True)


def _locked(directory: Path) -> IO[str]:
    """Held until it is closed, or the process ends in whichever way. Raises `KeepingError`."""
    file = open(directory / "lock", "a+", encoding="ascii", errors="replace")  # noqa: SIM115 - open while it is ours
    lock = _locking()
    try:
        lock(file)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        whose = f" (process {holder})" if holder.isdigit() else ""
        raise KeepingError(
            f"--data-dir {directory} is in use by another emulator{whose}; stop it, or choose another directory"
        ) from None
    except BaseException:
        file.close()
        raise
    _held.add(file)
    return file


def _after_fork() -> None:
    """A child would hold for its parent what it cannot use itself."""
    for file in _held:
        file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _locking() -> Callable[[IO[str]], None]:
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ImportError:
        return lambda _: None
    return lambda file: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _open_many_files() -> None:
    """Each namespace has three files open, and there may be as many as the system lets us have."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - Windows has none

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
