"""The directory that keeps worlds: one process at a time has it."""

import contextlib
import logging
import os
import re
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from emulator.core.clock import machine_now, rfc3339
from emulator.core.errors import Misuse
from emulator.core.keeping import Damaged, KeepingError
from emulator.core.keeping.file import COMPANIONS, opened, write_new
from emulator.core.keeping.keeper import Keeper
from emulator.core.keeping.migrations import MIGRATIONS, Migration, version_after
from emulator.core.keeping.store import KeptStore
from emulator.core.store import trouble
from emulator.core.vendor import Vendor
from emulator.core.world import Seed, World

_SUFFIX = ".sqlite"
_LEFTOVERS = (".sqlite.draft", ".sqlite.deleted")
_CAPITAL = re.compile("[A-Z]")
_SMALL = re.compile("%([a-z])")
_log = logging.getLogger("emulator")


class Vault:
    """`vendors` are whose tables the files have."""

    def __init__(
        self, directory: Path, vendors: Sequence[Vendor], migrations: Sequence[Migration] = MIGRATIONS
    ) -> None:
        """Takes the directory, and makes it where there is none. Raises `KeepingError`."""
        self._vendors = vendors
        self._migrations = migrations
        self._tables = [table for vendor in vendors for table in vendor.tables]
        self.directory = directory
        self._namespaces = directory / "namespaces"
        self._damaged = directory / "damaged"
        try:
            self._namespaces.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _locked(directory)
            self._sweep()
        except OSError as error:
            raise KeepingError(f"--data-dir {directory} cannot be used: {error.strerror or error}") from None
        _open_many_files()

    def names(self) -> list[str]:
        """Of the namespaces that it keeps."""
        return sorted(_name(file.name) for file in self._namespaces.glob(f"*{_SUFFIX}"))

    def move_in(self, world: World) -> None:
        """From now on a world that is new lives in a file. Raises `Misuse` (507), and it then does not."""
        file = self._file(world.name)
        try:
            write_new(file, world.seed.image, version_after(self._migrations))
            self._settle(world, file, self._opened(file))
            with world.turn, world.changing():
                pass
        except (sqlite3.Error, OSError, KeepingError, Damaged) as error:
            _remove(file)
            raise unwritable(error, f"namespace {world.name!r} cannot be kept in {self.directory}") from None

    def recall(self, world: World, start: Seed) -> bool:
        """Bring a world that is new into the state that its file keeps; `False` where the file had to be set aside,
        after which the world is as it was. Raises `KeepingError`."""
        file = self._file(world.name)
        try:
            connection = self._opened(file)
            try:
                keeper = Keeper(connection)
                state, snapshots, clean = keeper.recall(self._vendors)
            except BaseException:
                connection.close()
                raise
        except Damaged as error:
            self._set_aside(world.name, file, str(error))
            return False
        except sqlite3.Error as error:
            raise KeepingError(f"{file} cannot be used: {trouble(error) or error}") from None
        self._settle(world, file, connection, keeper)
        world.recall(state, snapshots, start, clean=clean)
        return True

    def drop(self, name: str) -> None:
        """Raises `OSError`, and nothing is lost then."""
        _remove(self._file(name))

    def close(self) -> None:
        self._lock.close()

    def _opened(self, file: Path) -> sqlite3.Connection:
        return opened(file, self._tables, self._migrations)

    def _settle(self, world: World, file: Path, connection: sqlite3.Connection, keeper: Keeper | None = None) -> None:
        store = KeptStore([vendor.metadata for vendor in self._vendors], connection, file)
        world.settle(store, keeper or Keeper(connection))

    def _file(self, name: str) -> Path:
        return self._namespaces / f"{_CAPITAL.sub(_escaped, name)}{_SUFFIX}"

    def _sweep(self) -> None:
        """Throw away what a process has left that ended in the middle of making or deleting a file."""
        for file in self._namespaces.iterdir():
            if file.name.endswith(_LEFTOVERS) or ((base := _base(file)) is not None and not base.exists()):
                file.unlink()

    def _set_aside(self, name: str, file: Path, reason: str) -> None:
        """With its companions, under a name that nothing has yet. Raises `KeepingError`."""
        moment = rfc3339(machine_now()).replace(":", "").replace("-", "")
        number, target = 1, self._damaged / f"{name}-{moment}{_SUFFIX}"
        try:
            self._damaged.mkdir(mode=0o700, exist_ok=True)
            while target.exists():
                number, target = number + 1, self._damaged / f"{name}-{moment}-{number + 1}{_SUFFIX}"
            for companion in reversed(COMPANIONS):
                with contextlib.suppress(FileNotFoundError):
                    os.rename(f"{file}{companion}", f"{target}{companion}")
        except OSError as error:
            raise KeepingError(
                f"{file} is damaged ({reason}) and cannot be set aside: {error.strerror}; move it away yourself"
            ) from None
        _log.error(
            "martech-emulator: %s is damaged (%s). It was set aside as %s, and namespace %s begins anew",
            *(file, reason, target, name),
        )


def unwritable(error: BaseException, what: str) -> Misuse:
    """For a control call that changes what is kept."""
    reason = trouble(error) or (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Misuse(507, "Cannot be kept", f"{what}: {reason}; nothing has changed")


def _escaped(found: re.Match[str]) -> str:
    """Some file systems take capitals for small letters."""
    return f"%{found[0].lower()}"


def _name(file: str) -> str:
    return _SMALL.sub(lambda found: found[1].upper(), file.removesuffix(_SUFFIX))


def _base(file: Path) -> Path | None:
    """The database that a file of SQLite's belongs to."""
    for companion in COMPANIONS[1:]:
        if file.name.endswith(_SUFFIX + companion):
            return file.with_name(file.name.removesuffix(companion))
    return None


def _remove(file: Path) -> None:
    """The database first, and by a name under which it counts no longer, or else what SQLite has written beside it
    would be taken for that of the next one."""
    gone = file.with_name(f"{file.name}.deleted")
    with contextlib.suppress(FileNotFoundError):
        file.replace(gone)
    for companion in COMPANIONS[1:]:
        Path(f"{file}{companion}").unlink(missing_ok=True)
    gone.unlink(missing_ok=True)


def _locked(directory: Path) -> IO[str]:
    """Held until it is closed, or the process ends in whichever way. Raises `KeepingError`."""
    file = open(directory / "lock", "a+", encoding="ascii")  # noqa: SIM115 - open for as long as the directory is ours
    lock = _locking()
    try:
        lock(file)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        whose = f" (process {holder})" if holder.isdigit() else ""
        raise KeepingError(
            f"--data-dir {directory} is in use by another emulator{whose}; stop it, or choose another directory"
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


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
